#ifndef ZAYTON_LINK_SCORE_H
#define ZAYTON_LINK_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "sys/err.h"

/*
 * How sure a link is: what speaks for and against a candidate is a set of
 * evidence, each worth points that rules/link.lua gives. The sum, held between
 * 0 and 100, is the score. Nothing else decides, so that a score can always be
 * told as a list of reasons.
 */

#define EVIDENCE(X)                                                        \
	/* identifiers */                                                  \
	X(org_code)                                                        \
	X(tax_id)                                                          \
	X(reg_no)                                                          \
	X(loan_card)                                                       \
	X(account_no)                                                      \
	X(id_differs) /* both have a valid one of a kind, and not alike */ \
	/* names: at most one of these */                                  \
	X(name_exact)                                                      \
	X(name_form)                                                       \
	X(name_core)                                                       \
	X(name_part)                                                       \
	X(name_wild)                                                       \
	X(name_edit)                                                       \
	X(name_similar)                                                    \
	X(name_differs)                                                    \
	X(name_person) /* the row names the legal representative */        \
	/* about the name */                                               \
	X(name_former) /* it agrees with a name of old */                  \
	X(name_lapsed) /* and the row is from after that name */           \
	X(name_shared) /* others have a name as near */                    \
	X(region_same)                                                     \
	X(region_differs)                                                  \
	X(sole_trader)                                                     \
	X(fuzzy_adverse) /* not the whole core, and an adverse record */   \
	/* support */                                                      \
	X(legal_rep)                                                       \
	X(legal_rep_differs)                                               \
	X(address)                                                         \
	X(address_near)                                                    \
	X(address_differs)                                                 \
	X(phone)

enum evidence {
#define X(name) EVIDENCE_##name,
	EVIDENCE(X)
#undef X
	    EVIDENCE_KINDS
};

enum { LINK_FOUNDERS = 8, LINK_NAMES = 6, LINK_NAME = 64 };

/* What a row may say of its subject, in the order it is looked at. */
#define LINK_PARTS(X) \
	X(uscc)       \
	X(org_code)   \
	X(reg_no)     \
	X(tax_id)     \
	X(loan_card)  \
	X(any_id)     \
	X(account_no) \
	X(name)       \
	X(legal_rep)  \
	X(address)    \
	X(phone)

enum link_part {
#define X(name) LINK_PART_##name,
	LINK_PARTS(X)
#undef X
	    LINK_PART_COUNT
};

const char *link_part_name(enum link_part p);

/* rules/link.lua: the weights, the thresholds, who may found. */
struct link_rules {
	int weight[EVIDENCE_KINDS];
	int link;   /* from here on linked */
	int review; /* from here on for people to see */
	int margin; /* by which a link has to lead before the next */
	size_t nfounders;
	char founder[LINK_FOUNDERS][LINK_NAME]; /* datasets */
	/* Names of fields that may hold a part; the first a row has counts. */
	char part[LINK_PART_COUNT][LINK_NAMES][LINK_NAME];
	/* Rows that tell of a new name: where the item holds a word. */
	struct {
		char dataset[LINK_NAME];
		char item[LINK_NAME];
		char says[LINK_NAME];
		char before[LINK_NAME];
		char after[LINK_NAME];
	} rename;
};

/* "org_code", "name_exact" ..., as in the rules and in explanations. */
const char *evidence_name(enum evidence k);
/* EVIDENCE_KINDS where there is none of the name. */
enum evidence evidence_find(const char *name);

static inline uint64_t
evidence_bit(enum evidence k)
{
	return UINT64_C(1) << k;
}

/* The points of a set of evidence, 0 to 100. */
int score_of(const struct link_rules *r, uint64_t evidence);

/*
 * The set as words with their points, such as "name_core +70, region_differs
 * -40". Returns the length, cut at size - 1.
 */
size_t score_text(const struct link_rules *r, uint64_t evidence, char *out,
    size_t size);

int link_rules_may_found(const struct link_rules *r, const char *dataset);

/*
 * Refuses rules by which a link could come about below the threshold for
 * review, or that nothing can ever reach. ERR_HOLD.
 */
int link_rules_check(const struct link_rules *r, struct err *e);

#endif
