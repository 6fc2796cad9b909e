#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "form/rowfile.h"
#include "form/rowfile_part.h"
#include "form/text.h"
#include "form/utf8.h"
#include "sys/mem.h"

/* The reading half: nothing in the file is believed. */

enum { FILES_MAX = 20000 };

struct rowfile_reader {
	void *whole;              /* as mapped */
	const unsigned char *map; /* the same */
	size_t size;
	size_t records;  /* end of the records: where the summary begins */
	size_t released; /* pages before it were given back */
	struct rowfile_summary summary;
};

/* A place in the file, its limit, and whether something was wrong. */
struct span {
	const unsigned char *p;
	size_t at;
	size_t end;
	int bad;
};

void
rowfile_text(char *to, size_t size, const char *from)
{
	size_t len = text_cut(from, strlen(from), size - 1);
	size_t at = 0;

	while (at < len) {
		uint32_t cp;
		size_t n = utf8_get(from + at, len - at, &cp);

		if (cp == UTF8_STRAY)
			to[at] = '?';
		else
			memcpy(to + at, from + at, n);
		at += n;
	}
	to[len] = '\0';
}

static uint64_t
get_int(struct span *s, size_t bytes)
{
	uint64_t v = 0;

	if (s->bad || s->end - s->at < bytes) {
		s->bad = 1;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)s->p[s->at + i] << (8 * i);
	s->at += bytes;
	return v;
}

/* Surrogates and overlong forms are no characters; utf8_get lets some pass. */
static int
is_utf8(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint32_t cp;
		size_t n;

		if ((unsigned char)s[at] < 0x80) {
			at++;
			continue;
		}
		n = utf8_get(s + at, len - at, &cp);
		if (cp == UTF8_STRAY || (n == 3 && cp < 0x800) ||
		    (n == 4 && (cp < 0x10000 || cp > 0x10FFFF)) ||
		    (cp >= 0xD800 && cp <= 0xDFFF))
			return 0;
		at += n;
	}
	return 1;
}

/* UTF-8 without a NUL inside, and a NUL behind it; "" where it is not. */
static const char *
get_text(struct span *s, size_t *ret_len)
{
	size_t len = (size_t)get_int(s, 4);
	const char *text;

	*ret_len = 0;
	if (s->bad || s->end - s->at < 1 || len > s->end - s->at - 1) {
		s->bad = 1;
		return "";
	}
	text = (const char *)s->p + s->at;
	if (memchr(text, '\0', len) != NULL || text[len] != '\0' ||
	    !is_utf8(text, len)) {
		s->bad = 1;
		return "";
	}
	s->at += len + 1;
	*ret_len = len;
	return text;
}

static const char *
get_str(struct span *s)
{
	size_t len;

	return get_text(s, &len);
}

/* Into a field of a struct. */
static void
copy_str(struct span *s, char *to, size_t size)
{
	size_t len;
	const char *text = get_text(s, &len);

	if (len >= size)
		s->bad = 1;
	else
		memcpy(to, text, len + 1);
}

/* Names of rules, fields and datasets go into statements and receipts. */
static int
is_word(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static const char *
get_word(struct span *s)
{
	const char *text = get_str(s);

	if (!is_word(text))
		s->bad = 1;
	return text;
}

static void
copy_word(struct span *s, char *to, size_t size)
{
	copy_str(s, to, size);
	if (!s->bad && !is_word(to))
		s->bad = 1;
}

/* ---- the summary ---- */

static void
get_err(struct span *s, struct err *why)
{
	uint64_t kind = get_int(s, 1);

	copy_word(s, why->code, sizeof(why->code));
	copy_str(s, why->zh, sizeof(why->zh));
	copy_str(s, why->en, sizeof(why->en));
	if (kind > ERR_HOLD || (kind == 0) != (why->code[0] == '\0'))
		s->bad = 1;
	else
		why->kind = (enum err_kind)kind;
}

static void
get_rules(struct span *s, struct rowfile_file *f)
{
	f->nrules = (size_t)get_int(s, 2);
	if (f->nrules > ROWFILE_RULES) {
		s->bad = 1;
		f->nrules = 0;
	}
	for (size_t i = 0; i < f->nrules; i++) {
		copy_word(s, f->rule[i].rule, sizeof(f->rule[i].rule));
		f->rule[i].severity = (uint8_t)get_int(s, 1);
		f->rule[i].count = get_int(s, 8);
		if (f->rule[i].severity > SEVERITY_INFO)
			s->bad = 1;
	}
}

static void
get_file(struct span *s, struct rowfile_file *f, uint64_t from, uint64_t to)
{
	copy_str(s, f->path, sizeof(f->path));
	copy_word(s, f->dataset, sizeof(f->dataset));
	copy_str(s, f->standard, sizeof(f->standard));
	copy_word(s, f->rules, sizeof(f->rules));
	copy_str(s, f->encoding, sizeof(f->encoding));
	copy_word(s, f->sha256, sizeof(f->sha256));
	copy_str(s, f->period, sizeof(f->period));
	f->mode = (enum rowfile_mode)get_int(s, 1);
	copy_str(s, f->columns, sizeof(f->columns));
	copy_str(s, f->of_bundle, sizeof(f->of_bundle));
	copy_str(s, f->of_path, sizeof(f->of_path));
	copy_str(s, f->header, sizeof(f->header));
	f->bytes = get_int(s, 8);
	f->rows = get_int(s, 8);
	f->accepted = get_int(s, 8);
	f->rejected = get_int(s, 8);
	f->begin = get_int(s, 8);
	f->end = get_int(s, 8);
	get_err(s, &f->error);
	get_rules(s, f);
	if (f->mode > ROWFILE_RETRACT || f->accepted > f->rows ||
	    f->rejected != f->rows - f->accepted || f->begin < from ||
	    f->end < f->begin || f->end > to)
		s->bad = 1;
}

static void
get_quality(struct span *s, struct rowfile_quality *q)
{
	copy_word(s, q->dataset, sizeof(q->dataset));
	for (int m = 0; m < METRICS; m++) {
		q->measure[m].numerator = get_int(s, 8);
		q->measure[m].denominator = get_int(s, 8);
		if (q->measure[m].numerator > q->measure[m].denominator)
			s->bad = 1;
	}
}

static void
get_summary(struct rowfile_reader *r, struct span *s)
{
	struct rowfile_summary *to = &r->summary;
	uint64_t from = ROWFILE_MAGIC_LEN;
	uint64_t n;

	get_err(s, &to->error);
	to->nil = (int)get_int(s, 1);
	copy_word(s, to->nil_dataset, sizeof(to->nil_dataset));
	copy_str(s, to->nil_period, sizeof(to->nil_period));
	copy_str(s, to->nil_reason, sizeof(to->nil_reason));
	n = get_int(s, 4);
	/* A file takes more than 100 bytes, so n is bounded by the file. */
	if (s->bad || to->nil > 1 || n > FILES_MAX || n > r->size / 100) {
		s->bad = 1;
		return;
	}
	to->file = xcalloc((size_t)n + 1, sizeof(*to->file));
	for (; to->nfiles < n && !s->bad; to->nfiles++) {
		get_file(s, &to->file[to->nfiles], from, r->records);
		from = to->file[to->nfiles].end;
	}
	n = get_int(s, 2);
	if (s->bad || n > ROWFILE_DATASETS) {
		s->bad = 1;
		return;
	}
	to->quality = xcalloc((size_t)n + 1, sizeof(*to->quality));
	for (; to->nqualities < n && !s->bad; to->nqualities++)
		get_quality(s, &to->quality[to->nqualities]);
	if (s->at != s->end)
		s->bad = 1;
}

static int
incomplete(struct rowfile_reader *r, struct err *e)
{
	rowfile_close(r);
	return err_set(e, ERR_RETRY, "the file of clean rows is not complete");
}

int
rowfile_open(int fd, struct rowfile_reader **ret_r, struct err *e)
{
	struct rowfile_reader *r = xcalloc(1, sizeof(*r));
	struct stat st;
	struct span s = { 0 };
	void *map;
	uint64_t at;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size < ROWFILE_TAIL)
		return incomplete(r, e);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return incomplete(r, e);
	r->whole = map;
	r->map = map;
	r->size = (size_t)st.st_size;
	if (memcmp(r->map + r->size - ROWFILE_MAGIC_LEN, ROWFILE_MAGIC,
		ROWFILE_MAGIC_LEN) != 0)
		return incomplete(r, e);
	s.p = r->map;
	s.at = r->size - ROWFILE_TAIL;
	s.end = r->size;
	at = get_int(&s, 8);
	if (at < ROWFILE_MAGIC_LEN || at > r->size - ROWFILE_TAIL)
		return incomplete(r, e);
	r->records = s.at = (size_t)at;
	s.end = r->size - ROWFILE_TAIL;
	get_summary(r, &s);
	if (s.bad)
		return incomplete(r, e);
	*ret_r = r;
	return 0;
}

const struct rowfile_summary *
rowfile_verdict(const struct rowfile_reader *r)
{
	return &r->summary;
}

/* ---- records ---- */

static void
get_value(struct span *s, struct value *v, uint8_t *open_ended)
{
	uint64_t kind = get_int(s, 1);
	uint64_t bits;

	*open_ended = (kind & ROWFILE_OPEN_ENDED) != 0;
	*v = (struct value){ .kind = VALUE_NULL };
	switch (kind & ~(uint64_t)ROWFILE_OPEN_ENDED) {
	case VALUE_NULL:
		return;
	case VALUE_TEXT:
		v->text = get_text(s, &v->len);
		break;
	case VALUE_INT:
	case VALUE_MONEY:
		v->num = (int64_t)get_int(s, 8);
		break;
	case VALUE_REAL:
		bits = get_int(s, 8);
		memcpy(&v->real, &bits, sizeof(bits));
		break;
	default:
		s->bad = 1;
		return;
	}
	v->kind = (enum value_kind)(kind & ~(uint64_t)ROWFILE_OPEN_ENDED);
}

static void
get_row(struct span *s, struct rowfile_record *rec)
{
	rec->kind = ROWFILE_ROW;
	rec->line = get_int(s, 8);
	rec->op = (char)get_int(s, 1);
	rec->key = get_str(s);
	rec->as_of = get_str(s);
	rec->dataset = get_word(s);
	rec->marks = (uint8_t)get_int(s, 1);
	rec->nvalues = (size_t)get_int(s, 2);
	if (s->bad || rec->op == '\0' || strchr("IUCD", rec->op) == NULL ||
	    rec->key[0] == '\0' ||
	    (rec->marks & ~(ROWFILE_EVENTS | ROWFILE_BACKWARDS)) != 0 ||
	    rec->nvalues > SCHEMA_FIELDS) {
		s->bad = 1;
		return;
	}
	for (size_t i = 0; i < rec->nvalues; i++)
		get_value(s, &rec->value[i], &rec->open_ended[i]);
}

static void
get_finding(struct span *s, struct rowfile_record *rec)
{
	rec->kind = ROWFILE_FINDING;
	rec->line = get_int(s, 8);
	rec->severity = (uint8_t)get_int(s, 1);
	rec->effect = (uint8_t)get_int(s, 1);
	rec->field = get_str(s);
	rec->header = get_str(s);
	rec->rule = get_str(s);
	rec->text = get_str(s);
	rec->zh = get_str(s);
	rec->en = get_str(s);
	if (rec->severity > SEVERITY_INFO || rec->effect > EFFECT_KEEP ||
	    rec->rule[0] == '\0')
		s->bad = 1;
}

static void
get_sent(struct span *s, struct rowfile_record *rec)
{
	rec->kind = ROWFILE_SENT;
	rec->line = get_int(s, 8);
	rec->cells = get_str(s);
	rec->mended = get_str(s);
}

static void
get_corrects(struct span *s, struct rowfile_record *rec)
{
	rec->kind = ROWFILE_CORRECTS;
	rec->line = get_int(s, 8);
	rec->origin = get_int(s, 8);
	rec->accepted = (uint8_t)get_int(s, 1);
}

/*
 * Pages that were read are given back, so that the reader's memory does not
 * grow with the bundle. The last ones stay: the record just read is in them.
 */
static void
release(struct rowfile_reader *r, size_t at)
{
	enum { STEP = 16 << 20, KEPT = 1 << 20 };
	size_t to;

	if (at < r->released)
		r->released = 0;
	if (at - r->released < STEP)
		return;
	to = (at - KEPT) / 65536 * 65536;
	(void)madvise((char *)r->whole + r->released, to - r->released,
	    MADV_DONTNEED);
	r->released = to;
}

int
rowfile_next(struct rowfile_reader *r, const struct rowfile_file *f,
    uint64_t *offset, struct rowfile_record *ret_rec, struct err *e)
{
	struct span s = { r->map, (size_t)*offset, (size_t)f->end, 0 };
	uint64_t kind, len;

	if (*offset == f->end)
		return 0;
	if (*offset < f->begin || *offset > f->end || f->end > r->records)
		return err_set(e, ERR_HOLD,
		    "offset outside of the file's rows");
	kind = get_int(&s, 1);
	len = get_int(&s, 4);
	if (s.bad || len > s.end - s.at)
		return err_set(e, ERR_HOLD, "a clean row is cut off");
	s.end = s.at + (size_t)len;
	if (kind == ROWFILE_ROW)
		get_row(&s, ret_rec);
	else if (kind == ROWFILE_FINDING)
		get_finding(&s, ret_rec);
	else if (kind == ROWFILE_SENT)
		get_sent(&s, ret_rec);
	else if (kind == ROWFILE_CORRECTS)
		get_corrects(&s, ret_rec);
	else
		s.bad = 1;
	if (s.bad || s.at != s.end)
		return err_set(e, ERR_HOLD, "a clean row is not of its form");
	*offset = s.end;
	release(r, (size_t)*offset);
	return 1;
}

void
rowfile_close(struct rowfile_reader *r)
{
	if (r == NULL)
		return;
	if (r->whole != NULL)
		(void)munmap(r->whole, r->size);
	free(r->summary.file);
	free(r->summary.quality);
	free(r);
}
