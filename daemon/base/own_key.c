#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own_key.h"
#include "sys/mem.h"

int
own_keys_read(struct db *db, struct own_keys *ret_k, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	memset(ret_k, 0, sizeof(*ret_k));
	rc = db_query(db, &st, e,
	    "SELECT blob, fingerprint, since, coalesce(until, ''),"
	    " coalesce(until_seq, ?) FROM receipt_key_t ORDER BY until IS NOT"
	    " NULL, no DESC",
	    "i", INT64_MAX);
	for (; rc == 1; rc = db_next(db, st, e)) {
		const unsigned char *public =
		    sign_blob_public(sqlite3_column_blob(st, 0),
			(size_t)sqlite3_column_bytes(st, 0));
		struct own_key *k;

		if (public == NULL)
			continue;
		ret_k->key = xreallocarray(ret_k->key, ret_k->n + 1,
		    sizeof(*ret_k->key));
		k = &ret_k->key[ret_k->n++];
		memcpy(k->public, public, sizeof(k->public));
		snprintf(k->fingerprint, sizeof(k->fingerprint), "%s",
		    db_text(st, 1));
		snprintf(k->since, sizeof(k->since), "%s", db_text(st, 2));
		snprintf(k->until, sizeof(k->until), "%s", db_text(st, 3));
		k->until_seq = sqlite3_column_int64(st, 4);
	}
	db_done(st);
	return rc;
}

void
own_keys_done(struct own_keys *k)
{
	free(k->key);
	k->key = NULL;
	k->n = 0;
}

const struct own_key *
own_keys_find(const struct own_keys *k, const void *blob, size_t len)
{
	const unsigned char *public = sign_blob_public(blob, len);

	for (size_t i = 0; public != NULL && i < k->n; i++)
		if (memcmp(k->key[i].public, public, SIGN_PUBLIC_BYTES) == 0)
			return &k->key[i];
	return NULL;
}

int
own_keys_change(struct db *db, const struct buf *blob, int64_t seq,
    const char *now, const char *until, struct err *e)
{
	char print[64];

	sign_fingerprint(blob->data, blob->len, print);
	if (db_run(db, e,
		"UPDATE receipt_key_t SET until = ?, until_seq = ? WHERE until"
		" IS NULL",
		"ti", until, seq) == -1)
		return -1;
	return db_run(db, e,
	    "INSERT INTO receipt_key_t (blob, fingerprint, since) VALUES"
	    " (?,?,?) ON CONFLICT (blob) DO UPDATE SET until = NULL,"
	    " until_seq = NULL",
	    "btt", (const void *)blob->data, blob->len, print, now);
}

void
own_key_line(const struct own_key *k, struct buf *b)
{
	sign_public_put(k->public, b);
}
