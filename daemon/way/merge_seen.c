#include <stdlib.h>

#include "sys/mem.h"
#include "way/merge_part.h"

/*
 * Rows of the base that a bundle only confirmed, by their ids, with the place
 * of the row that did: an open hash table, in memory alone. Three quarters of
 * ROOM_MAX take 32 MB; what is beyond, the base keeps.
 */
enum { ROOM_MIN = 1 << 10, ROOM_MAX = 1 << 21 };

struct merge_seen_slot {
	int64_t id; /* 0: free */
	int64_t at;
};

/* The slot of an id, or the free one where it belongs. */
static struct merge_seen_slot *
slot_of(const struct merge_seen *s, int64_t id)
{
	size_t i = (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
		   (s->room - 1);

	while (s->slot[i].id != 0 && s->slot[i].id != id)
		i = (i + 1) & (s->room - 1);
	return &s->slot[i];
}

static void
grow(struct merge_seen *s)
{
	struct merge_seen old = *s;

	s->room = old.room == 0 ? ROOM_MIN : 2 * old.room;
	s->slot = xcalloc(s->room, sizeof(*s->slot));
	for (size_t i = 0; i < old.room; i++)
		if (old.slot[i].id != 0)
			*slot_of(s, old.slot[i].id) = old.slot[i];
	free(old.slot);
}

int
merge_seen_add(struct merge_seen *s, int64_t id, int64_t at)
{
	struct merge_seen_slot *slot;

	if (s->n >= s->room / 4 * 3) {
		if (s->room == ROOM_MAX)
			return 0;
		grow(s);
	}
	slot = slot_of(s, id);
	s->n += slot->id == 0;
	*slot = (struct merge_seen_slot){ id, at };
	return 1;
}

int64_t
merge_seen_at(const struct merge_seen *s, int64_t id)
{
	const struct merge_seen_slot *slot;

	if (s->n == 0)
		return -1;
	slot = slot_of(s, id);
	return slot->id == id ? slot->at : -1;
}

void
merge_seen_end(struct merge_seen *s)
{
	free(s->slot);
}
