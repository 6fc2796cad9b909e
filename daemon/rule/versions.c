#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/arena.h"
#include "rule/pack.h"
#include "rule/schema_part.h"
#include "sys/member.h"

/*
 * Which version of a dataset is in force. schemas/published.json is a list
 * [{"dataset", "version", "from", "until", "person", "reason", "at"}]:
 * dates are days, until is "" or the last day on which the version is
 * accepted beside its successor.
 */

int
schema_version_compare(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			char *x, *y;
			unsigned long m = strtoul(a, &x, 10);
			unsigned long n = strtoul(b, &y, 10);

			if (m != n)
				return m < n ? -1 : 1;
			a = x;
			b = y;
			continue;
		}
		if (*a != *b)
			return *a < *b ? -1 : 1;
		a++;
		b++;
	}
	return (*a != '\0') - (*b != '\0');
}

static int
is_day(const char *s)
{
	static const char form[] = "dddd-dd-dd";

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)s[i])
				   : s[i] != form[i])
			return 0;
	return s[sizeof(form) - 1] == '\0';
}

static int
check_line(const struct schemas *s, const json_t *o, size_t i, struct err *e)
{
	const char *dataset = member_text(o, "dataset");
	const char *version = member_text(o, "version");

	if (schemas_version(s, dataset, version) == NULL)
		return err_set(e, ERR_HOLD,
		    PUBLISHED_FILE ": publication %zu names '%s' %s, but there "
				   "is no schemas/%s.%s.json",
		    i + 1, dataset, version, dataset, version);
	if ((member_text(o, "from")[0] != '\0' &&
		!is_day(member_text(o, "from"))) ||
	    (member_text(o, "until")[0] != '\0' &&
		!is_day(member_text(o, "until"))))
		return err_set(e, ERR_HOLD,
		    PUBLISHED_FILE ": publication %zu of '%s': from and until "
				   "are days, YYYY-MM-DD is expected",
		    i + 1, dataset);
	return 0;
}

static int
read_published(struct schemas *s, const struct pack *p, struct err *e)
{
	const struct pack_file *f = pack_find(p, PUBLISHED_FILE);
	json_error_t why;
	size_t i;
	json_t *o;

	if (f == NULL)
		return 0;
	s->published =
	    json_loadb(f->data, f->len, JSON_REJECT_DUPLICATES, &why);
	if (s->published == NULL)
		return err_set(e, ERR_HOLD, "%s:%d: %s", f->name, why.line,
		    why.text);
	if (!json_is_array(s->published))
		return err_set(e, ERR_HOLD,
		    "%s:1: a list of publications is expected", f->name);
	json_array_foreach(s->published, i, o) {
		if (check_line(s, o, i, e) == -1)
			return -1;
	}
	return 0;
}

/* The last publication of a dataset that has begun; whether there is any. */
static const json_t *
begun(const struct schemas *s, const char *dataset, int *ret_any)
{
	const json_t *last = NULL;
	size_t i;
	json_t *o;

	*ret_any = 0;
	json_array_foreach(s->published, i, o) {
		if (strcmp(member_text(o, "dataset"), dataset) != 0)
			continue;
		*ret_any = 1;
		if (strcmp(member_text(o, "from"), s->day) <= 0)
			last = o;
	}
	return last;
}

/* The last publication of a version. */
static const json_t *
of_version(const struct schemas *s, const struct schema *one)
{
	const json_t *last = NULL;
	size_t i;
	json_t *o;

	json_array_foreach(s->published, i, o) {
		if (strcmp(member_text(o, "dataset"), one->dataset) == 0 &&
		    strcmp(member_text(o, "version"), one->version) == 0)
			last = o;
	}
	return last;
}

static const struct schema *
newest(const struct schemas *s, const char *dataset)
{
	const struct schema *best = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->schema[i].dataset, dataset) == 0 &&
		    (best == NULL || schema_version_compare(best->version,
					 s->schema[i].version) < 0))
			best = &s->schema[i];
	return best;
}

static void
settle(const struct schemas *s, struct schema *one)
{
	const json_t *line = of_version(s, one);
	const json_t *current;
	int any;

	current = begun(s, one->dataset, &any);
	one->from = one->until = "";
	if (!any) {
		one->state = newest(s, one->dataset) == one ? SCHEMA_IN_FORCE
							    : SCHEMA_ENDED;
		return;
	}
	one->state = SCHEMA_DRAFT;
	if (line == NULL)
		return;
	one->from = member_text(line, "from");
	one->until = member_text(line, "until");
	if (current != NULL &&
	    strcmp(member_text(current, "version"), one->version) == 0)
		one->state = SCHEMA_IN_FORCE;
	else if (strcmp(one->from, s->day) > 0)
		one->state = SCHEMA_COMING;
	else if (strcmp(one->until, s->day) >= 0)
		one->state = SCHEMA_ACCEPTED;
	else
		one->state = SCHEMA_ENDED;
}

/* An older version in the order of the newer one. */
static void
carry(const struct schema *old, const struct schema *newer, struct schema *to)
{
	static const char *const none[] = { NULL };

	*to = *newer;
	to->version = old->version;
	to->title = old->title;
	to->titles = old->titles;
	to->state = old->state;
	to->from = old->from;
	to->until = old->until;
	for (size_t i = 0; i < newer->nfields; i++) {
		int k = schema_field(old, newer->field[i].name);

		if (k != -1) {
			to->field[i] = old->field[k];
			continue;
		}
		to->field[i].required = FIELD_OPTIONAL;
		to->field[i].synonyms = none;
	}
}

int
versions_settle(struct schemas *s, const struct pack *p, struct err *e)
{
	if (read_published(s, p, e) == -1)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		settle(s, &s->schema[i]);
	for (size_t i = 0; i < s->n; i++) {
		const struct schema *old = &s->schema[i];
		const struct schema *newer = schemas_find(s, old->dataset);

		if (old->state == SCHEMA_ACCEPTED && newer != NULL)
			carry(old, newer, &s->older[s->nolder++]);
	}
	return 0;
}

int
schemas_is_published(const struct schemas *s, const char *dataset)
{
	int any;

	(void)begun(s, dataset, &any);
	return any;
}

const char *
schemas_day(const struct schemas *s)
{
	return s->day;
}

const struct schema *
schemas_find(const struct schemas *s, const char *dataset)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->schema[i].state == SCHEMA_IN_FORCE &&
		    strcmp(s->schema[i].dataset, dataset) == 0)
			return &s->schema[i];
	return NULL;
}

const struct schema *
schemas_version(const struct schemas *s, const char *dataset,
    const char *version)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->schema[i].dataset, dataset) == 0 &&
		    strcmp(s->schema[i].version, version) == 0)
			return &s->schema[i];
	return NULL;
}

const struct schema *
schemas_likeliest(const struct schemas *s, const char *dataset)
{
	const struct schema *found = schemas_find(s, dataset);

	for (size_t i = 0; found == NULL && i < s->n; i++)
		if (s->schema[i].state == SCHEMA_COMING &&
		    strcmp(s->schema[i].dataset, dataset) == 0)
			found = &s->schema[i];
	return found != NULL ? found : newest(s, dataset);
}

const struct schema *
schemas_older(const struct schemas *s, const struct schema *newer, size_t n)
{
	for (size_t i = 0; i < s->nolder; i++)
		if (strcmp(s->older[i].dataset, newer->dataset) == 0 &&
		    n-- == 0)
			return &s->older[i];
	return NULL;
}

const char *
schema_state_name(enum schema_state s)
{
	static const char *const name[] = { "draft", "coming", "in force",
		"accepted", "ended" };

	return name[s];
}
