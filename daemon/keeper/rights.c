#include <stddef.h>
#include <string.h>

#include "keeper/rights.h"

enum {
	NOBODY = 0,
	SYSTEM = 1 << ADMIN_SYSTEM,
	SECURITY = 1 << ADMIN_SECURITY,
	AUDIT = 1 << ADMIN_AUDIT,
	READS = 0
};

static const struct right rights[] = {
	/* What everybody at the machine may ask. */
	{ "status", NULL, READS, NOBODY, 0 },
	{ "health", NULL, READS, NOBODY, 0 },
	{ "show", NULL, READS, NOBODY, 0 },
	{ "account list", NULL, READS, NOBODY, 0 },
	{ "admin list", NULL, READS, NOBODY, 0 },
	{ "key list", NULL, READS, NOBODY, 0 },
	{ "act list", NULL, READS, NOBODY, 0 },
	{ "review list", NULL, READS, NOBODY, 0 },
	{ "quality list", NULL, READS, NOBODY, 0 },
	{ "quality objections", NULL, READS, NOBODY, 0 },
	{ "tidy list", NULL, READS, NOBODY, 0 },
	{ "erase list", NULL, READS, NOBODY, 0 },
	{ "grant list", NULL, READS, NOBODY, 0 },
	{ "consent list", NULL, READS, NOBODY, 0 },
	{ "objection list", NULL, READS, NOBODY, 0 },
	/* What is due by rules and settings is done once more, now. */
	{ "quality run", NULL, READS, NOBODY, 0 },
	{ "quality done", NULL, READS, NOBODY, 0 },
	{ "tidy", NULL, READS, NOBODY, 0 },

	/* System administration: it runs, by the rules that were approved. */
	{ "retry", NULL, SYSTEM, NOBODY, 0 },
	{ "release", NULL, SYSTEM, NOBODY, 0 },
	{ "tidy", NULL, SYSTEM, NOBODY, 0 },
	{ "account add", NULL, SYSTEM, NOBODY, 0 },
	{ "account disable", NULL, SYSTEM | SECURITY, NOBODY, 0 },
	{ "account enable", NULL, SYSTEM, NOBODY, 0 },
	{ "account key add", NULL, SYSTEM, NOBODY, 0 },
	{ "account key remove", NULL, SYSTEM | SECURITY, NOBODY, 0 },
	{ "standards publish", NULL, SYSTEM, SYSTEM | SECURITY, 0 },
	{ "rules publish", NULL, SYSTEM, SYSTEM | SECURITY, 0 },
	{ "rules replay", NULL, SYSTEM, NOBODY, 0 },
	{ "review decide", "merge:", SYSTEM, SYSTEM | SECURITY, 0 },
	{ "review decide", NULL, SYSTEM, NOBODY, 0 },
	{ "review undo", NULL, SYSTEM, SYSTEM | SECURITY, 0 },
	{ "quality task add", NULL, SYSTEM, NOBODY, 0 },
	{ "quality accept", NULL, SYSTEM, NOBODY, 0 },
	{ "quality refuse", NULL, SYSTEM, NOBODY, 0 },

	/*
     * Security: who may see what. A grant that needs a second one waits for
     * its own approval, "grant approve", which asks for another person.
     */
	{ "grant add", NULL, SECURITY, NOBODY, 0 },
	{ "grant approve", NULL, SECURITY, NOBODY, 0 },
	{ "grant revoke", NULL, SECURITY, NOBODY, 0 },
	{ "grant suspend", NULL, SECURITY, NOBODY, 0 },
	{ "grant resume", NULL, SECURITY, NOBODY, 0 },
	{ "consent add", NULL, SECURITY, NOBODY, 0 },
	{ "consent confirm", NULL, SECURITY, NOBODY, 0 },
	{ "consent reject", NULL, SECURITY, NOBODY, 0 },
	{ "consent revoke", NULL, SECURITY, NOBODY, 0 },
	{ "objection answer", NULL, SECURITY, NOBODY, 0 },
	{ "key rotate", NULL, SECURITY, NOBODY, 0 },
	{ "key prepare", NULL, SECURITY, NOBODY, 0 },

	/* What is forgotten can never be had again. */
	{ "erase", NULL, SECURITY, SECURITY | AUDIT, 0 },

	/* Who are the administrators: the auditor is the other eye. */
	{ "admin add", NULL, SECURITY, SECURITY | AUDIT, 1 },
	{ "admin remove", NULL, SECURITY, SECURITY | AUDIT, 1 },
	/* Of what waits; what it is decides who may. */
	{ "act approve", NULL, SYSTEM | SECURITY | AUDIT, NOBODY, 0 },
	{ "act reject", NULL, SYSTEM | SECURITY | AUDIT, NOBODY, 0 },
};

const struct right *
rights_of(const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));
	const char *item = json_string_value(json_object_get(request, "item"));

	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		const struct right *r = &rights[i];

		if (what != NULL && strcmp(r->what, what) == 0 &&
		    (r->item == NULL ||
			(item != NULL &&
			    strncmp(item, r->item, strlen(r->item)) == 0)))
			return r;
	}
	return NULL;
}

const char *const rights_lines[] = { "account added", "account enabled",
	"account disabled", "key added", "key removed", "administrator added",
	"administrator removed", "standard published",
	"standard accepted until", "rules published", "rules in force",
	"rules replay", "review", "grant added", "grant approved",
	"grant revoked", "grant suspended", "grant resumed", "erased",
	"consent confirmed", "consent rejected", "consent revoked", NULL };
