#include <ctype.h>
#include <stdlib.h>

#include "form/decode.h"
#include "rule/box_quality.h"
#include "rule/pack.h"
#include "sys/mem.h"
#include "way/work_part.h"

/* A script has its share of the worker's memory. */
static const struct script_limits script_limits = { .memory = 64 << 20,
	.instructions = 2000000 };

int
work_prepare(struct err *e)
{
	return unpack_prepare(e) == -1 ? -1 : decoder_prepare(e);
}

int
work_open_with(const struct pack *p, const char *provider,
    const struct schemas *all, struct work **ret_w, struct err *e)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->schemas = all;
	for (size_t i = 0; i < sizeof(w->provider) - 1 && provider[i] != '\0';
	     i++)
		w->provider[i] = (char)toupper((unsigned char)provider[i]);
	policy_init(&w->policy);
	if (box_quality(p, all, &w->policy, e) == -1 ||
	    script_load(p, all, w->provider, &script_limits, &w->script, e) ==
		-1) {
		work_close(w);
		return -1;
	}
	*ret_w = w;
	return 0;
}

int
work_open(const struct pack *p, const char *provider, struct work **ret_w,
    struct err *e)
{
	struct schemas *all = NULL;

	if (work_prepare(e) == -1 || schemas_read(p, &all, e) == -1)
		return -1;
	if (work_open_with(p, provider, all, ret_w, e) == -1) {
		schemas_free(all);
		return -1;
	}
	(*ret_w)->own = all;
	return 0;
}

void
work_close(struct work *w)
{
	if (w == NULL)
		return;
	script_free(w->script);
	policy_done(&w->policy);
	schemas_free(w->own);
	free(w);
}
