#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "base/ledger.h"
#include "base/own_key.h"
#include "command/command.h"
#include "grant/access.h"
#include "keeper/acts.h"
#include "keeper/checkpoint.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/sign.h"
#include "way/receipt.h"

/*
 * zayton verify: the whole ledger with its checkpoints, or the receipts and
 * kept checkpoints that are named.
 */

enum { RECEIPT_MAX = 64 << 20 };

/* What a file is, and what stands beside it. */
struct evidence {
	const char *path;
	struct buf body;
	struct buf sig;   /* of a receipt */
	struct buf proof; /* of a receipt; empty: there is none */
};

/* 1 good, 0 not (why in e). */
static int
signature_good(const struct evidence *r, const struct own_keys *own,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	const struct own_key *by = NULL;
	struct buf key;
	json_t *o;
	int good;

	buf_init(&key, 4096);
	hash_sha512(r->body.data, r->body.len, sha512);
	good = sign_sshsig_verify(r->sig.data, r->sig.len, "zayton-receipt",
	    sha512, &key, e);
	if (good == 0)
		(void)err_set(e, ERR_SENDER, "its signature does not hold");
	if (good == 1 && (by = own_keys_find(own, key.data, key.len)) == NULL) {
		(void)err_set(e, ERR_SENDER, "another key signed it");
		good = 0;
	}
	buf_done(&key);
	if (good != 1)
		return 0;
	o = json_loadb(r->body.data, r->body.len, 0, NULL);
	good = json_integer_value(json_object_get(o, "seq")) <= by->until_seq;
	if (!good)
		(void)err_set(e, ERR_SENDER,
		    "a key signed it that signed no more by then");
	json_decref(o);
	return good;
}

/* The proof beside a receipt, where there is one: 1, 0 why not. */
static int
proof_good(const struct evidence *r, const struct own_keys *own, struct err *e)
{
	json_t *o;
	const char *head;
	int good;

	if (r->proof.len == 0)
		return 1;
	o = json_loadb(r->body.data, r->body.len, 0, NULL);
	head = json_string_value(json_object_get(o, "head"));
	good = checkpoint_proves(own, r->proof.data, r->proof.len,
	    head != NULL ? head : "", e);
	json_decref(o);
	return good;
}

/* A JSON object is a receipt, all else has to be a checkpoint. */
static int
is_receipt(const struct evidence *r)
{
	return r->body.len > 0 && r->body.data[0] == '{';
}

static int
check_one(struct db *db, const struct evidence *r, const struct own_keys *own,
    struct err *e)
{
	int good;

	if (!is_receipt(r))
		return checkpoint_check(db, own, r->body.data, r->body.len, e);
	good = signature_good(r, own, e);
	if (good == 1)
		good = receipt_check(db, r->body.data, r->body.len, e);
	return good == 1 ? proof_good(r, own, e) : good;
}

static int
check_files(struct evidence *r, int n)
{
	struct db *db = NULL;
	struct own_keys own = { NULL, 0 };
	struct err e;
	int status = COMMAND_DONE;

	if (db_open_read(HOME_BASE, &db, &e) == -1 ||
	    own_keys_read(db, &own, &e) == -1)
		status = command_fail(&e);
	for (int i = 0; i < n && status != COMMAND_USAGE; i++) {
		if (check_one(db, &r[i], &own, &e) == 1) {
			printf("ok  %s%s\n", r[i].path,
			    r[i].proof.len > 0 ? " (proved)" : "");
		} else {
			printf("BAD %s: %s\n", r[i].path, e.en);
			status = COMMAND_FAULTS;
		}
	}
	db_close(db);
	own_keys_done(&own);
	return status;
}

/* The checkpoints that were signed, once the chain holds. */
static int
check_checkpoints(struct db *db)
{
	struct own_keys own;
	struct err e;
	int64_t n = 0;
	int good = own_keys_read(db, &own, &e);

	if (good == 0)
		good = checkpoints_verify(db, &own, &n, &e);
	own_keys_done(&own);
	if (good == -1)
		return command_fail(&e);
	if (good)
		printf("检查点全部相符 / the checkpoints hold: %" PRId64 "\n",
		    n);
	else
		printf("检查点不符 / a checkpoint does not hold: %s\n", e.en);
	return good ? COMMAND_DONE : COMMAND_FAULTS;
}

/* Who looked at whom, against the lines that seal it. */
static int
check_access(struct db *db)
{
	char query[64] = "";
	struct err e;
	int good = access_verify(db, query, &e);

	if (good == -1)
		return command_fail(&e);
	if (!good)
		printf("查询记录与台账不符 / the record of a query is not that "
		       "of the ledger: %s\n",
		    query);
	return good ? COMMAND_DONE : COMMAND_FAULTS;
}

/* What administrators signed, against what happened. */
static int
check_acts(struct db *db)
{
	struct err e;
	int64_t n = 0;
	int good = acts_verify(db, &n, &e);

	if (good == -1)
		return command_fail(&e);
	if (!good)
		printf("管理操作不符 / an act does not hold: %s\n", e.en);
	else if (n > 0)
		printf("管理操作全部相符 / the acts of administrators hold: "
		       "%" PRId64 "\n",
		    n);
	return good ? COMMAND_DONE : COMMAND_FAULTS;
}

static int
check_chain(void)
{
	struct db *db = NULL;
	struct err e;
	int64_t lines = 0;
	int status;
	int good;

	if (db_open_read(HOME_BASE, &db, &e) == -1)
		return command_fail(&e);
	good = ledger_verify(db, &lines, &e);
	if (good == -1) {
		db_close(db);
		return command_fail(&e);
	}
	if (good)
		printf("台账完整 / the ledger holds: %" PRId64 " lines\n",
		    lines);
	else
		printf("台账在第 %" PRId64
		       " 行断裂 / the ledger breaks at line "
		       "%" PRId64 "\n",
		    lines, lines);
	status = !good        ? COMMAND_FAULTS
		 : lines == 0 ? COMMAND_DONE
			      : check_checkpoints(db);
	if (status == COMMAND_DONE)
		status = check_access(db);
	if (status == COMMAND_DONE)
		status = check_acts(db);
	db_close(db);
	return status;
}

/* What stands beside a receipt; a proof comes a moment later than that. */
static int
read_beside(struct evidence *r, const char *suffix, struct buf *b,
    struct err *e)
{
	char *path = xasprintf("%s%s", r->path, suffix);
	int rc = file_read(AT_FDCWD, path, b, e);

	free(path);
	return rc;
}

static int
read_evidence(struct evidence *r, const char *path, struct err *e)
{
	struct err none;

	r->path = path;
	buf_init(&r->body, RECEIPT_MAX);
	buf_init(&r->sig, RECEIPT_MAX);
	buf_init(&r->proof, RECEIPT_MAX);
	if (file_read(AT_FDCWD, path, &r->body, e) == -1)
		return -1;
	if (!is_receipt(r))
		return 0;
	(void)read_beside(r, ".tlog-proof", &r->proof, &none);
	return read_beside(r, ".sig", &r->sig, e);
}

int
verify_command(int argc, char **argv)
{
	struct evidence *r = xcalloc((size_t)argc, sizeof(*r));
	struct conf c;
	struct err e;
	int status = -1;

	if (command_unknown(argc, argv))
		status = command_usage();
	/* Paths are relative to where the command was called: read first. */
	for (int i = 1; i < argc && status == -1; i++)
		if (read_evidence(&r[i - 1], argv[i], &e) == -1)
			status = command_fail(&e);
	if (status == -1 && command_home(&c, &e) == -1)
		status = command_fail(&e);
	if (status == -1)
		status = argc == 1 ? check_chain() : check_files(r, argc - 1);
	for (int i = 0; i < argc; i++) {
		buf_done(&r[i].body);
		buf_done(&r[i].sig);
		buf_done(&r[i].proof);
	}
	free(r);
	return status;
}
