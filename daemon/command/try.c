#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/db.h"
#include "command/command.h"
#include "form/rowfile.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/catalog.h"
#include "sys/clock.h"
#include "sys/home.h"
#include "way/merge.h"
#include "way/work.h"

/*
 * zayton rules try DATASET FILE: the rules as they stand in the folder, tried
 * on a file: what each row becomes, what is found, and what it would do to
 * the base. Nothing is changed.
 */

enum { ROWS_SHOWN = 200 };

static void
print_value(const struct field *f, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return;
	case VALUE_TEXT:
		printf("    %s = %.*s\n", f->name, (int)v->len, v->text);
		return;
	case VALUE_INT:
		printf("    %s = %" PRId64 "\n", f->name, v->num);
		return;
	case VALUE_REAL:
		printf("    %s = %g\n", f->name, v->real);
		return;
	case VALUE_MONEY:
		printf("    %s = %" PRId64 ".%02d\n", f->name, v->num / 100,
		    abs((int)(v->num % 100)));
		return;
	}
}

static void
print_record(const struct schema *s, const struct rowfile_record *r)
{
	if (r->kind == ROWFILE_SENT)
		return;
	if (r->kind == ROWFILE_FINDING) {
		printf("  行/row %" PRIu64 " %s %s“%s”: %s\n    %s\n", r->line,
		    severity_name((enum severity)r->severity),
		    r->header[0] != '\0' ? r->header : r->field, r->text, r->zh,
		    r->en);
		return;
	}
	printf("  行/row %" PRIu64 " %s\n", r->line, s->dataset);
	for (size_t i = 0; i < s->nfields && i < r->nvalues; i++)
		print_value(&s->field[i], &r->value[i]);
}

/* A row of a mixed file names its own. */
static const struct schema *
schema_of(const struct schemas *all, const struct rowfile_file *f,
    const struct rowfile_record *r)
{
	int own = r->kind != ROWFILE_ROW || r->dataset[0] == '\0';

	return schemas_find(all, own ? f->dataset : r->dataset);
}

static int
print_file(struct rowfile_reader *reader, const struct rowfile_file *f,
    const struct schemas *all, struct err *e)
{
	struct rowfile_record *r = calloc(1, sizeof(*r));
	uint64_t offset = f->begin;
	int rc = 1;

	for (int n = 0; n < ROWS_SHOWN && rc == 1 && r != NULL; n++) {
		rc = rowfile_next(reader, f, &offset, r, e);
		if (rc == 1)
			print_record(schema_of(all, f, r), r);
	}
	if (rc == 1)
		printf("  …\n");
	free(r);
	return rc == -1 ? -1 : 0;
}

static int
effect_on_base(const struct schemas *all, struct rowfile_reader *reader,
    const char *provider, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(reader);
	struct merge *m = NULL;
	struct db *db = NULL;
	int rc;

	if (db_open_read(HOME_BASE, &db, e) == -1 ||
	    merge_open(db, all, NULL, 0, provider, reader, "", MERGE_TRY, &m,
		e) == -1) {
		db_close(db);
		return -1;
	}
	while ((rc = merge_slice(m, 1000, e)) == 1)
		;
	for (size_t i = 0; rc == 0 && i < v->nfiles; i++) {
		const struct merge_counts *n = merge_counts(m, i);

		printf("%s: 行/rows %" PRIu64 " 受理/accepted %" PRIu64
		       " 退回/rejected %" PRIu64 "\n  新增/inserted %" PRId64
		       " 更新/updated %" PRId64 " 无变化/unchanged %" PRId64
		       " 被取代/superseded %" PRId64 "\n",
		    v->file[i].standard, v->file[i].rows, v->file[i].accepted,
		    v->file[i].rejected, n->inserted, n->updated, n->unchanged,
		    n->superseded);
	}
	merge_close(m);
	db_close(db);
	return rc;
}

static int
run(const struct pack *p, const struct schemas *all, const struct schema *s,
    int fd, const char *name, struct err *e)
{
	struct work_job j = { .bundle = fd, .name = name };
	struct rowfile_reader *reader = NULL;
	const struct rowfile_summary *v;
	struct work *w = NULL;
	char text[32];
	int rc = -1;

	clock_now(text, sizeof(text));
	j.received_at = text;
	j.dataset = s->dataset;
	j.rows = memfd_create("rows", MFD_CLOEXEC);
	j.rejected = memfd_create("rejected", MFD_CLOEXEC);
	j.spool = memfd_create("spool", MFD_CLOEXEC);
	if (work_open(p, s->provider, &w, e) == -1 ||
	    work_run(w, &j, e) == -1 || rowfile_open(j.rows, &reader, e) == -1)
		goto out;
	v = rowfile_verdict(reader);
	rc = 0;
	if (v->error.code[0] != '\0') {
		*e = v->error;
		rc = -1;
	}
	for (size_t i = 0; rc == 0 && i < v->nfiles; i++) {
		if (v->file[i].error.code[0] != '\0')
			printf("%s: %s\n  %s\n", v->file[i].path,
			    v->file[i].error.zh, v->file[i].error.en);
		else
			rc = print_file(reader, &v->file[i], all, e);
	}
	if (rc == 0)
		rc = effect_on_base(all, reader, s->provider, e);
out:
	rowfile_close(reader);
	work_close(w);
	(void)close(j.rows);
	(void)close(j.rejected);
	return rc;
}

int
rules_try(int argc, char **argv)
{
	const struct schema *s = NULL;
	struct schemas *all = NULL;
	const char *slash;
	struct pack *p = NULL;
	struct conf c;
	struct err e;
	int status = COMMAND_DONE;
	int fd;

	if (command_unknown(argc, argv) || argc != 3)
		return command_usage();
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		err_errno(&e, ERR_HOLD, "cannot open '%s'", argv[2]);
		return command_fail(&e);
	}
	slash = strrchr(argv[2], '/');
	if (command_home(&c, &e) == -1 || command_pack(".", &p, &e) == -1 ||
	    schemas_read(p, &all, &e) == -1)
		status = command_fail(&e);
	else if ((s = schemas_find(all, argv[1])) == NULL) {
		err_set(&e, ERR_HOLD, "there is no data standard '%s'",
		    argv[1]);
		status = command_fail(&e);
	} else if (run(p, all, s, fd, slash != NULL ? slash + 1 : argv[2],
		       &e) == -1) {
		status = command_fail(&e);
	}
	schemas_free(all);
	pack_free(p);
	(void)close(fd);
	return status;
}
