#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/csv_write.h"
#include "golden/enterprise.h"
#include "golden/sendback.h"
#include "rule/row.h"
#include "sys/buf.h"
#include "sys/catalog.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/link.h"
#include "way/merge.h"

enum { LIST_MAX = 256 << 20, NEAREST = 3 };

/* Findings of linking that say something against a row. */
#define FINDINGS "('key_mismatch', 'ids_of_two', 'ids_contradict')"

static void
put(struct buf *b, const char *s)
{
	if (b->len > 0 && b->data[b->len - 1] != '\n' && b->len > 3)
		buf_addch(b, ',');
	csv_put_cell(b, s, strlen(s));
}

static void
put_number(struct buf *b, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	put(b, text);
}

static void
end_line(struct buf *b)
{
	buf_addstr(b, "\r\n");
}

/* --- rows without enterprise -------------------------------------------- */

/* One row, its finding and its candidates. */
struct open_row {
	const char *dataset;
	const struct schema *schema;
	int64_t row;
	int64_t file;
	int64_t line;
	const char *path;
	const char *name;
	unsigned missing;
	enum link_finding finding;
	const char *field;
	const char *number;
	const char *header; /* as sent, of the field or what it is made of */
	size_t n;
	char candidate[NEAREST][160];
	int score[NEAREST];
	char number_of[NEAREST][32];
};

/* The nearest by their newest names. */
static int
read_candidates(struct db *db, struct open_row *r, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT c.score, (SELECT name FROM enterprise_name_t n WHERE"
	    " n.enterprise = t.root ORDER BY until <> '', since DESC LIMIT 1),"
	    " (SELECT value FROM enterprise_ident_t i WHERE i.enterprise ="
	    " t.root AND kind IN (2, 0) ORDER BY kind DESC LIMIT 1)"
	    " FROM candidate_t c JOIN enterprise_t t ON t.no = c.enterprise"
	    " WHERE c.dataset = ? AND c.row = ? ORDER BY c.n",
	    "ti", r->dataset, r->row);

	for (r->n = 0; rc == 1 && r->n < NEAREST; rc = db_next(db, st, e)) {
		r->score[r->n] = sqlite3_column_int(st, 0);
		snprintf(r->candidate[r->n], sizeof(r->candidate[0]), "%s",
		    db_text(st, 1));
		snprintf(r->number_of[r->n], sizeof(r->number_of[0]), "%s",
		    db_text(st, 2));
		r->n++;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

static void
arguments(const struct open_row *r, const char *arg[3])
{
	arg[0] = r->finding == LINK_MISMATCH || r->finding == LINK_CONTRADICTS
		     ? r->number
		 : r->finding == LINK_TWO ? r->n > 0 ? r->candidate[0] : ""
					  : r->name;
	arg[1] = r->finding == LINK_TWO ? r->n > 1 ? r->candidate[1] : ""
		 : r->n > 0             ? r->candidate[0]
					: "—";
	arg[2] = r->name;
}

/* The column of the number as the sender calls it, else its title. */
static const char *
header_of(const struct open_row *r)
{
	int at = r->schema != NULL ? schema_field(r->schema, r->field) : -1;

	if (r->header[0] != '\0')
		return r->header;
	return at != -1 ? r->schema->field[at].title : "";
}

static int
add_finding(struct db *db, const struct bundle *b, const struct open_row *r,
    const char *zh, const char *en, struct err *e)
{
	const char *rule = link_rule[r->finding];
	struct rowfile_record issue = { .line = (uint64_t)r->line,
		.field = r->field,
		.header = header_of(r),
		.rule = rule,
		.text = r->number[0] != '\0' ? r->number : r->name,
		.zh = zh,
		.en = en,
		.severity = (uint8_t)catalog_find(rule)->severity,
		.effect = EFFECT_KEEP };

	return bundle_issue(db, b->no, r->file, &issue, e);
}

static void
put_missing(struct buf *b, unsigned missing)
{
	static const struct {
		unsigned bit;
		const char *words;
	} all[] = { { LINKER_MISSING_ID, "有效的号码/a valid number" },
		{ LINKER_MISSING_NAME, "企业全称/the full name" },
		{ LINKER_MISSING_SUPPORT,
		    "法定代表人、地址或电话/representative, address or "
		    "phone" } };
	char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		if ((missing & all[i].bit) != 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", n > 0 ? "；" : "", all[i].words);
	put(b, text);
}

static void
put_row(struct buf *b, const struct open_row *r, const char *zh, const char *en)
{
	char text[256];

	put(b, r->path);
	put_number(b, r->line);
	put(b, r->name);
	put(b, link_rule[r->finding]);
	put(b, zh);
	put(b, en);
	put_missing(b, r->missing);
	for (size_t i = 0; i < NEAREST; i++) {
		text[0] = '\0';
		if (i < r->n)
			snprintf(text, sizeof(text), "%s %s (%d)",
			    r->candidate[i], r->number_of[i], r->score[i]);
		put(b, text);
	}
	end_line(b);
}

static int
send_row(struct db *db, const struct bundle *b, struct open_row *r,
    struct buf *list, struct err *e)
{
	const char *arg[3];
	char zh[512];
	char en[512];

	if (r->finding == LINK_FINE)
		r->finding = LINK_NONE;
	if (read_candidates(db, r, e) == -1)
		return -1;
	arguments(r, arg);
	catalog_zh(link_rule[r->finding], arg, 3, zh, sizeof(zh));
	catalog_en(link_rule[r->finding], arg, 3, en, sizeof(en));
	put_row(list, r, zh, en);
	/* That nobody is found says nothing against the row itself. */
	return catalog_find(link_rule[r->finding])->severity == SEVERITY_INFO
		   ? 0
		   : add_finding(db, b, r, zh, en, e);
}

/* How many of each finding there are, for the receipt. */
static int
keep_counts(struct db *db, const struct bundle *b, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO bundle_finding_t SELECT bundle, file, rule,"
	    " severity, count(*) FROM quality_issue_t WHERE bundle = ? AND rule"
	    " IN " FINDINGS " GROUP BY bundle, file, rule, severity",
	    "i", b->no);
}

static int
place(const char *account, const char *name, const struct buf *list,
    struct err *e)
{
	char path[SPOOL_TEXT + 128];

	snprintf(path, sizeof(path), "%s/%s/reports/%s", HOME_ACCOUNTS, account,
	    name);
	return file_publish(AT_FDCWD, path, list->data, list->len, 0644, e);
}

/* The list grows in a file of its own, which a crash leaves to be made anew. */
struct sendback {
	struct db *db;
	const struct schemas *schemas;
	const struct bundle *bundle;
	int fd; /* -1: no row yet */
	char folder[SPOOL_TEXT + 96];
	char growing[SPOOL_TEXT + 128];
	/* the last row that was sent */
	int64_t file;
	int64_t line;
	char dataset[64];
};

int
sendback_open(struct db *db, const struct schemas *all, const struct bundle *b,
    struct sendback **ret_s, struct err *e)
{
	struct sendback *s = xcalloc(1, sizeof(*s));

	s->db = db;
	s->schemas = all;
	s->bundle = b;
	s->file = s->line = s->fd = -1;
	snprintf(s->folder, sizeof(s->folder), "%s/%s/reports/%s.%s",
	    HOME_ACCOUNTS, b->name.account, b->name.name, b->name.id);
	snprintf(s->growing, sizeof(s->growing), "%s/%s/reports/.%s.unlinked",
	    HOME_ACCOUNTS, b->name.account, b->name.id);
	/* Those of a list that a crash cut off. */
	if (db_run(db, e,
		"DELETE FROM quality_issue_t WHERE bundle = ? AND rule "
		"IN " FINDINGS,
		"i", b->no) == -1) {
		free(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

void
sendback_close(struct sendback *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1) {
		(void)close(s->fd);
		(void)unlink(s->growing);
	}
	free(s);
}

static int
write_list(struct sendback *s, const struct buf *list, struct err *e)
{
	if (s->fd == -1)
		s->fd = open(s->growing,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (s->fd == -1 ||
	    write(s->fd, list->data, list->len) != (ssize_t)list->len)
		return err_errno(e, ERR_RETRY, "cannot write '%s'", s->growing);
	return 0;
}

/* Rows behind the last one. */
static int
send_rows(struct sendback *s, int rows, int *ret_n, struct buf *list,
    struct err *e)
{
	struct sendback from = *s;
	sqlite3_stmt *st;
	int rc = db_query(s->db, &st, e,
	    "SELECT u.dataset, u.row, u.file, u.line, f.path, u.name,"
	    " u.missing, u.finding, u.field, u.number,"
	    " coalesce(json_extract(nullif(f.columns, ''), '$.' || u.field),"
	    " json_extract(nullif(f.columns, ''), '$.tax_id'),"
	    " json_extract(nullif(f.columns, ''), '$.uscc'))"
	    " FROM unlinked_t u"
	    " JOIN bundle_file_t f ON f.bundle = u.bundle AND f.no = u.file"
	    " WHERE u.bundle = ? AND (u.file, u.line, u.dataset) > (?,?,?)"
	    " ORDER BY u.file, u.line, u.dataset LIMIT ?",
	    "iiiti", s->bundle->no, from.file, from.line, from.dataset,
	    (int64_t)rows);

	for (*ret_n = 0; rc == 1; rc = db_next(s->db, st, e)) {
		struct open_row r = { .dataset = db_text(st, 0),
			.schema = schemas_find(s->schemas, db_text(st, 0)),
			.row = sqlite3_column_int64(st, 1),
			.file = sqlite3_column_int64(st, 2),
			.line = sqlite3_column_int64(st, 3),
			.path = db_text(st, 4),
			.name = db_text(st, 5),
			.missing = (unsigned)sqlite3_column_int(st, 6),
			.finding = (enum link_finding)sqlite3_column_int(st, 7),
			.field = db_text(st, 8),
			.number = db_text(st, 9),
			.header = db_text(st, 10) };

		if (send_row(s->db, s->bundle, &r, list, e) == -1) {
			rc = -1;
			break;
		}
		s->file = r.file;
		s->line = r.line;
		snprintf(s->dataset, sizeof(s->dataset), "%s", r.dataset);
		++*ret_n;
	}
	db_done(st);
	return rc;
}

/* The list is whole: it takes its place, in the folder of the bundle. */
static int
place_list(struct sendback *s, struct err *e)
{
	char path[SPOOL_TEXT + 128];

	if (s->fd == -1)
		return 0;
	snprintf(path, sizeof(path), "%s/unlinked.csv", s->folder);
	if (fsync(s->fd) == -1)
		log_fatal("fsync of a list failed: %s", strerror(errno));
	(void)close(s->fd);
	s->fd = -1;
	if (keep_counts(s->db, s->bundle, e) == -1 ||
	    file_mkdir(AT_FDCWD, s->folder, 0755, e) == -1)
		return -1;
	if (rename(s->growing, path) == -1)
		return err_errno(e, ERR_RETRY, "cannot place '%s'", path);
	file_sync(s->folder);
	return 0;
}

int
sendback_slice(struct sendback *s, int rows, struct err *e)
{
	struct buf list;
	int n, rc;

	buf_init(&list, LIST_MAX);
	if (s->fd == -1)
		buf_addstr(&list,
		    CSV_MARK "文件,行号,企业名称,规则,原因,reason,缺少,"
			     "最接近的企业1,最接近的企业2,最接近的企业3\r\n");
	rc = send_rows(s, rows, &n, &list, e);
	if (rc == 0 && n > 0)
		rc = write_list(s, &list, e);
	buf_done(&list);
	if (rc == -1 || n == rows)
		return rc == -1 ? -1 : 1;
	return place_list(s, e);
}

/* --- conflicts ---------------------------------------------------------- */

static int
list_conflicts(struct db *db, const char *provider, struct buf *list,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT id, enterprise, (SELECT entity_name FROM enterprise n"
	    " WHERE n.id = c.enterprise), field, master_value,"
	    " master_provider, master_as_of, master_bundle || ' ' ||"
	    " master_file || ' ' || master_row, other_value, other_provider,"
	    " other_as_of, other_bundle || ' ' || other_file || ' ' ||"
	    " other_row, opened_at, CASE WHEN other_provider = ?1 THEN"
	    " '贵单位的值未被采用。请核对；如有误，用更正标志 C "
	    "重报该行，冲突随即自动关闭。 "
	    "Your value does not stand. If it is wrong, send the row again "
	    "with the flag C: the conflict closes by itself.' ELSE"
	    " '贵单位的值被采用，另一单位的值不同。请核对；如有误，用更正标志 "
	    "C 重报该行。 "
	    "Your value stands, another one differs. If yours is wrong, send "
	    "the row again with the flag C.' END FROM conflict c WHERE status"
	    " = 'open' AND (master_provider = ?1 OR other_provider = ?1)"
	    " ORDER BY id",
	    "t", provider);

	buf_addstr(list, CSV_MARK
	    "冲突编号,企业编号,企业名称,字段,采用的值,采用单位,业务日期,"
	    "出处（包 文件 行）,另一值,报送单位,业务日期,出处（包 文件 行）,"
	    "发现时间,怎么办 what to do\r\n");
	for (; rc == 1; rc = db_next(db, st, e)) {
		for (int i = 0; i < 14; i++)
			put(list, db_text(st, i));
		end_line(list);
	}
	db_done(st);
	return rc;
}

static int
send_to_accounts(struct db *db, const char *provider, const struct buf *list,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT name FROM account_t WHERE provider = ? ORDER BY name", "t",
	    provider);

	for (; rc == 1; rc = db_next(db, st, e))
		if (place(db_text(st, 0), "conflicts.csv", list, e) == -1) {
			rc = -1;
			break;
		}
	db_done(st);
	return rc;
}

int
sendback_conflicts(struct db *db, struct err *e)
{
	for (;;) {
		char provider[64] = "";
		sqlite3_stmt *st;
		struct buf list;
		int rc = db_query(db, &st, e,
		    "SELECT provider FROM conflict_news_t ORDER BY provider"
		    " LIMIT 1",
		    "");

		if (rc == 1)
			snprintf(provider, sizeof(provider), "%s",
			    db_text(st, 0));
		db_done(st);
		if (rc != 1)
			return rc;
		buf_init(&list, LIST_MAX);
		rc = list_conflicts(db, provider, &list, e) == -1 ||
			     send_to_accounts(db, provider, &list, e) == -1
			 ? -1
			 : db_run(db, e,
			       "DELETE FROM conflict_news_t WHERE provider = ?",
			       "t", provider);
		buf_done(&list);
		if (rc == -1)
			return -1;
	}
}
