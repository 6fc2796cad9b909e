#ifndef ZAYTON_WAY_LINK_H
#define ZAYTON_WAY_LINK_H

#include <stdint.h>

#include "form/rowfile.h"
#include "golden/enterprise.h"
#include "rule/overwrite.h"

/*
 * Link: which enterprise a row is about. link_find only looks; link_settle
 * learns from a row that is in the base now, or lets it wait. Rows that repeat
 * what another one said of its subject are answered from memory.
 */

struct link;

/* What its rows are to the record of an enterprise. */
enum link_source { LINK_NO_SOURCE, LINK_SOURCE, LINK_LATE_SOURCE };

/* What rows of a dataset say of their subject: places of fields, -1 none. */
struct link_columns {
	const struct schema *schema;
	int part[LINK_PART_COUNT];
	int item, before, after; /* of a row that tells of a new name */
	int former_names;
	int founds;
	int links; /* it has a subject at all */
	enum link_source source;
	int source_no;
	size_t
	    nlate; /* of a late source: its fields, and those of the record */
	struct {
		int field;
		uint64_t bit;
	} late[RECORD_CELLS];
	/* What it says of the fields over which a conflict can open. */
	size_t ndisputed;
	struct {
		int no; /* of the field among those */
		int field;
		const char *says; /* only where the item has this word */
	} disputed[RECORD_CELLS];
	int about;        /* the item */
	int org_code;     /* its number, where the rest of a row makes it */
	int uscc, tax_id; /* fields it is made of */
};

/* A row as linking sees it; texts are NUL-terminated, NULL: nothing. */
struct link_row {
	const char *provider;
	const char *as_of;
	const char *part[LINK_PART_COUNT];
	const char *item, *before, *after, *former_names;
};

/* What a row is found to be, for its sender. */
enum link_finding {
	LINK_FINE,
	LINK_MISMATCH,    /* a number and a name are of two enterprises */
	LINK_TWO,         /* its numbers are */
	LINK_CONTRADICTS, /* its numbers cannot be of one */
	LINK_UNSURE,      /* candidates, none of them sure */
	LINK_NONE,        /* nobody it could be */
	LINK_FINDINGS
};

/* Their codes of the catalogue; NULL: fine. */
extern const char *const link_rule[LINK_FINDINGS];

struct link_found {
	uint32_t enterprise; /* 0: none */
	int64_t how;         /* score and evidence */
	int known;           /* answered from memory: nothing to learn */
	int untried;         /* there is nobody yet whose it could be */
	int judged;          /* people said so */
	enum link_finding finding;
	enum link_part part; /* of the mismatch */
	int64_t subject;     /* hash of what it says of its subject */
	uint64_t check;      /* a second one */
	struct identities ids;
	struct linker_subject asked;
	struct linker_answer answer;
};

/* x and the rules outlive it. */
struct link *link_new(struct db *db, struct enterprises *x,
    const struct link_rules *rules, const struct overwrite *overwrite);
void link_free(struct link *l);
struct enterprises *link_enterprises(const struct link *l);

void link_columns(const struct link *l, const struct schema *s,
    struct link_columns *ret_c);
void link_row_of(const struct link_columns *c, const struct rowfile_record *r,
    const char *provider, struct link_row *ret_row);

/*
 * Whether what a row says of its enterprise is what all say, and may stand. It
 * is kept as said in any case.
 */
int link_agrees(struct link *l, const struct link_columns *c,
    const struct rowfile_record *r, const char *provider, uint32_t enterprise);

/* row's texts have to last until link_settle. */
void link_find(struct link *l, const struct link_columns *c,
    const struct link_row *row, struct link_found *ret_f);

/*
 * The row stands in the base as id now. current: nothing newer was there, so
 * that it may say names and profile. again: it waited before.
 */
int link_settle(struct link *l, const struct link_columns *c,
    const struct link_row *row, const struct link_found *f, int64_t id,
    int current, int again, const char *now, const struct origin *o,
    struct err *e);

/*
 * Rows that waited for what was learned since are tried again: 1 there are
 * more, 0 none is left, -1.
 */
int link_retry(struct link *l, const struct schemas *s, const char *now,
    int rows, struct err *e);

/*
 * Rows that came while there was nobody are tried when there is somebody: 1
 * there are more, 0 none is left, -1.
 */
int link_untried(struct link *l, const struct schemas *s, const char *now,
    int rows, struct err *e);

#endif
