#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sys/log.h"

static const char *log_role = "zayton";
static enum log_level log_lowest = LOG_INFO;

void
log_init(const char *role, enum log_level level)
{
	log_role = role;
	log_lowest = level;
}

void
log_rename(const char *role)
{
	log_role = role;
}

static void log_line(enum log_level level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* One write per line, so that lines of several processes never mix. */
static void
log_line(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const word[] = { "debug", "info", "warn", "error" };
	char line[2048];
	struct timespec now;
	struct tm tm;
	int n, m;

	if (level < log_lowest)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = (int)strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	n += snprintf(line + n, sizeof(line) - (size_t)n, ".%03ldZ %s %s ",
	    now.tv_nsec / 1000000, log_role, word[level]);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	n += m;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n);
}

#define LOG_FUNCTION(name, level)         \
	void name(const char *fmt, ...)   \
	{                                 \
		va_list ap;               \
                                          \
		va_start(ap, fmt);        \
		log_line(level, fmt, ap); \
		va_end(ap);               \
	}

LOG_FUNCTION(log_debug, LOG_DEBUG)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_error, LOG_ERROR)

void
log_fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_ERROR, fmt, ap);
	va_end(ap);
	exit(75);
}

const char *
log_quote(const char *s)
{
	enum { SHOWN = 256 };
	static char ring[4][SHOWN * 4 + 8];
	static unsigned int turn;
	char *out = ring[turn++ % 4];
	char *p = out;
	size_t n;

	*p++ = '"';
	for (n = 0; s[n] != '\0' && n < SHOWN; n++) {
		unsigned char c = (unsigned char)s[n];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			p += sprintf(p, "\\x%02x", c);
		else
			*p++ = (char)c;
	}
	if (s[n] != '\0')
		p += sprintf(p, "...");
	*p++ = '"';
	*p = '\0';
	return out;
}
