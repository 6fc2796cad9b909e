#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract/held.h"
#include "extract/query_part.h"
#include "sys/mem.h"

/*
 * What the extract role left of its work: a line of JSON, and behind it, of
 * one give after the other, how many rows there are of each subject (uint32_t)
 * and what the receiver holds with the extract.
 */

enum { SUMMARY_BYTES = 512 << 20 };

static int
read_all(int fd, struct query_summary *s, struct err *e)
{
	struct stat st;
	size_t at = 0;

	if (fstat(fd, &st) == -1)
		return err_errno(e, ERR_RETRY, "cannot read the summary");
	if (st.st_size <= 0 || st.st_size > SUMMARY_BYTES)
		return err_set(e, ERR_HOLD, "the extract left no summary");
	s->len = (size_t)st.st_size;
	s->data = xmalloc(s->len);
	while (at < s->len) {
		ssize_t n = pread(fd, s->data + at, s->len - at, (off_t)at);

		if (n <= 0)
			return err_errno(e, ERR_RETRY,
			    "cannot read the summary");
		at += (size_t)n;
	}
	return 0;
}

/* Where what stands behind the line is of a give. */
struct part {
	int64_t n;
	size_t nwhom;
	const char *rows;
	size_t nheld;
	const char *held;
};

static struct part
part_of(const json_t *give, const char *at)
{
	struct part p = {
		.n = json_integer_value(json_object_get(give, "n")),
		.nwhom =
		    (size_t)json_integer_value(json_object_get(give, "whom")),
		.rows = at,
		.nheld =
		    (size_t)json_integer_value(json_object_get(give, "held")),
	};

	p.held = at + p.nwhom * sizeof(uint32_t);
	return p;
}

/* Every length is looked at once, here. */
static int
check(struct query_summary *s, struct err *e)
{
	size_t left = s->len - s->behind, i;
	json_t *gives = json_object_get(s->json, "gives"), *g;

	json_array_foreach(gives, i, g) {
		json_int_t n = json_integer_value(json_object_get(g, "whom"));
		json_int_t m = json_integer_value(json_object_get(g, "held"));

		if (n < 0 || (size_t)n > left / sizeof(uint32_t) || m < 0 ||
		    (size_t)m > left - (size_t)n * sizeof(uint32_t))
			return err_set(e, ERR_HOLD, "a summary cut short");
		left -= (size_t)n * sizeof(uint32_t) + (size_t)m;
	}
	if (!json_is_array(gives) || left != 0 ||
	    !json_is_string(json_object_get(s->json, "ends")))
		return err_set(e, ERR_HOLD, "a summary of another form");
	return 0;
}

int
query_summary_read(int fd, struct query_summary *ret_s, struct err *e)
{
	struct query_summary *s = ret_s;
	const char *end;

	memset(s, 0, sizeof(*s));
	if (read_all(fd, s, e) == -1)
		return -1;
	end = memchr(s->data, '\n', s->len);
	if (end != NULL)
		s->json = json_loadb(s->data, (size_t)(end - s->data), 0, NULL);
	if (s->json == NULL)
		return err_set(e, ERR_HOLD, "the extract left no summary");
	s->behind = (size_t)(end - s->data) + 1;
	return check(s, e);
}

void
query_summary_done(struct query_summary *s)
{
	json_decref(s->json);
	free(s->data);
	memset(s, 0, sizeof(*s));
}

size_t
query_summary_rows(const struct query_summary *s, int64_t give,
    const char **ret_rows)
{
	const char *at = s->data + s->behind;
	size_t i;
	json_t *g;

	json_array_foreach(json_object_get(s->json, "gives"), i, g) {
		struct part p = part_of(g, at);

		*ret_rows = p.rows;
		if (p.n == give)
			return p.nwhom;
		at = p.held + p.nheld;
	}
	return 0;
}

int64_t
query_summary_number(const struct query_summary *s, const char *what)
{
	return json_integer_value(json_object_get(s->json, what));
}

/* Of each give that gave something, in the base. */
int
query_summary_keep(const struct query_summary *s, struct db *db, int64_t query,
    struct err *e)
{
	const char *at = s->data + s->behind;
	size_t i;
	json_t *g;

	json_array_foreach(json_object_get(s->json, "gives"), i, g) {
		struct part p = part_of(g, at);

		if (db_run(db, e,
			"INSERT OR REPLACE INTO held_t (query, give, dataset,"
			" rows) SELECT query, n, dataset, ?3 FROM query_give_t"
			" WHERE query = ?1 AND n = ?2",
			"iib", query, p.n, (const void *)p.held, p.nheld) == -1)
			return -1;
		at = p.held + p.nheld;
	}
	return query_due(db, query,
	    json_string_value(json_object_get(s->json, "ends")), e);
}
