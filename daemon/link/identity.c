#include <stdio.h>
#include <string.h>

#include "form/ident.h"
#include "form/text.h"
#include "link/identity.h"

static const struct {
	const char *name;
	enum ident_kind form; /* IDENT_KINDS: any */
} kinds[IDENTITY_KINDS] = {
	[IDENTITY_ORG_CODE] = { "org_code", IDENT_ORG_CODE },
	[IDENTITY_TAX_ID] = { "tax_id", IDENT_TAX_ID },
	[IDENTITY_REG_NO] = { "reg_no", IDENT_REG_NO },
	[IDENTITY_LOAN_CARD] = { "loan_card", IDENT_LOAN_CARD },
	[IDENTITY_ACCOUNT] = { "account_no", IDENT_KINDS },
	[IDENTITY_USCC] = { "uscc", IDENT_USCC },
};

int
identities_org_code(const char *uscc, const char *tax_id,
    char out[IDENTITY_SIZE])
{
	const struct identity *org;
	struct identities ids;

	identities_start(&ids);
	if (uscc != NULL)
		identities_add(&ids, IDENTITY_USCC, uscc, strlen(uscc));
	if (tax_id != NULL)
		identities_add(&ids, IDENTITY_TAX_ID, tax_id, strlen(tax_id));
	org = identities_find(&ids, IDENTITY_ORG_CODE);
	if (org == NULL || ids.contradicts)
		return 0;
	snprintf(out, IDENTITY_SIZE, "%s", org->value);
	return 1;
}

const char *
identity_kind_name(enum identity_kind kind)
{
	return kinds[kind].name;
}

enum identity_kind
identity_kind_find(const char *name)
{
	for (int k = 0; k < IDENTITY_KINDS; k++)
		if (strcmp(kinds[k].name, name) == 0)
			return (enum identity_kind)k;
	return IDENTITY_KINDS;
}

void
identities_start(struct identities *ids)
{
	memset(ids, 0, sizeof(*ids));
}

const struct identity *
identities_find(const struct identities *ids, enum identity_kind kind)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->id[i].kind == kind)
			return &ids->id[i];
	return NULL;
}

/*
 * A row has one organisation code, but may have tax identifiers of both
 * offices and several accounts.
 */
static void
put(struct identities *ids, enum identity_kind kind, const char *value,
    int derived, int key)
{
	struct identity *id;

	for (size_t i = 0; i < ids->n; i++) {
		id = &ids->id[i];
		if (id->kind != kind)
			continue;
		if (strcmp(id->value, value) == 0) {
			id->derived &= derived;
			return;
		}
		if (kind != IDENTITY_TAX_ID && kind != IDENTITY_ACCOUNT)
			ids->contradicts = 1;
	}
	if (ids->n == IDENTITY_MAX || strlen(value) >= IDENTITY_SIZE)
		return;
	id = &ids->id[ids->n++];
	id->kind = kind;
	id->derived = derived;
	id->key = key;
	snprintf(id->value, sizeof(id->value), "%s", value);
}

static void
put_tax_id(struct identities *ids, const char *v)
{
	size_t len = strlen(v);
	int temporary = 0;
	const char *form = ident_tax_form(v, len, 0, &temporary);
	char org[10], rid[19];
	int org_inside;

	org_inside = ident_org_of(IDENT_TAX_ID, v, len, org);
	put(ids, IDENTITY_TAX_ID, v, 0, !org_inside);
	if (org_inside)
		put(ids, IDENTITY_ORG_CODE, org, 1, 1);
	else if (ident_rid_of(IDENT_TAX_ID, v, len, 0, rid))
		ids->sole_trader = 1;
	if (form != NULL && strcmp(form, "USCC") == 0 && !temporary)
		put(ids, IDENTITY_USCC, v, 1, 0);
}

static void
put_checked(struct identities *ids, enum identity_kind kind, const char *v)
{
	char org[10];

	switch (kind) {
	case IDENTITY_TAX_ID:
		put_tax_id(ids, v);
		return;
	case IDENTITY_USCC:
		if (ident_org_of(IDENT_USCC, v, strlen(v), org))
			put(ids, IDENTITY_ORG_CODE, org, 1, 1);
		ids->sole_trader |= v[1] == '2';
		break;
	case IDENTITY_REG_NO:
		ids->sole_trader |= v[6] >= '6';
		break;
	default:
		break;
	}
	put(ids, kind, v, 0, kind < IDENTITY_KEYS);
}

/*
 * The one kind whose form and check the value passes. A run of fifteen digits
 * passes for a tax identifier or for a number of the register by chance, so
 * only those two are taken for it whose form is beyond doubt, unless the
 * column says nothing of the kind; and where it passes for both it tells
 * nothing.
 */
static enum identity_kind
kind_of(const char *s, size_t len, enum identity_kind said, char *out)
{
	static const enum identity_kind tried[] = { IDENTITY_USCC,
		IDENTITY_ORG_CODE, IDENTITY_TAX_ID, IDENTITY_REG_NO };
	enum identity_kind found = IDENTITY_KINDS;
	size_t n = said == IDENTITY_ANY ? 4 : 2;

	for (size_t i = 0; i < n && found != IDENTITY_USCC; i++) {
		char v[IDENT_SIZE];

		if (ident_check(kinds[tried[i]].form, s, len, 0, v,
			sizeof(v)) != IDENT_OK)
			continue;
		if (found != IDENTITY_KINDS)
			return IDENTITY_KINDS;
		found = tried[i];
		memcpy(out, v, sizeof(v));
	}
	return found;
}

void
identities_add(struct identities *ids, enum identity_kind kind, const char *s,
    size_t len)
{
	char folded[IDENT_SIZE], v[IDENT_SIZE];
	enum ident_verdict verdict = IDENT_FORM;
	size_t n;

	if (len >= sizeof(folded)) {
		ids->refused = 1;
		return;
	}
	n = text_code_fold(s, len, folded, sizeof(folded));
	if (kind < IDENTITY_KINDS)
		verdict =
		    ident_check(kinds[kind].form, folded, n, 0, v, sizeof(v));
	else if (n == 0 || text_is_null(folded, n))
		return;
	else if (text_is_masked(folded, n))
		verdict = IDENT_MASKED;
	switch (verdict) {
	case IDENT_EMPTY:
		return;
	case IDENT_MASKED:
		ids->masked = 1;
		return;
	case IDENT_LEGACY: /* an alias of old, never a key */
		return;
	case IDENT_OK:
		put_checked(ids, kind, v);
		return;
	default:
		kind = kind_of(folded, n, kind, v);
		if (kind != IDENTITY_KINDS)
			put_checked(ids, kind, v);
		else
			ids->refused = 1;
	}
}

void
identities_account(struct identities *ids, const char *provider, const char *s,
    size_t len)
{
	char folded[IDENT_SIZE], v[IDENT_SIZE];
	size_t n;

	if (len >= sizeof(folded))
		return;
	n = text_code_fold(s, len, folded, sizeof(folded));
	if (n == 0 || text_is_null(folded, n) || text_is_masked(folded, n))
		return;
	if ((size_t)snprintf(v, sizeof(v), "%s:%s", provider, folded) <
	    IDENTITY_SIZE)
		put(ids, IDENTITY_ACCOUNT, v, 0, 1);
}

int
identity_masked_agrees(const char *masked, const char *full)
{
	size_t n = strlen(full);

	if (strlen(masked) != n || strchr(masked, '*') == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (masked[i] != '*' && masked[i] != full[i])
			return 0;
	return 1;
}
