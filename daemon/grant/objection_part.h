#ifndef ZAYTON_GRANT_OBJECTION_PART_H
#define ZAYTON_GRANT_OBJECTION_PART_H

#include "grant/objection.h"
#include "sys/buf.h"

/* Between objection*.c only. */

/* The verdicts, by the codes of the list objection_status. */
extern const char *const objection_verdicts[]; /* NULL-ended */

/* Closes one that is open: 1, 0 it is none, -1. */
int objection_close(struct keeper *k, int64_t no, const char *verdict,
    const char *answer, const char *by, const char *now, struct err *e);

/* The lists of who has to answer it and of who filed it. */
int objection_tell(struct keeper *k, int64_t no, const char *now,
    struct err *e);

/* A file for an account to find: in /reports, of an institution in /catalog. */
int objection_send(struct keeper *k, const char *account, const char *name,
    const struct buf *b, struct err *e);

#endif
