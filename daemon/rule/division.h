#ifndef ZAYTON_RULE_DIVISION_H
#define ZAYTON_RULE_DIVISION_H

#include "sys/err.h"

/*
 * Which divisions a department reports yet: schemas/divisions.csv, with the
 * columns provider, dataset ("*": all of the provider), division (a code or
 * the beginning of one: 3505 is the whole city) and from (a day, or empty for
 * always). Where no row speaks of a dataset, every division is in force.
 */

struct pack;
struct divisions;

/* NULL where the pack has no such table. ERR_HOLD names file and line. */
int divisions_read(const struct pack *p, struct divisions **ret_d,
    struct err *e);
void divisions_free(struct divisions *d);

/*
 * Whether rows of a division count on a day. If not, ret_from is the day from
 * which they will, "" where none is set. d may be NULL.
 */
int divisions_in_force(const struct divisions *d, const char *provider,
    const char *dataset, const char *code, size_t len, const char *day,
    const char **ret_from);

#endif
