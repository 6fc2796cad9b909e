#ifndef ZAYTON_RULE_SCHEMA_H
#define ZAYTON_RULE_SCHEMA_H

#include <stdint.h>

#include "sys/err.h"

/*
 * A data standard: one version of one dataset, read from a Frictionless Table
 * Schema with Zayton's own properties (zayton-schema(5)). Immutable once read.
 */

struct pack;

#define PUBLISHED_FILE "schemas/published.json"

/* The provider of a standard that every account may send. */
#define SCHEMA_ANYBODY "*"

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
	const char *description;     /* NULL: none */
	const char *example;         /* a good value; NULL: none */
	const char *const *synonyms; /* NULL-ended, without the title */
	/* Title, name, synonyms as match_fold makes them; "" a too long one. */
	const char *const *folded;
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

/* What a version is on the day the schemas were read for. */
enum schema_state {
	SCHEMA_DRAFT,    /* not published */
	SCHEMA_COMING,   /* published, from a later day */
	SCHEMA_IN_FORCE, /* what every view answers for */
	SCHEMA_ACCEPTED, /* an older one, still taken in a change-over */
	SCHEMA_ENDED
};

struct schema {
	const char *dataset;
	const char *version;
	const char *title;
	const char *const *titles;  /* other titles, NULL-ended */
	const char *provider;       /* "AIC" */
	const char *frequency;      /* NULL: not said */
	const char *effective_from; /* NULL: always */
	enum schema_state state;
	const char *from;  /* in force from this day; "" always */
	const char *until; /* accepted to the end of this day; "" none */
	int adverse;
	int append_only; /* events: versions never compete */
	int master;      /* a register: a row for each subject, of many facts */
	size_t nfields;
	struct field field[SCHEMA_FIELDS];
	size_t nkeys;
	struct schema_key key[SCHEMA_KEYS];
	size_t nas_of; /* business date: first that is there */
	size_t as_of[SCHEMA_KEY_FIELDS];
	int period; /* field of the period, -1 none */
};

/*
 * All schemas of a pack, drafts too. Which of them are in force is said by
 * schemas/published.json: a list of publications in their order, the last one
 * of a dataset that has begun counts. A dataset without any is in force by its
 * newest version.
 */
struct schemas;

/* For today, as China's calendar has it. */
int schemas_read(const struct pack *p, struct schemas **ret_s, struct err *e);
/* For a day, YYYY-MM-DD. */
int schemas_read_on(const struct pack *p, const char *day,
    struct schemas **ret_s, struct err *e);
void schemas_free(struct schemas *s);

/* The day they were read for. */
const char *schemas_day(const struct schemas *s);
size_t schemas_count(const struct schemas *s);
const struct schema *schemas_at(const struct schemas *s, size_t i);
/* The version of a dataset in force, NULL where there is none. */
const struct schema *schemas_find(const struct schemas *s, const char *dataset);
/* That version, be it in force or not; NULL where there is none. */
const struct schema *schemas_version(const struct schemas *s,
    const char *dataset, const char *version);
/* In force, else the one that comes next, else the newest. */
const struct schema *schemas_likeliest(const struct schemas *s,
    const char *dataset);
/*
 * The n-th older version that is accepted beside the one in force, NULL behind
 * the last. Its fields stand in the order of the newer one, so that a row read
 * by it is a row of the newer: what it lacks is optional, what it has more is
 * left out.
 */
const struct schema *schemas_older(const struct schemas *s,
    const struct schema *newer, size_t n);

/* Whether any publication speaks of a dataset. */
int schemas_is_published(const struct schemas *s, const char *dataset);

/* "1.10" is newer than "1.9": as strcmp. */
int schema_version_compare(const char *a, const char *b);

/* The index of a field, -1 where there is none of that name. */
int schema_field(const struct schema *s, const char *name);

/* As people call them: by id, title or another one. In force; NULL, -1. */
const struct schema *schemas_called(const struct schemas *s, const char *word);
int schema_field_called(const struct schema *s, const char *word);

const char *schema_state_name(enum schema_state s);
const char *field_type_name(enum field_type t);

#endif
