#include <stdio.h>
#include <time.h>

#include "sys/clock.h"

int64_t
clock_milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clock_now(char *buf, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

void
clock_today(char day[CLOCK_DAY])
{
	time_t china = time(NULL) + (time_t)8 * 3600;
	struct tm tm;

	gmtime_r(&china, &tm);
	(void)strftime(day, CLOCK_DAY, "%Y-%m-%d", &tm);
}
