#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/ledger.h"
#include "extract/query.h"
#include "form/html.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "way/merge.h"
#include "way/receipt.h"

enum { RECEIPT_FORMAT = 1, RECEIPT_MAX = 64 << 20 };

#define DUMP (JSON_INDENT(2) | JSON_SORT_KEYS)

/* --- the sentence for the clerk ----------------------------------------- */

struct totals {
	int64_t rows;
	int64_t accepted;
	int64_t rejected;
	int64_t files;
	int64_t refused;
};

static json_t *
message(const char *zh, const char *en)
{
	return json_pack("{s:s, s:s}", "zh", zh, "en", en);
}

static json_t *
message_received(const struct bundle *b)
{
	char zh[512];
	char en[512];

	snprintf(zh, sizeof(zh),
	    "已收到“%s”（%" PRId64 " 字节），文件已安全保存，正在处理。",
	    b->name.name, b->bytes);
	snprintf(en, sizeof(en),
	    "'%s' (%" PRId64 " bytes) was received and is safely stored; it is "
	    "being processed.",
	    b->name.name, b->bytes);
	return message(zh, en);
}

static json_t *
message_result(struct db *db, const struct bundle *b, const struct totals *t,
    int nil)
{
	char zh[1500];
	char en[1500];

	if (b->refusal.code[0] != '\0') {
		snprintf(zh, sizeof(zh), "“%s”未被受理：%s。", b->name.name,
		    b->refusal.zh);
		snprintf(en, sizeof(en), "'%s' was not taken: %s.",
		    b->name.name, b->refusal.en);
	} else if (b->name.kind == 'q' || b->name.kind == 'x') {
		query_message(db, b, zh, en, sizeof(zh));
	} else if (b->name.kind == 's') {
		snprintf(zh, sizeof(zh), "签名“%s”有效，已登记。",
		    b->name.name);
		snprintf(en, sizeof(en),
		    "the signature '%s' is good, on record.", b->name.name);
	} else if (nil && t->rows == 0) {
		snprintf(zh, sizeof(zh), "已登记“%s”：本期无数据。",
		    b->name.name);
		snprintf(en, sizeof(en), "'%s': nothing to report, on record.",
		    b->name.name);
	} else if (t->rows == 0 && t->refused == 0) {
		snprintf(zh, sizeof(zh), "“%s”已登记，结果见下列各条。",
		    b->name.name);
		snprintf(en, sizeof(en),
		    "'%s' is on record, see what is said of its files.",
		    b->name.name);
	} else {
		snprintf(zh, sizeof(zh),
		    "“%s”处理完毕：共 %" PRId64 " 行，受理 %" PRId64
		    " 行，退回 %" PRId64 " 行%s。",
		    b->name.name, t->rows, t->accepted, t->rejected,
		    t->refused > 0 ? "；有文件未被受理，见 files 中的 error"
		    : t->rejected > 0
			? "；请在 /reports 中的 rejected.xlsx（或 "
			  "rejected.csv）里改正，再上传该文件"
			: "");
		snprintf(en, sizeof(en),
		    "'%s' is done: %" PRId64 " rows, %" PRId64
		    " accepted, %" PRId64 " returned%s.",
		    b->name.name, t->rows, t->accepted, t->rejected,
		    t->refused > 0 ? "; a file was refused, see its error"
		    : t->rejected > 0
			? "; mend the rows in rejected.xlsx (or "
			  "rejected.csv) under /reports and upload that "
			  "very file"
			: "");
	}
	if (b->name.kind == 'c') {
		strcat(zh, "（试检，未入库）");
		strcat(en, " (a dry run: nothing was kept)");
	}
	return message(zh, en);
}

/* --- files -------------------------------------------------------------- */

static void
add_count(json_t *list, const char *rule, int severity, json_int_t count)
{
	if (count > 0)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:I}", "rule", rule, "severity",
			severity_name((enum severity)severity), "count",
			count));
}

/* The worker's counts, and those of the rows against each other. */
static json_t *
issues(struct db *db, int64_t bundle, sqlite3_stmt *st)
{
	json_t *kept = json_loads(db_text(st, 14), 0, NULL);
	json_t *list = json_array();
	sqlite3_stmt *found;
	struct err e;
	json_t *v;
	size_t i;
	int rc;

	json_array_foreach(kept, i, v)
		add_count(list, json_string_value(json_object_get(v, "rule")),
		    (int)json_integer_value(json_object_get(v, "severity")),
		    json_integer_value(json_object_get(v, "count")));
	json_decref(kept);
	rc = db_query(db, &found, &e,
	    "SELECT rule, severity, n FROM bundle_finding_t WHERE bundle = ?"
	    " AND file = ? ORDER BY severity, rule",
	    "ii", bundle, sqlite3_column_int64(st, 13));
	for (; rc == 1; rc = db_next(db, found, &e))
		add_count(list, db_text(found, 0), sqlite3_column_int(found, 1),
		    sqlite3_column_int64(found, 2));
	db_done(found);
	return list;
}

/* How many rows of which bundles it corrected; NULL where it corrects none. */
static json_t *
corrects(struct db *db, int64_t bundle, int64_t file)
{
	json_t *list = NULL;
	sqlite3_stmt *st;
	struct err e;
	int rc = db_query(db, &st, &e,
	    "SELECT b.id, count(DISTINCT CASE WHEN c.closes THEN c.of_file ||"
	    " ' ' || c.of_row END) FROM correction_t c JOIN bundle_t b ON b.no"
	    " = c.of_bundle WHERE c.bundle = ? AND c.file = ? GROUP BY b.id"
	    " ORDER BY b.id",
	    "ii", bundle, file);

	for (; rc == 1; rc = db_next(db, st, &e)) {
		if (list == NULL)
			list = json_array();
		json_array_append_new(list,
		    json_pack("{s:s, s:I}", "bundle", db_text(st, 0), "rows",
			(json_int_t)sqlite3_column_int64(st, 1)));
	}
	db_done(st);
	return list;
}

static json_t *
file_json(struct db *db, int64_t bundle, sqlite3_stmt *st)
{
	static const char *const count[] = { "rows", "accepted", "rejected",
		"inserted", "updated", "unchanged", "superseded", "linked" };
	json_t *corrected;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "path",
	    db_text(st, 0), "dataset", db_text(st, 1), "standard",
	    db_text(st, 2), "rules", db_text(st, 3), "encoding", db_text(st, 4),
	    "issues", issues(db, bundle, st));

	corrected = corrects(db, bundle, sqlite3_column_int64(st, 13));
	for (int i = 0; i < 8; i++)
		json_object_set_new(o, count[i],
		    json_integer(sqlite3_column_int64(st, 5 + i)));
	if (corrected != NULL)
		json_object_set_new(o, "corrects", corrected);
	json_object_set_new(o, "rows_root",
	    db_text(st, 18)[0] == '\0' ? json_null()
				       : json_string(db_text(st, 18)));
	json_object_set_new(o, "error",
	    db_text(st, 15)[0] == '\0'
		? json_null()
		: json_pack("{s:s, s:s, s:s}", "code", db_text(st, 15), "zh",
		      db_text(st, 16), "en", db_text(st, 17)));
	return o;
}

static json_t *
files_json(struct db *db, int64_t bundle, struct totals *t, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT path, dataset, standard, rules, encoding, rows, accepted,"
	    " rejected, inserted, updated, unchanged, superseded, linked, no,"
	    " issues, code, zh, en, rows_root FROM bundle_file_t WHERE"
	    " bundle = ? ORDER BY no",
	    "i", bundle);

	memset(t, 0, sizeof(*t));
	for (; rc == 1; rc = db_next(db, st, e)) {
		json_array_append_new(list, file_json(db, bundle, st));
		t->files++;
		t->rows += sqlite3_column_int64(st, 5);
		t->accepted += sqlite3_column_int64(st, 6);
		t->rejected += sqlite3_column_int64(st, 7);
		t->refused += db_text(st, 15)[0] != '\0';
	}
	db_done(st);
	return list;
}

/* --- the whole ---------------------------------------------------------- */

static json_t *
head_json(struct db *db, const struct bundle *b, const char *kind,
    const struct receipt_versions *v, struct err *e)
{
	struct account a = { .unit = "" };
	json_t *o;

	if (account_find(db, b->name.account, &a, e) == -1)
		return NULL;
	o = json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:I, s:s}, s:s,"
		      " s:{s:s, s:s, s:s}, s:{s:s, s:s}}",
	    "receipt", RECEIPT_FORMAT, "id", b->name.id, "kind", kind,
	    "account", b->name.account, "bundle", "name", b->name.name, "bytes",
	    (json_int_t)b->bytes, "sha256", b->sha256, "received_at",
	    b->received_at, "versions", "engine", v->engine, "code_tables",
	    v->code_tables, "pack", v->pack, "responsible", "unit", a.unit,
	    "person", a.person);
	if (o == NULL)
		err_set(e, ERR_HOLD, "a receipt of '%s' is not UTF-8",
		    b->name.id);
	else if (b->name.kind == 'c')
		json_object_set_new(o, "check", json_true());
	return o;
}

/*
 * Gives the receipt its place in the ledger and keeps it. Takes the JSON.
 */
static int
keep(struct db *db, const struct bundle *b, const char *kind, json_t *o,
    const char *now, struct err *e)
{
	struct ledger_line l;
	char digest[DIGEST_TEXT];
	char detail[192];
	char *text = NULL;
	struct buf body;
	int rc = -1;

	buf_init(&body, RECEIPT_MAX);
	if (ledger_next(db, &l, e) == -1)
		goto out;
	json_object_set_new(o, "seq", json_integer(l.seq));
	json_object_set_new(o, "prev", json_string(l.prev));
	text = json_dumps(o, DUMP);
	hash_sha256_hex(text, strlen(text), digest);
	snprintf(detail, sizeof(detail),
	    "{\"outcome\":\"%s\",\"receipt\":\"%s\"}",
	    b->outcome[0] != '\0' ? b->outcome : "received", digest);
	if (ledger_append(db, now,
		strcmp(kind, "result") == 0 ? b->state : "received",
		b->name.account, b->name.id, detail, &l, e) == -1)
		goto out;
	json_object_set_new(o, "head", json_string(l.hash));
	free(text);
	text = json_dumps(o, DUMP);
	buf_addstr(&body, text);
	buf_addch(&body, '\n');
	if (db_run(db, e,
		"INSERT INTO receipt_t (bundle, kind, seq, at, body) VALUES"
		" (?,?,?,?,?)",
		"ititb", b->no, kind, l.seq, now, body.data, body.len) == -1 ||
	    db_run(db, e,
		"INSERT OR IGNORE INTO receipt_file_t (bundle, kind, account,"
		" name) SELECT ?1, ?2, account, name FROM bundle_t"
		" WHERE no = ?1 OR original = ?1",
		"it", b->no, kind) == -1)
		goto out;
	rc = 0;
out:
	json_decref(o);
	free(text);
	buf_done(&body);
	return rc;
}

int
receipt_received(struct db *db, const struct bundle *b,
    const struct receipt_versions *v, const char *now, struct err *e)
{
	json_t *o = head_json(db, b, "received", v, e);

	if (o == NULL)
		return -1;
	json_object_set_new(o, "outcome", json_null());
	json_object_set_new(o, "finished_at", json_null());
	json_object_set_new(o, "files", json_array());
	json_object_set_new(o, "message", message_received(b));
	return keep(db, b, "received", o, now, e);
}

int
receipt_result(struct db *db, const struct bundle *b,
    const struct receipt_versions *v, const char *now, struct err *e)
{
	json_t *o = head_json(db, b, "result", v, e);
	struct totals t;
	int nil;

	if (o == NULL)
		return -1;
	nil = db_int(db, 0, "SELECT nil IS NOT NULL FROM bundle_t WHERE no = ?",
		  "i", b->no) != 0;
	json_object_set_new(o, "outcome", json_string(b->outcome));
	json_object_set_new(o, "finished_at", json_string(b->finished_at));
	json_object_set_new(o, "files", files_json(db, b->no, &t, e));
	json_object_set_new(o, "message", message_result(db, b, &t, nil));
	if (b->name.kind == 'q' || b->name.kind == 'x')
		json_object_set_new(o, "query", query_receipt(db, b->no, e));
	json_object_set_new(o, "error",
	    b->refusal.code[0] == '\0'
		? json_null()
		: json_pack("{s:s, s:s, s:s}", "code", b->refusal.code, "zh",
		      b->refusal.zh, "en", b->refusal.en));
	return keep(db, b, "result", o, now, e);
}

int
receipt_also_for(struct db *db, int64_t original, const struct bundle *b,
    struct err *e)
{
	/* Copies whose days were over are there again. */
	if (db_run(db, e,
		"DELETE FROM dropped_t WHERE what = 'receipt' AND no IN"
		" (SELECT no FROM receipt_file_t WHERE bundle = ? AND name ="
		" ?)",
		"it", original, b->name.name) == -1)
		return -1;
	return db_run(db, e,
	    "INSERT INTO receipt_file_t (bundle, kind, account, name)"
	    " SELECT ?1, kind, ?2, ?3 FROM receipt_t WHERE bundle = ?1"
	    " ON CONFLICT (bundle, kind, name) DO UPDATE SET placed = 0,"
	    " proved = 0",
	    "itt", original, b->name.account, b->name.name);
}

/* --- files for the account ---------------------------------------------- */

struct placing {
	int64_t no;
	int64_t bundle;
	char kind[16];
	char account[ACCOUNT_TEXT];
	char name[NAME_TEXT];
	char id[ID_TEXT];
	char *body;
	size_t len;
	char *sig;
};

static int
next_waiting(struct db *db, struct placing *p, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT f.no, f.bundle, f.kind, f.account, f.name, b.id, r.body,"
	    " r.sig FROM receipt_file_t f"
	    " JOIN receipt_t r ON r.bundle = f.bundle AND r.kind = f.kind"
	    " JOIN bundle_t b ON b.no = f.bundle"
	    " WHERE f.placed = 0 ORDER BY f.no LIMIT 1",
	    "");

	memset(p, 0, sizeof(*p));
	if (rc == 1) {
		p->no = sqlite3_column_int64(st, 0);
		p->bundle = sqlite3_column_int64(st, 1);
		snprintf(p->kind, sizeof(p->kind), "%s", db_text(st, 2));
		snprintf(p->account, sizeof(p->account), "%s", db_text(st, 3));
		snprintf(p->name, sizeof(p->name), "%s", db_text(st, 4));
		snprintf(p->id, sizeof(p->id), "%s", db_text(st, 5));
		p->len = (size_t)sqlite3_column_bytes(st, 6);
		p->body = xmalloc(p->len + 1);
		memcpy(p->body, sqlite3_column_blob(st, 6), p->len);
		p->body[p->len] = '\0';
		if (sqlite3_column_type(st, 7) != SQLITE_NULL)
			p->sig = xstrdup(db_text(st, 7));
	}
	db_done(st);
	return rc;
}

/* NAME.ID.received.json or NAME.ID.receipt.json, and what stands beside. */
static int
place(int dir, const struct placing *p, const char *suffix, const void *data,
    size_t len, struct err *e)
{
	char file[SPOOL_TEXT + 32];

	snprintf(file, sizeof(file), "%s.%s.%s%s", p->name, p->id,
	    strcmp(p->kind, "received") == 0 ? "received" : "receipt", suffix);
	return file_place(dir, file, data, len, 0644, e);
}

static int
place_files(const struct placing *p, struct err *e)
{
	char path[128];
	struct buf page;
	json_t *o;
	int dir;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s/receipts", HOME_ACCOUNTS,
	    p->account);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return err_errno(e, ERR_HOLD, "cannot open '%s'", path);
	/* The signature last: where it stands the receipt is whole. */
	if (strcmp(p->kind, "result") == 0) {
		buf_init(&page, RECEIPT_MAX);
		o = json_loadb(p->body, p->len, 0, NULL);
		html_receipt(o, &page);
		rc = place(dir, p, ".html", page.data, page.len, e);
		json_decref(o);
		buf_done(&page);
	}
	if (rc == 0)
		rc = place(dir, p, ".json", p->body, p->len, e);
	if (rc == 0)
		rc = place(dir, p, ".json.sig", p->sig, strlen(p->sig), e);
	(void)close(dir);
	return rc;
}

int
receipt_place_next(struct db *db, receipt_sign_fn *sign, void *arg,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	struct placing p;
	int rc = next_waiting(db, &p, e);

	if (rc != 1)
		return rc;
	rc = -1;
	if (p.sig == NULL) {
		hash_sha512(p.body, p.len, sha512);
		p.sig = sign(arg, sha512, e);
		if (p.sig == NULL ||
		    db_run(db, e,
			"UPDATE receipt_t SET sig = ? WHERE bundle = ? AND"
			" kind = ?",
			"tit", p.sig, p.bundle, p.kind) == -1)
			goto out;
	}
	if (place_files(&p, e) == -1 ||
	    db_run(db, e, "UPDATE receipt_file_t SET placed = 1 WHERE no = ?",
		"i", p.no) == -1)
		goto out;
	rc = 1;
out:
	free(p.body);
	free(p.sig);
	return rc;
}

/* Which of the newest are not where they should be. */
static int
find_lost(struct db *db, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT f.no, f.account, f.name, b.id, f.kind FROM receipt_file_t f"
	    " JOIN bundle_t b ON b.no = f.bundle WHERE f.placed = 1 AND NOT"
	    " EXISTS (SELECT 1 FROM dropped_t d WHERE d.what = 'receipt' AND"
	    " d.no = f.no)"
	    " ORDER BY f.no DESC LIMIT 2000",
	    "");

	for (; rc == 1; rc = db_next(db, st, e)) {
		char path[SPOOL_TEXT + 128];
		struct stat s;

		snprintf(path, sizeof(path), "%s/%s/receipts/%s.%s.%s.json.sig",
		    HOME_ACCOUNTS, db_text(st, 1), db_text(st, 2),
		    db_text(st, 3),
		    strcmp(db_text(st, 4), "received") == 0 ? "received"
							    : "receipt");
		if (stat(path, &s) == -1 &&
		    db_run(db, e,
			"UPDATE receipt_file_t SET placed = 0, proved = 0 WHERE"
			" no = ?",
			"i", sqlite3_column_int64(st, 0)) == -1) {
			db_done(st);
			return -1;
		}
	}
	db_done(st);
	return rc;
}

int
receipt_recover(struct db *db, int anew, struct err *e)
{
	enum { BEHIND = 20000 };

	if (!anew)
		return find_lost(db, e);
	return db_run(db, e,
	    "UPDATE receipt_file_t SET placed = 0, proved = 0 WHERE no >"
	    " (SELECT max(no) FROM receipt_file_t) - ?",
	    "i", (int64_t)BEHIND);
}

/* --- checking ----------------------------------------------------------- */

int
receipt_check(struct db *db, const char *body, size_t len, struct err *e)
{
	json_t *o = json_loadb(body, len, 0, NULL);
	char digest[DIGEST_TEXT];
	char *text = NULL;
	sqlite3_stmt *st;
	int64_t seq;
	int good = 0;
	int rc;

	if (!json_is_object(o)) {
		json_decref(o);
		(void)err_set(e, ERR_SENDER, "it is not a receipt");
		return 0;
	}
	seq = json_integer_value(json_object_get(o, "seq"));
	rc = db_query(db, &st, e,
	    "SELECT hash, detail FROM ledger WHERE seq ="
	    " ?",
	    "i", seq);
	if (rc == 1) {
		const char *head =
		    json_string_value(json_object_get(o, "head"));

		good = head != NULL && strcmp(head, db_text(st, 0)) == 0;
		json_object_del(o, "head");
		text = json_dumps(o, DUMP);
		hash_sha256_hex(text, strlen(text), digest);
		good = good && strstr(db_text(st, 1), digest) != NULL;
	}
	db_done(st);
	json_decref(o);
	free(text);
	if (rc != -1 && !good)
		(void)err_set(e, ERR_SENDER,
		    "its line %" PRId64 " of the ledger says otherwise", seq);
	return rc == -1 ? -1 : good;
}
