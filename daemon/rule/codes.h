#ifndef ZAYTON_RULE_CODES_H
#define ZAYTON_RULE_CODES_H

#include <stddef.h>

#include "sys/err.h"

/*
 * Code lists and the tables that convert a department's codes and words to
 * them (schemas/code_list.csv, schemas/code_map.csv). Conversion tables are
 * keyed by department and list together: the same code means different things
 * in different offices.
 */

struct pack;
struct codes;

/* How a value is converted in one field of one provider. */
struct code_set;

enum code_verdict {
	CODE_OK,
	CODE_REVIEW,  /* converted, but somebody has to look */
	CODE_NULL,    /* the table says: no value */
	CODE_EXPIRED, /* by a row that was not in force on that day */
	CODE_UNKNOWN
};

struct code_hit {
	const char *code;    /* of the standard list */
	const char *label;   /* its Chinese label */
	const char *nearest; /* CODE_UNKNOWN: the likeliest label, or NULL */
};

int codes_read(const struct pack *p, struct codes **ret_c, struct err *e);
void codes_free(struct codes *c);

/*
 * Whether the tables may come in force: no code twice, no conversion to a
 * code that is none, none that comes back to itself. ERR_HOLD names file,
 * line and what is expected.
 */
int codes_check(const struct pack *p, struct err *e);

/* Whether there is such a list, or a source list of that name. */
int codes_known(const struct codes *c, const char *list);

/* The Chinese label of a standard code, NULL where it is none of the list. */
const char *codes_label(const struct codes *c, const char *list,
    const char *code);

/* The n-th code of a list, NULL behind the last. */
const char *codes_at(const struct codes *c, const char *list, size_t n);

/* How many characters two short texts differ by. */
size_t codes_distance(const char *a, const char *b);

/*
 * The conversion for a provider and a list; source, where it is not NULL,
 * leaves out rows of other source lists. A list of the standard is not
 * converted to another one. NULL where there is no such list.
 * Belongs to c.
 */
struct code_set *codes_set(struct codes *c, const char *provider,
    const char *list, const char *source);

/*
 * Converts a value as sent. The row of the table in force on a day
 * (YYYY-MM-DD, or less of it) is taken. Order: exact code, label, label
 * without list marker and ending, patterns, code of the standard, label of
 * the standard. Remembers what it has seen.
 */
enum code_verdict code_find(struct code_set *s, const char *text, size_t len,
    const char *day, struct code_hit *ret_hit);

#endif
