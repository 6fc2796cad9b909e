#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bundle.h"
#include "base/row_leaf.h"
#include "base/views.h"
#include "sys/file.h"
#include "way/merge.h"

static const char bill_1[] =
    "{\"name\": \"bill\", \"version\": \"1.0\", \"title\": \"账单\","
    " \"provider\": \"MUB\", \"keys\": [[\"account_no\", \"period\"]],"
    " \"as_of\": [\"read_on\"], \"period\": \"period\", \"fields\": ["
    " {\"name\": \"account_no\", \"title\": \"户号\", \"type\": \"string\"},"
    " {\"name\": \"period\", \"title\": \"账期\", \"type\": \"yearmonth\"},"
    " {\"name\": \"amount\", \"title\": \"金额\", \"type\": \"number\","
    "  \"money\": true},"
    " {\"name\": \"status\", \"title\": \"状态\", \"type\": \"string\","
    "  \"code_list\": \"pay_status\"},"
    " {\"name\": \"read_on\", \"title\": \"日期\", \"type\": \"date\"},"
    " {\"name\": \"valid_to\", \"title\": \"至\", \"type\": \"date\","
    "  \"open_ended\": true}%s]}";

static const char one_more[] =
    ", {\"name\": \"remark\", \"title\": \"备注\", \"type\": \"string\"}";

static const char labels[] = "list,code,label_zh,label_en\n"
			     "pay_status,PAID,已缴,paid\n"
			     "pay_status,UNPAID,未缴,not paid\n";

enum { NONE = -1 };

/* The end of a row with nothing special about it. */
#define PLAIN NULL, 0, 0

/* A row as a test writes it; amount NONE and NULL are nulls. */
struct line {
	const char *account;
	const char *period;
	int64_t amount;
	const char *status;
	const char *as_of;
	char op;
	const char *known_on; /* business date other than as_of */
	int for_ever;         /* valid_to is open */
	int finding;          /* and there is something to say */
};

static struct db *db;
static struct pack *pack;
static struct schemas *schemas;
static struct err e;
static int64_t bundles;
static const char *file_dataset = "bill";

/* Answers of a query, cells parted by "|", rows by a line feed. */
static const char *
sql(const char *text)
{
	static char out[4096];
	sqlite3_stmt *st;
	size_t n = 0;

	out[0] = '\0';
	assert_int_equal(sqlite3_prepare_v2(db->handle, text, -1, &st, NULL),
	    SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		if (n > 0)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "\n");
		for (int i = 0; i < sqlite3_column_count(st); i++)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s",
			    i > 0 ? "|" : "", db_text(st, i));
	}
	sqlite3_finalize(st);
	return out;
}

static void
read_pack(const char *version, const char *more)
{
	char text[4096];
	char path[64];
	int dir;

	snprintf(text, sizeof(text), bill_1, more);
	snprintf(path, sizeof(path), "schemas/bill.%s.json", version);
	if (strcmp(version, "1.0") != 0)
		memcpy(strstr(text, "1.0"), version, 3);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_place(dir, path, text, strlen(text), 0644, &e),
	    0);
	assert_int_equal(file_place(dir, "schemas/code_list.csv", labels,
			     strlen(labels), 0644, &e),
	    0);
	schemas_free(schemas);
	pack_free(pack);
	schemas = NULL;
	pack = NULL;
	assert_int_equal(pack_gather(dir, &pack, &e), 0);
	assert_int_equal(schemas_read(pack, &schemas, &e), 0);
	assert_int_equal(views_labels(db, pack, &e), 0);
	assert_int_equal(views_make(db, schemas, &e), 0);
	assert_int_equal(db_commit(db, &e), 0);
	close(dir);
}

static int
fresh(void **state)
{
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_merge.XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) == -1 ||
	    mkdir("schemas", 0755) == -1)
		return -1;
	bundles = 0;
	if (db_open("exchange.db", &db, &e) == -1)
		return -1;
	read_pack("1.0", "");
	return 0;
}

static int
done(void **state)
{
	(void)state;
	schemas_free(schemas);
	pack_free(pack);
	db_close(db);
	schemas = NULL;
	pack = NULL;
	return 0;
}

static struct value
text_value(const char *s)
{
	struct value v = { .kind = VALUE_NULL };

	if (s != NULL) {
		v.kind = VALUE_TEXT;
		v.text = s;
		v.len = strlen(s);
	}
	return v;
}

static void
write_row(struct rowfile_writer *w, const struct line *l, uint64_t n)
{
	static const struct finding odd = { "odd", SEVERITY_INFO, EFFECT_FIX, 3,
		"状态", "已交", "怪", "odd indeed" };
	struct row r;
	char key[128];

	row_init(&r);
	row_start(&r, schemas_find(schemas, "bill"), n);
	snprintf(key, sizeof(key), "%s\x1f%s", l->account, l->period);
	r.value[0] = text_value(l->account);
	r.value[1] = text_value(l->period);
	if (l->amount != NONE) {
		r.value[2].kind = VALUE_MONEY;
		r.value[2].num = l->amount;
	}
	r.value[3] = text_value(l->status);
	r.value[4] = text_value(l->as_of);
	r.open_ended[5] = l->for_ever != 0;
	if (l->finding)
		row_add(&r, &odd);
	r.key = key;
	r.as_of = l->as_of != NULL ? l->as_of : "";
	if (l->known_on != NULL)
		r.as_of = l->known_on;
	r.op = l->op != '\0' ? l->op : 'I';
	assert_int_equal(rowfile_row(w, &r, &e), 0);
	row_done(&r);
}

/* A bundle of files of so many lines each, as the worker and keeper leave it */
static struct rowfile_reader *
bundle(const struct line *l, const size_t *lines, size_t nfiles)
{
	int fd = memfd_create("rows", 0);
	struct rowfile_reader *r;
	struct rowfile_writer *w;
	char id[32];

	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	bundles++;
	snprintf(id, sizeof(id), "B%d", (int)bundles);
	for (size_t i = 0; i < nfiles; i++) {
		struct rowfile_file *f = rowfile_begin(w, "bill.csv");

		snprintf(f->dataset, sizeof(f->dataset), "%s", file_dataset);
		for (size_t k = 0; k < lines[i]; k++)
			write_row(w, l++, k + 2);
		assert_int_equal(
		    db_run(db, &e,
			"INSERT INTO bundle_file_t (bundle, no,"
			" path, dataset, standard, rules, encoding,"
			" sha256, rows, accepted, rejected,"
			" issues, code, zh, en) VALUES (?, ?,"
			" 'bill.csv', 'bill', '', '', '', '', ?3,"
			" ?3, 0, '', '', '', '')",
			"iii", bundles, (int64_t)i, (int64_t)lines[i]),
		    0);
	}
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	assert_int_equal(db_run(db, &e,
			     "INSERT INTO bundle_t (no, id, account, kind,"
			     " name, bytes, sha256, state, received_at)"
			     " VALUES (?, ?, 'mub', 'u', 'b.zip', 1, '',"
			     " 'claimed', '')",
			     "it", bundles, id),
	    0);
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	close(fd);
	return r;
}

static struct merge_counts
merge_as(const struct line *l, const size_t *lines, size_t nfiles,
    const char *provider, enum merge_mode mode)
{
	struct rowfile_reader *r = bundle(l, lines, nfiles);
	struct merge_counts sum = { 0 };
	struct merge *m;
	char now[40];
	int rc;

	snprintf(now, sizeof(now), "2014-06-01T00:00:%02d.000Z", (int)bundles);
	assert_int_equal(merge_open(db, schemas, NULL, bundles, provider, r,
			     now, mode, &m, &e),
	    0);
	while ((rc = merge_slice(m, 100, &e)) == 1)
		;
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < nfiles; i++) {
		const struct merge_counts *n = merge_counts(m, i);

		sum.inserted += n->inserted;
		sum.updated += n->updated;
		sum.unchanged += n->unchanged;
		sum.superseded += n->superseded;
		sum.found[MERGE_SAME] += n->found[MERGE_SAME];
		sum.found[MERGE_OTHER] += n->found[MERGE_OTHER];
	}
	merge_close(m);
	rowfile_close(r);
	assert_int_equal(db_commit(db, &e), 0);
	return sum;
}

static struct merge_counts
deliver(const struct line *l, size_t n)
{
	return merge_as(l, &n, 1, "MUB", MERGE_APPLY);
}

static void
counts_are(struct merge_counts n, int inserted, int updated, int unchanged,
    int superseded)
{
	assert_int_equal(n.inserted, inserted);
	assert_int_equal(n.updated, updated);
	assert_int_equal(n.unchanged, unchanged);
	assert_int_equal(n.superseded, superseded);
}

#define CURRENT "SELECT account_no, amount, status FROM std_bill ORDER BY 1"
#define HISTORY                                                         \
	"SELECT account_no, amount, _as_of, _to IS NULL, _reason FROM " \
	"hist_bill ORDER BY _id"

/*
 * Each of the n rows of the last bundle's file is a leaf under the root that
 * its receipt will have; line 0: all but those that were erased, else this row
 * as it is said.
 */
static void
rows_are_proved(int64_t file, uint64_t n, uint64_t line, const char *said)
{
	struct row_leaf_at at = { db, bundles, file };
	const struct merkle tree = row_leaf_tree(&at);
	unsigned char root[MERKLE_HASH], leaf[MERKLE_HASH], salt[SALT_BYTES];
	char hex[2 * MERKLE_HASH + 1], query[128];
	struct merkle_proof proof;
	struct row_leaf l;
	struct buf text;
	uint64_t at_n;

	assert_int_equal(merkle_root(&tree, n, root, &e), 0);
	hash_hex(root, sizeof(root), hex);
	snprintf(query, sizeof(query),
	    "SELECT rows_root FROM bundle_file_t WHERE bundle = %d AND no = %d",
	    (int)bundles, (int)file);
	assert_string_equal(sql(query), hex);
	buf_init(&text, 4096);
	for (uint64_t i = 0; i < n; i++) {
		int rc;

		buf_clear(&text);
		assert_int_equal(row_leaf_find(&at, i + 2, &at_n, &l, &e), 1);
		assert_int_equal(at_n, i);
		rc = row_leaf_text(&at, i, &l, &text, salt, &e);
		if (line == i + 2)
			assert_string_equal(text.data, said);
		if (rc == 0)
			continue;
		merkle_salted_leaf(salt, sizeof(salt), text.data, text.len,
		    leaf);
		assert_int_equal(merkle_inclusion(&tree, i, n, &proof, &e), 0);
		assert_true(merkle_includes(&proof, i, n, leaf, root));
	}
	buf_done(&text);
	assert_int_equal(row_leaf_find(&at, n + 2, &at_n, &l, &e), 0);
}

static void
each_accepted_row_can_be_proved(void **state)
{
	const struct line a[] = {
		{ "1", "2014-03", 12345, "PAID", "2014-03-31", 'I', NULL, 1,
		    0 },
		{ "2", "2014-03", NONE, "PAID", "2014-03-31", 'I', PLAIN },
		{ "3", "2014-03", -5, "UNPAID", "2014-03-31", 'I', PLAIN },
	};
	const struct line b[] = {
		{ "1", "2014-03", 12345, NULL, "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 100, NULL, "2014-04-30", 'I', PLAIN },
		{ "2", "2014-03", 200, NULL, "2014-04-30", 'I', PLAIN },
		{ "3", "2014-03", 700, "PAID", "2014-01-31", 'I', PLAIN },
		{ "3", "2014-03", NONE, NULL, "2014-04-30", 'D', PLAIN },
		{ "4", "2014-03", NONE, NULL, "2014-04-30", 'D', PLAIN },
		{ "2", "2014-03", NONE, NULL, "2014-05-31", 'C', PLAIN },
		{ "a\"\\\n", "2014-03", 0, NULL, NULL, 'I', PLAIN },
	};

	(void)state;
	deliver(a, 3);
	rows_are_proved(0, 3, 2,
	    "{\"row\":2,\"dataset\":\"bill\",\"values\":{\"account_no\":"
	    "\"1\",\"period\":\"2014-03\",\"amount\":123.45,\"status\":"
	    "\"PAID\",\"read_on\":\"2014-03-31\",\"valid_to_open\":true}}");
	rows_are_proved(0, 3, 4,
	    "{\"row\":4,\"dataset\":\"bill\",\"values\":{\"account_no\":"
	    "\"3\",\"period\":\"2014-03\",\"amount\":-0.05,\"status\":"
	    "\"UNPAID\",\"read_on\":\"2014-03-31\"}}");
	deliver(b, 8);
	/* Unchanged, and without what the base said before. */
	rows_are_proved(0, 8, 2,
	    "{\"row\":2,\"dataset\":\"bill\",\"values\":{\"account_no\":"
	    "\"1\",\"period\":\"2014-03\",\"amount\":123.45,\"read_on\":"
	    "\"2014-03-31\"}}");
	rows_are_proved(0, 8, 8,
	    "{\"row\":8,\"op\":\"C\",\"dataset\":\"bill\",\"values\":{"
	    "\"account_no\":\"2\",\"period\":\"2014-03\",\"read_on\":"
	    "\"2014-05-31\"}}");
	rows_are_proved(0, 8, 6,
	    "{\"row\":6,\"op\":\"D\",\"key\":\"3\\u001f2014-03\",\"dataset\":"
	    "\"bill\",\"values\":{}}");
	rows_are_proved(0, 8, 9,
	    "{\"row\":9,\"dataset\":\"bill\",\"values\":{\"account_no\":"
	    "\"a\\\"\\\\\\u000a\",\"period\":\"2014-03\",\"amount\":0.00}"
	    "}");
	/* A later standard does not change what was said. */
	read_pack("1.1", one_more);
	rows_are_proved(0, 8, 0, "");
}

static void
an_erased_row_leaves_the_proofs_of_all_others(void **state)
{
	enum { ROWS = 200 };
	struct line l[ROWS];
	char account[ROWS][8];
	struct row_leaf_at at = { db, 1, 0 };
	unsigned char salt[SALT_BYTES];
	struct row_leaf leaf;
	struct buf text;
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(account[i], sizeof(account[i]), "%zu", i);
		l[i] = (struct line){ account[i], "2014-03", 100, "PAID",
			"2014-03-31", 'I', PLAIN };
	}
	deliver(l, ROWS);
	for (uint64_t line = 70; line < 150; line += 13) {
		assert_int_equal(row_leaf_find(&at, line, &n, &leaf, &e), 1);
		assert_int_equal(row_leaf_erase(&at, n, &leaf, &e), 0);
		assert_int_equal(db_run(db, &e,
				     "UPDATE d_bill SET account_no = NULL"
				     " WHERE _id = ?",
				     "i", leaf.version),
		    0);
		/* Again is nothing more. */
		assert_int_equal(row_leaf_erase(&at, n, &leaf, &e), 0);
		buf_init(&text, 4096);
		assert_int_equal(row_leaf_text(&at, n, &leaf, &text, salt, &e),
		    0);
		assert_int_equal(text.len, 0);
		buf_done(&text);
	}
	rows_are_proved(0, ROWS, 0, "");
}

static void
a_row_without_a_predecessor_is_inserted(void **state)
{
	const struct line l[] = { { "1", "2014-03", 12345, "PAID", "2014-03-31",
	    'I', PLAIN } };

	(void)state;
	counts_are(deliver(l, 1), 1, 0, 0, 0);
	assert_string_equal(
	    sql("SELECT account_no, period, amount, status, status_label,"
		" read_on, valid_to, valid_to_open, _enterprise, _provider,"
		" _bundle, _file, _row, _as_of FROM std_bill"),
	    "1|2014-03|123.45|PAID|已缴|2014-03-31||0||MUB|B1|bill.csv|2|"
	    "2014-03-31");
}

static void
a_row_goes_to_its_own_dataset(void **state)
{
	static const char other[] =
	    "{\"name\": \"other\", \"version\": \"1.0\", \"title\": \"其他\","
	    " \"provider\": \"MUB\", \"keys\": [[\"name\"]], \"fields\": ["
	    " {\"name\": \"name\", \"title\": \"名\", \"type\": \"string\"}]}";
	const struct line l[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
				      'I', PLAIN },
		{ "2", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 300, "PAID", "2014-03-31", 'I', PLAIN } };
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(file_place(dir, "schemas/other.1.0.json", other,
			     strlen(other), 0644, &e),
	    0);
	close(dir);
	read_pack("1.0", "");
	file_dataset = "other";
	counts_are(deliver(l, 3), 2, 0, 0, 1);
	file_dataset = "bill";
	assert_string_equal(sql(CURRENT), "1|3.0|PAID\n2|2.0|PAID");
	assert_string_equal(sql("SELECT count(*) FROM std_other"), "0");
	counts_are(deliver(l + 1, 2), 0, 0, 2, 0);
}

static void
the_views_have_the_fields_in_order(void **state)
{
	(void)state;
	assert_string_equal(sql("SELECT group_concat(name) FROM"
				" pragma_table_info('std_bill')"),
	    "account_no,period,amount,status,status_label,read_on,valid_to,"
	    "valid_to_open,_id,_enterprise,_provider,_bundle,_file,_row,"
	    "_as_of");
	assert_string_equal(sql("SELECT group_concat(name) FROM"
				" pragma_table_info('hist_bill')"),
	    "account_no,period,amount,status,status_label,read_on,valid_to,"
	    "valid_to_open,_id,_enterprise,_provider,_bundle,_file,_row,"
	    "_as_of,_from,_to,_reason");
}

static void
the_same_content_again_is_unchanged(void **state)
{
	const struct line l[] = { { "1", "2014-03", 7777, "PAID", "2014-03-31",
	    'I', PLAIN } };

	(void)state;
	deliver(l, 1);
	counts_are(deliver(l, 1), 0, 0, 1, 0);
	assert_string_equal(sql(HISTORY), "1|77.77|2014-03-31|1|");
}

static void
a_newer_row_ends_the_old_version(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "UNPAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = { { "1", "2014-03", 200, "PAID", "2014-04-30",
	    'I', PLAIN } };

	(void)state;
	deliver(a, 1);
	counts_are(deliver(b, 1), 0, 1, 0, 0);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
	assert_string_equal(sql(HISTORY),
	    "1|1.0|2014-03-31|0|updated\n1|2.0|2014-04-30|1|");
	assert_string_equal(sql("SELECT _from, _to FROM hist_bill"
				" ORDER BY _id LIMIT 1"),
	    "2014-06-01T00:00:01.000Z|2014-06-01T00:00:02.000Z");
}

static void
a_late_old_row_goes_to_history_only(void **state)
{
	const struct line a[] = { { "1", "2014-03", 200, "PAID", "2014-04-30",
	    'I', PLAIN } };
	const struct line b[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };

	(void)state;
	deliver(a, 1);
	counts_are(deliver(b, 1), 0, 0, 0, 1);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
	assert_string_equal(sql("SELECT amount, _reason, _from = _to FROM"
				" hist_bill WHERE _to IS NOT NULL"),
	    "1.0|older|1");
}

static void
null_never_overwrites(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = { { "1", "2014-03", 200, NULL, "2014-04-30",
	    'I', PLAIN } };
	const struct line c[] = { { "1", "2014-03", NONE, NULL, "2014-04-30",
	    'I', PLAIN } };

	(void)state;
	deliver(a, 1);
	counts_are(deliver(b, 1), 0, 1, 0, 0);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
	counts_are(deliver(c, 1), 0, 0, 1, 0);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
}

static void
a_correction_may_empty_a_field(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = { { "1", "2014-03", 100, NULL, "2014-03-31",
	    'C', PLAIN } };

	(void)state;
	deliver(a, 1);
	counts_are(deliver(b, 1), 0, 1, 0, 0);
	assert_string_equal(sql(CURRENT), "1|1.0|");
	assert_string_equal(sql("SELECT _reason FROM hist_bill WHERE _to IS"
				" NOT NULL"),
	    "corrected");
}

/* An end that was not known and "for ever" are not the same. */
static void
a_term_without_end_is_content(void **state)
{
	struct line l = { "1", "2014-03", 100, "PAID", "2014-03-31", 'I',
		PLAIN };

	(void)state;
	deliver(&l, 1);
	l.for_ever = 1;
	counts_are(deliver(&l, 1), 0, 1, 0, 0);
	assert_string_equal(sql("SELECT valid_to, valid_to_open FROM std_bill"),
	    "|1");
	/* Nothing said is no end of it. */
	l.for_ever = 0;
	counts_are(deliver(&l, 1), 0, 0, 1, 0);
}

static void
findings_are_kept_but_not_of_a_try(void **state)
{
	struct line l = { "1", "2014-03", 100, "PAID", "2014-03-31", 'I',
		PLAIN };
	size_t one = 1;

	(void)state;
	l.finding = 1;
	merge_as(&l, &one, 1, "MUB", MERGE_TRY);
	assert_string_equal(sql("SELECT * FROM quality_issue"), "");
	deliver(&l, 1);
	assert_string_equal(sql("SELECT * FROM quality_issue"),
	    "B2|bill.csv|2|status|状态|odd|info|已交|怪|odd indeed|fix|1||");
}

static void
a_deletion_ends_the_row(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line d[] = { { "1", "2014-03", NONE, NULL, "2014-03-31",
	    'D', PLAIN } };

	(void)state;
	deliver(a, 1);
	counts_are(deliver(d, 1), 0, 1, 0, 0);
	assert_string_equal(sql(CURRENT), "");
	assert_string_equal(sql(HISTORY),
	    "1|1.0|2014-03-31|0|deleted by provider");
}

static void
a_row_twice_in_the_bundle_counts_once(void **state)
{
	const struct line l[] = {
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
	};
	struct merge_counts n;

	(void)state;
	n = deliver(l, 2);
	counts_are(n, 1, 0, 0, 1);
	assert_int_equal(n.found[MERGE_SAME], 1);
	assert_string_equal(sql("SELECT bundle, file, row, rule, severity,"
				" effect, message_en FROM quality_issue"),
	    "B1|bill.csv|3|duplicate_row|warn|keep|the same as row 2 of"
	    " 'bill.csv' in this bundle; it counts once; remove the"
	    " repetition");
}

static void
of_two_different_rows_the_later_wins_at_equal_dates(void **state)
{
	const struct line l[] = {
		{ "1", "2014-03", 100, "UNPAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
	};
	struct merge_counts n;

	(void)state;
	n = deliver(l, 2);
	counts_are(n, 1, 0, 0, 1);
	/* Each field that differs is told. */
	assert_int_equal(n.found[MERGE_OTHER], 2);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
	assert_string_equal(sql(HISTORY),
	    "1|1.0|2014-03-31|0|twice in bundle\n1|2.0|2014-03-31|1|");
	assert_string_equal(sql("SELECT rule, field FROM quality_issue"),
	    "duplicate_conflict|amount\nduplicate_conflict|status");
}

/*
 * A file confirmed a row and the next one changed it: what the base has from
 * the bundle was more than its receipt said.
 */
static void
a_file_is_counted_by_what_the_base_has_of_it(void **state)
{
	const struct line a[] = {
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
	};
	const struct line b[] = {
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
		{ "3", "2014-03", 300, "PAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 400, "PAID", "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 500, "PAID", "2014-03-31", 'I', PLAIN },
		{ "3", "2014-03", 600, "PAID", "2014-03-31", 'I', PLAIN },
	};
	const size_t lines[2] = { 3, 3 };

	(void)state;
	deliver(a, 2);
	counts_are(merge_as(b, lines, 2, "MUB", MERGE_DRY), 1, 2, 0, 3);
	counts_are(merge_as(b, lines, 2, "MUB", MERGE_APPLY), 1, 2, 0, 3);
	assert_string_equal(sql("SELECT inserted, updated, unchanged,"
				" superseded FROM bundle_file_t WHERE"
				" bundle = 3 ORDER BY no"),
	    "0|0|0|3\n1|2|0|0");
	assert_string_equal(sql("SELECT account_no, group_concat(_reason) FROM"
				" (SELECT * FROM hist_bill ORDER BY _id)"
				" GROUP BY 1"),
	    "1|updated\n2|updated,twice in bundle\n3|twice in bundle");
}

static void
of_two_different_rows_the_newer_wins_wherever_it_stands(void **state)
{
	const struct line l[] = {
		{ "1", "2014-03", 200, "PAID", "2014-04-30", 'I', PLAIN },
		{ "1", "2014-03", 100, "UNPAID", "2014-03-31", 'I', PLAIN },
	};

	(void)state;
	counts_are(deliver(l, 2), 1, 0, 0, 1);
	assert_string_equal(sql(CURRENT), "1|2.0|PAID");
}

/*
 * A status known from March stood in no row of April's bundle, which held the
 * account twice: the second row took the place of the first and with it lost
 * what the first had been filled from.
 */
static void
null_does_not_overwrite_through_a_repetition(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = {
		{ "1", "2014-03", 200, NULL, "2014-04-30", 'I', PLAIN },
		{ "1", "2014-03", 200, NULL, "2014-04-30", 'I', PLAIN },
		{ "1", "2014-03", 300, NULL, "2014-04-30", 'I', PLAIN },
	};
	struct merge_counts n;

	(void)state;
	deliver(a, 1);
	n = deliver(b, 3);
	counts_are(n, 0, 1, 0, 2);
	assert_int_equal(n.found[MERGE_SAME], 1);
	assert_int_equal(n.found[MERGE_OTHER], 1);
	assert_string_equal(sql(CURRENT), "1|3.0|PAID");
}

/* What was confirmed for May is not undone by a late file of April. */
static void
the_same_content_later_moves_the_business_date(void **state)
{
	struct line a = { "1", "x", 100, "PAID", NULL, 'I', "2014-03-31", 0,
		0 };
	struct line b = { "1", "x", 300, "PAID", NULL, 'I', "2014-04-30", 0,
		0 };

	(void)state;
	deliver(&a, 1);
	a.known_on = "2014-05-31";
	counts_are(deliver(&a, 1), 0, 0, 1, 0);
	counts_are(deliver(&b, 1), 0, 0, 0, 1);
	assert_string_equal(sql("SELECT amount, _as_of FROM std_bill"),
	    "1.0|2014-05-31");
}

/* The row that was there first is named, be it new or known from before. */
static void
a_repetition_names_the_first_row(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = {
		{ "0", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "1", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
	};
	const size_t lines[2] = { 2, 1 };

	(void)state;
	deliver(a, 1);
	merge_as(b, lines, 2, "MUB", MERGE_APPLY);
	assert_string_equal(sql("SELECT row, substr(message_en, 1, 40) FROM"
				" quality_issue"),
	    "2|identified like row 3 of 'bill.csv' in t");
}

/* A bundle set aside halfway is not its own repetition when it comes again. */
static void
a_released_bundle_is_merged_anew(void **state)
{
	enum { ROWS = 600 };
	struct line *l = calloc(ROWS, sizeof(*l));
	char(*account)[8] = calloc(ROWS, sizeof(*account));
	size_t lines = ROWS;
	struct rowfile_reader *r;
	struct bundle b;
	struct merge *m;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(account[i], sizeof(account[i]), "%zu", i);
		l[i] = (struct line){ account[i], "2014-03", 100, "PAID",
			"2014-03-31", 'I', PLAIN };
	}
	r = bundle(l, &lines, 1);
	assert_int_equal(merge_open(db, schemas, NULL, 1, "MUB", r, "now",
			     MERGE_APPLY, &m, &e),
	    0);
	assert_int_equal(merge_slice(m, 0, &e), 1);
	merge_close(m);
	assert_int_equal(bundle_get(db, 1, &b, &e), 1);
	assert_int_equal(bundle_quarantine(db, &b, "a test", "now", &e), 0);
	assert_int_equal(bundle_again(db, &b, "release", "now", &e), 0);
	assert_int_equal(merge_open(db, schemas, NULL, 1, "MUB", r, "now",
			     MERGE_APPLY, &m, &e),
	    0);
	assert_int_equal(merge_slice(m, 10000, &e), 0);
	counts_are(*merge_counts(m, 0), ROWS - 256, 0, 256, 0);
	merge_close(m);
	rowfile_close(r);
	free(l);
	free(account);
}

static void
another_provider_does_not_touch_the_row(void **state)
{
	const struct line a[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	const struct line b[] = { { "1", "2014-03", 900, "PAID", "2014-04-30",
	    'I', PLAIN } };
	size_t one = 1;

	(void)state;
	deliver(a, 1);
	counts_are(merge_as(b, &one, 1, "OTHER", MERGE_APPLY), 1, 0, 0, 0);
	assert_string_equal(sql("SELECT amount, _provider FROM std_bill"
				" ORDER BY _id"),
	    "1.0|MUB\n9.0|OTHER");
}

static void
the_counts_of_every_file_are_kept(void **state)
{
	enum { FILES = 5 };
	struct line l[FILES];
	size_t lines[FILES];
	char account[FILES][4];

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		snprintf(account[i], sizeof(account[i]), "%zu", i);
		l[i] = (struct line){ account[i], "2014-03", 100, "PAID",
			"2014-03-31", 'I', PLAIN };
		lines[i] = 1;
	}
	counts_are(merge_as(l, lines, FILES, "MUB", MERGE_APPLY), FILES, 0, 0,
	    0);
	assert_string_equal(sql("SELECT group_concat(inserted) FROM"
				" bundle_file_t"),
	    "1,1,1,1,1");
}

/* The keeper dies between any two commits; the next one goes on. */
static void
merge_with_crashes(const struct line *l, const size_t lines[2])
{
	struct rowfile_reader *r = bundle(l, lines, 2);
	struct merge *m;
	int crashes = 0;
	int rc = 1;

	assert_int_equal(db_commit(db, &e), 0);
	while (rc == 1) {
		assert_int_equal(merge_open(db, schemas, NULL, bundles, "MUB",
				     r, "2014-06-01T00:00:00.000Z", MERGE_APPLY,
				     &m, &e),
		    0);
		rc = merge_slice(m, 0, &e);
		assert_true(rc != -1);
		/* Every other slice never reaches the disk. */
		if (rc == 1 && ++crashes % 2 == 0) {
			merge_close(m);
			db_close(db);
			assert_int_equal(db_open("exchange.db", &db, &e), 0);
			continue;
		}
		assert_int_equal(db_commit(db, &e), 0);
		merge_close(m);
	}
	assert_true(crashes > 4);
	rowfile_close(r);
}

static void
a_crash_goes_on_exactly_where_it_was(void **state)
{
	enum { ROWS = 2000 };
	struct line *l = calloc(ROWS, sizeof(*l));
	char(*account)[8] = calloc(ROWS, sizeof(*account));
	size_t lines[2] = { ROWS - 700, 700 };

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(account[i], sizeof(account[i]), "%zu", i % 1900);
		l[i] = (struct line){ account[i], "2014-03", 100, "PAID",
			"2014-03-31", 'I', PLAIN };
	}
	merge_with_crashes(l, lines);
	assert_string_equal(sql("SELECT count(*), count(DISTINCT account_no)"
				" FROM std_bill"),
	    "1900|1900");
	assert_string_equal(sql("SELECT sum(inserted), sum(superseded)"
				" FROM bundle_file_t"),
	    "1900|100");
	assert_string_equal(sql("SELECT sum(n) FROM bundle_finding_t WHERE"
				" rule = 'duplicate_row'"),
	    "100");
	assert_string_equal(sql("SELECT count(*) FROM quality_issue"), "100");
	rows_are_proved(0, ROWS - 700, 0, "");
	rows_are_proved(1, 700, 0, "");
	assert_string_equal(sql("SELECT rows, repeats, put, before FROM"
				" quality_part_t"),
	    "2000|100|2000|0");
	/* What only confirms the base is known after a crash as well. */
	l[5].amount = 200;
	l[1905].amount = 300;
	merge_with_crashes(l, lines);
	assert_string_equal(sql("SELECT sum(unchanged), sum(updated),"
				" sum(inserted), sum(superseded) FROM"
				" bundle_file_t WHERE bundle = 2"),
	    "1899|1|0|100");
	assert_string_equal(sql("SELECT rule, sum(n) FROM bundle_finding_t"
				" WHERE bundle = 2 GROUP BY rule"),
	    "duplicate_conflict|1\nduplicate_row|99");
	free(l);
	free(account);
}

static void
a_dry_run_says_the_same_and_leaves_the_base_alone(void **state)
{
	const struct line a[] = {
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "3", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "4", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
	};
	const struct line b[] = {
		{ "1", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "2", "2014-03", 200, NULL, "2014-04-30", 'I', PLAIN },
		{ "2", "2014-03", 200, NULL, "2014-04-30", 'I', PLAIN },
		{ "3", "2014-03", 300, "PAID", "2014-02-28", 'I', PLAIN },
		{ "4", "2014-03", NONE, NULL, "2014-04-30", 'D', PLAIN },
		{ "4", "2014-03", 400, "PAID", "2014-04-30", 'I', PLAIN },
		{ "5", "2014-03", 100, "PAID", "2014-03-31", 'I', PLAIN },
		{ "5", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
		{ "5", "2014-03", 200, "PAID", "2014-03-31", 'I', PLAIN },
	};
	size_t n = sizeof(b) / sizeof(b[0]);
	struct merge_counts dry, wet;
	char before[4096];

	(void)state;
	deliver(a, 4);
	snprintf(before, sizeof(before), "%s", sql(HISTORY));
	dry = merge_as(b, &n, 1, "MUB", MERGE_DRY);
	assert_string_equal(sql(HISTORY), before);
	assert_string_equal(sql("SELECT count(*) FROM quality_issue_t"), "4");
	dry = merge_as(b, &n, 1, "MUB", MERGE_TRY);
	assert_string_equal(sql(HISTORY), before);
	assert_string_equal(sql("SELECT count(*) FROM quality_issue_t"), "4");
	wet = deliver(b, n);
	counts_are(wet, 2, 2, 1, 4);
	counts_are(dry, 2, 2, 1, 4);
	assert_int_equal(wet.found[MERGE_SAME], 2);
	assert_int_equal(dry.found[MERGE_SAME], 2);
}

/* Statements are kept; a keeper that lives for years must not collect them. */
static void
no_statement_is_left_behind_by_a_bundle(void **state)
{
	const struct line l[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };
	sqlite3_stmt *st = NULL;
	int first = 0;
	int last = 0;

	(void)state;
	deliver(l, 1);
	deliver(l, 1);
	while ((st = sqlite3_next_stmt(db->handle, st)) != NULL)
		first++;
	for (int i = 0; i < 8; i++)
		deliver(l, 1);
	while ((st = sqlite3_next_stmt(db->handle, st)) != NULL)
		last++;
	assert_int_equal(last, first);
}

static void
a_standard_may_grow(void **state)
{
	const struct line l[] = { { "1", "2014-03", 100, "PAID", "2014-03-31",
	    'I', PLAIN } };

	(void)state;
	deliver(l, 1);
	read_pack("1.1", one_more);
	assert_string_equal(sql("SELECT account_no, remark, _id FROM std_bill"),
	    "1||1");
	counts_are(deliver(l, 1), 0, 0, 1, 0);
}

static void
the_plan_finds_a_row_by_its_index(void **state)
{
	(void)state;
	assert_non_null(strstr(sql("EXPLAIN QUERY PLAN SELECT * FROM"
				   " quality_issue_t WHERE bundle = 1"),
	    "USING INDEX"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		T(a_row_goes_to_its_own_dataset),
		T(a_row_without_a_predecessor_is_inserted),
		T(the_views_have_the_fields_in_order),
		T(the_same_content_again_is_unchanged),
		T(a_newer_row_ends_the_old_version),
		T(a_late_old_row_goes_to_history_only),
		T(null_never_overwrites),
		T(a_correction_may_empty_a_field),
		T(a_term_without_end_is_content),
		T(findings_are_kept_but_not_of_a_try),
		T(a_deletion_ends_the_row),
		T(a_row_twice_in_the_bundle_counts_once),
		T(of_two_different_rows_the_later_wins_at_equal_dates),
		T(a_file_is_counted_by_what_the_base_has_of_it),
		T(of_two_different_rows_the_newer_wins_wherever_it_stands),
		T(null_does_not_overwrite_through_a_repetition),
		T(the_same_content_later_moves_the_business_date),
		T(a_repetition_names_the_first_row),
		T(a_released_bundle_is_merged_anew),
		T(another_provider_does_not_touch_the_row),
		T(the_counts_of_every_file_are_kept),
		T(a_crash_goes_on_exactly_where_it_was),
		T(a_dry_run_says_the_same_and_leaves_the_base_alone),
		T(no_statement_is_left_behind_by_a_bundle),
		T(a_standard_may_grow),
		T(the_plan_finds_a_row_by_its_index),
		T(each_accepted_row_can_be_proved),
		T(an_erased_row_leaves_the_proofs_of_all_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
