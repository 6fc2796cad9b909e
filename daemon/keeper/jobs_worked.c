#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "form/rowfile.h"
#include "golden/linking.h"
#include "keeper/jobs_part.h"
#include "keeper/standing.h"
#include "quality/correction.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "way/merge.h"

/* What workers say: how far they are, and how they ended. */

enum {
	ATTEMPTS_MAX = 3, /* workers that die before a bundle is set aside */
	KILLS_MAX = 20    /* and those that are killed by an operator */
};

int
jobs_progress(struct keeper *k, struct err *e)
{
	char id[ID_TEXT];
	uint64_t bytes, rows;
	struct job *job;

	frame_get_str(&k->in, id, sizeof(id));
	bytes = frame_get_u64(&k->in);
	rows = frame_get_u64(&k->in);
	if (frame_end(&k->in, e) == -1)
		return -1;
	job = jobs_find(k, id);
	if (job != NULL) {
		job->read_bytes = bytes;
		job->read_rows = rows;
	}
	return 0;
}

/* The worker met returned rows: it is told of what, and begins anew. */
static int
tell_corrected(struct keeper *k, struct job *job, struct err *e)
{
	enum { FACTS_MAX = 16 << 20 };
	struct buf b;
	int rc = -1;

	buf_init(&b, FACTS_MAX);
	if (correction_facts(k->db, job->provider, rowfile_verdict(job->reader),
		&b, e) == -1)
		goto out;
	job->corrected = memfd_create("corrected", MFD_CLOEXEC);
	if (job->corrected == -1 ||
	    write(job->corrected, b.data, b.len) != (ssize_t)b.len) {
		err_errno(e, ERR_RETRY, "cannot hold what is corrected");
		goto out;
	}
	rowfile_close(job->reader);
	job->reader = NULL;
	(void)close(job->rows);
	job->rows = -1;
	rc = jobs_send_work(k, job, e);
out:
	buf_done(&b);
	return rc;
}

/* 0 the rows are being merged, 1 the worker has to begin anew, -1. */
static int
begin_merge(struct keeper *k, struct job *job, struct err *e)
{
	clock_now(job->began, sizeof(job->began));
	if (rowfile_open(job->rows, &job->reader, e) == -1)
		return -1;
	if (job->corrected == -1 &&
	    correction_asks(rowfile_verdict(job->reader)))
		return tell_corrected(k, job, e) == -1 ? -1 : 1;
	if (bundle_verdict(k->db, &job->bundle, rowfile_verdict(job->reader),
		e) == -1)
		return -1;
	return merge_open(k->db, job->standing->schemas, linking_link(k),
	    job->bundle.no, job->provider, job->reader, job->began,
	    job->bundle.name.kind == 'c' ? MERGE_DRY : MERGE_APPLY, &job->merge,
	    e);
}

static int
short_of_space(const struct keeper *k)
{
	struct statvfs v;

	return fstatvfs(k->spool, &v) == 0 &&
	       (int64_t)v.f_bavail * (int64_t)v.f_frsize < k->conf.disk_reserve;
}

/* Nobody's fault, as a full disk: no attempt, and a moment's rest. */
static int
wait_a_moment(struct keeper *k, struct job *job, const char *why, struct err *e)
{
	log_warn("%s waits %s", job->bundle.name.id, why);
	k->jobs->pause = clock_milliseconds() + 1000;
	return jobs_leave(k, job, e);
}

/*
 * What it left is read; with a query the next step is another process. 1 where
 * another worker is at it.
 */
static int
worked_well(struct keeper *k, struct job *job, struct err *e)
{
	if (job->extracting)
		return jobs_query_extracted(k, job, e);
	if (jobs_is_query(job))
		return jobs_query_read(k, job, e);
	return begin_merge(k, job, e);
}

int
jobs_worked(struct keeper *k, struct err *e)
{
	char id[ID_TEXT];
	char words[512];
	char reason[1024];
	struct job *job;
	struct err why;
	int status, sig, rc;
	int most = ATTEMPTS_MAX;

	frame_get_str(&k->in, id, sizeof(id));
	status = (int)frame_get_u32(&k->in);
	sig = (int)frame_get_u32(&k->in);
	frame_get_str(&k->in, words, sizeof(words));
	if (frame_end(&k->in, e) == -1)
		return -1;
	k->jobs->room++;
	job = jobs_find(k, id);
	if (job == NULL)
		return 0;
	rc = status == 0 && sig == 0 ? worked_well(k, job, &why) : -1;
	k->jobs->room -= rc == 1;
	if (rc != -1)
		return 0;
	if (db_broken(k->db)) {
		*e = why;
		return -1;
	}
	if (status == WORKED_NEVER)
		return wait_a_moment(k, job, words, e);
	if (status == COMMAND_AGAIN && short_of_space(k))
		return wait_a_moment(k, job, "for disk space", e);
	snprintf(reason, sizeof(reason), "worker status=%d signal=%d %s %.300s",
	    status, sig, words, status == 0 && sig == 0 ? why.en : "");
	if (bundle_failed(k->db, &job->bundle, e) == -1)
		return -1;
	log_warn("%s died attempt=%d %s", id, job->bundle.attempts, reason);
	/* A kill from outside says nothing about the bundle. */
	if (sig == SIGKILL && words[0] == '\0') {
		most = KILLS_MAX;
		if (job->bundle.attempts >= ATTEMPTS_MAX)
			k->jobs->pause = clock_milliseconds() + 1000;
	}
	if (job->bundle.attempts >= most || status == COMMAND_FAULTS)
		return jobs_set_aside(k, job, reason, e);
	return jobs_leave(k, job, e);
}
