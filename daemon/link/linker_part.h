#ifndef ZAYTON_LINK_LINKER_PART_H
#define ZAYTON_LINK_LINKER_PART_H

#include "link/linker.h"
#include "link/names.h"

/*
 * The index inside: arrays that only grow, with numbers instead of pointers,
 * because 800,000 enterprises have to fit in a few hundred megabytes. Number 0
 * is nobody, nothing and no text; what was forgotten stays behind without an
 * owner.
 */

struct entity {
	uint32_t name; /* first of its names */
	uint32_t id;   /* first of its identifiers */
	uint32_t legal_rep;
	uint32_t address;
	uint32_t phone;
	uint32_t revision; /* counts what was told of it */
	uint8_t known;
	uint8_t sole_trader;
};

struct name_entry {
	uint32_t owner; /* 0: forgotten */
	uint32_t next;  /* of the same enterprise */
	uint32_t k2;
	uint32_t core;
	uint32_t k1;
	uint32_t regions;
	uint32_t until;
	uint8_t kind;
};

struct id_entry {
	uint32_t owner; /* 0: forgotten */
	uint32_t next;  /* of the same enterprise */
	uint32_t text;  /* its kind as one character, and the value */
};

struct post {
	uint32_t hash;
	uint32_t next; /* in the same bucket */
	uint32_t name; /* the first of an enterprise stands for all */
};

#define SHELF(type)          \
	struct {             \
		type *at;    \
		size_t n;    \
		size_t room; \
	}

struct linker {
	const struct link_rules *rules;
	SHELF(struct entity) entity;
	SHELF(struct name_entry) name;
	SHELF(struct id_entry) id;
	SHELF(struct post) post;
	SHELF(char) text;
	uint32_t *slot; /* open addressing over id; 0 free */
	size_t nslots;  /* a power of two */
	uint32_t *head; /* buckets of post; 0 empty */
	size_t nheads;  /* a power of two */
	uint64_t generation;
};

static inline const char *
linker_text(const struct linker *l, uint32_t at)
{
	return l->text.at + at;
}

/*
 * A block to look in: names that share a hash, or who has a person or a phone
 * in the profile now.
 */
enum { LINKER_BLOCK_MAX = 96 };

struct linker_block {
	uint32_t hash;
	const char *person; /* folded; NULL: not of a person */
	const char *phone;  /* folded; NULL: not of a phone */
	size_t max;         /* beyond that many the block says nothing; at most
		       LINKER_BLOCK_MAX */
};

struct linker_block linker_name_block(uint32_t hash, size_t max);
struct linker_block linker_person_block(const char *person, size_t max);
struct linker_block linker_phone_block(const char *phone, size_t max);

/* Calls visit once for each enterprise in it, or not at all. */
void linker_visit(const struct linker *l, const struct linker_block *b,
    void (*visit)(void *ctx, uint32_t enterprise), void *ctx);

#endif
