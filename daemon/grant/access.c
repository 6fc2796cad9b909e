#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "base/rows.h"
#include "grant/access.h"
#include "sys/buf.h"
#include "sys/hash.h"
#include "sys/message.h"

enum { FIELDS_MAX = 8192, AT_ONCE = 10000 };

/* --- notes -------------------------------------------------------------- */

/* "entity_name legal_rep_id*": those given, a star behind masked ones. */
static void
field_names(const struct schema *s, const struct grant_answer *r, struct buf *b)
{
	for (size_t i = 0; i < s->nfields; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (((r->full | r->masked) & bit) == 0)
			continue;
		buf_printf(b, "%s%s%s", b->len > 0 ? " " : "", s->field[i].name,
		    (r->masked & bit) != 0 ? "*" : "");
	}
}

/* What all looks of an answer share, once. */
static int
begin_look(struct db *db, struct access_note *n, struct err *e)
{
	struct buf fields;
	size_t len = 0;
	int rc;

	n->grants[0] = '\0';
	for (size_t i = 0; i < n->answer->ngrants; i++)
		len +=
		    (size_t)snprintf(n->grants + len, sizeof(n->grants) - len,
			"%s%" PRId64, i > 0 ? " " : "", n->answer->grant[i]);
	buf_init(&fields, FIELDS_MAX);
	field_names(n->schema, n->answer, &fields);
	buf_add(&fields, "", 0);
	rc = db_run(db, e,
	    "INSERT INTO look_t (at, account, query, dataset, purpose, form,"
	    " fields, grants, code) VALUES (?,?,?,?,?,?,?,?,?)",
	    "tttttittt", n->at, n->account, n->query, n->schema->dataset,
	    n->purpose, (int64_t)n->answer->form, fields.data, n->grants,
	    grant_refusal_code(n->answer->why));
	n->look = sqlite3_last_insert_rowid(db->handle);
	n->n = 0;
	buf_done(&fields);
	return rc;
}

int
access_note(struct db *db, struct access_note *n, struct err *e)
{
	if (n->look == 0 && begin_look(db, n, e) == -1)
		return -1;
	return db_run(db, e, "INSERT INTO look_whom_t VALUES (?,?,?,?,?,?)",
	    "iitiii", n->look, ++n->n, n->asked, (int64_t)n->enterprise,
	    n->answer->consent, n->rows);
}

/* --- the ledger --------------------------------------------------------- */

void
access_hash_start(struct access_hash *h)
{
	memset(h, 0, sizeof(*h));
	h->hash = hash_new(HASH_SHA256);
}

void
access_hash_done(struct access_hash *h)
{
	hash_free(h->hash);
	h->hash = NULL;
}

static void
hash_columns(struct access_hash *h, sqlite3_stmt *st, int first)
{
	for (int i = first; i < sqlite3_column_count(st); i++) {
		const char *s = db_text(st, i);

		hash_add(h->hash, s, strlen(s) + 1);
	}
}

/* Of the look at hand: 1 there may be more, 0 no, -1. */
static int
hash_whom(struct db *db, int most, struct access_hash *h, struct err *e)
{
	sqlite3_stmt *st;
	int seen = 0;
	int rc = db_query(db, &st, e,
	    "SELECT n, asked, enterprise, consent, rows FROM look_whom_t WHERE"
	    " look = ? AND n > ? ORDER BY n LIMIT ?",
	    "iii", h->look, h->last, (int64_t)most);

	for (; rc == 1; rc = db_next(db, st, e), seen++) {
		h->last = sqlite3_column_int64(st, 0);
		hash_columns(h, st, 0);
		h->n++;
	}
	db_done(st);
	return rc == -1 ? -1 : seen == most;
}

/* The next look of a query: 1 it, 0 there is none, -1. */
static int
hash_look(struct db *db, const char *query, struct access_hash *h,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT no, at, account, dataset, purpose, form, fields, grants,"
	    " code FROM look_t WHERE query = ? AND no > ? ORDER BY no LIMIT 1",
	    "ti", query, h->look);

	if (rc == 1) {
		h->look = sqlite3_column_int64(st, 0);
		h->last = 0;
		hash_columns(h, st, 1);
	}
	db_done(st);
	return rc;
}

int
access_hash_some(struct db *db, const char *query, int most,
    struct access_hash *h, struct err *e)
{
	int rc = h->look == 0 ? 0 : hash_whom(db, most, h, e);

	return rc != 0 ? rc : hash_look(db, query, h, e);
}

/* All of them at once. */
static int
notes_hash(struct db *db, const char *query, int64_t *ret_n,
    char hex[DIGEST_TEXT], struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct access_hash h;
	int rc;

	access_hash_start(&h);
	while ((rc = access_hash_some(db, query, AT_ONCE, &h, e)) == 1)
		;
	hash_end(h.hash, digest);
	hash_hex(digest, sizeof(digest), hex);
	*ret_n = h.n;
	access_hash_done(&h);
	return rc;
}

int
access_seal(struct db *db, const char *at, const char *account,
    const char *query, const char *purpose, const char *file,
    const char *sha256, struct access_hash *h, struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];
	char notes[DIGEST_TEXT];
	json_t *detail;
	char *text;
	int rc;

	hash_end(h->hash, digest);
	hash_hex(digest, sizeof(digest), notes);
	detail = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "query", query,
	    "purpose", purpose, "file", file, "sha256", sha256, "looks",
	    (json_int_t)h->n, "looks_sha256", notes);
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, at, "access", account, "",
	    text != NULL ? text : "{}", NULL, e);
	free(text);
	json_decref(detail);
	return rc;
}

/* What the ledger says was given, and by which hash. */
#define GIVEN                                                           \
	"SELECT account, json_extract(detail, '$.file') AS file,"       \
	" json_extract(detail, '$.sha256') AS sha256 FROM ledger WHERE" \
	" kind IN ('access', 'correction told') AND file <> ''"
/* The same by the log, and by the queries. */
#define LOGGED                                                            \
	"SELECT account, name, sha256 FROM access_log WHERE operation IN" \
	" ('extract', 'notice')"
#define QUERIED "SELECT account, file, sha256 FROM query_t WHERE sha256 <> ''"

/*
 * Nothing stands beside the ledger that it does not cover, and nothing it says
 * was given is missing: a note, a line of the log, the hash of a file. Notes of
 * a query at work are sealed when it is done.
 */
static int
lists_agree(struct db *db, char ret_query[64], struct err *e)
{
	static const char *const strange[] = {
		"SELECT query FROM look_t WHERE query NOT IN (SELECT"
		" json_extract(detail, '$.query') FROM ledger WHERE kind ="
		" 'access') AND query NOT IN (SELECT id FROM bundle_t"
		" WHERE state = 'claimed')",
		"SELECT 'look ' || look FROM look_whom_t WHERE look NOT IN"
		" (SELECT no FROM look_t)",
		"SELECT file FROM (" GIVEN " EXCEPT " LOGGED ")",
		"SELECT name FROM (" LOGGED " EXCEPT " GIVEN ")",
		"SELECT file FROM (" QUERIED " EXCEPT " GIVEN ")",
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]) && rc == 0;
	     i++) {
		sqlite3_stmt *st;

		rc = db_query(db, &st, e, strange[i], "");
		if (rc == 1)
			snprintf(ret_query, 64, "%s", db_text(st, 0));
		db_done(st);
	}
	return rc == -1 ? -1 : rc == 0;
}

int
access_verify(struct db *db, char ret_query[64], struct err *e)
{
	sqlite3_stmt *st;
	int good = 1;
	int rc = db_query(db, &st, e,
	    "SELECT json_extract(detail, '$.query'),"
	    " json_extract(detail, '$.looks'),"
	    " json_extract(detail, '$.looks_sha256') FROM ledger WHERE kind ="
	    " 'access' ORDER BY seq",
	    "");

	for (; rc == 1 && good; rc = db_next(db, st, e)) {
		char hex[DIGEST_TEXT];
		int64_t n;

		snprintf(ret_query, 64, "%s", db_text(st, 0));
		if (notes_hash(db, ret_query, &n, hex, e) == -1) {
			rc = -1;
			break;
		}
		good = n == sqlite3_column_int64(st, 1) &&
		       strcmp(hex, db_text(st, 2)) == 0;
		if (!good)
			break;
	}
	db_done(st);
	if (rc == -1)
		return -1;
	return good ? lists_agree(db, ret_query, e) : 0;
}

/* --- who looked at whom ------------------------------------------------- */

int
access_use(struct db *db, const char *month, json_t **ret_list, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	*ret_list = json_array();
	/* A month in China: the log is in universal time. */
	rc = db_query(db, &st, e,
	    "SELECT l.dataset, l.account, coalesce(a.unit, '') AS unit,"
	    " l.purpose, count(DISTINCT l.query) AS queries, count(DISTINCT"
	    " nullif(iif(l.code = '', w.enterprise, 0), 0)) AS subjects,"
	    " sum(w.rows) AS rows, sum(l.code <> '') AS withheld FROM look_t"
	    " l JOIN look_whom_t w ON w.look = l.no LEFT JOIN account_t a ON"
	    " a.name = l.account WHERE strftime('%Y-%m', l.at, '+8 hours') = ? "
	    "GROUP BY l.dataset,"
	    " l.account, l.purpose ORDER BY l.dataset, l.account, l.purpose",
	    "t", month);
	return rows_take(db, st, rc, *ret_list, e);
}

int
access_list(struct db *db, uint32_t enterprise, json_t **ret_list,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	*ret_list = json_array();
	rc = db_query(db, &st, e,
	    "SELECT l.at, l.account, coalesce(a.unit, '') AS unit, l.query,"
	    " l.dataset, l.purpose, CASE l.form WHEN 1 THEN 'count' WHEN 2"
	    " THEN 'yes-no' WHEN 3 THEN 'latest' WHEN 4 THEN 'rows' ELSE"
	    " 'none' END AS form, l.fields, l.grants, coalesce(c.reference,"
	    " '') AS consent, w.rows, l.code AS withheld FROM enterprise_t t"
	    " JOIN look_whom_t w ON w.enterprise = t.no JOIN look_t l ON l.no"
	    " = w.look LEFT JOIN account_t a ON a.name = l.account LEFT JOIN"
	    " consent_t c ON c.no = w.consent WHERE t.root = (SELECT root FROM"
	    " enterprise_t WHERE no = ?) ORDER BY w.look DESC, w.n DESC",
	    "i", (int64_t)enterprise);
	return rows_take(db, st, rc, *ret_list, e);
}
