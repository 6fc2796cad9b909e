#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/ledger.h"
#include "base/ledger_tree.h"
#include "form/statement.h"
#include "keeper/acts.h"
#include "keeper/rights.h"
#include "sys/clock.h"
#include "sys/hash.h"
#include "sys/member.h"
#include "sys/sign.h"

enum {
	FRESH_MINUTES = 15, /* between the statement and its coming */
	WAITS_DAYS = 14,    /* for a second one */
	KEY_BYTES = 8192,
	LISTED = 1000
};

enum act_state { ACT_DONE, ACT_WAITS, ACT_REJECTED };

/* An act as it came. */
struct signed_act {
	struct keeper *k;
	acts_run *run;
	const char *text; /* of the statement */
	const char *signature;
	struct statement statement;
	json_t *request; /* owned: the one in the statement */
	const char *what;
	const struct right *right;
	struct admin admin;
	char digest[DIGEST_TEXT]; /* of the statement */
	char now[40];
	int64_t no; /* as it is kept */
	struct err *e;
};

int
acts_wanted(struct db *db)
{
	return admin_count(db, (1U << ADMIN_ROLES) - 1, NULL) > 0;
}

/* --- what was signed ---------------------------------------------------- */

static int
check_signature(struct signed_act *a)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	struct buf key;
	struct err why;
	int rc;

	hash_sha512(a->text, strlen(a->text), sha512);
	buf_init(&key, KEY_BYTES);
	rc = sign_sshsig_verify(a->signature, strlen(a->signature),
	    STATEMENT_NAMESPACE, sha512, &key, &why);
	if (rc != 1)
		rc = act_refuse(a->e, "签名无效", "the signature does not hold",
		    "");
	else if ((rc = admin_by_key(a->k->db, key.data, key.len, &a->admin,
		      a->e)) == 0)
		rc = act_refuse(a->e,
		    "此密钥不属于任何在任管理员（见 zayton admin list）",
		    "the key is no administrator's: see 'zayton admin list'",
		    "");
	buf_done(&key);
	return rc == -1 ? -1 : 0;
}

/* Of this ledger, of now, and never seen before. */
static int
check_fresh(struct signed_act *a)
{
	const struct statement *s = &a->statement;
	char origin[LEDGER_ORIGIN];

	if (ledger_origin(a->k->db, origin, a->e) == -1)
		return -1;
	if (strcmp(origin, s->ledger) != 0 ||
	    db_int(a->k->db, 0,
		"SELECT count(*) FROM ledger WHERE seq = ? AND hash = ?", "it",
		s->seq, s->hash) == 0)
		return act_refuse(a->e, "签名针对的是另一个台账",
		    "the signature is for another ledger", s->ledger);
	if (db_int(a->k->db, 0,
		"SELECT coalesce(abs(julianday(?) - julianday(?)) * 1440 <= ?,"
		" 0)",
		"tti", a->now, s->at, (int64_t)FRESH_MINUTES) == 0)
		return act_refuse(a->e, "签名已过时，请重新执行命令",
		    "the signature is too old: run the command again", s->at);
	if (db_int(a->k->db, 0, "SELECT count(*) FROM act_t WHERE digest = ?",
		"t", a->digest) > 0)
		return act_refuse(a->e, "这一签名已经用过",
		    "this signature was used before", "");
	return 0;
}

static int
may_not(struct signed_act *a, unsigned roles)
{
	char who[160], need[64] = "";

	for (unsigned i = 0; i < ADMIN_ROLES; i++)
		if ((roles & 1U << i) != 0)
			snprintf(need + strlen(need),
			    sizeof(need) - strlen(need), "%s%s",
			    need[0] != '\0' ? "/" : "",
			    admin_role_name((enum admin_role)i));
	snprintf(who, sizeof(who), "%s (%s) -> %s", a->admin.name,
	    admin_role_name(a->admin.role), need);
	return act_refuse(a->e, "此管理员的角色无权执行",
	    "the role of this administrator does not allow it", who);
}

static int
is_of(const struct admin *a, unsigned roles)
{
	return (roles & 1U << a->role) != 0;
}

/* Who decides is who signed, whatever was typed. */
static int
set_person(json_t *request, const char *name, struct err *e)
{
	const char *said = member_text(request, "person");

	if (json_object_get(request, "reason") == NULL)
		return 0;
	if (said[0] != '\0' && strcmp(said, name) != 0)
		return act_refuse(e, "--person 与签名的管理员不是同一人",
		    "--person is not the administrator who signed", name);
	json_object_set_new(request, "person", json_string(name));
	return 0;
}

static json_t *
request_in(const struct statement *s)
{
	return json_loadb(s->request, s->request_len, JSON_REJECT_DUPLICATES,
	    NULL);
}

static int
read_act(struct signed_act *a, const json_t *request)
{
	a->text = member_text(request, "statement");
	a->signature = member_text(request, "signature");
	clock_now(a->now, sizeof(a->now));
	hash_sha256_hex(a->text, strlen(a->text), a->digest);
	if (statement_read(a->text, strlen(a->text), &a->statement, a->e) ==
		-1 ||
	    check_signature(a) == -1 || check_fresh(a) == -1)
		return -1;
	a->request = request_in(&a->statement);
	a->what = member_text(a->request, "do");
	a->right = rights_of(a->request);
	if (a->right == NULL || a->right->by == 0)
		return act_refuse(a->e, "没有这种管理操作",
		    "there is no such act", a->what);
	return is_of(&a->admin, a->right->by)
		   ? set_person(a->request, a->admin.name, a->e)
		   : may_not(a, a->right->by);
}

/* --- keeping it --------------------------------------------------------- */

static int64_t
next_line(struct signed_act *a)
{
	struct ledger_line next;

	return ledger_next(a->k->db, &next, a->e) == -1 ? -1 : next.seq;
}

/* Its row, and its line of the ledger, behind all that it brought. */
static int
keep(struct signed_act *a, enum act_state state, int64_t first, int64_t of)
{
	struct db *db = a->k->db;
	int64_t seq = next_line(a);
	char hex[DIGEST_TEXT];
	json_t *detail;
	char *text;
	int rc;

	if (first == -1 || seq == -1 ||
	    db_run(db, a->e,
		"INSERT INTO act_t (at, what, admin, statement, signature,"
		" digest, state, first, seq, of) VALUES"
		" (?,?,?,?,?,?,?,?,?,nullif(?, 0))",
		"ttttttiiii", a->now, a->what, a->admin.name, a->text,
		a->signature, a->digest, (int64_t)state, first, seq, of) == -1)
		return -1;
	a->no = sqlite3_last_insert_rowid(db->handle);
	hash_sha256_hex(a->signature, strlen(a->signature), hex);
	detail = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I}", "act",
	    (json_int_t)a->no, "admin", a->admin.name, "role",
	    admin_role_name(a->admin.role), "do", a->what, "statement",
	    a->digest, "signature", hex, "first", (json_int_t)first);
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, a->now, "act", "", "", text, NULL, a->e);
	free(text);
	json_decref(detail);
	return rc;
}

/* Does a request in the name of this act, or leaves everything as it was. */
static int
perform(struct signed_act *a, int64_t of, const json_t *request,
    json_t **ret_answer)
{
	struct db *db = a->k->db;
	struct err late;
	int64_t first;
	int rc;

	if (db_begin(db, a->e) == -1 ||
	    db_exec(db, "SAVEPOINT act", a->e) == -1)
		return -1;
	first = next_line(a);
	rc =
	    a->run(a->k, member_text(request, "do"), request, ret_answer, a->e);
	if (rc == 0)
		rc = keep(a, ACT_DONE, first, of);
	if (rc == -1 && !db_broken(db)) {
		struct err why = *a->e;

		(void)db_exec(db, "ROLLBACK TO act", a->e);
		*a->e = why;
	}
	if (!db_broken(db))
		(void)db_exec(db, "RELEASE act", &late);
	return rc;
}

/* It waits for another one. */
static int
propose(struct signed_act *a, json_t **ret_answer)
{
	if (keep(a, ACT_WAITS, next_line(a), 0) == -1)
		return -1;
	*ret_answer = json_pack("{s:I, s:s, s:s}", "pending", (json_int_t)a->no,
	    "do", a->what, "sha256", a->digest);
	return 0;
}

static int
needs_second(const struct signed_act *a)
{
	return a->right->second != 0 &&
	       (!a->right->lone ||
		   admin_count(a->k->db, a->right->second, a->admin.name) > 0);
}

/* --- the second one ----------------------------------------------------- */

/* An act that waits. */
struct waiting {
	int64_t no;
	char by[ADMIN_NAME];
	json_t *request; /* owned */
	const struct right *right;
};

static int
no_such(struct err *e)
{
	return act_refuse(e, "没有等待批准的这一操作（见 zayton act list）",
	    "no such act waits: see 'zayton act list'", "");
}

/*
 * By number, and by the digest of what the second one was shown; of somebody
 * who is in office still.
 */
static int
find_waiting(struct signed_act *a, struct waiting *w)
{
	struct statement s;
	sqlite3_stmt *st;
	int fresh = 0;
	int rc;

	w->no = json_integer_value(json_object_get(a->request, "number"));
	rc = db_query(a->k->db, &st, a->e,
	    "SELECT admin, statement, julianday(?) - julianday(at) < ? FROM"
	    " act_t WHERE no = ? AND digest = ? AND state = 1 AND EXISTS"
	    " (SELECT 1 FROM admin_t p WHERE p.name = act_t.admin AND"
	    " p.until_seq IS NULL AND p.since_seq < act_t.seq)",
	    "tiit", a->now, (int64_t)WAITS_DAYS, w->no,
	    member_text(a->request, "sha256"));
	if (rc == 1) {
		const char *text = db_text(st, 1);

		snprintf(w->by, sizeof(w->by), "%s", db_text(st, 0));
		fresh = sqlite3_column_int(st, 2);
		if (statement_read(text, strlen(text), &s, a->e) == 0)
			w->request = request_in(&s);
		w->right = rights_of(w->request);
	}
	db_done(st);
	if (rc != 1 || w->right == NULL)
		return rc == -1 ? -1 : no_such(a->e);
	return fresh ? set_person(w->request, w->by, a->e)
		     : act_refuse(a->e, "等待批准已超过 14 天，请重新提出",
			   "it waited for more than 14 days: propose it again",
			   "");
}

static int
set_state(struct signed_act *a, int64_t no, enum act_state state)
{
	return db_run(a->k->db, a->e, "UPDATE act_t SET state = ? WHERE no = ?",
	    "ii", (int64_t)state, no);
}

static int
approve(struct signed_act *a, const struct waiting *w, json_t **ret_answer)
{
	if (strcmp(w->by, a->admin.name) == 0)
		return act_refuse(a->e, "须由另一名管理员批准",
		    "another administrator has to approve it", w->by);
	if (!is_of(&a->admin, w->right->second))
		return may_not(a, w->right->second);
	if (perform(a, w->no, w->request, ret_answer) == -1)
		return -1;
	return set_state(a, w->no, ACT_DONE);
}

/* Who proposed it may take it back. */
static int
reject(struct signed_act *a, const struct waiting *w, json_t **ret_answer)
{
	if (!is_of(&a->admin, w->right->by | w->right->second))
		return may_not(a, w->right->by | w->right->second);
	*ret_answer = json_pack("{s:I}", "rejected", (json_int_t)w->no);
	return keep(a, ACT_DONE, next_line(a), w->no) == -1
		   ? -1
		   : set_state(a, w->no, ACT_REJECTED);
}

static int
second(struct signed_act *a, json_t **ret_answer)
{
	struct waiting w = { .request = NULL };
	int rc = find_waiting(a, &w);

	if (rc == 0)
		rc = strcmp(a->what, "act approve") == 0
			 ? approve(a, &w, ret_answer)
			 : reject(a, &w, ret_answer);
	json_decref(w.request);
	return rc;
}

/* --- what is asked ------------------------------------------------------ */

static int
list(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	int all = json_is_true(json_object_get(request, "all"));
	json_t *acts = json_array();
	char now[40];
	sqlite3_stmt *st;
	int rc;

	clock_now(now, sizeof(now));
	rc = db_query(k->db, &st, e,
	    "SELECT no, at, what, admin, CASE WHEN state = 0 THEN 'done' WHEN"
	    " state = 2 THEN 'rejected' WHEN julianday(?1) - julianday(at) >="
	    " ?2 THEN 'expired' ELSE 'waits' END AS said, statement, digest,"
	    " coalesce(of, 0) FROM act_t WHERE ?3 OR said = 'waits' ORDER BY"
	    " no DESC LIMIT ?4",
	    "tiii", now, (int64_t)WAITS_DAYS, (int64_t)all, (int64_t)LISTED);
	for (; rc == 1; rc = db_next(k->db, st, e)) {
		const char *text = db_text(st, 5);
		struct statement s;

		if (statement_read(text, strlen(text), &s, e) == -1)
			continue;
		json_array_append_new(acts,
		    json_pack("{s:I, s:s, s:s, s:s, s:s, s:o?, s:s, s:I}",
			"act", (json_int_t)sqlite3_column_int64(st, 0), "at",
			db_text(st, 1), "do", db_text(st, 2), "admin",
			db_text(st, 3), "state", db_text(st, 4), "request",
			request_in(&s), "sha256", db_text(st, 6), "of",
			(json_int_t)sqlite3_column_int64(st, 7)));
	}
	db_done(st);
	*ret_answer = acts;
	return rc;
}

/* Of what a statement can be made. */
static int
want_signature(struct keeper *k, json_t **ret_answer, struct err *e)
{
	char origin[LEDGER_ORIGIN], now[40];
	struct ledger_line next;

	if (ledger_origin(k->db, origin, e) == -1 ||
	    ledger_next(k->db, &next, e) == -1)
		return -1;
	clock_now(now, sizeof(now));
	*ret_answer = json_pack("{s:{s:s, s:I, s:s, s:s}}", "sign", "ledger",
	    origin, "seq", (json_int_t)(next.seq - 1), "hash", next.prev, "at",
	    now);
	(void)act_refuse(e,
	    "本实例已登记管理员，此操作须由管理员签名（--sign-with 私钥文件，"
	    "或环境变量 ZAYTON_SIGN_KEY）",
	    "this instance has administrators: one of them has to sign it "
	    "(--sign-with KEY, or ZAYTON_SIGN_KEY)",
	    "");
	e->kind = ERR_HOLD;
	return -1;
}

static int
do_signed(struct keeper *k, const json_t *request, acts_run *run,
    json_t **ret_answer, struct err *e)
{
	struct signed_act a = { .k = k, .run = run, .e = e };
	int rc = read_act(&a, request);

	if (rc == 0)
		rc = strncmp(a.what, "act ", 4) == 0 ? second(&a, ret_answer)
		     : needs_second(&a)              ? propose(&a, ret_answer)
					: perform(&a, 0, a.request, ret_answer);
	json_decref(a.request);
	return rc;
}

int
acts_ask(struct keeper *k, const json_t *request, acts_run *run,
    json_t **ret_answer, struct err *e)
{
	const struct right *right = rights_of(request);
	const char *what = member_text(request, "do");

	if (strcmp(what, "act list") == 0)
		return list(k, request, ret_answer, e);
	if (strcmp(what, "act") == 0)
		return do_signed(k, request, run, ret_answer, e);
	if (right != NULL && right->by == 0)
		return run(k, what, request, ret_answer, e);
	if (acts_wanted(k->db))
		return want_signature(k, ret_answer, e);
	return strncmp(what, "act ", 4) == 0
		   ? no_such(e)
		   : run(k, what, request, ret_answer, e);
}
