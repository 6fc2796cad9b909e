#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "form/utf8.h"
#include "sys/log_json.h"

enum { KEYS_MAX = 16, EVENT_MAX = 64, TAIL = 4 /* "\"}\n" */ };

/* What is written so far; over: a member did not fit and is left out. */
struct out {
	char *buf;
	size_t size;
	size_t len;
	int over;
};

static void
put(struct out *o, const char *p, size_t len)
{
	if (o->len + len + TAIL > o->size) {
		o->over = 1;
		return;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

static void
put_char(struct out *o, const char *s, size_t len)
{
	const unsigned char c = (unsigned char)s[0];
	char hex[8];

	if (len == 1 && (c < 0x20 || c == 0x7f || c >= 0x80)) {
		snprintf(hex, sizeof(hex), "\\u%04x", c);
		put(o, hex, strlen(hex));
	} else if (c == '"' || c == '\\') {
		put(o, (const char[]){ '\\', (char)c }, 2);
	} else {
		put(o, s, len);
	}
}

static int
hex_of(const char *s)
{
	unsigned v;

	return isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3]) &&
		       sscanf(s + 2, "%2x", &v) == 1
		   ? (int)v
		   : -1;
}

/* Neither a surrogate, nor longer than it has to be, nor beyond the last. */
static int
is_character(uint32_t cp, size_t bytes)
{
	return bytes < 3 ||
	       (bytes == 3 ? cp >= 0x800 && (cp < 0xD800 || cp > 0xDFFF)
			   : cp >= 0x10000 && cp <= 0x10FFFF);
}

/* quoted: what log_quote wrote as \xNN is the byte itself again. */
static void
put_text(struct out *o, const char *s, size_t len, int quoted)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t cp;

		n = utf8_get(s + i, len - i, &cp);
		if (!is_character(cp, n))
			n = 1;
		if (quoted && len - i >= 4 && s[i] == '\\' && s[i + 1] == 'x' &&
		    hex_of(s + i) > 0) {
			const char c = (char)hex_of(s + i);

			n = 4;
			put_char(o, &c, 1);
		} else {
			put_char(o, s + i, n);
		}
	}
}

/* A member, or nothing of it. */
static void
put_member(struct out *o, const char *name, size_t name_len, const char *value,
    size_t len, int quoted)
{
	size_t before = o->len;

	o->over = 0;
	put(o, before == 0 ? "{\"" : ",\"", 2);
	put(o, name, name_len);
	put(o, "\":\"", 3);
	put_text(o, value, len, quoted);
	put(o, "\"", 1);
	if (o->over)
		o->len = before;
}

static void
put_word(struct out *o, const char *name, const char *value)
{
	put_member(o, name, strlen(name), value, strlen(value), 0);
}

/* --- the event ---------------------------------------------------------- */

static int
is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return 0;
	return len > 0;
}

/* Joins the leading plain words of a line behind its id. How many bytes. */
static size_t
event_of(const char *s, char event[EVENT_MAX])
{
	const char *p = s;
	size_t len = 0;

	event[0] = '\0';
	while (*p != '\0') {
		size_t n = strcspn(p, " ");
		int last = n > 1 && p[n - 1] == ':';
		size_t word = n - (size_t)last;

		if (!is_name(p, word) || len + word + 2 > EVENT_MAX)
			break;
		if (len > 0)
			event[len++] = '_';
		for (size_t i = 0; i < word; i++)
			event[len++] = (char)tolower((unsigned char)p[i]);
		event[len] = '\0';
		p += n;
		p += *p == ' ';
		if (last)
			break;
	}
	return (size_t)(p - s);
}

/* --- keys --------------------------------------------------------------- */

struct seen {
	struct {
		const char *name;
		size_t len;
	} key[KEYS_MAX];
	size_t n;
};

/* Whether a key has its place: no name of ours, and none that was there. */
static int
is_new(struct seen *s, const char *name, size_t len)
{
	static const char *const ours[] = { "time", "level", "process", "id",
		"event", "text" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strlen(ours[i]) == len && memcmp(ours[i], name, len) == 0)
			return 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->key[i].len == len &&
		    memcmp(s->key[i].name, name, len) == 0)
			return 0;
	if (s->n == KEYS_MAX)
		return 0;
	s->key[s->n].name = name;
	s->key[s->n++].len = len;
	return 1;
}

/* Puts a key=value where the line has one here; how long it is, else 0. */
static size_t
put_key(struct out *o, struct seen *seen, const char *p)
{
	size_t name = strcspn(p, " =");
	const char *value = p + name + 1;
	int quoted;
	size_t len;

	if (p[name] != '=' || !is_name(p, name))
		return 0;
	quoted = *value == '"' && strchr(value + 1, '"') != NULL;
	value += quoted;
	len = strcspn(value, quoted ? "\"" : " ");
	/* A colon ends the words, not the value. */
	if (!quoted && len > 0 && value[len - 1] == ':')
		len--;
	if (is_new(seen, p, name))
		put_member(o, p, name, value, len, quoted);
	return (size_t)(value - p) + len + (size_t)quoted;
}

size_t
log_json(const struct log_words *w, char *buf, size_t size)
{
	struct out o = { buf, size, 0, 0 };
	struct seen seen = { .n = 0 };
	const char *line = w->message;
	size_t id = strcspn(line, " ");
	char event[EVENT_MAX], again[EVENT_MAX];
	const char *p;
	int more = 0;

	put_word(&o, "time", w->time);
	put_word(&o, "level", w->level);
	put_word(&o, "process", w->role);
	if (line[id] == ' ' && id == 26) /* a bundle's */
		put_member(&o, "id", 2, line, id, 0);
	p = w->format + strcspn(w->format, " ");
	(void)event_of(p + (*p == ' '), event);
	p = line + id + (line[id] == ' ');
	/* The words of the line that are the event, and perhaps more of them. */
	p += event_of(p, again);
	if (event[0] == '\0')
		memcpy(event, again, sizeof(event));
	else
		more = strcmp(event, again) != 0;
	put_word(&o, "event", event[0] != '\0' ? event : "note");
	for (; *p != '\0'; p += *p == ' ') {
		size_t n = put_key(&o, &seen, p);

		if (n == 0) {
			n = strcspn(p, " ");
			more = 1;
		}
		p += n;
	}
	if (more)
		put_word(&o, "text", line + id + (line[id] == ' '));
	memcpy(buf + o.len, "}\n", 2);
	return o.len + 2;
}
