#ifndef ZAYTON_LINK_SURVIVE_H
#define ZAYTON_LINK_SURVIVE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which of the values that providers give for a field of an enterprise stands
 * in its record, and for every other one why not. Pure: the same contributions
 * and the same rule give the same answer, whatever the order they are in.
 *
 * Before any policy: nothing never wins; a masked value only where there is no
 * full one; a derived one only where none was supplied; a provider that is not
 * ranked never; a snapshot (of a court, of the police) and what an enterprise
 * says of itself stand apart. Rank goes before recency. Values of lower ranks
 * fill the field while its owners are silent, if the rule says so, and are
 * provisional then.
 */

enum survive_policy {
	SURVIVE_NEWEST,
	SURVIVE_IMMUTABLE, /* the earliest, but for corrections of its source */
	SURVIVE_STICKY, /* newest, but some values are left by correction only */
	SURVIVE_WORST,  /* of the newest of each provider the worst by a list */
	SURVIVE_APPEND  /* all stay side by side */
};

enum survive_role {
	SURVIVE_COMPETES,
	SURVIVE_SNAPSHOT, /* true of one day, never of the enterprise */
	SURVIVE_APART     /* self-declared: shown beside, never in it */
};

/* Fields that belong together survive as one; the first decides. */
enum { SURVIVE_TUPLE = 4, SURVIVE_RANKS = 16, SURVIVE_VALUES = 8 };

struct survive_rank {
	const char *provider;
	int level; /* 0 owns the field; alike for joint owners */
	enum survive_role role;
};

struct contribution {
	const char *provider;
	const char *value[SURVIVE_TUPLE]; /* NULL or "": nothing */
	const char *as_of;      /* business date, "" unknown: the oldest */
	const char *updated_at; /* at the source, "" unknown */
	uint64_t received;      /* order of receipt, never alike */
	char op;                /* 'I' 'U' 'C' 'D' */
	int masked;
	int derived;
	int past; /* stood before, and is only compared with what stands */
};

struct survive_rule {
	const char *field;
	enum survive_policy policy;
	int fill; /* ranks below the owners may fill */
	size_t nranks;
	struct survive_rank rank[SURVIVE_RANKS];
	/* STICKY: each may follow those before it; WORST: worst first. */
	size_t nvalues;
	const char *value[SURVIVE_VALUES];
	/*
	 * The rule's own decision where not all say the same; NULL: none. Sets *ret_i to the one that
	 * stands or leaves it for the policy to say. -1 where it failed.
	 */
	int (*decide)(void *ctx, const struct contribution *c, size_t n,
	    size_t *ret_i);
	void *ctx;
};

enum survive_reason {
	SURVIVE_WINS,
	SURVIVE_FILLS,   /* wins for the time being */
	SURVIVE_DECIDED, /* wins by the rule's function */
	SURVIVE_KEPT,    /* one of an appended list */
	SURVIVE_AGREES,  /* says what the winner says */
	SURVIVE_OLDER,
	SURVIVE_LOWER,     /* its provider has a lower rank */
	SURVIVE_NO_FILL,   /* and may not fill, though nobody else says it */
	SURVIVE_UNRANKED,  /* its provider has no say in the field */
	SURVIVE_LATER,     /* the field never changes */
	SURVIVE_STUCK,     /* only a correction leaves what stands */
	SURVIVE_MILDER,    /* a worse value of another provider stands */
	SURVIVE_OVERRULED, /* by the rule's function */
	SURVIVE_EMPTY,
	SURVIVE_WITHDRAWN,
	SURVIVE_MASKED,
	SURVIVE_DERIVED,
	SURVIVE_OF_A_DAY,
	SURVIVE_DECLARED,
	SURVIVE_REASONS
};

struct survive_verdict {
	enum survive_reason reason;
	size_t place;  /* of its provider in the rule, nranks: none */
	int class;     /* of an admitted one: the smallest number wins */
	int admitted;  /* it competed, by its provider and its form */
	int disagrees; /* differs from what stands: where it competes, stood
			  before or is declared */
};

struct survivor {
	size_t winner;   /* n: none */
	int provisional; /* of a lower rank, derived or masked */
	int conflict;    /* a good value differs where that is not allowed */
	int failed;      /* the rule's function: the policy decided */
};

/* Whether values of a provider may stand at all, for want of better ones. */
int survive_admits(const struct survive_rule *r, const char *provider);

/* ret_v has room for n. */
void survive(const struct survive_rule *r, const struct contribution *c,
    size_t n, struct survivor *ret_s, struct survive_verdict *ret_v);

/* A stable word for the reason, and a sentence for each language. */
const char *survive_reason_name(enum survive_reason reason);
const char *survive_reason_zh(enum survive_reason reason);
const char *survive_reason_en(enum survive_reason reason);

#endif
