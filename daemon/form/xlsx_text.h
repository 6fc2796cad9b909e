#ifndef ZAYTON_FORM_XLSX_TEXT_H
#define ZAYTON_FORM_XLSX_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * The shared strings of a workbook: a list that is filled once from its
 * beginning and then asked for by number. It stands in blocks; the first
 * XLSX_TEXT_KEPT of them stay in memory, the others go to a file (from offset
 * from on) and come back through a cache of XLSX_TEXT_FRAMES. So it never
 * takes more than 16 MiB of memory and a few bytes per block, however large
 * the table is; above XLSX_TEXT_MAX bytes it is refused.
 */

enum {
	XLSX_TEXT_BLOCK = 16 << 10,
	XLSX_TEXT_KEPT = 768,
	XLSX_TEXT_FRAMES = 256,
	XLSX_TEXT_LONGEST = 3 * 32767 /* what a cell holds, in UTF-8 */
};
#define XLSX_TEXT_MAX (UINT64_C(1) << 30)

struct xlsx_texts;

/* fd may be -1: then what does not fit into memory is refused. */
struct xlsx_texts *xlsx_texts_new(int fd, uint64_t from);
void xlsx_texts_free(struct xlsx_texts *t);

/* Appends a string; what is longer than a cell can hold is cut. */
int xlsx_texts_add(struct xlsx_texts *t, const char *s, size_t len,
    struct err *e);

/*
 * String i, valid until the next call; 1 there is one, 0 there is none, -1 it
 * could not be read.
 */
int xlsx_texts_get(struct xlsx_texts *t, uint64_t i, const char **ret_s,
    size_t *ret_len, struct err *e);

#endif
