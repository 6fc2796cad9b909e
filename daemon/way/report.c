#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/csv_write.h"
#include "form/returned.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "sys/mem.h"
#include "way/report.h"

enum { BLOCK = 1 << 20, ROOM = 16 << 20 };

struct report {
	int fd;
	const char *id; /* of the bundle */
	int begun;      /* the mark stands there */
	int headed;     /* the header of this file stands there */
	struct buf out;
	const char *path;
	const struct cell *header;
	size_t nheader;
};

struct report *
report_new(int fd, const char *id)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->id = id;
	r->path = "";
	buf_init(&r->out, ROOM);
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	buf_done(&r->out);
	free(r);
}

void
report_file(struct report *r, const char *path, const struct cell *header,
    size_t n)
{
	r->path = path;
	r->header = header;
	r->nheader = n;
	r->headed = 0;
}

/* ---- cells ---- */

static void
put_comma(struct buf *b, const char *s, size_t len)
{
	csv_put_cell(b, s, len);
	buf_addch(b, ',');
}

/* ---- why ---- */

enum part { PART_FIELD, PART_RULE, PART_ZH, PART_EN };

static const char *
part_of(const struct row *row, const struct finding *f, enum part part)
{
	switch (part) {
	case PART_FIELD:
		if (f->header[0] != '\0' || f->field < 0)
			return f->header;
		return row->schema->field[f->field].title;
	case PART_RULE:
		return f->rule;
	case PART_ZH:
		return f->zh;
	case PART_EN:
		break;
	}
	return f->en;
}

/* One part of everything the row was rejected for. */
static void
put_part(struct report *r, const struct row *row, enum part part)
{
	struct buf b;
	const char *between = part == PART_EN ? "; " : "；";

	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < row->nfindings; i++) {
		const struct finding *f = &row->finding[i];
		const char *s = part_of(row, f, part);

		if (f->effect != EFFECT_REJECT || s[0] == '\0')
			continue;
		if (b.len > 0)
			buf_addstr(&b, between);
		buf_addstr(&b, s);
	}
	put_comma(&r->out, b.data, b.len);
	buf_done(&b);
}

/* ---- rows ---- */

static int
flush(struct report *r, struct err *e)
{
	size_t at = 0;

	while (at < r->out.len) {
		ssize_t n = write(r->fd, r->out.data + at, r->out.len - at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(e, ERR_RETRY,
			    "cannot write rejected rows");
		at += (size_t)n;
	}
	buf_clear(&r->out);
	return 0;
}

static void
put_header(struct report *r)
{
	if (!r->begun)
		buf_addstr(&r->out, "\xef\xbb\xbf");
	for (size_t i = 0; i < RETURNED_COLUMNS; i++) {
		buf_addstr(&r->out, i > 0 ? "," : "");
		buf_addstr(&r->out, returned_header[i]);
	}
	for (size_t i = 0; i < r->nheader; i++) {
		buf_addch(&r->out, ',');
		csv_put_cell(&r->out, r->header[i].text, r->header[i].len);
	}
	buf_addstr(&r->out, "\r\n");
	r->begun = r->headed = 1;
}

int
report_row(struct report *r, const struct row *row,
    const struct csv_row *record, struct err *e)
{
	if (!r->headed)
		put_header(r);
	put_comma(&r->out, r->id, strlen(r->id));
	put_comma(&r->out, r->path, strlen(r->path));
	buf_printf(&r->out, "%llu,", (unsigned long long)row->line);
	put_part(r, row, PART_FIELD);
	put_part(r, row, PART_RULE);
	put_part(r, row, PART_ZH);
	put_part(r, row, PART_EN);
	for (size_t i = 0; i < record->n; i++) {
		if (i > 0)
			buf_addch(&r->out, ',');
		csv_put_cell(&r->out, record->field[i].data,
		    record->field[i].len);
	}
	buf_addstr(&r->out, "\r\n");
	return r->out.len >= BLOCK ? flush(r, e) : 0;
}

int
report_finish(struct report *r, struct err *e)
{
	return flush(r, e);
}
