#ifndef ZAYTON_BASE_LEDGER_H
#define ZAYTON_BASE_LEDGER_H

#include <stdint.h>

#include "base/db.h"
#include "sys/message.h"

/*
 * The ledger: one line for every move and every change of rights or rules,
 * chained by SHA-256. A line's hash is that of
 *   prev \n seq \n at \n kind \n account \n bundle \n detail \n
 * detail is JSON with sorted keys. The first line's prev is 64 zeros.
 */

struct ledger_line {
	int64_t seq;
	char prev[DIGEST_TEXT];
	char hash[DIGEST_TEXT];
};

/* The seq and prev the next line will have. */
int ledger_next(struct db *db, struct ledger_line *ret_l, struct err *e);

/* Appends a line within the current transaction; ret_l may be NULL. */
int ledger_append(struct db *db, const char *at, const char *kind,
    const char *account, const char *bundle, const char *detail,
    struct ledger_line *ret_l, struct err *e);

/*
 * Follows the whole chain. 1 it holds (ret_lines how many), 0 it breaks at
 * ret_lines, -1.
 */
int ledger_verify(struct db *db, int64_t *ret_lines, struct err *e);

#endif
