#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "base/ledger.h"
#include "command/command.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/sign.h"
#include "way/receipt.h"

/* zayton verify: the whole ledger chain, or the receipts named. */

enum { RECEIPT_MAX = 64 << 20 };

struct receipt_file {
	const char *path;
	struct buf body;
	struct buf sig;
};

/* The wire form of our own public key out of keys/receipt_ed25519.pub. */
static int
own_key(struct buf *blob, struct err *e)
{
	struct buf line;
	char type[64];
	char comment[128];
	int rc;

	buf_init(&line, 4096);
	rc = file_read(AT_FDCWD, HOME_RECEIPT_KEY ".pub", &line, e);
	if (rc == 0 && sign_public_line(line.data, line.len, type, sizeof(type),
			   blob, comment, sizeof(comment), e) != 1)
		rc = -1;
	buf_done(&line);
	return rc;
}

/* 1 good, 0 not (why in e), -1 cannot say. */
static int
signature_good(const struct receipt_file *r, const struct buf *own,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	struct buf key;
	int good;

	buf_init(&key, 4096);
	hash_sha512(r->body.data, r->body.len, sha512);
	good = sign_sshsig_verify(r->sig.data, r->sig.len, "zayton-receipt",
	    sha512, &key, e);
	if (good == 0)
		(void)err_set(e, ERR_SENDER, "its signature does not hold");
	if (good == 1 && (key.len != own->len ||
			     memcmp(key.data, own->data, own->len) != 0)) {
		(void)err_set(e, ERR_SENDER, "another key signed it");
		good = 0;
	}
	buf_done(&key);
	return good == -1 ? 0 : good;
}

static int
check_receipts(struct receipt_file *r, int n)
{
	struct db *db = NULL;
	struct buf own;
	struct err e;
	int status = COMMAND_DONE;

	buf_init(&own, 4096);
	if (own_key(&own, &e) == -1 || db_open_read(HOME_BASE, &db, &e) == -1)
		status = command_fail(&e);
	for (int i = 0; i < n && status != COMMAND_USAGE; i++) {
		int good = signature_good(&r[i], &own, &e);

		if (good == 1)
			good = receipt_check(db, r[i].body.data, r[i].body.len,
			    &e);
		if (good == 1) {
			printf("ok  %s\n", r[i].path);
		} else {
			printf("BAD %s: %s\n", r[i].path, e.en);
			status = COMMAND_FAULTS;
		}
	}
	db_close(db);
	buf_done(&own);
	return status;
}

static int
check_chain(void)
{
	struct db *db = NULL;
	struct err e;
	int64_t lines = 0;
	int good;

	if (db_open_read(HOME_BASE, &db, &e) == -1)
		return command_fail(&e);
	good = ledger_verify(db, &lines, &e);
	db_close(db);
	if (good == -1)
		return command_fail(&e);
	if (good)
		printf("台账完整 / the ledger holds: %" PRId64 " lines\n",
		    lines);
	else
		printf("台账在第 %" PRId64
		       " 行断裂 / the ledger breaks at line "
		       "%" PRId64 "\n",
		    lines, lines);
	return good ? COMMAND_DONE : COMMAND_FAULTS;
}

static int
read_receipt(struct receipt_file *r, const char *path, struct err *e)
{
	char *beside = xasprintf("%s.sig", path);
	int rc;

	r->path = path;
	buf_init(&r->body, RECEIPT_MAX);
	buf_init(&r->sig, RECEIPT_MAX);
	rc = file_read(AT_FDCWD, path, &r->body, e);
	if (rc == 0)
		rc = file_read(AT_FDCWD, beside, &r->sig, e);
	free(beside);
	return rc;
}

int
verify_command(int argc, char **argv)
{
	struct receipt_file *r = xcalloc((size_t)argc, sizeof(*r));
	struct conf c;
	struct err e;
	int status = -1;

	if (command_unknown(argc, argv))
		status = command_usage();
	/* Paths are relative to where the command was called: read first. */
	for (int i = 1; i < argc && status == -1; i++)
		if (read_receipt(&r[i - 1], argv[i], &e) == -1)
			status = command_fail(&e);
	if (status == -1 && command_home(&c, &e) == -1)
		status = command_fail(&e);
	if (status == -1)
		status =
		    argc == 1 ? check_chain() : check_receipts(r, argc - 1);
	for (int i = 0; i < argc; i++) {
		buf_done(&r[i].body);
		buf_done(&r[i].sig);
	}
	free(r);
	return status;
}
