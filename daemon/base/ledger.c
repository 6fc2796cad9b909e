#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ledger.h"
#include "sys/buf.h"
#include "sys/hash.h"

enum { LINE_MAX_BYTES = 1 << 20 };

static void
line_hash(const char *prev, int64_t seq, const char *at, const char *kind,
    const char *account, const char *bundle, const char *detail, char *hex)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	buf_printf(&b, "%s\n%" PRId64 "\n%s\n%s\n%s\n%s\n%s\n", prev, seq, at,
	    kind, account, bundle, detail);
	hash_sha256_hex(b.data, b.len, hex);
	buf_done(&b);
}

int
ledger_next(struct db *db, struct ledger_line *ret_l, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	memset(ret_l, 0, sizeof(*ret_l));
	rc = db_query(db, &st, e,
	    "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", "");
	if (rc == 1) {
		ret_l->seq = sqlite3_column_int64(st, 0) + 1;
		snprintf(ret_l->prev, sizeof(ret_l->prev), "%s",
		    db_text(st, 1));
	} else {
		ret_l->seq = 1;
		memset(ret_l->prev, '0', sizeof(ret_l->prev) - 1);
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

int
ledger_append(struct db *db, const char *at, const char *kind,
    const char *account, const char *bundle, const char *detail,
    struct ledger_line *ret_l, struct err *e)
{
	struct ledger_line l;

	if (ledger_next(db, &l, e) == -1)
		return -1;
	line_hash(l.prev, l.seq, at, kind, account, bundle, detail, l.hash);
	if (db_run(db, e, "INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?)",
		"ittttttt", l.seq, at, kind, account, bundle, detail, l.prev,
		l.hash) == -1)
		return -1;
	if (ret_l != NULL)
		*ret_l = l;
	return 0;
}

int
ledger_verify(struct db *db, int64_t *ret_lines, struct err *e)
{
	char prev[DIGEST_TEXT];
	char hash[DIGEST_TEXT];
	sqlite3_stmt *st;
	int64_t n = 0;
	int good = 1;
	int rc;

	memset(prev, '0', sizeof(prev) - 1);
	prev[sizeof(prev) - 1] = '\0';
	rc = db_query(db, &st, e,
	    "SELECT seq, at, kind, account, bundle, detail, prev, hash"
	    " FROM ledger ORDER BY seq",
	    "");
	for (; rc == 1 && good; rc = db_next(db, st, e)) {
		line_hash(prev, sqlite3_column_int64(st, 0), db_text(st, 1),
		    db_text(st, 2), db_text(st, 3), db_text(st, 4),
		    db_text(st, 5), hash);
		good = sqlite3_column_int64(st, 0) == ++n &&
		       strcmp(db_text(st, 6), prev) == 0 &&
		       strcmp(db_text(st, 7), hash) == 0;
		memcpy(prev, hash, sizeof(prev));
		if (!good)
			break;
	}
	db_done(st);
	*ret_lines = n;
	return rc == -1 ? -1 : good;
}
