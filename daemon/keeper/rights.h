#ifndef ZAYTON_KEEPER_RIGHTS_H
#define ZAYTON_KEEPER_RIGHTS_H

#include <jansson.h>

#include "base/admin.h"

/*
 * Which administrator may do what, and what a second one has to approve: one
 * table. What is not in it nobody may do on an instance with administrators.
 */

struct right {
	const char *what; /* of the request */
	const char *item; /* and how its item begins; NULL any */
	unsigned by;      /* bits of enum admin_role; 0: it only reads */
	unsigned second;  /* who may approve it; 0: nobody has to */
	int lone;         /* done at once while there is no such other one */
};

/* NULL where the table has no such request. */
const struct right *rights_of(const json_t *request);

/* Kinds of lines that stand in the ledger by an act alone; ends with NULL. */
extern const char *const rights_lines[];

#endif
