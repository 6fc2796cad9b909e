#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "quality/report_bundle.h"

enum { REPORT_FORMAT = 1 };

/* Counts of a file, as the receipt has them. */
static const char *const counts[] = { "rows", "accepted", "rejected",
	"inserted", "updated", "unchanged", "superseded", "linked" };
enum { NCOUNTS = sizeof(counts) / sizeof(counts[0]) };

static json_t *
sentence(const char *zh, const char *en)
{
	return json_pack("{s:s, s:s}", "zh", zh, "en", en);
}

static json_t *
refusal(const char *code, const char *zh, const char *en)
{
	return code[0] == '\0' ? json_null()
			       : json_pack("{s:s, s:s, s:s}", "code", code,
				     "zh", zh, "en", en);
}

/* ---- the head ---- */

/* The sentence of the receipt, which stands already. */
static int
add_message(struct db *db, const struct bundle *b, json_t *o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT body ->> '$.message.zh', body ->> '$.message.en' FROM"
	    " (SELECT CAST(body AS TEXT) AS body FROM receipt_t WHERE bundle ="
	    " ? AND kind = 'result')",
	    "i", b->no);

	json_object_set_new(o, "message",
	    rc == 1 ? sentence(db_text(st, 0), db_text(st, 1)) : json_null());
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static int
make_head(struct db *db, const struct bundle *b, json_t **ret_o, struct err *e)
{
	struct account a = { .unit = "" };
	json_t *o;

	if (account_find(db, b->name.account, &a, e) == -1)
		return -1;
	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:{s:s, s:s},"
		      " s:{s:s, s:I, s:s}, s:s, s:s, s:s, s:b, s:o}",
	    "report", REPORT_FORMAT, "kind", "bundle", "id", b->name.id,
	    "account", b->name.account, "provider", a.provider, "responsible",
	    "unit", a.unit, "person", a.person, "bundle", "name", b->name.name,
	    "bytes", (json_int_t)b->bytes, "sha256", b->sha256, "received_at",
	    b->received_at, "finished_at", b->finished_at, "outcome",
	    b->outcome, "check", b->name.kind == 'c', "error",
	    refusal(b->refusal.code, b->refusal.zh, b->refusal.en));
	if (o == NULL)
		return err_set(e, ERR_HOLD, "a report of '%s' is not UTF-8",
		    b->name.id);
	*ret_o = o;
	return add_message(db, b, o, e);
}

/* ---- files ---- */

static json_t *
array_of(const char *text)
{
	json_t *a = json_loads(text, 0, NULL);

	if (json_is_array(a))
		return a;
	json_decref(a);
	return json_array();
}

static const char *
title_of(const struct schemas *all, const char *dataset)
{
	const struct schema *s = schemas_likeliest(all, dataset);

	return s != NULL ? s->title : "";
}

static json_t *
file_json(const struct schemas *all, sqlite3_stmt *st, json_int_t sum[NCOUNTS])
{
	json_t *f = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}",
	    "path", db_text(st, 0), "dataset", db_text(st, 1), "title",
	    title_of(all, db_text(st, 1)), "standard", db_text(st, 2), "period",
	    db_text(st, 3), "encoding", db_text(st, 4), "error",
	    refusal(db_text(st, 5), db_text(st, 6), db_text(st, 7)), "header",
	    array_of(db_text(st, 8)));

	for (int i = 0; i < NCOUNTS; i++) {
		json_int_t n = sqlite3_column_int64(st, 9 + i);

		json_object_set_new(f, counts[i], json_integer(n));
		sum[i] += n;
	}
	return f;
}

static int
add_files(struct db *db, const struct schemas *all, const struct bundle *b,
    json_t *o, struct err *e)
{
	json_int_t sum[NCOUNTS] = { 0 };
	json_t *files = json_array();
	json_t *totals = json_object();
	json_int_t refused = 0;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT path, dataset, standard, period, encoding, code, zh, en,"
	    " header, rows, accepted, rejected, inserted, updated, unchanged,"
	    " superseded, linked FROM bundle_file_t WHERE bundle = ? ORDER BY"
	    " no",
	    "i", b->no);

	for (; rc == 1; rc = db_next(db, st, e)) {
		refused += db_text(st, 5)[0] != '\0';
		json_array_append_new(files, file_json(all, st, sum));
	}
	db_done(st);
	json_object_set_new(totals, "files",
	    json_integer((json_int_t)json_array_size(files)));
	json_object_set_new(totals, "refused", json_integer(refused));
	for (int i = 0; i < NCOUNTS; i++)
		json_object_set_new(totals, counts[i], json_integer(sum[i]));
	json_object_set_new(o, "files", files);
	json_object_set_new(o, "totals", totals);
	return rc;
}

int
report_bundle(struct db *db, const struct schemas *all, const struct bundle *b,
    json_t **ret_o, struct err *e)
{
	json_t *o = NULL;

	if (make_head(db, b, &o, e) == -1 ||
	    add_files(db, all, b, o, e) == -1 ||
	    report_findings(db, all, b, o, e) == -1 ||
	    report_metrics(db, all, b, o, e) == -1) {
		json_decref(o);
		return -1;
	}
	*ret_o = o;
	return 0;
}
