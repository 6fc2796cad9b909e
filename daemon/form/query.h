#ifndef ZAYTON_FORM_QUERY_H
#define ZAYTON_FORM_QUERY_H

#include <stddef.h>

#include <jansson.h>

#include "link/identity.h"

struct err;

/*
 * A query as an institution drops it: of whom, which data, for what, in which
 * form (zayton-query(5)). Strict: what is not known is refused by name, with
 * what may stand there. Whether the data sets exist and whether anything is
 * granted is not looked at here.
 */

enum {
	QUERY_BYTES = 1 << 20,
	QUERY_SUBJECTS = 10000,
	QUERY_DATASETS = 64,
	QUERY_TEXT = 256, /* bytes of any text in it, with NUL */
	QUERY_DAY = 11
};

enum query_format { QUERY_CSV, QUERY_XLSX, QUERY_JSONL, QUERY_SQLITE };

/* When a standing extract goes on; QUERY_ONCE: it is none. */
enum query_every {
	QUERY_ONCE,
	QUERY_CHANGE,
	QUERY_DAILY,
	QUERY_WEEKLY,
	QUERY_MONTHLY
};

struct query {
	json_t *json;        /* owned; all texts below are its */
	const char *purpose; /* NULL: to be found in list */
	const char *list;    /* name of the list it was, NULL none */
	const char *consent; /* reference of a signed paper, NULL none */
	const char *as_of;   /* YYYY-MM-DD, NULL: now */
	enum query_format format;
	int encrypt;
	int report;             /* with a credit report for each enterprise */
	int all;                /* of all enterprises */
	const json_t *subjects; /* NULL where all */
	const json_t *datasets; /* NULL: all that is granted */
	const char *subscribe;  /* name of the standing extract, NULL none */
	enum query_every every; /* of it */
	int end;                /* it is to end */
	const char *again; /* name of the one of which a number is sent again */
	json_int_t seq;    /* that number */
};

/* Reads one. ERR_SENDER names the member that is wrong. Freed by query_done. */
int query_parse(const char *text, size_t len, struct query *ret_q,
    struct err *e);
/* The same of what was read already; takes the JSON. */
int query_of(json_t *json, struct query *ret_q, struct err *e);
void query_done(struct query *q);

/* Its text, always the same for the same query. The caller's. */
char *query_text(const struct query *q);

/*
 * What is said of a subject: how many identifiers and names, and the n-th. A
 * kind of IDENTITY_ANY has to tell by itself.
 */
enum query_said { QUERY_SAID_NAME, QUERY_SAID_RECORD, QUERY_SAID_NUMBER };

struct query_word {
	enum query_said said;
	enum identity_kind kind; /* of a number */
	const char *text;
};

size_t query_subjects(const struct query *q);
size_t query_words(const json_t *subject, struct query_word word[], size_t max);
/* As it was asked, for people: the words with a blank between them. */
void query_subject_text(const json_t *subject, char *buf, size_t size);

/* A data set asked for, and its fields: NULL all that are granted. */
const char *query_dataset(const struct query *q, size_t n,
    const json_t **ret_fields);

/* "csv", "xlsx" ... */
const char *query_format_name(enum query_format f);

#endif
