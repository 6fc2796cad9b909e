#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/account.h"
#include "form/rowfile.h"
#include "keeper/countersign.h"
#include "keeper/jobs_part.h"
#include "keeper/standing.h"
#include "quality/dispute.h"
#include "sys/clock.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

/* Claims bundles and hands them to workers, as long as there is room. */

enum { JOBS_MAX = 256 };

int
jobs_open_rows(struct job *job, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s.rows", HOME_RUN,
	    job->bundle.name.id);
	job->rows = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (job->rows == -1)
		return err_errno(e, ERR_RETRY, "cannot make '%s'", path);
	/* Ours alone from here on: a crash leaves nothing to tidy up. */
	(void)unlink(path);
	return 0;
}

static int
open_rejected(struct job *job, struct err *e)
{
	int fd;

	snprintf(job->rejected, sizeof(job->rejected), "%s/%s/reports/.%s",
	    HOME_ACCOUNTS, job->bundle.name.account, job->bundle.name.id);
	fd = open(job->rejected, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot make '%s'",
		    job->rejected);
	return fd;
}

/* The bundle's file, moved to claimed/ now that its row says so. */
static int
open_bundle(struct keeper *k, struct job *job, struct err *e)
{
	char file[SPOOL_TEXT];
	char path[SPOOL_TEXT + 16];
	int fd;

	if (spool_name_format(&job->bundle.name, file) == -1)
		return err_set(e, ERR_HOLD, "it has no file name");
	if (spool_move(k->spool, file, SPOOL_RECEIVED, SPOOL_CLAIMED, e) == -1)
		return -1;
	snprintf(path, sizeof(path), "claimed/%s", file);
	fd = openat(k->spool, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd == -1 ? err_errno(e, ERR_HOLD, "cannot open its file") : fd;
}

/* The bundle that a signature is for; -1 and no error where there is none. */
static int
open_signed(struct keeper *k, const struct job *job, int *ret_fd, struct err *e)
{
	char file[SPOOL_TEXT];
	char path[SPOOL_TEXT + 16];
	struct bundle b;
	int rc;

	*ret_fd = -1;
	if (job->bundle.name.kind != 's')
		return 0;
	if (countersign_is(&job->bundle)) {
		*ret_fd = countersign_open(&job->bundle);
		return 0;
	}
	rc = bundle_signed(k->db, &job->bundle, &b, e);
	if (rc != 1 || spool_name_format(&b.name, file) == -1)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", b.state, file);
	*ret_fd = openat(k->spool, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return 0;
}

int
jobs_send_work(struct keeper *k, struct job *job, struct err *e)
{
	struct frame *f = &k->out;
	char keys[2048] = "";
	char exceptions[4096] = "";
	int bundle = -1;
	int signed_bundle = -1;
	int pack = -1;
	int rejected = -1;
	int rc = -1;

	bundle = open_bundle(k, job, e);
	if (bundle == -1 || jobs_open_rows(job, e) == -1 ||
	    pack_memfd(job->standing->pack, &pack, e) == -1)
		goto out;
	rejected = open_rejected(job, e);
	if (rejected == -1 || open_signed(k, job, &signed_bundle, e) == -1)
		goto out;
	if (job->bundle.name.kind == 's' &&
	    account_keys(k->db, job->bundle.name.account, keys, sizeof(keys),
		e) == -1)
		goto out;
	if (dispute_exceptions(k->db, job->provider, job->bundle.received_at,
		exceptions, sizeof(exceptions), e) == -1)
		goto out;
	frame_start(f, MESSAGE_WORK);
	frame_put_str(f, job->bundle.name.id);
	frame_put_str(f, job->bundle.name.name);
	frame_put_u8(f, (uint8_t)job->bundle.name.kind);
	frame_put_str(f, job->provider);
	frame_put_u64(f, (uint64_t)job->bundle.bytes);
	frame_put_str(f, job->bundle.received_at);
	frame_put_str(f, keys);
	frame_put_str(f, exceptions);
	frame_put_str(f, pack_sha256(job->standing->pack));
	frame_put_u8(f, signed_bundle != -1    ? WORK_SIGNED
			: job->corrected != -1 ? WORK_CORRECTED
					       : WORK_NOTHING);
	frame_put_fd(f, bundle);
	frame_put_fd(f, pack);
	frame_put_fd(f, job->rows);
	frame_put_fd(f, rejected);
	if (signed_bundle != -1)
		frame_put_fd(f, signed_bundle);
	else if (job->corrected != -1)
		frame_put_fd(f, job->corrected);
	rc = frame_send(k->watch, f, e);
	k->jobs->room -= rc == 0;
out:
	if (bundle != -1)
		(void)close(bundle);
	if (pack != -1)
		(void)close(pack);
	if (rejected != -1)
		(void)close(rejected);
	if (signed_bundle != -1)
		(void)close(signed_bundle);
	return rc;
}

int
jobs_set_aside(struct keeper *k, struct job *job, const char *reason,
    struct err *e)
{
	char now[40];

	clock_now(now, sizeof(now));
	log_error("%s quarantined reason=%s", job->bundle.name.id,
	    log_quote(reason));
	jobs_move_later(k, &job->bundle, SPOOL_CLAIMED, SPOOL_QUARANTINED);
	if (bundle_quarantine(k->db, &job->bundle, reason, now, e) == -1)
		return -1;
	return jobs_leave(k, job, e);
}

/*
 * For lack of space or because the watch has just died: nothing is wrong with
 * the bundle, which stays claimed and is the next to be handed out.
 */
static int
put_back(struct keeper *k, struct job *job, const char *reason, struct err *e)
{
	log_warn("%s waits reason=%s", job->bundle.name.id, log_quote(reason));
	k->jobs->pause = clock_milliseconds() + 1000;
	return jobs_leave(k, job, e);
}

/* Claims the next bundle: 1 it is a job now, 0 there is none, -1. */
static int
claim_next(struct keeper *k, struct job **ret_job, struct err *e)
{
	struct job *job = xcalloc(1, sizeof(*job));
	struct account a = { .provider = "" };
	char now[40];
	char day[16];
	int rc;

	clock_now(now, sizeof(now));
	job->rows = job->corrected = -1;
	rc = bundle_claim(k->db, pack_sha256(k->standing->pack), now,
	    &job->bundle, e);
	if (rc == 1)
		work_day(job->bundle.received_at, day);
	if (rc == 1 &&
	    (account_find(k->db, job->bundle.name.account, &a, e) == -1 ||
		standing_get(k, job->bundle.pack, day, &job->standing, e) ==
		    -1 ||
		db_run(k->db, e, "INSERT INTO temp.at_work VALUES (?,?)", "it",
		    job->bundle.no, job->bundle.name.account) == -1))
		rc = -1;
	if (rc != 1) {
		jobs_drop(job);
		return rc;
	}
	snprintf(job->provider, sizeof(job->provider), "%s", a.provider);
	job->next = k->jobs->first;
	k->jobs->first = job;
	k->jobs->njobs++;
	*ret_job = job;
	return 1;
}

/* A query that is decided, else the next bundle: 1 it, 0 there is none, -1. */
static int
next_to_go(struct keeper *k, struct job **ret_job, struct err *e)
{
	int rc;

	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (job->decided) {
			*ret_job = job;
			return 1;
		}
	rc = k->jobs->njobs < JOBS_MAX ? claim_next(k, ret_job, e) : 0;
	if (rc == 1)
		log_info("%s claimed account=%s pack=%.12s",
		    (*ret_job)->bundle.name.id, (*ret_job)->bundle.name.account,
		    (*ret_job)->bundle.pack);
	return rc;
}

static int
send(struct keeper *k, struct job *job, struct err *e)
{
	if (job->decided)
		return jobs_query_extract(k, job, e);
	return job->bundle.name.kind == 'x' ? jobs_query_due(k, job, e)
					    : jobs_send_work(k, job, e);
}

int
jobs_hand_out(struct keeper *k, struct err *e)
{
	struct job *job;
	struct err why;
	int rc;

	if (clock_milliseconds() < k->jobs->pause)
		return 0;
	while (k->jobs->room > 0) {
		rc = next_to_go(k, &job, e);
		if (rc != 1)
			return rc;
		/* Who gets it reads what is committed. */
		if (db_commit(k->db, e) == -1)
			return -1;
		rc = send(k, job, &why);
		if (rc == -1 && why.kind == ERR_RETRY)
			return put_back(k, job, why.en, e);
		if (rc == -1) {
			if (jobs_set_aside(k, job, why.en, e) == -1 ||
			    db_commit(k->db, e) == -1 || jobs_after(k, e) == -1)
				return -1;
			continue;
		}
	}
	return 0;
}

int
jobs_room(struct keeper *k, struct err *e)
{
	k->jobs->room += frame_get_u32(&k->in);
	return frame_end(&k->in, e);
}
