#ifndef ZAYTON_RULE_BOX_OVERWRITE_H
#define ZAYTON_RULE_BOX_OVERWRITE_H

#include "rule/overwrite.h"

/*
 * Overwrite rules out of their file, which has no reach: read once, then
 * asked; functions of the rules are run in the state that was read.
 */

/*
 * Reads the rules. The record has the fields of the register in their order
 * and then those of the rules by name. ERR_HOLD names what is wrong: unknown
 * datasets, fields, policies, a provider twice.
 */
int overwrite_read(const char *text, size_t len, const struct schemas *s,
    struct overwrite **ret_o, struct err *e);
void overwrite_free(struct overwrite *o);

/*
 * Whether b, which disagrees with what stands, is a conflict by the rule's
 * function: 1, 0, -1 the function failed. record has the value of each field,
 * NULL: none.
 */
int overwrite_conflict(const struct record_field *f,
    const struct contribution *stands, const struct contribution *b,
    const char *const *record);

/*
 * The value of a part that its row does not say, made of that of the head; to
 * be freed. NULL where there is none.
 */
char *overwrite_derive(const struct record_field *f, const char *head);

/* What the last function that failed said; "" none did. */
const char *overwrite_failure(const struct overwrite *o);

#endif
