#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/admin.h"
#include "base/ledger.h"
#include "sys/member.h"
#include "sys/sign.h"

enum { KEY_BYTES = 8192 };

static const char *const role_name[ADMIN_ROLES] = { [ADMIN_SYSTEM] = "admin",
	[ADMIN_SECURITY] = "security",
	[ADMIN_AUDIT] = "audit" };

const char *
admin_role_name(enum admin_role role)
{
	return role_name[role];
}

static int
role_find(const char *name, enum admin_role *ret_role)
{
	for (size_t i = 0; i < ADMIN_ROLES; i++)
		if (strcmp(role_name[i], name) == 0) {
			*ret_role = (enum admin_role)i;
			return 1;
		}
	return 0;
}

int64_t
admin_count(struct db *db, unsigned roles, const char *but)
{
	return db_int(db, 0,
	    "SELECT count(*) FROM admin_t WHERE until_seq IS NULL AND"
	    " (1 << role) & ? <> 0 AND name <> ?",
	    "it", (int64_t)roles, but != NULL ? but : "");
}

static void
take(sqlite3_stmt *st, struct admin *ret_a)
{
	snprintf(ret_a->name, sizeof(ret_a->name), "%s", db_text(st, 0));
	ret_a->role = (enum admin_role)sqlite3_column_int(st, 1);
	snprintf(ret_a->fingerprint, sizeof(ret_a->fingerprint), "%s",
	    db_text(st, 2));
}

int
admin_by_key(struct db *db, const void *blob, size_t len, struct admin *ret_a,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT name, role, fingerprint FROM admin_t WHERE blob = ? AND"
	    " until_seq IS NULL",
	    "b", blob, len);

	if (rc == 1)
		take(st, ret_a);
	db_done(st);
	return rc;
}

int
admin_at(struct db *db, const void *blob, size_t len, int64_t seq,
    struct admin *ret_a, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT name, role, fingerprint FROM admin_t WHERE blob = ?1 AND"
	    " since_seq < ?2 AND (until_seq IS NULL OR until_seq > ?2)",
	    "bi", blob, len, seq);

	if (rc == 1)
		take(st, ret_a);
	db_done(st);
	return rc;
}

/* --- what is asked ------------------------------------------------------ */

static int
name_ok(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len >= ADMIN_NAME)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)name[i]) || name[i] == ' ')
			return 0;
	return 1;
}

/* The first key of a .pub file; refused where it cannot sign for us. */
static int
read_key(const json_t *request, struct buf *blob, char print[ADMIN_PRINT],
    struct err *e)
{
	const char *text = member_text(request, "keys");
	char type[64], comment[128];
	struct err why;

	if (sign_public_line(text, strcspn(text, "\n"), type, sizeof(type),
		blob, comment, sizeof(comment), &why) != 1 ||
	    sign_blob_public(blob->data, blob->len) == NULL)
		return act_refuse(e,
		    "管理员的密钥须为 Ed25519 公钥（ssh-keygen -t ed25519，"
		    "--key 文件.pub）",
		    "an administrator's key is an Ed25519 public key "
		    "(ssh-keygen -t ed25519, --key FILE.pub)",
		    "");
	sign_fingerprint(blob->data, blob->len, print);
	return 0;
}

/* The line that its or his office begins or ends with. */
static int
note(struct db *db, const char *now, const char *kind, json_t *detail,
    int64_t *ret_seq, struct err *e)
{
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	struct ledger_line line;
	int rc = ledger_append(db, now, kind, "", "", text != NULL ? text : "",
	    &line, e);

	*ret_seq = line.seq;
	json_decref(detail);
	free(text);
	return rc;
}

/* What stands in the way of enrolling; NULL nothing. */
static int
check_new(struct db *db, const char *name, enum admin_role role,
    const struct buf *blob, struct err *e)
{
	if (!name_ok(name))
		return act_refuse(e, "管理员名称不能为空或含空格",
		    "an administrator's name has no spaces", name);
	if (db_int(db, 0,
		"SELECT count(*) FROM admin_t WHERE name = ? AND until_seq IS"
		" NULL",
		"t", name) > 0)
		return act_refuse(e, "已有同名管理员",
		    "there is an administrator of this name already", name);
	if (db_int(db, 0, "SELECT count(*) FROM admin_t WHERE blob = ?", "b",
		(const void *)blob->data, blob->len) > 0)
		return act_refuse(e,
		    "此密钥已经或曾经属于一名管理员，请另行生成",
		    "this key is or was an administrator's: make another", "");
	if (role != ADMIN_SECURITY &&
	    admin_count(db, 1 << ADMIN_SECURITY, NULL) == 0)
		return act_refuse(e,
		    "第一名管理员应为安全管理员（--role security），"
		    "由其登记其他人",
		    "the first administrator is one of security (--role "
		    "security), who enrols the others",
		    "");
	return 0;
}

static int
add(struct db *db, const json_t *request, const char *now, json_t **ret_answer,
    struct err *e)
{
	const char *name = member_text(request, "name");
	char print[ADMIN_PRINT];
	enum admin_role role;
	struct buf blob;
	int64_t seq;
	int rc = -1;

	if (!role_find(member_text(request, "role"), &role))
		return act_refuse(e,
		    "角色应为 admin（系统）、security（安全）或 audit（审计）",
		    "the role is admin, security or audit",
		    member_text(request, "role"));
	buf_init(&blob, KEY_BYTES);
	if (read_key(request, &blob, print, e) == -1 ||
	    check_new(db, name, role, &blob, e) == -1 ||
	    note(db, now, "administrator added",
		json_pack("{s:s, s:s, s:s}", "name", name, "role",
		    role_name[role], "fingerprint", print),
		&seq, e) == -1)
		goto out;
	rc = db_run(db, e,
	    "INSERT INTO admin_t (name, role, blob, fingerprint, since,"
	    " since_seq) VALUES (?,?,?,?,?,?)",
	    "tibtti", name, (int64_t)role, (const void *)blob.data, blob.len,
	    print, now, seq);
	*ret_answer = json_pack("{s:s, s:s, s:s}", "added", name, "role",
	    role_name[role], "fingerprint", print);
out:
	buf_done(&blob);
	return rc;
}

static int
end_office(struct db *db, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	const char *name = member_text(request, "name");
	int64_t seq;

	if (db_int(db, 0,
		"SELECT count(*) FROM admin_t WHERE name = ? AND until_seq IS"
		" NULL",
		"t", name) == 0)
		return act_refuse(e, "没有这名管理员",
		    "there is no such administrator", name);
	if (admin_count(db, 1 << ADMIN_SECURITY, name) == 0)
		return act_refuse(e,
		    "不能移除最后一名安全管理员：此后无人可以登记管理员",
		    "the last administrator of security stays: nobody could "
		    "enrol another",
		    name);
	if (note(db, now, "administrator removed",
		json_pack("{s:s}", "name", name), &seq, e) == -1)
		return -1;
	*ret_answer = json_pack("{s:s}", "removed", name);
	return db_run(db, e,
	    "UPDATE admin_t SET until = ?, until_seq = ? WHERE name = ? AND"
	    " until_seq IS NULL",
	    "tit", now, seq, name);
}

static int
list(struct db *db, json_t **ret_answer, struct err *e)
{
	json_t *all = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT name, role, fingerprint, since, coalesce(until, '') FROM"
	    " admin_t ORDER BY no",
	    "");

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
			db_text(st, 0), "role",
			role_name[sqlite3_column_int(st, 1)], "fingerprint",
			db_text(st, 2), "since", db_text(st, 3), "until",
			db_text(st, 4)));
	db_done(st);
	*ret_answer = all;
	return rc;
}

int
admin_ask(struct db *db, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "admin list") == 0)
		return list(db, ret_answer, e);
	if (strcmp(what, "admin add") == 0)
		return add(db, request, now, ret_answer, e);
	if (strcmp(what, "admin remove") == 0)
		return end_office(db, request, now, ret_answer, e);
	return err_set(e, ERR_HOLD, "unknown request '%s'", what);
}
