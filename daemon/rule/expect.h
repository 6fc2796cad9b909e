#ifndef ZAYTON_RULE_EXPECT_H
#define ZAYTON_RULE_EXPECT_H

#include <stdint.h>

#include "quality/policy.h"

/*
 * What the policy of quality adds to the rules of a data set: ranges and
 * expected fields become checks like those of its script, and the fields that
 * the metrics count are told apart.
 */

struct ruleset;

/* Fields as bits. */
struct expect_masks {
	uint64_t mandatory;
	uint64_t coded;    /* there is a list */
	uint64_t typed;    /* dates, amounts, numbers, phones */
	uint64_t idents;   /* with a check character */
	uint64_t ranged;   /* values that can be implausible */
	uint64_t personal; /* of sensitivity X */
	uint64_t made;     /* of others, where they did not come */
	int related;       /* there are rules between fields */
	int ordered;       /* and some on the order of days */
	int updated_at;    /* field with the stamp of the source, -1 */
};

/* Once for each ruleset; again it does nothing. */
void expect_policy(struct ruleset *rs, const struct policy_dataset *d);
const struct expect_masks *expect_masks(const struct ruleset *rs);

#endif
