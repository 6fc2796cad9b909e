#ifndef ZAYTON_RULE_BOX_CALENDAR_H
#define ZAYTON_RULE_BOX_CALENDAR_H

#include "quality/calendar.h"
#include "sys/err.h"

struct pack;

/*
 * The table calendar of rules/quality.lua. Rules without that file or table
 * have an empty one: what the standards say holds. ERR_HOLD names what is
 * wrong.
 */
int box_calendar(const struct pack *p, struct calendar *ret_c, struct err *e);

#endif
