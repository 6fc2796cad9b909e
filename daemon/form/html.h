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

/* One page of a result receipt, Chinese first, English below. */
void html_receipt(const json_t *receipt, struct buf *b);

#endif
