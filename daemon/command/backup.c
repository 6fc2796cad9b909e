#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/backup.h"
#include "command/command.h"
#include "sys/clock.h"
#include "sys/copy.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/spool.h"

/*
 * zayton backup DIR: a consistent copy of a running instance. The base first,
 * as one snapshot; files never change under their names, so those it speaks of
 * can follow at leisure.
 */

enum { PASSES = 3 };

const char *const backup_trees[] = { HOME_KEYS, HOME_SCHEMAS, HOME_RULES,
	HOME_LUA, HOME_STANDARDS, NULL };
const char *const backup_given[] = { "receipts", "reports", "extracts",
	"catalog", NULL };

struct backup {
	char to[2048]; /* the folder, absolute */
	int lock;
	struct copy_count n;
	int64_t seq;
	char head[DIGEST_TEXT];
	int64_t bundles;
	int64_t missing;
};

static void
path_of(const struct backup *b, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", b->to, name);
}

/* The base in it, named by how far its ledger goes. */
static void
base_name(const struct backup *b, char name[64])
{
	snprintf(name, 64, "exchange.%" PRId64 ".db", b->seq);
}

/* The folder, and nobody else at it. */
static int
open_folder(struct backup *b, const char *dir, struct err *e)
{
	char path[PATH_MAX];

	if (file_mkdir(AT_FDCWD, dir, 0700, e) == -1)
		return -1;
	if (realpath(dir, path) == NULL || strlen(path) >= sizeof(b->to))
		return err_errno(e, ERR_HOLD, "cannot enter '%s'", dir);
	memcpy(b->to, path, strlen(path) + 1);
	path_of(b, ".lock", path);
	b->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (b->lock == -1)
		return err_errno(e, ERR_HOLD, "cannot write to '%s'", dir);
	if (flock(b->lock, LOCK_EX | LOCK_NB) == -1)
		return err_set(e, ERR_RETRY, "another backup writes to '%s'",
		    dir);
	return 0;
}

int
backup_ledger(struct db *db, int64_t *ret_seq, char ret_hash[DIGEST_TEXT],
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", "");

	*ret_seq = 0;
	ret_hash[0] = '\0';
	if (rc == 1) {
		*ret_seq = sqlite3_column_int64(st, 0);
		snprintf(ret_hash, DIGEST_TEXT, "%s", db_text(st, 1));
	}
	db_done(st);
	return rc;
}

/* --- the base ----------------------------------------------------------- */

static int
copy_base(struct backup *b, struct err *e)
{
	char new[PATH_MAX], path[PATH_MAX], name[64];
	struct db *db = NULL;
	int rc;

	path_of(b, "base.new", new);
	rc = db_open_read(HOME_BASE, &db, e);
	if (rc == 0)
		rc = db_copy(db, new, e);
	db_close(db);
	db = NULL;
	if (rc == -1 || db_open_read(new, &db, e) == -1)
		return -1;
	rc = backup_ledger(db, &b->seq, b->head, e);
	db_close(db);
	if (rc == -1)
		return -1;
	base_name(b, name);
	path_of(b, name, path);
	if (rename(new, path) == -1)
		return err_errno(e, ERR_RETRY, "cannot place '%s'", path);
	return 0;
}

/* --- files -------------------------------------------------------------- */

static int
copy_trees(struct backup *b, struct err *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; backup_trees[i] != NULL; i++) {
		path_of(b, backup_trees[i], path);
		if (copy_tree(backup_trees[i], path, &b->n, e) == -1)
			return -1;
	}
	path_of(b, HOME_CONF, path);
	return copy_file(HOME_CONF, path, &b->n, e);
}

static int
copy_account(struct backup *b, const char *name, struct err *e)
{
	char from[256], to[PATH_MAX], below[128];

	snprintf(below, sizeof(below), HOME_ACCOUNTS "/%.64s", name);
	path_of(b, below, to);
	if (file_mkdir(AT_FDCWD, to, 0700, e) == -1)
		return -1;
	for (size_t i = 0; backup_given[i] != NULL; i++) {
		snprintf(from, sizeof(from), HOME_ACCOUNTS "/%.64s/%s", name,
		    backup_given[i]);
		path_of(b, from, to);
		if (copy_tree(from, to, &b->n, e) == -1)
			return -1;
	}
	return 0;
}

static int
copy_accounts(struct backup *b, struct err *e)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(HOME_ACCOUNTS);
	int rc;

	if (d == NULL)
		return err_errno(e, ERR_HOLD, "cannot read the accounts");
	path_of(b, HOME_ACCOUNTS, path);
	rc = file_mkdir(AT_FDCWD, path, 0700, e);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			rc = copy_account(b, entry->d_name, e);
	(void)closedir(d);
	return rc;
}

/* All of a state into one folder, in which nothing ever moves. */
static int
copy_state(struct backup *b, enum spool_state s, struct err *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct spool_name n;
	struct dirent *entry;
	DIR *d;
	int rc = 0;

	snprintf(from, sizeof(from), HOME_SPOOL "/%s", spool_state_name(s));
	d = opendir(from);
	if (d == NULL)
		return err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		if (spool_name_parse(entry->d_name, &n) == -1)
			continue;
		snprintf(from, sizeof(from), HOME_SPOOL "/%s/%.255s",
		    spool_state_name(s), entry->d_name);
		snprintf(to, sizeof(to), "%s/" BACKUP_SPOOL "/%.255s", b->to,
		    entry->d_name);
		rc = copy_file(from, to, &b->n, e);
	}
	(void)closedir(d);
	return rc;
}

int
backup_file(sqlite3_stmt *st, char ret_file[SPOOL_TEXT])
{
	struct spool_name n = { .kind = db_text(st, 1)[0] };

	snprintf(n.id, sizeof(n.id), "%s", db_text(st, 0));
	snprintf(n.account, sizeof(n.account), "%s", db_text(st, 2));
	snprintf(n.name, sizeof(n.name), "%s", db_text(st, 3));
	return spool_name_format(&n, ret_file);
}

/* How many bundles of the base have no file in the backup. */
static int
count_missing(struct backup *b, struct err *e)
{
	char path[PATH_MAX], name[64], file[SPOOL_TEXT];
	struct db *db = NULL;
	struct stat st;
	sqlite3_stmt *q;
	int rc;

	base_name(b, name);
	path_of(b, name, path);
	b->bundles = b->missing = 0;
	if (db_open_read(path, &db, e) == -1)
		return -1;
	rc = db_query(db, &q, e,
	    "SELECT id, kind, account, name, bytes FROM bundle_t b WHERE NOT"
	    " EXISTS (SELECT 1 FROM dropped_t d WHERE d.what = 'bundle' AND"
	    " d.no = b.no)",
	    "");
	for (; rc == 1; rc = db_next(db, q, e)) {
		if (backup_file(q, file) == -1)
			continue;
		snprintf(path, sizeof(path), "%s/" BACKUP_SPOOL "/%s", b->to,
		    file);
		b->bundles++;
		b->missing += stat(path, &st) == -1 ||
			      st.st_size != sqlite3_column_int64(q, 4);
	}
	db_done(q);
	db_close(db);
	return rc;
}

/* A file may move past the reader of its folder: then it is looked for again. */
static int
copy_spool(struct backup *b, struct err *e)
{
	char path[PATH_MAX];
	int rc;

	path_of(b, BACKUP_SPOOL, path);
	rc = file_mkdir(AT_FDCWD, path, 0700, e);
	b->missing = 1;
	for (int i = 0; rc == 0 && b->missing > 0 && i < PASSES; i++) {
		for (int s = SPOOL_RECEIVED; rc == 0 && s <= SPOOL_QUARANTINED;
		     s++)
			rc = copy_state(b, (enum spool_state)s, e);
		if (rc == 0)
			rc = count_missing(b, e);
	}
	return rc;
}

/* --- the manifest ------------------------------------------------------- */

/* Bases that no manifest names any more, and what a crash left of one. */
static void
tidy(const struct backup *b)
{
	char keep[64];
	struct dirent *entry;
	DIR *d = opendir(b->to);

	base_name(b, keep);
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, "exchange.", 9) == 0 &&
		    strncmp(entry->d_name, keep, strlen(keep)) != 0)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
}

static int
publish(struct backup *b, json_t **ret_manifest, struct err *e)
{
	char path[PATH_MAX], at[32], name[64];
	char *text;
	int rc;

	clock_now(at, sizeof(at));
	base_name(b, name);
	*ret_manifest =
	    json_pack("{s:i, s:s, s:s, s:{s:I, s:s}, s:I, s:I, s:I, s:I}",
		"backup", 1, "at", at, "base", name, "ledger", "seq",
		(json_int_t)b->seq, "hash", b->head, "bundles",
		(json_int_t)b->bundles, "copied", (json_int_t)b->n.files,
		"bytes", (json_int_t)b->n.bytes, "kept", (json_int_t)b->n.kept);
	text = json_dumps(*ret_manifest, JSON_INDENT(2) | JSON_SORT_KEYS);
	path_of(b, BACKUP_MANIFEST, path);
	/* All it speaks of is on disk before it speaks. */
	rc = copy_sync(b->to, e) == -1
		 ? -1
		 : file_publish(AT_FDCWD, path, text, strlen(text), 0600, e);
	free(text);
	if (rc == 0)
		tidy(b);
	return rc;
}

static void
print(const struct backup *b)
{
	printf("备份完成 / backed up: %" PRId64 " 行台账 / ledger lines, "
	       "%" PRId64 " 个数据包 / bundles; %" PRIu64
	       " 个文件新复制 / files copied (%" PRIu64 " bytes), %" PRIu64
	       " 个未变 / unchanged\n",
	    b->seq, b->bundles, b->n.files, b->n.bytes, b->n.kept);
}

int
backup_command(int argc, char **argv)
{
	int as_json = command_option(&argc, argv, "--json", 0) != NULL;
	struct backup b = { .lock = -1 };
	json_t *manifest = NULL;
	int status = COMMAND_DONE;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != 2)
		return command_usage();
	umask(077);
	if (open_folder(&b, argv[1], &e) == -1 || command_home(&c, &e) == -1 ||
	    copy_base(&b, &e) == -1 || copy_trees(&b, &e) == -1 ||
	    copy_accounts(&b, &e) == -1 || copy_spool(&b, &e) == -1)
		status = command_fail(&e);
	if (status == COMMAND_DONE && b.missing > 0) {
		err_set(&e, ERR_HOLD,
		    "%" PRId64 " bundles of the base have no file in the "
		    "spool: the backup before is kept",
		    b.missing);
		status = command_fail(&e);
	}
	if (status == COMMAND_DONE && publish(&b, &manifest, &e) == -1)
		status = command_fail(&e);
	if (status == COMMAND_DONE && as_json) {
		json_dumpf(manifest, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (status == COMMAND_DONE) {
		print(&b);
	}
	json_decref(manifest);
	if (b.lock != -1)
		(void)close(b.lock);
	return status;
}
