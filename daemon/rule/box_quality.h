#ifndef ZAYTON_RULE_BOX_QUALITY_H
#define ZAYTON_RULE_BOX_QUALITY_H

#include "quality/policy.h"
#include "rule/schema.h"
#include "sys/err.h"

struct pack;

/*
 * Thresholds, weights and what is expected of the data, out of
 * rules/quality.lua. Rules without that file ask for what the metrics ask for
 * by themselves. ERR_HOLD names what is wrong. policy_done in any case.
 */
int box_quality(const struct pack *p, const struct schemas *s,
    struct policy *ret_p, struct err *e);

#endif
