#ifndef ZAYTON_EXTRACT_QUERY_PART_H
#define ZAYTON_EXTRACT_QUERY_PART_H

#include "extract/query.h"
#include "form/query.h"
#include "grant/grant.h"
#include "keeper/standing.h"
#include "link/linker.h"

/* What the files of the query share. Not for others. */

/* Its row, as asked. */
int query_keep(struct db *db, const struct bundle *b, const struct query *q,
    struct err *e);

/* ERR_SENDER where it asks for encryption and the account has no such key. */
int query_check_key(struct db *db, const char *account, const struct query *q,
    struct err *e);

/* What was decided before, by a keeper that did not come to the end. */
int query_forget_decision(struct db *db, int64_t no, struct err *e);

/* A number with nothing in it was none: its number is the next one's. */
int query_idle(struct db *db, int64_t no, struct err *e);

/* ---- a query being decided ---- */

enum { QUERY_AT_ONCE = 64 /* subjects in a step */ };

struct query_subject {
	int64_t n;
	const char *why;     /* it is nobody: a code */
	uint32_t enterprise; /* root; 0 nobody */
	uint8_t again;       /* the same as an earlier one */
	uint8_t person;      /* a sole trader */
	uint8_t given;       /* something of it is */
	uint32_t give;       /* n of its answer of the data set at hand */
	char division[GRANT_DIVISION];
};

/* A data set, and its fields that are asked for. */
struct query_asked {
	const struct schema *schema;
	uint64_t fields;
};

/* An answer of the grants, and how many it holds for. */
struct query_give {
	int64_t n;
	const struct schema *schema;
	struct grant_answer answer; /* fields: those asked for */
	const char *why;            /* nothing is given: a code, else "" */
	int64_t subjects;
};

struct query_decide {
	struct keeper *k;
	const struct standing *standing;
	const struct bundle *bundle;
	struct query q;              /* owned */
	const struct linker *linker; /* NULL: nothing is linked here */
	char day[16];
	struct grants grants;
	struct grant_ask ask;
	int stage;
	size_t nth; /* the data set at hand */
	size_t at;  /* and the subject of it */
	size_t nasked;
	struct query_asked *asked; /* owned */
	size_t nsubjects, subjects_room;
	struct query_subject *subject; /* owned */
	size_t ngives, room;
	struct query_give *give; /* owned */
	size_t dataset;          /* gives from here on are of the one at hand */
	char lasts[GRANT_DAY];   /* last day of all that is given, "" none */
};

/* Stages of it, a step each: 1 there is more, 0 done, -1. */
int query_subjects_find(struct query_decide *d, struct err *e);
/* What a decision has to know of them. */
int query_subjects_know(struct query_decide *d, struct err *e);

/* At the end: its gives are orders, the grants are used. */
int query_decided_keep(struct query_decide *d, struct err *e);

/* ---- its end ---- */

/* Where a file of an account lies; its end, told in the log where it fails. */
void query_path(const char *account, const char *file, char *buf, size_t size);
void query_remove(const char *id, const char *path);

/* A grant or consent may have been revoked since it was decided. */
int query_end_meanwhile(struct keeper *k, int64_t no, const char *now,
    struct err *e);

/*
 * When it is looked at again: on the day a row leaves by the clock (in words
 * of grant_row, "" never), or after the last day of what it rests on.
 */
int query_due(struct db *db, int64_t no, const char *day, struct err *e);

/* ---- what the extract role left ---- */

struct query_summary {
	char *data; /* owned */
	size_t len;
	size_t behind; /* where the line has ended */
	json_t *json;  /* owned */
};

/* Looked at whole. To be freed by query_summary_done in any case. */
int query_summary_read(int fd, struct query_summary *ret_s, struct err *e);
void query_summary_done(struct query_summary *s);
/* Of how many subjects a give gave; *ret_rows: the rows of each, uint32_t. */
size_t query_summary_rows(const struct query_summary *s, int64_t give,
    const char **ret_rows);
/* "changes": what is new in it; "recalled": the last correction it tells. */
int64_t query_summary_number(const struct query_summary *s, const char *what);
/* What the receiver holds, and until when. */
int query_summary_keep(const struct query_summary *s, struct db *db,
    int64_t query, struct err *e);

#endif
