#include <fcntl.h>
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

#include "sys/file.h"
#include "sys/hash.h"
#include "sys/sign.h"

static struct err e;

static int
fresh(void **state)
{
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_sign.XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1 ? -1 : 0;
}

/* A command line of the shell; its status. */
static int
sh(const char *command)
{
	return system(command);
}

static void
write_file(const char *path, const void *p, size_t len)
{
	assert_int_equal(file_place(AT_FDCWD, path, p, len, 0644, &e), 0);
}

static void
digests_are_those_of_the_standards(void **state)
{
	struct hash *h = hash_new(HASH_SHA256);
	unsigned char digest[HASH_SHA512_BYTES];
	char hex[HASH_HEX];

	(void)state;
	hash_sha256_hex("abc", 3, hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_add(h, "a", 1);
	hash_add(h, "bc", 2);
	for (int i = 0; i < 2; i++) {
		hash_end(h, digest);
		hash_hex(digest, HASH_SHA256_BYTES, hex);
		assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
					 "b00361a396177a9cb410ff61f20015ad");
		hash_add(h, "abc", 3);
	}
	hash_free(h);
	hash_sha512("abc", 3, digest);
	hash_hex(digest, 4, hex);
	assert_string_equal(hex, "ddaf35a1");
}

static void
a_key_is_one_that_openssh_reads(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(sign_keygen(SIGN_ED25519, "ed", "receipts", &e), 0);
	assert_int_equal(sign_keygen(SIGN_ECDSA, "ec", "host", &e), 0);
	assert_int_equal(stat("ed", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("ec", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* What it reads out of the private half is the public half. */
	assert_int_equal(sh("ssh-keygen -y -f ed | cut -d' ' -f1,2 >ed.y &&"
			    " cut -d' ' -f1,2 ed.pub | cmp - ed.y"),
	    0);
	assert_int_equal(sh("ssh-keygen -y -f ec | cut -d' ' -f1,2 >ec.y &&"
			    " cut -d' ' -f1,2 ec.pub | cmp - ec.y"),
	    0);
	assert_int_equal(sh("grep -q 'receipts$' ed.pub"), 0);
}

/* A scalar with leading zeros is written shorter: one in 256 keys. */
static void
hundreds_of_ecdsa_keys_are_read_by_openssh(void **state)
{
	(void)state;
	for (int i = 0; i < 600; i++) {
		char path[16];

		snprintf(path, sizeof(path), "k%d", i);
		assert_int_equal(sign_keygen(SIGN_ECDSA, path, "", &e), 0);
	}
	assert_int_equal(sh("for k in k*[0-9]; do ssh-keygen -y -f $k"
			    " >/dev/null || exit 1; done"),
	    0);
}

static struct sign_key *
key(void)
{
	struct sign_key *k;

	assert_int_equal(sign_keygen(SIGN_ED25519, "key", "", &e), 0);
	assert_int_equal(sign_key_read("key", &k, &e), 0);
	return k;
}

static void
sign_text(const struct sign_key *k, const char *text, struct buf *sig)
{
	unsigned char sha512[HASH_SHA512_BYTES];

	hash_sha512(text, strlen(text), sha512);
	sign_sshsig(k, "zayton-receipt", sha512, sig);
}

static void
ssh_keygen_verifies_a_signature(void **state)
{
	struct sign_key *k = key();
	struct buf sig, line;

	(void)state;
	buf_init(&sig, 8192);
	buf_init(&line, 8192);
	sign_text(k, "{\"回执\":1}\n", &sig);
	buf_addstr(&line, "zayton ");
	sign_key_line(k, &line);
	buf_addch(&line, '\n');
	write_file("R", "{\"回执\":1}\n", strlen("{\"回执\":1}\n"));
	write_file("R.sig", sig.data, sig.len);
	write_file("allowed_signers", line.data, line.len);
	assert_int_equal(sh("ssh-keygen -Y verify -f allowed_signers -I zayton"
			    " -n zayton-receipt -s R.sig <R >/dev/null"),
	    0);
	assert_int_not_equal(sh("ssh-keygen -Y verify -f allowed_signers"
				" -I zayton -n zayton-bundle -s R.sig <R"
				" >/dev/null 2>&1"),
	    0);
	assert_int_not_equal(sh("echo >>R; ssh-keygen -Y verify"
				" -f allowed_signers -I zayton"
				" -n zayton-receipt -s R.sig <R >/dev/null"
				" 2>&1"),
	    0);
	buf_done(&sig);
	buf_done(&line);
	sign_key_free(k);
}

static void
the_same_message_has_the_same_signature(void **state)
{
	struct sign_key *k = key();
	struct buf a, b;

	(void)state;
	buf_init(&a, 8192);
	buf_init(&b, 8192);
	sign_text(k, "x", &a);
	sign_text(k, "x", &b);
	assert_string_equal(a.data, b.data);
	buf_done(&a);
	buf_done(&b);
	sign_key_free(k);
}

static int
verify(const char *armor, size_t len, const char *text, const char *name_space)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	struct buf signer;
	char print[64];
	int rc;

	hash_sha512(text, strlen(text), sha512);
	buf_init(&signer, 8192);
	rc = sign_sshsig_verify(armor, len, name_space, sha512, &signer, &e);
	if (rc == 1) {
		sign_fingerprint(signer.data, signer.len, print);
		write_file("print", print, strlen(print));
	}
	buf_done(&signer);
	return rc;
}

static void
what_ssh_keygen_signs_is_verified(void **state)
{
	struct buf sig;

	(void)state;
	assert_int_equal(sh("ssh-keygen -q -t ed25519 -N '' -f theirs &&"
			    " printf bundle >B && ssh-keygen -Y sign -f theirs"
			    " -n zayton-bundle B 2>/dev/null"),
	    0);
	buf_init(&sig, 8192);
	assert_int_equal(file_read(AT_FDCWD, "B.sig", &sig, &e), 0);
	assert_int_equal(verify(sig.data, sig.len, "bundle", "zayton-bundle"),
	    1);
	assert_int_equal(sh("ssh-keygen -l -f theirs.pub | grep -qF"
			    " \"$(cat print)\""),
	    0);
	assert_int_equal(verify(sig.data, sig.len, "bundlE", "zayton-bundle"),
	    0);
	assert_int_equal(verify(sig.data, sig.len, "bundle", "zayton-receipt"),
	    0);
	assert_int_equal(verify("hello", 5, "bundle", "zayton-bundle"), -1);
	buf_done(&sig);
}

/* Whatever a sender writes into a signature file, it is refused and no more. */
static void
a_damaged_signature_is_never_good(void **state)
{
	struct sign_key *k = key();
	struct buf sig, bad;

	(void)state;
	buf_init(&sig, 8192);
	buf_init(&bad, 8192);
	sign_text(k, "x", &sig);
	/* The last digit before "==" and the foot holds bits of no meaning. */
	for (size_t i = 30; i + 32 < sig.len; i++) {
		buf_clear(&bad);
		buf_add(&bad, sig.data, sig.len);
		if (bad.data[i] == '\n')
			continue;
		bad.data[i] = bad.data[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(verify(bad.data, bad.len, "x",
					 "zayton-receipt"),
		    1);
		assert_int_not_equal(verify(sig.data, i, "x", "zayton-receipt"),
		    1);
	}
	buf_done(&sig);
	buf_done(&bad);
	sign_key_free(k);
}

static int
line_taken(const char *line, char *comment)
{
	struct buf blob;
	char type[64];
	int rc;

	buf_init(&blob, 16384);
	rc = sign_public_line(line, strlen(line), type, sizeof(type), &blob,
	    comment, 128, &e);
	buf_done(&blob);
	return rc;
}

static void
public_keys_of_the_usual_kinds_are_taken(void **state)
{
	static const char *const kind[] = { "ed25519", "ecdsa -b 256",
		"ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048", NULL };
	char command[256];
	char comment[128];
	struct buf line;

	(void)state;
	for (int i = 0; kind[i] != NULL; i++) {
		snprintf(command, sizeof(command),
		    "rm -f u u.pub; ssh-keygen -q -t %s -N '' -C '张三 办公室'"
		    " -f u",
		    kind[i]);
		assert_int_equal(sh(command), 0);
		buf_init(&line, 16384);
		assert_int_equal(file_read(AT_FDCWD, "u.pub", &line, &e), 0);
		assert_int_equal(line_taken(line.data, comment), 1);
		assert_string_equal(comment, "张三 办公室");
		buf_done(&line);
	}
}

static void
other_keys_are_refused_with_a_reason(void **state)
{
	char comment[128];
	struct buf line;

	(void)state;
	assert_int_equal(sh("ssh-keygen -q -t rsa -b 1024 -N '' -f u"), 0);
	buf_init(&line, 16384);
	assert_int_equal(file_read(AT_FDCWD, "u.pub", &line, &e), 0);
	assert_int_equal(line_taken(line.data, comment), -1);
	assert_non_null(strstr(e.en, "2048"));
	buf_done(&line);
	assert_int_equal(line_taken("ssh-dss AAAAB3NzaC1kc3M= x", comment), -1);
	/* The name says one kind, the bytes another. */
	assert_int_equal(line_taken("ssh-ed25519 AAAAB3NzaC1yc2E= x", comment),
	    -1);
	assert_int_equal(line_taken("ssh-ed25519", comment), -1);
	assert_int_equal(line_taken("-----BEGIN OPENSSH PRIVATE KEY-----",
			     comment),
	    -1);
	assert_int_equal(line_taken("", comment), 0);
	assert_int_equal(line_taken("  # 说明", comment), 0);
}

/* The line is not text of ours: it ends where it ends. */
static void
a_line_is_not_read_beyond_its_end(void **state)
{
	char *line = malloc(8);
	char type[64];
	char comment[64];
	struct buf blob;

	(void)state;
	memcpy(line, "\x1b[2Jabcd", 8);
	buf_init(&blob, 1024);
	assert_int_equal(sign_public_line(line, 8, type, sizeof(type), &blob,
			     comment, sizeof(comment), &e),
	    -1);
	assert_null(strchr(e.en, '\x1b'));
	buf_done(&blob);
	free(line);
}

static void
another_kind_of_private_key_is_refused(void **state)
{
	struct sign_key *k;

	(void)state;
	assert_int_equal(sign_keygen(SIGN_ECDSA, "ec", "", &e), 0);
	assert_int_equal(sign_key_read("ec", &k, &e), -1);
	assert_int_equal(sh("ssh-keygen -q -t ed25519 -N secret -f locked"), 0);
	assert_int_equal(sign_key_read("locked", &k, &e), -1);
	assert_int_equal(e.kind, ERR_HOLD);
	/* One that ssh-keygen made without a passphrase is as good as ours. */
	assert_int_equal(sh("ssh-keygen -q -t ed25519 -N '' -f theirs"), 0);
	assert_int_equal(sign_key_read("theirs", &k, &e), 0);
	sign_key_free(k);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		T(digests_are_those_of_the_standards),
		T(a_key_is_one_that_openssh_reads),
		T(hundreds_of_ecdsa_keys_are_read_by_openssh),
		T(ssh_keygen_verifies_a_signature),
		T(the_same_message_has_the_same_signature),
		T(what_ssh_keygen_signs_is_verified),
		T(a_damaged_signature_is_never_good),
		T(public_keys_of_the_usual_kinds_are_taken),
		T(other_keys_are_refused_with_a_reason),
		T(a_line_is_not_read_beyond_its_end),
		T(another_kind_of_private_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
