#include <stdio.h>
#include <string.h>

#include "link/score.h"

static const char *const names[EVIDENCE_KINDS] = {
#define X(name) #name,
	EVIDENCE(X)
#undef X
};

const char *
link_part_name(enum link_part p)
{
	static const char *const parts[LINK_PART_COUNT] = {
#define X(name) #name,
		LINK_PARTS(X)
#undef X
	};

	return parts[p];
}

const char *
evidence_name(enum evidence k)
{
	return names[k];
}

enum evidence
evidence_find(const char *name)
{
	for (int k = 0; k < EVIDENCE_KINDS; k++)
		if (strcmp(names[k], name) == 0)
			return (enum evidence)k;
	return EVIDENCE_KINDS;
}

int
score_of(const struct link_rules *r, uint64_t evidence)
{
	int sum = 0;

	for (int k = 0; k < EVIDENCE_KINDS; k++)
		if (evidence & evidence_bit((enum evidence)k))
			sum += r->weight[k];
	return sum < 0 ? 0 : sum > 100 ? 100 : sum;
}

size_t
score_text(const struct link_rules *r, uint64_t evidence, char *out,
    size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (int k = 0; k < EVIDENCE_KINDS && n + 1 < size; k++)
		if (evidence & evidence_bit((enum evidence)k))
			n += (size_t)snprintf(out + n, size - n, "%s%s %+d",
			    n == 0 ? "" : ", ", names[k], r->weight[k]);
	return n < size ? n : size - 1;
}

int
link_rules_may_found(const struct link_rules *r, const char *dataset)
{
	for (size_t i = 0; i < r->nfounders; i++)
		if (strcmp(r->founder[i], dataset) == 0)
			return 1;
	return 0;
}

int
link_rules_check(const struct link_rules *r, struct err *e)
{
	if (r->review < 1 || r->link <= r->review || r->link > 100)
		return err_set(e, ERR_HOLD,
		    "link rules: 0 < review < link <= 100 does not hold (%d, "
		    "%d)",
		    r->review, r->link);
	if (r->margin < 0 || r->margin > 100)
		return err_set(e, ERR_HOLD,
		    "link rules: margin %d is not between 0 and 100",
		    r->margin);
	for (int k = 0; k < EVIDENCE_KINDS; k++)
		if (r->weight[k] < -100 || r->weight[k] > 100)
			return err_set(e, ERR_HOLD,
			    "link rules: weight of '%s' is not between -100 "
			    "and 100",
			    names[k]);
	return 0;
}
