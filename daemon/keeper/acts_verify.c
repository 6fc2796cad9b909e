#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/act.h"
#include "form/statement.h"
#include "keeper/acts.h"
#include "keeper/rights.h"
#include "sys/hash.h"
#include "sys/member.h"
#include "sys/sign.h"

enum { KEY_BYTES = 8192, SQL_MAX = 8192 };

/* One act as it is kept. */
struct kept {
	int64_t no;
	const char *admin;
	const char *text;
	const char *signature;
	int64_t first;
	int64_t seq;
	int64_t of;
};

static int
bad(struct err *e, int64_t no, const char *why)
{
	(void)err_set(e, ERR_SENDER, "act %" PRId64 ": %s", no, why);
	return 0;
}

/* The line of an act: 1 it is there and says its hashes, 0, -1. */
static int
line_says(struct db *db, const struct kept *a, struct err *e)
{
	char statement[DIGEST_TEXT], signature[DIGEST_TEXT];
	json_t *detail = NULL;
	sqlite3_stmt *st;
	int good;
	int rc = db_query(db, &st, e,
	    "SELECT detail FROM ledger WHERE seq = ? AND kind = 'act'", "i",
	    a->seq);

	if (rc == 1)
		detail = json_loads(db_text(st, 0), 0, NULL);
	db_done(st);
	if (rc == -1)
		return -1;
	hash_sha256_hex(a->text, strlen(a->text), statement);
	hash_sha256_hex(a->signature, strlen(a->signature), signature);
	good =
	    json_integer_value(json_object_get(detail, "act")) == a->no &&
	    json_integer_value(json_object_get(detail, "first")) == a->first &&
	    strcmp(member_text(detail, "statement"), statement) == 0 &&
	    strcmp(member_text(detail, "signature"), signature) == 0 &&
	    strcmp(member_text(detail, "admin"), a->admin) == 0;
	json_decref(detail);
	return good ? 1 : bad(e, a->no, "the ledger does not have it so");
}

/* Who signed it: of those in office then. */
static int
signed_by(struct db *db, const struct kept *a, struct admin *ret_admin,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	struct buf key;
	int rc;

	buf_init(&key, KEY_BYTES);
	hash_sha512(a->text, strlen(a->text), sha512);
	rc = sign_sshsig_verify(a->signature, strlen(a->signature),
	    STATEMENT_NAMESPACE, sha512, &key, e);
	if (rc != 1)
		rc = bad(e, a->no, "its signature does not hold");
	else if ((rc = admin_at(db, key.data, key.len, a->first, ret_admin,
		      e)) == 0)
		rc = bad(e, a->no, "its key was no administrator's");
	else if (rc == 1 && strcmp(ret_admin->name, a->admin) != 0)
		rc = bad(e, a->no, "another administrator signed it");
	buf_done(&key);
	return rc;
}

/* The act it approves was another one's, and may be approved by this role. */
static int
second_fits(struct db *db, const struct kept *a, const struct admin *admin,
    struct err *e)
{
	const struct right *right = NULL;
	int same = 0;
	struct statement s;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT admin, statement FROM act_t WHERE no = ? AND seq < ?", "ii",
	    a->of, a->seq);

	if (rc == 1) {
		const char *text = db_text(st, 1);
		json_t *request = NULL;

		same = strcmp(db_text(st, 0), admin->name) == 0;
		if (statement_read(text, strlen(text), &s, e) == 0)
			request = json_loadb(s.request, s.request_len, 0, NULL);
		right = rights_of(request);
		json_decref(request);
	}
	db_done(st);
	if (rc == -1)
		return -1;
	if (right == NULL)
		return bad(e, a->no, "what it approves is not there");
	return (right->second & 1U << admin->role) != 0 && !same
		   ? 1
		   : bad(e, a->no, "it approves what it may not");
}

/* What was asked for may be done by the role, and at the head that it names. */
static int
statement_fits(struct db *db, const struct kept *a, const struct admin *admin,
    struct err *e)
{
	const struct right *right;
	struct statement s;
	json_t *request;
	int approves, good;

	if (statement_read(a->text, strlen(a->text), &s, e) == -1)
		return 0;
	request = json_loadb(s.request, s.request_len, 0, NULL);
	right = rights_of(request);
	approves = strcmp(member_text(request, "do"), "act approve") == 0;
	json_decref(request);
	if (right == NULL || (right->by & 1U << admin->role) == 0)
		return bad(e, a->no, "the role does not allow it");
	good =
	    s.seq < a->first && db_int(db, 0,
				    "SELECT count(*) FROM ledger WHERE seq = ?"
				    " AND hash = ?",
				    "it", s.seq, s.hash) == 1;
	if (!good)
		return bad(e, a->no, "it was signed at no head of this ledger");
	return approves ? second_fits(db, a, admin, e) : 1;
}

static int
check_act(struct db *db, const struct kept *a, struct err *e)
{
	struct admin admin;
	int good = line_says(db, a, e);

	if (good == 1)
		good = signed_by(db, a, &admin, e);
	return good == 1 ? statement_fits(db, a, &admin, e) : good;
}

static int
check_acts(struct db *db, int64_t *ret_n, struct err *e)
{
	sqlite3_stmt *st;
	int good = 1;
	int rc = db_query(db, &st, e,
	    "SELECT no, admin, statement, signature, first, seq, coalesce(of,"
	    " 0) FROM"
	    " act_t ORDER BY no",
	    "");

	for (; rc == 1; rc = db_next(db, st, e)) {
		const struct kept a = { sqlite3_column_int64(st, 0),
			db_text(st, 1), db_text(st, 2), db_text(st, 3),
			sqlite3_column_int64(st, 4),
			sqlite3_column_int64(st, 5),
			sqlite3_column_int64(st, 6) };

		good = check_act(db, &a, e);
		if (good != 1)
			break;
		++*ret_n;
	}
	db_done(st);
	if (rc == -1 || good != 1)
		return rc == -1 ? -1 : good;
	if (*ret_n == db_int(db, 0,
			  "SELECT count(*) FROM ledger WHERE kind ="
			  " 'act'",
			  ""))
		return 1;
	(void)err_set(e, ERR_SENDER, "acts of the ledger are not kept");
	return 0;
}

/* Each office began by a line of the ledger that names its key. */
static int
check_offices(struct db *db, struct err *e)
{
	sqlite3_stmt *st;
	int good = 1;
	int rc = db_query(db, &st, e,
	    "SELECT a.name, a.role, a.blob, coalesce(l.detail, '') FROM"
	    " admin_t a LEFT JOIN ledger l ON l.seq = a.since_seq AND l.kind ="
	    " 'administrator added' ORDER BY a.no",
	    "");

	for (; rc == 1 && good; rc = db_next(db, st, e)) {
		json_t *detail = json_loads(db_text(st, 3), 0, NULL);
		int role = sqlite3_column_int(st, 1);
		char print[ADMIN_PRINT];

		sign_fingerprint(sqlite3_column_blob(st, 2),
		    (size_t)sqlite3_column_bytes(st, 2), print);
		good =
		    role >= 0 && role < ADMIN_ROLES &&
		    strcmp(member_text(detail, "name"), db_text(st, 0)) == 0 &&
		    strcmp(member_text(detail, "role"),
			admin_role_name((enum admin_role)role)) == 0 &&
		    strcmp(member_text(detail, "fingerprint"), print) == 0;
		if (!good)
			(void)err_set(e, ERR_SENDER,
			    "administrator '%s' is not the one of the ledger",
			    db_text(st, 0));
		json_decref(detail);
		if (!good)
			break;
	}
	db_done(st);
	return rc == -1 ? -1 : good;
}

/* Lines since the first administrator that only acts bring: by which act? */
static int
check_lines(struct db *db, struct err *e)
{
	sqlite3_stmt *st;
	struct buf sql;
	int good = 1;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql,
	    "SELECT seq, kind FROM ledger l WHERE seq > (SELECT min(seq) FROM"
	    " ledger WHERE kind = 'administrator added') AND coalesce((SELECT"
	    " a.first FROM act_t a WHERE a.seq > l.seq ORDER BY a.seq LIMIT 1),"
	    " seq + 1) > seq AND kind IN (");
	for (size_t i = 0; rights_lines[i] != NULL; i++)
		buf_printf(&sql, "%s'%s'", i > 0 ? "," : "", rights_lines[i]);
	buf_addstr(&sql, ") ORDER BY seq LIMIT 1");
	rc = db_query(db, &st, e, sql.data, "");
	if (rc == 1) {
		good = 0;
		(void)err_set(e, ERR_SENDER,
		    "line %lld of the ledger, '%s', is no administrator's act",
		    (long long)sqlite3_column_int64(st, 0), db_text(st, 1));
	}
	db_done(st);
	buf_done(&sql);
	return rc == -1 ? -1 : good;
}

int
acts_verify(struct db *db, int64_t *ret_n, struct err *e)
{
	int good = check_offices(db, e);

	*ret_n = 0;
	if (good == 1)
		good = check_acts(db, ret_n, e);
	return good == 1 ? check_lines(db, e) : good;
}
