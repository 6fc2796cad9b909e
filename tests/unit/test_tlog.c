#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "form/tlog.h"
#include "sys/base64.h"
#include "sys/note.h"

static struct err e;

/* The vector that implementations of signed notes are tested with. */
static const char known_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUg"
    "YN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
static const char known_key[] = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static void
public_of(const char *text, unsigned char *public)
{
	struct buf raw;

	buf_init(&raw, 64);
	assert_int_equal(base64_get(text, strlen(text), &raw), 0);
	assert_int_equal(raw.len, 1 + SIGN_PUBLIC_BYTES);
	memcpy(public, raw.data + 1, SIGN_PUBLIC_BYTES);
	buf_done(&raw);
}

static struct sign_key *
fresh_key(void)
{
	char dir[] = "/tmp/test_tlog.XXXXXX";
	struct sign_key *k;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(sign_keygen(SIGN_ED25519, "key", "", &e), 0);
	assert_int_equal(sign_key_read("key", &k, &e), 0);
	return k;
}

static void
a_note_of_others_is_checked(void **state)
{
	unsigned char public[SIGN_PUBLIC_BYTES];
	char note[sizeof(known_note)];
	struct buf key;
	size_t len;

	(void)state;
	public_of(known_key, public);
	buf_init(&key, NOTE_MAX);
	note_verifier("PeterNeumann", public, &key);
	assert_string_equal(key.data,
	    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
	    "LDE4izWy10TW");
	buf_done(&key);
	assert_int_equal(note_check(known_note, strlen(known_note),
			     "PeterNeumann", public, &len, &e),
	    1);
	assert_int_equal(len, strstr(known_note, "\n\n") + 1 - known_note);
	memcpy(note, known_note, sizeof(note));
	note[3] ^= 1;
	assert_int_equal(note_check(note, strlen(note), "PeterNeumann", public,
			     &len, &e),
	    0);
	assert_string_equal(e.en, "its signature does not hold");
	assert_int_equal(note_check(known_note, strlen(known_note), "Peter",
			     public, &len, &e),
	    0);
}

static void
what_is_signed_is_checked_among_other_signatures(void **state)
{
	static const char text[] = "zayton/0\n7\nroot\n";
	struct sign_key *k = fresh_key();
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, NOTE_MAX);
	buf_printf(&b, "%s\n\xe2\x80\x94 witness AAAA\n", text);
	note_sign(k, "zayton/0", text, strlen(text), &b);
	assert_int_equal(note_check(b.data, b.len, "zayton/0",
			     sign_key_public(k), &len, &e),
	    1);
	assert_int_equal(len, strlen(text));
	for (size_t cut = 0; cut < b.len; cut++)
		assert_int_equal(note_check(b.data, cut, "zayton/0",
				     sign_key_public(k), &len, &e),
		    0);
	buf_done(&b);
	sign_key_free(k);
}

static void
a_checkpoint_is_read_as_it_was_written(void **state)
{
	struct tlog_checkpoint c = { "zayton/0123456789abcdef", 1234, { 9 } };
	struct tlog_checkpoint got;
	struct buf b;

	(void)state;
	buf_init(&b, NOTE_MAX);
	tlog_checkpoint_put(&c, &b);
	assert_string_equal(b.data,
	    "zayton/0123456789abcdef\n1234\n"
	    "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_int_equal(tlog_checkpoint_read(b.data, b.len, &got, &e), 0);
	assert_string_equal(got.origin, c.origin);
	assert_int_equal(got.size, c.size);
	assert_memory_equal(got.root, c.root, MERKLE_HASH);
	for (size_t cut = 0; cut < b.len; cut++)
		assert_int_equal(tlog_checkpoint_read(b.data, cut, &got, &e),
		    -1);
	buf_done(&b);
}

static void
numbers_have_one_form(void **state)
{
	static const char *const bad[] = { "o\n01\n", "o\n-1\n", "o\n\n",
		"o\n1x\n", "o\n9999999999999999999\n" };
	struct tlog_checkpoint got;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_init(&b, NOTE_MAX);
		buf_printf(&b,
		    "%sCQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", bad[i]);
		assert_int_equal(tlog_checkpoint_read(b.data, b.len, &got, &e),
		    -1);
		buf_done(&b);
	}
}

static void
a_proof_is_read_as_it_was_written(void **state)
{
	static const char note[] = "o\n5\nr\n\n- x\n";
	struct merkle_proof p = { 2, { { 1 }, { 2 } } }, got;
	const char *at;
	uint64_t index;
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, NOTE_MAX);
	tlog_proof_put(4, &p, note, strlen(note), &b);
	assert_int_equal(tlog_proof_read(b.data, b.len, &index, &got, &at, &len,
			     &e),
	    0);
	assert_int_equal(index, 4);
	assert_int_equal(got.n, 2);
	assert_memory_equal(got.hash, p.hash, 2 * MERKLE_HASH);
	assert_int_equal(len, strlen(note));
	assert_memory_equal(at, note, len);
	buf_done(&b);
}

/* As long as the longest proof and one more. */
static void
a_proof_without_end_is_refused(void **state)
{
	struct merkle_proof got;
	const char *at;
	uint64_t index;
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, 64 * 1024);
	buf_addstr(&b, "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 4\n");
	for (int i = 0; i <= MERKLE_PROOF; i++)
		buf_addstr(&b,
		    "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	buf_addstr(&b, "\nnote\n");
	assert_int_equal(tlog_proof_read(b.data, b.len, &index, &got, &at, &len,
			     &e),
	    -1);
	assert_string_equal(e.en, "the proof has a line that is no hash");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_note_of_others_is_checked),
		cmocka_unit_test(
		    what_is_signed_is_checked_among_other_signatures),
		cmocka_unit_test(a_checkpoint_is_read_as_it_was_written),
		cmocka_unit_test(numbers_have_one_form),
		cmocka_unit_test(a_proof_is_read_as_it_was_written),
		cmocka_unit_test(a_proof_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
