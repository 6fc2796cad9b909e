#include <string.h>

#include "form/decode.h"
#include "form/gbk.h"
#include "form/utf8.h"
#include "sys/buf.h"

static const char mark[] = "\xEF\xBB\xBF";
static const char replacement[] = "\xEF\xBF\xBD";

const char *
encoding_name(enum encoding enc)
{
	switch (enc) {
	case ENCODING_UTF8:
		return "UTF-8";
	case ENCODING_UTF8_BOM:
		return "UTF-8-BOM";
	case ENCODING_GB18030:
		return "GB18030";
	case ENCODING_UTF16LE:
		return "UTF-16LE";
	case ENCODING_UTF16BE:
		return "UTF-16BE";
	}
	return "";
}

/* How many bytes from p on are ASCII. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	const uint64_t high = 0x8080808080808080u;
	size_t i = 0;
	uint64_t w[2];

	for (; i + sizeof(w) <= len; i += sizeof(w)) {
		memcpy(w, p + i, sizeof(w));
		if (((w[0] | w[1]) & high) != 0)
			break;
	}
	while (i < len && p[i] < 0x80)
		i++;
	return i;
}

/*
 * The length of the sequence at p: its bytes if it is strictly valid, 0 if it
 * is not, -1 if it is valid as far as it goes and then cut off.
 */
static int
sequence(const uint8_t *p, size_t len)
{
	uint8_t low = 0x80, high = 0xBF;
	int n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (p[0] == 0xE0)
		low = 0xA0; /* shorter forms exist below */
	else if (p[0] == 0xED)
		high = 0x9F; /* surrogates above */
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F; /* U+10FFFF is the last one */
	for (int i = 1; i < n; i++) {
		if ((size_t)i >= len)
			return -1;
		if (p[i] < low || p[i] > high)
			return 0;
		low = 0x80;
		high = 0xBF;
	}
	return n;
}

/* How many bytes from p on are valid UTF-8; *ret_cut if it ends in a cut. */
static size_t
valid_run(const uint8_t *p, size_t len, int *ret_cut)
{
	size_t i = 0;
	int n;

	*ret_cut = 0;
	while (i < len) {
		if (p[i] < 0x80) {
			i += ascii_run(p + i, len - i);
			continue;
		}
		/* Most of what is not ASCII here: ideographs of the plane. */
		while (len - i >= 3 && p[i] > 0xE0 && p[i] < 0xED &&
		       (p[i + 1] & 0xC0) == 0x80 && (p[i + 2] & 0xC0) == 0x80)
			i += 3;
		if (i == len)
			break;
		n = sequence(p + i, len - i);
		if (n == -1)
			*ret_cut = 1;
		if (n <= 0)
			break;
		i += (size_t)n;
	}
	return i;
}

/*
 * Whether bytes that are not all UTF-8 are UTF-8 with a few broken ones, not
 * GB18030: read as UTF-8, GB18030 yields hardly a sequence of three bytes.
 */
static int
mostly_utf8(const uint8_t *p, size_t len, int at_end)
{
	enum { CHARS_PER_BAD = 4 };
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < len;) {
		int n = sequence(p + i, len - i);

		if (n == -1 && !at_end)
			break;
		if (n <= 0)
			bad++;
		else if (n >= 3)
			good++;
		i += n > 0 ? (size_t)n : 1;
	}
	return good >= bad * CHARS_PER_BAD;
}

enum encoding
encoding_detect(const uint8_t *head, size_t len, int at_end)
{
	int cut;

	if (len >= 3 && memcmp(head, mark, 3) == 0)
		return ENCODING_UTF8_BOM;
	if (len >= 2 && head[0] == 0xFF && head[1] == 0xFE)
		return ENCODING_UTF16LE;
	if (len >= 2 && head[0] == 0xFE && head[1] == 0xFF)
		return ENCODING_UTF16BE;
	if (valid_run(head, len, &cut) == len || (cut && !at_end))
		return ENCODING_UTF8;
	return mostly_utf8(head, len, at_end) ? ENCODING_UTF8
					      : ENCODING_GB18030;
}

int
decoder_prepare(struct err *e)
{
	return gbk_prepare(e);
}

void
decoder_init(struct decoder *d, enum encoding enc)
{
	decoder_init_fixed(d, enc);
	d->settled = enc != ENCODING_UTF8;
}

void
decoder_init_fixed(struct decoder *d, enum encoding enc)
{
	d->enc = enc;
	d->bad = 0;
	d->switched = d->started = 0;
	d->settled = 1;
	d->kept = 0;
}

void
decoder_done(struct decoder *d)
{
	(void)d;
}

static void
put_bad(struct decoder *d, struct buf *out)
{
	d->bad++;
	buf_add(out, replacement, 3);
}

/* The three of them decode what is whole and return how much they took. */
static size_t
feed_utf8(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	size_t i = 0, n;
	int cut;

	while (i < len) {
		n = valid_run(in + i, len - i, &cut);
		if (n > 0)
			buf_add(out, in + i, n);
		i += n;
		if (i == len || (cut && !at_end))
			break;
		put_bad(d, out);
		i += cut ? len - i : 1;
	}
	return i;
}

static size_t
feed_utf16(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	int lo = d->enc == ENCODING_UTF16BE;
	size_t i = 0;
	char text[4];

	while (len - i >= 2) {
		uint32_t cp = (uint32_t)in[i + !lo] << 8 | in[i + lo];

		if (cp >= 0xD800 && cp <= 0xDBFF) {
			uint32_t low;

			if (len - i < 4)
				break;
			low = (uint32_t)in[i + 2 + !lo] << 8 | in[i + 2 + lo];
			if (low >= 0xDC00 && low <= 0xDFFF) {
				cp = 0x10000 + ((cp & 0x3FF) << 10) +
				     (low & 0x3FF);
				i += 2;
			}
		}
		i += 2;
		if (cp >= 0xD800 && cp <= 0xDFFF)
			put_bad(d, out);
		else
			buf_add(out, text, utf8_put(text, cp));
	}
	if (at_end && i < len) {
		put_bad(d, out);
		i = len;
	}
	return i;
}

/*
 * One character of GB18030 that is not ASCII. Returns its bytes and the
 * character, 0 for none; returns 0 where the bytes end too early. An ASCII
 * byte behind a bad lead byte stays: it may be the separator of a cell.
 */
static size_t
gb_char(const uint8_t *p, size_t len, uint32_t *ret_cp)
{
	*ret_cp = 0;
	if (p[0] == 0x80 || p[0] == 0xFF)
		return 1;
	if (len < 2)
		return 0;
	if (p[1] < 0x30 || p[1] > 0x39) {
		*ret_cp = gbk_two(p[0], p[1]);
		return *ret_cp != 0 || p[1] >= 0x80 ? 2 : 1;
	}
	if (len < 3)
		return 0;
	if (p[2] < 0x81 || p[2] > 0xFE)
		return 1;
	if (len < 4)
		return 0;
	if (p[3] < 0x30 || p[3] > 0x39)
		return 1;
	*ret_cp = gbk_four(p);
	if (*ret_cp >= 0xD800 && *ret_cp <= 0xDFFF)
		*ret_cp = 0;
	return 4;
}

/* A piece of GB18030 into out, for which there is room: 3 bytes per byte. */
static size_t
gb_piece(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out, char *to)
{
	char *start = to;
	size_t i = 0, n;
	uint32_t cp;

	while (i < len) {
		if (in[i] < 0x80) {
			n = ascii_run(in + i, len - i);
			memcpy(to, in + i, n);
			to += n;
			i += n;
			continue;
		}
		n = gb_char(in + i, len - i, &cp);
		if (n == 0 && !at_end)
			break;
		if (cp == 0) {
			d->bad++;
			cp = 0xFFFD;
		}
		to += utf8_put(to, cp);
		i += n > 0 ? n : 1;
	}
	out->len += (size_t)(to - start);
	out->data[out->len] = '\0';
	return i;
}

static size_t
feed_gb18030(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	enum { PIECE = 16384 };
	size_t i = 0;

	while (i < len) {
		size_t part = len - i < PIECE ? len - i : PIECE;
		int last = part == len - i;
		char *to = buf_reserve(out, part * 3 + 4);
		size_t n;

		if (to == NULL)
			return len;
		n = gb_piece(d, in + i, part, at_end && last, out, to);
		i += n;
		if (last)
			break;
	}
	return i;
}

static size_t
feed_whole(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	size_t start = out->len;
	size_t n;

	switch (d->enc) {
	case ENCODING_UTF8:
	case ENCODING_UTF8_BOM:
		n = feed_utf8(d, in, len, at_end, out);
		break;
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		n = feed_utf16(d, in, len, at_end, out);
		break;
	case ENCODING_GB18030:
	default:
		n = feed_gb18030(d, in, len, at_end, out);
		break;
	}
	if (!d->started && out->len > start) {
		d->started = 1;
		if (out->len - start >= 3 &&
		    memcmp(out->data + start, mark, 3) == 0) {
			out->len -= 3;
			memmove(out->data + start, out->data + start + 3,
			    out->len - start + 1);
		}
	}
	return n;
}

/*
 * Decodes what is held, with as many bytes of the piece as finish the
 * character that is cut off in it. Returns how many bytes of in it took.
 */
static size_t
feed_hold(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	size_t had = d->kept;
	size_t more = DECODER_HOLD - had;
	size_t n;

	if (had == 0)
		return 0;
	if (more > len)
		more = len;
	if (more > 8)
		more = 8;
	memcpy(d->hold + had, in, more);
	n = feed_whole(d, d->hold, had + more, at_end && more == len, out);
	if (n >= had) {
		d->kept = 0;
		return n - had;
	}
	d->kept = had + more - n;
	memmove(d->hold, d->hold + n, d->kept);
	return more;
}

/*
 * A file that was ASCII so far: passes ASCII on and holds back everything from
 * the first other byte until there is enough of it to decide. Returns how many
 * bytes of in it took.
 */
static size_t
feed_unsettled(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	size_t i = 0;
	size_t n;

	if (d->kept == 0) {
		i = ascii_run(in, len);
		buf_add(out, in, i);
		d->started = d->started || i > 0;
	}
	/* Room for the end of a cut character stays free in the hold. */
	n = DECODER_HOLD - 8 - d->kept;
	if (n > len - i)
		n = len - i;
	memcpy(d->hold + d->kept, in + i, n);
	d->kept += n;
	i += n;
	if (d->kept < DECODER_HOLD - 8 && !(at_end && d->kept > 0))
		return i;

	d->settled = 1;
	/* A full hold may end in the middle of a character, a short one not. */
	if (encoding_detect(d->hold, d->kept, d->kept < DECODER_HOLD - 8) ==
	    ENCODING_GB18030) {
		d->enc = ENCODING_GB18030;
		d->switched = 1;
	}
	return i;
}

void
decoder_feed(struct decoder *d, const uint8_t *in, size_t len, int at_end,
    struct buf *out)
{
	size_t i = 0, n;

	if (len == 0)
		in = d->hold; /* nothing is read from it */
	if (!d->settled) {
		i = feed_unsettled(d, in, len, at_end, out);
		if (!d->settled)
			return;
	}
	/* Each turn frees the hold or uses up the piece. */
	while (d->kept > 0 && (i < len || at_end)) {
		i += feed_hold(d, in + i, len - i, at_end, out);
		if (i == len && d->kept > 0 && !at_end)
			return;
	}
	if (i == len)
		return;
	n = feed_whole(d, in + i, len - i, at_end, out);
	i += n;
	d->kept = len - i;
	memcpy(d->hold, in + i, d->kept);
}
