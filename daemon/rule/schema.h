#ifndef ZAYTON_RULE_SCHEMA_H
#define ZAYTON_RULE_SCHEMA_H

#include <stdint.h>

#include "sys/err.h"

/*
 * A data standard: one version of one dataset, read from a Frictionless Table
 * Schema with Zayton's own properties (zayton-schema(5)). Immutable once read.
 */

struct pack;

enum { SCHEMA_FIELDS = 64, SCHEMA_KEYS = 4, SCHEMA_KEY_FIELDS = 6 };

enum field_type {
	FIELD_TEXT,
	FIELD_CODE,   /* text, a code of a list */
	FIELD_DATE,   /* YYYY-MM-DD; YYYY-MM or YYYY at lower precision */
	FIELD_PERIOD, /* YYYY-MM */
	FIELD_YEAR,
	FIELD_INT,
	FIELD_DECIMAL, /* real */
	FIELD_MONEY,   /* fen, in yuan to the outside */
	FIELD_BOOL
};

enum field_required { FIELD_MANDATORY, FIELD_CONDITIONAL, FIELD_OPTIONAL };

struct field {
	const char *name;
	const char *title;           /* Chinese header */
	const char *const *synonyms; /* NULL-ended, without the title */
	enum field_type type;
	int max_chars; /* 0: no limit */
	enum field_required required;
	int in_seed;            /* the order names it itself */
	char sensitivity;       /* 'P' 'R' 'X' */
	const char *code_list;  /* NULL: none */
	const char *identifier; /* "uscc", "rid" ...; NULL: none */
	int64_t unit;           /* money: fen of one unit where the
					   header names none: 100 for yuan,
					   1000000 for 10,000 yuan */
	int open_ended;         /* a date that may say "for ever" */
	int future;             /* a date that may lie ahead */
	int has_time;           /* a date with the time of day */
};

/*
 * Natural keys: alternatives in order; the first whose fields are all there
 * identifies the row. A field whose name is entity_name counts by its k1.
 */
struct schema_key {
	size_t n;
	size_t field[SCHEMA_KEY_FIELDS];
};

struct schema {
	const char *dataset;
	const char *version;
	const char *title;
	const char *const *titles;  /* other titles, NULL-ended */
	const char *provider;       /* "AIC" */
	const char *effective_from; /* NULL: always */
	int adverse;
	int append_only; /* events: versions never compete */
	size_t nfields;
	struct field field[SCHEMA_FIELDS];
	size_t nkeys;
	struct schema_key key[SCHEMA_KEYS];
	size_t nas_of; /* business date: first that is there */
	size_t as_of[SCHEMA_KEY_FIELDS];
	int period; /* field of the period, -1 none */
};

/* All schemas of a pack. */
struct schemas;

int schemas_read(const struct pack *p, struct schemas **ret_s, struct err *e);
void schemas_free(struct schemas *s);

size_t schemas_count(const struct schemas *s);
const struct schema *schemas_at(const struct schemas *s, size_t i);
/* The newest version of a dataset, NULL where there is none. */
const struct schema *schemas_find(const struct schemas *s, const char *dataset);

/* The index of a field, -1 where there is none of that name. */
int schema_field(const struct schema *s, const char *name);

const char *field_type_name(enum field_type t);

#endif
