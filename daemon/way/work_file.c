#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "form/xlsx.h"
#include "way/sent.h"
#include "way/work_file.h"

/* A data file of a bundle, from its first byte to its verdict. */

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
	return strcmp(f->entry->header, work_fact(f, "header")) == 0
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
	if (work_find_dataset(f, e) == -1 || work_find_columns(f, e) == -1 ||
	    work_take_rows(f, e) == -1 ||
	    (f->of == NULL && work_hold_against(f, e) == -1))
		return -1;
	return work_judge(f, e);
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
