#ifndef ZAYTON_RULE_PACK_H
#define ZAYTON_RULE_PACK_H

#include <stddef.h>

#include "sys/err.h"
#include "sys/message.h"

/*
 * A pack is everything that decides a verdict, in one sealed piece: published
 * schemas, code lists and conversion tables, the Lua library, the rule
 * scripts. It is pinned by its SHA-256 in the ledger, handed to workers as one
 * descriptor, and never changes; a bundle is finished with the pack it began
 * with. Form: one line "zayton-pack 1", then for each file in order of name
 * "<name> <bytes>\n<bytes>\n".
 *
 * Names inside: schemas/<dataset>.<version>.json, schemas/published.json,
 * schemas/code_list.csv, schemas/code_map.csv, schemas/divisions.csv, lua/<module>.lua, rules/<provider>.lua.
 */
struct pack;

struct pack_file {
	const char *name;
	const char *data; /* not NUL-terminated */
	size_t len;
	char sha256[DIGEST_TEXT];
};

/*
 * Reads schemas/, lua/ and rules/ below a directory descriptor. Files that do
 * not belong are left alone. Bounded: 4,096 files, 64 MiB.
 */
int pack_gather(int dir, struct pack **ret_p, struct err *e);

/* Maps one from a descriptor (a memory file or a plain file). */
int pack_map(int fd, struct pack **ret_p, struct err *e);

/* A new sealed memory file that holds it. */
int pack_memfd(const struct pack *p, int *ret_fd, struct err *e);

void pack_free(struct pack *p);

const char *pack_sha256(const struct pack *p);
size_t pack_count(const struct pack *p);
const struct pack_file *pack_at(const struct pack *p, size_t i);
/* NULL where there is no such file. */
const struct pack_file *pack_find(const struct pack *p, const char *name);

#endif
