#ifndef ZAYTON_GOLDEN_RECORDS_H
#define ZAYTON_GOLDEN_RECORDS_H

#include "golden/golden.h"
#include "golden/linking.h"

/*
 * Records read by a command: the base beside a running keeper, with the rules
 * that the records were made by, or those of another pack for a comparison.
 */
struct records {
	struct db *db;
	struct pack *pack;
	struct schemas *schemas;
	struct record_rules rules;
	struct golden *golden;
};

/* p NULL: the rules the base was made by. Takes p. ERR_HOLD. */
int records_open(struct pack *p, struct records *ret_r, struct err *e);
void records_close(struct records *r);

#endif
