#include <string.h>

#include "form/gbk.h"
#include "form/text.h"
#include "form/utf8.h"

/*
 * How text goes wrong before it comes here: UTF-8 read as GBK makes rare
 * ideographs, GBK or UTF-8 read as Latin-1 makes runs of accented letters.
 */

/* What is left of U+FFFD and of uninitialised memory once GBK has had it. */
static const char *const relics[] = { "锟斤拷", "斤拷锟", "烫烫烫", "屯屯屯" };

/* The bytes a run of characters had when it was taken for GBK. */
struct turned {
	uint8_t byte[256];
	size_t len;
	int holes; /* a byte was lost here and there */
};

enum { HOLE = 0xFF }; /* no byte of UTF-8, and no byte of GBK either */

static int
is_trail(uint8_t b)
{
	return (b & 0xC0) == 0x80;
}

/*
 * Do these bytes read as Chinese in UTF-8? Nearly all of it has to, but around
 * the holes and at a cut end: a byte may have been lost without a trace. True
 * Chinese in GBK hardly ever is UTF-8 for two characters in a row.
 */
static int
reads_as_utf8(const struct turned *t)
{
	size_t i = 0, good = 0, bad = 0;
	int plain = 1;

	while (i < t->len) {
		const uint8_t *p = t->byte + i;
		size_t left = t->len - i;

		if (left >= 3 && p[0] >= 0xE2 && p[0] <= 0xEF &&
		    is_trail(p[1]) && is_trail(p[2])) {
			good++;
			plain = plain && p[0] >= 0xE4 && p[0] <= 0xE9;
			i += 3;
			continue;
		}
		/* A hole swallows the character it is in. */
		if (p[0] == HOLE || (left > 1 && p[1] == HOLE) ||
		    (left > 2 && p[2] == HOLE) || left < 3) {
			i++;
			continue;
		}
		if (!(t->holes && is_trail(p[0])))
			bad++;
		/* What is left cannot outweigh it: most texts end here. */
		if (12 * bad > t->len)
			return 0;
		i++;
	}
	/* Two characters are a person's name, which has no bytes to spare. */
	return good >= 3 ? good >= 4 * bad : good == 2 && bad == 0 && plain;
}

static void
turn(struct turned *t, uint32_t cp)
{
	uint16_t code = gbk_from(cp);

	if (t->len + 2 > sizeof(t->byte))
		return;
	if (code != 0) {
		t->byte[t->len++] = (uint8_t)(code >> 8);
		t->byte[t->len++] = (uint8_t)code;
	} else if (t->len > 0) {
		t->byte[t->len++] = HOLE;
		t->holes = 1;
	}
}

static int
is_relic(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(relics) / sizeof(relics[0]); i++)
		if (len >= strlen(relics[i]) &&
		    memcmp(s, relics[i], strlen(relics[i])) == 0)
			return 1;
	return 0;
}

/* What one character alone shows. */
static enum text_dirt
char_dirt(uint32_t cp)
{
	if (cp == 0xFFFD || cp == UTF8_STRAY)
		return TEXT_REPLACED;
	if ((cp >= 0xE000 && cp <= 0xF8FF) || cp >= 0xF0000)
		return TEXT_PRIVATE;
	if ((cp < 0x20 && (cp < '\t' || cp > '\r')) ||
	    (cp >= 0x7F && cp < 0xA0))
		return TEXT_CONTROL;
	return TEXT_CLEAN;
}

/*
 * Is this what one byte looks like as Latin-1 or in the Windows code page?
 * Runs of four do not occur in any language.
 */
static int
is_latin(uint32_t cp)
{
	if (cp == 0xB7 || cp == 0xD7) /* the middle dot and times are ours */
		return 0;
	return cp >= 0xA1 && cp <= 0xFF;
}

static int
is_windows(uint32_t cp)
{
	switch (cp) {
	case 0x0152: /* OE */
	case 0x0153:
	case 0x0160: /* S with caron */
	case 0x0161:
	case 0x0178: /* Y with diaeresis */
	case 0x017D: /* Z with caron */
	case 0x017E:
	case 0x0192: /* florin */
	case 0x02C6: /* circumflex */
	case 0x02DC: /* small tilde */
	case 0x201A: /* low quotes, daggers and the like */
	case 0x201E:
	case 0x2020:
	case 0x2021:
	case 0x2030:
	case 0x2039:
	case 0x203A:
	case 0x20AC: /* euro */
	case 0x2122: /* trade mark */
		return 1;
	}
	return 0;
}

/* A text that is not all ASCII, character by character. */
static enum text_dirt
look(const char *s, size_t len)
{
	struct turned t;
	size_t latin = 0;
	uint32_t cp;

	t.len = 0;
	t.holes = 0;
	for (size_t i = 0; i < len;) {
		size_t step = utf8_get(s + i, len - i, &cp);
		enum text_dirt dirt = char_dirt(cp);

		if (dirt != TEXT_CLEAN)
			return dirt;
		if ((cp == 0x951F || cp == 0x65A4 || cp == 0x70EB ||
			cp == 0x5C6F) &&
		    is_relic(s + i, len - i))
			return TEXT_MOJIBAKE;
		if (is_latin(cp))
			latin++;
		else if (latin == 0 || !is_windows(cp))
			latin = 0;
		if (latin >= 4)
			return TEXT_MOJIBAKE;
		i += step;
		if (cp >= 0x80 || cp == '?') {
			turn(&t, cp);
			continue;
		}
		if (t.len >= 6 && reads_as_utf8(&t))
			return TEXT_MOJIBAKE;
		t.len = 0;
		t.holes = 0;
	}
	return t.len >= 6 && reads_as_utf8(&t) ? TEXT_MOJIBAKE : TEXT_CLEAN;
}

enum text_dirt
text_is_dirty(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80)
			return look(s, len);
		if (c < 0x20 && (c < '\t' || c > '\r'))
			return look(s, len);
		if (c == 0x7F)
			return TEXT_CONTROL;
	}
	return TEXT_CLEAN;
}
