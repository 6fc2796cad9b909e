#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/db.h"
#include "command/command.h"
#include "door/limits.h"
#include "keeper/metrics.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/mem.h"

enum {
	EVERY_MS = 10000,
	TEXT_MAX = 65536,
	LATE_SECONDS = 900,  /* a bundle that waits for longer is a problem */
	COUNTERSIGN_DAYS = 7 /* as is a week without one, where some came */
};

#define METRICS_FILE HOME_RUN "/metrics.prom"

struct metrics {
	int64_t written_at;
	uint64_t callers[LIMITS_VERDICTS];
	uint64_t faults[LIMITS_FAULTS];
};

static struct metrics *
metrics_of(struct keeper *k)
{
	if (k->metrics == NULL)
		k->metrics = xcalloc(1, sizeof(*k->metrics));
	return k->metrics;
}

void
metrics_free(struct metrics *m)
{
	free(m);
}

int
metrics_callers(struct keeper *k, struct err *e)
{
	struct metrics *m = metrics_of(k);

	for (int i = 0; i < LIMITS_VERDICTS; i++)
		m->callers[i] += frame_get_u32(&k->in);
	for (int i = 0; i < LIMITS_FAULTS; i++)
		m->faults[i] += frame_get_u32(&k->in);
	return frame_end(&k->in, e);
}

/* --- figures ------------------------------------------------------------ */

/* Those of one number each. The statement gives one row. */
static const struct figure {
	const char *name;
	const char *type;
	const char *help;
	const char *sql;
} figures[] = {
	{ "zayton_deliveries_total", "counter", "files taken in",
	    "SELECT max(no) FROM bundle_t" },
	{ "zayton_ledger_lines_total", "counter", "lines of the ledger",
	    "SELECT max(seq) FROM ledger" },
	{ "zayton_receipts_waiting", "gauge", "receipts that are not placed",
	    "SELECT count(*) FROM receipt_file_t WHERE placed = 0" },
	{ "zayton_rows_accepted_total", "counter", "rows that were taken",
	    "SELECT sum(accepted) FROM bundle_file_t" },
	{ "zayton_rows_rejected_total", "counter", "rows that went back",
	    "SELECT sum(rejected) FROM bundle_file_t" },
	{ "zayton_rows_unlinked", "gauge", "rows without enterprise",
	    "SELECT count(*) FROM unlinked_t" },
	{ "zayton_conflicts_open", "gauge", "providers that disagree",
	    "SELECT count(*) FROM conflict_t WHERE status = 'open'" },
	{ "zayton_queue_oldest_seconds", "gauge",
	    "how long the first bundle of the queue has waited",
	    "SELECT max(0, unixepoch('now') - unixepoch(min(received_at)))"
	    " FROM bundle_t WHERE state IN ('received', 'claimed')" },
};

static void
put_figures(struct db *db, struct buf *b)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n",
		    figures[i].name, figures[i].help, figures[i].name,
		    figures[i].type, figures[i].name,
		    db_int(db, 0, figures[i].sql, ""));
}

/* One figure for each value of a column. */
static int
put_by(struct db *db, struct buf *b, const char *name, const char *label,
    const char *sql, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e, sql, "");

	for (; rc == 1; rc = db_next(db, st, e))
		buf_printf(b, "%s{%s=\"%s\"} %" PRId64 "\n", name, label,
		    db_text(st, 0), (int64_t)sqlite3_column_int64(st, 1));
	db_done(st);
	return rc;
}

/* Signatures of checkpoints that were good. */
#define COUNTERSIGNED                                \
	" kind = 's' AND state = 'applied' AND name" \
	" LIKE '____-__-__.checkpoint.sig'"

static void
put_callers(const struct metrics *m, struct buf *b)
{
	buf_addstr(b,
	    "# HELP zayton_connections_total connections by what became of "
	    "them\n# TYPE zayton_connections_total counter\n");
	for (int i = 0; i < LIMITS_VERDICTS; i++)
		buf_printf(b,
		    "zayton_connections_total{verdict=\"%s\"} %" PRIu64 "\n",
		    limits_verdict_name((enum limits_verdict)i), m->callers[i]);
	buf_addstr(b,
	    "# HELP zayton_faults_total connections that did not log in by "
	    "what they did\n# TYPE zayton_faults_total counter\n");
	for (int i = FAULT_NONE + 1; i < LIMITS_FAULTS; i++)
		buf_printf(b, "zayton_faults_total{fault=\"%s\"} %" PRIu64 "\n",
		    limits_fault_name((enum limits_fault)i), m->faults[i]);
}

static int64_t
sessions(const struct keeper *k)
{
	int64_t n = 0;

	for (size_t i = 0; i < k->npeers; i++)
		n += k->peer[i].kind == PEER_FILER;
	return n;
}

static int64_t
disk_free(const struct keeper *k)
{
	struct statvfs v;

	return fstatvfs(k->spool, &v) == 0
		   ? (int64_t)v.f_bavail * (int64_t)v.f_frsize
		   : -1;
}

static int
write_file(struct keeper *k, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	buf_printf(&b,
	    "# HELP zayton_info the version that runs\n"
	    "# TYPE zayton_info gauge\nzayton_info{version=\"%s\"} 1\n"
	    "# HELP zayton_sessions sessions that are logged in\n"
	    "# TYPE zayton_sessions gauge\nzayton_sessions %" PRId64 "\n"
	    "# HELP zayton_disk_free_bytes room for the spool\n"
	    "# TYPE zayton_disk_free_bytes gauge\nzayton_disk_free_bytes "
	    "%" PRId64 "\n",
	    ZAYTON_VERSION, sessions(k), disk_free(k));
	put_figures(k->db, &b);
	put_callers(metrics_of(k), &b);
	buf_addstr(&b, "# HELP zayton_bundles bundles in each state\n"
		       "# TYPE zayton_bundles gauge\n");
	rc = put_by(k->db, &b, "zayton_bundles", "state",
	    "SELECT state, count(*) FROM bundle_t GROUP BY state", e);
	buf_addstr(&b, "# HELP zayton_results_total bundles by outcome\n"
		       "# TYPE zayton_results_total counter\n");
	if (rc == 0)
		rc = put_by(k->db, &b, "zayton_results_total", "outcome",
		    "SELECT outcome, count(*) FROM bundle_t WHERE outcome IS"
		    " NOT NULL GROUP BY outcome",
		    e);
	buf_addstr(&b, "# HELP zayton_refused_total bundles refused as a whole "
		       "by reason\n# TYPE zayton_refused_total counter\n");
	if (rc == 0)
		rc = put_by(k->db, &b, "zayton_refused_total", "code",
		    "SELECT code, count(*) FROM bundle_t WHERE code <> ''"
		    " GROUP BY code",
		    e);
	buf_addstr(&b, "# HELP zayton_countersigned_total checkpoints that an "
		       "account countersigned\n"
		       "# TYPE zayton_countersigned_total counter\n");
	if (rc == 0)
		rc = put_by(k->db, &b, "zayton_countersigned_total", "account",
		    "SELECT account, count(DISTINCT name) FROM bundle_t "
		    "WHERE" COUNTERSIGNED " GROUP BY account",
		    e);
	if (rc == 0)
		rc = file_place(AT_FDCWD, METRICS_FILE, b.data, b.len, 0644, e);
	buf_done(&b);
	return rc;
}

int
metrics_slice(struct keeper *k, struct err *e)
{
	struct metrics *m = metrics_of(k);
	int64_t now = clock_milliseconds();

	if (m->written_at != 0 && now - m->written_at < EVERY_MS)
		return 0;
	m->written_at = now;
	return write_file(k, e);
}

/* --- health ------------------------------------------------------------- */

static void
problem(json_t *list, const char *code, const char *zh, const char *en,
    int64_t n)
{
	char in_zh[256], in_en[256];

	snprintf(in_zh, sizeof(in_zh), "%s: %" PRId64, zh, n);
	snprintf(in_en, sizeof(in_en), "%s: %" PRId64, en, n);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "code", code,
					"zh", in_zh, "en", in_en));
}

int
metrics_health(struct keeper *k, json_t **ret_answer, struct err *e)
{
	json_t *list = json_array();
	int64_t quarantined = db_int(k->db, 0,
	    "SELECT count(*) FROM bundle_t WHERE state = 'quarantined'", "");
	int64_t waits = db_int(k->db, 0,
	    "SELECT unixepoch('now') - unixepoch(min(received_at)) FROM"
	    " bundle_t WHERE state IN ('received', 'claimed')",
	    "");
	int64_t room = disk_free(k);
	int64_t unsigned_days = db_int(k->db, 0,
	    "SELECT julianday('now') - julianday(max(received_at)) FROM"
	    " bundle_t WHERE" COUNTERSIGNED,
	    "");

	(void)e;
	if (quarantined > 0)
		problem(list, "quarantined", "隔离区有数据包，见 zayton status",
		    "bundles are quarantined, see zayton status", quarantined);
	if (waits > LATE_SECONDS)
		problem(list, "queue_late", "最早的数据包已等待的秒数",
		    "the first bundle of the queue waits, in seconds", waits);
	if (room < k->conf.disk_reserve)
		problem(list, "disk_full", "磁盘剩余空间不足，字节数",
		    "the disk is short of room, bytes left", room);
	if (unsigned_days > COUNTERSIGN_DAYS)
		problem(list, "countersign_late", "无人会签检查点的天数",
		    "nobody countersigned a checkpoint any more, in days",
		    unsigned_days);
	*ret_answer = json_pack("{s:b, s:o}", "healthy",
	    json_array_size(list) == 0, "problems", list);
	return 0;
}
