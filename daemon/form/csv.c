#include <stdlib.h>
#include <string.h>

#include "form/csv.h"
#include "sys/mem.h"

const struct csv_limits csv_limits_default = { 1 << 20, 2048, 64 << 10, 100 };

static const char separators[] = ",\t;|";

enum {
	DETECT_BYTES = 32768, /* looked at to find the separator */
	DETECT_ROWS = 20
};

/* How a record came out. */
enum outcome { WHOLE, MORE };

/* One attempt at a record. */
struct attempt {
	char *p;       /* behind it */
	char *end;     /* of the text */
	char *literal; /* the quote to be taken for a character, or NULL */
	char *opened;  /* the last opening quote with a fault */
	size_t n;
	size_t lines;  /* line ends inside quotes */
	size_t inside; /* whole rows inside quotes, see csv_expect */
	char *swallow; /* the opening quote of the first such field */
	enum csv_fault fault;
	uint64_t fault_line; /* lines below the record's first */
};

void
csv_init(struct csv *c, const struct csv_limits *l)
{
	memset(c, 0, sizeof(*c));
	c->limits = *l;
	c->field = xcalloc(l->fields, sizeof(*c->field));
	c->line = 1;
	c->record = 1;
}

void
csv_done(struct csv *c)
{
	free(c->buf);
	free(c->field);
	memset(c, 0, sizeof(*c));
}

void
csv_set_separator(struct csv *c, char separator)
{
	memset(c->stop, 0, sizeof(c->stop));
	c->separator = separator;
	c->stop[(unsigned char)separator] = 1;
	c->stop['\n'] = 1;
	c->stop['\r'] = 1;
	c->stop['\0'] = 1;
}

void
csv_expect(struct csv *c, size_t fields)
{
	c->expect = fields;
}

void
csv_feed(struct csv *c, const char *text, size_t len, int at_end)
{
	size_t left = c->len - c->at;

	if (c->at > 0) {
		memmove(c->buf, c->buf + c->at, left);
		c->tried -= c->tried < c->at ? c->tried : c->at;
		c->at = 0;
		c->len = left;
	}
	if (left + len + 1 > c->room) {
		c->room = (left + len + 1) + (left + len + 1) / 2;
		c->buf = xrealloc(c->buf, c->room);
	}
	if (len > 0)
		memcpy(c->buf + left, text, len);
	c->len = left + len;
	/* The scan stops here without looking for the end. */
	c->buf[c->len] = '\0';
	c->ended |= at_end;
}

/* Finding the separator. */

/* Counts candidates in one record. Returns where the next one begins. */
static const char *
count_record(const char *p, const char *end, size_t *count)
{
	int quoted = 0;
	char before = ',';

	memset(count, 0, sizeof(separators) * sizeof(*count));
	for (; p < end; p++) {
		const char *s;

		if (*p == '"' &&
		    (quoted || memchr(separators, before, 4) != NULL))
			quoted = !quoted;
		before = *p;
		if (quoted)
			continue;
		if (*p == '\n' || *p == '\r')
			return p + 1;
		s = memchr(separators, *p, 4);
		if (s != NULL)
			count[s - separators]++;
	}
	return end;
}

/*
 * The one that occurs the same number of times in most records; with equal
 * claims the one that makes more fields.
 */
static char
detect(const char *p, const char *end)
{
	size_t count[DETECT_ROWS][sizeof(separators)];
	size_t rows = 0;
	size_t best = 0;
	char found = ',';

	while (p < end && rows < DETECT_ROWS) {
		const char *next = count_record(p, end, count[rows]);

		/* Lines with none of them are titles or blank. */
		rows += count[rows][0] + count[rows][1] + count[rows][2] +
			    count[rows][3] >
			0;
		p = next;
	}
	for (size_t s = 0; s < 4; s++)
		for (size_t i = 0; i < rows; i++) {
			size_t same = 0;
			size_t worth;

			if (count[i][s] == 0)
				continue;
			for (size_t k = 0; k < rows; k++)
				same += count[k][s] == count[i][s];
			worth = same * same * count[i][s];
			if (worth > best) {
				best = worth;
				found = separators[s];
			}
		}
	return found;
}

/* Mark and "sep=;" of the first line, then the separator. 0: more text. */
static int
begin(struct csv *c)
{
	const char *p = c->buf;

	if (!c->ended && c->len < DETECT_BYTES)
		return 0;
	if (c->len == 0)
		return 0;
	c->begun = 1;
	if (c->len >= 3 && memcmp(p, "\357\273\277", 3) == 0)
		c->at = 3;
	if (c->len - c->at >= 6 && memcmp(p + c->at, "sep=", 4) == 0 &&
	    (p[c->at + 5] == '\r' || p[c->at + 5] == '\n')) {
		if (memchr(separators, p[c->at + 4], 4) != NULL)
			csv_set_separator(c, p[c->at + 4]);
		c->at += 6;
		c->after_cr = p[c->at - 1] == '\r';
		c->line++;
		c->record++;
	}
	if (c->separator == 0)
		csv_set_separator(c, detect(p + c->at, p + c->len));
	return 1;
}

/* Records. */

static int
too_long(const struct csv *c, const struct attempt *a, const char *open,
    size_t lines)
{
	return (size_t)(a->p - open) > c->limits.quote_bytes ||
	       lines > c->limits.quote_lines;
}

static void
fail(struct attempt *a, enum csv_fault fault, char *open, uint64_t line)
{
	/* A quote decides where the record ends: it outweighs the rest. */
	if (a->fault != CSV_FINE && open == NULL)
		return;
	a->fault = fault;
	a->fault_line = line;
	a->opened = open;
}

static void
put(struct csv *c, struct attempt *a, char *data, size_t len)
{
	if (a->n == c->limits.fields) {
		fail(a, CSV_FIELDS, NULL, a->lines);
		return;
	}
	c->field[a->n].data = data;
	c->field[a->n++].len = len;
}

/* The text of a quoted field, its doubled quotes made one, in place. */
static size_t
unquote(char *p, size_t len)
{
	char *q = memchr(p, '"', len);
	char *end = p + len;
	char *out = q;

	if (q == NULL)
		return len;
	for (; q < end; q++) {
		*out++ = *q;
		if (*q == '"')
			q++;
	}
	return (size_t)(out - p);
}

/*
 * A quoted field, p on its opening quote. Leaves p on what follows the closing
 * one. Doubled quotes stay until the record is accepted: len is marked by
 * pointing data at the quote itself (see settle).
 */
static enum outcome
quoted(struct csv *c, struct attempt *a)
{
	char *open = a->p++;
	size_t lines = 0;
	size_t seps = 0;
	size_t inside = 0;

	for (;; a->p++) {
		while (*a->p != '"' && !c->stop[(unsigned char)*a->p])
			a->p++;
		if (a->p == a->end) {
			if (!c->ended && !too_long(c, a, open, lines))
				return MORE;
			fail(a, CSV_QUOTE, open, a->lines);
			return WHOLE;
		}
		if (too_long(c, a, open, lines)) {
			fail(a, CSV_QUOTE, open, a->lines);
			return WHOLE;
		}
		if (*a->p == '"') {
			if (a->p + 1 == a->end && !c->ended)
				return MORE;
			if (a->p[1] != '"')
				break;
			a->p++;
		} else if (*a->p == c->separator) {
			seps++;
		} else if (*a->p == '\0') {
			fail(a, CSV_NUL, NULL, a->lines + lines);
		} else {
			inside += lines > 0 && seps + 1 == c->expect;
			seps = 0;
			if (*a->p == '\n' || a->p[1] != '\n')
				lines++;
		}
	}
	put(c, a, open, (size_t)(a->p - open));
	a->p++;
	if (inside > 0 && a->swallow == NULL) {
		a->swallow = open;
		a->inside = a->lines;
	}
	while (*a->p == ' ')
		a->p++;
	if (a->p == a->end && !c->ended)
		return MORE;
	if (a->p < a->end && (*a->p == '\0' || !c->stop[(unsigned char)*a->p]))
		fail(a, lines > 0 ? CSV_QUOTE : CSV_AFTER_QUOTE, open,
		    a->lines);
	a->lines += lines;
	return WHOLE;
}

/* Up to the separator or the end of the line. */
static void
plain(struct csv *c, struct attempt *a)
{
	char *start = a->p;

	for (;;) {
		while (!c->stop[(unsigned char)*a->p])
			a->p++;
		if (*a->p != '\0' || a->p == a->end)
			break;
		if (a->fault == CSV_FINE)
			fail(a, CSV_NUL, NULL, a->lines);
		a->p++;
	}
	put(c, a, start, (size_t)(a->p - start));
}

/*
 * One record from c->at. A fault with a quote leaves a->opened on it; the
 * caller then tries again with that quote as a character.
 */
static enum outcome
scan(struct csv *c, struct attempt *a)
{
	a->p = c->buf + c->at;
	a->end = c->buf + c->len;
	for (;;) {
		if (*a->p == '"' && a->literal == NULL) {
			if (quoted(c, a) == MORE)
				return MORE;
			if (a->opened != NULL)
				return WHOLE;
		} else if (a->literal != NULL && *a->p == '"' &&
			   a->p < a->literal) {
			if (quoted(c, a) == MORE)
				return MORE;
		} else {
			plain(c, a);
		}
		if (a->p == a->end)
			return c->ended ? WHOLE : MORE;
		if (*a->p != c->separator)
			return WHOLE;
		a->p++;
	}
}

/* Quoted fields stand with their opening quote: it goes, and doubled ones. */
static void
settle(struct csv *c, const struct attempt *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct csv_field *f = &c->field[i];
		char *text;

		if (f->len == 0 || *f->data != '"' || f->data == a->literal ||
		    (a->literal != NULL && f->data > a->literal))
			continue;
		text = c->buf + (f->data - c->buf) + 1;
		f->len = unquote(text, f->len - 1);
		f->data = text;
	}
}

/*
 * Did a quote swallow rows? It closed, but the record has not the number of
 * fields it should have, while lines inside the quote do.
 */
static int
swallowed(const struct csv *c, struct attempt *a)
{
	if (a->swallow == NULL || c->expect < 2 || a->n == c->expect)
		return 0;
	a->opened = a->swallow;
	a->fault = CSV_QUOTE;
	a->fault_line = a->inside;
	return 1;
}

static void
again(struct csv *c, struct attempt *a)
{
	struct attempt b = { .literal = a->opened };

	/* A line without end: its rest is passed over. */
	if (scan(c, &b) == MORE && !c->ended) {
		b.p = b.end;
		c->drop = 1;
	}
	b.fault = a->fault;
	b.fault_line = a->fault_line;
	*a = b;
}

static int
blank(const struct csv *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *p = c->field[i].data;
		const char *end = p + c->field[i].len;

		while (p < end) {
			if (*p == ' ' || *p == '\t' || *p == '\x1a')
				p++;
			else if (end - p >= 3 &&
				 memcmp(p, "\343\200\200", 3) == 0)
				p += 3;
			else if (end - p >= 2 && memcmp(p, "\302\240", 2) == 0)
				p += 2;
			else
				return 0;
		}
	}
	return 1;
}

/* Takes the record out of the text. 1 where it is to be handed out. */
static int
take(struct csv *c, struct attempt *a, struct csv_row *row)
{
	settle(c, a);
	row->field = c->field;
	row->n = a->n;
	row->line = c->line;
	row->record = c->record++;
	row->fault = a->fault;
	row->fault_line = c->line + a->fault_line;
	c->line += a->lines;
	if (a->p < a->end) {
		c->after_cr = *a->p == '\r';
		a->p++;
		c->line++;
	}
	c->at = (size_t)(a->p - c->buf);
	c->tried = c->at;
	return a->fault != CSV_FINE || !blank(c, a->n);
}

/* The rest of a row that was too long. 0 where its end is not there yet. */
static int
drop(struct csv *c)
{
	while (c->at < c->len && c->buf[c->at] != '\n' && c->buf[c->at] != '\r')
		c->at++;
	if (c->at == c->len)
		return 0;
	c->after_cr = c->buf[c->at] == '\r';
	c->at++;
	c->line++;
	c->drop = 0;
	return 1;
}

/* A row beyond the limit is handed out cut, its rest is passed over. */
static int
cut(struct csv *c, struct attempt *a, struct csv_row *row)
{
	a->fault = CSV_LONG;
	a->fault_line = 0;
	a->lines = 0;
	for (a->p = c->buf + c->at; a->p < a->end; a->p++)
		a->lines += *a->p == '\n';
	c->drop = 1;
	return take(c, a, row);
}

/* Whether it is worth while to look at an unfinished record again. */
static int
worth(const struct csv *c)
{
	const char *p = c->buf + c->tried;
	size_t n = c->len - c->tried;

	return c->ended || c->tried <= c->at || memchr(p, '\n', n) != NULL ||
	       memchr(p, '\r', n) != NULL ||
	       c->len - c->at > c->limits.row_bytes;
}

/* Goes to the start of a record. 0 where there is none yet. */
static int
arrive(struct csv *c)
{
	if (c->drop && !drop(c))
		return 0;
	if (c->after_cr && c->at < c->len) {
		c->at += c->buf[c->at] == '\n';
		c->after_cr = 0;
	}
	return c->at < c->len && worth(c);
}

int
csv_next(struct csv *c, struct csv_row *row)
{
	if (!c->begun && !begin(c))
		return 0;
	while (arrive(c)) {
		struct attempt a = { .p = NULL };
		enum outcome o = scan(c, &a);

		if (o == MORE && c->len - c->at <= c->limits.row_bytes) {
			c->tried = c->len;
			return 0;
		}
		if (o == WHOLE && (a.opened != NULL || swallowed(c, &a)))
			again(c, &a);
		if (o == WHOLE &&
		    (size_t)(a.p - c->buf) - c->at > c->limits.row_bytes)
			a.fault = CSV_LONG;
		if (o == MORE ? cut(c, &a, row) : take(c, &a, row))
			return 1;
	}
	return 0;
}

const char *
csv_fault_code(enum csv_fault fault)
{
	static const char *const code[] = { "", "csv_quote", "csv_after_quote",
		"csv_nul", "csv_fields", "csv_long" };

	return code[fault];
}
