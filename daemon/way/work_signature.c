#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/tlog.h"
#include "sys/buf.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/sign.h"
#include "way/work_part.h"

enum { SIGNATURE_BYTES = 16384, PIECE = 1 << 20 };

static int
read_signature(const struct job *j, char *text, size_t *ret_len, struct err *e)
{
	ssize_t n = pread(j->said->bundle, text, SIGNATURE_BYTES, 0);

	if (n == -1)
		return err_errno(e, ERR_RETRY, "cannot read the signature");
	*ret_len = (size_t)n;
	return 0;
}

static int
digest(int fd, unsigned char *sha512, struct err *e)
{
	struct hash *h = hash_new(HASH_SHA512);
	char *piece = xmalloc(PIECE);
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, piece, PIECE, at)) > 0) {
		hash_add(h, piece, (size_t)n);
		at += n;
	}
	hash_end(h, sha512);
	hash_free(h);
	free(piece);
	return n == -1 ? err_errno(e, ERR_RETRY, "cannot read the bundle") : 0;
}

/* Fingerprints have one length: no one is part of another. */
static int
is_among(const char *keys, const char *fingerprint)
{
	return strstr(keys, fingerprint) != NULL;
}

int
work_signature(struct job *j, struct err *e)
{
	const struct work_job *said = j->said;
	unsigned char sha512[HASH_SHA512_BYTES];
	char name[NAME_TEXT];
	char fingerprint[64];
	char text[SIGNATURE_BYTES];
	char day[TLOG_DAY];
	int counter = tlog_countersigned_day(said->name, day);
	const char *name_space =
	    counter ? "zayton-checkpoint" : "zayton-bundle";
	struct buf key;
	size_t len = 0;
	int rc;

	snprintf(name, sizeof(name), "%.*s",
	    (int)(strlen(said->name) - strlen(".sig")), said->name);
	if (said->signed_bundle == -1)
		return err_say(e, ERR_SENDER,
		    counter ? "checkpoint_none" : "signature_alone", name,
		    NULL);
	if (read_signature(j, text, &len, e) == -1 ||
	    digest(said->signed_bundle, sha512, e) == -1)
		return -1;
	buf_init(&key, SIGNATURE_BYTES);
	rc = sign_sshsig_verify(text, len, name_space, sha512, &key, e);
	sign_fingerprint(key.data, key.len, fingerprint);
	/* The name of the key's type is the first text of its wire form. */
	if (rc == 0 &&
	    (key.len < 15 || memcmp(key.data + 4, "ssh-ed25519", 11) != 0))
		rc = -1;
	buf_done(&key);
	if (rc == -1)
		return err_say(e, ERR_SENDER, "signature_form", said->name,
		    name_space, NULL);
	if (!is_among(said->keys, fingerprint))
		return err_say(e, ERR_SENDER, "signature_key", fingerprint,
		    NULL);
	if (rc == 0)
		return err_say(e, ERR_SENDER, "signature_wrong", name, NULL);
	(void)rowfile_begin(j->rows, said->name);
	return work_find(j, e, "signature_good", name, fingerprint, NULL);
}
