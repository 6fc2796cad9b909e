#include <stdlib.h>
#include <string.h>

#include "extract/held.h"
#include "sys/mem.h"

#define FNV_PRIME UINT32_C(16777619)

enum { NUMBER_BYTES = 10, DIGEST_BYTES = 4 };

void
held_done(struct held *h)
{
	free(h->row);
	memset(h, 0, sizeof(*h));
}

void
held_add(struct held *h, uint32_t enterprise, int64_t row, uint32_t digest)
{
	if (h->n == h->room) {
		h->room = h->room * 2 + 64;
		h->row = xreallocarray(h->row, h->room, sizeof(*h->row));
	}
	h->row[h->n++] = (struct held_row){ enterprise, digest, row };
}

static int
compare(const void *a, const void *b)
{
	const struct held_row *x = a, *y = b;

	if (x->enterprise != y->enterprise)
		return x->enterprise < y->enterprise ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

void
held_sort(struct held *h)
{
	if (h->n > 1)
		qsort(h->row, h->n, sizeof(*h->row), compare);
}

size_t
held_of(const struct held *h, uint32_t enterprise, size_t *ret_at)
{
	size_t low = 0, high = h->n, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->row[mid].enterprise < enterprise)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < h->n && h->row[end].enterprise == enterprise;)
		end++;
	*ret_at = low;
	return end - low;
}

/* ---- bytes ------------------------------------------------------------- */

/*
 * Of each row two numbers of seven bits a byte, how much further its
 * enterprise and its row are than those before, and the digest. The row counts
 * from 0 at the first of each enterprise.
 */
static void
put_number(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addch(b, (char)((v & 0x7f) | 0x80));
	buf_addch(b, (char)v);
}

static int
get_number(const unsigned char **p, const unsigned char *end, uint64_t *ret_v)
{
	*ret_v = 0;
	for (int i = 0; i < NUMBER_BYTES && *p < end; i++) {
		unsigned char c = *(*p)++;

		*ret_v |= (uint64_t)(c & 0x7f) << 7 * i;
		if (c < 0x80)
			return 1;
	}
	return 0;
}

void
held_pack(const struct held *h, struct buf *b)
{
	struct held_row last = { 0, 0, 0 };

	for (size_t i = 0; i < h->n; i++) {
		const struct held_row *r = &h->row[i];

		put_number(b, r->enterprise - last.enterprise);
		put_number(b, (uint64_t)(r->enterprise == last.enterprise
					     ? r->row - last.row
					     : r->row));
		for (int k = 0; k < DIGEST_BYTES; k++)
			buf_addch(b, (char)(r->digest >> 8 * k & 0xff));
		last = *r;
	}
}

int
held_unpack(struct held *h, const void *at, size_t len, struct err *e)
{
	const unsigned char *p = at, *end = p + len;
	uint64_t enterprise = 0, row = 0, further, v;

	while (p < end) {
		uint32_t digest = 0;

		if (!get_number(&p, end, &further) ||
		    !get_number(&p, end, &v) || end - p < DIGEST_BYTES ||
		    further > UINT32_MAX || enterprise + further > UINT32_MAX ||
		    v > INT64_MAX)
			return err_set(e, ERR_HOLD, "no list of held rows");
		enterprise += further;
		row = further > 0 ? v : row + v;
		for (int k = 0; k < DIGEST_BYTES; k++)
			digest |= (uint32_t)*p++ << 8 * k;
		if (row > INT64_MAX)
			return err_set(e, ERR_HOLD, "no list of held rows");
		held_add(h, (uint32_t)enterprise, (int64_t)row, digest);
	}
	return 0;
}

uint32_t
held_digest(uint32_t digest, const char *text, size_t len)
{
	if (text == NULL)
		return (digest ^ 1) * FNV_PRIME;
	for (size_t i = 0; i < len; i++)
		digest = (digest ^ (unsigned char)text[i]) * FNV_PRIME;
	return (digest ^ 0x1f) * FNV_PRIME;
}
