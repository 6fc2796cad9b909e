#include <string.h>
#include <unistd.h>

#include "sys/buf.h"
#include "sys/member.h"
#include "way/work_part.h"

/* Returned rows that came back: what the keeper knows of them. */

enum { FACTS_MAX = 32 << 20, PIECE = 64 << 10 };

int
work_read_corrected(struct job *j, struct err *e)
{
	struct buf b;
	off_t at = 0;
	ssize_t n = 1;

	if (j->said->corrects != WORK_TOLD)
		return 0;
	buf_init(&b, FACTS_MAX);
	while (n > 0 && buf_ok(&b)) {
		char *to = buf_reserve(&b, PIECE);

		n = to != NULL ? pread(j->said->corrected, to, PIECE, at) : -1;
		if (n > 0) {
			b.len += (size_t)n;
			at += n;
		}
	}
	if (n == 0)
		j->corrected = json_loadb(b.data, b.len, 0, NULL);
	buf_done(&b);
	return json_is_array(j->corrected)
		   ? 0
		   : err_set(e, ERR_RETRY, "cannot read what is corrected");
}

static const json_t *
facts_of(const struct job *j, const struct returned *of)
{
	size_t i;
	json_t *f;

	json_array_foreach(j->corrected, i, f)
		if (strcmp(member_text(f, "bundle"), of->bundle) == 0 &&
		    strcmp(member_text(f, "path"), of->path) == 0)
			return f;
	return NULL;
}

int
work_corrected(const struct job *j, const struct returned *of,
    const json_t **ret_facts, struct err *e)
{
	const json_t *f;

	*ret_facts = NULL;
	if (of->bundle[0] == '\0')
		return err_say(e, ERR_SENDER, "correction_columns", NULL);
	if (j->said->corrects != WORK_TOLD)
		return 0;
	f = facts_of(j, of);
	if (f == NULL)
		return err_say(e, ERR_SENDER, "correction_unknown", of->bundle,
		    of->path, NULL);
	if (json_is_true(json_object_get(f, "refused")))
		return err_say(e, ERR_SENDER, "correction_whole", of->path,
		    NULL);
	*ret_facts = f;
	return 1;
}
