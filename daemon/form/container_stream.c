#include <string.h>

#include "form/container_part.h"
#include "sys/err.h"

/*
 * The shapes of compressed streams: what can be known from their two ends. A
 * file cut off while it was sent has a beginning and no end.
 */

static int
truncated(const char *name, struct err *e)
{
	return err_say(e, ERR_SENDER, "container_truncated", name, NULL);
}

/*
 * gzip ends with the length of what it holds, modulo 2^32. A tar is a whole
 * number of blocks, and deflate packs no better than 1 to 1032.
 */
int
container_gz_check(const struct container_reader *r, int tar,
    const struct container_limits *l, struct err *e)
{
	const char *name = tar ? "TAR.GZ" : "CSV.GZ";
	uint8_t p[10];
	uint32_t isize;

	if (r->size < 18)
		return truncated(name, e);
	if (container_get(r, p, sizeof(p), 0, e) == -1)
		return -1;
	if (p[2] != 8 || (p[3] & 0xe0) != 0)
		return err_say(e, ERR_SENDER, "container_damaged", name, NULL);
	if (container_get(r, p, 4, r->size - 4, e) == -1)
		return -1;
	isize = le32(p);
	if (isize / 1032 > r->size || (tar && isize % 512 != 0))
		return truncated(name, e);
	return container_total_check(isize, r->size, l, e);
}

/* A number in 7-bit groups. Returns its length, or 0. */
static size_t
xz_number(const uint8_t *p, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len && i < 9; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if ((p[i] & 0x80) == 0) {
			*ret = v;
			return i + 1;
		}
	}
	return 0;
}

/*
 * The index lists packed and unpacked size of every block; together with
 * header, index and footer they make up the whole file.
 */
static int
xz_index(const uint8_t *p, size_t len, uint64_t *ret_packed,
    uint64_t *ret_unpacked)
{
	uint64_t n;
	size_t at = 1;
	size_t k;

	if (len < 8 || p[0] != 0 ||
	    container_crc32(0, p, len - 4) != le32(p + len - 4) ||
	    (k = xz_number(p + at, len - 4 - at, &n)) == 0)
		return -1;
	*ret_packed = 0;
	*ret_unpacked = 0;
	for (at += k; n > 0; n--) {
		uint64_t packed;
		uint64_t unpacked;

		if ((k = xz_number(p + at, len - 4 - at, &packed)) == 0)
			return -1;
		at += k;
		if ((k = xz_number(p + at, len - 4 - at, &unpacked)) == 0)
			return -1;
		at += k;
		if (packed > UINT64_MAX / 4 - *ret_packed ||
		    unpacked > UINT64_MAX / 2 - *ret_unpacked)
			return -1;
		*ret_packed += (packed + 3) / 4 * 4;
		*ret_unpacked += unpacked;
	}
	return 0;
}

int
container_xz_check(const struct container_reader *r,
    const struct container_limits *l, struct err *e)
{
	enum { HEADER = 12, FOOTER = 12, INDEX_MAX = 65536 };
	uint8_t head[HEADER];
	uint8_t foot[FOOTER];
	uint8_t index[INDEX_MAX];
	uint64_t len;
	uint64_t packed;
	uint64_t unpacked;

	if (r->size < HEADER + FOOTER + 8 || r->size % 4 != 0)
		return truncated("TAR.XZ", e);
	if (container_get(r, head, HEADER, 0, e) == -1 ||
	    container_get(r, foot, FOOTER, r->size - FOOTER, e) == -1)
		return -1;
	if (container_crc32(0, head + 6, 2) != le32(head + 8))
		return err_say(e, ERR_SENDER, "container_damaged", "TAR.XZ",
		    NULL);
	if (memcmp(foot + 10, "YZ", 2) != 0 ||
	    container_crc32(0, foot + 4, 6) != le32(foot))
		return truncated("TAR.XZ", e);
	len = ((uint64_t)le32(foot + 4) + 1) * 4;
	if (len > r->size - HEADER - FOOTER)
		return truncated("TAR.XZ", e);
	/* Thousands of blocks: only the unpacking will tell. */
	if (len > INDEX_MAX)
		return 0;
	if (container_get(r, index, (size_t)len, r->size - FOOTER - len, e) ==
	    -1)
		return -1;
	if (xz_index(index, (size_t)len, &packed, &unpacked) == -1 ||
	    packed > r->size - HEADER - FOOTER - len)
		return err_say(e, ERR_SENDER, "container_damaged", "TAR.XZ",
		    NULL);
	return container_total_check(unpacked, r->size, l, e);
}

/* Length of a frame header with its magic, 0 where it cannot be one. */
static size_t
zst_header(const uint8_t *p)
{
	static const uint8_t dictionary[] = { 0, 1, 2, 4 };
	static const uint8_t content[] = { 0, 2, 4, 8 };
	int single = p[4] >> 5 & 1;
	size_t n = content[p[4] >> 6];

	if ((p[4] & 0x08) != 0)
		return 0;
	if (n == 0 && single)
		n = 1;
	return 5 + (size_t)!single + dictionary[p[4] & 3] + n;
}

/* One frame: its blocks name their lengths. *off moves behind it. */
static int
zst_frame(const struct container_reader *r, uint64_t *off, size_t *steps,
    struct err *e)
{
	uint8_t p[5];
	uint64_t at = *off;
	uint32_t block = 0;
	int check;

	if (r->size - at < 9)
		return truncated("TAR.ZST", e);
	if (container_get(r, p, 5, at, e) == -1)
		return -1;
	if ((le32(p) & 0xfffffff0u) == 0x184D2A50u) {
		uint8_t len[4];

		if (container_get(r, len, 4, at + 4, e) == -1)
			return -1;
		if (le32(len) > r->size - at - 8)
			return truncated("TAR.ZST", e);
		*off = at + 8 + le32(len);
		return 0;
	}
	if (le32(p) != 0xFD2FB528u || zst_header(p) == 0)
		return err_say(e, ERR_SENDER, "container_damaged", "TAR.ZST",
		    NULL);
	check = p[4] >> 2 & 1;
	at += zst_header(p);
	while ((block & 1) == 0 && (*steps)-- > 1) {
		if (at > r->size || r->size - at < 3)
			return truncated("TAR.ZST", e);
		if (container_get(r, p, 3, at, e) == -1)
			return -1;
		block = (uint32_t)le16(p) | (uint32_t)p[2] << 16;
		at += 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3);
	}
	at += check ? 4 : 0;
	if (at > r->size)
		return truncated("TAR.ZST", e);
	*off = at;
	return 0;
}

int
container_zst_check(const struct container_reader *r, struct err *e)
{
	/* Enough for some 200 MB packed; beyond it the unpacking tells. */
	size_t steps = 10000;
	uint64_t off = 0;

	while (off < r->size && steps > 1) {
		if (zst_frame(r, &off, &steps, e) == -1)
			return -1;
		if (steps > 0)
			steps--;
	}
	return 0;
}

/* The mark that ends a bzip2 stream stands at any bit. */
int
container_bz2_check(const struct container_reader *r, struct err *e)
{
	const uint64_t mark = UINT64_C(0x177245385090);
	uint8_t p[11] = { 0 };

	if (r->size < 14)
		return truncated("TAR.BZ2", e);
	if (container_get(r, p, 10, 0, e) == -1)
		return -1;
	if (p[3] < '1' || p[3] > '9' ||
	    (memcmp(p + 4, "1AY&SY", 6) != 0 &&
		memcmp(p + 4, "\x17rE8P\x90", 6) != 0))
		return err_say(e, ERR_SENDER, "container_damaged", "TAR.BZ2",
		    NULL);
	if (container_get(r, p, sizeof(p), r->size - sizeof(p), e) == -1)
		return -1;
	/* 48 bits of mark, 32 of checksum, up to 7 of nothing. */
	for (unsigned pad = 0; pad < 8; pad++) {
		uint64_t v = 0;

		for (size_t i = 0; i < 7; i++)
			v = v << 8 | p[i];
		if ((v >> pad & UINT64_C(0xffffffffffff)) == mark)
			return 0;
	}
	return truncated("TAR.BZ2", e);
}
