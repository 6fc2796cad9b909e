#ifndef ZAYTON_GRANT_OBJECTION_H
#define ZAYTON_GRANT_OBJECTION_H

#include <jansson.h>

#include "keeper/keeper.h"
#include "rule/schema.h"

/*
 * Objections: of an enterprise or institution to a value, for a repair of
 * adverse information, or of a provider to a grant. They come in as the data
 * set enterprise_objection, with their evidence in the same bundle; the
 * provider of the data answers by enterprise_objection_answer within 20 days.
 * Until then, and for good where nothing can be confirmed, what is objected to
 * is marked: those who give data out ask for the marks.
 */
#define OBJECTION_DATASET        "enterprise_objection"
#define OBJECTION_ANSWER_DATASET "enterprise_objection_answer"

enum { OBJECTION_DAYS = 20 };

/* --- for those who give data out ---------------------------------------- */

enum objection_mark_kind {
	OBJECTION_OPEN,       /* not answered yet */
	OBJECTION_UNRESOLVED, /* cannot be confirmed: the mark stays */
	OBJECTION_REPAIRED    /* repaired: the row is not given out */
};

struct objection_mark {
	int64_t row; /* _id, of the version that stands */
	int field;   /* of the standard; -1 the whole row */
	enum objection_mark_kind kind;
	int64_t number;
};

/*
 * All marks on rows of a data set, by row; the list is the caller's. Read-only:
 * any role that has the base may ask.
 */
int objection_marks(struct db *db, const struct schema *s,
    struct objection_mark **ret_list, size_t *ret_n, struct err *e);

/* --- for the keeper ----------------------------------------------------- */

/* Rows of a bundle that are objections or answers: before its receipt. */
int objection_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e);

/* A grant was resumed or revoked: the objections to it are answered. */
struct act;
int objection_grant(struct keeper *k, int64_t grant, const char *verdict,
    const struct act *a, struct err *e);

/* All lists anew: what is overdue changes by the day. */
int objection_tell_all(struct keeper *k, const char *now, struct err *e);

/*
 * objection list {all}, objection answer {number, verdict: corrected |
 * confirmed | unresolved | repaired, person, reason}.
 */
int objection_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
