#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/act.h"
#include "base/admin.h"
#include "base/ledger.h"
#include "form/statement.h"
#include "keeper/acts.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/member.h"
#include "sys/sign.h"

#define NOW "2014-06-01T08:00:00.000Z"

enum { SEC, SYS1, SYS2, AUD, KEYS };

static struct keeper *k;
static struct err e;
static struct sign_key *key[KEYS];
static char pub[KEYS][256];
static json_t *sign_this; /* what the last refusal asked for */
static int done_count;    /* requests that were done */

/* What the keeper would do: its line of the ledger, as a grant has. */
static int
run(struct keeper *me, const char *what, const json_t *request,
    json_t **ret_answer, struct err *err)
{
	if (strncmp(what, "admin ", 6) == 0)
		return admin_ask(me->db, what, request, NOW, ret_answer, err);
	if (strcmp(what, "grant list") == 0)
		return 0;
	if (strcmp(member_text(request, "reason"), "fail") == 0) {
		assert_int_equal(ledger_append(me->db, NOW, "grant added", "",
				     "", "{}", NULL, err),
		    0);
		return err_set(err, ERR_SENDER, "it fails at its end");
	}
	done_count++;
	*ret_answer = json_pack("{s:s}", "done", what);
	return ledger_append(me->db, NOW, "grant added", "", "", "{}", NULL,
	    err);
}

static int
give(json_t *request)
{
	json_t *answer = NULL;
	int rc = acts_ask(k, request, run, &answer, &e);
	json_t *sign = json_object_get(answer, "sign");

	if (sign != NULL) {
		json_decref(sign_this);
		sign_this = json_incref(sign);
	}
	json_decref(request);
	if (rc == 0 && json_object_get(answer, "pending") != NULL)
		rc =
		    (int)json_integer_value(json_object_get(answer, "pending"));
	json_decref(answer);
	return rc;
}

/* The envelope of a request as signed by a key, at the head last told. */
static json_t *
enveloped(const json_t *request, int by)
{
	char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
	unsigned char sha512[HASH_SHA512_BYTES];
	struct statement s = { .seq = json_integer_value(
				   json_object_get(sign_this, "seq")) };
	struct buf b, signature;
	json_t *o;

	snprintf(s.ledger, sizeof(s.ledger), "%s",
	    member_text(sign_this, "ledger"));
	snprintf(s.hash, sizeof(s.hash), "%s", member_text(sign_this, "hash"));
	snprintf(s.at, sizeof(s.at), "%s", member_text(sign_this, "at"));
	s.request = text;
	s.request_len = strlen(text);
	buf_init(&b, 65536);
	buf_init(&signature, 65536);
	statement_put(&s, &b);
	hash_sha512(b.data, b.len, sha512);
	sign_sshsig(key[by], STATEMENT_NAMESPACE, sha512, &signature);
	o = json_pack("{s:s, s:s, s:s}", "do", "act", "statement", b.data,
	    "signature", signature.data);
	buf_done(&b);
	buf_done(&signature);
	free(text);
	return o;
}

/* As a command does it: asked, signed, asked again. Takes the request. */
static int
act(json_t *request, int by)
{
	int rc = give(json_incref(request));

	if (rc == -1 && sign_this != NULL)
		rc = give(enveloped(request, by));
	json_decref(request);
	return rc;
}

static json_t *
enrol(const char *name, const char *role, int which)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "do", "admin add", "name",
	    name, "role", role, "keys", pub[which]);
}

static json_t *
grant(const char *reason)
{
	return json_pack("{s:s, s:s}", "do", "grant add", "reason", reason);
}

static json_t *
publish(void)
{
	return json_pack("{s:s, s:s, s:s}", "do", "rules publish", "pack",
	    "0123", "reason", "new codes");
}

/* Approval of what waits under a number, as the list shows it. */
static json_t *
approval(const char *what, int number)
{
	json_t *request = json_pack("{s:s, s:b}", "do", "act list", "all", 1);
	json_t *answer = NULL, *o = NULL, *v;
	size_t i;

	assert_int_equal(acts_ask(k, request, run, &answer, &e), 0);
	json_decref(request);
	json_array_foreach(answer, i, v) {
		if (json_integer_value(json_object_get(v, "act")) == number)
			o = json_pack("{s:s, s:i, s:s, s:O}", "do", what,
			    "number", number, "reason", "seen", "sha256",
			    json_object_get(v, "sha256"));
	}
	json_decref(answer);
	assert_non_null(o);
	return o;
}

static int
holds(void)
{
	int64_t n;

	return acts_verify(k->db, &n, &e);
}

static int
fresh(void **state)
{
	char dir[] = "/tmp/test_acts.XXXXXX";

	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	for (int i = 0; i < KEYS; i++) {
		char path[32];
		struct buf b;

		snprintf(path, sizeof(path), "key%d", i);
		if (sign_keygen(SIGN_ED25519, path, "", &e) == -1 ||
		    sign_key_read(path, &key[i], &e) == -1)
			return -1;
		buf_init(&b, 1024);
		sign_key_line(key[i], &b);
		snprintf(pub[i], sizeof(pub[i]), "%s", b.data);
		buf_done(&b);
		(void)unlink(path);
		snprintf(path, sizeof(path), "key%d.pub", i);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	k = calloc(1, sizeof(*k));
	done_count = 0;
	sign_this = NULL;
	return k == NULL || db_open_memory(&k->db, &e) == -1 ||
		       ledger_append(k->db, NOW, "begin", "", "", "{}", NULL,
			   &e) == -1
		   ? -1
		   : 0;
}

static int
done(void **state)
{
	(void)state;
	for (int i = 0; i < KEYS; i++)
		sign_key_free(key[i]);
	json_decref(sign_this);
	db_close(k->db);
	free(k);
	return 0;
}

static void
all_in_office(void)
{
	assert_int_equal(act(enrol("sec", "security", SEC), SEC), 0);
	assert_int_equal(act(enrol("sys1", "admin", SYS1), SEC), 0);
	assert_int_equal(act(enrol("aud", "audit", AUD), SEC), 0);
	assert_int_equal(act(enrol("sys2", "admin", SYS2), SEC), 3);
	assert_int_equal(act(approval("act approve", 3), AUD), 0);
}

static void
without_administrators_nothing_is_signed(void **state)
{
	(void)state;
	assert_int_equal(give(grant("why")), 0);
	assert_int_equal(done_count, 1);
	assert_null(sign_this);
	assert_int_equal(holds(), 1);
}

static void
from_the_first_one_on_acts_are_signed_and_reads_are_not(void **state)
{
	(void)state;
	assert_int_equal(act(enrol("sec", "security", SEC), SEC), 0);
	assert_int_equal(give(grant("why")), -1);
	assert_int_equal(done_count, 0);
	assert_non_null(strstr(e.en, "--sign-with"));
	assert_int_equal(give(json_pack("{s:s}", "do", "grant list")), 0);
	assert_int_equal(act(grant("why"), SEC), 0);
	assert_int_equal(done_count, 1);
	assert_int_equal(holds(), 1);
}

static void
the_first_one_is_of_security_and_the_last_of_them_stays(void **state)
{
	(void)state;
	assert_int_equal(give(enrol("a", "audit", AUD)), -1);
	assert_int_equal(give(enrol("sec", "security", SEC)), 0);
	assert_int_equal(act(json_pack("{s:s, s:s}", "do", "admin remove",
				 "name", "sec"),
			     SEC),
	    -1);
	assert_non_null(strstr(e.en, "the last administrator"));
}

static void
a_signature_holds_once_and_for_what_was_signed(void **state)
{
	json_t *request = grant("why"), *once, *other;
	char *text;

	(void)state;
	all_in_office();
	assert_int_equal(give(json_incref(request)), -1);
	once = enveloped(request, SEC);
	assert_int_equal(give(json_incref(once)), 0);
	assert_int_equal(give(json_incref(once)), -1);
	assert_non_null(strstr(e.en, "used before"));
	/* One letter of what was signed is another. */
	other = enveloped(request, SEC);
	text = strdup(member_text(other, "statement"));
	*strstr(text, "why") = 'W';
	json_object_set_new(other, "statement", json_string(text));
	assert_int_equal(give(other), -1);
	assert_non_null(strstr(e.en, "does not hold"));
	assert_int_equal(done_count, 1);
	free(text);
	json_decref(once);
	json_decref(request);
}

static void
an_old_signature_and_one_for_another_ledger_are_refused(void **state)
{
	json_t *request = grant("why");

	(void)state;
	all_in_office();
	assert_int_equal(give(json_incref(request)), -1);
	json_object_set_new(sign_this, "at", json_string(NOW));
	assert_int_equal(give(enveloped(request, SEC)), -1);
	assert_non_null(strstr(e.en, "too old"));
	assert_int_equal(give(json_incref(request)), -1);
	json_object_set_new(sign_this, "ledger", json_string("zayton/00"));
	assert_int_equal(give(enveloped(request, SEC)), -1);
	assert_non_null(strstr(e.en, "another ledger"));
	assert_int_equal(give(json_incref(request)), -1);
	json_object_set_new(sign_this, "seq", json_integer(1));
	assert_int_equal(give(enveloped(request, SEC)), -1);
	assert_int_equal(done_count, 0);
	json_decref(request);
}

static void
a_role_does_what_is_its_own_and_nothing_unknown_is_done(void **state)
{
	(void)state;
	all_in_office();
	assert_int_equal(act(grant("why"), SYS1), -1);
	assert_non_null(strstr(e.en, "sys1 (admin) -> security"));
	assert_int_equal(act(grant("why"), AUD), -1);
	assert_int_equal(act(json_pack("{s:s}", "do", "account add"), SEC), -1);
	assert_int_equal(act(json_pack("{s:s}", "do", "what else"), SEC), -1);
	assert_int_equal(done_count, 0);
}

static void
the_person_is_who_signed(void **state)
{
	json_t *request = grant("why");

	(void)state;
	all_in_office();
	json_object_set_new(request, "person", json_string("somebody"));
	assert_int_equal(act(request, SEC), -1);
	assert_non_null(strstr(e.en, "--person"));
}

static void
rules_wait_for_another_of_the_right_role(void **state)
{
	(void)state;
	all_in_office();
	assert_int_equal(act(publish(), SYS1), 5);
	assert_int_equal(done_count, 0);
	assert_int_equal(act(approval("act approve", 5), SYS1), -1);
	assert_non_null(strstr(e.en, "another administrator"));
	assert_int_equal(act(approval("act approve", 5), AUD), -1);
	assert_int_equal(done_count, 0);
	assert_int_equal(act(approval("act approve", 5), SYS2), 0);
	assert_int_equal(done_count, 1);
	assert_int_equal(act(approval("act approve", 5), SEC), -1);
	assert_int_equal(done_count, 1);
	assert_int_equal(holds(), 1);
}

static void
what_waits_ends_with_time_with_a_rejection_and_with_the_office(void **state)
{
	(void)state;
	all_in_office();
	assert_int_equal(act(publish(), SYS1), 5);
	assert_int_equal(act(approval("act reject", 5), SYS2), 0);
	assert_int_equal(act(approval("act approve", 5), SYS2), -1);
	assert_int_equal(act(publish(), SYS1), 7);
	assert_int_equal(db_run(k->db, &e,
			     "UPDATE act_t SET at = ? WHERE no = 7", "t", NOW),
	    0);
	assert_int_equal(act(approval("act approve", 7), SYS2), -1);
	assert_non_null(strstr(e.en, "14 days"));
	assert_int_equal(act(publish(), SYS1), 8);
	assert_int_equal(act(json_pack("{s:s, s:s}", "do", "admin remove",
				 "name", "sys1"),
			     SEC),
	    9);
	assert_int_equal(act(approval("act approve", 9), AUD), 0);
	assert_int_equal(act(approval("act approve", 8), SYS2), -1);
	assert_int_equal(act(publish(), SYS1), -1);
	assert_int_equal(done_count, 0);
	assert_int_equal(holds(), 1);
}

static void
what_fails_leaves_nothing(void **state)
{
	int64_t lines;

	(void)state;
	all_in_office();
	lines = db_int(k->db, 0, "SELECT max(seq) FROM ledger", "");
	assert_int_equal(act(grant("fail"), SEC), -1);
	assert_non_null(strstr(e.en, "at its end"));
	assert_int_equal(db_int(k->db, 0, "SELECT max(seq) FROM ledger", ""),
	    lines);
	assert_int_equal(holds(), 1);
}

static void
a_line_that_no_act_brought_is_found(void **state)
{
	(void)state;
	all_in_office();
	assert_int_equal(act(grant("why"), SEC), 0);
	assert_int_equal(holds(), 1);
	assert_int_equal(ledger_append(k->db, NOW, "received", "", "", "{}",
			     NULL, &e),
	    0);
	assert_int_equal(holds(), 1);
	assert_int_equal(ledger_append(k->db, NOW, "grant added", "", "", "{}",
			     NULL, &e),
	    0);
	assert_int_equal(holds(), 0);
	assert_non_null(strstr(e.en, "'grant added'"));
	/* Nor does a later act cover it. */
	assert_int_equal(act(grant("why"), SEC), 0);
	assert_int_equal(holds(), 0);
}

static void
what_was_changed_in_the_base_is_found(void **state)
{
	static const char *const change[] = {
		"UPDATE act_t SET first = 2 WHERE no = 4",
		"UPDATE act_t SET statement = replace(statement, 'sys1', "
		"'sysX')"
		" WHERE no = 1",
		"UPDATE act_t SET admin = 'aud' WHERE no = 1",
		"DELETE FROM act_t WHERE no = 2",
		"DELETE FROM act_t WHERE no = 3",
		"UPDATE admin_t SET role = 1 WHERE name = 'aud'",
		"UPDATE admin_t SET blob = x'00' WHERE name = 'sys1'",
		"UPDATE act_t SET signature = (SELECT signature FROM act_t "
		"WHERE"
		" no = 2) WHERE no = 1",
	};

	(void)state;
	all_in_office();
	assert_int_equal(holds(), 1);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		assert_int_equal(db_begin(k->db, &e), 0);
		assert_int_equal(db_exec(k->db, "SAVEPOINT x", &e), 0);
		assert_int_equal(db_exec(k->db, change[i], &e), 0);
		assert_int_equal(holds(), 0);
		assert_int_equal(db_exec(k->db, "ROLLBACK TO x", &e), 0);
	}
	assert_int_equal(holds(), 1);
}

static void
a_statement_is_read_as_it_was_written_and_no_other(void **state)
{
	static const char good[] =
	    "zayton-act 1\nledger: zayton/12\nhead: 7 "
	    "0123456789012345678901234567890123456789"
	    "012345678901234567890123\nat: " NOW "\nrequest: {\"do\":\"x\"}\n";
	struct statement s;
	struct buf b;

	(void)state;
	assert_int_equal(statement_read(good, strlen(good), &s, &e), 0);
	assert_int_equal(s.seq, 7);
	buf_init(&b, 4096);
	statement_put(&s, &b);
	assert_string_equal(b.data, good);
	/* Cut anywhere, or with a line more, it is none. */
	for (size_t n = 0; n < strlen(good); n++)
		assert_int_equal(statement_read(good, n, &s, &e), -1);
	buf_addstr(&b, "\n");
	assert_int_equal(statement_read(b.data, b.len, &s, &e), -1);
	buf_done(&b);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)
	static const struct CMUnitTest tests[] = {
		T(without_administrators_nothing_is_signed),
		T(from_the_first_one_on_acts_are_signed_and_reads_are_not),
		T(the_first_one_is_of_security_and_the_last_of_them_stays),
		T(a_signature_holds_once_and_for_what_was_signed),
		T(an_old_signature_and_one_for_another_ledger_are_refused),
		T(a_role_does_what_is_its_own_and_nothing_unknown_is_done),
		T(the_person_is_who_signed),
		T(rules_wait_for_another_of_the_right_role),
		T(what_waits_ends_with_time_with_a_rejection_and_with_the_office),
		T(what_fails_leaves_nothing),
		T(a_line_that_no_act_brought_is_found),
		T(what_was_changed_in_the_base_is_found),
		cmocka_unit_test(
		    a_statement_is_read_as_it_was_written_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
