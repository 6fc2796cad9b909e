#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/ledger.h"
#include "extract/query_part.h"
#include "extract/recall.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"

/* What was found to stand no longer is told to who was given it. */

int
recall_told(struct db *db, const char *account, int64_t query, int64_t upto,
    struct err *e)
{
	return upto == 0 ? 0
			 : db_run(db, e,
			       "UPDATE recall_t SET told_in = ? WHERE account ="
			       " ? AND told_in = 0 AND no <= ?",
			       "iti", query, account, upto);
}

/* Names of fields, in words of the give; a mere answer has none. */
#define ROWS                                                                  \
	"SELECT json_group_array(json_object('dataset', r.dataset,"           \
	" 'enterprise', printf('E%08d', r.enterprise), 'provider',"           \
	" r.provider, 'as_of', r.as_of, 'what', r.what, 'given', q.id,"       \
	" 'fields', json(g.full_fields), 'masked', json(g.masked_fields))),"  \
	" min(r.no), max(r.no), max(r.at), count(*) FROM (SELECT * FROM"      \
	" recall_t WHERE account = ? AND placed = 0 ORDER BY no LIMIT 10000)" \
	" r JOIN query_t q ON q.no = r.query JOIN query_give_t g ON g.query"  \
	" = r.query AND g.n = r.give"

struct letter {
	char account[ACCOUNT_TEXT];
	int64_t first, last;
	char at[40];
	char file[64];
	char *text; /* owned */
};

static char *
letter_text(const struct letter *l, const char *rows)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s}}", "notice",
	    "correction", "id", l->file, "at", l->at, "rows",
	    json_loads(rows, 0, NULL), "message", "zh",
	    "下列数据此前已提供给贵单位，现已更正（corrected）、撤回（withdrawn"
	    "）或到期（expired）；请停止使用旧值，重新查询。",
	    "en",
	    "the rows below were given to you and are corrected, withdrawn or "
	    "expired now: stop using the old values and ask again");
	char *text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);

	json_decref(o);
	return text;
}

/* All that an account is to be told: 1, 0 nothing. */
static int
next_letter(struct keeper *k, struct letter *l, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT account FROM recall_t WHERE placed = 0 LIMIT 1", "");

	memset(l, 0, sizeof(*l));
	if (rc == 1)
		snprintf(l->account, sizeof(l->account), "%s", db_text(st, 0));
	db_done(st);
	if (rc != 1)
		return rc;
	rc = db_query(k->db, &st, e, ROWS, "t", l->account);
	if (rc == 1) {
		l->first = sqlite3_column_int64(st, 1);
		l->last = sqlite3_column_int64(st, 2);
		snprintf(l->at, sizeof(l->at), "%s", db_text(st, 3));
		/* By its first line: made again after a crash it is the same. */
		snprintf(l->file, sizeof(l->file),
		    "correction.%.10s.%" PRId64 ".json", l->at, l->first);
		l->text = letter_text(l, db_text(st, 0));
		if (l->text == NULL)
			rc = err_set(e, ERR_HOLD, "a notice is no JSON");
	}
	db_done(st);
	return rc;
}

/* On record like every file of the account's. */
static int
record(struct keeper *k, const struct letter *l, struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct hash *h = hash_new(HASH_SHA256);
	size_t len = strlen(l->text);
	char sha256[DIGEST_TEXT], now[40];
	json_t *detail;
	char *text;
	int rc;

	hash_add(h, l->text, len);
	hash_end(h, digest);
	hash_free(h);
	hash_hex(digest, sizeof(digest), sha256);
	clock_now(now, sizeof(now));
	detail = json_pack("{s:s, s:s}", "file", l->file, "sha256", sha256);
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(k->db, now, "correction told", l->account, "", text,
	    NULL, e);
	free(text);
	json_decref(detail);
	if (rc == -1)
		return -1;
	return db_run(k->db, e,
	    "INSERT INTO access_log (at, account, address, operation, name,"
	    " bytes, sha256, outcome) VALUES "
	    "(?,?,'','notice',?,?,?,'accepted')",
	    "ttt"
	    "it",
	    now, l->account, l->file, (int64_t)len, sha256);
}

int
recall_place(struct keeper *k, struct err *e)
{
	char path[SPOOL_TEXT + 128];
	struct letter l;
	int rc;

	/* What is still compared will be in it. */
	if (recall_waits(k))
		return 0;
	rc = next_letter(k, &l, e);
	if (rc == 1) {
		query_path(l.account, l.file, path, sizeof(path));
		if (file_publish(AT_FDCWD, path, l.text, strlen(l.text), 0640,
			e) == -1 ||
		    record(k, &l, e) == -1 ||
		    db_run(k->db, e,
			"UPDATE recall_t SET placed = 1 WHERE account = ? AND"
			" no BETWEEN ? AND ?",
			"tii", l.account, l.first, l.last) == -1)
			rc = -1;
	}
	free(l.text);
	return rc;
}
