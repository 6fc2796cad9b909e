#ifndef ZAYTON_SYS_NOTE_H
#define ZAYTON_SYS_NOTE_H

#include <stddef.h>

#include "sys/buf.h"
#include "sys/err.h"
#include "sys/sign.h"

/*
 * Signed notes (C2SP signed-note): a text, an empty line, and a line for each
 * signature, "— NAME base64(key id, signature)". Ours have one Ed25519 key,
 * so that the verifiers of other transparency logs take them.
 */

enum { NOTE_NAME = 80, NOTE_MAX = 4096 };

/* The verifier's key: "NAME+ID+base64", without a newline. */
void note_verifier(const char *name,
    const unsigned char public[SIGN_PUBLIC_BYTES], struct buf *b);

/* Adds the signature line of a text that ends with a newline. */
void note_sign(const struct sign_key *k, const char *name, const char *text,
    size_t len, struct buf *b);

/*
 * Whether a note is signed by this key under this name: 1 and how long its
 * text is, 0 not, with the reason in e. Signatures by others are passed over.
 */
int note_check(const char *note, size_t len, const char *name,
    const unsigned char public[SIGN_PUBLIC_BYTES], size_t *ret_len,
    struct err *e);

#endif
