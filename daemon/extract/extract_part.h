#ifndef ZAYTON_EXTRACT_EXTRACT_PART_H
#define ZAYTON_EXTRACT_EXTRACT_PART_H

#include <jansson.h>
#include <time.h>

#include "base/db.h"
#include "base/sight.h"
#include "extract/held.h"
#include "form/mark.h"
#include "form/query.h"
#include "form/zip_write.h"
#include "grant/grant.h"
#include "grant/objection.h"
#include "rule/arena.h"
#include "sys/buf.h"
#include "sys/message.h"

/* The parts of the extract role: orders, rows, tables, the package. */

enum { EXTRACT_KEYS = 16 };

/* Whom an answer of the grants holds for. */
struct extract_who {
	int64_t n;
	uint32_t enterprise;
	uint8_t person;
	int64_t rows; /* given of it */
};

struct extract_give {
	int64_t n;
	const struct schema *schema;
	struct grant_answer answer;
	char from[GRANT_DAY];
	char until[GRANT_DAY];
	size_t nwho;
	struct extract_who *who; /* owned, by the order of their marks */
	struct held held;        /* owned: what its receiver has with this */
};

/* One query as it was decided. */
struct extract {
	struct db *db;
	struct sight *sight; /* owned: all that db still shows */
	int64_t query;
	char id[ID_TEXT];
	char account[ACCOUNT_TEXT];
	char purpose[SHARING_NAME];
	char day[16];
	char known_at[40];
	char as_of[16];
	char since[40]; /* of a further number: when the one before was made */
	int64_t before; /* the query of that one, 0: all is new */
	char standing[64];
	int64_t seq;
	enum query_format format;
	int encrypt;
	int report;
	int of_all;
	time_t when; /* of all that is in it */
	unsigned char mark[MARK_KEY];
	struct schemas *schemas; /* owned */
	struct sharing *sharing; /* owned */
	struct grants grants;    /* the sharing rules alone */
	struct grant_ask ask;
	size_t ngives;
	struct extract_give *give;     /* owned */
	struct extract_rows *rows;     /* owned: where rows come from */
	struct extract_put *put;       /* owned: where they go */
	struct extract_change *change; /* owned: against the number before */
	int64_t changes;               /* rows told of; 0 nothing is new */
	int64_t recalled;              /* the last correction that is in it */
	char ends[GRANT_ENDS]; /* day on which something of it leaves, "" */
	struct zip_write *zip;
	json_t *resources;
	size_t nkeys;                 /* to whom it is encrypted */
	struct buf key[EXTRACT_KEYS]; /* owned: SSH wire form */
	char folder[128];             /* accounts/NAME/extracts */
};

/* Of the base nothing but the orders; then what a give needs as well. */
int extract_sight(struct extract *x, struct err *e);
/* Whose and which the rows of a data set are, and none of its fields. */
void extract_sight_rows(struct extract *x, const char *dataset);
void extract_sight_give(struct extract *x, const struct extract_give *g);

/* Reads the orders. */
int extract_orders(struct extract *x, struct err *e);

/* ---- rows ---- */

/* A row as it may be seen: cell i is field i, NULL what is not given. */
struct extract_row {
	int64_t id;
	const char *provider;
	const char *as_of;
	const char *change; /* of a further number, by extract_change */
	/* Objections to what is given of it: of those to repair there are none */
	size_t nmarks;
	const struct objection_mark *mark;
	const char
	    *objection; /* the same, "field:number *:number"; NULL none */
	struct mark_cell cell[SCHEMA_FIELDS];
	const char *label[SCHEMA_FIELDS]; /* of a code, else NULL */
};

struct extract_rows *extract_rows_new(struct extract *x);
void extract_rows_free(struct extract_rows *r);

/*
 * The rows of an enterprise under an answer, by business date: how many, and
 * all of them in *ret_rows until the next call. -1 failed.
 */
int64_t extract_rows_of(struct extract_rows *r, const struct extract_give *g,
    const struct extract_who *who, struct extract_row *const **ret_rows,
    struct err *e);

/*
 * A version that is no longer given, of the give of the last call: of its
 * fields only those by which it is found. It lasts until the next call of
 * extract_rows_of. 1, 0 there is none, -1.
 */
int extract_rows_left(struct extract_rows *r, int64_t id,
    struct extract_row **ret_row, struct err *e);

/* ---- against the number before ---- */

/* What its receiver holds by that one; where there is none, nothing. */
int extract_change_open(struct extract *x, struct err *e);
void extract_change_free(struct extract_change *c);

/*
 * Of the n rows that are given of somebody now, those to be told: all, or what
 * was added, changed, corrected, and behind them what was withdrawn. How many,
 * in *ret_row until the next call. -1 failed.
 */
int64_t extract_change_rows(struct extract *x, struct extract_give *g,
    const struct extract_who *who, struct extract_row *const *row, int64_t n,
    struct extract_row *const **ret_row, struct err *e);
/*
 * Mere answers are always told as they are now: a yes rests on n rows, a count
 * is of all subjects. Only whether they differ is counted.
 */
void extract_change_answer(struct extract *x, struct extract_give *g,
    uint32_t enterprise, struct extract_row *const *row, int64_t n);
void extract_change_count(struct extract *x, struct extract_give *g,
    int64_t found);

/* Tables of what is not asked for any more, and of what was corrected. */
int extract_change_tables(struct extract *x, struct err *e);

/* "E00000012" of a number. */
void extract_enterprise(uint32_t no, char out[16]);

/* ---- tables ---- */

struct extract_column {
	char name[80];
	const char *title;
	enum field_type type;
};

struct extract_put *extract_put_new(struct extract *x);
/* Gone, with what it laid down beside the extract. */
void extract_put_free(struct extract_put *p);

int extract_put_table(struct extract_put *p, const char *name,
    const char *title, const struct extract_column *column, size_t n,
    struct err *e);
int extract_put_row(struct extract_put *p, const struct mark_cell *cell,
    struct err *e);
int extract_put_end(struct extract_put *p, struct err *e);
/* What was written as a whole becomes a member. */
int extract_put_finish(struct extract_put *p, struct err *e);

/* All tables of the orders. */
int extract_tables(struct extract *x, struct err *e);

/* A page for each enterprise. */
int extract_reports(struct extract *x, struct err *e);

/* A member that is no table. */
int extract_member(struct extract *x, const char *name, const void *p,
    size_t len, struct err *e);

#endif
