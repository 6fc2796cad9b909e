#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/log_json.h"

static const char *log_role = "zayton";
static enum log_level log_lowest = LOG_INFO;
static int log_as_json;

void
log_init(const char *role, enum log_level level)
{
	const char *form = getenv(LOG_FORM);

	log_role = role;
	log_lowest = level;
	log_as_json = form != NULL && strcmp(form, "json") == 0;
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
	char json[4096];
	char at[CLOCK_TEXT];
	int n, m;

	if (level < log_lowest)
		return;
	clock_now(at, sizeof(at));
	if (log_as_json) {
		const struct log_words w = { at, word[level], log_role, fmt,
			line };

		(void)vsnprintf(line, sizeof(line), fmt, ap);
		(void)!write(STDERR_FILENO, json,
		    log_json(&w, json, sizeof(json)));
		return;
	}
	n = snprintf(line, sizeof(line), "%s %s %s ", at, log_role,
	    word[level]);
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
