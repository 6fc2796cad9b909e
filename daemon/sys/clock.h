#ifndef ZAYTON_SYS_CLOCK_H
#define ZAYTON_SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT = 32, CLOCK_DAY = 16 };

/* Milliseconds of a clock that never goes back; only differences count. */
int64_t clock_milliseconds(void);

/* Now: RFC 3339 in UTC with milliseconds, CLOCK_TEXT bytes. */
void clock_now(char *buf, size_t size);

/* Today in China (UTC+8), where all days of data count: YYYY-MM-DD. */
void clock_today(char day[CLOCK_DAY]);

#endif
