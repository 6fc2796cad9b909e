#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract/recall.h"
#include "extract/subscription.h"
#include "form/rowfile.h"
#include "golden/linking.h"
#include "golden/sendback.h"
#include "keeper/authority.h"
#include "keeper/countersign.h"
#include "keeper/jobs_part.h"
#include "keeper/notice.h"
#include "keeper/retention.h"
#include "keeper/schedule.h"
#include "keeper/standing.h"
#include "quality/correction.h"
#include "quality/dispute.h"
#include "quality/quality.h"
#include "quality/reports.h"
#include "quality/volume.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "way/merge.h"

/* Merging in slices, job by job in turn, up to the receipt of each. */

enum {
	SENT_AT_A_TIME = 2000, /* rows that go back in a slice */
	MEASURED_AT_A_TIME = 10000,
	SLICE_MS = 40, /* of merging before we look who waits */
	ROUND_MS = 400 /* of merging in a round where nobody does */
};

/* accepted, partial or rejected; the bundle's own refusal in ret_why. */
static const char *
outcome_of(const struct rowfile_summary *v, struct err *ret_why)
{
	uint64_t rows = 0, accepted = 0;
	int refused = 0;

	*ret_why = v->error;
	if (v->error.code[0] != '\0')
		return "rejected";
	for (size_t i = 0; i < v->nfiles; i++) {
		rows += v->file[i].rows;
		accepted += v->file[i].accepted;
		refused += v->file[i].error.code[0] != '\0';
	}
	if (accepted == rows && refused == 0)
		return "accepted";
	return accepted == 0 && !(v->nil && refused == 0) ? "rejected"
							  : "partial";
}

/* A dry run's counts stand in the receipt, its rows nowhere. */
static int
keep_dry_counts(struct keeper *k, struct job *job, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(job->reader);

	for (size_t i = 0; i < v->nfiles; i++) {
		const struct merge_counts *n = merge_counts(job->merge, i);

		if (merge_keep_counts(k->db, job->bundle.no, (int64_t)i, n,
			e) == -1)
			return -1;
	}
	return 0;
}

/*
 * The rejected rows become reports/<bundle>.<id>/rejected.csv. Made again by
 * nobody, so placed and durable before the commit: without one it is placed
 * once more.
 */
static int
place_rejected(struct job *job, const struct rowfile_summary *v, struct err *e)
{
	char above[128];
	char dir[SPOOL_TEXT + 160];
	char path[SPOOL_TEXT + 176];
	uint64_t rejected = 0;
	struct stat st;

	for (size_t i = 0; i < v->nfiles; i++)
		rejected += v->file[i].rejected;
	/* A file that was refused whole may have no bad row at all. */
	if (rejected == 0 || stat(job->rejected, &st) == -1 || st.st_size == 0)
		return 0;
	snprintf(above, sizeof(above), "%s/%s/reports", HOME_ACCOUNTS,
	    job->bundle.name.account);
	snprintf(dir, sizeof(dir), "%s/%s.%s", above, job->bundle.name.name,
	    job->bundle.name.id);
	snprintf(path, sizeof(path), "%s/rejected.csv", dir);
	if (file_mkdir(AT_FDCWD, dir, 0755, e) == -1)
		return -1;
	if (rename(job->rejected, path) == -1)
		return err_errno(e, ERR_RETRY, "cannot place '%s'", path);
	job->rejected[0] = '\0';
	file_sync(path);
	file_sync(dir);
	file_sync(above);
	return 0;
}

/* What is to be read of it, in the folder that its rejected rows stand in. */
static int
owe_report(struct keeper *k, const struct bundle *b, struct err *e)
{
	char folder[SPOOL_TEXT];

	if (b->name.kind == 's')
		return 0;
	snprintf(folder, sizeof(folder), "%s.%s", b->name.name, b->name.id);
	return reports_owe(k, REPORT_BUNDLE, b->name.id, b->name.account,
	    folder, e);
}

static int
send_conflicts(struct keeper *k, struct err *e)
{
	return notice_conflicts(k, e) == -1 ? -1 : sendback_conflicts(k->db, e);
}

static int
finish(struct keeper *k, struct job *job, struct err *e)
{
	const struct rowfile_summary *v = rowfile_verdict(job->reader);
	struct receipt_versions versions;
	struct bundle *b = &job->bundle;
	struct err why;
	const char *outcome = outcome_of(v, &why);
	char now[40];

	clock_now(now, sizeof(now));
	jobs_versions(k, job->standing, &versions);
	if ((b->name.kind == 'c' && keep_dry_counts(k, job, e) == -1) ||
	    volume_check(k->db, job->standing->schemas, job->standing->calendar,
		b->no, job->provider, e) == -1 ||
	    place_rejected(job, v, e) == -1 ||
	    (b->name.kind != 'c' && send_conflicts(k, e) == -1) ||
	    bundle_finish(k->db, b, outcome, &why, now, e) == -1 ||
	    (b->name.kind == 'u' && strcmp(b->state, "applied") == 0 &&
		(schedule_arrived(k, b->no, job->provider, now, e) == -1 ||
		    dispute_arrived(k, b, job->provider, now, e) == -1)) ||
	    (b->name.kind == 'u' &&
		authority_arrived(k, b->no, now, e) == -1) ||
	    (countersign_is(b) && strcmp(b->state, "applied") == 0 &&
		countersign_publish(k, b, e) == -1) ||
	    correction_close(k->db, b, now, e) == -1 ||
	    (b->name.kind == 'u' && subscription_touched(k, b, e) == -1) ||
	    receipt_result(k->db, b, &versions, now, e) == -1 ||
	    owe_report(k, b, e) == -1)
		return -1;
	k->jobs->extracts_wait = 1;
	log_info("%s %s account=%s outcome=%s", b->name.id, b->state,
	    b->name.account, outcome);
	notice_bundle(k, b);
	jobs_move_later(k, b, SPOOL_CLAIMED,
	    strcmp(b->state, "applied") == 0 ? SPOOL_APPLIED : SPOOL_REJECTED);
	return jobs_leave(k, job, e);
}

static int
has_slices(const struct job *job)
{
	return job->merge != NULL || job->decision != NULL ||
	       job->looks != NULL;
}

/* The job at work here whose turn it is: the list is turned after each slice. */
static struct job *
next_job(struct keeper *k)
{
	struct job **at = &k->jobs->first;
	struct job *job;

	while (*at != NULL && !has_slices(*at))
		at = &(*at)->next;
	job = *at;
	if (job == NULL || job->next == NULL)
		return job;
	*at = job->next;
	while (*at != NULL)
		at = &(*at)->next;
	*at = job;
	job->next = NULL;
	return job;
}

/* The rows are in: links, records, and what goes back of them, in slices. */
static int
after_rows(struct keeper *k, struct job *job, struct err *e)
{
	int rc;

	job->merged = 1;
	if (k->linking == NULL)
		return 0;
	if (job->sendback == NULL) {
		rc = linking_some(k, SLICE_MS, &job->share, e);
		if (rc != 0)
			return rc;
		if (sendback_open(k->db, k->standing->schemas, &job->bundle,
			&job->sendback, e) == -1)
			return -1;
	}
	return sendback_slice(job->sendback, SENT_AT_A_TIME, e);
}

/* All that can be said of the bundle's quality, in slices. */
static int
measure_some(struct keeper *k, struct job *job, struct err *e)
{
	if (job->quality == NULL)
		job->quality = quality_open(k, &job->bundle, job->provider,
		    job->standing, rowfile_verdict(job->reader), job->merge);
	job->merged = 1;
	return quality_slice(job->quality, MEASURED_AT_A_TIME, e);
}

/*
 * A bundle that is with a worker touches the records that others left, most
 * likely: made now they would be made once more.
 */
static int
leaves_records(const struct keeper *k)
{
	return k->jobs->njobs > 0 && !linking_is_late(k);
}

/* Rows that were left for when no bundle is at work, and what is due today. */
static int
quiet_work(struct keeper *k, struct err *e)
{
	int rc;

	if (linking_waits(k) && leaves_records(k))
		return 0;
	if (!linking_waits(k)) {
		rc = schedule_tick(k, e);
		if (rc == 0)
			rc = authority_tick(k, e);
		if (rc == 0)
			rc = subscription_tick(k, e);
		if (rc == 0)
			rc = recall_slice(k, SLICE_MS, e);
		return rc != 0 ? rc : retention_tick(k, e);
	}
	rc = linking_slice(k, SLICE_MS, e);
	return rc == 0 ? send_conflicts(k, e) : rc;
}

/* Merged, linked, measured, to the receipt: 1 there is more, 0 the end, -1. */
static int
bundle_slice(struct keeper *k, struct job *job, struct err *e)
{
	int rc = job->merged ? 0 : merge_slice(job->merge, SLICE_MS, e);

	if (rc == 0 && job->bundle.name.kind != 'c')
		rc = after_rows(k, job, e);
	if (rc == 0)
		rc = measure_some(k, job, e);
	return rc;
}

/* 1 did a slice, 0 there is none to do or a job is at its end, -1. */
static int
slice(struct keeper *k, struct err *e)
{
	struct job *job = next_job(k);
	int query = job != NULL && jobs_is_query(job);
	struct err why;
	int rc;

	if (job == NULL)
		return quiet_work(k, e);
	rc = query ? jobs_query_slice(k, job, SLICE_MS, &why)
		   : bundle_slice(k, job, &why);
	if (rc == -1 && (db_broken(k->db) || why.kind != ERR_HOLD)) {
		*e = why;
		return -1;
	}
	if (rc == -1)
		return jobs_set_aside(k, job, why.en, e);
	return rc == 0 && !query ? finish(k, job, e) : rc;
}

static int
somebody_waits(const struct keeper *k)
{
	static struct pollfd p[PEERS_MAX];

	for (size_t i = 0; i < k->npeers; i++)
		p[i] = (struct pollfd){ .fd = k->peer[i].fd, .events = POLLIN };
	return poll(p, (nfds_t)k->npeers, 0) != 0;
}

/*
 * Rows come in no order of their keys, so that each commit writes much of the
 * index: fewer commits, as long as nobody has to wait for one.
 */
int
jobs_slice(struct keeper *k, struct err *e)
{
	int64_t until = clock_milliseconds() + ROUND_MS;
	int rc;

	do
		rc = slice(k, e);
	while (rc == 1 && clock_milliseconds() < until && !somebody_waits(k));
	return rc == -1 ? -1 : 0;
}

int
jobs_busy(const struct keeper *k)
{
	if (k->jobs->receipts_wait || k->jobs->extracts_wait ||
	    k->jobs->nmoves > 0 ||
	    (linking_waits(k) ? !leaves_records(k) : recall_waits(k)))
		return 1;
	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (has_slices(job))
			return 1;
	return 0;
}
