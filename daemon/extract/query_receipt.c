#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "extract/query_part.h"
#include "grant/grant.h"
#include "rule/schema.h"
#include "sys/catalog.h"

/*
 * What was asked, given and withheld, and why, as the receipt tells it. Of a
 * subject nothing is said but what its answers say: its number only where
 * something of it was given.
 */

static json_t *
reason(const char *code, const char *dataset, const char *purpose)
{
	const char *const arg[] = { dataset, purpose };
	char zh[512], en[512];

	catalog_zh(code, arg, 2, zh, sizeof(zh));
	catalog_en(code, arg, 2, en, sizeof(en));
	return json_pack("{s:s, s:s, s:s}", "code", code, "zh", zh, "en", en);
}

/* The n of those an answer holds for. */
static json_t *
whom(struct db *db, int64_t no, int64_t give, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT n FROM query_pass_t WHERE query = ? AND give = ?"
	    " ORDER BY n",
	    "ii", no, give);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_integer(sqlite3_column_int64(st, 0)));
	db_done(st);
	return list;
}

static json_t *
give_json(struct db *db, int64_t no, int of_all, sqlite3_stmt *st,
    struct err *e)
{
	const char *why = db_text(st, 3);
	json_t *o = json_pack("{s:s, s:s, s:I}", "dataset", db_text(st, 1),
	    "standard", db_text(st, 2), "subjects",
	    (json_int_t)sqlite3_column_int64(st, 4));

	if (!of_all)
		json_object_set_new(o, "whom",
		    whom(db, no, sqlite3_column_int64(st, 0), e));
	if (why[0] != '\0') {
		json_object_set_new(o, "why",
		    reason(why, db_text(st, 1), db_text(st, 12)));
		return o;
	}
	json_object_set_new(o, "form",
	    json_string(
		grant_form_name((enum grant_form)sqlite3_column_int(st, 5))));
	json_object_set_new(o, "rows",
	    json_integer(sqlite3_column_int64(st, 6)));
	json_object_set_new(o, "grants", json_loads(db_text(st, 7), 0, NULL));
	json_object_set_new(o, "from", json_string(db_text(st, 8)));
	json_object_set_new(o, "until", json_string(db_text(st, 9)));
	json_object_set_new(o, "fields", json_loads(db_text(st, 10), 0, NULL));
	json_object_set_new(o, "masked", json_loads(db_text(st, 11), 0, NULL));
	return o;
}

static int
add_gives(struct db *db, int64_t no, int of_all, json_t *o, struct err *e)
{
	json_t *given = json_array();
	json_t *withheld = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT n, dataset, version, why, subjects, form, rows, grants,"
	    " from_day, until_day, full_fields, masked_fields, (SELECT purpose"
	    " FROM query_t WHERE no = query) FROM query_give_t WHERE query = ?"
	    " ORDER BY n",
	    "i", no);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(db_text(st, 3)[0] == '\0' ? given
								: withheld,
		    give_json(db, no, of_all, st, e));
	db_done(st);
	json_object_set_new(o, "given", given);
	json_object_set_new(o, "withheld", withheld);
	return rc;
}

/* Something of it was given: then it may be known. */
#define IS_GIVEN                                                         \
	"EXISTS (SELECT 1 FROM query_pass_t p JOIN query_give_t g"       \
	" ON g.query = p.query AND g.n = p.give WHERE p.query = s.query" \
	" AND p.enterprise = s.enterprise AND p.enterprise <> 0"         \
	" AND g.why = '')"

static int
add_subjects(struct db *db, int64_t no, json_t *o, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT s.n, s.said, printf('E%08d', s.enterprise), " IS_GIVEN
	    " FROM query_subject_t s WHERE s.query = ? ORDER BY s.n",
	    "i", no);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_pack("{s:I, s:s, s:o}", "n",
			(json_int_t)sqlite3_column_int64(st, 0), "said",
			db_text(st, 1), "enterprise",
			sqlite3_column_int(st, 3) ? json_string(db_text(st, 2))
						  : json_null()));
	db_done(st);
	json_object_set_new(o, "subjects", list);
	return rc;
}

json_t *
query_receipt(struct db *db, int64_t no, struct err *e)
{
	sqlite3_stmt *st;
	json_t *o = NULL;
	int of_all = 0;
	int rc = db_query(db, &st, e,
	    "SELECT body, purpose, consent, day, as_of, format, encrypt, file,"
	    " bytes, sha256, expires, of_all, state, coalesce(seq, 0), (SELECT"
	    " name FROM subscription_t s WHERE s.no = standing), since, given"
	    " FROM query_t WHERE no = ?",
	    "i", no);

	if (rc == 1) {
		of_all = sqlite3_column_int(st, 11);
		o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:b, s:I}",
		    "asked", json_loads(db_text(st, 0), 0, NULL), "purpose",
		    db_text(st, 1), "consent", db_text(st, 2), "day",
		    db_text(st, 3), "as_of", db_text(st, 4), "format",
		    db_text(st, 5), "encrypted", sqlite3_column_int(st, 6),
		    "given_subjects", (json_int_t)sqlite3_column_int64(st, 16));
		if (sqlite3_column_int64(st, 13) > 0)
			json_object_set_new(o, "standing",
			    json_pack("{s:s, s:I, s:s}", "name",
				db_text(st, 14), "seq",
				(json_int_t)sqlite3_column_int64(st, 13),
				"since", db_text(st, 15)));
		if (db_text(st, 7)[0] != '\0' &&
		    strcmp(db_text(st, 12), "refused") != 0 &&
		    strcmp(db_text(st, 12), "asked") != 0)
			json_object_set_new(o, "extract",
			    json_pack("{s:s, s:I, s:s, s:s}", "file",
				db_text(st, 7), "bytes",
				(json_int_t)sqlite3_column_int64(st, 8),
				"sha256", db_text(st, 9), "expires",
				db_text(st, 10)));
	}
	db_done(st);
	if (o == NULL)
		return NULL;
	if (add_gives(db, no, of_all, o, e) == -1 ||
	    (!of_all && add_subjects(db, no, o, e) == -1)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

void
query_refusal(struct db *db, int64_t no, struct err *ret_why)
{
	char zh[512] = "-", en[512] = "-";
	struct err other, e;
	sqlite3_stmt *st;

	if (db_query(db, &st, &e,
		"SELECT g.why, g.dataset, q.purpose FROM query_give_t g JOIN"
		" query_t q ON q.no = g.query WHERE g.query = ? AND"
		" g.why <> '' ORDER BY g.n LIMIT 1",
		"i", no) == 1) {
		const char *const arg[] = { db_text(st, 1), db_text(st, 2) };

		catalog_zh(db_text(st, 0), arg, 2, zh, sizeof(zh));
		catalog_en(db_text(st, 0), arg, 2, en, sizeof(en));
	}
	db_done(st);
	(void)err_say(ret_why, ERR_SENDER, "query_nothing", zh, NULL);
	(void)err_say(&other, ERR_SENDER, "query_nothing", en, NULL);
	memcpy(ret_why->en, other.en, sizeof(other.en));
}

const char *
query_outcome(struct db *db, int64_t no)
{
	int64_t given = db_int(db, 0,
	    "SELECT count(*) FROM query_give_t WHERE query = ? AND why = ''",
	    "i", no);
	int64_t withheld = db_int(db, 0,
	    "SELECT count(*) FROM query_give_t WHERE query = ? AND why <> ''",
	    "i", no);

	if (given == 0)
		return db_int(db, 0,
			   "SELECT state = 'refused' FROM query_t WHERE no = ?",
			   "i", no)
			   ? "rejected"
			   : "partial";
	return withheld == 0 ? "accepted" : "partial";
}

void
query_message(struct db *db, const struct bundle *b, char *zh, char *en,
    size_t size)
{
	int64_t given =
	    db_int(db, 0, "SELECT given FROM query_t WHERE no = ?", "i", b->no);
	int64_t rows = db_int(db, 0,
	    "SELECT coalesce(sum(rows), 0) FROM query_give_t WHERE query = ?",
	    "i", b->no);
	struct query_row q;
	struct err e;

	if (query_get(db, b->no, &q, &e) != 1)
		q.file[0] = '\0';
	if (strcmp(q.state, "ended") == 0) {
		snprintf(zh, size, "“%s”：定期提取已停止。", b->name.name);
		snprintf(en, size, "'%s': the standing extract has ended.",
		    b->name.name);
		return;
	}
	if (strcmp(q.state, "again") == 0) {
		snprintf(zh, size, "“%s”：已重新提供，见 /extracts 中的 %s。",
		    b->name.name, q.file);
		snprintf(en, size, "'%s': sent again, %s under /extracts.",
		    b->name.name, q.file);
		return;
	}
	snprintf(zh, size,
	    "查询“%s”已答复：涉及企业 %" PRId64 " 家，数据 %" PRId64
	    " 行，见 /extracts 中的 %s%s。",
	    b->name.name, given, rows, q.file,
	    strcmp(b->outcome, "partial") == 0
		? "；有的内容未提供，原因见 query.withheld"
		: "");
	snprintf(en, size,
	    "'%s' is answered: %" PRId64 " enterprises, %" PRId64
	    " rows, in %s under /extracts%s.",
	    b->name.name, given, rows, q.file,
	    strcmp(b->outcome, "partial") == 0
		? "; something was withheld, query.withheld says why"
		: "");
}
