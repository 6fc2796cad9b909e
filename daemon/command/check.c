#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/db.h"
#include "base/views.h"
#include "command/command.h"
#include "form/rowfile.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/catalog.h"
#include "sys/clock.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "way/merge.h"
#include "way/work.h"

/*
 * zayton check FILE...: the verdict on a bundle at the department's own desk,
 * from the standards and rules alone. Rows are not held against a base, so
 * nothing is said of new or changed ones.
 */

struct verdict {
	struct rowfile_reader *reader;
	int rows;
	int rejected;
	struct merge_counts *counts; /* by file, against an empty base */
};

/*
 * How well a provider's standards fit: files known, then rows accepted less the
 * errors in them.
 */
static int64_t
fit(const struct rowfile_summary *v)
{
	int64_t known = 0, good = 0;

	for (size_t i = 0; i < v->nfiles; i++) {
		const struct rowfile_file *f = &v->file[i];

		known += f->dataset[0] != '\0';
		good += (int64_t)f->accepted;
		for (size_t k = 0; k < f->nrules; k++)
			if (f->rule[k].severity == SEVERITY_ERROR)
				good -= (int64_t)f->rule[k].count;
	}
	return known * (INT64_C(1) << 40) + good;
}

static void
verdict_done(struct verdict *v)
{
	rowfile_close(v->reader);
	if (v->rows != -1)
		(void)close(v->rows);
	if (v->rejected != -1)
		(void)close(v->rejected);
	free(v->counts);
	*v = (struct verdict){ NULL, -1, -1, NULL };
}

/* The rows against each other: an empty base finds what stands twice. */
static int
count_twice(const struct pack *p, const char *provider, struct verdict *v,
    struct err *e)
{
	size_t n = rowfile_verdict(v->reader)->nfiles;
	struct schemas *all = NULL;
	struct merge *m = NULL;
	struct db *db = NULL;
	int rc = -1;

	v->counts = xcalloc(n + 1, sizeof(*v->counts));
	if (schemas_read(p, &all, e) == -1 || db_open_memory(&db, e) == -1 ||
	    views_make(db, all, e) == -1 ||
	    merge_open(db, all, NULL, 0, provider, v->reader, "", MERGE_TRY, &m,
		e) == -1)
		goto out;
	while ((rc = merge_slice(m, 1000, e)) == 1)
		;
	for (size_t i = 0; rc == 0 && i < n; i++)
		v->counts[i] = *merge_counts(m, i);
out:
	merge_close(m);
	db_close(db);
	schemas_free(all);
	return rc;
}

static int
run(const struct pack *p, const char *provider, int fd, const char *name,
    struct verdict *ret_v, struct err *e)
{
	struct work_job j = { .bundle = fd, .name = name };
	struct work *w = NULL;
	char now[32];
	int rc = -1;

	clock_now(now, sizeof(now));
	ret_v->rows = memfd_create("rows", MFD_CLOEXEC);
	ret_v->rejected = memfd_create("rejected", MFD_CLOEXEC);
	j.rows = ret_v->rows;
	j.rejected = ret_v->rejected;
	j.spool = memfd_create("spool", MFD_CLOEXEC);
	j.received_at = now;
	if (ret_v->rows == -1 || ret_v->rejected == -1)
		return err_errno(e, ERR_RETRY, "no memory file");
	if (work_open(p, provider, &w, e) == 0 && work_run(w, &j, e) == 0)
		rc = rowfile_open(ret_v->rows, &ret_v->reader, e);
	work_close(w);
	return rc == -1 ? -1 : count_twice(p, provider, ret_v, e);
}

/* Tries each provider unless one is named, and keeps what fits best. */
static int
best(const struct pack *p, const char *named, int fd, const char *name,
    struct verdict *ret_v, struct err *e)
{
	struct schemas *all = NULL;
	const char *tried = "";
	int rc = -1;

	if (named != NULL)
		return run(p, named, fd, name, ret_v, e);
	if (schemas_read(p, &all, e) == -1)
		return -1;
	for (size_t i = 0; i < schemas_count(all); i++) {
		struct verdict v = { NULL, -1, -1, NULL };
		const char *provider = schemas_at(all, i)->provider;

		if (strcmp(provider, tried) == 0)
			continue;
		tried = provider;
		if (run(p, provider, fd, name, &v, e) == -1) {
			verdict_done(&v);
			continue;
		}
		if (ret_v->reader == NULL ||
		    fit(rowfile_verdict(v.reader)) >
			fit(rowfile_verdict(ret_v->reader))) {
			verdict_done(ret_v);
			*ret_v = v;
		} else {
			verdict_done(&v);
		}
		rc = 0;
	}
	schemas_free(all);
	return rc;
}

static void
print_error(const struct err *e)
{
	printf("  %s: %s\n  %s\n", e->code, e->zh, e->en);
}

static void
print_count(enum severity s, const char *rule, int64_t n)
{
	if (n > 0)
		printf("    %s %s %" PRId64 "\n", severity_name(s), rule, n);
}

static void
print_file(const struct rowfile_file *f, const struct merge_counts *n)
{
	printf("  %s  %s  %s  行/rows %" PRIu64 "  受理/accepted %" PRIu64
	       "  退回/rejected %" PRIu64 "\n",
	    f->path[0] != '\0' ? f->path : "-",
	    f->standard[0] != '\0' ? f->standard : "?", f->encoding, f->rows,
	    f->accepted, f->rejected);
	if (f->error.code[0] != '\0')
		print_error(&f->error);
	for (size_t i = 0; i < f->nrules; i++)
		printf("    %s %s %" PRIu64 "\n",
		    severity_name((enum severity)f->rule[i].severity),
		    f->rule[i].rule, f->rule[i].count);
	for (int i = 0; i < MERGE_FINDINGS; i++)
		print_count(SEVERITY_WARN, merge_rule[i], n->found[i]);
}

static json_t *
error_json(const struct err *e)
{
	if (e->code[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "code", e->code, "zh", e->zh, "en",
	    e->en);
}

static void
add_count(json_t *issues, enum severity s, const char *rule, int64_t n)
{
	if (n > 0)
		json_array_append_new(issues,
		    json_pack("{s:s, s:s, s:I}", "rule", rule, "severity",
			severity_name(s), "count", (json_int_t)n));
}

static json_t *
file_json(const struct rowfile_file *f, const struct merge_counts *n)
{
	json_t *issues = json_array();

	for (size_t i = 0; i < f->nrules; i++)
		add_count(issues, (enum severity)f->rule[i].severity,
		    f->rule[i].rule, (int64_t)f->rule[i].count);
	for (int i = 0; i < MERGE_FINDINGS; i++)
		add_count(issues, SEVERITY_WARN, merge_rule[i], n->found[i]);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}",
	    "path", f->path, "dataset", f->dataset, "standard", f->standard,
	    "encoding", f->encoding, "rows", (json_int_t)f->rows, "accepted",
	    (json_int_t)f->accepted, "rejected", (json_int_t)f->rejected,
	    "issues", issues, "error", error_json(&f->error));
}

/* Prints the verdict and returns the exit status that follows from it. */
static int
print_verdict(const char *path, const struct verdict *d, int json)
{
	const struct rowfile_summary *v = rowfile_verdict(d->reader);
	uint64_t rows = 0, accepted = 0;
	json_t *files = json_array();
	const char *outcome;
	int refused = 0;

	for (size_t i = 0; i < v->nfiles; i++) {
		rows += v->file[i].rows;
		accepted += v->file[i].accepted;
		refused += v->file[i].error.code[0] != '\0';
		json_array_append_new(files,
		    file_json(&v->file[i], &d->counts[i]));
	}
	outcome = v->error.code[0] != '\0'                     ? "rejected"
		  : accepted == rows && refused == 0           ? "accepted"
		  : accepted == 0 && !(v->nil && refused == 0) ? "rejected"
							       : "partial";
	if (json) {
		json_t *o = json_pack("{s:s, s:b, s:s, s:O, s:o}", "bundle",
		    path, "check", 1, "outcome", outcome, "files", files,
		    "error", error_json(&v->error));

		json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(o);
	} else {
		printf("%s: %s\n", path, outcome);
		if (v->error.code[0] != '\0')
			print_error(&v->error);
		for (size_t i = 0; i < v->nfiles; i++)
			print_file(&v->file[i], &d->counts[i]);
	}
	json_decref(files);
	return strcmp(outcome, "rejected") == 0 ? COMMAND_FAULTS : COMMAND_DONE;
}

static int
check_one(const struct pack *p, const char *provider, const char *path,
    int json)
{
	struct verdict v = { NULL, -1, -1, NULL };
	const char *slash = strrchr(path, '/');
	struct err e;
	int status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		err_errno(&e, ERR_HOLD, "cannot open '%s'", path);
		return command_fail(&e);
	}
	if (best(p, provider, fd, slash != NULL ? slash + 1 : path, &v, &e) ==
	    -1)
		status = command_fail(&e);
	else
		status = print_verdict(path, &v, json);
	verdict_done(&v);
	(void)close(fd);
	return status;
}

int
check_command(int argc, char **argv)
{
	const char *provider = command_option(&argc, argv, "--provider", 1);
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *dir = command_dir();
	struct pack *p = NULL;
	struct err e;
	int worst = COMMAND_DONE;

	if (command_unknown(argc, argv) || argc < 2)
		return command_usage();
	if (dir == NULL)
		dir = home_share();
	if (dir == NULL) {
		err_set(&e, ERR_HOLD,
		    "no published standards found: set ZAYTON_SHARE or -C DIR");
		return command_fail(&e);
	}
	if (command_pack(dir, &p, &e) == -1)
		return command_fail(&e);
	for (int i = 1; i < argc; i++) {
		int status = check_one(p, provider, argv[i], json);

		if (status > worst)
			worst = status;
	}
	pack_free(p);
	return worst;
}
