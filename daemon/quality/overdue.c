#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "base/outbox.h"
#include "form/csv_write.h"
#include "quality/overdue.h"
#include "sys/buf.h"
#include "sys/hash.h"

enum { LIST_MAX = 4 << 20 };

/* --- neighbouring periods are told as one ------------------------------- */

/* A row that goes on where the last range ended. */
static int
goes_on(const json_t *last, sqlite3_stmt *st)
{
	static const char *const same[] = { "provider", "dataset", "state" };
	static const int column[] = { 0, 1, 6 };

	if (last == NULL)
		return 0;
	for (int i = 0; i < 3; i++)
		if (strcmp(json_string_value(json_object_get(last, same[i])),
			db_text(st, column[i])) != 0)
			return 0;
	return json_integer_value(json_object_get(last, "last")) + 1 ==
	       sqlite3_column_int64(st, 3);
}

/* provider, dataset, period, first, last, due, state */
static json_t *
range_of(const struct schemas *s, sqlite3_stmt *st)
{
	const struct schema *schema = schemas_find(s, db_text(st, 1));

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I}",
	    "provider", db_text(st, 0), "dataset", db_text(st, 1), "title",
	    schema != NULL ? schema->title : "", "from", db_text(st, 2), "to",
	    db_text(st, 2), "periods", 1, "due", db_text(st, 5), "state",
	    db_text(st, 6), "last", (json_int_t)sqlite3_column_int64(st, 4));
}

/* Where is a condition on expectation_t, with one text as ?1. */
static int
read_ranges(struct db *db, const struct schemas *s, const char *sql,
    const char *provider, json_t **ret_list, struct err *e)
{
	json_t *list = json_array();
	json_t *last = NULL;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, sql, "t", provider);
	size_t i;

	for (; rc == 1; rc = db_next(db, st, e)) {
		if (!goes_on(last, st)) {
			last = range_of(s, st);
			json_array_append_new(list, last);
			continue;
		}
		json_object_set_new(last, "to", json_string(db_text(st, 2)));
		json_object_set_new(last, "last",
		    json_integer(sqlite3_column_int64(st, 4)));
		json_object_set_new(last, "periods",
		    json_integer(
			json_integer_value(json_object_get(last, "periods")) +
			1));
	}
	db_done(st);
	json_array_foreach(list, i, last)
		json_object_del(last, "last");
	*ret_list = list;
	return rc;
}

#define RANGES                                                           \
	"SELECT provider, dataset, period, first, last, due, state FROM" \
	" expectation_t WHERE "
#define IN_ORDER " ORDER BY provider, dataset, first"

int
overdue_json(struct db *db, const struct schemas *s, const char *provider,
    json_t **ret_list, struct err *e)
{
	return read_ranges(db, s,
	    RANGES "state IN ('due', 'missing') AND (?1 = '' OR provider = "
		   "?1)" IN_ORDER,
	    provider, ret_list, e);
}

/* --- statements --------------------------------------------------------- */

/* How many bundles came of a provider, and the last of them. */
static json_t *
bundles_json(struct db *db, const char *provider, struct err *e)
{
	json_t *o = json_object();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT b.account, count(*), max(b.no), b.id, b.received_at FROM"
	    " bundle_t b"
	    " JOIN account_t a ON a.name = b.account WHERE a.provider = ? AND"
	    " b.kind = 'u' GROUP BY b.account",
	    "t", provider);

	for (; rc == 1; rc = db_next(db, st, e))
		json_object_set_new(o, db_text(st, 0),
		    json_pack("{s:I, s:s, s:s}", "received",
			(json_int_t)sqlite3_column_int64(st, 1), "last",
			db_text(st, 3), "last_at", db_text(st, 4)));
	db_done(st);
	return o;
}

static json_t *
message_json(const json_t *missing, const char *day)
{
	struct buf zh, en;
	const json_t *r;
	json_t *o;
	size_t i;

	buf_init(&zh, LIST_MAX);
	buf_init(&en, LIST_MAX);
	buf_printf(&zh, "截至 %s，应报而未收到：", day);
	buf_printf(&en, "by %s nothing had arrived of: ", day);
	json_array_foreach(missing, i, r) {
		const char *from =
		    json_string_value(json_object_get(r, "from"));
		const char *to = json_string_value(json_object_get(r, "to"));
		int one = strcmp(from, to) == 0;

		buf_printf(&zh, "%s“%s” %s%s%s", i > 0 ? "；" : "",
		    json_string_value(json_object_get(r, "title")), from,
		    one ? "" : " 至 ", one ? "" : to);
		buf_printf(&en, "%s%s %s%s%s", i > 0 ? "; " : "",
		    json_string_value(json_object_get(r, "dataset")), from,
		    one ? "" : " to ", one ? "" : to);
	}
	buf_addstr(&zh,
	    "。请补报；本期无数据的，请报送 nil.json。补报后提醒自动消除。");
	buf_addstr(&en, ". Send it; for a period without data send nil.json. "
			"The reminder goes away by itself.");
	o = json_pack("{s:s, s:s}", "zh", zh.data, "en", en.data);
	buf_done(&zh);
	buf_done(&en);
	return o;
}

/*
 * Gives the statement its place in the ledger, as a receipt has it: the line
 * says the digest of the statement without its head.
 */
static int
keep(struct db *db, json_t *o, const char *provider, const char *now,
    int64_t *ret_seq, struct err *e)
{
	struct ledger_line l;
	char digest[DIGEST_TEXT];
	char *text;
	json_t *detail;
	int rc;

	if (ledger_next(db, &l, e) == -1)
		return -1;
	json_object_set_new(o, "seq", json_integer(l.seq));
	json_object_set_new(o, "prev", json_string(l.prev));
	text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	hash_sha256_hex(text, strlen(text), digest);
	free(text);
	detail = json_pack("{s:s, s:s, s:O}", "provider", provider, "statement",
	    digest, "missing", json_object_get(o, "missing"));
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, now, "nothing arrived", "", "", text, &l, e);
	free(text);
	json_decref(detail);
	json_object_set_new(o, "head", json_string(l.hash));
	*ret_seq = l.seq;
	return rc;
}

static int
tell(struct db *db, const struct schemas *s, const struct receipt_versions *v,
    const char *provider, const char *day, const char *now, json_t *told,
    struct err *e)
{
	json_t *missing = NULL;
	json_t *o = NULL;
	char *text = NULL;
	char path[64];
	int64_t seq;
	int rc = -1;

	if (read_ranges(db, s,
		RANGES
		"state = 'missing' AND told IS NULL AND provider = ?1" IN_ORDER,
		provider, &missing, e) == -1)
		goto out;
	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:O, s:o, s:o, s:{s:s, s:s}}",
	    "statement", 1, "kind", "nothing arrived", "provider", provider,
	    "as_of", day, "at", now, "missing", missing, "bundles",
	    bundles_json(db, provider, e), "message",
	    message_json(missing, day), "versions", "engine", v->engine, "pack",
	    v->pack);
	if (keep(db, o, provider, now, &seq, e) == -1)
		goto out;
	text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	snprintf(path, sizeof(path), "overdue/%s.%" PRId64 ".json", day, seq);
	if (outbox_put_all(db, provider, path, text, strlen(text), 1, e) == -1)
		goto out;
	json_array_append(told, o);
	rc = db_run(db, e,
	    "UPDATE expectation_t SET told = ? WHERE provider = ? AND"
	    " state = 'missing' AND told IS NULL",
	    "it", seq, provider);
out:
	json_decref(missing);
	json_decref(o);
	free(text);
	return rc;
}

/* The provider that a query finds first: 1, 0 none, -1. */
static int
first_provider(struct db *db, const char *sql, char provider[64], struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, sql, "");

	if (rc == 1)
		snprintf(provider, 64, "%s", db_text(st, 0));
	db_done(st);
	return rc;
}

int
overdue_tell(struct db *db, const struct schemas *s,
    const struct receipt_versions *v, const char *day, const char *now,
    json_t *told, struct err *e)
{
	char provider[64];
	int rc;

	while ((rc = first_provider(db,
		    "SELECT provider FROM expectation_t WHERE state = 'missing'"
		    " AND told IS NULL ORDER BY provider LIMIT 1",
		    provider, e)) == 1)
		if (tell(db, s, v, provider, day, now, told, e) == -1)
			return -1;
	return rc;
}

/* --- reminders ---------------------------------------------------------- */

static void
put_line(struct buf *b, const json_t *r)
{
	const char *state = json_string_value(json_object_get(r, "state"));
	int missing = strcmp(state, "missing") == 0;
	char periods[24];
	const char *cell[] = { json_string_value(json_object_get(r, "dataset")),
		json_string_value(json_object_get(r, "title")),
		json_string_value(json_object_get(r, "from")),
		json_string_value(json_object_get(r, "to")), periods,
		json_string_value(json_object_get(r, "due")),
		missing ? "漏报 missing" : "已到期 due",
		"请补报；本期无数据的，请报送 nil.json。 Send it; for a period "
		"without data send nil.json." };

	snprintf(periods, sizeof(periods), "%lld",
	    (long long)json_integer_value(json_object_get(r, "periods")));
	for (size_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++) {
		if (i > 0)
			buf_addch(b, ',');
		csv_put_cell(b, cell[i], strlen(cell[i]));
	}
	buf_addstr(b, "\r\n");
}

static int
remind(struct db *db, const struct schemas *s, const char *provider,
    struct err *e)
{
	json_t *list = NULL;
	const json_t *r;
	struct buf b;
	size_t i;
	int rc;

	if (overdue_json(db, s, provider, &list, e) == -1)
		return -1;
	buf_init(&b, LIST_MAX);
	buf_addstr(&b, CSV_MARK
	    "数据集 dataset,名称,期间自 from,期间至 to,"
	    "期数 periods,应报日 due,状态 state,怎么办 what to do\r\n");
	json_array_foreach(list, i, r)
		put_line(&b, r);
	rc = outbox_put_all(db, provider, "overdue.csv",
	    json_array_size(list) > 0 ? b.data : NULL,
	    json_array_size(list) > 0 ? b.len : 0, 0, e);
	buf_done(&b);
	json_decref(list);
	return rc == -1 ? -1
			: db_run(db, e,
			      "DELETE FROM overdue_news_t WHERE provider = ?",
			      "t", provider);
}

int
overdue_remind(struct db *db, const struct schemas *s, struct err *e)
{
	char provider[64];
	int rc;

	while ((rc = first_provider(db,
		    "SELECT provider FROM overdue_news_t ORDER BY provider"
		    " LIMIT 1",
		    provider, e)) == 1)
		if (remind(db, s, provider, e) == -1)
			return -1;
	return rc;
}
