#ifndef ZAYTON_KEEPER_ANALYZE_H
#define ZAYTON_KEEPER_ANALYZE_H

#include <jansson.h>

#include "base/db.h"
#include "rule/codes.h"
#include "rule/schema.h"

/*
 * What the data received so far says about a standard, and what follows:
 *
 * {"dataset", "version", "title", "files", "rows", "accepted",
 *  "fields": [{"name", "title", "type", "presence", "filled", "fill_rate",
 *    "distinct", "longest", "max_chars", "outside": [{"value", "count",
 *    "nearest"}], "unused": [code], "failing": [{"value", "rule", "count"}]}],
 *  "unknown_headers": [{"header", "files", "field"}],
 *  "proposals": [{"kind", "field", "value", "count", "zh", "en"}]}
 *
 * Fill rate, distinct values and codes are those of the rows in the base,
 * values outside a list and identifiers that fail those of the findings. kind
 * is make_optional, widen, add_synonym or add_code; nothing is changed.
 */
int analyze_dataset(struct db *db, struct codes *codes, const struct schema *s,
    json_t **ret_o, struct err *e);

#endif
