#include <stdio.h>
#include <string.h>

#include "sys/catalog.h"

#define ENTRY(code, severity, zh, en, zh_fix, en_fix) \
	{ #code, SEVERITY_##severity, zh, en, zh_fix, en_fix },

static const struct catalog_entry catalog[] = {
#include "sys/catalog.def"
};

#undef ENTRY

const struct catalog_entry *
catalog_at(size_t n)
{
	return n < sizeof(catalog) / sizeof(catalog[0]) ? &catalog[n] : NULL;
}

const struct catalog_entry *
catalog_find(const char *code)
{
	const struct catalog_entry *c;

	for (size_t i = 0; (c = catalog_at(i)) != NULL; i++)
		if (strcmp(c->code, code) == 0)
			return c;
	return NULL;
}

const char *
severity_name(enum severity s)
{
	static const char *const name[] = { "error", "warn", "info" };

	return name[s];
}

struct out {
	char *buf;
	size_t size;
	size_t used;
};

static void
put(struct out *o, const char *s, size_t len)
{
	if (o->used + len >= o->size) {
		len = o->size - 1 - o->used;
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
		o->size = o->used + len + 1;
	}
	memcpy(o->buf + o->used, s, len);
	o->used += len;
	o->buf[o->used] = '\0';
}

/* Foreign text: no control characters, not longer than a line can hold. */
static void
put_arg(struct out *o, const char *s)
{
	enum { ARG_MAX_BYTES = 120 };
	char safe[ARG_MAX_BYTES + 1];
	size_t n = 0;

	while (s[n] != '\0' && n < ARG_MAX_BYTES) {
		unsigned char c = (unsigned char)s[n];

		safe[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	if (s[n] != '\0')
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	put(o, safe, n);
	if (s[n] != '\0')
		put(o, "…", strlen("…"));
}

static void
expand(const char *text, const char *const *arg, size_t n, struct out *o)
{
	while (*text != '\0') {
		size_t k = strcspn(text, "{");

		put(o, text, k);
		text += k;
		if (*text == '\0')
			return;
		if (text[1] >= '1' && text[1] <= '9' && text[2] == '}') {
			size_t i = (size_t)(text[1] - '1');

			put_arg(o, i < n ? arg[i] : "?");
			text += 3;
		} else {
			put(o, text, 1);
			text++;
		}
	}
}

static void
say(const char *sentence, const char *fix, const char *stop,
    const char *const *arg, size_t n, struct out *o)
{
	o->buf[0] = '\0';
	expand(sentence, arg, n, o);
	if (fix[0] == '\0')
		return;
	put(o, stop, strlen(stop));
	expand(fix, arg, n, o);
}

void
catalog_zh(const char *code, const char *const *arg, size_t n, char *buf,
    size_t size)
{
	const struct catalog_entry *c = catalog_find(code);
	struct out o = { buf, size, 0 };

	if (c == NULL)
		snprintf(buf, size, "%s", code);
	else
		say(c->zh, c->zh_fix, "；", arg, n, &o);
}

void
catalog_en(const char *code, const char *const *arg, size_t n, char *buf,
    size_t size)
{
	const struct catalog_entry *c = catalog_find(code);
	struct out o = { buf, size, 0 };

	if (c == NULL)
		snprintf(buf, size, "%s", code);
	else
		say(c->en, c->en_fix, "; ", arg, n, &o);
}
