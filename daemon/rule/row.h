#ifndef ZAYTON_RULE_ROW_H
#define ZAYTON_RULE_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "form/value.h"
#include "rule/schema.h"
#include "sys/buf.h"
#include "sys/catalog.h"

/*
 * One row on its way through cleaning: what was sent, what became of it, and
 * what there is to say about it. Reused from row to row; texts live in the
 * arena until the next row_start.
 */

/* What a finding did to the value. */
enum effect {
	EFFECT_REJECT, /* the row is refused */
	EFFECT_NULL,   /* the value was left out */
	EFFECT_FIX,    /* the value was mended by rule */
	EFFECT_KEEP    /* the value stays as it is */
};

struct finding {
	const char *rule; /* catalogue code, or a script's own rule */
	enum severity severity;
	enum effect effect;
	int field;          /* index in the schema; -1: the whole row */
	const char *header; /* column as sent, "" where there is none */
	const char *value;  /* as sent */
	const char *zh;
	const char *en;
};

enum { ROW_FINDINGS = 96 };

/* Which key: a digit, or this where a row of a register has no number. */
#define ROW_KEY_BY_NAME 'n'

/* A column of the file, matched to a field. */
struct column {
	int field;          /* -1: not of the standard */
	int64_t unit;       /* money and decimal: fen of one unit as the
				   header says, 0: it says nothing */
	const char *header; /* as sent */
};

struct cell {
	const char *text;
	size_t len;
	int column; /* -1: the file has no such column */
};

/*
 * What cleaning saw of a row that findings alone do not tell, as counted by
 * way/measure.c. Fields are bits.
 */
struct row_marks {
	int cleaned;       /* its cells were looked at */
	uint64_t sent;     /* came with something */
	uint64_t columns;  /* have a column */
	uint64_t filled;   /* have a value, as sent or made */
	uint64_t failed;   /* their value was refused */
	uint64_t masked;   /* came with asterisks */
	int dirty;         /* damaged characters */
	uint64_t outside;  /* have a value that is not plausible */
	unsigned expected; /* conditional values that are due, */
	unsigned lacking;  /* those that are not there */
	int contradicts;   /* its fields contradict each other */
	int events;        /* it has two dates that follow each other, */
	int backwards;     /* and they do not */
};

struct row {
	const struct schema *schema;
	uint64_t line; /* as a spreadsheet shows it, from 1 */
	struct cell raw[SCHEMA_FIELDS];
	struct value value[SCHEMA_FIELDS];
	uint8_t open_ended[SCHEMA_FIELDS];
	size_t nfindings;
	struct finding finding[ROW_FINDINGS];
	int rejected;
	const char *excepted; /* lines "dataset field rule": see row_add */
	int narrow;           /* cells are missing, nobody can say which */
	struct row_marks marks;
	const char *key;   /* which natural key, its parts: US (0x1f) between */
	const char *as_of; /* business date, "" where there is none */
	char op;           /* 'I' 'U' 'C' 'D' */
	struct arena *arena; /* owned */
};

void row_init(struct row *r);
void row_done(struct row *r);
/* Empties it for the next row of a schema. */
void row_start(struct row *r, const struct schema *s, uint64_t line);

/* Memory that lasts until the next row_start. */
char *row_alloc(struct row *r, size_t len);
/* A NUL-terminated copy that lasts until the next row_start. */
const char *row_text(struct row *r, const char *s, size_t len);

/*
 * Adds a finding from the catalogue; its severity is the catalogue's, except
 * that EFFECT_REJECT makes it an error and rejects the row. Arguments replace
 * {1} {2} ..., NULL-ended. Beyond ROW_FINDINGS they are dropped, never the
 * rejection.
 */
void row_find(struct row *r, const char *code, int field, enum effect effect,
    ...) __attribute__((sentinel));

/*
 * A cell as it may be told in findings: as sent, but masked where it is
 * personal.
 */
const char *row_shown(struct row *r, int field);

/*
 * Adds a finding that has its sentences already; they must last as long as the
 * row. header NULL is "", value NULL is the cell as sent.
 */
void row_add(struct row *r, const struct finding *f);

const char *effect_name(enum effect e);

#endif
