#ifndef ZAYTON_GRANT_GRANT_H
#define ZAYTON_GRANT_GRANT_H

#include <stdint.h>

#include "grant/sharing.h"
#include "rule/schema.h"
#include "sys/message.h"

/*
 * Who may see what, of whom, for what. A pure part: no base, no clock; all it
 * decides by is handed in. Nothing is given without a grant that covers the
 * ask in every respect, and where several do, only what each of them gives.
 */

enum { GRANT_MANY = 8, GRANT_DAY = 11, GRANT_ENDS = 12, GRANT_DIVISION = 7 };

/* Of fewer subjects a count would tell of single ones. */
enum { GRANT_COUNT_LEAST = 3 };

/* What a list of enterprises may be: a bank's clients are some ten thousands. */
enum { GRANT_LIST_MAX = 100000, GRANT_LIST_BYTES = 4 << 20 };

/* A purpose of grants that covers each, but public fields only. */
#define GRANT_ANY_PURPOSE "*"

enum grant_state {
	GRANT_PENDING,   /* made, not approved by a second person */
	GRANT_IN_FORCE,  /* from its first to its last day */
	GRANT_SUSPENDED, /* its provider objects: nothing, until decided */
	GRANT_REVOKED
};

enum grant_whom {
	GRANT_OF_ALL,
	GRANT_OF_DIVISION,
	GRANT_OF_LIST,
	GRANT_OF_CONSENTED /* those whose consent is in force */
};

struct grant {
	int64_t no;
	enum grant_state state;
	char account[ACCOUNT_TEXT];
	const struct schema *schema; /* of its data set, the one in force */
	int named;                   /* the data set was named, not "all" */
	uint64_t fields;             /* that it gives at all */
	uint64_t full; /* personal ones it gives whole, with a consent */
	enum grant_whom whom;
	char division[GRANT_DIVISION]; /* or the beginning of one */
	uint32_t *list;                /* enterprises, ascending; owned */
	size_t nlist;
	char purpose[SHARING_NAME];
	enum grant_form form;
	char from[GRANT_DAY]; /* first and last day */
	char until[GRANT_DAY];
	char data_from[GRANT_DAY]; /* business dates given; "" any */
	char data_until[GRANT_DAY];
	int life;                /* days an extract lives, 0 not said */
	int times;               /* uses it is for, 0 any number */
	int every;               /* days between two uses at least */
	int used;                /* uses so far */
	char used_on[GRANT_DAY]; /* day of the last, "" none */
};

/* A subject's consent that is confirmed and not withdrawn. */
struct grant_consent {
	int64_t no;
	uint32_t enterprise;
	char account[ACCOUNT_TEXT]; /* to whom */
	char dataset[SHARING_NAME]; /* to what, "" all of it */
	char purpose[SHARING_NAME]; /* for what */
	char from[GRANT_DAY];
	char until[GRANT_DAY];
	char reference[128]; /* of the signed paper */
};

/* All that is known; after filling it, grants_order. */
struct grants {
	const struct sharing *sharing;
	size_t n;
	struct grant *grant;
	size_t nconsents;
	struct grant_consent *consent;
};

struct grant_ask {
	const char *account;
	const char *purpose;
	const char *today;   /* YYYY-MM-DD */
	const char *consent; /* reference the query says, NULL none */
};

struct grant_subject {
	uint32_t enterprise;  /* of the record, never one merged into it */
	const char *division; /* six digits, "" not known */
	int person;           /* a sole trader */
};

/* Why nothing is given. Later ones came nearer to giving something. */
enum grant_refusal {
	GRANT_GIVEN,
	GRANT_NOT_SHARED,  /* by its class, or no rule speaks of it */
	GRANT_NO_PURPOSE,  /* no such purpose */
	GRANT_NOT_GRANTED, /* no grant of this data set */
	GRANT_WITHDRAWN,   /* revoked */
	GRANT_UNAPPROVED,
	GRANT_OTHER_PURPOSE,
	GRANT_OVER,  /* its last day is over */
	GRANT_EARLY, /* its first day is to come */
	GRANT_USED_UP,
	GRANT_TOO_SOON,     /* after the last use */
	GRANT_OTHER_WHOM,   /* of other enterprises: as if there were none */
	GRANT_NO_CONSENT,   /* of the subject */
	GRANT_OBJECTED,     /* suspended */
	GRANT_NOTHING_LEFT, /* several grants have nothing in common */
	GRANT_TOO_FEW       /* a count of fewer than GRANT_COUNT_LEAST */
};

struct grant_answer {
	enum grant_refusal why; /* GRANT_GIVEN, or why form is GRANT_NONE */
	enum grant_form form;
	uint64_t full;    /* fields given as they are, by index */
	uint64_t masked;  /* and those given masked */
	const char *from; /* business dates, "" any; live as long as grants */
	const char *until;
	int life;
	size_t ngrants; /* that it was decided by */
	int64_t grant[GRANT_MANY];
	int64_t consent; /* 0 none was needed, or none was there */
	/* The last day of all of these; lives as long as grants. */
	const char *lasts;
};

/* Sorts what was filled in, for deciding. */
void grants_order(struct grants *g);
void grants_free(struct grants *g);
/* Whether two that are sorted say the same, of use so far too. */
int grants_same(const struct grants *a, const struct grants *b);

/* Whether a in all that g holds may have of who, of the data set of s. */
void grant_decide(const struct grants *g, const struct grant_ask *a,
    const struct schema *s, const struct grant_subject *who,
    struct grant_answer *ret);

/* An answer that gives nothing. */
void grant_refuse(struct grant_answer *ret, enum grant_refusal why);

enum grant_row {
	GRANT_ROW_NOT,
	GRANT_ROW_WITHOUT_PERSONS, /* all but its personal fields */
	GRANT_ROW_WHOLE
};

/*
 * Whether a row may be given under an answer: its business date lies in the
 * range, and no clock of its data set has run out. value has the dates of the
 * clocks in their order, "" or NULL where there is none. ends, where it is not
 * NULL, is brought forward to the day on which the row is to be judged anew:
 * "2016-01-05", or "2016-01-05+" for the day after; compared as texts a day is
 * not before it when it is due. "" is never.
 */
enum grant_row grant_row(const struct grants *g, const struct grant_ask *a,
    const struct schema *s, const struct grant_subject *who,
    const struct grant_answer *answer, const char *as_of,
    const char *const value[SHARING_CLOCKS], char ends[GRANT_ENDS]);

/*
 * The fields that names, separated by blanks or commas, stand for; "*" is all.
 * -1 and *ret_bad (inside names) at one that the standard has not.
 */
int grant_fields(const struct schema *s, const char *names, uint64_t *ret_bits,
    const char **ret_bad);
/* Fields of one sensitivity: 'P' 'R' 'X'. */
uint64_t grant_sensitive(const struct schema *s, char sensitivity);

/* The catalogue's code of a refusal, "" for GRANT_GIVEN. */
const char *grant_refusal_code(enum grant_refusal r);

#endif
