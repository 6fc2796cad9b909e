#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/rowfile.h"
#include "form/rowfile_part.h"
#include "sys/buf.h"
#include "sys/mem.h"

/* The writing half; rowfile_read.c is the other. */

struct rowfile_writer {
	int fd;
	uint64_t written; /* handed to the kernel */
	struct buf out;
	struct rowfile_summary summary;
	size_t room; /* of summary.file */
	int sample;  /* the last row is one */
};

enum { BLOCK = 1 << 20, RECORD_MAX = 16 << 20 };

int
rowfile_create(int fd, struct rowfile_writer **ret_w, struct err *e)
{
	struct rowfile_writer *w;

	if (lseek(fd, 0, SEEK_SET) == -1)
		return err_errno(e, ERR_RETRY, "cannot write clean rows");
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	buf_init(&w->out, BLOCK + RECORD_MAX);
	/* So that no file ends at 0, which is "not yet known". */
	buf_add(&w->out, ROWFILE_MAGIC, ROWFILE_MAGIC_LEN);
	*ret_w = w;
	return 0;
}

static uint64_t
position(const struct rowfile_writer *w)
{
	return w->written + w->out.len;
}

static int
flush(struct rowfile_writer *w, struct err *e)
{
	size_t at = 0;

	if (!buf_ok(&w->out))
		return err_set(e, ERR_HOLD, "a clean row is too large");
	while (at < w->out.len) {
		ssize_t n = write(w->fd, w->out.data + at, w->out.len - at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(e, ERR_RETRY,
			    "cannot write clean rows");
		at += (size_t)n;
	}
	w->written += w->out.len;
	buf_clear(&w->out);
	return 0;
}

/* ---- little-endian ---- */

static char *
store(char *at, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		*at++ = (char)(unsigned char)(v >> (8 * i));
	return at;
}

static void
put_int(struct buf *b, uint64_t v, size_t bytes)
{
	char *at = buf_reserve(b, bytes);

	if (at != NULL) {
		(void)store(at, v, bytes);
		b->len += bytes;
	}
}

/* Length, bytes, NUL. */
static void
put_text(struct buf *b, const char *s, size_t len)
{
	char *at = buf_reserve(b, len + 5);

	if (at == NULL)
		return;
	at = store(at, len, 4);
	memcpy(at, s, len);
	at[len] = '\0';
	b->len += len + 5;
}

static void
put_str(struct buf *b, const char *s)
{
	put_text(b, s, strlen(s));
}

/* ---- records ---- */

static void
put_head(struct buf *b, uint8_t kind)
{
	put_int(b, kind, 1);
	put_int(b, 0, 4);
}

/* The length of the record that began at start is known now. */
static void
put_length(struct buf *b, size_t start)
{
	size_t len = b->len - start - ROWFILE_HEAD;

	if (buf_ok(b))
		(void)store(b->data + start + 1, len, 4);
}

static char *
store_text(char *at, const char *s, size_t len)
{
	at = store(at, len, 4);
	memcpy(at, s, len);
	at[len] = '\0';
	return at + len + 1;
}

static char *
store_value(char *at, const struct value *v, int open_ended)
{
	uint64_t bits;

	*at++ = (char)(v->kind | (open_ended ? ROWFILE_OPEN_ENDED : 0));
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_TEXT:
		return store_text(at, v->text, v->len);
	case VALUE_INT:
	case VALUE_MONEY:
		return store(at, (uint64_t)v->num, 8);
	case VALUE_REAL:
		memcpy(&bits, &v->real, sizeof(bits));
		return store(at, bits, 8);
	}
	return at;
}

/* Rows are most of the file: each is laid down in one piece. */
static void
put_row(struct buf *b, const struct row *r, const char *dataset)
{
	enum { TEXT = 5, VALUE = 9, FIXED = ROWFILE_HEAD + 8 + 1 + 1 + 2 };
	const size_t len[] = { strlen(r->key), strlen(r->as_of),
		strlen(dataset) };
	size_t room = FIXED + 3 * TEXT + len[0] + len[1] + len[2];
	char *start, *at;

	for (size_t i = 0; i < r->schema->nfields; i++)
		room += VALUE +
			(r->value[i].kind == VALUE_TEXT ? r->value[i].len : 0);
	start = buf_reserve(b, room);
	if (start == NULL)
		return;
	*start = ROWFILE_ROW;
	at = store(start + ROWFILE_HEAD, r->line, 8);
	*at++ = r->op;
	at = store_text(at, r->key, len[0]);
	at = store_text(at, r->as_of, len[1]);
	at = store_text(at, dataset, len[2]);
	*at++ = (char)((r->marks.events ? ROWFILE_EVENTS : 0) |
		       (r->marks.backwards ? ROWFILE_BACKWARDS : 0));
	at = store(at, r->schema->nfields, 2);
	for (size_t i = 0; i < r->schema->nfields; i++)
		at = store_value(at, &r->value[i], r->open_ended[i]);
	(void)store(start + 1, (size_t)(at - start) - ROWFILE_HEAD, 4);
	b->len += (size_t)(at - start);
}

static void
put_finding(struct buf *b, const struct finding *f, uint64_t line,
    const char *field)
{
	size_t start = b->len;

	put_head(b, ROWFILE_FINDING);
	put_int(b, line, 8);
	put_int(b, f->severity, 1);
	put_int(b, f->effect, 1);
	put_str(b, field);
	put_str(b, f->header != NULL ? f->header : "");
	put_str(b, f->rule);
	put_str(b, f->value != NULL ? f->value : "");
	put_str(b, f->zh);
	put_str(b, f->en);
	put_length(b, start);
}

/* ---- files ---- */

static void
end_file(struct rowfile_writer *w)
{
	struct rowfile_summary *s = &w->summary;

	if (s->nfiles > 0 && s->file[s->nfiles - 1].end == 0)
		s->file[s->nfiles - 1].end = position(w);
}

struct rowfile_file *
rowfile_begin(struct rowfile_writer *w, const char *path)
{
	struct rowfile_summary *s = &w->summary;
	struct rowfile_file *f;

	end_file(w);
	if (s->nfiles == w->room) {
		w->room = w->room == 0 ? 4 : 2 * w->room;
		s->file = xreallocarray(s->file, w->room, sizeof(*s->file));
	}
	f = &s->file[s->nfiles++];
	memset(f, 0, sizeof(*f));
	f->begin = position(w);
	rowfile_text(f->path, sizeof(f->path), path);
	return f;
}

static struct rowfile_file *
current(const struct rowfile_writer *w)
{
	return &w->summary.file[w->summary.nfiles - 1];
}

/*
 * How often there was such a finding before. Beyond ROWFILE_RULES different
 * rules, which nobody has, they are not told.
 */
static uint64_t
count(struct rowfile_file *f, const struct finding *finding)
{
	struct rowfile_count *c;

	for (size_t i = 0; i < f->nrules; i++)
		if (f->rule[i].severity == finding->severity &&
		    strcmp(f->rule[i].rule, finding->rule) == 0)
			return f->rule[i].count++;
	if (f->nrules == ROWFILE_RULES)
		return ROWFILE_SAMPLES;
	c = &f->rule[f->nrules++];
	rowfile_text(c->rule, sizeof(c->rule), finding->rule);
	c->severity = (uint8_t)finding->severity;
	c->count = 1;
	return 0;
}

int
rowfile_row(struct rowfile_writer *w, const struct row *r, struct err *e)
{
	struct rowfile_file *f = current(w);

	f->rows++;
	if (r->rejected) {
		f->rejected++;
	} else {
		f->accepted++;
		put_row(&w->out, r,
		    strcmp(r->schema->dataset, f->dataset) == 0
			? ""
			: r->schema->dataset);
	}
	w->sample = 0;
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *one = &r->finding[i];

		w->sample |= count(f, one) < ROWFILE_SAMPLES;
		put_finding(&w->out, one, r->line,
		    one->field >= 0 ? r->schema->field[one->field].name : "");
	}
	return w->out.len >= BLOCK ? flush(w, e) : 0;
}

int
rowfile_is_sample(const struct rowfile_writer *w)
{
	return w->sample;
}

int
rowfile_sent(struct rowfile_writer *w, uint64_t line, const char *cells,
    const char *mended, struct err *e)
{
	struct buf *b = &w->out;
	size_t start = b->len;

	if (strlen(cells) >= ROWFILE_CELLS || strlen(mended) >= ROWFILE_CELLS)
		return 0;
	put_head(b, ROWFILE_SENT);
	put_int(b, line, 8);
	put_str(b, cells);
	put_str(b, mended);
	put_length(b, start);
	return b->len >= BLOCK ? flush(w, e) : 0;
}

int
rowfile_corrects(struct rowfile_writer *w, const struct row *r, uint64_t origin,
    struct err *e)
{
	struct buf *b = &w->out;
	size_t start = b->len;

	put_head(b, ROWFILE_CORRECTS);
	put_int(b, r->line, 8);
	put_int(b, origin, 8);
	put_int(b, !r->rejected, 1);
	put_length(b, start);
	return b->len >= BLOCK ? flush(w, e) : 0;
}

int
rowfile_find(struct rowfile_writer *w, const struct finding *f, struct err *e)
{
	(void)count(current(w), f);
	put_finding(&w->out, f, 0, "");
	return w->out.len >= BLOCK ? flush(w, e) : 0;
}

void
rowfile_refuse(struct rowfile_writer *w, const struct err *why)
{
	struct rowfile_file *f = current(w);

	f->error = *why;
	f->rows = f->accepted = f->rejected = 0;
	f->nrules = 0;
	f->end = f->begin;
}

void
rowfile_block(struct rowfile_writer *w, const struct err *why)
{
	struct rowfile_file *f = current(w);

	f->error = *why;
	f->accepted = 0;
	f->rejected = f->rows;
}

struct rowfile_summary *
rowfile_summary(struct rowfile_writer *w)
{
	return &w->summary;
}

struct rowfile_quality *
rowfile_quality(struct rowfile_writer *w, const char *dataset)
{
	struct rowfile_summary *s = &w->summary;
	struct rowfile_quality *q;

	for (size_t i = 0; i < s->nqualities; i++)
		if (strcmp(s->quality[i].dataset, dataset) == 0)
			return &s->quality[i];
	if (s->nqualities == ROWFILE_DATASETS)
		return NULL;
	s->quality =
	    xreallocarray(s->quality, s->nqualities + 1, sizeof(*s->quality));
	q = &s->quality[s->nqualities++];
	memset(q, 0, sizeof(*q));
	rowfile_text(q->dataset, sizeof(q->dataset), dataset);
	return q;
}

/* ---- the summary ---- */

static void
put_err(struct buf *b, const struct err *why)
{
	put_int(b, why->code[0] != '\0' ? (uint64_t)why->kind : 0, 1);
	put_str(b, why->code);
	put_str(b, why->code[0] != '\0' ? why->zh : "");
	put_str(b, why->code[0] != '\0' ? why->en : "");
}

static void
put_file(struct buf *b, const struct rowfile_file *f)
{
	const uint64_t number[] = { f->bytes, f->rows, f->accepted, f->rejected,
		f->begin, f->end };

	put_str(b, f->path);
	put_str(b, f->dataset);
	put_str(b, f->standard);
	put_str(b, f->rules);
	put_str(b, f->encoding);
	put_str(b, f->sha256);
	put_str(b, f->period);
	put_int(b, f->mode, 1);
	put_str(b, f->columns);
	put_str(b, f->of_bundle);
	put_str(b, f->of_path);
	put_str(b, f->header);
	for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++)
		put_int(b, number[i], 8);
	put_err(b, &f->error);
	put_int(b, f->nrules, 2);
	for (size_t i = 0; i < f->nrules; i++) {
		put_str(b, f->rule[i].rule);
		put_int(b, f->rule[i].severity, 1);
		put_int(b, f->rule[i].count, 8);
	}
}

static void
put_quality(struct buf *b, const struct rowfile_quality *q)
{
	put_str(b, q->dataset);
	for (int m = 0; m < METRICS; m++) {
		put_int(b, q->measure[m].numerator, 8);
		put_int(b, q->measure[m].denominator, 8);
	}
}

int
rowfile_finish(struct rowfile_writer *w, struct err *e)
{
	struct rowfile_summary *s = &w->summary;
	struct buf *b = &w->out;
	uint64_t at;

	end_file(w);
	if (flush(w, e) == -1)
		return -1;
	at = position(w);
	put_err(b, &s->error);
	put_int(b, s->nil != 0, 1);
	put_str(b, s->nil_dataset);
	put_str(b, s->nil_period);
	put_str(b, s->nil_reason);
	put_int(b, s->nfiles, 4);
	for (size_t i = 0; i < s->nfiles; i++) {
		put_file(b, &s->file[i]);
		if (b->len >= BLOCK && flush(w, e) == -1)
			return -1;
	}
	put_int(b, s->nqualities, 2);
	for (size_t i = 0; i < s->nqualities; i++)
		put_quality(b, &s->quality[i]);
	put_int(b, at, 8);
	buf_add(b, ROWFILE_MAGIC, ROWFILE_MAGIC_LEN);
	return flush(w, e);
}

void
rowfile_free(struct rowfile_writer *w)
{
	if (w == NULL)
		return;
	buf_done(&w->out);
	free(w->summary.file);
	free(w->summary.quality);
	free(w);
}
