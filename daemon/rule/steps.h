#ifndef ZAYTON_RULE_STEPS_H
#define ZAYTON_RULE_STEPS_H

#include <stddef.h>

#include "form/value.h"
#include "sys/err.h"

/*
 * The named steps of which chains are made, z.fold and its like. A step takes
 * a value and leaves one: nothing stays nothing. Steps that make a typed value
 * of a text leave typed values alone.
 */

struct clean;
struct code_set;

enum step_op {
	STEP_FOLD,
	STEP_NAME,
	STEP_DIGITS,
	STEP_UPPER,
	STEP_CODE_FOLD,
	STEP_DATE,
	STEP_PERIOD,
	STEP_YEAR,
	STEP_INT,
	STEP_DECIMAL,
	STEP_MONEY,
	STEP_BOOL,
	STEP_IDENT,    /* number: enum ident_kind */
	STEP_INDUSTRY, /* of either edition */
	STEP_TEXT,     /* number: characters at most */
	STEP_MAX,      /* number */
	STEP_CUT,      /* number */
	STEP_NULL_IF,  /* texts */
	STEP_DEFAULT,  /* text */
	STEP_REPLACE,  /* text by texts[0] */
	STEP_CODE,     /* text: list; set */
	/* These make a value of other fields. */
	STEP_FIRST,     /* fields: the first that has a value */
	STEP_MINUS,     /* fields: the first less the second, not below zero */
	STEP_ORG_OF,    /* fields: the organisation code in the first */
	STEP_PERIOD_OF, /* fields: the month of a date */
	STEP_YEAR_OF,   /* fields: the year of a date */
	STEP_FILE_PERIOD,
	STEP_LUA /* function */
};

enum { STEP_FIELDS = 4 };

struct step {
	enum step_op op;
	int number;
	const char *text;
	const char *const *texts; /* NULL-ended */
	struct code_set *set;
	size_t nfields;
	size_t field[STEP_FIELDS];
	int function; /* of the box */
};

/* What a step is written with behind its name. */
enum step_args {
	ARGS_NONE,
	ARGS_NUMBER,
	ARGS_TEXT,
	ARGS_TEXTS,
	ARGS_TWO,   /* two texts */
	ARGS_LIST,  /* a code list, and maybe a source list */
	ARGS_FIELDS /* names of fields */
};

struct step_info {
	const char *name;
	enum step_op op;
	int number; /* of the step, where it has no arguments */
	enum step_args args;
};

/* The n-th step there is, NULL after the last one. */
const struct step_info *step_at(size_t n);
const struct step_info *step_find(const char *name);

/* Runs one; -1 only where a function of the script failed. */
int step_run(const struct step *s, struct clean *c, struct value *v,
    struct err *e);

#endif
