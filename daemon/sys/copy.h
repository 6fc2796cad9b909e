#ifndef ZAYTON_SYS_COPY_H
#define ZAYTON_SYS_COPY_H

#include <stdint.h>

#include "sys/err.h"

/*
 * Copies of files and folders, for backups. A file appears whole or not at
 * all, with its mode and time; one that stands there with the same size and
 * time is left. Nothing is durable before copy_sync.
 */

struct copy_count {
	uint64_t files; /* that were copied */
	uint64_t bytes;
	uint64_t kept; /* that were there already */
};

/* One regular file; what is gone meanwhile is no error: 0 it is not there. */
int copy_file(const char *from, const char *to, struct copy_count *n,
    struct err *e);

/*
 * All regular files below a folder, and its folders; not what begins with a
 * dot. A folder that is not there is empty.
 */
int copy_tree(const char *from, const char *to, struct copy_count *n,
    struct err *e);

/* The file system of a folder is on disk. */
int copy_sync(const char *dir, struct err *e);

#endif
