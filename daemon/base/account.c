#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/ledger.h"
#include "sys/member.h"
#include "sys/sign.h"

enum { KEY_BYTES = 8192 };

static const char *const role_name[] = { [ACCOUNT_DEPARTMENT] = "department",
	[ACCOUNT_INSTITUTION] = "institution",
	[ACCOUNT_ENTERPRISE] = "enterprise",
	[ACCOUNT_UPSTREAM] = "upstream" };

static int
role_find(const char *name, enum account_role *ret_role)
{
	for (size_t i = 0; i < sizeof(role_name) / sizeof(role_name[0]); i++)
		if (name != NULL && strcmp(role_name[i], name) == 0) {
			*ret_role = (enum account_role)i;
			return 1;
		}
	return 0;
}

int
account_find(struct db *db, const char *name, struct account *ret_a,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT role, provider, unit, person, phone FROM account_t"
	    " WHERE name = ?",
	    "t", name);

	if (rc == 1) {
		memset(ret_a, 0, sizeof(*ret_a));
		snprintf(ret_a->name, sizeof(ret_a->name), "%s", name);
		(void)role_find(db_text(st, 0), &ret_a->role);
		snprintf(ret_a->provider, sizeof(ret_a->provider), "%s",
		    db_text(st, 1));
		snprintf(ret_a->unit, sizeof(ret_a->unit), "%s",
		    db_text(st, 2));
		snprintf(ret_a->person, sizeof(ret_a->person), "%s",
		    db_text(st, 3));
		snprintf(ret_a->phone, sizeof(ret_a->phone), "%s",
		    db_text(st, 4));
	}
	db_done(st);
	return rc;
}

int
account_enabled(struct db *db, const char *name, enum account_role *ret_role,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT role FROM account_t WHERE name = ? AND enabled", "t", name);

	if (rc == 1)
		(void)role_find(db_text(st, 0), ret_role);
	db_done(st);
	return rc;
}

int
account_login(struct db *db, const char *user, const void *key, size_t len,
    enum account_role *ret_role, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT 1 FROM account_key_t WHERE account = ? AND blob = ?", "tb",
	    user, key, len);

	db_done(st);
	return rc == 1 ? account_enabled(db, user, ret_role, e) : rc;
}

/* --- commands ----------------------------------------------------------- */

static int
note(struct db *db, const char *now, const char *kind, const char *account,
    json_t *detail, struct err *e)
{
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = ledger_append(db, now, kind, account, "",
	    text != NULL ? text : "{}", NULL, e);

	json_decref(detail);
	free(text);
	return rc;
}

static int
name_ok(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len >= ACCOUNT_TEXT)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)name[i]) &&
		    !isdigit((unsigned char)name[i]) && name[i] != '_' &&
		    name[i] != '-')
			return 0;
	return 1;
}

static int
no_such(const char *name, struct err *e)
{
	return err_set(e, ERR_HOLD, "there is no account '%s'", name);
}

/* Adds every key of a text of .pub lines; returns how many, or -1. */
static int
add_keys(struct db *db, const char *account, const char *text, const char *now,
    struct err *e)
{
	struct buf blob;
	int n = 0;
	int rc = 0;

	buf_init(&blob, KEY_BYTES);
	for (const char *p = text; rc != -1 && *p != '\0';) {
		size_t len = strcspn(p, "\n");
		char type[64];
		char comment[256];
		char print[64];

		buf_clear(&blob);
		rc = sign_public_line(p, len, type, sizeof(type), &blob,
		    comment, sizeof(comment), e);
		p += len + (p[len] == '\n');
		if (rc != 1)
			continue;
		sign_fingerprint(blob.data, blob.len, print);
		rc = db_run(db, e,
		    "INSERT OR REPLACE INTO account_key_t VALUES (?,?,?,?,?)",
		    "tttbt", account, print, type, blob.data, blob.len,
		    comment);
		if (rc == 0)
			rc = note(db, now, "key added", account,
			    json_pack("{s:s}", "fingerprint", print), e);
		n++;
	}
	buf_done(&blob);
	if (rc != -1 && n == 0)
		rc = err_set(e, ERR_HOLD, "the key file holds no public key");
	return rc == -1 ? -1 : n;
}

static int
ask_add(struct db *db, const json_t *r, const char *now, json_t **ret_answer,
    struct err *e)
{
	const char *name = member_text(r, "name");
	const char *provider = member_text(r, "provider");
	enum account_role role;
	struct account known;
	int rc;

	if (!name_ok(name))
		return err_set(e, ERR_HOLD,
		    "'%s' cannot be an account: 1 to 32 of a-z 0-9 _ -", name);
	if (!role_find(member_text(r, "role"), &role))
		return err_set(e, ERR_HOLD,
		    "'%s' is not a role: department, institution, enterprise "
		    "or upstream",
		    member_text(r, "role"));
	if (role == ACCOUNT_DEPARTMENT && provider[0] == '\0')
		return err_set(e, ERR_HOLD, "a department needs --provider");
	rc = account_find(db, name, &known, e);
	if (rc != 0)
		return rc == -1 ? -1
				: err_set(e, ERR_HOLD,
				      "there is an account '%s' already", name);
	if (db_run(db, e, "INSERT INTO account_t VALUES (?,?,?,?,?,?,1,?)",
		"ttttttt", name, role_name[role], provider,
		member_text(r, "unit"), member_text(r, "person"),
		member_text(r, "phone"), now) == -1 ||
	    note(db, now, "account added", name,
		json_pack("{s:s, s:s, s:s, s:s}", "role", role_name[role],
		    "provider", provider, "unit", member_text(r, "unit"),
		    "person", member_text(r, "person")),
		e) == -1 ||
	    add_keys(db, name, member_text(r, "keys"), now, e) == -1)
		return -1;
	*ret_answer = json_pack("{s:s}", "added", name);
	return 0;
}

static int
ask_enable(struct db *db, const json_t *r, int enabled, const char *now,
    json_t **ret_answer, struct err *e)
{
	const char *name = member_text(r, "name");

	if (db_run(db, e, "UPDATE account_t SET enabled = ? WHERE name = ?",
		"it", (int64_t)enabled, name) == -1)
		return -1;
	if (sqlite3_changes(db->handle) == 0)
		return no_such(name, e);
	*ret_answer =
	    json_pack("{s:s}", enabled ? "enabled" : "disabled", name);
	return note(db, now, enabled ? "account enabled" : "account disabled",
	    name, json_object(), e);
}

static int
ask_key_add(struct db *db, const json_t *r, const char *now,
    json_t **ret_answer, struct err *e)
{
	const char *name = member_text(r, "name");
	struct account known;
	int rc = account_find(db, name, &known, e);

	if (rc != 1)
		return rc == 0 ? no_such(name, e) : -1;
	rc = add_keys(db, name, member_text(r, "keys"), now, e);
	if (rc == -1)
		return -1;
	*ret_answer = json_pack("{s:i}", "keys added", rc);
	return 0;
}

/* By fingerprint, or by the key itself. */
static int
ask_key_remove(struct db *db, const json_t *r, const char *now,
    json_t **ret_answer, struct err *e)
{
	const char *name = member_text(r, "name");
	const char *text = member_text(r, "keys");
	char print[256];
	char type[64];
	char comment[256];
	struct buf blob;
	int rc;

	snprintf(print, sizeof(print), "%.*s", (int)strcspn(text, "\n"), text);
	if (strncmp(text, "SHA256:", 7) != 0) {
		buf_init(&blob, KEY_BYTES);
		rc = sign_public_line(text, strcspn(text, "\n"), type,
		    sizeof(type), &blob, comment, sizeof(comment), e);
		if (rc == 1)
			sign_fingerprint(blob.data, blob.len, print);
		buf_done(&blob);
		if (rc != 1)
			return err_set(e, ERR_HOLD,
			    "name a key by its file or its SHA256: "
			    "fingerprint");
	}
	if (db_run(db, e,
		"DELETE FROM account_key_t WHERE account = ? AND"
		" fingerprint = ?",
		"tt", name, print) == -1)
		return -1;
	if (sqlite3_changes(db->handle) == 0)
		return err_set(e, ERR_HOLD, "'%s' has no key %.80s", name,
		    print);
	*ret_answer = json_pack("{s:s}", "key removed", print);
	return note(db, now, "key removed", name,
	    json_pack("{s:s}", "fingerprint", print), e);
}

static json_t *
list_keys(struct db *db, const char *account, struct err *e)
{
	json_t *keys = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT type, fingerprint, comment FROM account_key_t"
	    " WHERE account = ? ORDER BY fingerprint",
	    "t", account);

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(keys,
		    json_pack("{s:s, s:s, s:s}", "type", db_text(st, 0),
			"fingerprint", db_text(st, 1), "comment",
			db_text(st, 2)));
	db_done(st);
	return keys;
}

static int
ask_list(struct db *db, json_t **ret_answer, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT name, role, provider, unit, person, phone, enabled,"
	    " created_at FROM account_t ORDER BY name",
	    "");

	for (; rc == 1; rc = db_next(db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o}",
			"name", db_text(st, 0), "role", db_text(st, 1),
			"provider", db_text(st, 2), "unit", db_text(st, 3),
			"person", db_text(st, 4), "phone", db_text(st, 5),
			"enabled", sqlite3_column_int(st, 6), "created_at",
			db_text(st, 7), "keys",
			list_keys(db, db_text(st, 0), e)));
	db_done(st);
	*ret_answer = list;
	return rc;
}

int
account_ask(struct db *db, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "account list") == 0)
		return ask_list(db, ret_answer, e);
	if (strcmp(what, "account add") == 0)
		return ask_add(db, request, now, ret_answer, e);
	if (strcmp(what, "account disable") == 0)
		return ask_enable(db, request, 0, now, ret_answer, e);
	if (strcmp(what, "account enable") == 0)
		return ask_enable(db, request, 1, now, ret_answer, e);
	if (strcmp(what, "account key add") == 0)
		return ask_key_add(db, request, now, ret_answer, e);
	if (strcmp(what, "account key remove") == 0)
		return ask_key_remove(db, request, now, ret_answer, e);
	return err_set(e, ERR_HOLD, "unknown request '%s'", what);
}

int
account_keys(struct db *db, const char *name, char *keys, size_t size,
    struct err *e)
{
	sqlite3_stmt *st;
	size_t len = 0;
	int rc;

	keys[0] = '\0';
	for (rc = db_query(db, &st, e,
		 "SELECT fingerprint FROM account_key_t WHERE account = ?"
		 " ORDER BY fingerprint",
		 "t", name);
	     rc == 1 && len < size; rc = db_next(db, st, e))
		len += (size_t)snprintf(keys + len, size - len, "%s%s",
		    len > 0 ? " " : "", db_text(st, 0));
	db_done(st);
	return rc == -1 ? -1 : 0;
}
