#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/xlsx.h"
#include "way/work_file.h"

/* What a file is: by its names, its package and its header. */

const char *
work_fact(const struct file *f, const char *name)
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

void
work_find_period(struct file *f)
{
	char *to = f->entry->period;

	if (f->facts != NULL)
		snprintf(to, sizeof(f->entry->period), "%s",
		    work_fact(f, "period"));
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
int
work_find_dataset(struct file *f, struct err *e)
{
	const struct work *w = f->job->work;
	const char *name =
	    f->of != NULL || (f->sheet != NULL && !f->sheet->alone)
		? own_name(f)
		: f->path;
	const char *declared = f->facts != NULL
				   ? work_fact(f, "dataset")
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
int
work_find_columns(struct file *f, struct err *e)
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
