#include <string.h>

#include "form/decode.h"
#include "golden/records.h"
#include "rule/pack.h"
#include "sys/home.h"

/* The pack by whose rules the records were made. */
static int
load(struct records *r, struct err *e)
{
	char sha256[65];

	if (linking_pack(r->db, sha256, e) == -1)
		return -1;
	if (sha256[0] == '\0')
		return err_set(e, ERR_HOLD,
		    "no records were made yet: start the server once");
	return standing_pack(r->db, sha256, &r->pack, e);
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
		r->golden = golden_new(r->db, r->rules.overwrite, r->schemas);
	if (rc == -1)
		records_close(r);
	return rc;
}

void
records_close(struct records *r)
{
	golden_free(r->golden);
	record_rules_free(&r->rules);
	schemas_free(r->schemas);
	pack_free(r->pack);
	db_close(r->db);
	memset(r, 0, sizeof(*r));
}
