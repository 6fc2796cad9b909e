#include <stdlib.h>
#include <string.h>

#include "link/linker_part.h"

/*
 * How many names of a block are looked at: all or none, so that the order in
 * which they became known does not matter. A block with more says nothing.
 */
enum {
	WHOLE_MAX = LINKER_BLOCK_MAX, /* of the whole name, of the whole core */
	PART_MAX = 40,
	WHOLE_BLOCKS = 2,
	PERSON_BLOCKS = 3, /* holder, legal representative, phone */
	POOL = WHOLE_BLOCKS * WHOLE_MAX +
	       (NAMES_BLOCKS + NAMES_TAILS - WHOLE_BLOCKS + PERSON_BLOCKS) *
		   PART_MAX +
	       IDENTITY_MAX,
	ADDRESS_MIN = 9, /* bytes of an address that says something */
	REGION_RANKS = 3
};

static const double same_address = 0.7;

struct found {
	uint32_t enterprise;
	enum names_relation relation;
	int former;
	int lapsed;
	uint64_t regions; /* evidence of region of the best name */
	uint64_t ids;     /* evidence of identifiers */
};

/* One row being linked. */
struct ask {
	const struct linker *l;
	const struct linker_subject *s;
	struct names name;
	char legal_rep[256];
	char address[256];
	char phone[32];
	size_t near[NAMES_EXACT + 1][REGION_RANKS]; /* how many of the pool */
	size_t n;
	struct found pool[POOL];
};

unsigned
linker_day(const char *date)
{
	unsigned n = 0, digits = 0;

	for (; *date != '\0' && digits < 8; date++)
		if (*date >= '0' && *date <= '9') {
			n = n * 10 + (unsigned)(*date - '0');
			digits++;
		}
	for (; digits > 0 && digits < 8; digits++)
		n *= 10;
	return n;
}

const char *
linker_verdict_name(enum linker_verdict v)
{
	static const char *const names[] = { "linked", "review", "conflict",
		"new", "unlinked" };

	return names[v];
}

/* The enterprise in the pool, which has room for all there can be. */
static struct found *
pooled(struct ask *a, uint32_t enterprise)
{
	struct found *f;

	for (size_t i = 0; i < a->n; i++)
		if (a->pool[i].enterprise == enterprise)
			return &a->pool[i];
	f = &a->pool[a->n++];
	memset(f, 0, sizeof(*f));
	f->enterprise = enterprise;
	return f;
}

static uint64_t
region_evidence(const struct names *row, const struct names *known)
{
	if (!names_regions_agree(row, known))
		return evidence_bit(EVIDENCE_region_differs);
	if (names_region_same(row, known))
		return evidence_bit(EVIDENCE_region_same);
	return 0;
}

/* 2 the row's own region, 1 not told, 0 another one. */
static int
region_rank(const struct found *f)
{
	if (f->regions == evidence_bit(EVIDENCE_region_differs))
		return 0;
	return f->regions == 0 ? 1 : 2;
}

/* Of two names the nearer; then the one still borne; then by the region. */
static int
is_nearer(const struct found *a, const struct found *b)
{
	if (a->relation != b->relation)
		return a->relation > b->relation;
	if (a->former != b->former)
		return a->former < b->former;
	if (a->lapsed != b->lapsed)
		return a->lapsed < b->lapsed;
	return region_rank(a) > region_rank(b);
}

/* Weighs one name of the enterprise and keeps the best of all. */
static void
weigh_name(struct ask *a, struct found *f, const struct name_entry *entry)
{
	struct found as = *f;
	struct names known;

	names_restore((enum names_kind)entry->kind,
	    linker_text(a->l, entry->k2), linker_text(a->l, entry->core),
	    entry->k1, entry->regions, &known);
	as.relation = names_relate(&a->name, &known);
	as.former = entry->until != 0;
	as.lapsed = as.former && a->s->date > entry->until;
	as.regions = region_evidence(&a->name, &known);
	if (is_nearer(&as, f))
		*f = as;
}

static void
weigh_names(struct ask *a, struct found *f)
{
	uint32_t at = a->l->entity.at[f->enterprise].name;

	f->relation = NAMES_UNKNOWN;
	for (; at != 0; at = a->l->name.at[at].next)
		weigh_name(a, f, &a->l->name.at[at]);
}

static int
is_excluded(const struct linker_subject *s, uint32_t enterprise)
{
	for (size_t i = 0; i < s->nnot; i++)
		if (s->not_these[i] == enterprise)
			return 1;
	return 0;
}

static void
visit(void *ctx, uint32_t enterprise)
{
	struct ask *a = ctx;

	if (!is_excluded(a->s, enterprise))
		(void)pooled(a, enterprise);
}

/* ---- identifiers ---- */

static int
is_strong(enum identity_kind kind)
{
	return kind < IDENTITY_ACCOUNT;
}

static void
note_owner(struct linker_answer *ret, uint32_t owner)
{
	for (size_t i = 0; i < ret->nown && i < 2; i++)
		if (ret->own[i] == owner)
			return;
	if (ret->nown < 2)
		ret->own[ret->nown] = owner;
	ret->nown++;
}

/* Pools who has the identifiers, and notes who has strong ones. */
static size_t
pool_ids(struct ask *a, struct linker_answer *ret)
{
	const struct identities *ids = a->s->ids;

	for (size_t i = 0; i < ids->n; i++) {
		enum identity_kind kind = ids->id[i].kind;
		uint32_t owner = linker_lookup(a->l, kind, ids->id[i].value);

		if (owner == 0 || !ids->id[i].key || is_excluded(a->s, owner))
			continue;
		pooled(a, owner)->ids |= evidence_bit(
		    (enum evidence)(EVIDENCE_org_code + (int)kind));
		if (is_strong(kind))
			note_owner(ret, owner);
	}
	return ret->nown;
}

/* Both have an identifier of the kind and none is the same. */
static int
differs(const struct linker *l, const struct entity *e,
    const struct identity *id)
{
	int differ = 0;

	for (uint32_t i = e->id; i != 0; i = l->id.at[i].next) {
		const char *text = linker_text(l, l->id.at[i].text);

		if (text[0] != (char)('A' + id->kind))
			continue;
		if (strcmp(text + 1, id->value) == 0)
			return 0;
		differ = 1;
	}
	return differ;
}

static int
ids_differ(const struct linker *l, const struct entity *e,
    const struct identities *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		if ((ids->id[i].kind == IDENTITY_ORG_CODE ||
			ids->id[i].kind == IDENTITY_REG_NO) &&
		    differs(l, e, &ids->id[i]))
			return 1;
	return 0;
}

/* ---- evidence ---- */

static uint64_t
name_evidence(const struct found *f)
{
	static const enum evidence of[] = {
		[NAMES_DIFFER] = EVIDENCE_name_differs,
		[NAMES_SIMILAR] = EVIDENCE_name_similar,
		[NAMES_EDIT] = EVIDENCE_name_edit,
		[NAMES_WILD] = EVIDENCE_name_wild,
		[NAMES_PART] = EVIDENCE_name_part,
		[NAMES_CORE_SAME] = EVIDENCE_name_core,
		[NAMES_FORM] = EVIDENCE_name_form,
		[NAMES_EXACT] = EVIDENCE_name_exact,
	};
	uint64_t bits;

	if (f->relation == NAMES_UNKNOWN)
		return 0;
	bits = evidence_bit(of[f->relation]);
	if (f->relation < NAMES_EDIT)
		return bits;
	bits |= f->regions;
	if (f->former)
		bits |= evidence_bit(EVIDENCE_name_former);
	if (f->lapsed)
		bits |= evidence_bit(EVIDENCE_name_lapsed);
	return bits;
}

static void
count_near(struct ask *a)
{
	memset(a->near, 0, sizeof(a->near));
	for (size_t i = 0; i < a->n; i++)
		a->near[a->pool[i].relation][region_rank(&a->pool[i])]++;
}

/* Has another enterprise a name that is as near, in as likely a region? */
static int
is_shared(const struct ask *a, const struct found *f)
{
	size_t n = 0;

	for (int r = (int)f->relation; r <= NAMES_EXACT; r++)
		for (int k = region_rank(f); k < REGION_RANKS; k++)
			n += a->near[r][k];
	return n > 1;
}

static uint64_t
address_evidence(const char *row, const char *known)
{
	if (strlen(row) < ADDRESS_MIN || strlen(known) < ADDRESS_MIN)
		return 0;
	if (strcmp(row, known) == 0)
		return evidence_bit(EVIDENCE_address);
	if (names_overlap(row, known) >= same_address)
		return evidence_bit(EVIDENCE_address_near);
	return evidence_bit(EVIDENCE_address_differs);
}

static uint64_t
support_evidence(const struct ask *a, const struct entity *e)
{
	const char *rep = linker_text(a->l, e->legal_rep);
	const char *address = linker_text(a->l, e->address);
	const char *phone = linker_text(a->l, e->phone);
	uint64_t bits = 0;

	if (a->legal_rep[0] != '\0' && rep[0] != '\0')
		bits |= evidence_bit(strcmp(a->legal_rep, rep) == 0
					 ? EVIDENCE_legal_rep
					 : EVIDENCE_legal_rep_differs);
	if (a->name.kind == NAMES_PERSON && strcmp(a->name.k2, rep) == 0)
		bits |= evidence_bit(EVIDENCE_name_person);
	bits |= address_evidence(a->address, address);
	if (phone[0] != '\0' && strcmp(a->phone, phone) == 0)
		bits |= evidence_bit(EVIDENCE_phone);
	return bits;
}

static uint64_t
evidence_of(const struct ask *a, const struct found *f)
{
	const struct entity *e = &a->l->entity.at[f->enterprise];
	uint64_t bits = f->ids | name_evidence(f) | support_evidence(a, e);

	if (ids_differ(a->l, e, a->s->ids))
		bits |= evidence_bit(EVIDENCE_id_differs);
	if (f->ids != 0 || f->relation < NAMES_EDIT)
		return bits;
	if (is_shared(a, f))
		bits |= evidence_bit(EVIDENCE_name_shared);
	/* Shops share their names by the dozen; a company's is its own. */
	if ((e->sole_trader || a->s->ids->sole_trader) &&
	    !names_company(&a->name))
		bits |= evidence_bit(EVIDENCE_sole_trader);
	if (a->s->adverse && f->relation < NAMES_CORE_SAME)
		bits |= evidence_bit(EVIDENCE_fuzzy_adverse);
	return bits;
}

/* ---- the answer ---- */

/* Best first; of two alike the older enterprise, so that order is certain. */
static int
compare(const void *x, const void *y)
{
	const struct linker_candidate *a = x, *b = y;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return a->enterprise > b->enterprise ? 1 : -1;
}

static void
pool_block(struct ask *a, struct linker_block b)
{
	linker_visit(a->l, &b, visit, a);
}

static void
pool_names(struct ask *a)
{
	uint32_t block[NAMES_BLOCKS + NAMES_TAILS];
	size_t n = names_blocks(&a->name, block);

	n += names_tails(&a->name, block + n);
	for (size_t i = 0; i < n; i++)
		pool_block(a, linker_name_block(block[i],
				  i < WHOLE_BLOCKS ? WHOLE_MAX : PART_MAX));
	if (a->name.kind == NAMES_PERSON)
		pool_block(a, linker_person_block(a->name.k2, PART_MAX));
	if (a->legal_rep[0] != '\0')
		pool_block(a, linker_person_block(a->legal_rep, PART_MAX));
	if (a->phone[0] != '\0')
		pool_block(a, linker_phone_block(a->phone, PART_MAX));
}

static void
rank(struct ask *a, struct linker_answer *ret)
{
	struct linker_candidate all[POOL] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		weigh_names(a, &a->pool[i]);
	count_near(a);
	for (size_t i = 0; i < a->n; i++) {
		struct linker_candidate *c = &all[n];

		c->enterprise = a->pool[i].enterprise;
		c->evidence = evidence_of(a, &a->pool[i]);
		c->score = score_of(a->l->rules, c->evidence);
		n += c->score > 0 || a->pool[i].ids != 0;
	}
	qsort(all, n, sizeof(all[0]), compare);
	ret->n = n < LINKER_CANDIDATES ? n : LINKER_CANDIDATES;
	memcpy(ret->candidate, all, ret->n * sizeof(all[0]));
}

static uint64_t
id_evidence(void)
{
	uint64_t bits = 0;

	for (int k = 0; k < IDENTITY_KEYS; k++)
		bits |= evidence_bit((enum evidence)(EVIDENCE_org_code + k));
	return bits;
}

/* Is the best candidate sure, and surely better than the next? */
static int
is_sure(const struct link_rules *r, const struct linker_answer *ans)
{
	return ans->n > 0 && ans->candidate[0].score >= r->link &&
	       (ans->n == 1 ||
		   ans->candidate[0].score - ans->candidate[1].score >=
		       r->margin);
}

/*
 * A row that may found an enterprise does so unless it is known by an
 * identifier or its whole name: a name that is merely near is another's.
 */
static int
founds(const struct ask *a, const struct linker_answer *ans)
{
	uint64_t whole = id_evidence() | evidence_bit(EVIDENCE_name_exact) |
			 evidence_bit(EVIDENCE_name_form);
	uint64_t best = ans->n > 0 ? ans->candidate[0].evidence : 0;

	if (!link_rules_may_found(a->l->rules, a->s->dataset) ||
	    a->name.kind <= NAMES_PERSON)
		return 0;
	if ((best & id_evidence()) != 0)
		return 0;
	if (is_sure(a->l->rules, ans))
		return (best & whole) == 0;
	return identities_find(a->s->ids, IDENTITY_REG_NO) != NULL ||
	       identities_find(a->s->ids, IDENTITY_ORG_CODE) != NULL ||
	       (best & whole) == 0;
}

/* By an identifier, or by a name that is whole or whose core is. */
static int
teaches(const struct linker_answer *ans)
{
	uint64_t firm = id_evidence() | evidence_bit(EVIDENCE_name_exact) |
			evidence_bit(EVIDENCE_name_form) |
			evidence_bit(EVIDENCE_name_core);

	return ans->verdict == LINKER_NEW ||
	       (ans->verdict == LINKER_LINKED &&
		   (ans->candidate[0].evidence & firm) != 0);
}

/* A meter and the name of its holder: no other name can be nearer. */
static int
has_whole_name(const struct linker_answer *ans)
{
	return (ans->candidate[0].evidence &
		   (evidence_bit(EVIDENCE_name_exact) |
		       evidence_bit(EVIDENCE_name_form))) != 0;
}

static unsigned
missing_of(const struct ask *a)
{
	unsigned bits = 0;

	if (a->s->ids->n == 0 || a->s->ids->contradicts)
		bits |= LINKER_MISSING_ID;
	if (a->name.kind <= NAMES_PERSON)
		bits |= LINKER_MISSING_NAME;
	if (a->legal_rep[0] == '\0' && a->address[0] == '\0' &&
	    a->phone[0] == '\0')
		bits |= LINKER_MISSING_SUPPORT;
	return bits;
}

static void
ask_start(struct ask *a, const struct linker *l, const struct linker_subject *s)
{
	a->l = l;
	a->s = s;
	a->n = 0;
	a->legal_rep[0] = a->address[0] = a->phone[0] = '\0';
	names_make(s->name, s->name != NULL ? s->name_len : 0, &a->name);
	if (s->legal_rep != NULL)
		linker_fold_person(s->legal_rep, a->legal_rep,
		    sizeof(a->legal_rep));
	if (s->address != NULL)
		linker_fold_address(s->address, a->address, sizeof(a->address));
	if (s->phone != NULL)
		linker_fold_phone(s->phone, a->phone, sizeof(a->phone));
}

void
linker_link(const struct linker *l, const struct linker_subject *s,
    struct linker_answer *ret)
{
	struct ask a;
	size_t owners;

	memset(ret, 0, sizeof(*ret));
	ask_start(&a, l, s);
	owners = s->ids->contradicts ? 0 : pool_ids(&a, ret);
	if (a.n == 1)
		rank(&a, ret);
	ret->by_id = a.n == 1 && is_sure(l->rules, ret) &&
		     (owners == 1 || has_whole_name(ret));
	/* Known by an identifier and not held back: no name need be tried. */
	if (!ret->by_id) {
		pool_names(&a);
		rank(&a, ret);
	}
	ret->missing = missing_of(&a);
	if (owners > 1 || s->ids->contradicts)
		ret->verdict = LINKER_CONFLICT;
	else if (founds(&a, ret))
		ret->verdict = LINKER_NEW;
	else if (is_sure(l->rules, ret)) {
		ret->verdict = LINKER_LINKED;
		ret->enterprise = ret->candidate[0].enterprise;
	} else if (ret->n > 0 && ret->candidate[0].score >= l->rules->review)
		ret->verdict = LINKER_REVIEW;
	else
		ret->verdict = LINKER_UNLINKED;
	ret->teaches = teaches(ret);
}

/* ---- by name alone ---- */

struct named {
	const struct linker *l;
	struct names name;
	int now;  /* those who bear it word for word */
	size_t n; /* found */
	uint32_t *out;
	size_t max;
};

static int
is_named(const struct named *a, uint32_t enterprise)
{
	uint32_t at = a->l->entity.at[enterprise].name;

	for (; at != 0; at = a->l->name.at[at].next) {
		const struct name_entry *entry = &a->l->name.at[at];
		enum names_relation how;
		struct names known;

		names_restore((enum names_kind)entry->kind,
		    linker_text(a->l, entry->k2),
		    linker_text(a->l, entry->core), entry->k1, entry->regions,
		    &known);
		how = names_relate(&a->name, &known);
		if (how == NAMES_EXACT && entry->until == 0)
			return 1;
		if (!a->now && (how == NAMES_EXACT || how == NAMES_FORM))
			return 1;
	}
	return 0;
}

static void
visit_named(void *ctx, uint32_t enterprise)
{
	struct named *a = ctx;

	if (!is_named(a, enterprise))
		return;
	if (a->n < a->max)
		a->out[a->n] = enterprise;
	a->n++;
}

size_t
linker_named(const struct linker *l, const char *name, size_t len,
    uint32_t *out, size_t max)
{
	struct named a = { .l = l, .out = out, .max = max };
	uint32_t block[NAMES_BLOCKS];
	struct linker_block b;

	names_make(name, len, &a.name);
	if (names_blocks(&a.name, block) == 0)
		return 0;
	b = linker_name_block(block[0], LINKER_BLOCK_MAX);
	for (a.now = 1; a.now >= 0 && a.n == 0; a.now--)
		linker_visit(l, &b, visit_named, &a);
	return a.n;
}
