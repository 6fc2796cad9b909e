#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/mem.h"
#include "way/link_part.h"

enum {
	MEMORY = 1 << 18,
	SCORE_BITS = 7,
	STRANGERS = 10000 /* while there is no enterprise at all */
};

/* What a row of the same content was answered. */
struct remembered {
	uint64_t subject;
	uint64_t check;
	uint64_t generation; /* of all, where it was not by identifiers */
	int64_t how;
	uint32_t enterprise;
	uint32_t revision;
};

const char *const link_rule[LINK_FINDINGS] = {
	[LINK_MISMATCH] = "key_mismatch",
	[LINK_TWO] = "ids_of_two",
	[LINK_CONTRADICTS] = "ids_contradict",
	[LINK_UNSURE] = "subject_unsure",
	[LINK_NONE] = "subject_unknown",
};

struct link *
link_new(struct db *db, struct enterprises *x, const struct link_rules *rules,
    const struct overwrite *overwrite)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->db = db;
	l->enterprises = x;
	l->rules = rules;
	l->overwrite = overwrite;
	l->memory = xcalloc(MEMORY, sizeof(*l->memory));
	return l;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	free(l->memory);
	free(l);
}

struct enterprises *
link_enterprises(const struct link *l)
{
	return l->enterprises;
}

/* --- what a row says ---------------------------------------------------- */

/* Two hashes at once, eight bytes a step. */
static void
mix(struct link_found *f, const char *s, size_t len)
{
	uint64_t a = (uint64_t)f->subject, b = f->check, w;

	while (len > 0) {
		size_t n = len < sizeof(w) ? len : sizeof(w);

		w = n;
		memcpy(&w, s, n);
		a = (a ^ w) * UINT64_C(0x9e3779b97f4a7c15);
		a ^= a >> 29;
		b = (b + w) * UINT64_C(0xc2b2ae3d27d4eb4f);
		b ^= b >> 31;
		s += n;
		len -= n;
	}
	f->subject = (int64_t)a;
	f->check = b;
}

static void
hash_subject(const struct link_row *row, struct link_found *f)
{
	f->subject = 0x5a17;
	f->check = 0x711a;
	mix(f, row->provider, strlen(row->provider) + 1);
	for (int p = 0; p < LINK_PART_COUNT; p++) {
		char at = (char)p;

		if (row->part[p] == NULL)
			continue;
		mix(f, &at, 1);
		mix(f, row->part[p], strlen(row->part[p]) + 1);
	}
}

static void
identify(const struct link_row *row, struct identities *ids)
{
	static const enum identity_kind kinds[] = { IDENTITY_USCC,
		IDENTITY_ORG_CODE, IDENTITY_REG_NO, IDENTITY_TAX_ID,
		IDENTITY_LOAN_CARD, IDENTITY_ANY };
	const char *account = row->part[LINK_PART_account_no];

	identities_start(ids);
	for (int p = 0; p < (int)LINK_PART_account_no; p++)
		if (row->part[p] != NULL)
			identities_add(ids, kinds[p], row->part[p],
			    strlen(row->part[p]));
	if (account != NULL)
		identities_account(ids, row->provider, account,
		    strlen(account));
}

/* --- finding ------------------------------------------------------------ */

/* As the base keeps it: the evidence, and the score in the lowest bits. */
static int64_t
how_of(const struct linker_candidate *c)
{
	return (int64_t)(c->evidence << SCORE_BITS) | c->score;
}

static int
is_id_evidence(uint64_t evidence)
{
	return (evidence & (evidence_bit(EVIDENCE_org_code) |
			       evidence_bit(EVIDENCE_tax_id) |
			       evidence_bit(EVIDENCE_reg_no))) != 0;
}

/* The part of the row that holds the number which speaks, or does not fit. */
static enum link_part
number_of(const struct link_row *row, uint64_t evidence)
{
	static const enum link_part org[] = { LINK_PART_org_code,
		LINK_PART_uscc, LINK_PART_tax_id, LINK_PART_any_id };

	if ((evidence & evidence_bit(EVIDENCE_reg_no)) != 0 &&
	    row->part[LINK_PART_reg_no] != NULL)
		return LINK_PART_reg_no;
	if ((evidence & evidence_bit(EVIDENCE_tax_id)) != 0 &&
	    row->part[LINK_PART_tax_id] != NULL)
		return LINK_PART_tax_id;
	for (int i = 0; i < 4; i++)
		if (row->part[org[i]] != NULL)
			return org[i];
	return row->part[LINK_PART_reg_no] != NULL ? LINK_PART_reg_no
						   : LINK_PART_name;
}

/* Why a row was not linked, as far as its sender can mend it. */
static void
judge(const struct link_row *row, struct link_found *f)
{
	const struct linker_answer *a = &f->answer;
	uint64_t best = a->n > 0 ? a->candidate[0].evidence : 0;

	f->finding = LINK_FINE;
	if (f->enterprise != 0)
		return;
	if (f->ids.contradicts) {
		f->finding = LINK_CONTRADICTS;
		f->part = number_of(row, 0);
	} else if (a->verdict == LINKER_CONFLICT) {
		f->finding = LINK_TWO;
		f->part = number_of(row, best);
	} else if ((is_id_evidence(best) &&
		       (best & (evidence_bit(EVIDENCE_name_differs) |
				   evidence_bit(EVIDENCE_name_similar))) !=
			   0) ||
		   (best & evidence_bit(EVIDENCE_id_differs)) != 0) {
		f->finding = LINK_MISMATCH;
		f->part = number_of(row, best);
	} else {
		f->finding =
		    a->verdict == LINKER_REVIEW ? LINK_UNSURE : LINK_NONE;
	}
}

/* One of two places: that of the same content, else the one to be given up. */
static struct remembered *
memory_at(struct link *l, const struct link_found *f)
{
	size_t at = ((uint64_t)f->subject >> 20) & (MEMORY - 1);
	struct remembered *a = &l->memory[at], *b = &l->memory[at ^ 1];

	if (a->subject == (uint64_t)f->subject && a->check == f->check)
		return a;
	if (b->subject == (uint64_t)f->subject && b->check == f->check)
		return b;
	return b->enterprise == 0 ? b : a;
}

static int
recall(struct link *l, struct link_found *f)
{
	const struct remembered *m = memory_at(l, f);
	const struct linker *x = enterprises_linker(l->enterprises);

	if (m->subject != (uint64_t)f->subject || m->check != f->check ||
	    m->enterprise == 0)
		return 0;
	if (m->generation != 0
		? m->generation != linker_generation(x) + 1
		: m->revision != linker_revision(x, m->enterprise))
		return 0;
	f->enterprise = m->enterprise;
	f->how = m->how;
	f->known = 1;
	f->finding = LINK_FINE;
	return 1;
}

/* After all was learned of the row. */
static void
remember(struct link *l, const struct link_found *f)
{
	const struct linker *x = enterprises_linker(l->enterprises);
	struct remembered *m = memory_at(l, f);

	/* How an old name counts depends on the date of each row. */
	if (f->answer.verdict != LINKER_LINKED || f->judged ||
	    (f->answer.candidate[0].evidence &
		evidence_bit(EVIDENCE_name_former)) != 0)
		return;
	m->subject = (uint64_t)f->subject;
	m->check = f->check;
	m->enterprise = f->enterprise;
	m->how = f->how;
	m->revision = linker_revision(x, f->enterprise);
	m->generation = f->answer.by_id ? 0 : linker_generation(x) + 1;
}

static void
ask(struct link *l, const struct link_columns *c, const struct link_row *row,
    struct link_found *f)
{
	const char *name = row->part[LINK_PART_name];
	uint32_t same;

	identify(row, &f->ids);
	f->asked = (struct linker_subject){ .dataset = c->schema->dataset,
		.adverse = c->schema->adverse,
		.date = linker_day(row->as_of),
		.ids = &f->ids,
		.name = name,
		.name_len = name != NULL ? strlen(name) : 0,
		.legal_rep = row->part[LINK_PART_legal_rep],
		.address = row->part[LINK_PART_address],
		.phone = row->part[LINK_PART_phone],
		.not_these = l->not_these };
	f->asked.nnot = enterprises_judged(l->enterprises, f->subject, &same,
	    l->not_these, LINK_NOT_THESE);
	linker_link(enterprises_linker(l->enterprises), &f->asked, &f->answer);
	if (same != 0) {
		f->judged = 1;
		f->answer.verdict = LINKER_LINKED;
		f->answer.enterprise = same;
		f->answer.teaches = 1;
		f->answer.by_id = 0;
	}
	f->enterprise = f->answer.enterprise;
	if (f->answer.verdict == LINKER_NEW)
		f->enterprise = enterprises_next(l->enterprises);
	f->how = f->answer.n > 0 && f->answer.verdict != LINKER_NEW
		     ? how_of(&f->answer.candidate[0])
		     : 0;
}

void
link_find(struct link *l, const struct link_columns *c,
    const struct link_row *row, struct link_found *f)
{
	f->known = f->judged = f->untried = 0;
	f->part = LINK_PART_name;
	f->enterprise = 0;
	f->finding = LINK_FINE;
	if (!c->links)
		return;
	/* Some strangers are told to their sender, a million is no news. */
	f->untried = !c->founds && enterprises_next(l->enterprises) == 1 &&
		     enterprises_waiting(l->enterprises) >= STRANGERS;
	if (f->untried)
		return;
	hash_subject(row, f);
	if (!c->founds && c->item == -1 && recall(l, f))
		return;
	ask(l, c, row, f);
	judge(row, f);
}

/* --- learning ----------------------------------------------------------- */

/* Former names in one field, with semicolons between them. */
static int
learn_former(struct link *l, uint32_t no, const char *names, const char *until,
    const struct origin *o, struct err *e)
{
	while (names != NULL && *names != '\0') {
		size_t len = strcspn(names, ";");

		if (enterprises_name(l->enterprises, no, names, len, "", until,
			0, o, e) == -1)
			return -1;
		names += len;
		names += *names == ';';
	}
	return 0;
}

/* The register's own row: names and profile. */
static int
learn_founder(struct link *l, uint32_t no, const struct link_row *row,
    const struct origin *o, struct err *e)
{
	const char *name = row->part[LINK_PART_name];

	if (name != NULL && enterprises_name(l->enterprises, no, name,
				strlen(name), row->as_of, "", 1, o, e) == -1)
		return -1;
	if (learn_former(l, no, row->former_names, row->as_of, o, e) == -1)
		return -1;
	return enterprises_profile(l->enterprises, no,
	    row->part[LINK_PART_legal_rep], row->part[LINK_PART_address], NULL,
	    e);
}

static int
learn_rename(struct link *l, uint32_t no, const struct link_row *row,
    const struct origin *o, struct err *e)
{
	if (row->item == NULL || row->before == NULL || row->after == NULL ||
	    strstr(row->item, l->rules->rename.says) == NULL)
		return 0;
	if (enterprises_name(l->enterprises, no, row->before,
		strlen(row->before), "", row->as_of, 0, o, e) == -1)
		return -1;
	return enterprises_name(l->enterprises, no, row->after,
	    strlen(row->after), row->as_of, "", 0, o, e);
}

static int
learn(struct link *l, const struct link_columns *c, const struct link_row *row,
    const struct link_found *f, int current, const struct origin *o,
    struct err *e)
{
	uint32_t no = f->enterprise;

	if (f->answer.verdict == LINKER_NEW &&
	    enterprises_found(l->enterprises, o, e) == -1)
		return -1;
	if (f->answer.teaches &&
	    enterprises_learn(l->enterprises, no, &f->ids, o, e) == -1)
		return -1;
	if (!current && f->answer.verdict != LINKER_NEW)
		return 0;
	if (c->founds && learn_founder(l, no, row, o, e) == -1)
		return -1;
	if (c->item != -1 && learn_rename(l, no, row, o, e) == -1)
		return -1;
	return row->part[LINK_PART_phone] != NULL
		   ? enterprises_profile(l->enterprises, no, NULL, NULL,
			 row->part[LINK_PART_phone], e)
		   : 0;
}

/* --- two enterprises that are one --------------------------------------- */

/* Of the candidate's evidence: a strong number and the whole name. */
static int
is_proven(const struct linker_answer *a, uint32_t enterprise)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->candidate[i].enterprise == enterprise)
			return is_id_evidence(a->candidate[i].evidence) &&
			       (a->candidate[i].evidence &
				   evidence_bit(EVIDENCE_name_exact)) != 0 &&
			       (a->candidate[i].evidence &
				   evidence_bit(EVIDENCE_id_differs)) == 0;
	return 0;
}

/*
 * A row with a number of each and the name of both proves that two are one
 * (domain 6.2: one strong id and k1 each). The older one stays.
 */
static int
merge_proven(struct link *l, const struct link_found *f, const char *now,
    const struct origin *o, struct err *e)
{
	const struct linker_answer *a = &f->answer;
	uint32_t into, from;
	int64_t merge;

	if (a->verdict != LINKER_CONFLICT || a->nown != 2 ||
	    f->ids.contradicts || !is_proven(a, a->own[0]) ||
	    !is_proven(a, a->own[1]) ||
	    enterprises_apart(l->enterprises, a->own[0], a->own[1]))
		return 0;
	into = a->own[0] < a->own[1] ? a->own[0] : a->own[1];
	from = a->own[0] < a->own[1] ? a->own[1] : a->own[0];
	return enterprises_merge(l->enterprises, into, from, "",
	    "one row has a number of each and the name of both", now, o, &merge,
	    e);
}

static int
wait(struct link *l, const struct link_columns *c, const struct link_row *row,
    const struct link_found *f, int64_t id, int again, const struct origin *o,
    struct err *e)
{
	int field = c->part[f->part];
	struct waiting w = { .dataset = c->schema->dataset,
		.row = id,
		.again = again,
		.subject = f->subject,
		.finding = (int)f->finding };

	if (f->finding >= LINK_MISMATCH && f->finding <= LINK_CONTRADICTS) {
		w.field = field != -1 ? c->schema->field[field].name : "";
		w.number = row->part[f->part];
	}
	return enterprises_wait(l->enterprises, &w, &f->asked, &f->answer, o,
	    e);
}

/* Noted once for each dataset; all its open rows will be tried. */
static int
leave_untried(struct link *l, const struct link_columns *c, struct err *e)
{
	if (l->untried == c->schema)
		return 0;
	l->untried = c->schema;
	return db_run(l->db, e, "INSERT OR IGNORE INTO untried_t VALUES (?,0)",
	    "t", c->schema->dataset);
}

int
link_settle(struct link *l, const struct link_columns *c,
    const struct link_row *row, const struct link_found *f, int64_t id,
    int current, int again, const char *now, const struct origin *o,
    struct err *e)
{
	if (!c->links)
		return 0;
	if (f->untried)
		return leave_untried(l, c, e);
	if (f->enterprise != 0 &&
	    enterprises_linked(l->enterprises, f->enterprise,
		c->schema->dataset, id, f->judged, f->subject, e) == -1)
		return -1;
	if (f->known)
		return 0;
	if (f->enterprise != 0) {
		if (learn(l, c, row, f, current, o, e) == -1)
			return -1;
		if (!c->founds && c->item == -1)
			remember(l, f);
		return 0;
	}
	/* After a merge the row is one of those that are tried again. */
	if (wait(l, c, row, f, id, again, o, e) == -1)
		return -1;
	return merge_proven(l, f, now, o, e);
}
