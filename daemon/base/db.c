#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uthash.h>

#include "base/db.h"
#include "base/tables.h"
#include "sys/log.h"
#include "sys/mem.h"

enum { LOG_BYTES = 16 << 20, BUSY_MS = 10000 };

struct db_statement {
	char *sql;
	sqlite3_stmt *st;
	UT_hash_handle hh;
};

static int
fault(struct db *db, struct err *e, const char *what)
{
	int full = sqlite3_errcode(db->handle) == SQLITE_FULL;

	db->broken = db->writing;
	return err_set(e, full ? ERR_RETRY : ERR_HOLD, "base: %s: %s", what,
	    sqlite3_errmsg(db->handle));
}

int
db_exec(struct db *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fault(db, e, "cannot execute");
	return 0;
}

static int
make_tables(struct db *db, struct err *e)
{
	for (size_t i = 0; tables_sql[i] != NULL; i++)
		if (db_exec(db, tables_sql[i], e) == -1)
			return -1;
	return 0;
}

/*
 * SQLite makes every path absolute, and a role that gave up root may not be
 * able to walk there. We never leave the instance directory: keep it as it is.
 */
static int
path_as_given(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", path);
	return SQLITE_OK;
}

static const char *
plain_vfs(void)
{
	static sqlite3_vfs plain;

	if (plain.zName == NULL) {
		plain = *sqlite3_vfs_find(NULL);
		plain.zName = "zayton";
		plain.pNext = NULL;
		plain.xFullPathname = path_as_given;
		(void)sqlite3_vfs_register(&plain, 0);
	}
	return plain.zName;
}

/* A process has one thread and no use for SQLite's own accounts of memory. */
static void
configure(void)
{
	static int done;

	if (done)
		return;
	done = 1;
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 512, 512);
}

static int
open_handle(const char *path, int flags, struct db **ret_db, struct err *e)
{
	struct db *db = xcalloc(1, sizeof(*db));

	configure();
	if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX,
		plain_vfs()) != SQLITE_OK) {
		err_set(e, ERR_HOLD, "cannot open the base '%s': %s", path,
		    sqlite3_errmsg(db->handle));
		db_close(db);
		return -1;
	}
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	*ret_db = db;
	return 0;
}

/*
 * Gives the write-ahead log blocks of its own: a commit into a file that need
 * not grow costs a third. Zeros behind the last frame mean nothing to SQLite.
 */
static int
fill_log(const char *path, struct err *e)
{
	static const char zeros[1 << 16];
	char name[256];
	struct stat s;
	int fd;
	int rc = 0;

	snprintf(name, sizeof(name), "%s-wal", path);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &s) == -1)
		rc = -1;
	while (rc == 0 && s.st_size < LOG_BYTES) {
		ssize_t n = pwrite(fd, zeros, sizeof(zeros), s.st_size);

		if (n <= 0)
			rc = -1;
		s.st_size += n;
	}
	if (rc == 0)
		rc = fsync(fd);
	if (rc == -1)
		(void)err_errno(e, ERR_RETRY, "cannot fill '%s'", name);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/*
 * All of the log goes into the base, and none of it stays in the file. 1 done,
 * 0 somebody reads from it. A crash here leaves a short log, which is filled at
 * the next start.
 */
static int
empty_log(struct db *db, struct err *e)
{
	int rc;

	(void)sqlite3_busy_timeout(db->handle, 0);
	rc = sqlite3_wal_checkpoint_v2(db->handle, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (rc == SQLITE_BUSY)
		return 0;
	if (rc != SQLITE_OK)
		return err_set(e, ERR_RETRY, "the log cannot be emptied: %s",
		    sqlite3_errstr(rc));
	return fill_log(sqlite3_db_filename(db->handle, NULL), e) == -1 ? -1
									: 1;
}

int
db_open(const char *path, struct db **ret_db, struct err *e)
{
	static const char pragmas[] =
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA mmap_size=0; PRAGMA cache_size=-65536;"
	    "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=16000;"
	    "PRAGMA journal_size_limit=67108864;"
	    /* What a failed fsync left in memory only is written anew. */
	    "PRAGMA wal_checkpoint(PASSIVE);";

	if (open_handle(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		ret_db, e) == -1)
		return -1;
	if (db_exec(*ret_db, pragmas, e) == 0 && make_tables(*ret_db, e) == 0 &&
	    empty_log(*ret_db, e) != -1)
		return 0;
	db_close(*ret_db);
	return -1;
}

int
db_open_read(const char *path, struct db **ret_db, struct err *e)
{
	if (open_handle(path, SQLITE_OPEN_READONLY, ret_db, e) == -1)
		return -1;
	return db_exec(*ret_db, "PRAGMA temp_store=MEMORY", e);
}

int
db_open_memory(struct db **ret_db, struct err *e)
{
	if (open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		ret_db, e) == -1)
		return -1;
	return make_tables(*ret_db, e);
}

/* In one step, so in one read transaction: whoever writes meanwhile is late. */
static int
copy_pages(struct db *from, struct db *to, struct err *e)
{
	sqlite3_backup *b =
	    sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int rc = b != NULL ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;

	(void)sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return err_set(e, ERR_RETRY, "the base cannot be copied: %s",
		    sqlite3_errstr(rc));
	return 0;
}

int
db_copy(struct db *db, const char *path, struct err *e)
{
	struct db *to = NULL;
	int rc;

	(void)unlink(path);
	if (open_handle(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to,
		e) == -1)
		return -1;
	/* Its own journal would be of no use: half a copy is thrown away. */
	rc = db_exec(to, "PRAGMA journal_mode=OFF", e) == -1
		 ? -1
		 : copy_pages(db, to, e);
	db_close(to);
	if (rc == -1)
		(void)unlink(path);
	return rc;
}

void
db_close(struct db *db)
{
	struct db_statement *s, *next;

	if (db == NULL)
		return;
	HASH_ITER(hh, db->statements, s, next)
	{
		HASH_DEL(db->statements, s);
		(void)sqlite3_finalize(s->st);
		free(s->sql);
		free(s);
	}
	(void)sqlite3_close(db->handle);
	free(db);
}

int
db_begin(struct db *db, struct err *e)
{
	if (db->writing)
		return 0;
	if (db_exec(db, "BEGIN IMMEDIATE", e) == -1)
		return -1;
	db->writing = 1;
	return 0;
}

int
db_forget(struct db *db, struct err *e)
{
	db->forgets = 1;
	return db_exec(db, "PRAGMA secure_delete = ON", e);
}

int
db_commit(struct db *db, struct err *e)
{
	int rc;

	if (!db->writing)
		return 0;
	if (db_exec(db, "COMMIT", e) == -1)
		return -1;
	db->writing = 0;
	if (!db->forgets)
		return 0;
	rc = empty_log(db, e);
	db->forgets = rc == 0;
	return rc == -1 ? -1 : 0;
}

int
db_writing(const struct db *db)
{
	return db->writing;
}

int
db_broken(const struct db *db)
{
	return db->broken;
}

sqlite3_stmt *
db_prepare(struct db *db, const char *sql)
{
	struct db_statement *s;

	HASH_FIND_STR(db->statements, sql, s);
	if (s != NULL)
		return s->st;
	s = xcalloc(1, sizeof(*s));
	s->sql = xstrdup(sql);
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
		&s->st, NULL) != SQLITE_OK)
		log_fatal("- base: %s in: %s", sqlite3_errmsg(db->handle), sql);
	HASH_ADD_KEYPTR(hh, db->statements, s->sql, strlen(s->sql), s);
	return s->st;
}

static void
bind(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	const void *p;
	const char *text;

	for (int i = 1; *fmt != '\0'; fmt++, i++)
		switch (*fmt) {
		case 't':
			text = va_arg(ap, const char *);
			(void)sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
			break;
		case 'i':
			(void)sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'd':
			(void)sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		default:
			p = va_arg(ap, const void *);
			(void)sqlite3_bind_blob64(st, i, p, va_arg(ap, size_t),
			    SQLITE_STATIC);
			break;
		}
}

int
db_step(struct db *db, sqlite3_stmt *st, int writes, struct err *e)
{
	if (writes && db_begin(db, e) == -1)
		return -1;
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fault(db, e, sqlite3_sql(st));
	}
}

int
db_next(struct db *db, sqlite3_stmt *st, struct err *e)
{
	return db_step(db, st, 0, e);
}

void
db_done(sqlite3_stmt *st)
{
	if (st == NULL)
		return;
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

int
db_run(struct db *db, struct err *e, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st = db_prepare(db, sql);
	va_list ap;
	int rc;

	va_start(ap, fmt);
	bind(st, fmt, ap);
	va_end(ap);
	rc = db_step(db, st, 1, e);
	db_done(st);
	return rc == -1 ? -1 : 0;
}

int
db_query(struct db *db, sqlite3_stmt **ret_st, struct err *e, const char *sql,
    const char *fmt, ...)
{
	va_list ap;

	*ret_st = db_prepare(db, sql);
	va_start(ap, fmt);
	bind(*ret_st, fmt, ap);
	va_end(ap);
	return db_step(db, *ret_st, 0, e);
}

int64_t
db_int(struct db *db, int64_t fallback, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st = db_prepare(db, sql);
	int64_t v = fallback;
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	bind(st, fmt, ap);
	va_end(ap);
	if (db_step(db, st, 0, &e) == 1 &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL)
		v = sqlite3_column_int64(st, 0);
	db_done(st);
	return v;
}

const char *
db_text(sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return text != NULL ? (const char *)text : "";
}
