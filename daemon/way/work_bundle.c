#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "rule/match.h"
#include "sys/buf.h"
#include "sys/mem.h"
#include "way/work_part.h"

/* ---- what the sender says about it ---- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int
work_read_whole(struct job *j, struct buf *b, struct err *e)
{
	char piece[16 << 10];
	ssize_t n;

	while ((n = unpack_read(j->unpack, piece, sizeof(piece), e)) > 0)
		buf_add(b, piece, (size_t)n);
	if (n == 0 && !buf_ok(b))
		return err_say(e, ERR_SENDER, "manifest_member", "JSON",
		    "bytes", "1 MiB", NULL);
	return (int)n;
}

static int
take_package(struct job *j, const struct member *m, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, MANIFEST_BYTES + 1);
	if (work_read_whole(j, &b, e) == 0)
		rc = manifest_parse(b.data, b.len, &j->manifest, e);
	if (rc == 0) {
		j->has_manifest = 1;
		j->came = xcalloc(j->manifest.n + 1, 1);
		snprintf(j->folder, sizeof(j->folder), "%.*s",
		    (int)(base_name(m->path) - m->path), m->path);
	}
	buf_done(&b);
	return rc;
}

/*
 * The first look: the data package may stand behind what it is about. A
 * member that is damaged is found again by the second.
 */
static int
look(struct job *j, struct err *e)
{
	uint64_t all = 0;
	int whole = 1;
	int rc;
	struct member m;

	while ((rc = unpack_next(j->unpack, &m, e)) != 0) {
		if (rc == -1 && unpack_over(j->unpack))
			return -1;
		if (rc == -1)
			continue;
		whole = whole && m.size != UINT64_MAX;
		all += whole ? m.size : 0;
		if (m.kind == MEMBER_JSON && !j->has_manifest &&
		    strcasecmp(base_name(m.path), "datapackage.json") == 0 &&
		    take_package(j, &m, e) == -1)
			return -1;
	}
	j->unpacked_bytes = whole ? all : 0;
	return 0;
}

const struct manifest_resource *
work_resource(struct job *j, const char *path)
{
	const struct manifest_resource *r;
	size_t n = strlen(j->folder);

	if (!j->has_manifest || strncmp(path, j->folder, n) != 0)
		return NULL;
	r = manifest_find(&j->manifest, path + n);
	if (r != NULL)
		j->came[r - j->manifest.resource] = 1;
	return r;
}

static int
find_unknown(struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->manifest.unknown_n; i++)
		if (work_find(j, e, "manifest_unknown", "datapackage.json",
			j->manifest.unknown[i], NULL) == -1)
			return -1;
	return 0;
}

static void
find_missing(struct job *j)
{
	for (size_t i = 0; j->has_manifest && i < j->manifest.n; i++) {
		const char *path = j->manifest.resource[i].path;
		struct err why;

		if (j->came[i])
			continue;
		(void)rowfile_begin(j->rows, path);
		err_say(&why, ERR_SENDER, "package_missing", path, NULL);
		rowfile_refuse(j->rows, &why);
	}
}

/* ---- members ---- */

/* What a nil.json says has to be a dataset of its provider, too. */
static int
note_nil_json(struct job *j, const struct manifest_nil *nil, const char *name,
    struct err *e)
{
	struct rowfile_summary *s = rowfile_summary(j->rows);
	struct rowfile_file *f = rowfile_begin(j->rows, name);
	const struct schema *schema;

	if (match_dataset(j->work->schemas, j->work->provider, nil->dataset,
		name, NULL, 0, &schema, e) == -1) {
		rowfile_refuse(j->rows, e);
		return 0;
	}
	snprintf(f->dataset, sizeof(f->dataset), "%s", schema->dataset);
	snprintf(f->standard, sizeof(f->standard), "%s %s", schema->dataset,
	    schema->version);
	snprintf(f->period, sizeof(f->period), "%s", nil->period);
	s->nil = 1;
	memcpy(s->nil_dataset, f->dataset, sizeof(s->nil_dataset));
	memcpy(s->nil_period, f->period, sizeof(s->nil_period));
	snprintf(s->nil_reason, sizeof(s->nil_reason), "%s",
	    nil->reason != NULL ? nil->reason : "");
	return work_find(j, e, "nil_report", schema->title, nil->period,
	    s->nil_reason, NULL);
}

static int
take_nil(struct job *j, const char *name, struct err *e)
{
	struct manifest_nil nil;
	struct buf b;
	int rc = -1;

	buf_init(&b, MANIFEST_BYTES + 1);
	if (work_read_whole(j, &b, e) == 0)
		rc = manifest_nil_parse(b.data, b.len, &nil, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	rc = note_nil_json(j, &nil, name, e);
	manifest_nil_done(&nil);
	return rc;
}

/* A bare file is called as the bundle. */
static const char *
member_name(const struct job *j, const struct member *m)
{
	return m->path[0] != '\0' ? m->path : j->said->name;
}

static int
take_json(struct job *j, const struct member *m, struct err *e)
{
	const char *name = member_name(j, m);

	if (strcasecmp(base_name(name), "nil.json") == 0 ||
	    j->kind == CONTAINER_JSON)
		return take_nil(j, name, e);
	if (strcasecmp(base_name(name), "datapackage.json") == 0)
		return 0;
	(void)rowfile_begin(j->rows, name);
	return work_find(j, e, "member_ignored", name, NULL);
}

/* A member that is not read is refused by name. */
static void
refuse(struct job *j, const struct member *m, const char *code)
{
	const char *name = member_name(j, m);
	struct err why;

	(void)work_resource(j, m->path);
	(void)rowfile_begin(j->rows, name);
	err_say(&why, ERR_SENDER, code, name, NULL);
	rowfile_refuse(j->rows, &why);
}

static int
take_member(struct job *j, const struct member *m, struct err *e)
{
	switch (m->kind) {
	case MEMBER_CSV:
	case MEMBER_CSV_GZ:
		if (j->list != NULL)
			return work_list_file(j, m, e);
		if (m->kind == MEMBER_CSV && work_is_dispute(member_name(j, m)))
			return work_dispute(j, member_name(j, m), e);
		return work_file(j, m, e);
	case MEMBER_XLSX:
		return work_book(j, m, e);
	case MEMBER_JSON:
		return take_json(j, m, e);
	case MEMBER_WRONG:
		refuse(j, m, "member_kind");
		return 0;
	case MEMBER_NESTED:
		refuse(j, m, "member_nested");
		return 0;
	case MEMBER_OTHER:
		(void)rowfile_begin(j->rows, m->path);
		return work_find(j, e, "member_ignored", m->path, NULL);
	case MEMBER_SIG:
	case MEMBER_JUNK:
	case MEMBER_DIR:
		break;
	}
	return 0;
}

int
work_members(struct job *j, struct err *e)
{
	struct member m;
	int rc;

	while ((rc = unpack_next(j->unpack, &m, e)) != 0) {
		if (rc == -1 && unpack_over(j->unpack))
			return -1;
		if (rc == -1) {
			(void)work_resource(j, m.path);
			(void)rowfile_begin(j->rows, m.path);
			rowfile_refuse(j->rows, e);
		} else if (take_member(j, &m, e) == -1) {
			return -1;
		}
	}
	return 0;
}

/* ---- the bundle ---- */

int
work_open_members(struct job *j, struct err *e)
{
	unpack_close(j->unpack);
	j->unpack = unpack_open(j->said->bundle, j->kind, &j->limits, e);
	return j->unpack != NULL ? 0 : -1;
}

static int
is_bare(enum container_kind kind)
{
	return kind == CONTAINER_CSV || kind == CONTAINER_CSV_GZ ||
	       kind == CONTAINER_XLSX || kind == CONTAINER_JSON;
}

/*
 * A bundle of files with headers and no rows says that there was nothing.
 */
static int
note_nil(struct job *j, struct err *e)
{
	struct rowfile_summary *s = rowfile_summary(j->rows);
	const struct rowfile_file *nil = NULL;

	for (size_t i = 0; i < s->nfiles; i++) {
		const struct rowfile_file *f = &s->file[i];

		if (f->rows > 0 || f->error.code[0] != '\0' ||
		    work_is_dispute(f->path)) {
			s->nil = 0;
			return 0;
		}
		if (nil == NULL && f->dataset[0] != '\0')
			nil = f;
	}
	if (s->nil)
		return 0;
	if (nil == NULL)
		return err_say(e, ERR_SENDER, "container_no_data", NULL);
	s->nil = 1;
	memcpy(s->nil_dataset, nil->dataset, sizeof(s->nil_dataset));
	memcpy(s->nil_period, nil->period, sizeof(s->nil_period));
	return 0;
}

static int
take_bundle(struct job *j, struct err *e)
{
	if (j->said->keys != NULL)
		return work_signature(j, e);
	if (j->said->query)
		return work_query(j, e);
	j->kind = container_kind_of(j->said->name);
	if (j->kind == CONTAINER_NONE)
		return container_kind_refuse(j->said->name, e);
	if (work_open_members(j, e) == -1)
		return -1;
	if (!is_bare(j->kind) &&
	    (look(j, e) == -1 || work_open_members(j, e) == -1))
		return -1;
	if (work_members(j, e) == -1)
		return -1;
	find_missing(j);
	if (note_nil(j, e) == -1)
		return -1;
	return rowfile_summary(j->rows)->nfiles > 0 ? find_unknown(j, e) : 0;
}

/* ---- around it ---- */

void
work_day(const char *received_at, char today[16])
{
	struct tm tm = { 0 };
	const char *rest = strptime(received_at, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t;

	snprintf(today, 16, "%.10s", received_at);
	if (rest == NULL || strchr(rest, 'Z') == NULL)
		return;
	t = timegm(&tm) + 8 * 3600;
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(today, 16, "%Y-%m-%d", &tm);
}

void
work_tell(struct job *j)
{
	struct timespec now;
	uint64_t done = unpack_bytes(j->unpack);

	if (j->said->progress == NULL ||
	    clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return;
	if ((now.tv_sec - j->told.tv_sec) * 1000 +
		(now.tv_nsec - j->told.tv_nsec) / 1000000 <
	    100)
		return;
	j->told = now;
	if (j->unpacked_bytes > 0)
		done = (uint64_t)((double)j->bundle_bytes * (double)done /
				  (double)j->unpacked_bytes);
	j->said->progress(j->said->arg,
	    done < j->bundle_bytes ? done : j->bundle_bytes, j->nrows);
}

static int
start(struct job *j, struct err *e)
{
	struct stat st;

	if (fstat(j->said->bundle, &st) == -1)
		return err_errno(e, ERR_RETRY, "cannot read the bundle");
	j->bundle_bytes = (uint64_t)st.st_size;
	j->limits = container_limits_default;
	if (j->said->unpacked_max > 0)
		j->limits.unpacked = j->said->unpacked_max;
	work_day(j->said->received_at, j->today);
	row_init(&j->row);
	if (j->said->exceptions != NULL && j->said->exceptions[0] != '\0')
		j->row.excepted = j->said->exceptions;
	j->report = report_new(j->said->rejected,
	    j->said->id != NULL ? j->said->id : "");
	if (work_read_corrected(j, e) == -1)
		return -1;
	return rowfile_create(j->said->rows, &j->rows, e);
}

int
work_run(struct work *w, const struct work_job *said, struct err *e)
{
	struct job j = { .work = w, .said = said };
	int rc = -1;

	if (start(&j, e) == -1)
		goto out;
	if (take_bundle(&j, e) == -1) {
		if (e->kind != ERR_SENDER)
			goto out;
		rowfile_summary(j.rows)->error = *e;
	}
	if (rowfile_finish(j.rows, e) == -1 || report_finish(j.report, e) == -1)
		goto out;
	rc = 0;
out:
	unpack_close(j.unpack);
	if (j.has_manifest)
		manifest_done(&j.manifest);
	free(j.came);
	json_decref(j.list);
	json_decref(j.corrected);
	report_free(j.report);
	rowfile_free(j.rows);
	row_done(&j.row);
	return rc;
}
