#ifndef ZAYTON_FORM_SALT_H
#define ZAYTON_FORM_SALT_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * The salts of a file's rows, all out of one secret, each of which can be
 * destroyed alone: a tree of seeds (Goldreich, Goldwasser, Micali) whose root
 * is the secret; the two halves of SHA-256(2, seed) are the seeds below one,
 * and those at the bottom are the salts. To destroy one, the seeds above it
 * give way to those beside its path, of which it cannot be made again.
 */

enum { SALT_BYTES = 16, SALT_DEPTH = 32 };

struct salt_seed {
	unsigned int level; /* above the salts */
	uint64_t no;        /* of its level, from the left */
	unsigned char seed[SALT_BYTES];
};

struct salts {
	size_t n;
	struct salt_seed *seed; /* owned */
	/* the path to the salt that was made last: both of each level */
	const struct salt_seed *top; /* NULL: none yet */
	uint64_t last;
	unsigned char below[SALT_DEPTH][2][SALT_BYTES];
};

/* Zeros are salts without any seed: all are destroyed. */
void salts_done(struct salts *s);
void salts_secret(struct salts *s, const unsigned char secret[SALT_BYTES]);

/* 1 the salt of a row, counted from 0; 0 it was destroyed. */
int salts_get(struct salts *s, uint64_t row,
    unsigned char ret_salt[SALT_BYTES]);
void salts_destroy(struct salts *s, uint64_t row);

/* As bytes, and back: 0, or -1 where they are none. */
void salts_put(const struct salts *s, struct buf *b);
int salts_read(struct salts *s, const void *bytes, size_t len, struct err *e);

#endif
