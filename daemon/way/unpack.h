#ifndef ZAYTON_WAY_UNPACK_H
#define ZAYTON_WAY_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "form/container.h"

struct err;

/*
 * The members of a bundle, one after the other, never on disk. The shape of
 * the container is checked first (container_check); then every byte that is
 * handed out is counted against the limits, and the checksums are verified.
 * The only file that knows libarchive.
 *
 * Nothing but pread on the descriptor happens here: it runs in a jail, once
 * unpack_prepare was called outside.
 */

enum { MEMBER_PATH = 1024 };

struct member {
	char path[MEMBER_PATH]; /* UTF-8; "" for a bare file */
	uint64_t size;          /* as declared; UINT64_MAX where unknown */
	enum member_kind kind;  /* CSV to SIG, or OTHER */
};

struct unpack;

/*
 * Loads what needs files: locale, time zone (sets TZ if unset) and tables.
 * Before the jail.
 */
int unpack_prepare(struct err *e);

/*
 * Opens the bundle on fd, which stays the caller's and must outlive the
 * result. NULL where the container is refused.
 */
struct unpack *unpack_open(int fd, enum container_kind kind,
    const struct container_limits *l, struct err *e);

/*
 * The parts of a workbook, which is itself a zip: the first size bytes of fd.
 * They come by their own names, all of kind MEMBER_OTHER.
 */
struct unpack *unpack_parts(int fd, uint64_t size,
    const struct container_limits *l, struct err *e);

/*
 * The same, at one part, whatever the case of its name: 1 it can be read, 0
 * there is none, -1. *ret_u is the caller's, NULL where the book is refused.
 */
int unpack_part(int fd, uint64_t size, const struct container_limits *l,
    const char *part, struct unpack **ret_u, struct err *e);

/*
 * 1 the next member, 0 no more, -1 an error. Directories and junk are passed
 * over. After an error unpack_over tells whether the bundle ends here; if not,
 * only the member named in m->path is refused and the next call goes on.
 */
int unpack_next(struct unpack *u, struct member *m, struct err *e);

/*
 * Bytes of the current member, .csv.gz already inflated; 0 at its end, when
 * its checksum was found right. -1 as in unpack_next. What is not read is
 * skipped, and then nobody has verified it.
 */
ssize_t unpack_read(struct unpack *u, void *buf, size_t size, struct err *e);

int unpack_over(const struct unpack *u);

/* Bytes handed out so far. */
uint64_t unpack_bytes(const struct unpack *u);

void unpack_close(struct unpack *u);

#endif
