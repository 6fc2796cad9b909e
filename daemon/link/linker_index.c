#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/name.h"
#include "form/text.h"
#include "link/linker_part.h"
#include "sys/mem.h"

enum {
	SLOTS = 1024,
	PHONE_TAIL = 7, /* digits without prefix of the area */
	PERSON_SALT = 1000,
	PHONE_SALT = 1001
};

/* Room for some more: a quarter at a time, since these are large. */
static void
make_room(void **at, size_t n, size_t more, size_t *room, size_t size)
{
	if (n + more <= *room)
		return;
	*room = n + more + n / 4 + 256;
	*at = xreallocarray(*at, *room, size);
}

#define MAKE_ROOM(shelf, more)                                    \
	do {                                                      \
		void *at_ = (shelf).at;                           \
		make_room(&at_, (shelf).n, (more), &(shelf).room, \
		    sizeof((shelf).at[0]));                       \
		(shelf).at = at_;                                 \
	} while (0)

struct linker *
linker_new(const struct link_rules *rules)
{
	struct linker *l = xcalloc(1, sizeof(*l));

	l->rules = rules;
	l->nslots = l->nheads = SLOTS;
	l->slot = xcalloc(l->nslots, sizeof(l->slot[0]));
	l->head = xcalloc(l->nheads, sizeof(l->head[0]));
	MAKE_ROOM(l->entity, 1);
	MAKE_ROOM(l->name, 1);
	MAKE_ROOM(l->id, 1);
	MAKE_ROOM(l->post, 1);
	MAKE_ROOM(l->text, 1);
	memset(&l->entity.at[0], 0, sizeof(l->entity.at[0]));
	l->text.at[0] = '\0';
	l->entity.n = l->name.n = l->id.n = l->post.n = l->text.n = 1;
	return l;
}

void
linker_free(struct linker *l)
{
	if (l == NULL)
		return;
	free(l->entity.at);
	free(l->name.at);
	free(l->id.at);
	free(l->post.at);
	free(l->text.at);
	free(l->slot);
	free(l->head);
	free(l);
}

void
linker_rules(struct linker *l, const struct link_rules *rules)
{
	l->rules = rules;
	l->generation++;
}

size_t
linker_bytes(const struct linker *l)
{
	return l->entity.room * sizeof(l->entity.at[0]) +
	       l->name.room * sizeof(l->name.at[0]) +
	       l->id.room * sizeof(l->id.at[0]) +
	       l->post.room * sizeof(l->post.at[0]) + l->text.room +
	       l->nslots * sizeof(l->slot[0]) + l->nheads * sizeof(l->head[0]);
}

static uint32_t
add_text(struct linker *l, const char *s)
{
	size_t len = strlen(s) + 1;
	uint32_t at = (uint32_t)l->text.n;

	if (len == 1)
		return 0;
	MAKE_ROOM(l->text, len);
	memcpy(l->text.at + at, s, len);
	l->text.n += len;
	return at;
}

void
linker_found(struct linker *l, uint32_t enterprise)
{
	size_t more;

	if (enterprise >= l->entity.n) {
		more = enterprise - l->entity.n + 1;
		MAKE_ROOM(l->entity, more);
		memset(&l->entity.at[l->entity.n], 0,
		    more * sizeof(l->entity.at[0]));
		l->entity.n += more;
	}
	l->entity.at[enterprise].known = 1;
}

/* ---- identifiers ---- */

static void
id_text(enum identity_kind kind, const char *value, char out[IDENTITY_SIZE + 1])
{
	out[0] = (char)('A' + kind);
	snprintf(out + 1, IDENTITY_SIZE, "%s", value);
}

/* The slot of an identifier, or the free one where it would go. */
static size_t
find_slot(const struct linker *l, const char *text)
{
	size_t mask = l->nslots - 1;
	size_t i = names_hash(7, text, strlen(text)) & mask;

	while (l->slot[i] != 0 &&
	       strcmp(linker_text(l, l->id.at[l->slot[i]].text), text) != 0)
		i = (i + 1) & mask;
	return i;
}

static void
grow_slots(struct linker *l)
{
	if (l->id.n * 5 < l->nslots * 4)
		return;
	free(l->slot);
	l->nslots *= 2;
	l->slot = xcalloc(l->nslots, sizeof(l->slot[0]));
	for (size_t i = 1; i < l->id.n; i++)
		l->slot[find_slot(l, linker_text(l, l->id.at[i].text))] =
		    (uint32_t)i;
}

uint32_t
linker_lookup(const struct linker *l, enum identity_kind kind,
    const char *value)
{
	char text[IDENTITY_SIZE + 1];
	uint32_t at;

	if (kind >= IDENTITY_KEYS)
		return 0;
	id_text(kind, value, text);
	at = l->slot[find_slot(l, text)];
	return at != 0 ? l->id.at[at].owner : 0;
}

static void
touch(struct linker *l, uint32_t enterprise)
{
	l->entity.at[enterprise].revision++;
	l->generation++;
}

static int
is_sole_trader(enum identity_kind kind, const char *value)
{
	return kind == IDENTITY_REG_NO && strlen(value) > 6 && value[6] >= '6';
}

int
linker_identify(struct linker *l, uint32_t enterprise, enum identity_kind kind,
    const char *value, uint32_t *ret_holder)
{
	char text[IDENTITY_SIZE + 1];
	struct id_entry *id;
	size_t slot;

	if (kind >= IDENTITY_KEYS || value[0] == '\0')
		return 0;
	linker_found(l, enterprise);
	id_text(kind, value, text);
	grow_slots(l);
	slot = find_slot(l, text);
	if (l->slot[slot] == 0) {
		uint32_t at = add_text(l, text);

		MAKE_ROOM(l->id, 1);
		l->slot[slot] = (uint32_t)l->id.n;
		id = &l->id.at[l->id.n++];
		id->owner = 0;
		id->text = at;
	}
	id = &l->id.at[l->slot[slot]];
	if (id->owner == enterprise)
		return 0;
	if (id->owner != 0) {
		if (ret_holder != NULL)
			*ret_holder = id->owner;
		return -1;
	}
	id->owner = enterprise;
	id->next = l->entity.at[enterprise].id;
	l->entity.at[enterprise].id = l->slot[slot];
	l->entity.at[enterprise].sole_trader |=
	    (uint8_t)is_sole_trader(kind, value);
	touch(l, enterprise);
	return 1;
}

/* ---- blocks ---- */

static void
grow_heads(struct linker *l)
{
	if (l->post.n < l->nheads * 2)
		return;
	free(l->head);
	l->nheads *= 2;
	l->head = xcalloc(l->nheads, sizeof(l->head[0]));
	for (size_t i = 1; i < l->post.n; i++) {
		uint32_t *head = &l->head[l->post.at[i].hash & (l->nheads - 1)];

		l->post.at[i].next = *head;
		*head = (uint32_t)i;
	}
}

static void
add_post(struct linker *l, uint32_t block, uint32_t name)
{
	struct post *p;
	uint32_t *head;

	grow_heads(l);
	MAKE_ROOM(l->post, 1);
	head = &l->head[block & (l->nheads - 1)];
	p = &l->post.at[l->post.n];
	p->hash = block;
	p->name = name;
	p->next = *head;
	*head = (uint32_t)l->post.n++;
}

struct linker_block
linker_name_block(uint32_t hash, size_t max)
{
	struct linker_block b = { hash, NULL, NULL, max };

	return b;
}

struct linker_block
linker_person_block(const char *person, size_t max)
{
	struct linker_block b = { names_hash(PERSON_SALT, person,
				      strlen(person)),
		person, NULL, max };

	return b;
}

struct linker_block
linker_phone_block(const char *phone, size_t max)
{
	struct linker_block b = { names_hash(PHONE_SALT, phone, strlen(phone)),
		NULL, phone, max };

	return b;
}

/* Whose post it is, 0 where it is of another block or of old. */
static uint32_t
owner_in(const struct linker *l, const struct post *p,
    const struct linker_block *b)
{
	uint32_t owner = l->name.at[p->name].owner;
	const struct entity *e = &l->entity.at[owner];

	if (p->hash != b->hash || owner == 0)
		return 0;
	if (b->person != NULL &&
	    strcmp(linker_text(l, e->legal_rep), b->person) != 0)
		return 0;
	if (b->phone != NULL && strcmp(linker_text(l, e->phone), b->phone) != 0)
		return 0;
	return owner;
}

void
linker_visit(const struct linker *l, const struct linker_block *b,
    void (*visit)(void *ctx, uint32_t enterprise), void *ctx)
{
	uint32_t found[LINKER_BLOCK_MAX];
	uint32_t p = l->head[b->hash & (l->nheads - 1)];
	size_t n = 0;

	for (; p != 0; p = l->post.at[p].next) {
		uint32_t owner = owner_in(l, &l->post.at[p], b);
		size_t i = 0;

		while (i < n && found[i] != owner)
			i++;
		if (owner == 0 || i < n)
			continue;
		if (n == b->max)
			return;
		found[n++] = owner;
	}
	for (size_t i = 0; i < n; i++)
		visit(ctx, found[i]);
}

/* ---- names and profile ---- */

static struct name_entry *
known_name(struct linker *l, uint32_t enterprise, const struct names *n)
{
	uint32_t at = l->entity.at[enterprise].name;

	for (; at != 0; at = l->name.at[at].next)
		if (l->name.at[at].k1 == n->k1 &&
		    strcmp(linker_text(l, l->name.at[at].k2), n->k2) == 0)
			return &l->name.at[at];
	return NULL;
}

void
linker_name(struct linker *l, uint32_t enterprise, const char *name, size_t len,
    unsigned until)
{
	struct names n;
	struct name_entry *entry;
	uint32_t block[NAMES_BLOCKS], at;
	size_t blocks;

	linker_found(l, enterprise);
	names_make(name, len, &n);
	if (n.kind == NAMES_NONE)
		return;
	entry = known_name(l, enterprise, &n);
	if (entry != NULL) {
		if (entry->until != until)
			touch(l, enterprise);
		entry->until = until;
		return;
	}
	touch(l, enterprise);
	MAKE_ROOM(l->name, 1);
	at = (uint32_t)l->name.n++;
	entry = &l->name.at[at];
	entry->owner = enterprise;
	entry->next = l->entity.at[enterprise].name;
	entry->k2 = add_text(l, n.k2);
	entry->core =
	    strcmp(n.k2, n.core) == 0 ? entry->k2 : add_text(l, n.core);
	entry->k1 = n.k1;
	entry->regions = n.regions;
	entry->until = until;
	entry->kind = (uint8_t)n.kind;
	l->entity.at[enterprise].name = at;
	blocks = names_blocks(&n, block);
	for (size_t i = 0; i < blocks; i++)
		add_post(l, block[i], at);
}

void
linker_fold_person(const char *s, char *out, size_t size)
{
	size_t len = strlen(s);

	text_code_fold(s, text_cut(s, len, size - 1), out, size);
	if (text_is_null(out, strlen(out)) || strpbrk(out, "*?") != NULL)
		out[0] = '\0';
}

/* Without the region at its head, which all the neighbours share. */
void
linker_fold_address(const char *s, char *out, size_t size)
{
	struct name_keys keys;
	size_t len = strlen(s);

	out[0] = '\0';
	if (!text_is_null(s, len) && name_keys(s, len, &keys) == 0)
		snprintf(out, size, "%.*s",
		    (int)text_cut(keys.k3, strlen(keys.k3), size - 1), keys.k3);
}

void
linker_fold_phone(const char *s, char *out, size_t size)
{
	size_t n = 0;

	for (; *s != '\0' && n + 1 < size; s++)
		if (*s >= '0' && *s <= '9')
			out[n++] = *s;
	out[n < PHONE_TAIL ? 0 : n] = '\0';
	if (n > PHONE_TAIL)
		memmove(out, out + n - PHONE_TAIL, PHONE_TAIL + 1);
}

/* Keeps a text in place of another one. 1 where it is another. */
static int
replace(struct linker *l, uint32_t *at, const char *text)
{
	if (text[0] == '\0' || strcmp(linker_text(l, *at), text) == 0)
		return 0;
	*at = add_text(l, text);
	return 1;
}

void
linker_profile(struct linker *l, uint32_t enterprise, const char *legal_rep,
    const char *address, const char *phone)
{
	char text[256];
	struct entity *e;

	linker_found(l, enterprise);
	e = &l->entity.at[enterprise];
	if (legal_rep != NULL) {
		linker_fold_person(legal_rep, text, sizeof(text));
		if (replace(l, &e->legal_rep, text)) {
			touch(l, enterprise);
			if (e->name != 0)
				add_post(l, linker_person_block(text, 0).hash,
				    e->name);
		}
	}
	if (address != NULL) {
		linker_fold_address(address, text, sizeof(text));
		if (replace(l, &e->address, text))
			touch(l, enterprise);
	}
	if (phone != NULL) {
		linker_fold_phone(phone, text, sizeof(text));
		if (replace(l, &e->phone, text)) {
			touch(l, enterprise);
			if (e->name != 0)
				add_post(l, linker_phone_block(text, 0).hash,
				    e->name);
		}
	}
}

void
linker_forget(struct linker *l, uint32_t enterprise)
{
	struct entity *e;

	if (enterprise >= l->entity.n)
		return;
	e = &l->entity.at[enterprise];
	for (uint32_t i = e->name; i != 0; i = l->name.at[i].next)
		l->name.at[i].owner = 0;
	for (uint32_t i = e->id; i != 0; i = l->id.at[i].next)
		l->id.at[i].owner = 0;
	*e = (struct entity){ .revision = e->revision };
	touch(l, enterprise);
}

uint32_t
linker_revision(const struct linker *l, uint32_t enterprise)
{
	return enterprise < l->entity.n ? l->entity.at[enterprise].revision : 0;
}

uint64_t
linker_generation(const struct linker *l)
{
	return l->generation;
}

void
linker_learn(struct linker *l, uint32_t enterprise,
    const struct identities *ids)
{
	if (ids->contradicts)
		return;
	for (size_t i = 0; i < ids->n; i++)
		if (ids->id[i].key)
			linker_identify(l, enterprise, ids->id[i].kind,
			    ids->id[i].value, NULL);
	if (ids->sole_trader)
		l->entity.at[enterprise].sole_trader = 1;
}
