#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/policy.h"
#include "sys/mem.h"

enum { BLOCK_ROWS = 100, LATENCY = 31 };

void
policy_init(struct policy *p)
{
	memset(p, 0, sizeof(*p));
	p->block_rows = BLOCK_ROWS;
	p->common.latency = LATENCY;
	p->common.whole = -1;
	p->common.refuses = UINT32_C(1) << METRIC_N3;
	for (int m = 0; m < METRICS; m++)
		p->common.bounds[m] = metric_info((enum metric)m)->bounds;
	for (int d = 0; d < DIMENSIONS; d++)
		p->weight[d] = metric_dimension((enum dimension)d)->weight;
}

void
policy_done(struct policy *p)
{
	free(p->dataset);
	p->dataset = NULL;
	p->ndatasets = 0;
}

struct policy_dataset *
policy_add(struct policy *p, const char *dataset)
{
	struct policy_dataset *d;

	p->dataset =
	    xreallocarray(p->dataset, p->ndatasets + 1, sizeof(*p->dataset));
	d = &p->dataset[p->ndatasets++];
	*d = p->common;
	snprintf(d->dataset, sizeof(d->dataset), "%s", dataset);
	return d;
}

const struct policy_dataset *
policy_of(const struct policy *p, const char *dataset)
{
	for (size_t i = 0; i < p->ndatasets; i++)
		if (strcmp(p->dataset[i].dataset, dataset) == 0)
			return &p->dataset[i];
	return &p->common;
}

enum grade
policy_grade(const struct policy *p, const char *dataset, enum metric m,
    const struct measure *x)
{
	return metric_grade(x, &policy_of(p, dataset)->bounds[m],
	    metric_info(m)->lower);
}

int
policy_blocks(const struct policy *p, const char *dataset, enum metric m,
    const struct measure *x)
{
	return x->denominator >= (uint64_t)p->block_rows &&
	       (policy_of(p, dataset)->refuses >> m & 1) != 0 &&
	       policy_grade(p, dataset, m, x) == GRADE_POOR;
}

enum metric
policy_breach(const struct policy *p, const char *dataset,
    const struct measure x[METRICS])
{
	int m = 0;

	while (m < METRICS && !policy_blocks(p, dataset, (enum metric)m, &x[m]))
		m++;
	return (enum metric)m;
}
