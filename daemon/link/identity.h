#ifndef ZAYTON_LINK_IDENTITY_H
#define ZAYTON_LINK_IDENTITY_H

#include <stddef.h>

/*
 * The identifiers of one row, checked and reduced to the few by which an
 * enterprise is looked up. A unified code and most tax identifiers hold the
 * organisation code, so all of them are looked up by that one; what is kept of
 * them besides is for the record. An identifier with a wrong check character,
 * an old form or asterisks is never looked up.
 */

enum identity_kind {
	IDENTITY_ORG_CODE, /* strongest first: links are tried in this order */
	IDENTITY_TAX_ID,
	IDENTITY_REG_NO,
	IDENTITY_LOAN_CARD,
	IDENTITY_ACCOUNT, /* of a utility: provider and number */
	IDENTITY_KEYS,    /* the above are looked up, uscc is not */
	IDENTITY_USCC = IDENTITY_KEYS,
	IDENTITY_KINDS,
	IDENTITY_ANY = IDENTITY_KINDS /* the value itself has to tell */
};

enum { IDENTITY_SIZE = 64, IDENTITY_MAX = 16 };

struct identity {
	enum identity_kind kind;
	int derived; /* out of another one, ranks below a supplied one */
	int key;     /* looked up; else another one stands for it */
	char value[IDENTITY_SIZE];
};

struct identities {
	size_t n;
	struct identity id[IDENTITY_MAX];
	int masked;      /* one was covered with asterisks */
	int refused;     /* one has a wrong check, length or form */
	int sole_trader; /* one is of the kind that sole traders have */
	int contradicts; /* two of one kind differ: none is to be believed */
};

void identities_start(struct identities *ids);

/*
 * Adds a value as sent, and what can be derived of it. A value that is not of
 * its kind is taken for the kind it is, where that is beyond doubt: columns
 * are often mislabelled. Nothing and fillers for nothing are passed over.
 */
void identities_add(struct identities *ids, enum identity_kind kind,
    const char *s, size_t len);

/* A number that is unique only among those of its provider. */
void identities_account(struct identities *ids, const char *provider,
    const char *s, size_t len);

/* The first of a kind, NULL where there is none. */
const struct identity *identities_find(const struct identities *ids,
    enum identity_kind kind);

/* The organisation code in a row's other numbers (NULL: none): 1 found, 0. */
int identities_org_code(const char *uscc, const char *tax_id,
    char out[IDENTITY_SIZE]);

/* "org_code", "tax_id" and so on, as in the view enterprise_id. */
const char *identity_kind_name(enum identity_kind kind);
/* IDENTITY_KINDS where there is none of the name. */
enum identity_kind identity_kind_find(const char *name);

/*
 * Whether a masked value can be the full one: same length, and alike wherever
 * there is no asterisk. Such agreement supports a link, it never makes one.
 */
int identity_masked_agrees(const char *masked, const char *full);

#endif
