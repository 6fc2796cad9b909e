#ifndef ZAYTON_BASE_OWN_KEY_H
#define ZAYTON_BASE_OWN_KEY_H

#include <stddef.h>

#include "base/db.h"
#include "sys/sign.h"

/*
 * The keys that receipts and checkpoints are signed with: the one that signs,
 * and those that did, for what they signed stays good. The one place where our
 * own public keys are read.
 */

struct own_key {
	unsigned char public[SIGN_PUBLIC_BYTES];
	char fingerprint[64];
	char since[40];
	char until[40];    /* verifiers take it up to then; "" it signs */
	int64_t until_seq; /* what it signed is of lines up to this one */
};

struct own_keys {
	struct own_key *key; /* owned; the one that signs is the first */
	size_t n;
};

int own_keys_read(struct db *db, struct own_keys *ret_k, struct err *e);
void own_keys_done(struct own_keys *k);

/* The one of this wire form, NULL where it is none of ours. */
const struct own_key *own_keys_find(const struct own_keys *k, const void *blob,
    size_t len);

/*
 * From line seq on this key signs; the one before is taken until that time, as
 * RFC 3339. In a transaction of the caller.
 */
int own_keys_change(struct db *db, const struct buf *blob, int64_t seq,
    const char *now, const char *until, struct err *e);

/* The wire form as in a .pub file: "ssh-ed25519 AAAA..." */
void own_key_line(const struct own_key *k, struct buf *b);

#endif
