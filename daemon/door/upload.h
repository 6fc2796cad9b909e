#ifndef ZAYTON_DOOR_UPLOAD_H
#define ZAYTON_DOOR_UPLOAD_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "door/tree.h"
#include "form/container.h"
#include "sys/err.h"
#include "sys/spool.h"

/*
 * One upload, from OPEN to its publication. It is written under an id of its
 * own in uploading/ACCOUNT/, so nothing is ever overwritten, and it is locked
 * while it is open. The SHA-256 is taken while the bytes pass; what came out
 * of order, or was there before, is read back from the file. What a client
 * leaves unfinished stays, to be resumed, until an upload of the same name is
 * taken in.
 */

struct upload_limits {
	uint64_t bytes_max;    /* of one upload */
	uint64_t disk_reserve; /* bytes that stay free */
};

/* Written beyond the part that is known whole: [from, to). */
struct extent {
	uint64_t from;
	uint64_t to;
};

enum { UPLOAD_EXTENTS = 128 };

struct hash;

struct upload {
	int fd;
	struct spool_name n;
	char file[SPOOL_TEXT]; /* in uploading/ACCOUNT/ */
	int resumed;           /* and not yet written to */
	int temporary;         /* its name says: there is more to come */
	int short_of;          /* a write failed: something is missing */
	enum container_kind kind;
	uint64_t bytes_max;
	uint64_t size;
	uint64_t whole;  /* all before it was written, and is in hash */
	uint64_t pushed; /* all before it is on its way to the disk */
	struct extent extent[UPLOAD_EXTENTS]; /* in order, apart, > whole */
	size_t nextents;
	struct hash *hash; /* owned */
	int lazy; /* rewritten once: nothing is read back before the end */
	int digested;
	unsigned char digest[DIGEST_BYTES];
	struct err why; /* of upload_finish: the container's refusal */
};

/* A new, empty upload. It checks the name and the room on the disk. */
int upload_create(const struct tree *t, const struct folder *f,
    const char *name, const struct upload_limits *l, struct upload **ret_u,
    struct err *e);

/*
 * Opens the newest unfinished upload of that name which nobody has open.
 * Returns 1, 0 where there is none, -1.
 */
int upload_resume(const struct tree *t, const struct folder *f,
    const char *name, const struct upload_limits *l, struct upload **ret_u,
    struct err *e);

/* An unfinished upload as a directory shows it. */
struct unfinished {
	char file[SPOOL_TEXT];
	struct spool_name n;
	struct stat st;
	int locked; /* somebody has it open */
};

/* The newest of that name: 1, 0 where there is none. */
int upload_find(const struct tree *t, const struct folder *f, const char *name,
    struct unfinished *ret_u);

/*
 * All of a folder, the newest of each name. The list is the caller's.
 */
size_t upload_list(const struct tree *t, const struct folder *f,
    struct unfinished **ret_list);

/*
 * Writes pieces that follow each other from an offset. ERR_SENDER beyond the
 * limits, ERR_RETRY where the disk is full.
 */
int upload_write(struct upload *u, const struct iovec *iov, size_t n,
    uint64_t off, struct err *e);

/* Cuts it; it cannot be made longer. */
int upload_truncate(struct upload *u, uint64_t size, struct err *e);

/*
 * Before publication: nothing is missing, and the digest is known. Judges the
 * container: a refusal of it is in u->why, and no failure here.
 */
int upload_finish(struct upload *u, struct err *e);

/* Takes a digest that was known when the file was last closed. */
void upload_digested(struct upload *u, const unsigned char *digest);

/* Publication, durable on return, under a (new) name. */
int upload_publish(struct upload *u, const struct tree *t,
    const struct folder *f, const char *name, struct err *e);

/*
 * What may wait until the keeper was told: leaves the stub (not for what was
 * refused: it is not taken in) and removes older unfinished uploads of that
 * name.
 */
void upload_published(const struct upload *u, const struct tree *t,
    const struct folder *f);

/* Gives an unfinished upload another name. */
int upload_rename(struct upload *u, const struct tree *t, const char *name,
    struct err *e);

/* Closes; what is unfinished is cut to the part that is whole. */
void upload_close(struct upload *u);

#endif
