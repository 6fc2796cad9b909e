#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bundle.h"
#include "quality/correction.h"
#include "quality/quality.h"
#include "sys/catalog.h"
#include "sys/clock.h"
#include "sys/mem.h"
#include "way/merge_part.h"

enum { LOOK_AT_CLOCK = 256, MERGE_TEXT = 16 << 20 };

/* --- findings ----------------------------------------------------------- */

int
merge_add_issue(struct merge *m, size_t file, const struct rowfile_record *r,
    struct err *e)
{
	return m->mode == MERGE_TRY
		   ? 0
		   : bundle_issue(m->db, m->bundle, (int64_t)file, r, e);
}

const char *const merge_rule[MERGE_FINDINGS] = { [MERGE_SAME] = "duplicate_row",
	[MERGE_OTHER] = "duplicate_conflict",
	[MERGE_STALE] = "stale_row" };

/* What the sender calls a field, else its title. */
static void
header_of(struct merge *m, size_t file, const struct field *f, char *buf,
    size_t size)
{
	sqlite3_stmt *st;
	struct err e;
	int rc = db_query(m->db, &st, &e,
	    "SELECT json_extract(nullif(columns, ''), '$.' || ?) FROM"
	    " bundle_file_t WHERE bundle = ? AND no = ?",
	    "tii", f->name, m->bundle, (int64_t)file);

	snprintf(buf, size, "%s",
	    rc == 1 && db_text(st, 0)[0] != '\0' ? db_text(st, 0) : f->title);
	db_done(st);
}

/* A finding about a row of a file of this bundle; field -1: the whole row. */
static int
note(struct merge *m, size_t file, uint64_t line, enum merge_finding f,
    int field, const char *const arg[2], struct err *e)
{
	const char *rule = merge_rule[f];
	char zh[512];
	char en[512];
	char header[256];
	struct rowfile_record issue = { .line = line,
		.field = "",
		.header = "",
		.rule = rule,
		.text = "",
		.zh = zh,
		.en = en,
		.severity = SEVERITY_WARN,
		.effect = EFFECT_KEEP };

	m->counts[file].found[f]++;
	if (m->mode == MERGE_TRY)
		return 0;
	if (field != -1) {
		issue.field = m->target->schema->field[field].name;
		header_of(m, file, &m->target->schema->field[field], header,
		    sizeof(header));
		issue.header = header;
	}
	catalog_zh(rule, arg, 2, zh, sizeof(zh));
	catalog_en(rule, arg, 2, en, sizeof(en));
	return merge_add_issue(m, file, &issue, e);
}

/* The key stands twice in the bundle; each field that differs is told. */
static int
note_twice(struct merge *m, const struct rowfile_record *r,
    const struct current *c, enum merge_finding f, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);
	char row[24];
	const char *const arg[2] = { row, v->file[c->file].path };

	snprintf(row, sizeof(row), "%" PRIu64, c->line);
	if (f != MERGE_OTHER || m->differs == 0)
		return note(m, m->file, r->line, f, -1, arg, e);
	for (int i = 0; i < SCHEMA_FIELDS; i++)
		if ((m->differs >> i & 1) != 0 &&
		    note(m, m->file, r->line, f, i, arg, e) == -1)
			return -1;
	return 0;
}

/* A row that came too late: there is one of a later business date. */
static int
note_stale(struct merge *m, size_t file, uint64_t line, const char *as_of,
    const char *than, struct err *e)
{
	return note(m, file, line, MERGE_STALE, -1,
	    (const char *const[]){ as_of, than }, e);
}

/* --- one row ------------------------------------------------------------ */

/*
 * What the row says together with the current version, which it was not
 * filled from yet; its hash.
 */
static int
fill(struct merge *m, struct rowfile_record *r, const struct current *c,
    int64_t *hash, struct err *e)
{
	if (*hash == c->hash || r->op == 'C' || c->id == 0)
		return 0;
	if (merge_fill_from_current(m, r, c->id, e) == -1)
		return -1;
	*hash = merge_content_hash(m, r);
	return 0;
}

int
merge_note_count(struct db *db, int64_t bundle, int64_t file, const char *rule,
    enum severity severity, int64_t n, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO bundle_finding_t VALUES (?,?,?,?,?)",
	    "iitii", bundle, file, rule, (int64_t)severity, n);
}

int
merge_keep_counts(struct db *db, int64_t bundle, int64_t file,
    const struct merge_counts *n, struct err *e)
{
	for (int f = 0; f < MERGE_FINDINGS; f++)
		if (n->found[f] > 0 &&
		    merge_note_count(db, bundle, file, merge_rule[f],
			SEVERITY_WARN, n->found[f], e) == -1)
			return -1;
	return db_run(db, e,
	    "UPDATE bundle_file_t SET inserted = ?, updated = ?,"
	    " unchanged = ?, superseded = ?, linked = ?"
	    " WHERE bundle = ? AND no = ?",
	    "iiiiiii", n->inserted, n->updated, n->unchanged, n->superseded,
	    n->linked, bundle, file);
}

static int
save_counts(struct merge *m, size_t file, struct err *e)
{
	const struct merge_counts *n = &m->counts[file];

	if (m->mode != MERGE_APPLY)
		return 0;
	return merge_keep_counts(m->db, m->bundle, (int64_t)file, n, e);
}

static int64_t *
count_of(struct merge_counts *n, enum did did)
{
	switch (did) {
	case DID_INSERT:
		return &n->inserted;
	case DID_UPDATE:
		return &n->updated;
	case DID_NOTHING:
		break;
	}
	return &n->unchanged;
}

/*
 * A newer version takes the place of what stands, and says what that said,
 * unless it corrects it or is of another enterprise.
 */
static int
replace(struct merge *m, const struct rowfile_record *r, int64_t hash,
    const struct current *c, const char *reason, struct err *e)
{
	if (merge_end_version(m, c, reason, e) == -1 ||
	    merge_put(m, r, c, hash, NULL, e) == -1)
		return -1;
	return r->op == 'C' || c->enterprise != m->found.enterprise
		   ? merge_touch(m, c->enterprise, NULL, e)
		   : 0;
}

/*
 * This row takes the place of an earlier one of the bundle, which is the one
 * superseded. Where that only confirmed the base, this is the update.
 */
static int
replace_earlier(struct merge *m, const struct rowfile_record *r, int64_t hash,
    struct current *c, struct err *e)
{
	struct merge_counts *earlier = &m->counts[c->file];
	const char *reason = "twice in bundle";

	*count_of(earlier, c->did) -= 1;
	earlier->superseded++;
	if (c->did == DID_NOTHING) {
		c->did = DID_UPDATE;
		reason = "updated";
	}
	*count_of(&m->counts[m->file], c->did) += 1;
	if (c->file != m->file && save_counts(m, c->file, e) == -1)
		return -1;
	return replace(m, r, hash, c, reason, e);
}

/*
 * The key stands twice in this bundle: one of the two is superseded. Where
 * their business dates differ that is the older one; else they contradict each
 * other, if they are not the same.
 */
static int
merge_twice(struct merge *m, struct rowfile_record *r, int64_t hash,
    struct current *c, struct merge_counts *n, struct err *e)
{
	int late = merge_is_older(r->as_of, c->as_of);
	int early = merge_is_older(c->as_of, r->as_of);
	int same, rc;

	if (!late && fill(m, r, c, &hash, e) == -1)
		return -1;
	same = hash == c->hash;
	if (same)
		rc = note_twice(m, r, c, MERGE_SAME, e);
	else if (late)
		rc = note_stale(m, m->file, r->line, r->as_of, c->as_of, e);
	else if (early)
		rc = note_stale(m, c->file, c->line, c->as_of, r->as_of, e);
	else
		rc = note_twice(m, r, c, MERGE_OTHER, e);
	if (rc == -1)
		return -1;
	if (!same && !late)
		return replace_earlier(m, r, hash, c, e);
	n->superseded++;
	return merge_put(m, r, c, hash, "twice in bundle", e);
}

static enum rowfile_mode
mode_of(const struct merge *m)
{
	return rowfile_verdict(m->reader)->file[m->file].mode;
}

static int
merge_delete(struct merge *m, const struct rowfile_record *r,
    const struct current *c, int found, struct merge_counts *n, struct err *e)
{
	if (!found) {
		n->superseded++;
		return merge_put(m, r, c, 0, "deleted by provider", e);
	}
	n->updated++;
	merge_count_linked(m, c->enterprise);
	if (m->mode != MERGE_APPLY)
		return merge_remember(m, r, c, 0, "", e);
	return merge_end_version(m, c,
		   mode_of(m) == ROWFILE_RETRACT ? "retracted"
						 : "deleted by provider",
		   e) == -1
		   ? -1
		   : merge_touch(m, c->enterprise, NULL, e);
}

/* A row whose key the base knows from before. */
static int
merge_known(struct merge *m, struct rowfile_record *r, int64_t hash,
    struct current *c, struct merge_counts *n, struct err *e)
{
	if (hash != c->hash && merge_is_older(r->as_of, c->as_of) &&
	    r->op != 'C') {
		n->superseded++;
		if (note_stale(m, m->file, r->line, r->as_of, c->as_of, e) ==
		    -1)
			return -1;
		/* It is there, if an older one: no full file ends it. */
		c->did = DID_NOTHING;
		if (mode_of(m) == ROWFILE_FULL &&
		    merge_mark_seen(m, r, c, e) == -1)
			return -1;
		return merge_put(m, r, c, hash, "older", e);
	}
	if (fill(m, r, c, &hash, e) == -1)
		return -1;
	if (hash == c->hash) {
		n->unchanged++;
		merge_count_linked(m, c->enterprise);
		c->did = DID_NOTHING;
		return merge_mark_seen(m, r, c, e);
	}
	n->updated++;
	c->did = DID_UPDATE;
	return replace(m, r, hash, c, r->op == 'C' ? "corrected" : "updated",
	    e);
}

/* What it has to do with what the base holds is left in c. */
static int
place_row(struct merge *m, struct rowfile_record *r, struct current *c,
    struct err *e)
{
	struct merge_counts *n = &m->counts[m->file];
	int64_t hash = merge_content_hash(m, r);
	int rc;

	/*
	 * New rows come after new rows, known ones after known ones: where the
	 * last was new this one is put in first, and looked up if that fails.
	 * A register may have it under another key.
	 */
	if (m->mode == MERGE_APPLY && m->last_new && r->op != 'D' &&
	    !m->target->schema->master) {
		rc = merge_insert(m, r, hash, DID_INSERT, NULL, e);
		if (rc == 1)
			n->inserted++;
		if (rc != 0)
			return rc == -1 ? -1 : 0;
	}
	rc = merge_find_current(m, r->key, c, e);
	m->last_new = rc == 0;
	if (rc == 0)
		rc = merge_find_subject(m, r, c, e);
	if (rc == -1)
		return -1;
	if (r->op == 'D') {
		rc = merge_delete(m, r, c, rc == 1, n, e);
	} else if (rc == 0) {
		n->inserted++;
		rc = merge_put(m, r, c, hash, NULL, e);
	} else if (c->ours) {
		m->target->tally.repeats++;
		rc = merge_twice(m, r, hash, c, n, e);
	} else {
		rc = merge_known(m, r, hash, c, n, e);
	}
	db_done(m->target->values);
	return rc;
}

static int
merge_row(struct merge *m, struct rowfile_record *r, struct err *e)
{
	struct current c = { .id = 0 };

	m->asked = 0;
	m->differs = 0;
	m->target->tally.rows++;
	if (mode_of(m) == ROWFILE_RETRACT)
		r->op = 'D';
	if (merge_leaf_hash(m, r, e) == -1 || place_row(m, r, &c, e) == -1)
		return -1;
	return merge_leaf_keep(m, m->version != 0 ? m->version : c.id, e);
}

/*
 * A row that was merged before a crash: if it only confirmed what stands, that
 * is known again.
 */
static int
recall(struct merge *m, struct rowfile_record *r, struct err *e)
{
	int64_t hash = merge_content_hash(m, r);
	struct current c = { .id = 0 };
	int rc = 0;

	if (r->op == 'D' || mode_of(m) == ROWFILE_RETRACT)
		return 0;
	if (merge_find_current(m, r->key, &c, e) == -1)
		return -1;
	if (c.id == 0 || c.ours)
		return 0;
	if (hash == c.hash || r->op == 'C' ||
	    !merge_is_older(r->as_of, c.as_of))
		rc = fill(m, r, &c, &hash, e);
	c.did = DID_NOTHING;
	if (rc == 0 && hash == c.hash)
		rc = merge_mark_seen(m, r, &c, e);
	db_done(m->target->values);
	return rc;
}

/* --- slices ------------------------------------------------------------- */

/* Whether all before a place was merged before a crash. */
static int
was_done(const struct merge *m, uint64_t offset)
{
	return m->file < m->done_file ||
	       (m->file == m->done_file && offset <= m->done_offset);
}

/* Files before this one were saved when they ended. */
static int
save_progress(struct merge *m, struct err *e)
{
	if (m->mode != MERGE_APPLY || was_done(m, m->offset + 1))
		return 0;
	if (m->file < rowfile_verdict(m->reader)->nfiles &&
	    save_counts(m, m->file, e) == -1)
		return -1;
	if (merge_tally_save(m, e) == -1 || merge_leaf_save(m, e) == -1)
		return -1;
	return db_run(m->db, e,
	    "UPDATE bundle_t SET at_file = ?, at_offset = ? WHERE no = ?",
	    "iii", (int64_t)m->file, (int64_t)m->offset, m->bundle);
}

static int
find_schema(const struct merge *m, const char *dataset,
    const struct schema **ret_s, struct err *e)
{
	*ret_s = schemas_find(m->schemas, dataset);
	if (*ret_s == NULL)
		return err_set(e, ERR_HOLD, "no standard '%s'", dataset);
	return 0;
}

static int
row_target(struct merge *m, const struct rowfile_record *r, struct err *e)
{
	const struct schema *s = m->schema;

	if (r->dataset[0] != '\0' && find_schema(m, r->dataset, &s, e) == -1)
		return -1;
	if (s == NULL || r->nvalues != s->nfields)
		return err_set(e, ERR_HOLD, "a row not of its standard");
	merge_target_set(m, s);
	return 0;
}

/* A trial of rules has no bundle to keep anything for. */
static int
keep_sent(struct merge *m, struct err *e)
{
	return m->bundle == 0 ? 0
			      : quality_sent(m->db, m->bundle, (int64_t)m->file,
				    m->record, e);
}

/* Nothing of a file that was refused corrects anything. */
static int
merge_correction(struct merge *m, const struct rowfile_file *f, struct err *e)
{
	if (m->mode != MERGE_APPLY || f->error.code[0] != '\0')
		return 0;
	return correction_note(m->db, m->provider, m->bundle, (int64_t)m->file,
	    f, m->record, e);
}

/* One record: 1 taken, 0 the file has no more, -1. */
static int
merge_record(struct merge *m, const struct rowfile_file *f, struct err *e)
{
	int rc;

	if (m->offset == 0)
		m->offset = f->begin;
	rc = rowfile_next(m->reader, f, &m->offset, m->record, e);
	if (rc != 1)
		return rc;
	if (m->record->kind != ROWFILE_ROW && was_done(m, m->offset))
		return 1;
	if (m->record->kind == ROWFILE_FINDING)
		return merge_add_issue(m, m->file, m->record, e) == -1 ? -1 : 1;
	if (m->record->kind == ROWFILE_SENT && m->mode == MERGE_TRY)
		return 1;
	if (m->record->kind == ROWFILE_SENT)
		return keep_sent(m, e) == -1 ? -1 : 1;
	if (m->record->kind == ROWFILE_CORRECTS)
		return merge_correction(m, f, e) == -1 ? -1 : 1;
	/* A file that was refused for its quality keeps its findings. */
	if (f->error.code[0] != '\0')
		return 1;
	if (row_target(m, m->record, e) == -1)
		return -1;
	rc = was_done(m, m->offset) ? recall(m, m->record, e)
				    : merge_row(m, m->record, e);
	return rc == -1 ? -1 : 1;
}

static int
end_file(struct merge *m, struct err *e)
{
	return save_counts(m, m->file, e) == -1 ? -1 : merge_leaf_end(m, e);
}

int
merge_file_schema(struct merge *m, const struct rowfile_file *f, struct err *e)
{
	m->schema = NULL;
	if (f->dataset[0] == '\0')
		return 0;
	return find_schema(m, f->dataset, &m->schema, e);
}

int
merge_slice(struct merge *m, int milliseconds, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(m->reader);
	int64_t until = clock_milliseconds() + milliseconds;
	unsigned int n = 0;
	int rc;

	if (db_begin(m->db, e) == -1)
		return -1;
	while (m->file < v->nfiles) {
		const struct rowfile_file *f = &v->file[m->file];

		if (merge_file_schema(m, f, e) == -1)
			return -1;
		while ((rc = merge_record(m, f, e)) == 1)
			if (!was_done(m, m->offset) &&
			    ++n % LOOK_AT_CLOCK == 0 &&
			    clock_milliseconds() >= until)
				return save_progress(m, e) == -1 ? -1 : 1;
		if (rc == -1 ||
		    (m->file >= m->done_file && end_file(m, e) == -1))
			return -1;
		m->file++;
		m->offset = 0;
	}
	if (merge_finish_files(m, e) == -1)
		return -1;
	return save_progress(m, e);
}

/* --- begin and end ------------------------------------------------------ */

static int
restore_findings(struct merge *m, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(m->db, &st, e,
	    "SELECT file, rule, n FROM bundle_finding_t WHERE bundle = ?", "i",
	    m->bundle);

	for (; rc == 1; rc = db_next(m->db, st, e))
		for (int f = 0; f < MERGE_FINDINGS; f++)
			if (strcmp(db_text(st, 1), merge_rule[f]) == 0 &&
			    (size_t)sqlite3_column_int64(st, 0) <
				rowfile_verdict(m->reader)->nfiles)
				m->counts[sqlite3_column_int64(st, 0)]
				    .found[f] = sqlite3_column_int64(st, 2);
	db_done(st);
	return rc;
}

static int
restore(struct merge *m, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(m->db, &st, e,
	    "SELECT at_file, at_offset, no * 65536 + run FROM bundle_t"
	    " WHERE no = ?",
	    "i", m->bundle);

	if (rc == 1) {
		m->done_file = (size_t)sqlite3_column_int64(st, 0);
		m->done_offset = (uint64_t)sqlite3_column_int64(st, 1);
		m->run = sqlite3_column_int64(st, 2);
	}
	db_done(st);
	if (rc == -1 || (m->done_file == 0 && m->done_offset == 0 &&
			    row_leaves_forget(m->db, m->bundle, e) == -1))
		return -1;
	rc = db_query(m->db, &st, e,
	    "SELECT no, inserted, updated, unchanged, superseded, linked"
	    " FROM bundle_file_t WHERE bundle = ?",
	    "i", m->bundle);
	for (; rc == 1; rc = db_next(m->db, st, e)) {
		size_t no = (size_t)sqlite3_column_int64(st, 0);
		int64_t *to[5];

		if (no >= rowfile_verdict(m->reader)->nfiles)
			continue;
		to[0] = &m->counts[no].inserted;
		to[1] = &m->counts[no].updated;
		to[2] = &m->counts[no].unchanged;
		to[3] = &m->counts[no].superseded;
		to[4] = &m->counts[no].linked;
		for (int i = 0; i < 5; i++)
			*to[i] = sqlite3_column_int64(st, 1 + i);
	}
	db_done(st);
	return rc == -1 ? -1 : restore_findings(m, e);
}

int
merge_open(struct db *db, const struct schemas *s, struct link *l,
    int64_t bundle, const char *provider, struct rowfile_reader *r,
    const char *now, enum merge_mode mode, struct merge **ret_m, struct err *e)
{
	struct merge *m = xcalloc(1, sizeof(*m));

	m->db = db;
	m->schemas = s;
	m->link = l;
	m->bundle = bundle;
	m->provider = provider;
	m->reader = r;
	m->mode = mode;
	m->last_new = 1;
	buf_init(&m->text, MERGE_TEXT);
	m->counts = xcalloc(rowfile_verdict(r)->nfiles + 1, sizeof(*m->counts));
	m->record = xcalloc(1, sizeof(*m->record));
	snprintf(m->now, sizeof(m->now), "%s", now);
	for (size_t i = 0; i < rowfile_verdict(r)->nfiles; i++)
		m->marks |= rowfile_verdict(r)->file[i].mode == ROWFILE_FULL;
	if ((mode != MERGE_APPLY &&
		(db_exec(db,
		     "CREATE TEMP TABLE IF NOT EXISTS dry_t (dataset TEXT,"
		     " key TEXT, id INTEGER, hash INTEGER, as_of TEXT,"
		     " gone INTEGER, at INTEGER, PRIMARY KEY (dataset, key)) "
		     "WITHOUT ROWID",
		     e) == -1 ||
		    db_exec(db, "DELETE FROM temp.dry_t", e) == -1)) ||
	    /* A dry run begins anew after a crash, its findings too. */
	    (mode == MERGE_DRY &&
		db_run(db, e, "DELETE FROM quality_issue_t WHERE bundle = ?",
		    "i", bundle) == -1) ||
	    (mode == MERGE_APPLY && restore(m, e) == -1)) {
		merge_close(m);
		return -1;
	}
	*ret_m = m;
	return 0;
}

const struct merge_counts *
merge_counts(const struct merge *m, size_t file)
{
	return &m->counts[file];
}

void
merge_close(struct merge *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->ntargets; i++) {
		merge_tally_end(&m->targets[i].tally);
		merge_seen_end(&m->targets[i].confirmed);
	}
	row_leaves_done(&m->leaves);
	buf_done(&m->text);
	free(m->targets);
	free(m->counts);
	free(m->record);
	free(m);
}
