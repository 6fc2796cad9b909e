#ifndef ZAYTON_GOLDEN_REVIEW_H
#define ZAYTON_GOLDEN_REVIEW_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * What people decide: whose a row is, whether two enterprises are one, which
 * conflicts are settled. An item is named by
 *   link:<dataset>:<row>     a row without enterprise, and its candidates
 *   pair:<E1>:<E2>           two enterprises
 *   conflict:<number>        as in the view conflict
 *   merge:<number>           of a merge that was made, and that rows may prove
 *                            wrong: a doubt
 * Every decision has a person and a reason, stands in the ledger, holds for
 * later rows that say the same, and can be undone.
 */

/* {kind, limit}: open items with their evidence side by side. */
int review_list(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e);

/*
 * {verdict: "accept" | "reject", item, enterprise, person, reason}. Of a link
 * accept is for the enterprise named, else the first candidate; reject says
 * that the row is not of it. Of a pair accept merges, reject judges them not
 * the same; of a merge reject undoes it. Of a conflict accept settles it.
 * ERR_SENDER where it contradicts an earlier decision.
 */
int review_decide(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e);

/* {number, person, reason}: takes a decision back. */
int review_undo(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e);

#endif
