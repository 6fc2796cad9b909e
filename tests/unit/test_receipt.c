#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/account.h"
#include "base/ledger.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/sign.h"
#include "way/merge.h"
#include "way/receipt.h"

#define NOW   "2014-06-01T08:00:00.000Z"
#define LATER "2014-06-01T08:00:05.000Z"
#define CONTENT \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct receipt_versions versions = { "1.0", "c0de", "9ac4" };
static struct db *db;
static struct sign_key *key;
static struct err e;

static int
fresh(void **state)
{
	static char dir[64];
	json_t *request, *answer = NULL;
	struct buf line;
	int rc;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_receipt.XXXXXX");
	buf_init(&line, 8192);
	if (mkdtemp(dir) == NULL || chdir(dir) == -1 ||
	    system("mkdir -p accounts/mub/receipts") != 0 ||
	    sign_keygen(SIGN_ED25519, "key", "", &e) == -1 ||
	    sign_key_read("key", &key, &e) == -1 ||
	    db_open("exchange.db", &db, &e) == -1)
		return -1;
	sign_key_line(key, &line);
	request = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", "mub",
	    "role", "department", "provider", "MUB", "unit", "市政局", "person",
	    "张三", "keys", line.data);
	rc = account_ask(db, "account add", request, NOW, &answer, &e);
	json_decref(request);
	json_decref(answer);
	rc |= system("(printf 'zayton '; cat key.pub) >allowed_signers");
	buf_done(&line);
	return rc;
}

static int
done(void **state)
{
	(void)state;
	sign_key_free(key);
	db_close(db);
	return 0;
}

static char *
sign(void *arg, const unsigned char *sha512, struct err *why)
{
	struct buf sig;
	char *text;

	(void)why;
	if (arg != NULL)
		*(int *)arg += 1;
	buf_init(&sig, 8192);
	sign_sshsig(key, "zayton-receipt", sha512, &sig);
	text = xstrdup(sig.data);
	buf_done(&sig);
	return text;
}

static char *
sign_nothing(void *arg, const unsigned char *sha512, struct err *why)
{
	(void)arg;
	(void)sha512;
	(void)err_set(why, ERR_RETRY, "the signer does not answer");
	return NULL;
}

static void
place_all(void)
{
	int rc;

	while ((rc = receipt_place_next(db, sign, NULL, &e)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(db_commit(db, &e), 0);
}

static enum delivery
take(const char *id, const char *name, const char *sha256, struct bundle *b)
{
	struct spool_name n = { .kind = 'u', .account = "mub" };
	struct err none = { .kind = ERR_NONE };
	enum delivery d;

	snprintf(n.id, sizeof(n.id), "%s", id);
	snprintf(n.name, sizeof(n.name), "%s", name);
	assert_int_equal(bundle_take(db, &n, 3, sha256, &none, NOW, &d, b, &e),
	    0);
	return d;
}

/* A bundle with a file that was taken in part, and one that was refused. */
static void
finish(struct bundle *b)
{
	struct rowfile_file f[2];
	struct rowfile_summary v = { .nfiles = 2, .file = f };
	struct err none = { .kind = ERR_NONE };

	memset(f, 0, sizeof(f));
	snprintf(f[0].path, sizeof(f[0].path), "水费<&>.csv");
	snprintf(f[0].dataset, sizeof(f[0].dataset), "water_bill_monthly");
	snprintf(f[0].standard, sizeof(f[0].standard),
	    "water_bill_monthly 1.0");
	f[0].rows = 10;
	f[0].accepted = 9;
	f[0].rejected = 1;
	f[0].nrules = 1;
	f[0].rule[0].count = 1;
	snprintf(f[0].rule[0].rule, sizeof(f[0].rule[0].rule), "missing");
	snprintf(f[1].path, sizeof(f[1].path), "b.csv");
	err_say(&f[1].error, ERR_SENDER, "script_bad", "x", "y", NULL);
	assert_int_equal(bundle_verdict(db, b, &v, &e), 0);
	assert_int_equal(db_run(db, &e,
			     "UPDATE bundle_file_t SET inserted = 4,"
			     " updated = 2, unchanged = 1, superseded = 2"
			     " WHERE no = 0",
			     ""),
	    0);
	assert_int_equal(merge_note_count(db, b->no, 0, "duplicate_row",
			     SEVERITY_WARN, 1, &e),
	    0);
	assert_int_equal(merge_note_count(db, b->no, 0, "duplicate_conflict",
			     SEVERITY_WARN, 1, &e),
	    0);
	assert_int_equal(bundle_finish(db, b, "partial", &none, LATER, &e), 0);
	assert_int_equal(receipt_result(db, b, &versions, LATER, &e), 0);
}

static json_t *
read_json(const char *path)
{
	json_t *o = json_load_file(path, 0, NULL);

	assert_non_null(o);
	return o;
}

#define RECEIVED "accounts/mub/receipts/水.zip.B1.received.json"
#define RESULT   "accounts/mub/receipts/水.zip.B1.receipt.json"
#define PAGE     "accounts/mub/receipts/水.zip.B1.receipt.html"

static void
both_receipts(struct bundle *b)
{
	assert_int_equal(take("B1", "水.zip", CONTENT, b), DELIVERY_NEW);
	assert_int_equal(receipt_received(db, b, &versions, NOW, &e), 0);
	finish(b);
	place_all();
}

static void
is_text(json_t *o, const char *name, const char *text)
{
	assert_string_equal(json_string_value(json_object_get(o, name)), text);
}

static int64_t
number(const json_t *o, const char *name)
{
	assert_true(json_is_integer(json_object_get(o, name)));
	return json_integer_value(json_object_get(o, name));
}

static void
ssh_keygen_verifies_both(void **state)
{
	static const char *const path[] = { RECEIVED, RESULT };
	char command[512];
	struct bundle b;

	(void)state;
	both_receipts(&b);
	for (int i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
		    "ssh-keygen -Y verify -f allowed_signers -I zayton"
		    " -n zayton-receipt -s %s.sig <%s >/dev/null",
		    path[i], path[i]);
		assert_int_equal(system(command), 0);
	}
}

static void
a_receipt_says_what_became_of_the_bundle(void **state)
{
	json_t *o, *f, *issues;
	struct bundle b;

	(void)state;
	both_receipts(&b);
	o = read_json(RECEIVED);
	is_text(o, "kind", "received");
	is_text(o, "received_at", NOW);
	assert_true(json_is_null(json_object_get(o, "outcome")));
	json_decref(o);
	o = read_json(RESULT);
	is_text(o, "kind", "result");
	is_text(o, "id", "B1");
	is_text(o, "account", "mub");
	is_text(o, "outcome", "partial");
	is_text(o, "finished_at", LATER);
	is_text(json_object_get(o, "bundle"), "name", "水.zip");
	is_text(json_object_get(o, "bundle"), "sha256", CONTENT);
	is_text(json_object_get(o, "responsible"), "unit", "市政局");
	is_text(json_object_get(o, "responsible"), "person", "张三");
	is_text(json_object_get(o, "versions"), "engine", "1.0");
	assert_non_null(json_object_get(json_object_get(o, "message"), "zh"));
	f = json_array_get(json_object_get(o, "files"), 0);
	assert_int_equal(number(f, "rows"),
	    number(f, "accepted") + number(f, "rejected"));
	assert_int_equal(number(f, "accepted"),
	    number(f, "inserted") + number(f, "updated") +
		number(f, "unchanged") + number(f, "superseded"));
	assert_int_equal(number(f, "linked"), 0);
	assert_true(json_is_null(json_object_get(f, "error")));
	issues = json_object_get(f, "issues");
	assert_int_equal(json_array_size(issues), 3);
	is_text(json_array_get(issues, 2), "rule", "duplicate_row");
	assert_int_equal(number(json_array_get(issues, 2), "count"), 1);
	f = json_array_get(json_object_get(o, "files"), 1);
	is_text(json_object_get(f, "error"), "code", "script_bad");
	json_decref(o);
}

/* Two parsers need not agree on much to agree on these bytes. */
static void
its_keys_are_sorted(void **state)
{
	struct bundle b;
	struct buf body;
	json_t *o;
	char *sorted;

	(void)state;
	both_receipts(&b);
	buf_init(&body, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, RESULT, &body, &e), 0);
	o = json_loadb(body.data, body.len, 0, NULL);
	sorted = json_dumps(o, JSON_SORT_KEYS | JSON_INDENT(2));
	assert_int_equal(body.data[body.len - 1], '\n');
	body.data[body.len - 1] = '\0';
	assert_string_equal(body.data, sorted);
	free(sorted);
	json_decref(o);
	buf_done(&body);
}

static void
the_ledger_commits_to_the_receipt(void **state)
{
	char digest[HASH_HEX];
	char expected[256];
	struct bundle b;
	sqlite3_stmt *st;
	int64_t lines;
	json_t *o;
	char *text;

	(void)state;
	both_receipts(&b);
	o = read_json(RESULT);
	assert_int_equal(db_query(db, &st, &e,
			     "SELECT hash, prev, detail, kind FROM ledger"
			     " WHERE seq = ?",
			     "i", number(o, "seq")),
	    1);
	is_text(o, "head", db_text(st, 0));
	is_text(o, "prev", db_text(st, 1));
	json_object_del(o, "head");
	text = json_dumps(o, JSON_SORT_KEYS | JSON_INDENT(2));
	hash_sha256_hex(text, strlen(text), digest);
	snprintf(expected, sizeof(expected),
	    "{\"outcome\":\"partial\",\"receipt\":\"%s\"}", digest);
	assert_string_equal(db_text(st, 2), expected);
	assert_string_equal(db_text(st, 3), "applied");
	db_done(st);
	free(text);
	json_decref(o);
	assert_int_equal(ledger_verify(db, &lines, &e), 1);
}

static int
check(const json_t *o)
{
	char *text = json_dumps(o, 0);
	int rc = receipt_check(db, text, strlen(text), &e);

	free(text);
	return rc;
}

static void
a_receipt_is_held_against_the_ledger(void **state)
{
	struct bundle b;
	json_t *o;

	(void)state;
	both_receipts(&b);
	o = read_json(RESULT);
	assert_int_equal(check(o), 1);
	json_object_set_new(o, "outcome", json_string("accepted"));
	assert_int_equal(check(o), 0);
	json_decref(o);
	o = read_json(RESULT);
	json_object_set_new(o, "head", json_string(CONTENT));
	assert_int_equal(check(o), 0);
	json_decref(o);
	o = read_json(RESULT);
	json_object_set_new(o, "seq", json_integer(1));
	assert_int_equal(check(o), 0);
	json_object_set_new(o, "seq", json_integer(99));
	assert_int_equal(check(o), 0);
	json_object_del(o, "head");
	assert_int_equal(check(o), 0);
	json_decref(o);
	assert_int_equal(receipt_check(db, "[]", 2, &e), 0);
	assert_int_equal(receipt_check(db, "", 0, &e), 0);
	assert_int_equal(receipt_check(db, "{\"seq\":\"x\"}", 11, &e), 0);
}

static int
same_bytes(const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof(command), "cmp -s '%s' '%s'", a, b);
	return system(command) == 0;
}

static void
the_same_content_gets_the_same_receipts(void **state)
{
	struct bundle b, again;

	(void)state;
	both_receipts(&b);
	assert_int_equal(take("B2", "再.zip", CONTENT, &again), DELIVERY_AGAIN);
	assert_int_equal(again.original, b.no);
	assert_int_equal(receipt_also_for(db, again.original, &again, &e), 0);
	place_all();
	assert_true(
	    same_bytes(RESULT, "accounts/mub/receipts/再.zip.B1.receipt.json"));
	assert_true(same_bytes(RESULT ".sig",
	    "accounts/mub/receipts/再.zip.B1.receipt.json.sig"));
	assert_true(same_bytes(RECEIVED,
	    "accounts/mub/receipts/再.zip.B1.received.json"));
	/* Who lost his receipt sends it again, under the name it had. */
	assert_int_equal(system("cp " RESULT " kept; rm " RESULT "*"), 0);
	assert_int_equal(take("B3", "水.zip", CONTENT, &again), DELIVERY_AGAIN);
	assert_int_equal(receipt_also_for(db, again.original, &again, &e), 0);
	place_all();
	assert_true(same_bytes(RESULT, "kept"));
}

/* Sent again while the first is in work: the result comes under both names. */
static void
a_repetition_waits_for_the_first(void **state)
{
	struct bundle b, again;

	(void)state;
	assert_int_equal(take("B1", "水.zip", CONTENT, &b), DELIVERY_NEW);
	assert_int_equal(receipt_received(db, &b, &versions, NOW, &e), 0);
	assert_int_equal(take("B2", "再.zip", CONTENT, &again), DELIVERY_AGAIN);
	assert_int_equal(receipt_also_for(db, again.original, &again, &e), 0);
	place_all();
	assert_int_equal(access("accounts/mub/receipts/再.zip.B1.received.json",
			     F_OK),
	    0);
	finish(&b);
	place_all();
	assert_true(
	    same_bytes(RESULT, "accounts/mub/receipts/再.zip.B1.receipt.json"));
}

static void
the_same_file_told_twice_is_one_bundle(void **state)
{
	struct bundle b;

	(void)state;
	assert_int_equal(take("B1", "水.zip", CONTENT, &b), DELIVERY_NEW);
	assert_int_equal(take("B1", "水.zip", CONTENT, &b), DELIVERY_KNOWN);
	assert_int_equal(db_int(db, 0, "SELECT count(*) FROM bundle_t", ""), 1);
}

static void
without_a_signer_nothing_is_placed_and_nothing_lost(void **state)
{
	struct bundle b;

	(void)state;
	assert_int_equal(take("B1", "水.zip", CONTENT, &b), DELIVERY_NEW);
	assert_int_equal(receipt_received(db, &b, &versions, NOW, &e), 0);
	assert_int_equal(receipt_place_next(db, sign_nothing, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_RETRY);
	assert_int_equal(access(RECEIVED, F_OK), -1);
	place_all();
	assert_int_equal(access(RECEIVED ".sig", F_OK), 0);
}

static void
files_that_are_gone_are_placed_again(void **state)
{
	struct bundle b;
	int signatures = 0;

	(void)state;
	both_receipts(&b);
	assert_int_equal(system("cp " RESULT " kept; rm " RESULT "*"), 0);
	assert_int_equal(receipt_recover(db, 0, &e), 0);
	assert_int_equal(receipt_place_next(db, sign, &signatures, &e), 1);
	assert_int_equal(receipt_place_next(db, sign, &signatures, &e), 0);
	assert_true(same_bytes(RESULT, "kept"));
	assert_int_equal(signatures, 0);
}

static void
after_a_power_cut_all_are_placed_again(void **state)
{
	struct bundle b;
	int signatures = 0;

	(void)state;
	both_receipts(&b);
	assert_int_equal(system("cp " RESULT " kept; : >" RESULT), 0);
	assert_int_equal(receipt_recover(db, 0, &e), 0);
	assert_int_equal(receipt_place_next(db, sign, &signatures, &e), 0);
	assert_int_equal(receipt_recover(db, 1, &e), 0);
	place_all();
	assert_true(same_bytes(RESULT, "kept"));
	assert_int_equal(signatures, 0);
}

static void
a_page_is_safe_to_open(void **state)
{
	struct bundle b;
	struct buf page;

	(void)state;
	both_receipts(&b);
	buf_init(&page, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, PAGE, &page, &e), 0);
	assert_non_null(strstr(page.data, "水费&lt;&amp;&gt;.csv"));
	assert_null(strstr(page.data, "<script"));
	assert_null(strstr(page.data, "http"));
	assert_null(strstr(page.data, " src="));
	assert_null(strstr(page.data, "url("));
	assert_non_null(strstr(page.data, "utf-8"));
	buf_done(&page);
}

static void
a_dry_run_is_marked(void **state)
{
	struct spool_name n = { .kind = 'c',
		.account = "mub",
		.id = "B1",
		.name = "水.zip" };
	struct err none = { .kind = ERR_NONE };
	enum delivery d;
	struct bundle b;
	json_t *o;

	(void)state;
	/* A dry run is no delivery of what it tried. */
	assert_int_equal(bundle_take(db, &n, 3, CONTENT, &none, NOW, &d, &b,
			     &e),
	    0);
	assert_int_equal(receipt_received(db, &b, &versions, NOW, &e), 0);
	finish(&b);
	place_all();
	o = read_json(RESULT);
	assert_true(json_is_true(json_object_get(o, "check")));
	json_decref(o);
	assert_int_equal(take("B2", "水.zip", CONTENT, &b), DELIVERY_NEW);
	assert_int_equal(db_int(db, -1, "SELECT count(*) FROM bundle", ""), 1);
}

static void
a_refused_container_has_its_reason(void **state)
{
	struct spool_name n = { .kind = 'u',
		.account = "mub",
		.id = "B1",
		.name = "水.zip" };
	enum delivery d;
	struct bundle b;
	struct err why;
	json_t *o;

	(void)state;
	err_say(&why, ERR_SENDER, "zip_truncated", NULL);
	assert_int_equal(bundle_take(db, &n, 3, CONTENT, &why, NOW, &d, &b, &e),
	    0);
	assert_int_equal(d, DELIVERY_REFUSED);
	assert_int_equal(receipt_received(db, &b, &versions, NOW, &e), 0);
	assert_int_equal(bundle_finish(db, &b, "rejected", &why, NOW, &e), 0);
	assert_int_equal(receipt_result(db, &b, &versions, NOW, &e), 0);
	place_all();
	o = read_json(RESULT);
	is_text(o, "outcome", "rejected");
	is_text(json_object_get(o, "error"), "code", "zip_truncated");
	assert_non_null(
	    strstr(json_string_value(
		       json_object_get(json_object_get(o, "message"), "zh")),
		why.zh));
	json_decref(o);
}

/* Who sends much does not keep others waiting. */
static void
the_choice_is_fair(void **state)
{
	char order[64] = "";
	struct bundle b;

	(void)state;
	assert_int_equal(db_exec(db,
			     "CREATE TEMP TABLE at_work (no INTEGER PRIMARY"
			     " KEY, account TEXT)",
			     &e),
	    0);
	for (int i = 0; i < 6; i++) {
		struct spool_name n = { .kind = 'u', .name = "x.zip" };
		struct err none = { .kind = ERR_NONE };
		enum delivery d;

		snprintf(n.id, sizeof(n.id), "%d", i);
		snprintf(n.account, sizeof(n.account), "%s",
		    i < 4 ? "mub" : "aic");
		assert_int_equal(bundle_take(db, &n, i == 0 ? 9000000 : 3, n.id,
				     &none, NOW, &d, &b, &e),
		    0);
	}
	while (bundle_claim(db, "pack", NOW, &b, &e) == 1) {
		strcat(order, b.name.id);
		assert_int_equal(db_run(db, &e,
				     "INSERT INTO temp.at_work VALUES (?, ?)",
				     "it", b.no, b.name.account),
		    0);
	}
	assert_string_equal(order, "142530");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		T(ssh_keygen_verifies_both),
		T(a_receipt_says_what_became_of_the_bundle),
		T(its_keys_are_sorted),
		T(the_ledger_commits_to_the_receipt),
		T(a_receipt_is_held_against_the_ledger),
		T(the_same_content_gets_the_same_receipts),
		T(a_repetition_waits_for_the_first),
		T(the_same_file_told_twice_is_one_bundle),
		T(without_a_signer_nothing_is_placed_and_nothing_lost),
		T(files_that_are_gone_are_placed_again),
		T(after_a_power_cut_all_are_placed_again),
		T(a_page_is_safe_to_open),
		T(a_dry_run_is_marked),
		T(a_refused_container_has_its_reason),
		T(the_choice_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
