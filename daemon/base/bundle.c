#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bundle.h"
#include "base/ledger.h"
#include "quality/correction.h"
#include "quality/quality.h"

#define BUNDLE_COLUMNS                                                    \
	"no, id, account, kind, name, bytes, sha256, state, received_at," \
	" finished_at, outcome, code, zh, en, original, pack, attempts"

static void
read_bundle(sqlite3_stmt *st, struct bundle *b)
{
	memset(b, 0, sizeof(*b));
	b->no = sqlite3_column_int64(st, 0);
#define TEXT(to, column) snprintf(to, sizeof(to), "%s", db_text(st, column))
	TEXT(b->name.id, 1);
	TEXT(b->name.account, 2);
	b->name.kind = db_text(st, 3)[0];
	TEXT(b->name.name, 4);
	b->bytes = sqlite3_column_int64(st, 5);
	TEXT(b->sha256, 6);
	TEXT(b->state, 7);
	TEXT(b->received_at, 8);
	TEXT(b->finished_at, 9);
	TEXT(b->outcome, 10);
	TEXT(b->refusal.code, 11);
	TEXT(b->refusal.zh, 12);
	TEXT(b->refusal.en, 13);
	b->original = sqlite3_column_int64(st, 14);
	TEXT(b->pack, 15);
	b->attempts = sqlite3_column_int(st, 16);
#undef TEXT
}

int
bundle_find(struct db *db, const char *id, struct bundle *ret_b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT " BUNDLE_COLUMNS " FROM bundle_t WHERE id = ?", "t", id);

	if (rc == 1)
		read_bundle(st, ret_b);
	db_done(st);
	return rc;
}

int
bundle_get(struct db *db, int64_t no, struct bundle *ret_b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT " BUNDLE_COLUMNS " FROM bundle_t WHERE no = ?", "i", no);

	if (rc == 1)
		read_bundle(st, ret_b);
	db_done(st);
	return rc;
}

int
bundle_signed(struct db *db, const struct bundle *signature,
    struct bundle *ret_b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT " BUNDLE_COLUMNS " FROM bundle_t WHERE account = ? AND"
	    " kind = 'u' AND name || '.sig' = ? ORDER BY no DESC LIMIT 1",
	    "tt", signature->name.account, signature->name.name);

	if (rc == 1)
		read_bundle(st, ret_b);
	db_done(st);
	return rc;
}

/* A ledger line about a bundle; takes the detail. */
static int
note(struct db *db, const struct bundle *b, const char *kind, const char *now,
    json_t *detail, struct err *e)
{
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = ledger_append(db, now, kind, b->name.account, b->name.id,
	    text != NULL ? text : "{}", NULL, e);

	json_decref(detail);
	free(text);
	return rc;
}

/* The number of the first bundle with this content, 0 none, -1. */
static int64_t
find_original(struct db *db, const struct spool_name *n, const char *sha256)
{
	char kind[2] = { n->kind, '\0' };

	/*
	 * What a signature means depends on the bundle beside it, and a query
	 * asks for what is known when it is asked.
	 */
	if (n->kind == 's' || n->kind == 'q' || n->kind == 'x')
		return 0;
	return db_int(db, 0,
	    "SELECT no FROM bundle_t WHERE account = ? AND sha256 = ? AND"
	    " kind = ? AND original IS NULL LIMIT 1",
	    "ttt", n->account, sha256, kind);
}

static int
insert(struct db *db, const struct spool_name *n, int64_t bytes,
    const char *sha256, const char *state, const char *now, int64_t original,
    struct err *e)
{
	char kind[2] = { n->kind, '\0' };

	return db_run(db, e,
	    "INSERT INTO bundle_t (id, account, kind, name, bytes, sha256,"
	    " state, received_at, original) VALUES (?,?,?,?,?,?,?,?,"
	    " nullif(?, 0))",
	    "ttttitt"
	    "ti",
	    n->id, n->account, kind, n->name, bytes, sha256, state, now,
	    original);
}

int
bundle_take(struct db *db, const struct spool_name *n, int64_t bytes,
    const char *sha256, const struct err *why, const char *now,
    enum delivery *ret_d, struct bundle *ret_b, struct err *e)
{
	int64_t original;
	int rc = bundle_find(db, n->id, ret_b, e);

	if (rc != 0) {
		*ret_d = DELIVERY_KNOWN;
		return rc == -1 ? -1 : 0;
	}
	original = find_original(db, n, sha256);
	*ret_d = original != 0          ? DELIVERY_AGAIN
		 : why->code[0] != '\0' ? DELIVERY_REFUSED
					: DELIVERY_NEW;
	if (insert(db, n, bytes, sha256, original != 0 ? "applied" : "received",
		now, original, e) == -1 ||
	    bundle_find(db, n->id, ret_b, e) != 1)
		return -1;
	if (original != 0)
		return note(db, ret_b, "received again", now,
		    json_pack("{s:s, s:s, s:I}", "name", n->name, "sha256",
			sha256, "original", (json_int_t)original),
		    e);
	ret_b->refusal = *why;
	return 0;
}

/* --- fair choice -------------------------------------------------------- */

static int
claim(struct db *db, struct bundle *b, const char *pack, const char *now,
    struct err *e)
{
	/* One that was at work keeps the pack it began with. */
	if (strcmp(b->state, "claimed") == 0 && b->pack[0] != '\0')
		pack = b->pack;
	if (db_run(db, e,
		"UPDATE bundle_t SET state = 'claimed', pack = ? WHERE no = ?",
		"ti", pack, b->no) == -1)
		return -1;
	snprintf(b->state, sizeof(b->state), "claimed");
	if (pack != b->pack)
		snprintf(b->pack, sizeof(b->pack), "%s", pack);
	return note(db, b, "claimed", now,
	    json_pack("{s:s, s:i}", "pack", pack, "attempt", b->attempts + 1),
	    e);
}

/*
 * Working is kept by temp.at_work, which a new keeper starts empty: so
 * everything claimed before it is offered again.
 */
int
bundle_claim(struct db *db, const char *pack, const char *now,
    struct bundle *ret_b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT " BUNDLE_COLUMNS " FROM bundle_t b"
	    " WHERE state IN ('received', 'claimed') AND original IS NULL"
	    " AND no NOT IN (SELECT no FROM temp.at_work)"
	    " ORDER BY state, (SELECT count(*) FROM temp.at_work w"
	    "  WHERE w.account = b.account), bytes > 1048576, no LIMIT 1",
	    "");

	if (rc == 1)
		read_bundle(st, ret_b);
	db_done(st);
	if (rc != 1)
		return rc;
	return claim(db, ret_b, pack, now, e) == -1 ? -1 : 1;
}

int
bundle_failed(struct db *db, struct bundle *b, struct err *e)
{
	b->attempts++;
	return db_run(db, e,
	    "UPDATE bundle_t SET attempts = attempts + 1 WHERE no = ?", "i",
	    b->no);
}

/* --- verdict and end ---------------------------------------------------- */

static char *
rule_counts(const struct rowfile_file *f)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < f->nrules; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:i, s:I}", "rule", f->rule[i].rule,
			"severity", f->rule[i].severity, "count",
			(json_int_t)f->rule[i].count));
	text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(list);
	return text;
}

int
bundle_verdict(struct db *db, const struct bundle *b,
    const struct rowfile_summary *v, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < v->nfiles; i++) {
		const struct rowfile_file *f = &v->file[i];
		char *counts = rule_counts(f);

		rc = db_run(db, e,
		    "INSERT OR IGNORE INTO bundle_file_t (bundle, no, path,"
		    " dataset, standard, rules, encoding, sha256, rows,"
		    " accepted, rejected, issues, code, zh, en, columns,"
		    " header, period) VALUES"
		    " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		    "iittttttiiittttttt", b->no, (int64_t)i, f->path,
		    f->dataset, f->standard, f->rules, f->encoding, f->sha256,
		    (int64_t)f->rows, (int64_t)f->accepted,
		    (int64_t)f->rejected, counts, f->error.code, f->error.zh,
		    f->error.en, f->columns, f->header, f->period);
		free(counts);
	}
	if (rc == 0 && v->nil)
		rc = db_run(db, e, "UPDATE bundle_t SET nil = ? WHERE no = ?",
		    "ti", v->nil_dataset, b->no);
	return rc;
}

int
bundle_finish(struct db *db, struct bundle *b, const char *outcome,
    const struct err *refusal, const char *now, struct err *e)
{
	const char *state =
	    strcmp(outcome, "rejected") == 0 ? "rejected" : "applied";

	b->refusal = *refusal;
	snprintf(b->state, sizeof(b->state), "%s", state);
	snprintf(b->outcome, sizeof(b->outcome), "%s", outcome);
	snprintf(b->finished_at, sizeof(b->finished_at), "%s", now);
	return db_run(db, e,
	    "UPDATE bundle_t SET state = ?, outcome = ?, finished_at = ?,"
	    " code = ?, zh = ?, en = ? WHERE no = ?",
	    "ttttt"
	    "ti",
	    state, outcome, now, refusal->code, refusal->zh, refusal->en,
	    b->no);
}

int
bundle_quarantine(struct db *db, struct bundle *b, const char *reason,
    const char *now, struct err *e)
{
	snprintf(b->state, sizeof(b->state), "quarantined");
	if (db_run(db, e,
		"UPDATE bundle_t SET state = 'quarantined', zh = ?1, en = ?1"
		" WHERE no = ?2",
		"ti", reason, b->no) == -1)
		return -1;
	return note(db, b, "quarantined", now,
	    json_pack("{s:s}", "reason", reason), e);
}

int
bundle_again(struct db *db, struct bundle *b, const char *verb, const char *now,
    struct err *e)
{
	if (strcmp(b->state, "quarantined") != 0 &&
	    strcmp(b->state, "rejected") != 0)
		return err_set(e, ERR_HOLD,
		    "bundle %s is %s: only a quarantined or rejected one can "
		    "be put on its way again",
		    b->name.id, b->state);
	if (db_run(db, e,
		"UPDATE bundle_t SET state = 'received', attempts = 0,"
		" run = run + 1,"
		" pack = NULL, outcome = NULL, finished_at = NULL, code = '',"
		" zh = '', en = '', nil = NULL, at_file = 0, at_offset = 0"
		" WHERE no = ?",
		"i", b->no) == -1 ||
	    db_run(db, e, "DELETE FROM bundle_file_t WHERE bundle = ?", "i",
		b->no) == -1 ||
	    db_run(db, e, "DELETE FROM bundle_finding_t WHERE bundle = ?", "i",
		b->no) == -1 ||
	    db_run(db, e, "DELETE FROM quality_issue_t WHERE bundle = ?", "i",
		b->no) == -1 ||
	    quality_forget(db, b->no, e) == -1 ||
	    correction_forget(db, b->no, e) == -1 ||
	    db_run(db, e,
		"DELETE FROM receipt_t WHERE bundle = ? AND kind = 'result'",
		"i", b->no) == -1 ||
	    db_run(db, e,
		"UPDATE receipt_file_t SET placed = 0, proved = 0 WHERE"
		" bundle = ? AND kind = 'result'",
		"i", b->no) == -1)
		return -1;
	return note(db, b, verb, now, json_object(), e);
}

int
bundle_issue(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e)
{
	sqlite3_stmt *st = db_prepare(db,
	    "INSERT INTO quality_issue_t (bundle, file, row, field, header,"
	    " rule, severity, value, message_zh, message_en, effect)"
	    " VALUES (?,?,?,?,?,?,?,?,?,?,?)");
	int rc;

	(void)sqlite3_bind_int64(st, 1, bundle);
	(void)sqlite3_bind_int64(st, 2, file);
	(void)sqlite3_bind_int64(st, 3, (int64_t)r->line);
	(void)sqlite3_bind_text(st, 4, r->field, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 5, r->header, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 6, r->rule, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 7, r->severity);
	(void)sqlite3_bind_text(st, 8, r->text, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 9, r->zh, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 10, r->en, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 11, r->effect);
	rc = db_step(db, st, 1, e);
	(void)sqlite3_reset(st);
	return rc;
}
