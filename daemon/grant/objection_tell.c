#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/db.h"
#include "base/outbox.h"
#include "form/csv_write.h"
#include "grant/objection_part.h"
#include "sys/file.h"
#include "sys/home.h"
#include "way/work.h"

enum { LIST_MAX = 16 << 20 };

static const char head[] = CSV_MARK
    "平台异议号 number,类别 kind,状态 state,提出 filed,答复期限 due,"
    "提出账户 by,企业编号 enterprise,数据集 dataset,字段 field,"
    "记录文号 record,应为 claimed,授权编号 grant,理由 reason,"
    "证据 evidence,答复 answer,答复时间 answered,怎么办 what to do\r\n";

/* Of a provider (those to answer) or of an account (those it filed). */
static int
put_list(struct keeper *k, const char *sql, const char *whose, const char *day,
    struct buf *b, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e, sql, "tt", whose, day);

	buf_addstr(b, head);
	for (; rc == 1; rc = db_next(k->db, st, e)) {
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *s = db_text(st, i);

			if (i > 0)
				buf_addch(b, ',');
			csv_put_cell(b, s, strlen(s));
		}
		buf_addstr(b, "\r\n");
	}
	db_done(st);
	return rc;
}

#define COLUMNS                                                                \
	"SELECT objection, kind, CASE WHEN state = 'RECEIVED' AND due < ?2"    \
	" THEN '逾期 overdue' WHEN state = 'RECEIVED' THEN '待答复 open'" \
	" ELSE state END, substr(filed_at, 1, 10), due, account, enterprise,"  \
	" dataset, field, record, claimed, \"grant\", reason, evidence,"       \
	" answer, answered_at, "

static const char to_answer[] =
    COLUMNS "'报送“异议答复”（enterprise_objection_"
	    "answer）：平台异议号、处理结果、答复理由 Send "
	    "enterprise_objection_answer: number, verdict, answer' FROM "
	    "data_objection WHERE"
	    " provider = ?1 AND state = 'RECEIVED' ORDER BY due, objection";
static const char filed[] =
    COLUMNS "'' FROM data_objection WHERE account = ?1 ORDER BY objection";

int
objection_send(struct keeper *k, const char *account, const char *name,
    const struct buf *b, struct err *e)
{
	char path[192];
	struct account a;
	int rc = account_find(k->db, account, &a, e);

	if (rc != 1)
		return rc;
	if (a.role == ACCOUNT_DEPARTMENT || a.role == ACCOUNT_ENTERPRISE)
		return outbox_put(k->db, account, name, b->data, b->len, 1, e);
	snprintf(path, sizeof(path), HOME_ACCOUNTS "/%s/catalog/%s", account,
	    name);
	return file_publish(AT_FDCWD, path, b->data, b->len, 0644, e);
}

static int
tell_provider(struct keeper *k, const char *provider, const char *day,
    struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, LIST_MAX);
	rc = put_list(k, to_answer, provider, day, &b, e);
	if (rc == 0)
		rc = outbox_put_all(k->db, provider,
		    "value-objections-to-answer.csv", b.data, b.len, 1, e);
	buf_done(&b);
	return rc;
}

static int
tell_objector(struct keeper *k, const char *account, const char *day,
    struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, LIST_MAX);
	rc = put_list(k, filed, account, day, &b, e);
	if (rc == 0)
		rc = objection_send(k, account, "value-objections.csv", &b, e);
	buf_done(&b);
	return rc;
}

static int
tell(struct keeper *k, const char *provider, const char *account,
    const char *day, struct err *e)
{
	return tell_provider(k, provider, day, e) == -1
		   ? -1
		   : tell_objector(k, account, day, e);
}

int
objection_tell(struct keeper *k, int64_t no, const char *now, struct err *e)
{
	char provider[64] = "", account[ACCOUNT_TEXT] = "", day[16];
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT provider, account FROM objection_t WHERE no = ?", "i", no);

	if (rc == 1) {
		snprintf(provider, sizeof(provider), "%s", db_text(st, 0));
		snprintf(account, sizeof(account), "%s", db_text(st, 1));
	}
	db_done(st);
	work_day(now, day);
	return rc == 1 ? tell(k, provider, account, day, e) : rc;
}

int
objection_tell_all(struct keeper *k, const char *now, struct err *e)
{
	int64_t last = 0;

	/* One open objection of each provider and objector is enough. */
	for (;;) {
		int64_t no = db_int(k->db, 0,
		    "SELECT min(no) FROM (SELECT min(no) AS no FROM objection_t"
		    " WHERE state = 'RECEIVED' GROUP BY provider, account)"
		    " WHERE no > ?",
		    "i", last);

		if (no == 0)
			return 0;
		if (objection_tell(k, no, now, e) == -1)
			return -1;
		last = no;
	}
}
