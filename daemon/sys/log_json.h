#ifndef ZAYTON_SYS_LOG_JSON_H
#define ZAYTON_SYS_LOG_JSON_H

#include <stddef.h>

/*
 * A line of the log as one JSON object, made of the same line as text:
 * "ID event words key=value key="value" more words". A pure part.
 */

struct log_words {
	const char *time; /* RFC 3339 */
	const char *level;
	const char *role;
	const char *format;  /* the event's name is in it: it never changes */
	const char *message; /* and its line, as it is printed */
};

/*
 * Writes the object and a newline, cut to size, which is at least 256; always
 * whole, always valid JSON. Returns its length.
 *
 * Members: time, level, process (the role), id (where there is one), event (words joined by
 * "_"), each key of the line as a text, and text: the line itself, where it
 * has more words than these.
 */
size_t log_json(const struct log_words *w, char *buf, size_t size);

#endif
