#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/account.h"
#include "base/admin.h"
#include "base/bundle.h"
#include "command/command.h"
#include "door/tree.h"
#include "extract/query.h"
#include "golden/linking.h"
#include "golden/review.h"
#include "golden/sendback.h"
#include "grant/consent.h"
#include "grant/grant.h"
#include "grant/grant_ask.h"
#include "grant/objection.h"
#include "keeper/acts.h"
#include "keeper/answers.h"
#include "keeper/authority.h"
#include "keeper/erase.h"
#include "keeper/jobs.h"
#include "keeper/keys.h"
#include "keeper/metrics.h"
#include "keeper/publish.h"
#include "keeper/retention.h"
#include "keeper/schedule.h"
#include "keeper/standing.h"
#include "quality/quality.h"
#include "quality/reports.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/spool.h"

enum { STATUS_BUNDLES = 100 };

static json_t *
bundle_json(const struct bundle *b)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "id",
	    b->name.id, "account", b->name.account, "name", b->name.name,
	    "bytes", (json_int_t)b->bytes, "sha256", b->sha256, "state",
	    b->state, "received_at", b->received_at, "finished_at",
	    b->finished_at, "outcome", b->outcome);
}

/* The queue: how many in each state, and those that are not at their end. */
static int
status(struct keeper *k, json_t **ret_answer, struct err *e)
{
	json_t *states = json_object();
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT state, count(*) FROM bundle_t WHERE original IS NULL"
	    " GROUP BY state",
	    "");

	for (int s = SPOOL_RECEIVED; s <= SPOOL_QUARANTINED; s++)
		json_object_set_new(states,
		    spool_state_name((enum spool_state)s), json_integer(0));
	for (; rc == 1; rc = db_next(k->db, st, e))
		json_object_set_new(states, db_text(st, 0),
		    json_integer(sqlite3_column_int64(st, 1)));
	db_done(st);
	rc = db_query(k->db, &st, e,
	    "SELECT id, account, name, bytes, state, received_at FROM bundle_t"
	    " WHERE original IS NULL AND state IN ('received', 'claimed',"
	    " 'quarantined') ORDER BY no LIMIT ?",
	    "i", (int64_t)STATUS_BUNDLES);
	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id",
			db_text(st, 0), "account", db_text(st, 1), "name",
			db_text(st, 2), "bytes",
			(json_int_t)sqlite3_column_int64(st, 3), "state",
			db_text(st, 4), "received_at", db_text(st, 5)));
	db_done(st);
	*ret_answer =
	    json_pack("{s:o, s:o}", "states", states, "bundles", list);
	return rc;
}

static json_t *
life(struct keeper *k, const struct bundle *b, struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT seq, at, kind, detail FROM ledger WHERE bundle = ? AND"
	    " bundle <> '' ORDER BY seq",
	    "t", b->name.id);

	for (; rc == 1; rc = db_next(k->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:I, s:s, s:s, s:s}", "seq",
			(json_int_t)sqlite3_column_int64(st, 0), "at",
			db_text(st, 1), "kind", db_text(st, 2), "detail",
			db_text(st, 3)));
	db_done(st);
	return list;
}

static json_t *
result_receipt(struct keeper *k, const struct bundle *b, struct err *e)
{
	json_t *o = NULL;
	sqlite3_stmt *st;

	if (db_query(k->db, &st, e,
		"SELECT body FROM receipt_t WHERE bundle = ? AND kind ="
		" 'result'",
		"i", b->no) == 1)
		o = json_loadb(sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0), 0, NULL);
	db_done(st);
	return o;
}

/* By id, or the beginning of one; the same content sent again is the first. */
static int
bundle_asked(struct keeper *k, const char *id, struct bundle *b, struct err *e)
{
	int rc = bundle_find(k->db, id, b, e);

	if (rc == 1 && b->original != 0)
		rc = bundle_get(k->db, b->original, b, e);
	if (rc == 0)
		return err_set(e, ERR_HOLD, "there is no bundle '%s'", id);
	return rc == -1 ? -1 : 0;
}

static int
show(struct keeper *k, const char *id, json_t **ret_answer, struct err *e)
{
	json_t *progress, *receipt;
	struct bundle b;

	if (bundle_asked(k, id, &b, e) == -1)
		return -1;
	*ret_answer = json_pack("{s:o, s:o}", "bundle", bundle_json(&b),
	    "ledger", life(k, &b, e));
	progress = jobs_progress_json(k, b.no);
	if (progress != NULL)
		json_object_set_new(*ret_answer, "progress", progress);
	receipt = result_receipt(k, &b, e);
	if (receipt != NULL)
		json_object_set_new(*ret_answer, "receipt", receipt);
	json_object_set_new(*ret_answer, "quality",
	    quality_json(k->db, b.no, e));
	json_object_set_new(*ret_answer, "report_owed",
	    json_boolean(reports_wait(k, REPORT_BUNDLE, b.name.id) ||
			 query_waits(k->db, b.no)));
	if (b.refusal.zh[0] != '\0')
		json_object_set_new(*ret_answer, "reason",
		    json_string(b.refusal.zh));
	return 0;
}

/* retry, release: back to received, the file after the commit. */
static int
again(struct keeper *k, const char *verb, const char *id, json_t **ret_answer,
    struct err *e)
{
	enum spool_state from;
	struct bundle b;
	char now[40];
	char zh[128];
	char en[128];

	if (bundle_asked(k, id, &b, e) == -1)
		return -1;
	if (strcmp(verb, "release") == 0 && strcmp(b.state, "quarantined") != 0)
		return err_set(e, ERR_HOLD, "bundle %s is %s, not quarantined",
		    b.name.id, b.state);
	if (retention_is_dropped(k->db, b.no))
		return err_set(e, ERR_HOLD,
		    "the file of bundle %s was removed: its days are over",
		    b.name.id);
	from = strcmp(b.state, "rejected") == 0 ? SPOOL_REJECTED
						: SPOOL_QUARANTINED;
	clock_now(now, sizeof(now));
	if (bundle_again(k->db, &b, verb, now, e) == -1)
		return -1;
	jobs_move_later(k, &b, from, SPOOL_RECEIVED);
	snprintf(zh, sizeof(zh), "%s 已重新排队", b.name.id);
	snprintf(en, sizeof(en), "%s is on its way again", b.name.id);
	*ret_answer = json_pack("{s:s, s:s}", "zh", zh, "en", en);
	return 0;
}

static int
make_folders(struct keeper *k, const char *name, struct err *e)
{
	struct account a;
	int rc = account_find(k->db, name, &a, e);

	return rc == 1 ? tree_make(name, a.role, e) : rc;
}

static int
account(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	const char *name = json_string_value(json_object_get(request, "name"));
	int rc = account_ask(k->db, what, request, now, ret_answer, e);

	if (rc == 0 && strcmp(what, "account add") == 0)
		rc = make_folders(k, name, e) == -1
			 ? -1
			 : authority_news(k->db, name, e);
	if (rc == 0 && (strcmp(what, "account disable") == 0 ||
			   strcmp(what, "account key remove") == 0))
		keeper_hang_up(k, name);
	return rc;
}

static int
admin(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	return admin_ask(k->db, what, request, now, ret_answer, e);
}

/* What people decide, by the first word of it; accounts are the last. */
static const struct {
	const char *word;
	int (*ask)(struct keeper *k, const char *what, const json_t *request,
	    const char *now, json_t **ret_answer, struct err *e);
} askers[] = { { "grant ", grant_ask }, { "consent ", consent_ask },
	{ "objection ", objection_ask }, { "admin ", admin },
	{ "key ", keys_ask }, { "tidy", retention_ask }, { "erase", erase_ask },
	{ "", account } };

/* A request of several statements stands or falls as a whole. */
static int
ask_whole(struct keeper *k, const char *what, const json_t *request,
    json_t **ret_answer, struct err *e)
{
	struct err late;
	char now[40];
	size_t i = 0;
	int rc;

	while (strncmp(what, askers[i].word, strlen(askers[i].word)) != 0)
		i++;
	clock_now(now, sizeof(now));
	if (db_begin(k->db, e) == -1 ||
	    db_exec(k->db, "SAVEPOINT ask", e) == -1)
		return -1;
	rc = askers[i].ask(k, what, request, now, ret_answer, e);
	if (rc == -1 && !db_broken(k->db)) {
		struct err why = *e;

		(void)db_exec(k->db, "ROLLBACK TO ask", e);
		*e = why;
	}
	(void)db_exec(k->db, "RELEASE ask", &late);
	return rc;
}

/*
 * rules replay: {pack, person, reason}. pack is what the command showed the
 * difference of; another one in force would do something else.
 */
static int
replay(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	const char *pack = json_string_value(json_object_get(request, "pack"));
	const char *person =
	    json_string_value(json_object_get(request, "person"));
	const char *reason =
	    json_string_value(json_object_get(request, "reason"));
	int64_t changed;

	if (pack == NULL || person == NULL || reason == NULL)
		return err_set(e, ERR_HOLD, "a replay without its reason");
	if (strcmp(pack, pack_sha256(k->standing->pack)) != 0)
		return err_set(e, ERR_HOLD,
		    "the rules in force are not those of the folder: reload "
		    "them first (SIGHUP), see the log if they do not pass");
	if (linking_replay(k, person, reason, &changed, e) == -1 ||
	    sendback_conflicts(k->db, e) == -1)
		return -1;
	*ret_answer = json_pack("{s:I}", "records", (json_int_t)changed);
	return 0;
}

/* What may be done, done. */
static int
answer(struct keeper *k, const char *what, const json_t *request,
    json_t **ret_answer, struct err *e)
{
	const char *id = json_string_value(json_object_get(request, "id"));

	if (id == NULL)
		id = "";
	if (strcmp(what, "status") == 0)
		return status(k, ret_answer, e);
	if (strcmp(what, "health") == 0)
		return metrics_health(k, ret_answer, e);
	if (strcmp(what, "show") == 0)
		return show(k, id, ret_answer, e);
	if (strcmp(what, "retry") == 0 || strcmp(what, "release") == 0)
		return again(k, what, id, ret_answer, e);
	if (strcmp(what, "standards publish") == 0)
		return publish_ask(k, request, ret_answer, e);
	if (strcmp(what, "rules publish") == 0)
		return publish_rules(k, request, ret_answer, e);
	if (strncmp(what, "quality ", 8) == 0)
		return schedule_ask(k, what, request, ret_answer, e);
	if (strcmp(what, "rules replay") == 0)
		return replay(k, request, ret_answer, e);
	if (strcmp(what, "review list") == 0)
		return review_list(k, request, ret_answer, e);
	if (strcmp(what, "review decide") == 0)
		return review_decide(k, request, ret_answer, e);
	if (strcmp(what, "review undo") == 0)
		return review_undo(k, request, ret_answer, e);
	return ask_whole(k, what, request, ret_answer, e);
}

/* What a refusal asks for goes with it. */
static json_t *
refusal(const struct err *why, json_t *reply)
{
	json_t *sign = json_object_get(reply, "sign");
	json_t *o = json_pack("{s:{s:s, s:s}}", "refused", "zh", why->zh, "en",
	    why->en);

	if (sign != NULL)
		json_object_set(o, "sign", sign);
	json_decref(reply);
	return o;
}

/* The answer in a memory file: a list may be longer than a frame. */
static int
send_answer(struct keeper *k, struct peer *p, int exit_status,
    const json_t *answer_json, struct err *e)
{
	char *text = json_dumps(answer_json, JSON_COMPACT | JSON_ENCODE_ANY);
	int fd = memfd_create("answer", MFD_CLOEXEC);
	size_t len = text != NULL ? strlen(text) : 0;
	int rc = -1;

	if (fd == -1 || write(fd, text, len) != (ssize_t)len) {
		err_errno(e, ERR_RETRY, "cannot hold an answer");
	} else {
		frame_start(&k->out, MESSAGE_ANSWER);
		frame_put_u32(&k->out, (uint32_t)exit_status);
		frame_put_fd(&k->out, fd);
		rc = frame_send(p->fd, &k->out, e);
	}
	if (fd != -1)
		(void)close(fd);
	free(text);
	return rc;
}

/* The text that comes beside a request; its descriptor goes. */
static int
read_beside(int fd, struct buf *b, struct err *e)
{
	char piece[16384];
	ssize_t n = 0;
	off_t at = 0;

	while (fd != -1 && buf_ok(b) &&
	       (n = pread(fd, piece, sizeof(piece), at)) > 0) {
		buf_add(b, piece, (size_t)n);
		at += n;
	}
	if (fd != -1)
		(void)close(fd);
	return n >= 0 && buf_ok(b)
		   ? 0
		   : err_set(e, ERR_HOLD,
			 "what is beside a request is too long");
}

int
answers_give(struct keeper *k, struct peer *p, struct err *e)
{
	char *text = xmalloc(FRAME_MAX);
	struct buf beside;
	json_t *request = NULL;
	json_t *reply = NULL;
	struct err why;
	int exit_status = COMMAND_DONE;
	int rc = -1;

	buf_init(&beside, GRANT_LIST_BYTES);
	frame_get_str(&k->in, text, FRAME_MAX);
	if (frame_get_u8(&k->in) &&
	    read_beside(frame_get_fd(&k->in), &beside, e) == -1)
		goto out;
	if (frame_end(&k->in, e) == -1)
		goto out;
	request = json_loads(text, 0, NULL);
	k->beside = beside.len > 0 ? &beside : NULL;
	if (acts_ask(k, request, answer, &reply, &why) == -1) {
		if (db_broken(k->db)) {
			*e = why;
			goto out;
		}
		exit_status = why.kind == ERR_SENDER  ? COMMAND_FAULTS
			      : why.kind == ERR_RETRY ? COMMAND_AGAIN
						      : COMMAND_USAGE;
		reply = refusal(&why, reply);
	}
	/* What a command is told has to stand, and what it sent to lie there. */
	if (db_commit(k->db, e) == -1)
		goto out;
	keys_turn(k);
	rc = jobs_letters(k, INT_MAX, e) == -1
		 ? -1
		 : send_answer(k, p, exit_status, reply, e);
out:
	k->beside = NULL;
	buf_done(&beside);
	json_decref(request);
	json_decref(reply);
	free(text);
	return rc;
}
