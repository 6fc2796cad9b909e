#ifndef ZAYTON_FORM_ROWFILE_PART_H
#define ZAYTON_FORM_ROWFILE_PART_H

#include <stddef.h>

/*
 * What the writing and the reading half of a rowfile agree on. Not for others.
 */

#define ROWFILE_MAGIC "ZAYTONRF"

enum {
	ROWFILE_MAGIC_LEN = 8,
	ROWFILE_TAIL = 16, /* offset of the summary, magic */
	ROWFILE_HEAD = 5,  /* kind, length */
	ROWFILE_OPEN_ENDED = 0x80
};

/* A copy cut to size on a whole character, with what is no UTF-8 as '?'. */
void rowfile_text(char *to, size_t size, const char *from);

#endif
