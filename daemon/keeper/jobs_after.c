#include <stdlib.h>

#include "base/outbox.h"
#include "extract/query.h"
#include "extract/recall.h"
#include "keeper/jobs_part.h"
#include "keeper/notice.h"
#include "sys/hash.h"
#include "sys/log.h"
#include "sys/mem.h"

/* What the commit promised: moves, letters, extracts, receipts. */

enum { RECEIPTS_PER_ROUND = 16 };

char *
jobs_sign(struct keeper *k, const char *name_space, const unsigned char *sha512,
    struct err *e)
{
	enum { SIGNATURE_MAX = 4096 };
	struct frame *f = &k->out;
	char *sig = xmalloc(SIGNATURE_MAX);
	uint32_t tag = ++k->jobs->sign_tag;

	frame_start(f, MESSAGE_SIGN);
	frame_put_u32(f, tag);
	frame_put_str(f, name_space);
	for (int i = 0; i < HASH_SHA512_BYTES; i++)
		frame_put_u8(f, sha512[i]);
	if (frame_send(k->signer, f, e) == 0 &&
	    frame_recv(k->signer, f, e) == 1 && f->type == MESSAGE_SIGNED &&
	    frame_get_u32(f) == tag) {
		frame_get_str(f, sig, SIGNATURE_MAX);
		if (frame_end(f, e) == 0)
			return sig;
	}
	free(sig);
	(void)err_set(e, ERR_RETRY, "the signer does not answer");
	return NULL;
}

static char *
sign_receipt(void *arg, const unsigned char *sha512, struct err *e)
{
	return jobs_sign(arg, "zayton-receipt", sha512, e);
}

int
jobs_letters(struct keeper *k, int most, struct err *e)
{
	int rc = !db_writing(k->db);

	if (rc && k->notices != NULL)
		notice_send(k);
	for (int i = 0; i < most && rc == 1; i++)
		rc = outbox_place_next(k->db, sign_receipt, k, e);
	return rc == -1 ? -1 : 0;
}

void
jobs_extracts_wait(struct keeper *k)
{
	k->jobs->extracts_wait = 1;
}

/* What was promised by the commit: extracts, and notices of corrections. */
static int
show_extracts(struct keeper *k, struct err *e)
{
	int rc = k->jobs->extracts_wait;

	while (rc == 1)
		rc = query_place(k->db, e);
	if (rc == 0 && k->jobs->extracts_wait)
		do
			rc = recall_place(k, e);
		while (rc == 1);
	k->jobs->extracts_wait = 0;
	return rc;
}

int
jobs_after(struct keeper *k, struct err *e)
{
	struct jobs *j = k->jobs;
	struct err why;
	int rc = 1;

	for (size_t i = 0; i < j->nmoves; i++)
		if (spool_move(k->spool, j->move[i].file, j->move[i].from,
			j->move[i].to, &why) == -1)
			log_error("- %s", why.en);
	j->nmoves = 0;
	if (jobs_letters(k, RECEIPTS_PER_ROUND, e) == -1)
		return -1;
	if (show_extracts(k, e) == -1)
		return -1;
	if (!j->receipts_wait)
		return 0;
	for (int i = 0; i < RECEIPTS_PER_ROUND && rc == 1; i++)
		rc = receipt_place_next(k->db, sign_receipt, k, e);
	if (rc == 0)
		j->receipts_wait = 0;
	return rc == -1 ? -1 : 0;
}
