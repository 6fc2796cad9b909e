#include <signal.h>
#include <string.h>

#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "sys/sign.h"
#include "sys/signer.h"

/* What it signs at all: nothing else can be had from it. */
static int
may_sign(const char *name_space)
{
	return strcmp(name_space, "zayton-receipt") == 0;
}

static int
answer(int keeper, const struct sign_key *key, struct frame *f, struct err *e)
{
	enum { SIGNATURE_MAX = 4096 };
	unsigned char sha512[HASH_SHA512_BYTES];
	char name_space[64];
	uint32_t tag;
	struct buf b;
	int rc;

	if (f->type != MESSAGE_SIGN)
		return err_set(e, ERR_HOLD, "frame %u", f->type);
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
	frame_start(f, MESSAGE_SIGNED);
	frame_put_u32(f, tag);
	frame_put_str(f, b.data);
	rc = frame_send(keeper, f, e);
	buf_done(&b);
	return rc;
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
	if (sign_key_read(HOME_RECEIPT_KEY, &key, &e) == -1 ||
	    jail_enter(JAIL_SIGNER, NULL, &e) == -1)
		log_fatal("- signer cannot start: %s", e.en);
	while ((rc = frame_recv(keeper, &f, &e)) == 1)
		if (answer(keeper, key, &f, &e) == -1)
			log_fatal("- signer ends: %s", e.en);
	sign_key_free(key);
	return rc == 0 ? 0 : 75;
}
