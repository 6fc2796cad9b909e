#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outbox.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/message.h"

enum { PATH_BYTES = 512 };

int
outbox_put(struct db *db, const char *account, const char *path,
    const void *data, size_t len, int sign, struct err *e)
{
	return db_run(db, e,
	    "INSERT INTO outbox_t (account, path, body, gone, signed) VALUES"
	    " (?,?,?,?,?) ON CONFLICT (account, path) DO UPDATE SET"
	    " body = excluded.body, gone = excluded.gone,"
	    " signed = excluded.signed, sig = NULL, placed = 0",
	    "ttbii", account, path, data != NULL ? data : "", len,
	    (int64_t)(data == NULL), (int64_t)sign);
}

int
outbox_put_all(struct db *db, const char *provider, const char *path,
    const void *data, size_t len, int sign, struct err *e)
{
	char account[64][ACCOUNT_TEXT];
	sqlite3_stmt *st;
	size_t n = 0;
	int rc = db_query(db, &st, e,
	    "SELECT name FROM account_t WHERE provider = ? AND role IN"
	    " ('department', 'enterprise') ORDER BY name LIMIT 64",
	    "t", provider);

	for (; rc == 1; rc = db_next(db, st, e))
		snprintf(account[n++], ACCOUNT_TEXT, "%s", db_text(st, 0));
	db_done(st);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = outbox_put(db, account[i], path, data, len, sign, e);
	return rc;
}

/* --- placing ------------------------------------------------------------ */

struct letter {
	int64_t no;
	char account[ACCOUNT_TEXT];
	char path[PATH_BYTES]; /* below the instance */
	size_t base;           /* where the account's folder ends in it */
	int gone;
	int sign;
	struct buf body;
};

static int
next_waiting(struct db *db, struct letter *l, struct err *e)
{
	enum { BODY_MAX = 64 << 20 };
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT no, account, path, body, gone, signed FROM outbox_t"
	    " WHERE placed = 0 ORDER BY no LIMIT 1",
	    "");

	buf_init(&l->body, BODY_MAX);
	if (rc == 1) {
		l->no = sqlite3_column_int64(st, 0);
		snprintf(l->account, sizeof(l->account), "%s", db_text(st, 1));
		l->base = (size_t)snprintf(l->path, sizeof(l->path),
		    "%s/%s/reports/", HOME_ACCOUNTS, l->account);
		snprintf(l->path + l->base, sizeof(l->path) - l->base, "%s",
		    db_text(st, 2));
		buf_add(&l->body, sqlite3_column_blob(st, 3),
		    (size_t)sqlite3_column_bytes(st, 3));
		l->gone = sqlite3_column_int(st, 4);
		l->sign = sqlite3_column_int(st, 5);
	}
	db_done(st);
	return rc;
}

/* The folders on the way to a file. */
static int
make_folders(struct letter *l, struct err *e)
{
	for (char *s = strchr(l->path + l->base, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		int rc;

		*s = '\0';
		rc = file_mkdir(AT_FDCWD, l->path, 0755, e);
		*s = '/';
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
place_signed(struct db *db, struct letter *l, outbox_sign_fn *sign, void *arg,
    struct err *e)
{
	unsigned char sha512[HASH_SHA512_BYTES];
	char beside[PATH_BYTES + 8];
	char *sig;
	int rc;

	hash_sha512(l->body.data, l->body.len, sha512);
	sig = sign(arg, sha512, e);
	if (sig == NULL)
		return -1;
	snprintf(beside, sizeof(beside), "%s.sig", l->path);
	rc = file_publish(AT_FDCWD, beside, sig, strlen(sig), 0644, e) == -1
		 ? -1
		 : db_run(db, e, "UPDATE outbox_t SET sig = ? WHERE no = ?",
		       "ti", sig, l->no);
	free(sig);
	return rc;
}

static int
place(struct db *db, struct letter *l, outbox_sign_fn *sign, void *arg,
    struct err *e)
{
	if (l->gone) {
		if (unlink(l->path) == -1 && errno != ENOENT)
			log_warn("- cannot take away '%s'", l->path);
		return 0;
	}
	if (make_folders(l, e) == -1 ||
	    file_publish(AT_FDCWD, l->path, l->body.data, l->body.len, 0644,
		e) == -1)
		return -1;
	return l->sign ? place_signed(db, l, sign, arg, e) : 0;
}

int
outbox_place_next(struct db *db, outbox_sign_fn *sign, void *arg, struct err *e)
{
	struct letter l;
	struct err why;
	int rc = next_waiting(db, &l, e);

	/* A folder that is not there stops nobody else: at the next start. */
	if (rc == 1 && place(db, &l, sign, arg, &why) == -1) {
		log_error("- cannot place '%s': %s", l.path, why.en);
		rc = db_run(db, e,
			 "UPDATE outbox_t SET placed = -1 WHERE no = ?", "i",
			 l.no) == -1
			 ? -1
			 : 1;
	} else if (rc == 1) {
		rc = db_run(db, e,
			 l.sign ? "UPDATE outbox_t SET placed = 1 WHERE no = ?"
				: "DELETE FROM outbox_t WHERE no = ?",
			 "i", l.no) == -1
			 ? -1
			 : 1;
	}
	buf_done(&l.body);
	return rc;
}

int
outbox_recover(struct db *db, struct err *e)
{
	return db_run(db, e, "UPDATE outbox_t SET placed = 0 WHERE placed = -1",
	    "");
}
