#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outbox.h"
#include "command/command.h"
#include "extract/query.h"
#include "golden/sendback.h"
#include "keeper/jobs_part.h"
#include "keeper/standing.h"
#include "quality/quality.h"
#include "quality/reports.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/merge.h"

/* --- the list ------------------------------------------------------------ */

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

struct job *
jobs_find(const struct keeper *k, const char *id)
{
	for (struct job *job = k->jobs->first; job != NULL; job = job->next)
		if (strcmp(job->bundle.name.id, id) == 0)
			return job;
	return NULL;
}

void
jobs_drop(struct job *job)
{
	query_decide_close(job->decision);
	query_looks_close(job->looks);
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
	jobs_drop(job);
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
		jobs_drop(job);
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
	int anew = boot_is_new(k->boot);

	k->jobs = xcalloc(1, sizeof(*k->jobs));
	k->jobs->receipts_wait = 1;
	k->jobs->extracts_wait = 1;
	if (db_exec(k->db,
		"CREATE TEMP TABLE at_work (no INTEGER PRIMARY KEY,"
		" account TEXT)",
		e) == -1 ||
	    receipt_recover(k->db, anew, e) == -1 ||
	    (anew && reports_recover(k, e) == -1) ||
	    outbox_recover(k->db, e) == -1 ||
	    reconcile(k, SPOOL_RECEIVED, e) == -1 ||
	    reconcile(k, SPOOL_CLAIMED, e) == -1 ||
	    reconcile(k, SPOOL_REJECTED, e) == -1 ||
	    reconcile(k, SPOOL_QUARANTINED, e) == -1 ||
	    db_commit(k->db, e) == -1)
		return -1;
	return anew ? boot_note(k->boot, e) : 0;
}
