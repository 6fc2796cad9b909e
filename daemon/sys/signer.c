#include <signal.h>
#include <string.h>

#include "form/tlog.h"
#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/message.h"
#include "sys/note.h"
#include "sys/proc.h"
#include "sys/secret.h"
#include "sys/sign.h"
#include "sys/signer.h"

enum { SIGNATURE_MAX = 4096 };

static int
reply(int keeper, struct frame *f, uint32_t tag, const struct buf *signature,
    struct err *e)
{
	frame_start(f, MESSAGE_SIGNED);
	frame_put_u32(f, tag);
	frame_put_str(f, signature->data);
	return frame_send(keeper, f, e);
}

/* What it signs at all: nothing else can be had from it. */
static int
may_sign(const char *name_space)
{
	return strcmp(name_space, "zayton-receipt") == 0 ||
	       strcmp(name_space, "zayton-report") == 0;
}

static int
sign_digest(int keeper, const struct sign_key *key, struct frame *f,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	char name_space[64];
	uint32_t tag;
	struct buf b;
	int rc;

	tag = frame_get_u32(f);
	frame_get_str(f, name_space, sizeof(name_space));
	frame_get_exact(f, sha512, sizeof(sha512));
	if (frame_end(f, e) == -1)
		return -1;
	if (!may_sign(name_space))
		return err_set(e, ERR_HOLD, "not for namespace '%s'",
		    name_space);
	buf_init(&b, SIGNATURE_MAX);
	sign_sshsig(key, name_space, sha512, &b);
	rc = reply(keeper, f, tag, &b, e);
	buf_done(&b);
	return rc;
}

/*
 * A head of the ledger. Never one of fewer lines than the last: who asks for
 * that has lost some.
 */
static int
sign_checkpoint(int keeper, const struct sign_key *key, struct frame *f,
    struct err *e)
{
	static uint64_t size;
	struct tlog_checkpoint c;
	char text[NOTE_MAX];
	uint32_t tag;
	struct buf b;
	int rc;

	tag = frame_get_u32(f);
	frame_get_str(f, text, sizeof(text));
	if (frame_end(f, e) == -1 ||
	    tlog_checkpoint_read(text, strlen(text), &c, e) == -1)
		return -1;
	if (c.size < size)
		return err_set(e, ERR_HOLD, "the ledger has become shorter");
	size = c.size;
	buf_init(&b, SIGNATURE_MAX);
	note_sign(key, c.origin, text, strlen(text), &b);
	rc = reply(keeper, f, tag, &b, e);
	buf_done(&b);
	return rc;
}

static int
answer(int keeper, const struct sign_key *key, struct frame *f, struct err *e)
{
	if (f->type == MESSAGE_SIGN)
		return sign_digest(keeper, key, f, e);
	if (f->type == MESSAGE_SIGN_NOTE)
		return sign_checkpoint(keeper, key, f, e);
	return err_set(e, ERR_HOLD, "frame %u", f->type);
}

int
signer_role(int argc, char **argv)
{
	static struct frame f;
	struct sign_key *key = NULL;
	int keeper = proc_fd("keeper");
	struct err e;
	int rc;

	(void)argc;
	(void)argv;
	secret_process();
	sign_secure();
	if (sign_key_read(HOME_RECEIPT_KEY, &key, &e) == -1 ||
	    jail_enter(JAIL_SIGNER, NULL, &e) == -1)
		log_fatal("- signer cannot start: %s", e.en);
	while ((rc = frame_recv(keeper, &f, &e)) == 1)
		if (answer(keeper, key, &f, &e) == -1)
			log_fatal("- signer ends: %s", e.en);
	sign_key_free(key);
	return rc == 0 ? 0 : 75;
}
