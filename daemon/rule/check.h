#ifndef ZAYTON_RULE_CHECK_H
#define ZAYTON_RULE_CHECK_H

#include <stddef.h>

#include "sys/err.h"

/*
 * Checks between the fields of a row that need no function of a script,
 * z.check.le and its like. Where a field has no value, a check holds.
 */

struct clean;

enum test_op {
	TEST_NONE,      /* never; only declares a rule */
	TEST_LE,        /* the first is not more than the second */
	TEST_ORDER,     /* the days do not go back */
	TEST_NOT_AFTER, /* the day is not after today */
	TEST_REQUIRED,  /* the first is there if the second is that text */
	TEST_ONE_OF,    /* at least one is there */
	TEST_RANGE,     /* low to high */
	TEST_UNIT,      /* the two do not differ by about 10,000 */
	TEST_SUM,       /* the first is the sum of the others, to a fen */
	TEST_FILLED,    /* where the file has the column it has a value */
	TEST_SAME_ORG,  /* the organisation code in both is the same */
	TEST_EXPECTED,  /* one is there where the file has a column for it,
			   of rows of a day on and where another field says so */
	TEST_LUA
};

/* What a check is about, for the metrics of quality. */
enum test_about {
	TEST_VALUE,   /* a value by itself */
	TEST_PRESENT, /* that a value is there */
	TEST_RELATED  /* fields against each other */
};

enum { TEST_FIELDS = 6 };

struct test {
	enum test_op op;
	size_t nfields;
	size_t field[TEST_FIELDS];
	double low;
	double high;
	const char *text;
	int function;
	int when;         /* of TEST_EXPECTED: the other field, -1 none */
	const char *from; /* of TEST_EXPECTED: the day, NULL none */
};

struct test_info {
	const char *name;
	enum test_op op;
	size_t fields;    /* at least */
	const char *rule; /* catalogue code unless the script has its own */
	enum test_about about;
};

const struct test_info *test_at(size_t n);
const struct test_info *test_find(const char *name);

enum test_about test_about(enum test_op op);

/*
 * Whether a check says anything of the row: of TEST_VALUE that there is a
 * value, of TEST_PRESENT that one is due, of TEST_ORDER that there are two
 * days.
 */
int test_applies(const struct test *t, struct clean *c);

/* 1 where the finding is due, 0 where the check holds, -1 failed. */
int test_run(const struct test *t, struct clean *c, struct err *e);

#endif
