#include <stdlib.h>
#include <string.h>

#include "golden/enterprise_part.h"
#include "link/names.h"
#include "sys/mem.h"

/*
 * For each number a state, and for each field a hash of the one value that all
 * say; 0: nobody says any.
 */
enum state { UNKNOWN, AGREED, DISAGREED };

static uint32_t *
entry(struct enterprises *x, uint32_t no)
{
	size_t step = x->nfields + 1;

	if (no >= x->accord_room) {
		size_t room = (size_t)no + no / 4 + 1024;

		x->accord =
		    xreallocarray(x->accord, room, step * sizeof(*x->accord));
		memset(x->accord + x->accord_room * step, 0,
		    (room - x->accord_room) * step * sizeof(*x->accord));
		x->accord_room = room;
	}
	return x->accord + no * step;
}

void
enterprises_agree_on(struct enterprises *x, size_t n)
{
	free(x->accord);
	x->accord = NULL;
	x->accord_room = 0;
	x->nfields = n;
}

void
enterprises_heard(struct enterprises *x, uint32_t no)
{
	uint32_t *a = entry(x, no);

	memset(a, 0, (x->nfields + 1) * sizeof(*a));
	a[0] = AGREED;
}

void
enterprises_unheard(struct enterprises *x, uint32_t no)
{
	entry(x, no)[0] = UNKNOWN;
}

static uint32_t
hash_of(const char *value)
{
	return names_hash(0, value, strlen(value)) | 1;
}

int
enterprises_is_agreed(const struct enterprises *x, uint32_t no)
{
	uint32_t root = enterprises_root_of(x, no);

	return x->nfields > 0 && root < x->accord_room &&
	       x->accord[root * (x->nfields + 1)] == AGREED;
}

int
enterprises_agrees(struct enterprises *x, uint32_t no, int field,
    const char *value)
{
	uint32_t *a = entry(x, enterprises_root_of(x, no));
	uint32_t *said = &a[1 + field];
	uint32_t hash = hash_of(value);

	if (*said == 0)
		*said = hash;
	else if (*said != hash)
		a[0] = DISAGREED;
	return a[0] == AGREED;
}

int
enterprises_says(const struct enterprises *x, uint32_t no, int field,
    const char *value)
{
	uint32_t said;

	if (!enterprises_is_agreed(x, no))
		return -1;
	said = x->accord[no * (x->nfields + 1) + 1 + (size_t)field];
	return said == 0 ? -1 : said == hash_of(value);
}
