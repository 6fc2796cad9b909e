#ifndef ZAYTON_RULE_BOX_SHARING_H
#define ZAYTON_RULE_BOX_SHARING_H

#include "grant/sharing.h"
#include "rule/schema.h"

/*
 * Reads rules/sharing.lua against the standards: ERR_HOLD names what is
 * unknown, missing or against the law (adverse information on persons is kept
 * five years at most). A data set it does not speak of is not shared.
 */
int box_sharing_read(const char *text, size_t len, const struct schemas *s,
    struct sharing *ret_h, struct err *e);

/* Of a pack; without the file nothing is shared. The caller frees it. */
struct pack;
#define SHARING_FILE "rules/sharing.lua"
int box_sharing_of(const struct pack *p, const struct schemas *s,
    struct sharing **ret_h, struct err *e);

#endif
