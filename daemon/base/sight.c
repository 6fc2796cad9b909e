#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/sight.h"
#include "sys/mem.h"

enum { NAME = 256 };

struct sight_column {
	char *name; /* owned: "table.column", or "table." */
	UT_hash_handle hh;
};

struct sight {
	struct sight_column *columns;
};

struct sight *
sight_new(void)
{
	return xcalloc(1, sizeof(struct sight));
}

void
sight_free(struct sight *s)
{
	struct sight_column *c, *next;

	if (s == NULL)
		return;
	HASH_ITER(hh, s->columns, c, next)
	{
		HASH_DEL(s->columns, c);
		free(c->name);
		free(c);
	}
	free(s);
}

static struct sight_column *
find(const struct sight *s, const char *table, const char *column)
{
	char name[NAME];
	struct sight_column *c = NULL;
	int n = snprintf(name, sizeof(name), "%s.%s", table, column);

	if (n > 0 && (size_t)n < sizeof(name))
		HASH_FIND_STR(s->columns, name, c);
	return c;
}

static void
add(struct sight *s, const char *table, const char *column)
{
	struct sight_column *c;
	size_t size = strlen(table) + strlen(column) + 2;

	if (find(s, table, column) != NULL)
		return;
	c = xcalloc(1, sizeof(*c));
	c->name = xmalloc(size);
	snprintf(c->name, size, "%s.%s", table, column);
	HASH_ADD_KEYPTR(hh, s->columns, c->name, strlen(c->name), c);
}

void
sight_add(struct sight *s, const char *table, const char *column)
{
	add(s, table, column);
	/* That a row is there is told by any of its columns. */
	add(s, table, "");
}

/* Asked for each thing a statement would do, while it is prepared. */
static int
authorize(void *arg, int what, const char *first, const char *second,
    const char *base, const char *inside)
{
	const struct sight *s = arg;

	(void)base;
	(void)inside;
	switch (what) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
	case SQLITE_FUNCTION:
		return SQLITE_OK;
	case SQLITE_READ:
		return find(s, first, second) != NULL ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

int
sight_set(struct sight *s, struct db *db, struct err *e)
{
	return sqlite3_set_authorizer(db->handle, authorize, s) == SQLITE_OK
		   ? 0
		   : err_set(e, ERR_HOLD, "cannot confine a reader: %s",
			 sqlite3_errmsg(db->handle));
}
