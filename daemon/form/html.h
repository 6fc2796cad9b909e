#ifndef ZAYTON_FORM_HTML_H
#define ZAYTON_FORM_HTML_H

#include <jansson.h>

#include "sys/buf.h"

/*
 * Pages for people: self-contained, no script, nothing fetched, printed on
 * A4. Everything foreign is escaped.
 */

/* Text with & < > " made harmless. */
void html_text(struct buf *b, const char *s);
void html_text_n(struct buf *b, const char *s, size_t len);

/* The beginning of a page up to its body, and its end. */
void html_begin(struct buf *b, const char *title);
void html_end(struct buf *b);

/* A cell of a table; kind is "" or attributes, as " class=\"n\"". */
void html_cell(struct buf *b, const char *kind, const char *s);

/* One page of a result receipt, Chinese first, English below. */
void html_receipt(const json_t *receipt, struct buf *b);

#endif
