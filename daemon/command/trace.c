#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db.h"
#include "command/command.h"
#include "command/trace_part.h"
#include "form/mark_weigh.h"
#include "sys/home.h"
#include "sys/mem.h"

/*
 * zayton trace: the marks in a file against those of each receiver. A table of
 * an extract, CSV or lines of JSON, its workbook or base, or a whole package.
 */

enum { NUMBERS_MAX = 64 };

/* ---- what a file is -------------------------------------------------------- */

static int
begins(const char *at, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(at, with, strlen(with)) == 0;
}

static int
read_bytes(struct mark_weigh *w, int fd, char *at, size_t len, struct err *e)
{
	if (begins(at, len, "SQLite format 3"))
		return trace_base(w, (unsigned char *)at, len, e);
	if (begins(at, len, "PK\x03\x04"))
		return trace_zip(w, fd, len, e);
	if (begins(at, len, "age-encryption.org"))
		return err_set(e, ERR_SENDER,
		    "it is encrypted: open it with age first");
	mark_weigh_text(w, at, len);
	return 0;
}

int
trace_file(struct mark_weigh *w, int fd, struct err *e)
{
	struct stat st;
	void *at;
	int rc;

	if (fstat(fd, &st) == -1 || st.st_size == 0)
		return err_set(e, ERR_SENDER, "it is empty");
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE,
	    fd, 0);
	if (at == MAP_FAILED)
		return err_errno(e, ERR_HOLD, "cannot read it");
	rc = read_bytes(w, fd, at, (size_t)st.st_size, e);
	(void)munmap(at, (size_t)st.st_size);
	return rc;
}

/* ---- a base ----------------------------------------------------------------- */

/* Rows as they lie there; of each the first cell that names an enterprise. */
static int
read_table(struct mark_weigh *w, struct db *db, const char *name, struct err *e)
{
	sqlite3_stmt *st;
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
	int rows = 0;
	int rc = db_query(db, &st, e, sql, "");

	mark_weigh_table(w);
	for (; rc == 1 && rows < MARK_LINES; rc = db_next(db, st, e), rows++)
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *s = db_text(st, i);

			if (mark_weigh_is_enterprise(s, strlen(s))) {
				mark_weigh_row(w, s);
				break;
			}
		}
	db_done(st);
	sqlite3_free(sql);
	return rc == -1 ? -1 : 0;
}

static int
read_tables(struct mark_weigh *w, struct db *db, struct err *e)
{
	enum { TABLES = 256 };
	char *name[TABLES];
	sqlite3_stmt *st;
	size_t n = 0;
	int rc = db_query(db, &st, e,
	    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE"
	    " 'CREATE TABLE%' ORDER BY rowid",
	    "");

	for (; rc == 1 && n < TABLES; rc = db_next(db, st, e))
		name[n++] = xstrdup(db_text(st, 0));
	db_done(st);
	for (size_t i = 0; i < n; i++) {
		if (rc != -1)
			rc = read_table(w, db, name[i], e);
		free(name[i]);
	}
	return rc == -1 ? -1 : 0;
}

/*
 * It may be anybody's: it is read in memory, its schema is not trusted. One
 * that was written with a journal beside it is read without.
 */
int
trace_base(struct mark_weigh *w, unsigned char *at, size_t size, struct err *e)
{
	enum { HEAD = 100, WRITES = 18, READS = 19 };
	struct db *db = NULL;
	int rc;

	if (size < HEAD)
		return err_set(e, ERR_SENDER, "it is cut short");
	at[WRITES] = at[READS] = 1;
	if (db_open_memory(&db, e) == -1)
		return -1;
	rc = sqlite3_deserialize(db->handle, "main", at, (sqlite3_int64)size,
		 (sqlite3_int64)size, SQLITE_DESERIALIZE_READONLY) == SQLITE_OK
		 ? db_exec(db, "PRAGMA trusted_schema=OFF", e)
		 : err_set(e, ERR_SENDER, "it is no base");
	if (rc == 0)
		rc = read_tables(w, db, e);
	db_close(db);
	return rc;
}

/* ---- the receivers ---------------------------------------------------------- */

static int
read_receivers(struct mark_weigh *w, struct err *e)
{
	struct db *db = NULL;
	sqlite3_stmt *st;
	int rc;

	if (db_open_read(HOME_BASE, &db, e) == -1)
		return -1;
	rc = db_query(db, &st, e,
	    "SELECT account, key FROM mark_t ORDER BY account", "");
	for (; rc == 1; rc = db_next(db, st, e))
		if (sqlite3_column_bytes(st, 1) == MARK_KEY)
			mark_weigh_add(w, db_text(st, 0),
			    sqlite3_column_blob(st, 1));
	db_done(st);
	db_close(db);
	return rc;
}

/* Per mille of all choices that are as the receiver's secret says. */
static unsigned
share(const struct mark_receiver *r)
{
	uint64_t all = r->all + r->pairs;

	return all == 0 ? 0 : (unsigned)(1000 * (r->good + r->ordered) / all);
}

static void
print(const struct mark_weigh *w, const char *path,
    const struct mark_receiver *best)
{
	uint64_t choices = w->n > 0 ? w->receiver[0].all : 0;
	uint64_t pairs = w->n > 0 ? w->receiver[0].pairs : 0;

	printf("%s: %s\n", path,
	    best != NULL ? best->account : "无法确定 / cannot be told");
	if (best == NULL && choices < MARK_CHOICES && pairs < MARK_PAIRS)
		printf("  所剩痕迹太少 / too little is left to tell by\n");
	else if (best == NULL)
		printf("  没有任何一家的标记：未曾提供，或排序和写法都已改变 / "
		       "the mark of none: never given out, or both its order "
		       "and its writing were made anew\n");
	for (size_t i = 0; i < w->n; i++) {
		const struct mark_receiver *r = &w->receiver[i];

		printf("  %-32s %3u.%u %%  %llu/%llu  %llu/%llu\n", r->account,
		    share(r) / 10, share(r) % 10, (unsigned long long)r->good,
		    (unsigned long long)r->all, (unsigned long long)r->ordered,
		    (unsigned long long)r->pairs);
	}
}

static int
trace_one(struct mark_weigh *w, const char *path, int fd, struct err *e)
{
	const struct mark_receiver *best;

	mark_weigh_file(w);
	if (trace_file(w, fd, e) == -1)
		return -1;
	best = mark_weigh_found(w);
	print(w, path, best);
	return best != NULL;
}

int
trace_command(int argc, char **argv)
{
	struct mark_weigh w = { .n = 0 };
	int file[NUMBERS_MAX];
	int status = COMMAND_DONE;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc < 2 || argc > NUMBERS_MAX)
		return command_usage();
	/* Paths are relative to where the command was called: open first. */
	for (int i = 1; i < argc; i++) {
		file[i] = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (file[i] == -1) {
			err_errno(&e, ERR_HOLD, "cannot open '%s'", argv[i]);
			return command_fail(&e);
		}
	}
	if (command_home(&c, &e) == -1 || trace_prepare(&e) == -1 ||
	    read_receivers(&w, &e) == -1)
		status = command_fail(&e);
	for (int i = 1; i < argc && status != COMMAND_USAGE; i++) {
		int rc = trace_one(&w, argv[i], file[i], &e);

		if (rc == -1)
			fprintf(stderr, "%s:\n", argv[i]);
		if (rc == -1)
			status = command_fail(&e);
		else if (rc == 0)
			status = COMMAND_FAULTS;
	}
	for (int i = 1; i < argc; i++)
		(void)close(file[i]);
	mark_weigh_done(&w);
	return status;
}
