#include <signal.h>
#include <string.h>
#include <unistd.h>

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

enum { SIGNATURE_MAX = 4096, KEY_FILE_MAX = 16384 };

/* The key that signs, and the one that will; NULL: none is made. */
struct keys {
	struct sign_key *key;
	struct sign_key *next;
};

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
sign_digest(int keeper, const struct keys *keys, struct frame *f, struct err *e)
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
	sign_sshsig(keys->key, name_space, sha512, &b);
	rc = reply(keeper, f, tag, &b, e);
	buf_done(&b);
	return rc;
}

/*
 * A head of the ledger. Never one of fewer lines than the last: who asks for
 * that has lost some.
 */
static int
sign_checkpoint(int keeper, const struct keys *keys, struct frame *f,
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
	note_sign(keys->key, c.origin, text, strlen(text), &b);
	if (keys->next != NULL)
		note_sign(keys->next, c.origin, text, strlen(text), &b);
	rc = reply(keeper, f, tag, &b, e);
	buf_done(&b);
	return rc;
}

/* A public key as a line, or nothing. */
static int
reply_key(int keeper, const struct sign_key *key, struct frame *f, uint32_t tag,
    struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, SIGNATURE_MAX);
	buf_addstr(&b, "");
	if (key != NULL)
		sign_key_line(key, &b);
	rc = reply(keeper, f, tag, &b, e);
	buf_done(&b);
	return rc;
}

/* The keeper makes the file, sees to its name, and to its being on disk. */
static int
make_next(int keeper, struct keys *keys, struct frame *f, struct err *e)
{
	uint32_t tag = frame_get_u32(f);
	int fd = frame_get_fd(f);
	struct buf file;
	int rc = -1;

	sign_key_free(keys->next);
	keys->next = NULL;
	buf_init_secret(&file, KEY_FILE_MAX);
	if (frame_end(f, e) == 0 &&
	    sign_key_make("zayton receipts", &keys->next, &file, e) == 0)
		rc = write(fd, file.data, file.len) == (ssize_t)file.len
			 ? reply_key(keeper, keys->next, f, tag, e)
			 : err_errno(e, ERR_RETRY, "cannot write the next key");
	buf_done(&file);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

static int
use_next(int keeper, struct keys *keys, struct frame *f, struct err *e)
{
	uint32_t tag = frame_get_u32(f);

	if (frame_end(f, e) == -1)
		return -1;
	if (keys->next == NULL)
		return err_set(e, ERR_HOLD, "there is no next key");
	sign_key_free(keys->key);
	keys->key = keys->next;
	keys->next = NULL;
	return reply_key(keeper, NULL, f, tag, e);
}

static int
tell_key(int keeper, const struct keys *keys, struct frame *f, struct err *e)
{
	uint32_t tag = frame_get_u32(f);

	return frame_end(f, e) == -1 ? -1
				     : reply_key(keeper, keys->key, f, tag, e);
}

static int
answer(int keeper, struct keys *keys, struct frame *f, struct err *e)
{
	if (f->type == MESSAGE_SIGN)
		return sign_digest(keeper, keys, f, e);
	if (f->type == MESSAGE_SIGN_NOTE)
		return sign_checkpoint(keeper, keys, f, e);
	if (f->type == MESSAGE_SIGNER_KEY)
		return tell_key(keeper, keys, f, e);
	if (f->type == MESSAGE_NEXT_KEY)
		return make_next(keeper, keys, f, e);
	if (f->type == MESSAGE_USE_NEXT)
		return use_next(keeper, keys, f, e);
	return err_set(e, ERR_HOLD, "frame %u", f->type);
}

int
signer_role(int argc, char **argv)
{
	static struct frame f;
	struct keys keys = { NULL, NULL };
	int keeper = proc_fd("keeper");
	struct err e;
	int rc;

	(void)argc;
	(void)argv;
	secret_process();
	sign_secure();
	if (sign_key_read(HOME_RECEIPT_KEY, &keys.key, &e) == -1 ||
	    jail_enter(JAIL_SIGNER, NULL, &e) == -1)
		log_fatal("- signer cannot start: %s", e.en);
	while ((rc = frame_recv(keeper, &f, &e)) == 1)
		if (answer(keeper, &keys, &f, &e) == -1)
			log_fatal("- signer ends: %s", e.en);
	sign_key_free(keys.key);
	sign_key_free(keys.next);
	return rc == 0 ? 0 : 75;
}
