#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rule/arena.h"
#include "rule/division.h"
#include "rule/pack.h"
#include "rule/table.h"
#include "sys/mem.h"

struct row {
	const char *provider;
	const char *dataset;
	const char *division;
	const char *from;
};

struct divisions {
	struct arena *arena;
	const char *file;
	struct row *row; /* owned */
	size_t n;
};

static int
is_day(const char *s)
{
	return strlen(s) == 10 && s[4] == '-' && s[7] == '-' &&
	       strspn(s, "0123456789-") == 10;
}

static int
take(void *ctx, const char *const *cell, uint64_t line, struct err *e)
{
	struct divisions *d = ctx;
	size_t digits = strspn(cell[2], "0123456789");

	if (cell[0][0] == '\0' || cell[1][0] == '\0')
		return err_set(e, ERR_HOLD,
		    "%s:%llu: provider and dataset (or *) are expected",
		    d->file, (unsigned long long)line);
	if (digits < 2 || digits > 12 || cell[2][digits] != '\0')
		return err_set(e, ERR_HOLD,
		    "%s:%llu: a division of 2 to 12 digits is expected, not "
		    "'%s'",
		    d->file, (unsigned long long)line, cell[2]);
	if (cell[3][0] != '\0' && !is_day(cell[3]))
		return err_set(e, ERR_HOLD,
		    "%s:%llu: a day YYYY-MM-DD is expected, not '%s'", d->file,
		    (unsigned long long)line, cell[3]);
	d->row = xreallocarray(d->row, d->n + 1, sizeof(*d->row));
	d->row[d->n++] = (struct row){ cell[0], cell[1], cell[2], cell[3] };
	return 0;
}

int
divisions_read(const struct pack *p, struct divisions **ret_d, struct err *e)
{
	static const char *const names[] = { "provider", "dataset", "division",
		"from", NULL };
	const struct pack_file *f = pack_find(p, "schemas/divisions.csv");
	struct divisions *d;

	if (f == NULL) {
		*ret_d = NULL;
		return 0;
	}
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new();
	d->file = f->name;
	if (table_read(f, names, d->arena, take, d, e) == -1) {
		divisions_free(d);
		return -1;
	}
	*ret_d = d;
	return 0;
}

void
divisions_free(struct divisions *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	free(d->row);
	free(d);
}

int
divisions_in_force(const struct divisions *d, const char *provider,
    const char *dataset, const char *code, size_t len, const char *day,
    const char **ret_from)
{
	const char *later = NULL;
	int spoken = 0;

	for (size_t i = 0; d != NULL && i < d->n; i++) {
		const struct row *r = &d->row[i];
		size_t n = strlen(r->division);

		if (strcasecmp(r->provider, provider) != 0 ||
		    (strcmp(r->dataset, "*") != 0 &&
			strcmp(r->dataset, dataset) != 0))
			continue;
		spoken = 1;
		if (len < n || memcmp(code, r->division, n) != 0)
			continue;
		if (strcmp(r->from, day) <= 0)
			return 1;
		if (later == NULL || strcmp(r->from, later) < 0)
			later = r->from;
	}
	*ret_from = later != NULL ? later : "";
	return !spoken;
}
