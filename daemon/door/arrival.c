#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "door/arrival.h"
#include "form/tlog.h"
#include "sys/spool.h"

static size_t
without_end(const char *name, size_t len, const char *end)
{
	size_t k = strlen(end);

	return len > k && strncasecmp(name + len - k, end, k) == 0 ? len - k
								   : len;
}

/*
 * The length of a name without what clients append while they send; rclone
 * puts a number in between: x.zip.0a1b2c3d.partial.
 */
static size_t
final_len(const char *name)
{
	static const char *const end[] = { ".filepart", ".partial", ".part",
		".tmp" };
	size_t len = strlen(name);
	size_t cut = len;

	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]) && cut == len; i++)
		cut = without_end(name, len, end[i]);
	if (cut < len && cut > 9 && name[cut - 9] == '.' &&
	    strspn(name + cut - 8, "0123456789abcdef") >= 8)
		cut -= 9;
	return cut;
}

int
arrival_temporary_of(const char *a, const char *b)
{
	size_t len = final_len(a);

	return a[len] != '\0' && strlen(b) == len && memcmp(a, b, len) == 0;
}

static int
is_signature(const char *name)
{
	char base[NAME_TEXT], day[TLOG_DAY];
	size_t len = without_end(name, strlen(name), ".sig");

	if (tlog_countersigned_day(name, day))
		return 1;
	if (name[len] == '\0')
		return 0;
	memcpy(base, name, len);
	base[len] = '\0';
	return container_kind_of(base) != CONTAINER_NONE;
}

static int
is_queries(const struct folder *f)
{
	return f->kind == 'q';
}

/* What institutions send beside queries: consents and objections. */
static int
is_paper(const char *name)
{
	static const char *const begins[] = { "consent", "enterprise_consent",
		"企业授权书", "授权书", "value-objection",
		"enterprise_objection", "异议" };

	if (strcasestr(name, ".json") != NULL)
		return 0;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncasecmp(name, begins[i], strlen(begins[i])) == 0)
			return 1;
	return 0;
}

char
arrival_kind(const struct folder *f, const char *name)
{
	if (is_queries(f))
		return is_paper(name) ? 'u' : f->kind;
	return f->kind == 'u' && is_signature(name) ? 's' : f->kind;
}

/* JSON, or a list of enterprises. */
static int
is_query_kind(enum container_kind kind)
{
	return kind == CONTAINER_CSV || kind == CONTAINER_XLSX;
}

int
arrival_name(const struct folder *f, const char *name, int *ret_temporary,
    struct err *e)
{
	int query = arrival_kind(f, name) == 'q';
	char final[NAME_TEXT];
	enum container_kind kind;
	size_t len;

	if (spool_name_check(name, e) == -1)
		return -1;
	len = final_len(name);
	memcpy(final, name, len);
	final[len] = '\0';
	*ret_temporary = name[len] != '\0';
	if (query && without_end(final, len, ".json") < len)
		return CONTAINER_NONE;
	kind = container_kind_of(final);
	if ((query ? is_query_kind(kind) : kind != CONTAINER_NONE) ||
	    (f->kind == 'u' && is_signature(final)))
		return (int)kind;
	return query ? err_say(e, ERR_SENDER, "query_name", final, NULL)
		     : container_kind_refuse(final, e);
}

void
arrival_judge(enum container_kind kind, const struct container_reader *r,
    struct err *why)
{
	memset(why, 0, sizeof(*why));
	if (r->size == 0)
		err_say(why, ERR_SENDER, "container_empty", NULL);
	else if (kind != CONTAINER_NONE)
		(void)container_check(kind, r, &container_limits_default, why);
}

void
arrival_look(const struct folder *f, const char *name,
    const struct container_reader *r, struct err *why)
{
	int temporary;
	int kind = arrival_name(f, name, &temporary, why);

	if (kind != -1)
		arrival_judge((enum container_kind)kind, r, why);
}
