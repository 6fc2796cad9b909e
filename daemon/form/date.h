#ifndef ZAYTON_FORM_DATE_H
#define ZAYTON_FORM_DATE_H

#include <stddef.h>

#include "form/value.h"

/*
 * Days, months and years as departments write them.
 */

enum date_precision { DATE_DAY, DATE_MONTH, DATE_YEAR };

/* How cells are to be read: a bare number of five digits may be a day. */
enum date_serial { DATE_SERIAL_NO, DATE_SERIAL_1900, DATE_SERIAL_1904 };

enum { DATE_SIZE = 20 };

/* Is there such a day? */
int date_exists(unsigned year, unsigned month, unsigned day);

/*
 * A date as "2014-01-08", "2014-01" or "2014", with its precision. VALUE_OPEN
 * for a term without end, VALUE_FILLER for what databases write for no date;
 * out is "" for these and for whatever is refused.
 */
enum value_verdict value_date(const char *s, size_t len,
    enum date_serial serial, char out[DATE_SIZE], enum date_precision *ret_p);

/*
 * A moment as "2014-01-08 09:30:00"; without time of day it is as value_date
 * says. The zone is not kept: all of it is China's time.
 */
enum value_verdict value_datetime(const char *s, size_t len,
    enum date_serial serial, char out[DATE_SIZE], enum date_precision *ret_p);

/*
 * A month as "2014-03"; a day in it will do, a year alone will not.
 */
enum value_verdict value_period(const char *s, size_t len,
    enum date_serial serial, char out[DATE_SIZE]);

/* A quarter, 2014Q1 or as 2014年第一季度, as "2014-Q1". */
enum value_verdict value_quarter(const char *s, size_t len,
    char out[DATE_SIZE]);

/* A year, with or without the word for it; 2015.0 is one. */
enum value_verdict value_year(const char *s, size_t len, int *ret_year);

#endif
