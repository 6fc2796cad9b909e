#ifndef ZAYTON_SYS_SIGN_H
#define ZAYTON_SYS_SIGN_H

#include <stddef.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * Keys in OpenSSH's formats (PROTOCOL.key, RFC 4253 6.6) and signatures in its
 * file format (PROTOCOL.sshsig), so that stock ssh-keygen verifies what we
 * sign. Keys of our own are not encrypted: the file's mode guards them.
 */

enum { SIGN_PUBLIC_BYTES = 32, SIGN_RAW_BYTES = 64 }; /* Ed25519 */

enum sign_kind {
	SIGN_ED25519,
	SIGN_ECDSA /* nistp256; a host key only */
};

/* Writes a new private key (mode 0600) and path.pub beside it. */
int sign_keygen(enum sign_kind kind, const char *path, const char *comment,
    struct err *e);

struct sign_key;

/*
 * Before a key is read: private keys of this process from now on lie in memory
 * that is never swapped out nor dumped, as far as the system lets us.
 */
void sign_secure(void);

/* A new Ed25519 key, and what its private file has to hold. */
int sign_key_make(const char *comment, struct sign_key **ret_k,
    struct buf *ret_file, struct err *e);

/* Reads an Ed25519 private key file that sign_keygen wrote. */
int sign_key_read(const char *path, struct sign_key **ret_k, struct err *e);
void sign_key_free(struct sign_key *k);

/* The public key as one line: "ssh-ed25519 AAAA..." */
void sign_key_line(const struct sign_key *k, struct buf *b);

/* The same of raw bytes. */
void sign_public_put(const unsigned char public[SIGN_PUBLIC_BYTES],
    struct buf *b);

/* The same as its raw bytes; lives as long as the key. */
const unsigned char *sign_key_public(const struct sign_key *k);
/* Those in a wire form; NULL where it is no Ed25519 key. */
const unsigned char *sign_blob_public(const void *blob, size_t len);

/* A bare Ed25519 signature (RFC 8032) of a message. */
void sign_raw(const struct sign_key *k, const void *p, size_t len,
    unsigned char signature[SIGN_RAW_BYTES]);
/* 1 good, 0 not. */
int sign_raw_verify(const unsigned char public[SIGN_PUBLIC_BYTES],
    const void *p, size_t len, const unsigned char signature[SIGN_RAW_BYTES]);

/*
 * A signature over a message given by its SHA-512, armoured, with its final
 * newline. The same key, namespace and message give the same bytes.
 */
void sign_sshsig(const struct sign_key *k, const char *name_space,
    const unsigned char *sha512, struct buf *b);

/*
 * Whether an armoured signature is good for a message's SHA-512: 1 yes, and
 * the signer's public key (wire form) is added to ret_key; 0 no; -1 it is not
 * a signature. Ed25519 only.
 */
int sign_sshsig_verify(const char *armor, size_t len, const char *name_space,
    const unsigned char *sha512, struct buf *ret_key, struct err *e);

/*
 * A line of a .pub or authorized_keys file: type, wire form, comment. 1 a key,
 * 0 an empty line or a remark, -1 not a key we take.
 */
int sign_public_line(const char *line, size_t len, char *type, size_t size,
    struct buf *ret_blob, char *comment, size_t comment_size, struct err *e);

/* "SHA256:..." of a public key's wire form; 64 bytes. */
void sign_fingerprint(const void *blob, size_t len, char *text);

#endif
