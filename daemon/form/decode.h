#ifndef ZAYTON_FORM_DECODE_H
#define ZAYTON_FORM_DECODE_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/*
 * Bytes of a data file to UTF-8, piece by piece, before anything is split: the
 * bytes of '|' and '\' occur inside GBK characters. Decoding never stops; a
 * byte that is not valid becomes U+FFFD, so that the row it stands in can be
 * found and sent back.
 */

enum encoding {
	ENCODING_UTF8,
	ENCODING_UTF8_BOM,
	ENCODING_GB18030,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE
};

enum { DECODER_HOLD = 1024 };

struct decoder {
	enum encoding enc; /* what it is decoded as by now */
	uint64_t bad;      /* how many times U+FFFD was put in */
	int switched;      /* began as UTF-8, turned out GB18030 */
	int started;       /* something was written: no mark to drop any more */
	int settled;       /* no second thoughts about the encoding */
	size_t kept;       /* bytes of the hold in use */
	uint8_t hold[DECODER_HOLD];
};

/* "UTF-8", "UTF-8-BOM", "GB18030", "UTF-16LE" or "UTF-16BE". */
const char *encoding_name(enum encoding enc);

/*
 * Says what a file is from its first bytes: a byte order mark, else UTF-8 if
 * all of it is strictly valid or few bytes of it are not, else GB18030. Where the sample is not the whole
 * file (at_end 0) a sequence cut off at its end is no fault.
 */
enum encoding encoding_detect(const uint8_t *head, size_t len, int at_end);

/*
 * Loads the conversion tables. It opens files: to be called before the process
 * is jailed. Decoding GB18030 without it yields nothing but U+FFFD.
 */
int decoder_prepare(struct err *e);

/*
 * Starts in an encoding that was detected. UTF-8 without a mark is taken back
 * once: where a file was ASCII so far and the bytes from the first other one
 * on (up to DECODER_HOLD of them) are not UTF-8, the rest is GB18030.
 */
void decoder_init(struct decoder *d, enum encoding enc);

/*
 * As decoder_init for an encoding that somebody fixed: no second thoughts.
 */
void decoder_init_fixed(struct decoder *d, enum encoding enc);

/*
 * Appends the text of the next len bytes to out; a byte order mark at the very
 * start is dropped. What is cut off at the end of a piece waits for the next
 * one, unless at_end is set. How the bytes are cut into pieces never changes
 * the text. One byte makes at most 3.
 */
void decoder_feed(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out);

void decoder_done(struct decoder *d);

#endif
