#ifndef ZAYTON_DOOR_ARRIVAL_H
#define ZAYTON_DOOR_ARRIVAL_H

#include "door/tree.h"
#include "form/container.h"
#include "sys/err.h"

/*
 * What a file is that comes in, by the folder it is for and its name, and
 * whether it may come in at all. The same for every way in: a session,
 * drop/, zayton ingest.
 */

/* The kind it has in the spool: a query, an upload, a signature ... */
char arrival_kind(const struct folder *f, const char *name);

/*
 * Whether a name may come into a folder. Returns its kind, NONE for queries
 * and signatures; temporary names (x.zip.filepart, .partial, .part, .tmp) are
 * judged by what stands before. -1 and ERR_SENDER where it may not.
 */
int arrival_name(const struct folder *f, const char *name, int *ret_temporary,
    struct err *e);

/* Whether a is a temporary name of b. */
int arrival_temporary_of(const char *a, const char *b);

/* Of the whole file: why->code is "" where nothing is against it. */
void arrival_judge(enum container_kind kind, const struct container_reader *r,
    struct err *why);

/* Its name and then the file. */
void arrival_look(const struct folder *f, const char *name,
    const struct container_reader *r, struct err *why);

#endif
