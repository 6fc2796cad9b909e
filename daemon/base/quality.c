#include "base/quality.h"

int
quality_sent(struct db *db, int64_t bundle, int64_t file,
    const struct rowfile_record *r, struct err *e)
{
	return db_run(db, e,
	    "INSERT OR REPLACE INTO quality_sent_t VALUES (?,?,?,?,?)", "iiitt",
	    bundle, file, (int64_t)r->line, r->cells, r->mended);
}

int
quality_forget(struct db *db, int64_t bundle, struct err *e)
{
	return db_run(db, e, "DELETE FROM quality_sent_t WHERE bundle = ?", "i",
		   bundle) == -1 ||
		       db_run(db, e,
			   "DELETE FROM quality_metric_t WHERE bundle = ?", "i",
			   bundle) == -1
		   ? -1
		   : 0;
}
