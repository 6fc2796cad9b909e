#ifndef ZAYTON_FORM_ZIP_WRITE_H
#define ZAYTON_FORM_ZIP_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;

/*
 * A zip that is written from its beginning to its end, member by member, into
 * whatever takes bytes. The same members at the same time give the same bytes.
 */

struct zip_write;

/* Takes bytes in order; 0, or -1. */
typedef int zip_sink_fn(void *arg, const void *p, size_t len, struct err *e);

/* when: the time of all its members. */
int zip_write_open(zip_sink_fn *sink, void *arg, time_t when,
    struct zip_write **ret_z, struct err *e);

int zip_write_begin(struct zip_write *z, const char *name, struct err *e);
int zip_write_add(struct zip_write *z, const void *p, size_t len,
    struct err *e);
/* The member is whole: its size and SHA-256 (65 bytes). */
int zip_write_end(struct zip_write *z, uint64_t *ret_bytes, char *ret_sha256,
    struct err *e);

/* A file as a member, from its beginning. */
int zip_write_file(struct zip_write *z, const char *name, int fd,
    uint64_t *ret_bytes, char *ret_sha256, struct err *e);

/* Writes the directory. In any case z is gone. */
int zip_write_close(struct zip_write *z, struct err *e);
/* Gone without it. */
void zip_write_drop(struct zip_write *z);

#endif
