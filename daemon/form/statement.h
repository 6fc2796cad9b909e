#ifndef ZAYTON_FORM_STATEMENT_H
#define ZAYTON_FORM_STATEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"
#include "sys/err.h"
#include "sys/message.h"

/*
 * What an administrator signs: the request itself, and the head of the ledger
 * that it was made at, so that it holds for this ledger and only once. A pure
 * part. Five lines:
 *   zayton-act 1
 *   ledger: NAME
 *   head: SEQ HASH
 *   at: RFC 3339
 *   request: JSON on one line, with sorted keys
 */

#define STATEMENT_NAMESPACE "zayton-act"

enum { STATEMENT_LEDGER = 40 };

struct statement {
	char ledger[STATEMENT_LEDGER];
	int64_t seq;
	char hash[DIGEST_TEXT];
	char at[40];
	const char *request; /* within the text it was read from */
	size_t request_len;
};

void statement_put(const struct statement *s, struct buf *b);

/*
 * Only what statement_put would have written just so. ERR_SENDER; ret_s lives
 * as long as the text.
 */
int statement_read(const char *text, size_t len, struct statement *ret_s,
    struct err *e);

#endif
