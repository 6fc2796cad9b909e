#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/db.h"
#include "base/ledger.h"
#include "keeper/retention.h"
#include "sys/clock.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/proc.h"
#include "sys/spool.h"

enum { AT_ONCE = 100, LISTED = 1000, CUTOFF = 40, PATH = 1024 };

/* A bundle at rest, of which nobody waits for an answer. */
#define AT_REST                                                         \
	" b.state IN ('applied', 'rejected') AND"                       \
	" coalesce(b.finished_at, b.received_at) < ?1 AND NOT EXISTS"   \
	" (SELECT 1 FROM dispute_t x WHERE x.bundle = b.no AND x.state" \
	" = 'open') AND NOT EXISTS (SELECT 1 FROM objection_t o WHERE"  \
	" o.bundle = b.id AND o.state = 'RECEIVED') AND NOT EXISTS"     \
	" (SELECT 1 FROM report_t r WHERE r.what = b.id AND r.state = 0)"

#define NOT_DROPPED(what, no)                                          \
	" NOT EXISTS (SELECT 1 FROM dropped_t d WHERE d.what = '" what \
	"' AND d.no = " no ")"

/*
 * What goes: in which setting its days are, and no, id and path of what there
 * is from before ?1. A path is a file, a folder, or what the names of some
 * files begin with. Receipts are kept from when they were asked for last.
 */
static const struct kind {
	const char *what;
	size_t days;
	const char *sql;
} kinds[] = {
	{ "bundle", offsetof(struct conf, bundle_days),
	    "SELECT b.no, b.id, '" HOME_SPOOL "/' || b.state || '/' || b.id"
	    " || '.' || b.kind || '.' || b.account || '.' || b.name"
	    " FROM bundle_t b WHERE" AT_REST
	    " AND b.kind <> 'x' AND" NOT_DROPPED("bundle", "b.no") },
	{ "report", offsetof(struct conf, report_days),
	    "SELECT b.no, b.id, '" HOME_ACCOUNTS "/' || b.account ||"
	    " '/reports/' || b.name || '.' || b.id FROM bundle_t b WHERE"
	    " b.original IS NULL AND b.kind IN ('u', 'c') AND" AT_REST
	    " AND" NOT_DROPPED("report", "b.no") },
	{ "receipt", offsetof(struct conf, receipt_days),
	    "SELECT f.no, b.id, '" HOME_ACCOUNTS "/' || f.account ||"
	    " '/receipts/' || f.name || '.' || b.id || CASE f.kind WHEN"
	    " 'received' THEN '.received.' ELSE '.receipt.' END"
	    " FROM receipt_file_t f JOIN bundle_t b ON b.no = f.bundle WHERE"
	    " f.placed = 1 AND f.proved = 1 AND NOT EXISTS (SELECT 1 FROM"
	    " bundle_t y WHERE y.original = b.no AND y.received_at >= ?1) "
	    "AND" AT_REST " AND" NOT_DROPPED("receipt", "f.no") },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The moment before which something is too old. */
static void
cutoff(struct db *db, const struct conf *c, size_t days, char *ret_text)
{
	char ago[32];
	sqlite3_stmt *st;
	struct err e;
	int n;

	memcpy(&n, (const char *)c + days, sizeof(n));
	snprintf(ago, sizeof(ago), "-%d days", n);
	ret_text[0] = '\0';
	if (db_query(db, &st, &e,
		"SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)", "t",
		ago) == 1)
		snprintf(ret_text, CUTOFF, "%s", db_text(st, 0));
	db_done(st);
}

/* --- deciding ------------------------------------------------------------ */

static int
note(struct db *db, const char *what, const char *now, json_t *detail,
    struct err *e)
{
	char *text;
	int rc;

	json_object_set_new(detail, "what", json_string(what));
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(db, now, "removed", "", "", text, NULL, e);
	free(text);
	json_decref(detail);
	return rc;
}

static int
drop(struct keeper *k, const char *what, int64_t no, const char *path,
    const char *now, struct err *e)
{
	k->drops_wait = 1;
	return db_run(k->db, e,
	    "INSERT OR IGNORE INTO dropped_t VALUES"
	    " (?,?,?,?,0)",
	    "titt", what, no, path, now);
}

/* Some of a kind: *ret_n is how many. */
static int
drop_some(struct keeper *k, const struct kind *kind, const char *now,
    int *ret_n, struct err *e)
{
	json_t *ids = json_array();
	char before[CUTOFF], sql[2048];
	sqlite3_stmt *st;
	int rc;

	*ret_n = 0;
	cutoff(k->db, &k->conf, kind->days, before);
	snprintf(sql, sizeof(sql), "%s ORDER BY 1 LIMIT ?2", kind->sql);
	rc = db_query(k->db, &st, e, sql, "ti", before, (int64_t)AT_ONCE);
	for (; rc == 1; rc = db_next(k->db, st, e), ++*ret_n) {
		json_array_append_new(ids, json_string(db_text(st, 1)));
		if (drop(k, kind->what, sqlite3_column_int64(st, 0),
			db_text(st, 2), now, e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	if (rc == -1 || *ret_n == 0) {
		json_decref(ids);
		return rc;
	}
	return note(k->db, kind->what, now,
	    json_pack("{s:s, s:o}", "before", before, "bundles", ids), e);
}

static int
drop_log(struct keeper *k, const char *now, struct err *e)
{
	char before[CUTOFF];
	int64_t n;

	cutoff(k->db, &k->conf, offsetof(struct conf, access_days), before);
	n = db_int(k->db, 0, "SELECT count(*) FROM access_log WHERE at < ?",
	    "t", before);
	if (n == 0)
		return 0;
	if (db_run(k->db, e, "DELETE FROM access_log WHERE at < ?", "t",
		before) == -1)
		return -1;
	return note(k->db, "access log", now,
	    json_pack("{s:s, s:I}", "before", before, "lines", (json_int_t)n),
	    e);
}

/* A hundred of each kind: 1 there may be more, 0, -1. */
static int
tidy(struct keeper *k, const char *now, int64_t *n, struct err *e)
{
	int more = 0;

	for (size_t i = 0; i < KINDS; i++) {
		int some;

		if (drop_some(k, &kinds[i], now, &some, e) == -1)
			return -1;
		n[i] += some;
		more |= some == AT_ONCE;
	}
	return drop_log(k, now, e) == -1 ? -1 : more;
}

int
retention_tick(struct keeper *k, struct err *e)
{
	char now[CLOCK_TEXT], day[CLOCK_DAY];
	int64_t n[KINDS] = { 0 };
	int rc;

	/* Roles that run for one command do that one thing. */
	if (proc_fd("gate") == -1)
		return 0;
	clock_today(day);
	if (strcmp(k->tidied_on, day) == 0)
		return 0;
	clock_now(now, sizeof(now));
	rc = tidy(k, now, n, e);
	if (rc == 0)
		snprintf(k->tidied_on, sizeof(k->tidied_on), "%s", day);
	return rc;
}

int
retention_drop_bundle(struct keeper *k, int64_t bundle, const char *why,
    const char *now, struct err *e)
{
	char path[PATH] = "", id[64] = "";
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT '" HOME_SPOOL "/' || state || '/' || id || '.' || kind ||"
	    " '.' || account || '.' || name, id FROM bundle_t WHERE no = ? AND"
	    " state IN ('applied', 'rejected')",
	    "i", bundle);

	if (rc == 1) {
		snprintf(path, sizeof(path), "%s", db_text(st, 0));
		snprintf(id, sizeof(id), "%s", db_text(st, 1));
	}
	db_done(st);
	if (rc != 1 || retention_is_dropped(k->db, bundle))
		return rc == -1 ? -1 : 0;
	if (drop(k, "bundle", bundle, path, now, e) == -1)
		return -1;
	return note(k->db, "bundle", now,
	    json_pack("{s:s, s:[s]}", "why", why, "bundles", id), e);
}

int
retention_is_dropped(struct db *db, int64_t bundle)
{
	return db_int(db, 0,
		   "SELECT count(*) FROM dropped_t WHERE what = 'bundle' AND"
		   " no = ?",
		   "i", bundle) != 0;
}

/* --- removing ------------------------------------------------------------- */

static void
remove_one(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
		log_error("- cannot remove '%s': %s", name, strerror(errno));
}

/* What a folder has that begins like this: all with "". */
static void
remove_in(const char *folder, const char *like)
{
	struct dirent *entry;
	DIR *d = opendir(folder);

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    strncmp(entry->d_name, like, strlen(like)) == 0)
			remove_one(dirfd(d), entry->d_name);
	if (d != NULL)
		(void)closedir(d);
}

static void
remove_folder(const char *path)
{
	remove_in(path, "");
	if (rmdir(path) == -1 && errno != ENOENT)
		log_error("- cannot remove '%s': %s", path, strerror(errno));
}

static void
remove_path(const char *what, char *path)
{
	char *name = strrchr(path, '/');
	char work[PATH + 8];

	if (strcmp(what, "bundle") == 0) {
		remove_one(AT_FDCWD, path);
	} else if (strcmp(what, "report") == 0) {
		/* In it is where the reporter worked. */
		snprintf(work, sizeof(work), "%s/.tmp", path);
		remove_folder(work);
		remove_folder(path);
	} else if (name != NULL) {
		*name = '\0';
		remove_in(path, name + 1);
	}
}

int
retention_remove(struct keeper *k, struct err *e)
{
	char what[16], path[PATH];
	sqlite3_stmt *st;
	int64_t no;
	int rc = 1;

	/* What is not committed yet may come to nothing. */
	if (!k->drops_wait || db_writing(k->db))
		return 0;
	for (int i = 0; i < AT_ONCE && rc == 1; i++) {
		rc = db_query(k->db, &st, e,
		    "SELECT what, no, path FROM dropped_t WHERE done = 0"
		    " LIMIT 1",
		    "");
		if (rc == 1) {
			snprintf(what, sizeof(what), "%s", db_text(st, 0));
			no = sqlite3_column_int64(st, 1);
			snprintf(path, sizeof(path), "%s", db_text(st, 2));
		}
		db_done(st);
		if (rc != 1)
			break;
		remove_path(what, path);
		if (db_run(k->db, e,
			"UPDATE dropped_t SET done = 1 WHERE what = ? AND"
			" no = ?",
			"ti", what, no) == -1)
			return -1;
	}
	k->drops_wait = rc == 1;
	return rc == -1 ? -1 : 0;
}

/* --- what is asked --------------------------------------------------------- */

static int
list(struct keeper *k, json_t *files, struct err *e)
{
	char before[CUTOFF], sql[2048];
	sqlite3_stmt *st;
	int rc = 0;

	for (size_t i = 0; i < KINDS && rc == 0; i++) {
		cutoff(k->db, &k->conf, kinds[i].days, before);
		snprintf(sql, sizeof(sql), "%s ORDER BY 1 LIMIT ?2",
		    kinds[i].sql);
		rc =
		    db_query(k->db, &st, e, sql, "ti", before, (int64_t)LISTED);
		for (; rc == 1; rc = db_next(k->db, st, e))
			json_array_append_new(files,
			    json_pack("{s:s, s:s, s:s}", "what", kinds[i].what,
				"bundle", db_text(st, 1), "path",
				db_text(st, 2)));
		db_done(st);
	}
	return rc;
}

int
retention_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	int64_t n[KINDS] = { 0 };
	json_t *files;
	int rc;

	(void)request;
	if (strcmp(what, "tidy list") == 0) {
		files = json_array();
		rc = list(k, files, e);
		*ret_answer = json_pack("{s:o}", "files", files);
		return rc;
	}
	while ((rc = tidy(k, now, n, e)) == 1)
		;
	*ret_answer = json_object();
	for (size_t i = 0; i < KINDS; i++)
		json_object_set_new(*ret_answer, kinds[i].what,
		    json_integer(n[i]));
	return rc;
}
