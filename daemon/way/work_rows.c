#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "way/sent.h"
#include "way/work_file.h"

/* The rows of a file, one after the other, and what they lack together. */

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

int
work_take_rows(struct file *f, struct err *e)
{
	const struct csv_row *record;
	const struct cell *cell;
	char period[16];
	size_t n;
	int rc;

	cell = read_header(f->read, &n);
	report_file(f->job->report, f->entry->path, cell, n);
	sent_header(f->entry, cell, n);
	work_find_period(f);
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
