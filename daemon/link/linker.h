#ifndef ZAYTON_LINK_LINKER_H
#define ZAYTON_LINK_LINKER_H

#include <stddef.h>
#include <stdint.h>

#include "link/identity.h"
#include "link/score.h"

/*
 * Which enterprise a row is about. An index in memory of all enterprises, made
 * anew at start from the tables of the base, and asked for every row. It knows
 * no base and no clock: what it answers depends on what it was told, in that
 * order, and on the rules. Enterprises are the small whole numbers of their
 * table; a number is never used twice.
 */

struct linker;

/* rules must outlive the linker. */
struct linker *linker_new(const struct link_rules *rules);
void linker_free(struct linker *l);
/* Other rules from now on; what is known stays. */
void linker_rules(struct linker *l, const struct link_rules *rules);

/*
 * ---- what is known ----
 * At start, for each enterprise: its identifiers and accounts (the view
 * enterprise_id, by identities_add and linker_learn, which knows what needs no
 * look-up of its own), its names with their ends (enterprise_alias), then
 * the profile of its golden record. The order of enterprises does not
 * matter, nor what a profile said before: the answers are the same.
 */

/* Makes room for an enterprise; harmless where it is known. */
void linker_found(struct linker *l, uint32_t enterprise);

/*
 * An identifier of an enterprise. 1 it is new, 0 it had it; -1 it is another's,
 * who keeps it: *ret_holder says whose (may be NULL).
 */
int linker_identify(struct linker *l, uint32_t enterprise,
    enum identity_kind kind, const char *value, uint32_t *ret_holder);

/* A name, valid until YYYYMMDD (exclusive), 0 for still. */
void linker_name(struct linker *l, uint32_t enterprise, const char *name,
    size_t len, unsigned until);

/* What else is known of it now; NULL leaves what is there. */
void linker_profile(struct linker *l, uint32_t enterprise,
    const char *legal_rep, const char *address, const char *phone);

/* The folded forms in which profiles are kept and compared; "" where none. */
void linker_fold_person(const char *s, char *out, size_t size);
void linker_fold_address(const char *s, char *out, size_t size);
void linker_fold_phone(const char *s, char *out, size_t size);

/*
 * Forgets an enterprise whole: before it is told anew after a merge, a split
 * or a correction.
 */
void linker_forget(struct linker *l, uint32_t enterprise);

/* Who has an identifier, 0 nobody. */
uint32_t linker_lookup(const struct linker *l, enum identity_kind kind,
    const char *value);

/*
 * Counters of what was told: of one enterprise, and of all. An answer by
 * identifiers of one enterprise holds while its revision does, any other one
 * while the generation does.
 */
uint32_t linker_revision(const struct linker *l, uint32_t enterprise);
uint64_t linker_generation(const struct linker *l);

size_t linker_bytes(const struct linker *l);

/* ---- what is asked ---- */

/* The subject of a row. Texts may be NULL, and need not outlive the call. */
struct linker_subject {
	const char *dataset;
	int adverse;   /* then nothing fuzzy links by itself */
	unsigned date; /* business date, YYYYMMDD; 0 unknown */
	const struct identities *ids;
	const char *name;
	size_t name_len;
	const char *legal_rep;
	const char *address;
	const char *phone;
	/* People said that it is none of these. */
	size_t nnot;
	const uint32_t *not_these;
};

enum linker_verdict {
	LINKER_LINKED,
	LINKER_REVIEW,   /* candidates, none of them sure enough */
	LINKER_CONFLICT, /* its identifiers are of two enterprises */
	LINKER_NEW,      /* the row founds an enterprise */
	LINKER_UNLINKED
};

enum { LINKER_CANDIDATES = 5 };

struct linker_candidate {
	uint32_t enterprise;
	int score;
	uint64_t evidence; /* score_text says it in words */
};

/* Why a row was not linked: what would have helped. */
enum linker_missing {
	LINKER_MISSING_ID = 1,     /* no identifier that can be used */
	LINKER_MISSING_NAME = 2,   /* no name that can be used */
	LINKER_MISSING_SUPPORT = 4 /* nor representative, address or phone */
};

struct linker_answer {
	enum linker_verdict verdict;
	uint32_t enterprise; /* LINKED: whose */
	int teaches;         /* LINKED, NEW: its identifiers may be learned */
	size_t n;            /* best first, also where it is linked */
	struct linker_candidate candidate[LINKER_CANDIDATES];
	unsigned missing;
	int by_id;   /* of the identifiers of one enterprise alone */
	size_t nown; /* those whose strong identifiers the row has */
	uint32_t own[2];
};

void linker_link(const struct linker *l, const struct linker_subject *s,
    struct linker_answer *ret);

/*
 * Who has a name, whole or but for the wording of its form: those who bear it
 * now word for word; where there are none, those who bear it in another
 * wording or bore it. How many, of whom the first max.
 */
size_t linker_named(const struct linker *l, const char *name, size_t len,
    uint32_t *out, size_t max);

/* "2016-03-05" as 20160305, "2016-03" as 20160300; 0 where there is none. */
unsigned linker_day(const char *date);

const char *linker_verdict_name(enum linker_verdict v);

/*
 * Tells the index the identifiers of a linked or founding row that nobody else
 * has. Only of a row whose answer teaches: a link by a name that is merely
 * near may be wrong, and must not make the next ones sure. Names and profile are
 * the caller's to tell: it knows which source may say them.
 */
void linker_learn(struct linker *l, uint32_t enterprise,
    const struct identities *ids);

#endif
