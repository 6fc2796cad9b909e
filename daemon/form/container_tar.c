#include <string.h>

#include "form/container_part.h"
#include "sys/err.h"

/*
 * A tar that is not compressed is walked header by header: checksums, sizes
 * inside the file, nothing but files and directories, and the two blocks of
 * zeros that tell a whole file from one cut off between members.
 */

enum { BLOCK = 512 };

/* Octal digits, or base 256 where the first bit is set. -1: no number. */
static int
number(const uint8_t *p, size_t len, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] == 0x80) {
		for (i = 1; i < len; i++) {
			if (v >> 56 != 0)
				return -1;
			v = v << 8 | p[i];
		}
		*ret = v;
		return 0;
	}
	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	if (i < len && p[i] != ' ' && p[i] != '\0')
		return -1;
	*ret = v;
	return 0;
}

/* The sum of all bytes, its own field taken as spaces. */
static int
sum_right(const uint8_t *h)
{
	uint64_t said;
	unsigned sum = 8 * ' ';
	int wrong = 8 * ' '; /* as some old tars added it up */

	for (size_t i = 0; i < BLOCK; i++) {
		if (i >= 148 && i < 156)
			continue;
		sum += h[i];
		wrong += (signed char)h[i];
	}
	return number(h + 148, 8, &said) == 0 &&
	       (said == sum || said == (uint64_t)wrong);
}

static int
zero(const uint8_t *p)
{
	return p[0] == 0 && memcmp(p, p + 1, BLOCK - 1) == 0;
}

static int
check_entry(const uint8_t *h, const struct container_limits *l, struct err *e)
{
	char name[512];
	size_t len = strnlen((const char *)h, 100);

	if (container_name((const char *)h, len, 0, name, sizeof(name)) == -1)
		return err_say(e, ERR_SENDER, "member_path_long", "?", NULL);
	if (memchr("0\0007gxLKX5", h[156], 9) == NULL)
		return err_say(e, ERR_SENDER, "member_special", name, NULL);
	if (h[156] == 'L' || h[156] == 'K' || h[156] == 'x' || h[156] == 'g' ||
	    h[156] == 'X')
		return 0;
	return container_path_check(name, l, e);
}

int
container_tar_check(const struct container_reader *r,
    const struct container_limits *l, struct err *e)
{
	uint8_t h[BLOCK];
	uint64_t off = 0;
	uint64_t size;

	/* Long names and pax records take headers of their own. */
	for (size_t n = 0; n < 4 * l->members; n++) {
		if (r->size - off < BLOCK)
			return err_say(e, ERR_SENDER, "container_truncated",
			    "TAR", NULL);
		if (container_get(r, h, BLOCK, off, e) == -1)
			return -1;
		if (zero(h) && n > 0)
			return 0;
		if (!sum_right(h) || number(h + 124, 12, &size) == -1)
			return n == 0 ? err_say(e, ERR_SENDER,
					    "container_unknown", "TAR", NULL)
				      : err_say(e, ERR_SENDER,
					    "container_damaged", "TAR", NULL);
		if (check_entry(h, l, e) == -1)
			return -1;
		off += BLOCK;
		if (size > r->size - off ||
		    (size + BLOCK - 1) / BLOCK * BLOCK > r->size - off)
			return err_say(e, ERR_SENDER, "container_truncated",
			    "TAR", NULL);
		off += (size + BLOCK - 1) / BLOCK * BLOCK;
	}
	return err_say(e, ERR_SENDER, "container_members", NULL);
}
