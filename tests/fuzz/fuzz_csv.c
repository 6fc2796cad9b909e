#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "form/csv.h"

/*
 * The first byte is the length of a piece. However the text is cut, the rows
 * must be the same, and the memory bounded.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct csv_limits limits = { 4096, 16, 256, 8 };

static uint64_t
mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(1099511628211);
}

static uint64_t
mix_row(uint64_t h, const struct csv_row *r)
{
	h = mix(mix(mix(h, r->line), r->record), r->n);
	h = mix(mix(h, r->fault), r->fault_line);
	for (size_t i = 0; i < r->n; i++) {
		h = mix(h, r->field[i].len);
		for (size_t k = 0; k < r->field[i].len; k++)
			h = mix(h, (uint8_t)r->field[i].data[k]);
	}
	(void)csv_is_total(r);
	(void)csv_is_note(r);
	return h;
}

static uint64_t
read_all(const char *text, size_t len, size_t piece)
{
	struct csv c;
	struct csv_row r;
	uint64_t h = 1;
	size_t at = 0;

	csv_init(&c, &limits);
	csv_expect(&c, 3);
	do {
		size_t n = len - at < piece ? len - at : piece;

		csv_feed(&c, text + at, n, at + n == len);
		at += n;
		while (csv_next(&c, &r) == 1)
			h = mix_row(h, &r);
	} while (at < len);
	csv_done(&c);
	return h;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	/* Rows beyond the limit are cut where the piece ends. */
	if (size < 1 || size > limits.row_bytes)
		return 0;
	if (read_all(text, size - 1, 1 + data[0]) !=
	    read_all(text, size - 1, size))
		abort();
	return 0;
}
