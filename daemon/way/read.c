#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "form/csv_write.h"
#include "form/decode.h"
#include "form/returned.h"
#include "form/xlsx.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "sys/mem.h"
#include "way/read.h"

enum {
	PIECE = 64 << 10,
	HEAD_ROWS = 40, /* the header stands among these */
	COLUMNS_MAX = 512
};

struct read {
	const struct schemas *schemas;
	const char *provider;
	struct xlsx *sheet; /* where the rows come from, or NULL: */
	struct read_source source;
	struct decoder decoder;
	struct csv csv;
	struct buf text; /* decoded, of one piece */
	uint8_t *piece;  /* owned */
	int ended;       /* the source gave all it has */
	/* The first rows, copied; those behind the header wait here. */
	struct csv_row *first[HEAD_ROWS]; /* owned */
	size_t nfirst;
	size_t next; /* of first */
	const struct csv_row *head;
	struct cell *cell; /* owned: those of the header */
	size_t ncells;
	struct csv_row row;
	/* Of returned rows, whose first columns are cut off. */
	int is_returned;
	int more;                 /* another section is begun */
	int has_header;           /* with a header of its own */
	int waits;                /* held is still to be handed out */
	struct returned of;       /* the file they are of */
	struct returned now;      /* the last row */
	struct csv_row *held;     /* owned: the first row of a section */
	struct csv_row *own_head; /* owned: a later section's header */
	struct csv_field *field;  /* owned: those of cut */
	struct csv_row cut;
};

static const struct {
	const char *name;
	enum encoding enc;
} encodings[] = {
	{ "utf-8", ENCODING_UTF8_BOM },
	{ "utf8", ENCODING_UTF8_BOM },
	{ "gb18030", ENCODING_GB18030 },
	{ "gbk", ENCODING_GB18030 },
	{ "gb2312", ENCODING_GB18030 },
	{ "cp936", ENCODING_GB18030 },
	{ "utf-16le", ENCODING_UTF16LE },
	{ "utf-16be", ENCODING_UTF16BE },
};

/*
 * What was declared holds, but for UTF-8: there a look at the bytes is better,
 * and finds the same where it is true.
 */
static void
start_decoder(struct read *r, const char *declared, size_t len)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (declared != NULL &&
		    strcasecmp(declared, encodings[i].name) == 0 &&
		    encodings[i].enc != ENCODING_UTF8_BOM &&
		    encoding_detect(r->piece, len, r->ended) !=
			ENCODING_UTF8_BOM) {
			decoder_init_fixed(&r->decoder, encodings[i].enc);
			return;
		}
	decoder_init(&r->decoder, encoding_detect(r->piece, len, r->ended));
}

/* Fills the piece as far as the source can; short only at its end. */
static int
pull(struct read *r, size_t *ret_len, struct err *e)
{
	size_t len = 0;

	while (len < PIECE && !r->ended) {
		ssize_t n = r->source.pull(r->source.arg, r->piece + len,
		    PIECE - len, e);

		if (n == -1)
			return -1;
		if (n == 0)
			r->ended = 1;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static void
digest(struct read *r, size_t len)
{
	buf_clear(&r->text);
	decoder_feed(&r->decoder, r->piece, len, r->ended, &r->text);
	csv_feed(&r->csv, r->text.data, r->text.len, r->ended);
}

static int
next_row(struct read *r, struct csv_row *row, struct err *e)
{
	size_t len;

	if (r->sheet != NULL)
		return xlsx_next(r->sheet, row, e);
	while (csv_next(&r->csv, row) == 0) {
		if (r->ended)
			return 0;
		if (pull(r, &len, e) == -1)
			return -1;
		digest(r, len);
	}
	return 1;
}

/* ---- the header ---- */

static size_t
to_cells(const struct csv_row *row, struct cell *cell, size_t max)
{
	size_t n = row->n < max ? row->n : max;

	for (size_t i = 0; i < n; i++)
		cell[i] = (struct cell){ row->field[i].data, row->field[i].len,
			(int)i };
	return n;
}

static size_t
known(void *arg, const struct csv_row *row)
{
	struct read *r = arg;
	size_t n = to_cells(row, r->cell, COLUMNS_MAX);

	/* The first of several is it. */
	if (returned_is_header(row))
		return COLUMNS_MAX;

	return match_headers(r->schemas, r->provider, r->cell, n);
}

/* Columns that a spreadsheet left over at the right have no name. */
static size_t
without_blank_end(const struct cell *cell, size_t n)
{
	while (n > 0) {
		const char *s = cell[n - 1].text;
		size_t k = cell[n - 1].len;

		while (k > 0 && (*s == ' ' || *s == '\t')) {
			s++;
			k--;
		}
		if (k > 0)
			break;
		n--;
	}
	return n;
}

/* ---- returned rows ---- */

/* A row without the columns in front, and cells as they were before. */
static const struct csv_row *
cut_front(struct read *r, const struct csv_row *row)
{
	size_t n = row->n > RETURNED_COLUMNS ? row->n - RETURNED_COLUMNS : 0;

	r->cut = *row;
	r->cut.n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	r->cut.field = r->field;
	for (size_t i = 0; i < r->cut.n; i++) {
		struct csv_field f = row->field[RETURNED_COLUMNS + i];

		if (csv_is_guarded(f.data, f.len)) {
			f.data++;
			f.len--;
		}
		r->field[i] = f;
	}
	return &r->cut;
}

static int
next_raw(struct read *r, const struct csv_row **ret_row, struct err *e)
{
	*ret_row = &r->row;
	if (r->next < r->nfirst) {
		*ret_row = r->first[r->next++];
		return 1;
	}
	return next_row(r, &r->row, e);
}

static void
hold(struct csv_row **slot, const struct csv_row *row)
{
	struct csv_row *copy = csv_row_copy(row);

	free(*slot);
	*slot = copy;
}

/*
 * The header is r->head; the first row below says what the section is of.
 * Headers without rows are passed over.
 */
static int
begin_section(struct read *r, struct err *e)
{
	const struct csv_row *row;
	int rc;

	if (r->field == NULL)
		r->field = xcalloc(COLUMNS_MAX, sizeof(*r->field));
	r->more = 0;
	while (!r->waits && (rc = next_raw(r, &row, e)) != 0) {
		if (rc == -1)
			return -1;
		r->waits = !returned_is_header(row);
		hold(r->waits ? &r->held : &r->own_head, row);
		r->has_header |= !r->waits;
	}
	if (r->own_head != NULL)
		r->head = r->own_head;
	r->ncells = without_blank_end(r->cell,
	    to_cells(cut_front(r, r->head), r->cell, COLUMNS_MAX));
	if (!r->waits || returned_read(r->held, &r->of) == -1)
		memset(&r->of, 0, sizeof(r->of));
	return 0;
}

/* Rows of one section; another header, or another file, ends it. */
static int
next_returned(struct read *r, const struct csv_row **ret_row, struct err *e)
{
	const struct csv_row *row = r->held;
	int rc = r->more ? 0 : 1;

	if (rc == 1 && !r->waits)
		rc = next_raw(r, &row, e);
	if (rc != 1)
		return rc;
	if (returned_is_header(row)) {
		hold(&r->own_head, row);
		r->has_header = r->more = 1;
		return 0;
	}
	if (returned_read(row, &r->now) == -1) {
		r->now.row = 0;
	} else if (!r->waits && !returned_same_file(&r->now, &r->of)) {
		hold(&r->held, row);
		r->has_header = 0;
		r->waits = r->more = 1;
		return 0;
	}
	r->waits = 0;
	*ret_row = cut_front(r, row);
	return 1;
}

int
read_section(struct read *r, struct err *e)
{
	if (!r->is_returned || !r->more)
		return 0;
	return begin_section(r, e) == -1 ? -1 : r->waits;
}

const struct returned *
read_returned(const struct read *r)
{
	return r->is_returned ? &r->of : NULL;
}

uint64_t
read_corrects(const struct read *r)
{
	return r->is_returned ? r->now.row : 0;
}

int
read_has_header(const struct read *r)
{
	return !r->is_returned || r->has_header;
}

static int
find_header(struct read *r, struct err *e)
{
	struct csv_row row;
	size_t matched;
	int at, rc = 1;

	while (r->nfirst < HEAD_ROWS && (rc = next_row(r, &row, e)) == 1)
		r->first[r->nfirst++] = csv_row_copy(&row);
	if (rc == -1)
		return -1;
	at = csv_header((const struct csv_row *const *)r->first, r->nfirst,
	    known, r, &matched);
	if (at == -1)
		return err_say(e, ERR_SENDER, "file_no_header", NULL);
	r->head = r->first[at];
	r->next = (size_t)at + 1;
	r->is_returned = returned_is_header(r->head);
	if (r->is_returned) {
		r->has_header = 1;
		return begin_section(r, e);
	}
	r->ncells =
	    without_blank_end(r->cell, to_cells(r->head, r->cell, COLUMNS_MAX));
	if (r->sheet == NULL)
		csv_expect(&r->csv, r->head->n);
	return 0;
}

static struct read *
new_read(const struct schemas *s, const char *provider)
{
	struct read *r = xcalloc(1, sizeof(*r));

	r->schemas = s;
	r->provider = provider;
	r->cell = xcalloc(COLUMNS_MAX, sizeof(*r->cell));
	return r;
}

int
read_open(const struct schemas *s, const char *provider,
    const struct read_source *source, const struct read_hints *hints,
    struct read **ret_r, struct err *e)
{
	struct read *r = new_read(s, provider);
	size_t len;

	r->source = *source;
	r->piece = xmalloc(PIECE);
	buf_init(&r->text, 4 * (PIECE + DECODER_HOLD));
	csv_init(&r->csv, &csv_limits_default);
	if (hints->delimiter != '\0')
		csv_set_separator(&r->csv, hints->delimiter);
	decoder_init(&r->decoder, ENCODING_UTF8);
	if (pull(r, &len, e) == -1)
		goto out;
	start_decoder(r, hints->encoding, len);
	digest(r, len);
	if (find_header(r, e) == -1)
		goto out;
	*ret_r = r;
	return 0;
out:
	read_close(r);
	return -1;
}

int
read_open_sheet(const struct schemas *s, const char *provider, struct xlsx *x,
    struct read **ret_r, struct err *e)
{
	struct read *r = new_read(s, provider);

	r->sheet = x;
	if (find_header(r, e) == -1) {
		read_close(r);
		return -1;
	}
	*ret_r = r;
	return 0;
}

void
read_close(struct read *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->nfirst; i++)
		free(r->first[i]);
	free(r->held);
	free(r->own_head);
	free(r->field);
	csv_done(&r->csv);
	decoder_done(&r->decoder);
	buf_done(&r->text);
	free(r->cell);
	free(r->piece);
	free(r);
}

const struct cell *
read_header(const struct read *r, size_t *ret_n)
{
	*ret_n = r->ncells;
	return r->cell;
}

const char *
read_encoding(const struct read *r)
{
	return r->sheet != NULL ? "XLSX" : encoding_name(r->decoder.enc);
}

/* ---- rows ---- */

/* Where files were put together, the header stands between them again. */
static int
is_header(const struct read *r, const struct csv_row *row)
{
	if (row->n < r->ncells)
		return 0;
	for (size_t i = 0; i < r->ncells; i++)
		if (row->field[i].len != r->cell[i].len ||
		    memcmp(row->field[i].data, r->cell[i].text,
			r->cell[i].len) != 0)
			return 0;
	return 1;
}

/*
 * Most rows begin with a number: they are data, and need no closer look.
 */
static int
is_data(const struct csv_row *row)
{
	return row->fault != CSV_FINE || (row->n > 0 && row->field[0].len > 0 &&
					     row->field[0].data[0] >= '0' &&
					     row->field[0].data[0] <= '9');
}

int
read_next(struct read *r, const struct csv_row **ret_row, struct err *e)
{
	if (r->is_returned)
		return next_returned(r, ret_row, e);
	for (;;) {
		const struct csv_row *row = &r->row;
		int rc = 1;

		if (r->next < r->nfirst)
			row = r->first[r->next++];
		else
			rc = next_row(r, &r->row, e);
		if (rc != 1)
			return rc;
		if (!is_data(row) && (csv_is_total(row) || csv_is_note(row) ||
					 is_header(r, row)))
			continue;
		*ret_row = row;
		return 1;
	}
}
