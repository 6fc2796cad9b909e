#ifndef ZAYTON_COMMAND_BACKUP_H
#define ZAYTON_COMMAND_BACKUP_H

#include <jansson.h>

#include "base/db.h"
#include "sys/spool.h"

/*
 * A backup is a folder:
 *   backup.json         what it holds; without it there is no backup
 *   exchange.SEQ.db     the base as it was when the ledger had SEQ lines
 *   spool/              every bundle's file, by its spool name
 *   keys/ schemas/ rules/ lua/ standards/ zayton.conf accounts/
 * Made again into the same folder it copies what is new; an interrupted one
 * leaves the one before as it was.
 */
#define BACKUP_MANIFEST "backup.json"
#define BACKUP_SPOOL    "spool"

/* What is copied as it is, below the instance. */
extern const char *const backup_trees[];

/* Below accounts/NAME: what the platform gave out. NULL-ended. */
extern const char *const backup_given[];

/* The last line of the ledger: 1, 0 it is empty, -1. */
int backup_ledger(struct db *db, int64_t *ret_seq, char ret_hash[DIGEST_TEXT],
    struct err *e);

/*
 * The spool file of a row whose first columns are id, kind, account, name:
 * 0, or -1 where they make no name.
 */
int backup_file(sqlite3_stmt *st, char ret_file[SPOOL_TEXT]);

#endif
