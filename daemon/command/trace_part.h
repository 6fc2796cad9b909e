#ifndef ZAYTON_COMMAND_TRACE_PART_H
#define ZAYTON_COMMAND_TRACE_PART_H

#include <stddef.h>

#include "form/mark_weigh.h"
#include "sys/err.h"

/* Between trace*.c: each reads a file of one form, whatever its name says. */

/* Before the first file. */
int trace_prepare(struct err *e);

int trace_file(struct mark_weigh *w, int fd, struct err *e);
/* Its bytes; they are written to where it said it has a journal. */
int trace_base(struct mark_weigh *w, unsigned char *at, size_t size,
    struct err *e);
/* A workbook, or a package: each of its tables. */
int trace_zip(struct mark_weigh *w, int fd, size_t size, struct err *e);

#endif
