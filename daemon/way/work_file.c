#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/xlsx.h"
#include "sys/hash.h"
#include "way/clean.h"
#include "way/read.h"
#include "way/sent.h"
#include "way/work_part.h"

/* One data file of a bundle. */
struct file {
	struct job *job;
	const char *path;
	const struct work_sheet *sheet;       /* NULL: a CSV */
	const struct manifest_resource *said; /* NULL: nothing */
	struct rowfile_file *entry;
	struct hash *hash; /* of the member's bytes */
	struct read *read;
	struct clean_file clean;
	/* Returned rows: what they are of, and what is known of that. */
	const struct returned *of;
	const json_t *facts;
	size_t first; /* number of the first entry of this member */
	int periods;  /* different ones seen in the rows: 0, 1, 2 for more */
};

static ssize_t
pull(void *arg, void *buf, size_t size, struct err *e)
{
	struct file *f = arg;
	ssize_t n = unpack_read(f->job->unpack, buf, size, e);

	if (n > 0) {
		hash_add(f->hash, buf, (size_t)n);
		f->entry->bytes += (uint64_t)n;
	}
	return n;
}

int
work_find(struct job *j, struct err *e, const char *code, ...)
{
	const struct catalog_entry *c = catalog_find(code);
	const char *arg[CATALOG_ARGS];
	char zh[900], en[900];
	struct finding f = { .rule = code,
		.severity = SEVERITY_INFO,
		.effect = EFFECT_KEEP,
		.field = -1,
		.header = "",
		.zh = zh,
		.en = en };
	size_t n = 0;
	va_list ap;

	va_start(ap, code);
	while (n < CATALOG_ARGS && (arg[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	f.value = n > 0 ? arg[0] : "";
	if (c != NULL)
		f.severity = c->severity;
	catalog_zh(code, arg, n, zh, sizeof(zh));
	catalog_en(code, arg, n, en, sizeof(en));
	return rowfile_find(j->rows, &f, e);
}

/* ---- before the rows ---- */

static int
open_text(struct file *f, struct err *e)
{
	const struct read_source source = { pull, f };
	const struct work_sheet *s = f->sheet;
	struct read_hints hints = { NULL, '\0' };

	if (s != NULL && xlsx_sheet(s->x, s->i, e) == -1)
		return -1;
	if (s != NULL)
		return read_open_sheet(f->job->work->schemas,
		    f->job->work->provider, s->x, &f->read, e);
	if (f->said != NULL) {
		hints.encoding = f->said->encoding;
		hints.delimiter = f->said->delimiter;
	}
	return read_open(f->job->work->schemas, f->job->work->provider, &source,
	    &hints, &f->read, e);
}

/* What the keeper knows of the file that the rows were returned of. */
static const char *
fact(const struct file *f, const char *name)
{
	const char *s = json_string_value(json_object_get(f->facts, name));

	return s != NULL ? s : "";
}

/* The sheet's own name, or the file's; of returned rows that of their file. */
static const char *
own_name(const struct file *f)
{
	if (f->of != NULL)
		return f->of->path;
	return f->sheet != NULL ? xlsx_name(f->sheet->x, f->sheet->i) : f->path;
}

/*
 * The package says the period, else the sheet's name, else the file's, else
 * the bundle's.
 */
static void
find_period(struct file *f)
{
	char *to = f->entry->period;

	if (f->facts != NULL)
		snprintf(to, sizeof(f->entry->period), "%s", fact(f, "period"));
	else if (f->said != NULL && f->said->period != NULL)
		snprintf(to, sizeof(f->entry->period), "%s", f->said->period);
	else if (match_period(own_name(f), to) != 0 &&
		 match_period(f->path, to) != 0 &&
		 match_period(f->job->said->name, to) != 0)
		to[0] = '\0';
}

/* A file in an older layout is taken, and told so. */
static int
find_old(struct file *f, const struct schema *s, struct err *e)
{
	const struct schema *newer;

	if (s->state != SCHEMA_ACCEPTED)
		return 0;
	newer = schemas_find(f->job->work->schemas, s->dataset);
	return work_find(f->job, e, "standard_old", f->entry->standard,
	    s->until, newer != NULL ? newer->version : "", NULL);
}

const char *
work_declared(const struct job *j, const struct manifest_resource *said)
{
	if (j->said->dataset != NULL)
		return j->said->dataset;
	return said != NULL ? said->dataset : NULL;
}

/* The name of a workbook says what it is only where it has one table. */
static int
find_dataset(struct file *f, struct err *e)
{
	const struct work *w = f->job->work;
	const char *name =
	    f->of != NULL || (f->sheet != NULL && !f->sheet->alone)
		? own_name(f)
		: f->path;
	const char *declared = f->facts != NULL
				   ? fact(f, "dataset")
				   : work_declared(f->job, f->said);
	const struct schema *s;
	const struct cell *cell;
	size_t n;

	cell = read_header(f->read, &n);
	if (match_dataset(w->schemas, w->provider, declared, name, cell, n, &s,
		e) == -1)
		return -1;
	snprintf(f->entry->dataset, sizeof(f->entry->dataset), "%s",
	    s->dataset);
	snprintf(f->entry->standard, sizeof(f->entry->standard), "%s %s",
	    s->dataset, s->version);
	memcpy(f->entry->rules, script_sha256(w->script),
	    sizeof(f->entry->rules));
	if (find_old(f, s, e) == -1)
		return -1;
	return clean_open(&f->clean, w->script, &w->policy, s, cell, n,
	    f->job->today, e);
}

/* What each field is called in the file, for findings that come later. */
static void
note_columns(struct file *f)
{
	const struct schema *s = f->clean.lane[0].schema;
	const struct match *m = f->clean.lane[0].match;
	json_t *o = json_object();
	char *text;

	for (size_t i = 0; i < s->nfields; i++) {
		int at = match_field(m, (int)i);

		if (at != -1)
			json_object_set_new(o, s->field[i].name,
			    json_string(match_column(m, (size_t)at)->header));
	}
	text = json_dumps(o, JSON_COMPACT);
	if (text != NULL && strlen(text) < sizeof(f->entry->columns))
		strcpy(f->entry->columns, text);
	free(text);
	json_decref(o);
}

/* Columns that nobody knows. */
static int
find_columns(struct file *f, struct err *e)
{
	const struct match *m = f->clean.lane[0].match;

	note_columns(f);
	for (size_t i = 0; i < match_count(m); i++) {
		const char *header = match_column(m, i)->header;

		if (header[0] != '\0' && !clean_uses(&f->clean, i) &&
		    work_find(f->job, e, "column_unknown", header, NULL) == -1)
			return -1;
	}
	return 0;
}

/* ---- the rows ---- */

/* Where nothing named the period, the rows do, if they agree. */
static void
note_period(struct file *f, const struct row *r)
{
	char *to = f->entry->period;
	const struct value *v;
	int same;

	if (r->schema->period < 0 || r->rejected || f->periods == 2)
		return;
	v = &r->value[r->schema->period];
	if (v->kind != VALUE_TEXT || v->len >= sizeof(f->entry->period))
		return;
	same = strncmp(to, v->text, v->len) == 0 && to[v->len] == '\0';
	if (f->periods == 0) {
		memcpy(to, v->text, v->len);
		to[v->len] = '\0';
		f->periods = 1;
	} else if (!same) {
		to[0] = '\0';
		f->periods = 2;
	}
}

/* What the rules make of other fields is not lacking. */
static void
note_made(struct clean_lane *l, const struct row *r)
{
	for (uint64_t left = l->lacking; left != 0; left &= left - 1) {
		int i = __builtin_ctzll(left);

		if (r->value[i].kind != VALUE_NULL)
			l->lacking &= ~(UINT64_C(1) << i);
	}
}

/* Whether rows of the datasets before this one lacked the same column. */
static int
was_lacking(const struct clean_file *c, const struct clean_lane *l,
    const char *title)
{
	for (const struct clean_lane *o = c->lane; o < l; o++)
		for (size_t i = 0; o->rows > 0 && i < o->schema->nfields; i++)
			if ((o->lacking >> i & 1) != 0 &&
			    strcmp(o->schema->field[i].title, title) == 0)
				return 1;
	return 0;
}

/* Fields of a dataset that have no column. */
static int
find_lacking(struct file *f, const struct clean_lane *l, struct err *e)
{
	for (size_t i = 0; i < l->schema->nfields; i++) {
		const char *title = l->schema->field[i].title;

		if ((l->lacking >> i & 1) != 0 &&
		    !was_lacking(&f->clean, l, title) &&
		    work_find(f->job, e, "column_missing", title, NULL) == -1)
			return -1;
	}
	return 0;
}

static int
find_routed(struct file *f, const struct clean_lane *l, struct err *e)
{
	char rows[24], to[256];

	if (f->clean.route == -1)
		return 0;
	snprintf(rows, sizeof(rows), "%" PRIu64, l->rows);
	snprintf(to, sizeof(to), "%s（%s %s）", l->schema->title,
	    l->schema->dataset, l->schema->version);
	return work_find(f->job, e, "rows_routed", rows, to, NULL);
}

/* What there is to say about each dataset that the rows are of. */
static int
find_lanes(struct file *f, struct err *e)
{
	for (size_t i = 0; i < f->clean.nlanes; i++) {
		const struct clean_lane *l = &f->clean.lane[i];

		if (l->rows > 0 &&
		    (find_routed(f, l, e) == -1 || find_lacking(f, l, e) == -1))
			return -1;
	}
	return 0;
}

static int
take_row(struct file *f, const struct csv_row *record, struct err *e)
{
	struct job *j = f->job;

	if (clean_record(&f->clean, record, &j->row, e) == -1)
		return -1;
	note_period(f, &j->row);
	note_made(f->clean.last, &j->row);
	if (f->of != NULL && read_corrects(f->read) == 0)
		row_find(&j->row, "correction_row", -1, EFFECT_REJECT, NULL);
	if (rowfile_row(j->rows, &j->row, e) == -1 ||
	    (rowfile_is_sample(j->rows) &&
		sent_row(j->rows, &j->row, record, e) == -1))
		return -1;
	if (f->of != NULL && read_corrects(f->read) != 0 &&
	    rowfile_corrects(j->rows, &j->row, read_corrects(f->read), e) == -1)
		return -1;
	if (j->row.rejected && report_row(j->report, &j->row, record, e) == -1)
		return -1;
	if (++j->nrows % 1024 == 0)
		work_tell(j);
	return 0;
}

static int
take_rows(struct file *f, struct err *e)
{
	const struct csv_row *record;
	const struct cell *cell;
	char period[16];
	size_t n;
	int rc;

	cell = read_header(f->read, &n);
	report_file(f->job->report, f->entry->path, cell, n);
	sent_header(f->entry, cell, n);
	find_period(f);
	if (f->said != NULL && f->said->mode == MANIFEST_FULL)
		f->entry->mode = ROWFILE_FULL;
	if (f->said != NULL && f->said->mode == MANIFEST_RETRACT)
		f->entry->mode = ROWFILE_RETRACT;
	memcpy(period, f->entry->period, sizeof(period));
	f->periods = period[0] != '\0' ? 2 : 0;
	clean_period(&f->clean, period);
	while ((rc = read_next(f->read, &record, e)) == 1)
		if (take_row(f, record, e) == -1)
			return -1;
	snprintf(f->entry->encoding, sizeof(f->entry->encoding), "%s",
	    read_encoding(f->read));
	if (rc == -1)
		return -1;
	if (f->entry->rows == 0)
		return work_find(f->job, e, "file_nil", NULL);
	return find_lanes(f, e);
}

/* ---- after the rows ---- */

static int
differs(const char *path, const char *what, uint64_t said, uint64_t came,
    struct err *e)
{
	char a[24], b[24];

	snprintf(a, sizeof(a), "%" PRIu64, said);
	snprintf(b, sizeof(b), "%" PRIu64, came);
	return err_say(e, ERR_SENDER, what, path, a, b, NULL);
}

/*
 * What the package says against what came. Where the digest is right, a wrong
 * count of rows is the package's mistake and no lost row.
 */
static int
hold_against(struct file *f, struct err *e)
{
	const struct manifest_resource *said = f->said;
	struct rowfile_file *came = f->entry;
	unsigned char digest[HASH_SHA256_BYTES];
	char a[24], b[24];

	if (f->hash != NULL) {
		hash_end(f->hash, digest);
		hash_hex(digest, sizeof(digest), came->sha256);
	}
	if (said == NULL)
		return 0;
	if (said->bytes >= 0 && (uint64_t)said->bytes != came->bytes)
		return differs(f->path, "package_bytes", (uint64_t)said->bytes,
		    came->bytes, e);
	if (said->sha256[0] != '\0' && strcmp(said->sha256, came->sha256) != 0)
		return err_say(e, ERR_SENDER, "package_sha256", f->path,
		    said->sha256, came->sha256, NULL);
	if (said->rows < 0 || (uint64_t)said->rows == came->rows ||
	    (f->sheet != NULL && !f->sheet->alone))
		return 0;
	if (said->sha256[0] == '\0')
		return differs(f->path, "package_rows", (uint64_t)said->rows,
		    came->rows, e);
	snprintf(a, sizeof(a), "%" PRId64, said->rows);
	snprintf(b, sizeof(b), "%" PRIu64, came->rows);
	return work_find(f->job, e, "package_rows_info", a, b, NULL);
}

/* ---- quality ---- */

/* Each code that no table knows, once, with how often it came. */
static int
find_unknown_codes(struct file *f, const struct clean_lane *l, struct err *e)
{
	const struct measure_unknown *u;

	for (size_t i = 0; (u = measure_unknown(&l->measure, i)) != NULL; i++) {
		int at = match_field(l->match, u->field);
		char n[24];

		snprintf(n, sizeof(n), "%" PRIu64, u->n);
		if (work_find(f->job, e, "code_unmapped", u->text,
			at != -1 ? match_column(l->match, (size_t)at)->header
				 : l->schema->field[u->field].title,
			n, NULL) == -1)
			return -1;
	}
	return 0;
}

static void
add_measures(struct rowfile_quality *to, const struct measure from[METRICS])
{
	for (int m = 0; to != NULL && m < METRICS; m++) {
		to->measure[m].numerator += from[m].numerator;
		to->measure[m].denominator += from[m].denominator;
	}
}

/* The sentence of a file that is too bad to be taken. */
static int
say_breach(const struct file *f, const struct clean_lane *l, enum metric m,
    struct err *e)
{
	const struct measure *x = &l->measure.x[m];
	const struct metric_info *info = metric_info(m);
	char name[160], value[24], bound[24], part[48];

	snprintf(name, sizeof(name), "%s %s / %s", info->id, info->zh,
	    info->en);
	snprintf(value, sizeof(value), "%.2f %%",
	    100.0 * (double)x->numerator / (double)x->denominator);
	snprintf(bound, sizeof(bound), "%.2f %%",
	    100.0 * l->measure.policy->bounds[m].block);
	snprintf(part, sizeof(part), "%" PRIu64 "/%" PRIu64, x->numerator,
	    x->denominator);
	return err_say(e, ERR_SENDER, "quality_block", f->path, name, value,
	    part, bound, l->schema->title, NULL);
}

/*
 * What was counted, and whether it will do: a file that breaks a block
 * threshold is refused whole, with all its findings.
 */
static int
judge(struct file *f, struct err *e)
{
	const struct manifest_resource *said = f->said;
	struct rowfile_writer *rows = f->job->rows;
	struct err why = { .code = "" };

	if (said != NULL && said->rows >= 0 && f->clean.route == -1 &&
	    (f->sheet == NULL || f->sheet->alone))
		measure_declared(&f->clean.lane[0].measure,
		    (uint64_t)said->rows, f->entry->rows);
	for (size_t i = 0; i < f->clean.nlanes; i++) {
		struct clean_lane *l = &f->clean.lane[i];
		enum metric m;

		if (l->rows == 0)
			continue;
		measure_columns(&l->measure, l->lacking);
		if (find_unknown_codes(f, l, e) == -1)
			return -1;
		add_measures(rowfile_quality(rows, l->schema->dataset),
		    l->measure.x);
		m = policy_breach(&f->job->work->policy, l->schema->dataset,
		    l->measure.x);
		if (m != METRICS && why.code[0] == '\0')
			(void)say_breach(f, l, m, &why);
	}
	/* Of returned rows some may go back once more, and the others stay. */
	if (why.code[0] != '\0' && f->of == NULL)
		rowfile_block(rows, &why);
	return 0;
}

/* ---- returned rows ---- */

/* A header that the rows are not of would give every value a wrong place. */
static int
check_header(struct file *f, struct err *e)
{
	const struct cell *cell;
	size_t n;

	if (f->facts == NULL || read_has_header(f->read))
		return 0;
	cell = read_header(f->read, &n);
	sent_header(f->entry, cell, n);
	return strcmp(f->entry->header, fact(f, "header")) == 0
		   ? 0
		   : err_say(e, ERR_SENDER, "correction_mixed", f->of->path,
			 NULL);
}

/*
 * Notes of which file the rows are, in the entry that was begun: 1 they can be
 * read, 0 the keeper has to be asked first, -1.
 */
static int
find_corrected(struct file *f, struct err *e)
{
	struct rowfile_file *to = f->entry;
	size_t len = strlen(to->path);

	f->of = read_returned(f->read);
	f->facts = NULL;
	if (f->of == NULL)
		return 1;
	/* Several files stand in one: each gets a name of its own. */
	if (f->sheet == NULL)
		snprintf(to->path + len, sizeof(to->path) - len, "#%s",
		    f->of->path);
	if (work_corrected(f->job, f->of, &f->facts, e) == -1)
		return -1;
	snprintf(to->of_bundle, sizeof(to->of_bundle), "%s", f->of->bundle);
	snprintf(to->of_path, sizeof(to->of_path), "%s", f->of->path);
	if (f->job->said->corrects == WORK_ASK)
		return 0;
	return check_header(f, e) == -1 ? -1 : 1;
}

static int
skip_rows(struct file *f, struct err *e)
{
	const struct csv_row *record;
	int rc;

	while ((rc = read_next(f->read, &record, e)) == 1)
		;
	return rc;
}

/* ---- a file ---- */

static int
take(struct file *f, struct err *e)
{
	int rc = find_corrected(f, e);

	if (rc != 1)
		return rc == -1 ? -1 : skip_rows(f, e);
	if (find_dataset(f, e) == -1 || find_columns(f, e) == -1 ||
	    take_rows(f, e) == -1 ||
	    (f->of == NULL && hold_against(f, e) == -1))
		return -1;
	return judge(f, e);
}

/* One table; where the sender is at fault it is refused, and that is all. */
static int
take_or_refuse(struct file *f, struct err *e)
{
	struct job *j = f->job;
	struct err why;
	int rc = take(f, e);

	if (rc == -1 && e->kind == ERR_SENDER && !unpack_over(j->unpack)) {
		j->nrows -= f->entry->rows;
		rowfile_refuse(j->rows, e);
		rc = f->of != NULL ? skip_rows(f, &why) : 0;
		if (rc == -1)
			*e = why;
	}
	clean_close(&f->clean);
	memset(&f->clean, 0, sizeof(f->clean));
	return rc;
}

/* All entries of a member have its digest. */
static void
note_digest(struct file *f)
{
	struct rowfile_summary *s = rowfile_summary(f->job->rows);
	unsigned char digest[HASH_SHA256_BYTES];

	if (f->of == NULL || f->hash == NULL)
		return;
	hash_end(f->hash, digest);
	for (size_t i = f->first; i < s->nfiles; i++)
		hash_hex(digest, sizeof(digest), s->file[i].sha256);
}

static void
begin(struct file *f)
{
	f->entry = rowfile_begin(f->job->rows, f->path);
	if (f->sheet == NULL)
		return;
	f->entry->bytes = f->sheet->bytes;
	snprintf(f->entry->sha256, sizeof(f->entry->sha256), "%s",
	    f->sheet->sha256);
}

/* A file is one table, but for returned rows. */
static int
take_tables(struct file *f, struct err *e)
{
	struct job *j = f->job;
	int rc;

	begin(f);
	f->first = rowfile_summary(j->rows)->nfiles - 1;
	rc = open_text(f, e);
	if (rc == -1 && e->kind == ERR_SENDER && !unpack_over(j->unpack)) {
		rowfile_refuse(j->rows, e);
		return 0;
	}
	if (rc == 0)
		rc = take_or_refuse(f, e);
	while (rc == 0 && (rc = read_section(f->read, e)) == 1) {
		begin(f);
		rc = take_or_refuse(f, e);
	}
	if (rc == 0)
		note_digest(f);
	read_close(f->read);
	return rc;
}

int
work_file(struct job *j, const struct member *m, struct err *e)
{
	struct file f = { .job = j };
	int rc;

	f.path = m->path[0] != '\0' ? m->path : j->said->name;
	f.said = work_resource(j, m->path);
	f.hash = hash_new(HASH_SHA256);
	rc = take_tables(&f, e);
	hash_free(f.hash);
	return rc;
}

int
work_sheet(struct job *j, const struct work_sheet *s, struct err *e)
{
	struct file f = { .job = j, .path = s->path, .sheet = s };

	f.said = s->said;
	return take_tables(&f, e);
}
