#ifndef ZAYTON_SYS_FILE_H
#define ZAYTON_SYS_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "sys/buf.h"
#include "sys/err.h"

/* Small whole files. Paths are below dir, a descriptor or AT_FDCWD. */

/* Reads it into b (to its ceiling: longer is ERR_HOLD). */
int file_read(int dir, const char *path, struct buf *b, struct err *e);

/*
 * Puts a file in place whole: a temporary beside it, fsync, rename, fsync of
 * the folder. A crash leaves the old file, or the new, or a ".name.new".
 */
int file_publish(int dir, const char *path, const void *p, size_t len,
    mode_t mode, struct err *e);

/* As file_publish without the fsyncs: for what can be made again. */
int file_place(int dir, const char *path, const void *p, size_t len,
    mode_t mode, struct err *e);

/*
 * fsync of a file or folder that has its name already. A failed one ends the
 * process: the kernel may have dropped the pages.
 */
void file_sync(const char *path);

/* Makes a folder, content if it is there. */
int file_mkdir(int dir, const char *path, mode_t mode, struct err *e);

/*
 * A hidden folder beside what is seen, for files that a library makes by names
 * of its own: what a crash leaves of them nobody sees.
 */
int file_hidden_folder(const char *folder, char *buf, size_t size,
    struct err *e);

/* Copies the regular files of a folder that are not there yet. */
int file_copy_new(const char *from, const char *to, struct err *e);

#endif
