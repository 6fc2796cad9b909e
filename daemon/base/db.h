#ifndef ZAYTON_BASE_DB_H
#define ZAYTON_BASE_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "sys/err.h"

/*
 * The one door to SQLite: WAL, synchronous=FULL, no mmap, one writer. A
 * transaction begins with the first write of a round and ends with db_commit:
 * all that was promised in a round stands or falls together.
 */

struct db {
	sqlite3 *handle;
	int writing; /* a transaction is open */
	int broken;  /* a write failed: only a new start helps */
	int forgets; /* the log has what was deleted */
	struct db_statement *statements;
};

/* Opens or makes the base, with its tables, for the keeper alone. */
int db_open(const char *path, struct db **ret_db, struct err *e);
/* For reading, beside a keeper or without one. */
int db_open_read(const char *path, struct db **ret_db, struct err *e);
/* An empty one in memory, for a dry run at home. */
int db_open_memory(struct db **ret_db, struct err *e);
void db_close(struct db *db);

/*
 * A copy of the base as it is at this moment, while others write: a new file;
 * -1 with nothing left of it.
 */
int db_copy(struct db *db, const char *path, struct err *e);

/*
 * What the open transaction deletes is to stand in no file any more: no free
 * page keeps it, and the write-ahead log is emptied after the commit, or, while
 * somebody reads from it, after one of the next ones; at a new start always.
 */
int db_forget(struct db *db, struct err *e);

int db_begin(struct db *db, struct err *e);
/* Nothing to do where nothing was begun. */
int db_commit(struct db *db, struct err *e);
/* Whether something was written since. */
int db_writing(const struct db *db);
int db_broken(const struct db *db);

/*
 * Statements are prepared once and kept. fmt says what each further argument
 * is: t a text (NULL is null), i an int64_t, d a double, b a const void * and
 * a size_t. Texts must last until the statement is done.
 */

/* Runs a statement that gives no rows. Begins a transaction where needed. */
int db_run(struct db *db, struct err *e, const char *sql, const char *fmt, ...);

/*
 * Starts a query: 1 there is a first row, 0 none, -1. Read the columns of
 * *ret_st, go on with db_next, and end with db_done in any case.
 */
int db_query(struct db *db, sqlite3_stmt **ret_st, struct err *e,
    const char *sql, const char *fmt, ...);
int db_next(struct db *db, sqlite3_stmt *st, struct err *e);
void db_done(sqlite3_stmt *st);

/* A statement to bind and step by hand; kept like the others. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
/* As db_next, for such a statement; begins a transaction if writes is set. */
int db_step(struct db *db, sqlite3_stmt *st, int writes, struct err *e);

/* The first column of the first row; fallback where there is none. */
int64_t db_int(struct db *db, int64_t fallback, const char *sql,
    const char *fmt, ...);

/* A column as text, never NULL; lives until the statement goes on. */
const char *db_text(sqlite3_stmt *st, int column);

/* Several statements at once, for tables and views. */
int db_exec(struct db *db, const char *sql, struct err *e);

#endif
