#ifndef ZAYTON_LINK_NAMES_H
#define ZAYTON_LINK_NAMES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A name as linking looks at it: its keys (form/name.h), the core that is left
 * without region and legal form, and what it is the name of. Two names are
 * compared whole; the blocks only say which pairs are worth it.
 */

enum names_kind {
	NAMES_NONE,   /* nothing, a placeholder, or not readable */
	NAMES_PERSON, /* a few characters without form: somebody's own name */
	NAMES_FIRM,
	NAMES_BRANCH /* something behind a legal form: never its parent */
};

enum { NAMES_BYTES = 400, NAMES_CORE = 48, NAMES_BLOCKS = 6, NAMES_TAILS = 4 };

struct names {
	enum names_kind kind;
	char k2[NAMES_BYTES];
	uint32_t k1; /* hash of the exact key */
	char core[NAMES_BYTES];
	size_t ncore;
	uint32_t at[NAMES_CORE];  /* the core by characters, cut there */
	uint32_t regions;         /* bits of the counties it names, and above */
	int wild;                 /* characters lost on the way, as ? */
	int complete;             /* ends with a legal form */
	char former[NAMES_BYTES]; /* name in a trailing note, or "" */
};

/* Takes a name apart. Always fills ret; kind NAMES_NONE where it is none. */
void names_make(const char *s, size_t len, struct names *ret);

/*
 * The same of what an index keeps of a name; k2 and core are the texts that
 * names_make gave, of at most NAMES_BYTES - 1.
 */
void names_restore(enum names_kind kind, const char *k2, const char *core,
    uint32_t k1, uint32_t regions, struct names *ret);

/* Whether it ends as only a company's may. */
int names_company(const struct names *n);

/* How two names agree, weakest first. */
enum names_relation {
	NAMES_UNKNOWN, /* at least one tells nothing */
	NAMES_DIFFER,
	NAMES_SIMILAR, /* half of the pairs of characters are the same */
	NAMES_EDIT,    /* one character of the core is another */
	NAMES_WILD,    /* alike but for lost characters */
	NAMES_PART,    /* the first is the beginning of the second's core */
	NAMES_CORE_SAME,
	NAMES_FORM, /* alike but for the wording of the form */
	NAMES_EXACT
};

enum names_relation names_relate(const struct names *row,
    const struct names *known);

/* Whether neither names a county that the other one excludes. */
int names_regions_agree(const struct names *a, const struct names *b);

/* Whether they name the same county, or both the city and no county. */
int names_region_same(const struct names *a, const struct names *b);

/*
 * Hashes of blocks for an index: names that agree in some way share one of
 * them; the first two are of the whole name and the whole core. Returns how many; none of a name that has no use for linking.
 */
size_t names_blocks(const struct names *n, uint32_t block[NAMES_BLOCKS]);

/*
 * Blocks to look in besides: the core without its first characters, which are
 * of a region where an error hides it. Those are not indexed.
 */
size_t names_tails(const struct names *n, uint32_t block[NAMES_TAILS]);

/* Share of the shorter text's pairs of characters found in the other, 0..1. */
double names_overlap(const char *a, const char *b);

uint32_t names_hash(uint32_t salt, const void *p, size_t len);

#endif
