#ifndef ZAYTON_FORM_GBK_H
#define ZAYTON_FORM_GBK_H

#include <stdint.h>

struct err;

/*
 * GB18030 as tables: what two and four bytes mean, and the way back for the
 * two-byte part. The tables are filled once from the C library's converter,
 * which opens files, so gbk_prepare runs before a process is jailed; nothing
 * here opens anything afterwards.
 */

/* Fills the tables; does nothing the second time. Returns 0, or -1. */
int gbk_prepare(struct err *e);

/* The character of a two-byte code, 0 where there is none. */
uint32_t gbk_two(uint8_t lead, uint8_t trail);

/* The character of a four-byte code, 0 where there is none. */
uint32_t gbk_four(const uint8_t *p);

/* The two-byte code of a character, 0 where there is none or no tables. */
uint16_t gbk_from(uint32_t cp);

#endif
