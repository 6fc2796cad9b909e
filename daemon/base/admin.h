#ifndef ZAYTON_BASE_ADMIN_H
#define ZAYTON_BASE_ADMIN_H

#include <jansson.h>

#include "base/db.h"

/*
 * The administrators and the keys they sign with. Three roles, kept apart:
 * who runs the system, who says who may see what, who looks at what both did.
 * A key is one administrator's and is never forgotten, so that what it signed
 * can be checked for ever; whose office has ended signs no more.
 */

enum admin_role { ADMIN_SYSTEM, ADMIN_SECURITY, ADMIN_AUDIT, ADMIN_ROLES };

enum { ADMIN_NAME = 64, ADMIN_PRINT = 64 };

struct admin {
	char name[ADMIN_NAME];
	enum admin_role role;
	char fingerprint[ADMIN_PRINT];
};

/* "admin", "security", "audit". */
const char *admin_role_name(enum admin_role role);

/* How many are in office, of these roles (bits); but not this one (or NULL). */
int64_t admin_count(struct db *db, unsigned roles, const char *but);

/* Whose key this is (wire form): 1, 0 nobody's in office, -1. */
int admin_by_key(struct db *db, const void *blob, size_t len,
    struct admin *ret_a, struct err *e);

/* The same for the one who was in office at that line of the ledger. */
int admin_at(struct db *db, const void *blob, size_t len, int64_t seq,
    struct admin *ret_a, struct err *e);

/* "admin add", "admin remove", "admin list", in a transaction of the caller. */
int admin_ask(struct db *db, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
