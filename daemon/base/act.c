#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/ledger.h"
#include "golden/enterprise.h"
#include "quality/calendar.h"
#include "sys/hash.h"
#include "sys/member.h"
#include "sys/sign.h"

enum { KEY_BYTES = 8192 };

int
act_refuse(struct err *e, const char *zh, const char *en, const char *what)
{
	e->kind = ERR_SENDER;
	e->code[0] = '\0';
	snprintf(e->zh, sizeof(e->zh), "%s%s%s", zh, what[0] ? "：" : "", what);
	snprintf(e->en, sizeof(e->en), "%s%s%s", en, what[0] ? ": " : "", what);
	return -1;
}

int
act_begin(struct act *a, const json_t *request, const char *now, struct err *e)
{
	a->person = member_text(request, "person");
	a->reason = member_text(request, "reason");
	a->now = now;
	if (a->person[strspn(a->person, " ")] == '\0' ||
	    a->reason[strspn(a->reason, " ")] == '\0')
		return act_refuse(e,
		    "请写明决定人（--person）和理由（--reason）",
		    "say who decides (--person) and why (--reason)", "");
	return 0;
}

int
act_note(struct db *db, const struct act *a, const char *kind,
    const char *account, json_t *detail, struct err *e)
{
	char *text;
	int rc;

	json_object_set_new(detail, "person", json_string(a->person));
	json_object_set_new(detail, "reason", json_string(a->reason));
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, a->now, kind, account, "",
	    text != NULL ? text : "{}", NULL, e);
	free(text);
	json_decref(detail);
	return rc;
}

/* --- papers ------------------------------------------------------------- */

static int
hex_bytes(const char *hex, unsigned char *out, size_t n)
{
	if (strlen(hex) != 2 * n || strspn(hex, "0123456789abcdef") != 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return 0;
}

/* Whose key it is: any account that may still log in. */
static int
signer_of(struct db *db, const struct buf *key, struct act_paper *p,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT k.account, k.fingerprint FROM account_key_t k JOIN"
	    " account_t a ON a.name = k.account WHERE k.blob = ? AND"
	    " a.enabled ORDER BY k.account",
	    "b", (const void *)key->data, key->len);

	if (rc == 1)
		snprintf(p->signer, sizeof(p->signer), "%.32s %.64s",
		    db_text(st, 0), db_text(st, 1));
	db_done(st);
	return rc;
}

static int
check_signature(struct db *db, const json_t *request, const char *name_space,
    struct act_paper *p, struct err *e)
{
	const char *armor = member_text(request, "signature");
	unsigned char sha512[HASH_SHA512_BYTES];
	struct buf key;
	struct err why;
	int rc;

	if (hex_bytes(member_text(request, "sha512"), sha512, sizeof(sha512)) ==
	    -1)
		return act_refuse(e, "签名需要原件（--evidence 文件）",
		    "a signature needs the paper itself (--evidence FILE)", "");
	buf_init(&key, KEY_BYTES);
	rc = sign_sshsig_verify(armor, strlen(armor), name_space, sha512, &key,
	    &why);
	if (rc != 1)
		rc = act_refuse(e, "签名与原件不符，或不是 SSH 签名",
		    "the signature is not good for the paper", name_space);
	else if ((rc = signer_of(db, &key, p, e)) == 0)
		rc = act_refuse(e, "签名所用的密钥不属于任何账户",
		    "the key of the signature is no account's", "");
	buf_done(&key);
	return rc == -1 ? -1 : 0;
}

int
act_paper(struct db *db, const json_t *request, const char *name_space,
    struct act_paper *ret_p, struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];

	memset(ret_p, 0, sizeof(*ret_p));
	snprintf(ret_p->evidence, sizeof(ret_p->evidence), "%s",
	    member_text(request, "evidence"));
	if (hex_bytes(ret_p->evidence, digest, sizeof(digest)) == -1)
		return act_refuse(e,
		    "缺少签字原件（--evidence 文件或 SHA-256）",
		    "the signed paper is missing (--evidence FILE or SHA-256)",
		    "");
	if (member_text(request, "signature")[0] == '\0')
		return 0;
	return check_signature(db, request, name_space, ret_p, e);
}

/* --- words -------------------------------------------------------------- */

int
act_day(const json_t *request, const char *name, int may_lack, char day[16],
    struct err *e)
{
	const char *said = member_text(request, name);
	int number;

	day[0] = '\0';
	if (said[0] == '\0' && may_lack)
		return 0;
	if (calendar_day(said, &number) == -1)
		return act_refuse(e, "日期应写作 YYYY-MM-DD",
		    "a day is written YYYY-MM-DD",
		    said[0] != '\0' ? said : name);
	snprintf(day, 16, "%.10s", said);
	return 0;
}

int
act_enterprise(struct db *db, const char *word, uint32_t *ret_no, struct err *e)
{
	sqlite3_stmt *st;
	int64_t n = 0;
	int rc = 0;

	*ret_no = enterprises_root(db, enterprise_id_parse(word));
	if (*ret_no != 0)
		return 0;
	rc = db_query(db, &st, e,
	    "SELECT count(DISTINCT t.root), max(t.root) FROM"
	    " enterprise_ident_t i JOIN enterprise_t t ON t.no = i.enterprise"
	    " WHERE i.value = ?",
	    "t", word);
	if (rc == 1) {
		n = sqlite3_column_int64(st, 0);
		*ret_no = (uint32_t)sqlite3_column_int64(st, 1);
	}
	db_done(st);
	if (rc == -1 || n == 1)
		return rc == -1 ? -1 : 0;
	return n == 0 ? act_refuse(e, "没有这家企业（请用企业编号或证件号码）",
			    "there is no such enterprise (use its id or a "
			    "number)",
			    word)
		      : act_refuse(e, "号码属于几家企业，请用企业编号",
			    "the number is of several enterprises, use the id",
			    word);
}
