#ifndef ZAYTON_GRANT_NEEDS_H
#define ZAYTON_GRANT_NEEDS_H

#include <jansson.h>

#include "base/db.h"
#include "rule/schema.h"

/*
 * The table of needs (数据需求目录表): rules/needs.csv, with the columns needer
 * (an account, * every institution), dataset, field, purpose, mode and note.
 * Held against what is supplied, each need is
 *   no standard    nothing is called so
 *   no data        nobody has sent the data set
 *   never filled   nobody has ever filled the field
 *   not shared     by its class
 *   not granted    to the needer, for the purpose
 *   met
 */
#define NEEDS_FILE "rules/needs.csv"

struct sharing;

/*
 * A list of {needer, dataset, field, purpose, mode, note, line, state, title,
 * provider}. text is the table. ERR_HOLD names the line that is wrong.
 */
int needs_match(struct db *db, const struct schemas *s, const struct sharing *h,
    const char *text, size_t len, const char *today, json_t **ret_list,
    struct err *e);

#endif
