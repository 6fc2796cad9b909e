#ifndef ZAYTON_SYS_HASH_H
#define ZAYTON_SYS_HASH_H

#include <stddef.h>

/* Digests, a piece at a time or at once. */

enum hash_kind {
	HASH_SHA256, /* 32 bytes */
	HASH_SHA512  /* 64 bytes */
};

enum { HASH_SHA256_BYTES = 32, HASH_SHA512_BYTES = 64, HASH_HEX = 129 };

struct hash;

struct hash *hash_new(enum hash_kind kind);
void hash_add(struct hash *h, const void *p, size_t len);
/* The digest of what was added; h starts anew. */
void hash_end(struct hash *h, unsigned char *digest);
void hash_free(struct hash *h);

/* The SHA-256 of one piece, in hex: 65 bytes with the NUL. */
void hash_sha256_hex(const void *p, size_t len, char *hex);
void hash_sha512(const void *p, size_t len, unsigned char *digest);

/* Lower-case hex with a NUL: 2 * len + 1 bytes. */
void hash_hex(const unsigned char *digest, size_t len, char *hex);

#endif
