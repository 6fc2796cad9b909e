#include <errno.h>
#include <iconv.h>
#include <stddef.h>

#include "form/gbk.h"
#include "sys/err.h"

enum {
	LEADS = 0xFE - 0x81 + 1,
	TRAILS = 0xFE - 0x40 + 1, /* 0x7F among them, never used */
	FOURS = 39420,            /* four-byte codes of the basic plane */
	FOURS_HIGH = 189000       /* where the other planes start */
};

static uint32_t two[LEADS][TRAILS]; /* a few lie outside the basic plane */
static uint16_t four[FOURS];
static uint16_t back[0x10000];
static int ready;

/* Converts one code; 0 where the converter refuses it. */
static uint32_t
convert(iconv_t cd, uint8_t *code, size_t len)
{
	uint8_t wide[8];
	char *in = (char *)code;
	char *out = (char *)wide;
	size_t left = len, room = sizeof(wide);

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &left, &out, &room) == (size_t)-1 || left > 0 ||
	    room != sizeof(wide) - 4)
		return 0;
	return (uint32_t)wide[0] | (uint32_t)wide[1] << 8 |
	       (uint32_t)wide[2] << 16 | (uint32_t)wide[3] << 24;
}

static void
fill_two(iconv_t cd)
{
	for (unsigned lead = 0x81; lead <= 0xFE; lead++) {
		for (unsigned trail = 0x40; trail <= 0xFE; trail++) {
			uint8_t code[2] = { (uint8_t)lead, (uint8_t)trail };
			uint32_t cp = convert(cd, code, 2);

			if (trail == 0x7F || cp == 0)
				continue;
			two[lead - 0x81][trail - 0x40] = cp;
			if (cp <= 0xFFFF && back[cp] == 0)
				back[cp] = (uint16_t)(lead << 8 | trail);
		}
	}
}

static void
fill_four(iconv_t cd)
{
	for (unsigned i = 0; i < FOURS; i++) {
		uint8_t code[4] = { (uint8_t)(0x81 + i / 12600),
			(uint8_t)(0x30 + i / 1260 % 10),
			(uint8_t)(0x81 + i / 10 % 126),
			(uint8_t)(0x30 + i % 10) };
		uint32_t cp = convert(cd, code, 4);

		four[i] = cp <= 0xFFFF ? (uint16_t)cp : 0;
	}
}

int
gbk_prepare(struct err *e)
{
	iconv_t cd;

	if (ready)
		return 0;
	cd = iconv_open("UTF-32LE", "GB18030");
	if (cd == (iconv_t)-1)
		return err_errno(e, ERR_HOLD, "no GB18030 converter");
	fill_two(cd);
	fill_four(cd);
	iconv_close(cd);
	ready = 1;
	return 0;
}

uint32_t
gbk_two(uint8_t lead, uint8_t trail)
{
	if (lead < 0x81 || lead > 0xFE || trail < 0x40 || trail > 0xFE)
		return 0;
	return two[lead - 0x81][trail - 0x40];
}

uint32_t
gbk_four(const uint8_t *p)
{
	uint32_t i;

	if (p[0] < 0x81 || p[0] > 0xFE || p[1] < 0x30 || p[1] > 0x39 ||
	    p[2] < 0x81 || p[2] > 0xFE || p[3] < 0x30 || p[3] > 0x39)
		return 0;
	i = (p[0] - 0x81u) * 12600 + (p[1] - 0x30u) * 1260 +
	    (p[2] - 0x81u) * 10 + (p[3] - 0x30u);
	if (i < FOURS)
		return four[i];
	if (i >= FOURS_HIGH && i < FOURS_HIGH + 0x100000u)
		return 0x10000 + (i - FOURS_HIGH);
	return 0;
}

uint16_t
gbk_from(uint32_t cp)
{
	return cp < 0x10000 ? back[cp] : 0;
}
