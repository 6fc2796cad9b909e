#include <stdlib.h>

#include "form/utf8.h"
#include "form/xml.h"
#include "sys/err.h"

enum { ENTITY = 12, RAW_MOST = 3 * (16 << 10) + DECODER_HOLD };

void
xml_init(struct xml *x, const char *part, xml_read_fn *read, void *arg)
{
	x->part = part;
	x->read = read;
	x->arg = arg;
	/* A mark says otherwise; see the first fill. */
	decoder_init_fixed(&x->decoder, ENCODING_UTF8);
	buf_init(&x->window, XML_TAG + RAW_MOST);
	buf_addstr(&x->window, "");
	x->at = 0;
	x->ended = x->empty = x->literal = 0;
	x->depth = x->name_len = x->nattrs = x->text_len = 0;
	x->name = x->text = "";
}

void
xml_done(struct xml *x)
{
	decoder_done(&x->decoder);
	buf_done(&x->window);
}

static int
damaged(const struct xml *x, struct err *e)
{
	return err_say(e, ERR_SENDER, "xlsx_damaged", x->part, NULL);
}

/* What a mark of two bytes says; without one it is UTF-8. */
static enum encoding
marked(const uint8_t *p, size_t len)
{
	if (len >= 2 && p[0] == 0xFF && p[1] == 0xFE)
		return ENCODING_UTF16LE;
	if (len >= 2 && p[0] == 0xFE && p[1] == 0xFF)
		return ENCODING_UTF16BE;
	return ENCODING_UTF8;
}

/* More text behind what is left. 1 there is, 0 no more. */
static int
fill(struct xml *x, struct err *e)
{
	size_t before;
	ssize_t n;

	if (x->ended)
		return 0;
	buf_consume(&x->window, x->at);
	x->at = 0;
	before = x->window.len;
	if (before > XML_TAG)
		return damaged(x, e);
	n = x->read(x->arg, x->raw, sizeof(x->raw), e);
	if (n == -1)
		return -1;
	if (!x->decoder.started && before == 0 && n > 0)
		decoder_init_fixed(&x->decoder, marked(x->raw, (size_t)n));
	x->ended = n == 0;
	decoder_feed(&x->decoder, x->raw, (size_t)n, x->ended, &x->window);
	if (memchr(x->window.data + before, '\0', x->window.len - before) !=
	    NULL)
		return damaged(x, e);
	return 1;
}

/*
 * Where mark stands behind the next skip bytes, as a distance from here; -1
 * where it does not, or is too far.
 */
static ssize_t
find(struct xml *x, size_t skip, const char *mark, struct err *e)
{
	size_t k = strlen(mark);

	for (;;) {
		const char *from = x->window.data + x->at;
		size_t len = x->window.len - x->at;
		const char *p = len < skip
				    ? NULL
				    : memmem(from + skip, len - skip, mark, k);
		int rc;

		if (p != NULL)
			return p - from;
		rc = fill(x, e);
		if (rc != 1)
			return rc == 0 ? damaged(x, e) : -1;
	}
}

/* ---- tags ---- */

enum { SPACE = 1, STOP = 2 }; /* what ends a name */

static const uint8_t sort[256] = { ['\0'] = STOP,
	[' '] = SPACE | STOP,
	['\t'] = SPACE | STOP,
	['\n'] = SPACE | STOP,
	['\r'] = SPACE | STOP,
	['='] = STOP,
	['>'] = STOP,
	['/'] = STOP,
	['<'] = STOP };

static int
is(char c, int what)
{
	return (sort[(unsigned char)c] & what) != 0;
}

/* A name without its prefix; returns what stands behind it. */
static const char *
take_name(const char *p, const char **ret_name, size_t *ret_len)
{
	*ret_name = p;
	for (; !is(*p, STOP); p++)
		if (*p == ':')
			*ret_name = p + 1;
	*ret_len = (size_t)(p - *ret_name);
	return p;
}

static const char *
skip_space(const char *p)
{
	while (is(*p, SPACE))
		p++;
	return p;
}

/*
 * name="value" pairs up to the end of the tag. Returns what stands behind it,
 * NULL where the window ends or the tag is none; the window ends in a NUL.
 */
static const char *
take_attrs(struct xml *x, const char *p)
{
	x->nattrs = 0;
	for (;;) {
		struct xml_attr a;
		const char *close; /* values are short: no strchr */
		char quote;

		p = skip_space(p);
		if (*p == '>')
			return p + 1;
		if (*p == '/' && p[1] == '>') {
			x->empty = 1;
			return p + 2;
		}
		p = skip_space(take_name(p, &a.name, &a.name_len));
		if (a.name_len == 0 || *p != '=')
			return NULL;
		p = skip_space(p + 1);
		quote = *p;
		if (quote != '"' && quote != '\'')
			return NULL;
		a.value = p + 1;
		for (close = a.value; *close != quote; close++)
			if (*close == '\0')
				return NULL;
		a.len = (size_t)(close - a.value);
		if (x->nattrs < XML_ATTRS)
			x->attr[x->nattrs++] = a;
		p = close + 1;
	}
}

static int
take_open(struct xml *x, struct err *e)
{
	for (;;) {
		const char *p = x->window.data + x->at + 1;
		int rc;

		p = take_attrs(x, take_name(p, &x->name, &x->name_len));
		if (p != NULL) {
			x->at = (size_t)(p - x->window.data);
			break;
		}
		rc = fill(x, e);
		if (rc != 1)
			return rc == 0 ? damaged(x, e) : -1;
	}
	if (x->name_len == 0 || ++x->depth > XML_DEPTH)
		return damaged(x, e);
	return XML_OPEN;
}

static int
take_close(struct xml *x, struct err *e)
{
	const char *p = x->window.data + x->at + 2;
	ssize_t n;

	p = take_name(p, &x->name, &x->name_len);
	if (*p == '>') {
		x->at = (size_t)(p - x->window.data) + 1;
	} else {
		n = find(x, 2, ">", e);
		if (n == -1)
			return -1;
		p = x->window.data + x->at + 2;
		(void)take_name(p, &x->name, &x->name_len);
		x->at += (size_t)n + 1;
	}
	if (x->depth-- == 0)
		return damaged(x, e);
	return XML_CLOSE;
}

/* ---- the rest ---- */

/* Whether the window goes on so; what it lacks for that is read. */
static int
goes_on(struct xml *x, const char *mark, struct err *e)
{
	size_t n = strlen(mark);

	while (x->window.len - x->at < n) {
		int rc = fill(x, e);

		if (rc != 1)
			return rc;
	}
	return memcmp(x->window.data + x->at, mark, n) == 0;
}

static int
pass(struct xml *x, size_t skip, const char *mark, struct err *e)
{
	ssize_t n = find(x, skip, mark, e);

	if (n == -1)
		return -1;
	x->at += (size_t)n + strlen(mark);
	return 0;
}

/* "<!": a comment is passed over (0), CDATA is text, all else is refused. */
static int
take_declaration(struct xml *x, struct err *e)
{
	ssize_t n;
	int rc = goes_on(x, "<!--", e);

	if (rc == 1)
		return pass(x, 4, "-->", e);
	if (rc == 0)
		rc = goes_on(x, "<![CDATA[", e);
	if (rc == 0)
		return err_say(e, ERR_SENDER, "xlsx_doctype", x->part, NULL);
	if (rc == -1)
		return -1;
	n = find(x, 9, "]]>", e);
	if (n == -1)
		return -1;
	x->text = x->window.data + x->at + 9;
	x->text_len = (size_t)n - 9;
	x->literal = 1;
	x->at += (size_t)n + 3;
	return XML_TEXT;
}

/* Text that the window cuts off must not end inside an entity. */
static size_t
whole(const char *s, size_t len)
{
	for (size_t i = 1; i <= ENTITY && i < len; i++) {
		if (s[len - i] == ';')
			break;
		if (s[len - i] == '&')
			return len - i;
	}
	return len;
}

static int
take_text(struct xml *x, struct err *e)
{
	const char *from, *p;
	size_t len;

	for (;;) {
		int rc;

		from = x->window.data + x->at;
		len = x->window.len - x->at;
		p = memchr(from, '<', len);
		if (p != NULL || x->ended || len > XML_TAG / 2)
			break;
		rc = fill(x, e);
		if (rc == -1)
			return -1;
	}
	x->text = from;
	x->text_len = p != NULL ? (size_t)(p - from) : whole(from, len);
	x->literal = 0;
	x->at += x->text_len;
	return XML_TEXT;
}

int
xml_next(struct xml *x, struct err *e)
{
	if (x->empty) {
		x->empty = 0;
		x->depth--;
		return XML_CLOSE;
	}
	/* What the last token pointed to goes with the window. */
	x->name = "";
	x->name_len = x->nattrs = 0;
	for (;;) {
		int rc = 0;

		if (x->window.len - x->at < 2)
			rc = fill(x, e);
		if (rc == -1)
			return -1;
		if (x->at == x->window.len && x->ended)
			return x->depth == 0 ? XML_END : damaged(x, e);
		if (x->window.len - x->at < 2 && !x->ended)
			continue;
		if (x->window.data[x->at] != '<')
			return take_text(x, e);
		switch (x->window.data[x->at + 1]) {
		case '/':
			return take_close(x, e);
		case '!':
			rc = take_declaration(x, e);
			break;
		case '?':
			rc = pass(x, 2, "?>", e);
			break;
		default:
			return take_open(x, e);
		}
		if (rc != 0)
			return rc;
	}
}

int
xml_leaf(struct xml *x, const char *open, const char *close)
{
	const char *p = x->window.data + x->at;
	const char *end = x->window.data + x->window.len;
	size_t k = strlen(open);
	const char *text, *less;

	if (x->empty || (size_t)(end - p) < k || memcmp(p, open, k) != 0)
		return 0;
	text = p + k;
	for (less = text; *less != '<'; less++)
		if (*less == '\0' || *less == '&')
			return 0;
	k = strlen(close);
	if ((size_t)(end - less) < k || memcmp(less, close, k) != 0)
		return 0;
	x->text = text;
	x->text_len = (size_t)(less - text);
	x->literal = 0;
	x->at = (size_t)(less + k - x->window.data);
	x->depth--;
	return 1;
}

const struct xml_attr *
xml_attr(const struct xml *x, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < x->nattrs; i++)
		if (x->attr[i].name_len == n &&
		    memcmp(x->attr[i].name, name, n) == 0)
			return &x->attr[i];
	return NULL;
}

/* ---- text ---- */

/* &#20013; and &#x4E2D;: what is no character becomes U+FFFD. */
static void
add_number(const char *s, size_t len, struct buf *out)
{
	int hex = len > 0 && (*s == 'x' || *s == 'X');
	uint32_t cp = 0;
	char one[4];

	for (size_t i = (size_t)hex; i < len; i++) {
		uint32_t digit = s[i] >= '0' && s[i] <= '9'
				     ? (uint32_t)(s[i] - '0')
				     : (uint32_t)((s[i] | 0x20) - 'a' + 10);

		if (digit >= (hex ? 16 : 10) || cp > 0x110000)
			cp = 0x110000;
		else
			cp = cp * (hex ? 16 : 10) + digit;
	}
	if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		cp = 0xFFFD;
	len = utf8_put(one, cp);
	buf_add(out, one, len);
}

static void
add_entity(const char *s, size_t len, struct buf *out)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' } };

	if (len > 1 && *s == '#') {
		add_number(s + 1, len - 1, out);
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == len &&
		    memcmp(known[i].name, s, len) == 0) {
			buf_addch(out, known[i].c);
			return;
		}
	buf_addstr(out, "\357\277\275"); /* U+FFFD */
}

void
xml_plain(const char *s, size_t len, struct buf *out)
{
	const char *end = s + len;

	while (s < end) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *semi;

		if (amp == NULL)
			amp = end;
		buf_add(out, s, (size_t)(amp - s));
		if (amp == end)
			return;
		semi = memchr(amp, ';', (size_t)(end - amp));
		if (semi == NULL) {
			buf_add(out, amp, (size_t)(end - amp));
			return;
		}
		add_entity(amp + 1, (size_t)(semi - amp - 1), out);
		s = semi + 1;
	}
}

void
xml_text(const struct xml *x, struct buf *out)
{
	if (x->literal)
		buf_add(out, x->text, x->text_len);
	else
		xml_plain(x->text, x->text_len, out);
}
