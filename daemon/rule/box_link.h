#ifndef ZAYTON_RULE_BOX_LINK_H
#define ZAYTON_RULE_BOX_LINK_H

#include <stddef.h>

#include "link/score.h"

/*
 * Reads rules/link.lua, which returns a table and has no library at hand.
 * ERR_HOLD names what is unknown or missing: every weight has to be said.
 */
int box_link_rules(const char *text, size_t len, struct link_rules *ret_r,
    struct err *e);

#endif
