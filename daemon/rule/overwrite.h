#ifndef ZAYTON_RULE_OVERWRITE_H
#define ZAYTON_RULE_OVERWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "link/survive.h"
#include "rule/schema.h"

/*
 * rules/overwrite.lua: which fields the record of an enterprise has, which
 * datasets say something of them, and which of their values stands
 * (link/survive.h). rule/box_overwrite.h reads it.
 */

enum {
	RECORD_FIELDS = 60, /* they are the bits of a whole number */
	RECORD_SOURCES = 32,
	RECORD_CELLS = 40 /* fields of the record that one dataset says */
};

/* When a value of another provider is a conflict. */
enum record_conflict {
	CONFLICT_NONE,
	CONFLICT_DIFFERS,
	CONFLICT_NAME,     /* it is no name the enterprise has or had */
	CONFLICT_SECTION,  /* its first character differs */
	CONFLICT_CLASS,    /* its first two */
	CONFLICT_PERSISTS, /* it is over 30 days younger than what stands */
	CONFLICT_FUNCTION
};

struct record_field {
	char name[48];
	struct survive_rule rule; /* texts are the book's */
	enum record_conflict conflict;
	int derive_org_code; /* made of uscc or tax_id where there is none */
	int head; /* the field it goes with, itself where it goes alone */
	size_t ntuple;
	int tuple[SURVIVE_TUPLE]; /* of a head: itself first */
	int past;                 /* what stood before is compared with it */
	int ruled;                /* the rules name it */
	int conflict_ref;         /* of the functions */
	int decide_ref;
	int derive_ref; /* of a tuple's part: made of the head's value */
	struct overwrite *book;
};

/* One dataset as a source. */
struct record_source {
	const char *dataset;
	int late; /* asked only where no other one says anything */
	size_t n;
	struct record_cell {
		int field;        /* of the record */
		const char *from; /* of the dataset */
		const char *says; /* only where the item has this word */
	} cell[RECORD_CELLS];
	const char *item; /* field that says what a row is about, NULL */
};

struct overwrite {
	size_t nfields;
	struct record_field field[RECORD_FIELDS];
	size_t nsources;
	struct record_source source[RECORD_SOURCES]; /* by name */
	uint64_t late; /* fields that late sources may fill */
	/*
	 * Fields over which a conflict can open, or that a function decides:
	 * while all say the same of them none can. Where one of them is more
	 * than a single value that is never known: none is listed.
	 */
	size_t ndisputed;
	int disputed[RECORD_FIELDS];
	struct overwrite_box *box;
};

/* The dataset whose fields are all of the record. */
#define RECORD_DATASET "aic_enterprise_registration"

/* "differs", "name" and so on, as in the rules. */
const char *record_conflict_name(enum record_conflict c);

/* The index of a field of the record, -1. */
int overwrite_field(const struct overwrite *o, const char *name);
const struct record_source *overwrite_source(const struct overwrite *o,
    const char *dataset);

#endif
