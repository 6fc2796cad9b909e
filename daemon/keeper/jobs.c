#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/account.h"
#include "command/command.h"
#include "extract/query.h"
#include "extract/subscription.h"
#include "form/rowfile.h"
#include "golden/linking.h"
#include "golden/sendback.h"
#include "keeper/authority.h"
#include "keeper/jobs_part.h"
#include "keeper/notice.h"
#include "keeper/outbox.h"
#include "keeper/schedule.h"
#include "keeper/standing.h"
#include "quality/correction.h"
#include "quality/dispute.h"
#include "quality/quality.h"
#include "quality/reports.h"
#include "quality/volume.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/merge.h"
#include "way/work.h"

enum {
	SENT_AT_A_TIME = 2000, /* rows that go back in a slice */
	MEASURED_AT_A_TIME = 10000,
	SLICE_MS = 40,    /* of merging before we look who waits */
	ROUND_MS = 400,   /* of merging in a round where nobody does */
	ATTEMPTS_MAX = 3, /* workers that die before a bundle is set aside */
	KILLS_MAX = 20,   /* and those that are killed by an operator */
	RECEIPTS_PER_ROUND = 16,
	JOBS_MAX = 256
};

/* --- small things ------------------------------------------------------- */

void
jobs_versions(const struct keeper *k, const struct standing *s,
    struct receipt_versions *ret_v)
{
	if (s == NULL)
		s = k->standing;
	ret_v->engine = "zayton " ZAYTON_VERSION;
	ret_v->code_tables = s->code_tables;
	ret_v->pack = pack_sha256(s->pack);
}

void
jobs_move_later(struct keeper *k, const struct bundle *b, enum spool_state from,
    enum spool_state to)
{
	struct jobs *j = k->jobs;
	struct move *m;

	if (j->nmoves == j->moves_room) {
		j->moves_room = j->moves_room > 0 ? 2 * j->moves_room : 64;
		j->move =
		    xreallocarray(j->move, j->moves_room, sizeof(*j->move));
	}
	j->receipts_wait = 1;
	/* A number of a standing extract has no file. */
	if (b->name.kind == 'x')
		return;
	m = &j->move[j->nmoves++];
	m->from = from;
	m->to = to;
	if (spool_name_format(&b->name, m->file) == -1)
		log_fatal("%s has no file name", b->name.id);
}

const char *
jobs_since(const struct keeper *k, const char *now)
{
	const char *since = now;

	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (job->merge != NULL && strcmp(job->began, since) < 0)
			since = job->began;
	return since;
}

static struct job *
find(const struct keeper *k, const char *id)
{
	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (strcmp(job->bundle.name.id, id) == 0)
			return job;
	return NULL;
}

static void
job_free(struct job *job)
{
	quality_close(job->quality);
	merge_close(job->merge);
	sendback_close(job->sendback);
	rowfile_close(job->reader);
	if (job->rows != -1)
		(void)close(job->rows);
	if (job->corrected != -1)
		(void)close(job->corrected);
	if (job->rejected[0] != '\0')
		(void)unlink(job->rejected);
	standing_drop(job->standing);
	free(job);
}

int
jobs_leave(struct keeper *k, struct job *job, struct err *e)
{
	struct job **at = &k->jobs->first;
	int64_t no = job->bundle.no;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	k->jobs->njobs--;
	job_free(job);
	return db_run(k->db, e, "DELETE FROM temp.at_work WHERE no = ?", "i",
	    no);
}

void
jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	while (j->first != NULL) {
		struct job *job = j->first;

		j->first = job->next;
		job_free(job);
	}
	free(j->move);
	free(j);
}

json_t *
jobs_progress_json(const struct keeper *k, int64_t bundle)
{
	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (job->bundle.no == bundle)
			return json_pack("{s:I, s:I}", "bytes",
			    (json_int_t)job->read_bytes, "rows",
			    (json_int_t)job->read_rows);
	return NULL;
}

/* --- handing out -------------------------------------------------------- */

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
	rc = bundle_signed(k->db, &job->bundle, &b, e);
	if (rc != 1 || spool_name_format(&b.name, file) == -1)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", b.state, file);
	*ret_fd = openat(k->spool, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return 0;
}

static int
send_work(struct keeper *k, struct job *job, struct err *e)
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

	keeper_now(now, sizeof(now));
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
	k->jobs->pause = time(NULL) + 1;
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

	keeper_now(now, sizeof(now));
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
		job_free(job);
		return rc;
	}
	snprintf(job->provider, sizeof(job->provider), "%s", a.provider);
	job->next = k->jobs->first;
	k->jobs->first = job;
	k->jobs->njobs++;
	*ret_job = job;
	return 1;
}

int
jobs_hand_out(struct keeper *k, struct err *e)
{
	struct job *job;
	struct err why;
	int rc;

	if (time(NULL) < k->jobs->pause)
		return 0;
	while (k->jobs->room > 0 && k->jobs->njobs < JOBS_MAX) {
		rc = claim_next(k, &job, e);
		if (rc != 1)
			return rc;
		if (db_commit(k->db, e) == -1)
			return -1;
		log_info("%s claimed account=%s pack=%.12s",
		    job->bundle.name.id, job->bundle.name.account,
		    job->bundle.pack);
		rc = job->bundle.name.kind == 'x' ? jobs_query_due(k, job, &why)
						  : send_work(k, job, &why);
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

/* --- what the watch says ------------------------------------------------ */

int
jobs_room(struct keeper *k, struct err *e)
{
	k->jobs->room += frame_get_u32(&k->in);
	return frame_end(&k->in, e);
}

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
	job = find(k, id);
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
	rc = send_work(k, job, e);
out:
	buf_done(&b);
	return rc;
}

/* 0 the rows are being merged, 1 the worker has to begin anew, -1. */
static int
begin_merge(struct keeper *k, struct job *job, struct err *e)
{
	keeper_now(job->began, sizeof(job->began));
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

/* A full disk is nobody's fault: no attempt, and a moment's rest. */
static int
wait_for_space(struct keeper *k, struct job *job, struct err *e)
{
	log_warn("%s waits for disk space", job->bundle.name.id);
	k->jobs->pause = time(NULL) + 1;
	if (db_run(k->db, e,
		"UPDATE bundle_t SET attempts = attempts - 1 WHERE no = ?", "i",
		job->bundle.no) == -1)
		return -1;
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
	job = find(k, id);
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
	if (status == COMMAND_AGAIN && short_of_space(k))
		return wait_for_space(k, job, e);
	snprintf(reason, sizeof(reason), "worker status=%d signal=%d %s %.300s",
	    status, sig, words, status == 0 && sig == 0 ? why.en : "");
	log_warn("%s died attempt=%d %s", id, job->bundle.attempts, reason);
	/* A kill from outside says nothing about the bundle. */
	if (sig == SIGKILL && words[0] == '\0') {
		most = KILLS_MAX;
		if (job->bundle.attempts >= ATTEMPTS_MAX)
			k->jobs->pause = time(NULL) + 1;
	}
	if (job->bundle.attempts >= most || status == COMMAND_FAULTS)
		return jobs_set_aside(k, job, reason, e);
	return jobs_leave(k, job, e);
}

/* --- merging and the end ------------------------------------------------ */

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
 * nobody, so placed before the commit: without one it is placed once more.
 */
static int
place_rejected(struct job *job, const struct rowfile_summary *v, struct err *e)
{
	char dir[SPOOL_TEXT + 96];
	char path[SPOOL_TEXT + 112];
	uint64_t rejected = 0;
	struct stat st;

	for (size_t i = 0; i < v->nfiles; i++)
		rejected += v->file[i].rejected;
	/* A file that was refused whole may have no bad row at all. */
	if (rejected == 0 || stat(job->rejected, &st) == -1 || st.st_size == 0)
		return 0;
	snprintf(dir, sizeof(dir), "%s/%s/reports/%s.%s", HOME_ACCOUNTS,
	    job->bundle.name.account, job->bundle.name.name,
	    job->bundle.name.id);
	snprintf(path, sizeof(path), "%s/rejected.csv", dir);
	if (file_mkdir(AT_FDCWD, dir, 0755, e) == -1)
		return -1;
	if (rename(job->rejected, path) == -1)
		return err_errno(e, ERR_RETRY, "cannot place '%s'", path);
	job->rejected[0] = '\0';
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

	keeper_now(now, sizeof(now));
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

/* The merging job whose turn it is: the list is turned after each slice. */
static struct job *
next_merging(struct keeper *k)
{
	struct job **at = &k->jobs->first;
	struct job *job;

	while (*at != NULL && (*at)->merge == NULL)
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

/* Rows that were left for when no bundle is at work, and what is due today. */
static int
quiet_work(struct keeper *k, struct err *e)
{
	int rc;

	if (!linking_waits(k)) {
		rc = schedule_tick(k, e);
		if (rc == 0)
			rc = authority_tick(k, e);
		return rc != 0 ? rc : subscription_tick(k, e);
	}
	rc = linking_slice(k, SLICE_MS, e);
	return rc == 0 ? send_conflicts(k, e) : rc;
}

/* 1 merged a slice, 0 nothing to merge or a job is at its end, -1. */
static int
slice(struct keeper *k, struct err *e)
{
	struct job *job = next_merging(k);
	struct err why;
	int rc;

	if (job == NULL)
		return quiet_work(k, e);
	rc = job->merged ? 0 : merge_slice(job->merge, SLICE_MS, &why);
	if (rc == 0 && job->bundle.name.kind != 'c')
		rc = after_rows(k, job, &why);
	if (rc == 0)
		rc = measure_some(k, job, &why);
	if (rc == -1 && (db_broken(k->db) || why.kind != ERR_HOLD)) {
		*e = why;
		return -1;
	}
	if (rc == -1)
		return jobs_set_aside(k, job, why.en, e);
	return rc == 0 ? finish(k, job, e) : 1;
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
	    k->jobs->nmoves > 0 || linking_waits(k))
		return 1;
	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (job->merge != NULL)
			return 1;
	return 0;
}

/* --- after the commit --------------------------------------------------- */

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
			rc = subscription_place(k->db, e);
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

/* --- at start ----------------------------------------------------------- */

/* A file whose folder is not what its row says: the move is made up for. */
static int
reconcile_file(struct keeper *k, enum spool_state at, const char *file,
    struct err *e)
{
	struct spool_name n;
	struct bundle b;
	struct err why;
	int rc;

	if (spool_name_parse(file, &n) == -1)
		return 0;
	rc = bundle_find(k->db, n.id, &b, e);
	if (rc != 1 || strcmp(b.state, spool_state_name(at)) == 0)
		return rc == -1 ? -1 : 0;
	for (int to = SPOOL_RECEIVED; to <= SPOOL_QUARANTINED; to++)
		if (strcmp(b.state, spool_state_name((enum spool_state)to)) ==
			0 &&
		    spool_move(k->spool, file, at, (enum spool_state)to,
			&why) == -1)
			log_error("%s %s", n.id, why.en);
	return 0;
}

static int
reconcile(struct keeper *k, enum spool_state at, struct err *e)
{
	char path[32];
	struct dirent *entry;
	DIR *d;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s", HOME_SPOOL, spool_state_name(at));
	d = opendir(path);
	if (d == NULL)
		return err_errno(e, ERR_HOLD, "cannot read '%s'", path);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = reconcile_file(k, at, entry->d_name, e);
	(void)closedir(d);
	return rc;
}

int
jobs_recover(struct keeper *k, struct err *e)
{
	k->jobs = xcalloc(1, sizeof(*k->jobs));
	k->jobs->receipts_wait = 1;
	k->jobs->extracts_wait = 1;
	if (db_exec(k->db,
		"CREATE TEMP TABLE at_work (no INTEGER PRIMARY KEY,"
		" account TEXT)",
		e) == -1 ||
	    receipt_recover(k->db, e) == -1 || outbox_recover(k->db, e) == -1 ||
	    reconcile(k, SPOOL_RECEIVED, e) == -1 ||
	    reconcile(k, SPOOL_CLAIMED, e) == -1 ||
	    reconcile(k, SPOOL_REJECTED, e) == -1 ||
	    reconcile(k, SPOOL_QUARANTINED, e) == -1)
		return -1;
	return db_commit(k->db, e);
}
