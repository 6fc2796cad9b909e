#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bundle.h"
#include "base/ledger.h"
#include "keeper/intake.h"
#include "keeper/jobs.h"
#include "keeper/notice.h"
#include "sys/clock.h"
#include "sys/hash.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/receipt.h"

/* One who waits for MESSAGE_TAKEN until the commit. */
struct waiting {
	int fd; /* -1: gone */
	uint32_t tag;
};

static struct waiting *waiting;
static size_t nwaiting;
static size_t waiting_room;

static void
wait_for_commit(int fd, uint32_t tag)
{
	if (nwaiting == waiting_room) {
		waiting_room = waiting_room > 0 ? 2 * waiting_room : 64;
		waiting =
		    xreallocarray(waiting, waiting_room, sizeof(*waiting));
	}
	waiting[nwaiting++] = (struct waiting){ fd, tag };
}

void
intake_forget(struct keeper *k, int fd)
{
	(void)k;
	for (size_t i = 0; i < nwaiting; i++)
		if (waiting[i].fd == fd)
			waiting[i].fd = -1;
}

int
intake_waits(void)
{
	return nwaiting > 0;
}

/* A refused container: its whole life in one round. */
static int
refuse(struct keeper *k, struct bundle *b, const struct receipt_versions *v,
    const char *now, struct err *e)
{
	struct err why = b->refusal;

	if (bundle_finish(k->db, b, "rejected", &why, now, e) == -1)
		return -1;
	notice_bundle(k, b);
	return receipt_result(k->db, b, v, now, e);
}

static int
settle(struct keeper *k, enum delivery d, struct bundle *b, const char *now,
    struct err *e)
{
	struct receipt_versions v;

	jobs_versions(k, NULL, &v);
	switch (d) {
	case DELIVERY_KNOWN:
		return 0;
	case DELIVERY_AGAIN:
		jobs_move_later(k, b, SPOOL_RECEIVED, SPOOL_APPLIED);
		return receipt_also_for(k->db, b->original, b, e);
	case DELIVERY_REFUSED:
		jobs_move_later(k, b, SPOOL_RECEIVED, SPOOL_REJECTED);
		if (receipt_received(k->db, b, &v, now, e) == -1)
			return -1;
		return refuse(k, b, &v, now, e);
	case DELIVERY_NEW:
		break;
	}
	return receipt_received(k->db, b, &v, now, e);
}

struct upload {
	uint32_t tag;
	struct spool_name name;
	uint64_t bytes;
	char sha256[DIGEST_TEXT];
	struct err why;
};

static int
upload_get(struct keeper *k, struct peer *p, struct upload *u, struct err *e)
{
	unsigned char digest[DIGEST_BYTES];
	char file[SPOOL_TEXT];
	struct frame *f = &k->in;

	memset(u, 0, sizeof(*u));
	u->tag = frame_get_u32(f);
	frame_get_str(f, file, sizeof(file));
	u->bytes = frame_get_u64(f);
	frame_get_exact(f, digest, sizeof(digest));
	frame_get_str(f, u->why.code, sizeof(u->why.code));
	frame_get_str(f, u->why.zh, sizeof(u->why.zh));
	frame_get_str(f, u->why.en, sizeof(u->why.en));
	if (frame_end(f, e) == -1)
		return -1;
	hash_hex(digest, sizeof(digest), u->sha256);
	if (spool_name_parse(file, &u->name) == -1)
		return err_set(e, ERR_HOLD, "%s is no bundle's name",
		    log_quote(file));
	/* A filer speaks for its own account only. */
	if (p->kind == PEER_FILER && strcmp(p->account, u->name.account) != 0)
		return err_set(e, ERR_HOLD, "a bundle of another account");
	return 0;
}

int
intake_uploaded(struct keeper *k, struct peer *p, struct err *e)
{
	enum delivery d;
	struct upload u;
	struct bundle b;
	char now[40];

	if (upload_get(k, p, &u, e) == -1)
		return -1;
	clock_now(now, sizeof(now));
	if (bundle_take(k->db, &u.name, (int64_t)u.bytes, u.sha256, &u.why, now,
		&d, &b, e) == -1 ||
	    settle(k, d, &b, now, e) == -1)
		return -1;
	log_info("%s received account=%s name=%s bytes=%" PRIu64
		 " sha256=%s%s%s",
	    u.name.id, u.name.account, log_quote(u.name.name), u.bytes,
	    u.sha256, d == DELIVERY_AGAIN ? " again" : "",
	    d == DELIVERY_REFUSED ? " refused" : "");
	wait_for_commit(p->fd, u.tag);
	return 0;
}

int
intake_access(struct keeper *k, struct peer *p, struct err *e)
{
	char operation[32];
	char name[512];
	char sha256[DIGEST_TEXT];
	char outcome[64];
	char now[40];
	uint64_t bytes;

	frame_get_str(&k->in, operation, sizeof(operation));
	frame_get_str(&k->in, name, sizeof(name));
	bytes = frame_get_u64(&k->in);
	frame_get_str(&k->in, sha256, sizeof(sha256));
	frame_get_str(&k->in, outcome, sizeof(outcome));
	if (frame_end(&k->in, e) == -1)
		return -1;
	clock_now(now, sizeof(now));
	return db_run(k->db, e,
	    "INSERT INTO access_log (at, account, address, operation, name,"
	    " bytes, sha256, outcome) VALUES (?,?,?,?,?,?,?,?)",
	    "tttttitt", now, p->account, p->address, operation, name,
	    (int64_t)bytes, sha256, outcome);
}

int
intake_seen(struct keeper *k, struct peer *p, struct err *e)
{
	char file[SPOOL_TEXT];
	struct spool_name n;
	struct bundle b;
	int rc;

	frame_get_str(&k->in, file, sizeof(file));
	if (frame_end(&k->in, e) == -1)
		return -1;
	if (spool_name_parse(file, &n) == -1)
		return 0;
	rc = bundle_find(k->db, n.id, &b, e);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	frame_start(&k->out, MESSAGE_UNKNOWN);
	frame_put_str(&k->out, file);
	return frame_send(p->fd, &k->out, e);
}

int
intake_answer(struct keeper *k, struct err *e)
{
	for (size_t i = 0; i < nwaiting; i++) {
		if (waiting[i].fd == -1)
			continue;
		frame_start(&k->out, MESSAGE_TAKEN);
		frame_put_u32(&k->out, waiting[i].tag);
		/* Who is gone does not hear it; the bundle stands anyway. */
		if (frame_send(waiting[i].fd, &k->out, e) == -1)
			log_debug("- nobody heard: %s", e->en);
	}
	nwaiting = 0;
	return 0;
}
