#ifndef ZAYTON_FORM_XML_H
#define ZAYTON_FORM_XML_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "form/decode.h"
#include "sys/buf.h"

struct err;

/*
 * The XML of office documents, token by token, in bounded memory: tags, text,
 * CDATA; comments and instructions are passed over. There is no such thing as
 * a document type here: any "<!DOCTYPE" is refused, so no entity but the five
 * of XML itself can exist, and nothing outside is ever asked for. A tag is at
 * most XML_TAG bytes, elements stand at most XML_DEPTH deep. Prefixes of
 * namespaces are cut off. UTF-8, or UTF-16 with a mark.
 *
 * A general parser (expat) makes a third of the tokens a second that a sheet
 * needs, and needs limits of its own around it.
 */

enum { XML_TAG = 64 << 10, XML_DEPTH = 64, XML_ATTRS = 64 };

enum xml_token { XML_END, XML_OPEN, XML_CLOSE, XML_TEXT };

struct xml_attr {
	const char *name; /* without prefix */
	size_t name_len;
	const char *value; /* as it stands there: see xml_plain */
	size_t len;
};

/* Fills buf; 0 at the end, -1 failed. */
typedef ssize_t xml_read_fn(void *arg, void *buf, size_t size, struct err *e);

struct xml {
	const char *part; /* which file of the document; for messages */
	xml_read_fn *read;
	void *arg;
	struct decoder decoder;
	struct buf window;
	size_t at; /* of the window */
	int ended;
	size_t depth;
	int empty; /* <x/>: its end comes next */
	/* The token; all of it points into the window. */
	const char *name; /* XML_OPEN and XML_CLOSE, without prefix */
	size_t name_len;
	struct xml_attr attr[XML_ATTRS];
	size_t nattrs;
	const char *text; /* XML_TEXT */
	size_t text_len;
	int literal; /* of CDATA: '&' is itself */
	uint8_t raw[16 << 10];
};

void xml_init(struct xml *x, const char *part, xml_read_fn *read, void *arg);
void xml_done(struct xml *x);

/*
 * The next token, valid until the call after; XML_END is 0. -1 where the text
 * is no XML (ERR_SENDER), or could not be read. Long text comes in pieces.
 */
int xml_next(struct xml *x, struct err *e);

/*
 * A short cut for what a sheet is made of. Behind an XML_OPEN: where it goes on
 * with just open (of one element), text and close (of both), takes all of it at
 * once and returns 1 with the text; else 0, and nothing is taken.
 */
int xml_leaf(struct xml *x, const char *open, const char *close);

/* Whether the element is called so. */
static inline int
xml_is(const struct xml *x, const char *name)
{
	size_t n = strlen(name);

	return x->name_len == n && memcmp(x->name, name, n) == 0;
}

/* The attribute of an XML_OPEN, NULL where it has none. */
const struct xml_attr *xml_attr(const struct xml *x, const char *name);

/* Appends text with &lt; &#20013; and the like resolved. */
void xml_plain(const char *s, size_t len, struct buf *out);

/* Appends the text of an XML_TEXT. */
void xml_text(const struct xml *x, struct buf *out);

#endif
