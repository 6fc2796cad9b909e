#ifndef ZAYTON_RULE_TEMPLATE_H
#define ZAYTON_RULE_TEMPLATE_H

#include <jansson.h>

#include "rule/codes.h"
#include "rule/schema.h"
#include "sys/buf.h"

/*
 * What a department fills in, and what is said about it: from the standard
 * alone. A template filled with the examples loads without a finding.
 */

enum { TEMPLATE_EXAMPLE = 256 };

/* A good value of a field: its own example, else one of its kind. */
void template_example(const struct field *f, const struct codes *c,
    char out[TEMPLATE_EXAMPLE]);

/* The header of a column: the title, with the unit of an amount. */
void template_header(const struct field *f, char out[TEMPLATE_EXAMPLE]);

/* A header in UTF-8 with BOM, and below it a row of examples if filled. */
void template_csv(const struct schema *s, const struct codes *c, int filled,
    struct buf *b);

/*
 * The standard for readers: {"dataset", "version", "title", "provider",
 * "state", "from", "until", "frequency", "fields": [{"name", "title",
 * "header", "presence", "type", "format", "example", "description",
 * "synonyms": [text], "codes": [{"code", "label"}]}]}.
 */
json_t *template_describe(const struct schema *s, const struct codes *c);

#endif
