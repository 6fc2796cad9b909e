#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "extract/query.h"
#include "extract/subscription.h"
#include "form/query.h"
#include "keeper/jobs_part.h"
#include "keeper/standing.h"
#include "rule/pack.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * A query's way: read by a worker like any bundle, decided here, written by
 * the extract role, and seen when its looks are committed.
 */

int
jobs_is_query(const struct job *job)
{
	return job->bundle.name.kind == 'q' || job->bundle.name.kind == 'x';
}

/* The end, however it came: why says what is wrong with it, code "" nothing. */
static int
finish(struct keeper *k, struct job *job, const char *outcome,
    const struct err *why, const char *now, struct err *e)
{
	struct bundle *b = &job->bundle;
	struct receipt_versions versions;

	jobs_versions(k, job->standing, &versions);
	if (bundle_finish(k->db, b, outcome, why, now, e) == -1 ||
	    receipt_result(k->db, b, &versions, now, e) == -1 ||
	    subscription_done(k, b, e) == -1)
		return -1;
	log_info("%s %s account=%s outcome=%s", b->name.id, b->state,
	    b->name.account, outcome);
	jobs_move_later(k, b, SPOOL_CLAIMED,
	    strcmp(b->state, "applied") == 0 ? SPOOL_APPLIED : SPOOL_REJECTED);
	return jobs_leave(k, job, e);
}

/* A query that cannot be answered has its receipt like any bundle. */
static int
refuse(struct keeper *k, struct job *job, const char *now, struct err *e)
{
	struct err why = *e;

	if (why.kind != ERR_SENDER || db_broken(k->db))
		return -1;
	if (query_drop(k->db, job->bundle.no, e) == -1)
		return -1;
	return finish(k, job, "rejected", &why, now, e);
}

/* A number that is sent again, or a standing extract that ends. */
static int
without_data(struct keeper *k, struct job *job, const struct query *q,
    const char *now, struct err *e)
{
	struct err none = { .kind = ERR_NONE };

	if (q->end ? subscription_end(k->db, &job->bundle, q, e) == -1
		   : subscription_again(k, &job->bundle, q, now, e) == -1)
		return -1;
	return finish(k, job, "accepted", &none, now, e);
}

int
jobs_query_read(struct keeper *k, struct job *job, struct err *e)
{
	struct query q = { .purpose = NULL };
	char now[40];
	int rc;

	clock_now(now, sizeof(now));
	rc = rowfile_open(job->rows, &job->reader, e);
	if (rc == 0)
		rc = query_take(k->db, &job->bundle, job->reader, &q, e);
	rowfile_close(job->reader);
	job->reader = NULL;
	(void)close(job->rows);
	job->rows = -1;
	if (rc == 0 && (q.again != NULL || q.end))
		rc = without_data(k, job, &q, now, e);
	else if (rc == 0 &&
		 (q.subscribe == NULL ||
		     subscription_begin(k->db, &job->bundle, &q, e) == 0))
		rc = query_decide_open(k, job->standing, &job->bundle, &q,
		    &job->decision, e);
	else
		rc = -1;
	query_done(&q);
	return rc == 0 ? 0 : refuse(k, job, now, e);
}

int
jobs_query_due(struct keeper *k, struct job *job, struct err *e)
{
	struct query q = { .purpose = NULL };
	char *body = NULL;
	char now[40];
	int rc = subscription_next(k->db, &job->bundle, &body, e);

	clock_now(now, sizeof(now));
	if (rc == 0)
		rc = err_say(e, ERR_SENDER, "query_standing",
		    job->bundle.name.name, NULL);
	else if (rc == 1)
		rc = query_parse(body, strlen(body), &q, e);
	free(body);
	if (rc == 0 && query_continue(k->db, &job->bundle, &q, e) == -1)
		rc = -1;
	if (rc == 0)
		rc = query_decide_open(k, job->standing, &job->bundle, &q,
		    &job->decision, e);
	query_done(&q);
	return rc == 0 ? 0 : refuse(k, job, now, e);
}

/* A number that was none leaves no receipt: its receiver never hears of it. */
static int
leave_idle(struct keeper *k, struct job *job, const char *now, struct err *e)
{
	struct err none = { .kind = ERR_NONE };
	struct bundle *b = &job->bundle;

	if (bundle_finish(k->db, b, "accepted", &none, now, e) == -1 ||
	    subscription_done(k, b, e) == -1)
		return -1;
	log_info("%s has nothing new account=%s", b->name.id, b->name.account);
	return jobs_leave(k, job, e);
}

/* Nothing of it is given: the looks are on record all the same. */
static int
note_refused(struct keeper *k, struct job *job, struct err *e)
{
	return query_looks_open(k, job->standing, &job->bundle, -1, &job->looks,
		   e) == -1
		   ? -1
		   : 1;
}

static int
decide_slice(struct keeper *k, struct job *job, int milliseconds, struct err *e)
{
	int rc = query_decide_slice(job->decision, milliseconds, e);

	if (rc != 0)
		return rc;
	rc = query_decide_given(job->decision);
	query_decide_close(job->decision);
	job->decision = NULL;
	/* What its receiver holds is withdrawn, if there is nothing else. */
	if (rc == 0)
		rc = query_withdraws(k->db, job->bundle.no, e);
	if (rc == 0)
		return note_refused(k, job, e);
	job->decided = rc == 1;
	return rc == 1 ? 0 : -1;
}

/* The first reason there is stands for all. */
static int
looks_slice(struct keeper *k, struct job *job, int milliseconds, struct err *e)
{
	int rc = query_looks_slice(job->looks, milliseconds, e);
	struct err why = { .kind = ERR_NONE };
	const char *outcome = "rejected";
	char now[CLOCK_TEXT];

	if (rc != 0)
		return rc;
	if (query_looks_given(job->looks)) {
		jobs_extracts_wait(k);
		outcome = query_outcome(k->db, job->bundle.no);
	} else {
		query_refusal(k->db, job->bundle.no, &why);
	}
	query_looks_close(job->looks);
	job->looks = NULL;
	clock_now(now, sizeof(now));
	return finish(k, job, outcome, &why, now, e);
}

int
jobs_query_slice(struct keeper *k, struct job *job, int milliseconds,
    struct err *e)
{
	return job->looks != NULL ? looks_slice(k, job, milliseconds, e)
				  : decide_slice(k, job, milliseconds, e);
}

int
jobs_query_extract(struct keeper *k, struct job *job, struct err *e)
{
	struct frame *f = &k->out;
	struct query_row q;
	int pack = -1;
	int rc;

	if (query_get(k->db, job->bundle.no, &q, e) != 1 ||
	    jobs_open_rows(job, e) == -1 ||
	    pack_memfd(job->standing->pack, &pack, e) == -1)
		return -1;
	frame_start(f, MESSAGE_EXTRACT);
	frame_put_str(f, q.id);
	frame_put_u64(f, (uint64_t)q.no);
	frame_put_str(f, q.account);
	frame_put_str(f, q.day);
	frame_put_fd(f, pack);
	frame_put_fd(f, job->rows);
	rc = frame_send(k->watch, f, e);
	(void)close(pack);
	if (rc == -1)
		return -1;
	job->decided = 0;
	job->extracting = 1;
	k->jobs->room--;
	return 0;
}

int
jobs_query_extracted(struct keeper *k, struct job *job, struct err *e)
{
	char now[CLOCK_TEXT];
	int rc = query_looks_open(k, job->standing, &job->bundle, job->rows,
	    &job->looks, e);

	clock_now(now, sizeof(now));
	if (rc == 0)
		return leave_idle(k, job, now, e);
	return rc == -1 ? -1 : 0;
}
