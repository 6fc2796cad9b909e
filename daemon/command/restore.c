#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ledger.h"
#include "command/backup.h"
#include "command/command.h"
#include "sys/copy.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/member.h"
#include "sys/spool.h"

/*
 * zayton restore BACKUP DIR: an instance out of a backup, every bundle in the
 * state that the base says, each file held against its digest.
 */

enum { MANIFEST_MAX = 65536, PIECE = 1 << 20 };

struct restore {
	char from[2048]; /* the backup, absolute */
	json_t *manifest;
	struct db *db;
	struct copy_count n;
	int64_t bundles;
	int64_t bad;
};

static void
path_of(const struct restore *r, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", r->from, name);
}

static int
read_manifest(struct restore *r, const char *dir, struct err *e)
{
	char path[PATH_MAX];
	struct buf b;
	int rc = 0;

	if (realpath(dir, path) == NULL || strlen(path) >= sizeof(r->from))
		return err_errno(e, ERR_HOLD, "cannot enter '%s'", dir);
	memcpy(r->from, path, strlen(path) + 1);
	path_of(r, BACKUP_MANIFEST, path);
	buf_init(&b, MANIFEST_MAX);
	rc = file_read(AT_FDCWD, path, &b, e);
	if (rc == 0)
		r->manifest = json_loadb(b.data, b.len, 0, NULL);
	buf_done(&b);
	if (rc == 0 &&
	    json_integer_value(json_object_get(r->manifest, "backup")) != 1)
		rc = err_set(e, ERR_HOLD, "'%s' is not a whole backup", dir);
	return rc;
}

/* Only a folder of its own, so that nothing of another instance stays. */
static int
enter_new(const char *dir, struct err *e)
{
	struct dirent *entry;
	int empty = 1;
	DIR *d;

	if (file_mkdir(AT_FDCWD, dir, 0755, e) == -1)
		return -1;
	d = opendir(dir);
	if (d == NULL || chdir(dir) == -1) {
		if (d != NULL)
			(void)closedir(d);
		return err_errno(e, ERR_HOLD, "cannot enter '%s'", dir);
	}
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			empty = 0;
	(void)closedir(d);
	return empty ? 0
		     : err_set(e, ERR_HOLD,
			   "'%s' is not empty: name a new folder", dir);
}

/* The base, and whether its ledger is the one that was backed up. */
static int
restore_base(struct restore *r, struct err *e)
{
	const json_t *said = json_object_get(r->manifest, "ledger");
	const char *name = member_text(r->manifest, "base");
	char path[PATH_MAX], hash[DIGEST_TEXT];
	int64_t seq, lines;

	path_of(r, name, path);
	if (strchr(name, '/') != NULL ||
	    copy_file(path, HOME_BASE, &r->n, e) == -1 ||
	    db_open_read(HOME_BASE, &r->db, e) == -1 ||
	    backup_ledger(r->db, &seq, hash, e) == -1)
		return -1;
	if (seq != json_integer_value(json_object_get(said, "seq")) ||
	    strcmp(hash, member_text(said, "hash")) != 0 ||
	    ledger_verify(r->db, &lines, e) != 1)
		return err_set(e, ERR_HOLD,
		    "the base of the backup is damaged: its ledger does not "
		    "hold");
	return 0;
}

static int
restore_trees(struct restore *r, struct err *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; backup_trees[i] != NULL; i++) {
		path_of(r, backup_trees[i], path);
		if (copy_tree(path, backup_trees[i], &r->n, e) == -1)
			return -1;
	}
	path_of(r, HOME_ACCOUNTS, path);
	return copy_tree(path, HOME_ACCOUNTS, &r->n, e);
}

/* --- bundles ------------------------------------------------------------ */

/* The SHA-256 of a file as hex; "" where it cannot be read. */
static void
digest_of(const char *path, char hex[DIGEST_TEXT])
{
	static char piece[PIECE];
	unsigned char digest[HASH_SHA256_BYTES];
	struct hash *h = hash_new(HASH_SHA256);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd != -1 && (n = read(fd, piece, sizeof(piece))) > 0)
		hash_add(h, piece, (size_t)n);
	hash_end(h, digest);
	hash_free(h);
	hex[0] = '\0';
	if (n == 0)
		hash_hex(digest, sizeof(digest), hex);
	if (fd != -1)
		(void)close(fd);
}

static int
restore_bundle(struct restore *r, sqlite3_stmt *q, struct err *e)
{
	char from[PATH_MAX], to[PATH_MAX], file[SPOOL_TEXT], hex[DIGEST_TEXT];

	if (backup_file(q, file) == -1)
		return err_set(e, ERR_HOLD, "%s has no file name",
		    db_text(q, 0));
	snprintf(from, sizeof(from), "%s/" BACKUP_SPOOL "/%s", r->from, file);
	snprintf(to, sizeof(to), HOME_SPOOL "/%.16s/%s", db_text(q, 4), file);
	if (copy_file(from, to, &r->n, e) == -1)
		return -1;
	r->bundles++;
	digest_of(to, hex);
	if (strcmp(hex, db_text(q, 5)) != 0) {
		r->bad++;
		fprintf(stderr,
		    "zayton: %s %s: 备份中的文件与摘要不符 / its file in the "
		    "backup is not what the ledger says\n",
		    db_text(q, 0), db_text(q, 3));
	}
	return 0;
}

static int
restore_bundles(struct restore *r, struct err *e)
{
	sqlite3_stmt *q;
	int rc = db_query(r->db, &q, e,
	    "SELECT id, kind, account, name, state, sha256 FROM bundle_t b"
	    " WHERE NOT EXISTS (SELECT 1 FROM dropped_t d WHERE d.what ="
	    " 'bundle' AND d.no = b.no)",
	    "");

	for (; rc == 1; rc = db_next(r->db, q, e))
		if (restore_bundle(r, q, e) == -1) {
			rc = -1;
			break;
		}
	db_done(q);
	return rc;
}

/* The configuration last: where it stands, the instance is whole. */
static int
restore_conf(struct restore *r, struct err *e)
{
	char path[PATH_MAX];

	path_of(r, HOME_CONF, path);
	return copy_file(path, HOME_CONF, &r->n, e) == -1 ? -1
							  : copy_sync(".", e);
}

int
restore_command(int argc, char **argv)
{
	struct restore r = { .bundles = 0 };
	int status = COMMAND_DONE;
	struct err e;

	if (command_unknown(argc, argv) || argc != 3)
		return command_usage();
	if (read_manifest(&r, argv[1], &e) == -1 ||
	    enter_new(argv[2], &e) == -1 || home_folders(&e) == -1 ||
	    restore_base(&r, &e) == -1 || restore_trees(&r, &e) == -1 ||
	    restore_bundles(&r, &e) == -1 || restore_conf(&r, &e) == -1)
		status = command_fail(&e);
	else
		printf("已恢复 / restored: %" PRId64 " 个数据包 / bundles, "
		       "%" PRIu64 " 个文件 / files; %" PRId64
		       " 个不符 / that do not match\n",
		    r.bundles, r.n.files, r.bad);
	if (status == COMMAND_DONE && r.bad > 0)
		status = COMMAND_FAULTS;
	db_close(r.db);
	json_decref(r.manifest);
	return status;
}
