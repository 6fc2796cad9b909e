#ifndef ZAYTON_RULE_DIFF_H
#define ZAYTON_RULE_DIFF_H

#include <jansson.h>

#include "rule/schema.h"

/*
 * What changed from one version of a dataset to another. A change is
 * compatible where every file that was good stays good, and every column that
 * somebody reads stays and means the same.
 *
 * {"dataset", "from", "to", "compatible", "side_by_side", "changes":
 *  [{"field", "change", "was", "is", "compatible"}]}; field is "" for the
 * dataset itself. side_by_side: rows of both can stand in one view, so that
 * both may be accepted during a change-over.
 */
json_t *schema_diff(const struct schema *from, const struct schema *to);

#endif
