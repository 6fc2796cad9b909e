#ifndef ZAYTON_EXTRACT_HELD_H
#define ZAYTON_EXTRACT_HELD_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * What a receiver holds by an extract: which rows of which enterprise, and a
 * digest of what it saw of each. A pure part. The extract role packs the list
 * of each give; unpacked again it is compared with what would be given now:
 * by the next number of a standing extract, and by who tells of corrections.
 */
struct held_row {
	uint32_t enterprise; /* under whose number it was given */
	uint32_t digest;     /* of its cells and marks */
	int64_t row;         /* _id of the version */
};

struct held {
	size_t n;
	size_t room;
	struct held_row *row; /* owned */
};

void held_done(struct held *h);
void held_add(struct held *h, uint32_t enterprise, int64_t row,
    uint32_t digest);
/* By enterprise, then by row. */
void held_sort(struct held *h);
/* Those of an enterprise in a sorted list: how many, the first in *ret_at. */
size_t held_of(const struct held *h, uint32_t enterprise, size_t *ret_at);

/* A sorted list as bytes. */
void held_pack(const struct held *h, struct buf *b);
/* Adds what is packed. ERR_HOLD where it is no such list. */
int held_unpack(struct held *h, const void *p, size_t len, struct err *e);

/* A digest goes on: FNV-1a; begin with HELD_DIGEST. NULL is not "". */
#define HELD_DIGEST UINT32_C(2166136261)
uint32_t held_digest(uint32_t digest, const char *text, size_t len);

#endif
