#include <stdio.h>
#include <string.h>

#include "form/csv_write.h"
#include "form/mark.h"
#include "sys/hash.h"

enum { CELLS = 64 };

uint64_t
mark_of(const unsigned char key[MARK_KEY], const char *what, const void *p,
    size_t len)
{
	static struct hash *h; /* made once: each row is marked */
	unsigned char digest[HASH_SHA256_BYTES];
	uint64_t v = 0;

	if (h == NULL)
		h = hash_new(HASH_SHA256);
	hash_add(h, key, MARK_KEY);
	hash_add(h, what, strlen(what) + 1);
	hash_add(h, p, len);
	hash_end(h, digest);
	for (int i = 0; i < 8; i++)
		v = v << 8 | digest[i];
	return v;
}

uint64_t
mark_order(const unsigned char key[MARK_KEY], const char *enterprise)
{
	return mark_of(key, "order", enterprise, strlen(enterprise));
}

static uint64_t
bits_of(const unsigned char key[MARK_KEY], const char *said, size_t len)
{
	return mark_of(key, "cells", said, len);
}

/* ---- writing ---- */

static void
say(struct buf *said, const char *s, size_t len)
{
	const char *nul;

	if (csv_is_formula(s, len))
		buf_addch(said, '\'');
	while (len > 0 && (nul = memchr(s, '\0', len)) != NULL) {
		buf_add(said, s, (size_t)(nul - s));
		len -= (size_t)(nul - s) + 1;
		s = nul + 1;
	}
	buf_add(said, s, len);
	buf_addch(said, MARK_SEPARATOR[0]);
}

/* The bits of what was said behind from, which is taken away again. */
static uint64_t
take_bits(struct buf *b, size_t from, const unsigned char key[MARK_KEY])
{
	uint64_t bits = bits_of(key, b->data + from, b->len - from);

	b->len = from;
	return bits;
}

void
mark_csv_row(struct buf *b, const unsigned char key[MARK_KEY],
    const struct mark_cell *cell, size_t n)
{
	size_t from = b->len;
	uint64_t bits;

	for (size_t i = 0; i < n; i++)
		say(b, cell[i].text != NULL ? cell[i].text : "", cell[i].len);
	bits = take_bits(b, from, key);
	for (size_t i = 0; i < n; i++) {
		const char *s = cell[i].text != NULL ? cell[i].text : "";
		int quotes = csv_needs_quotes(s, cell[i].len) ||
			     (i < CELLS && (bits >> i & 1) != 0);

		if (i > 0)
			buf_addch(b, ',');
		csv_put_cell_as(b, s, cell[i].len, quotes);
	}
	buf_addstr(b, "\r\n");
}

static void
json_string_put(struct buf *b, const char *s, size_t len)
{
	size_t from = 0;

	buf_addch(b, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, s + from, i - from);
		from = i + 1;
		if (c < 0x20)
			buf_printf(b, "\\u%04x", c);
		else
			buf_add(b, (char[]){ '\\', (char)c }, 2);
	}
	buf_add(b, s + from, len - from);
	buf_addch(b, '"');
}

static void
json_value_put(struct buf *b, const struct mark_cell *c)
{
	if (c->text == NULL)
		buf_addstr(b, "null");
	else if (c->number && c->len > 0)
		buf_add(b, c->text, c->len);
	else
		json_string_put(b, c->text, c->len);
}

void
mark_json_row(struct buf *b, const unsigned char key[MARK_KEY],
    const char *const *name, const struct mark_cell *cell, size_t n)
{
	size_t from = b->len;
	uint64_t bits;

	for (size_t i = 0; i < n; i++) {
		json_value_put(b, &cell[i]);
		buf_addch(b, MARK_SEPARATOR[0]);
	}
	bits = take_bits(b, from, key);
	buf_addch(b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addch(b, ',');
		json_string_put(b, name[i], strlen(name[i]));
		buf_addch(b, ':');
		if (i < CELLS && (bits >> i & 1) != 0)
			buf_addch(b, ' ');
		json_value_put(b, &cell[i]);
	}
	buf_addstr(b, "}\n");
}

/* ---- reading ---- */

static void
start_line(struct mark_line *l)
{
	buf_clear(&l->said);
	l->quoted = l->free_cells = 0;
}

static void
end_cell(struct mark_line *l, size_t n, int quoted, int has_choice)
{
	if (n < CELLS && has_choice)
		l->free_cells |= UINT64_C(1) << n;
	if (n < CELLS && quoted)
		l->quoted |= UINT64_C(1) << n;
	buf_addch(&l->said, MARK_SEPARATOR[0]);
}

/* Up to the cell's end; what it says goes to said. */
static size_t
csv_cell(const char *s, size_t len, size_t at, int quoted, struct buf *said)
{
	for (at += (size_t)quoted; at < len; at++) {
		if (quoted && s[at] == '"' &&
		    (at + 1 == len || s[at + 1] != '"'))
			return at + 1;
		if (quoted && s[at] == '"')
			at++;
		else if (!quoted &&
			 (s[at] == ',' || s[at] == '\n' || s[at] == '\r'))
			return at;
		buf_addch(said, s[at]);
	}
	return at;
}

size_t
mark_csv_read(const char *s, size_t len, struct mark_line *l)
{
	size_t at = 0;

	start_line(l);
	for (size_t n = 0; at < len; n++) {
		size_t from = l->said.len;
		int quoted = s[at] == '"';
		const char *text;

		at = csv_cell(s, len, at, quoted, &l->said);
		text = l->said.data + from;
		end_cell(l, n, quoted,
		    l->said.len > from &&
			!csv_needs_quotes(text, l->said.len - from));
		if (at >= len || s[at] != ',')
			break;
		at++;
		if (at == len)
			break;
	}
	while (at < len && (s[at] == '\r' || s[at] == '\n'))
		at++;
	return at;
}

/* A string or a bare word of JSON. */
static size_t
json_token(const char *s, size_t len, size_t at)
{
	if (at < len && s[at] == '"') {
		for (at++; at < len && s[at] != '"'; at++)
			at += s[at] == '\\';
		return at < len ? at + 1 : len;
	}
	while (at < len && strchr(",}\n\r ", s[at]) == NULL)
		at++;
	return at;
}

size_t
mark_json_read(const char *s, size_t len, struct mark_line *l)
{
	size_t at = 0;

	start_line(l);
	while (at < len && s[at] != '{' && s[at] != '\n')
		at++;
	for (size_t n = 0; at < len && (s[at] == '{' || s[at] == ','); n++) {
		size_t begin;
		int spaced;

		at = json_token(s, len, at + 1);
		if (at >= len || s[at] != ':')
			break;
		spaced = at + 1 < len && s[at + 1] == ' ';
		begin = at + 1 + (size_t)spaced;
		at = json_token(s, len, begin);
		buf_add(&l->said, s + begin, at - begin);
		end_cell(l, n, spaced, 1);
	}
	while (at < len && s[at] != '\n')
		at++;
	return at < len ? at + 1 : at;
}

unsigned
mark_agrees(const unsigned char key[MARK_KEY], const struct mark_line *l,
    unsigned *ret_n)
{
	uint64_t bits = bits_of(key, l->said.data, l->said.len);
	uint64_t same = ~(bits ^ l->quoted) & l->free_cells;

	*ret_n = (unsigned)__builtin_popcountll(l->free_cells);
	return (unsigned)__builtin_popcountll(same);
}
