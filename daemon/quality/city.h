#ifndef ZAYTON_QUALITY_CITY_H
#define ZAYTON_QUALITY_CITY_H

#include <jansson.h>

#include "base/db.h"

/*
 * The figures of the city report: all departments side by side over what came
 * in a month (YYYY-MM, China's time), and what was due in it.
 *
 * {month, day, departments: [{provider, unit, bundles, rows, accepted, linked,
 * due, on_time, late, missing, findings, mended, handled, outstanding,
 * oldest_days, score, dimensions: {standard, complete, accurate, consistent,
 * timely, accessible}, rates: {accepted, linked, on_time, missing, mended,
 * handled}, rank, trend: [{month, score}]}]}
 *
 * Departments come by rank; what nothing can be said about is null. day is the
 * one on which ages are counted.
 */
enum { CITY_MONTHS = 12 /* of trend */ };

int city_json(struct db *db, const char *month, const char *day,
    json_t **ret_city, struct err *e);

#endif
