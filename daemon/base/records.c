#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/records.h"
#include "form/decode.h"
#include "rule/pack.h"
#include "sys/home.h"

/* The pack by whose rules the records were made, out of the base. */
static int
load(struct records *r, struct err *e)
{
	sqlite3_stmt *st;
	int fd = memfd_create("pack", MFD_CLOEXEC);
	int rc = db_query(r->db, &st, e,
	    "SELECT body FROM pack_t WHERE sha256 = (SELECT pack FROM"
	    " record_rules_t ORDER BY no DESC LIMIT 1)",
	    "");

	if (rc == 1) {
		const char *body = sqlite3_column_blob(st, 0);
		size_t len = (size_t)sqlite3_column_bytes(st, 0);

		rc = fd == -1 || write(fd, body, len) != (ssize_t)len
			 ? err_errno(e, ERR_RETRY, "cannot hold a pack")
			 : pack_map(fd, &r->pack, e);
	} else if (rc == 0) {
		rc = err_set(e, ERR_HOLD,
		    "no records were made yet: start the server once");
	}
	db_done(st);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
records_open(struct pack *p, struct records *r, struct err *e)
{
	int rc;

	memset(r, 0, sizeof(*r));
	r->pack = p;
	rc = decoder_prepare(e);
	if (rc == 0)
		rc = db_open_read(HOME_BASE, &r->db, e);
	if (rc == 0 && p == NULL)
		rc = load(r, e);
	if (rc == 0)
		rc = schemas_read(r->pack, &r->schemas, e);
	if (rc == 0) {
		rc = record_rules_read(r->pack, r->schemas, &r->rules, e);
		rc = rc == 0   ? err_set(e, ERR_HOLD,
				     "there are no rules/link.lua and "
				       "rules/overwrite.lua")
		     : rc == 1 ? 0
			       : rc;
	}
	if (rc == 0)
		rc = golden_open(r->db, r->rules.overwrite, r->schemas,
		    &r->golden, e);
	if (rc == -1)
		records_close(r);
	return rc;
}

void
records_close(struct records *r)
{
	golden_close(r->golden);
	record_rules_free(&r->rules);
	schemas_free(r->schemas);
	pack_free(r->pack);
	db_close(r->db);
	memset(r, 0, sizeof(*r));
}
