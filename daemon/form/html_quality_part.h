#ifndef ZAYTON_FORM_HTML_QUALITY_PART_H
#define ZAYTON_FORM_HTML_QUALITY_PART_H

#include <jansson.h>

#include "sys/buf.h"

/* What the parts of the page on a bundle's quality share. Not for others. */

/* Its "value"; -1 where nothing can be said. */
double html_quality_value(const json_t *o);

void html_quality_count(struct buf *b, json_int_t n);
/* The number by which the page calls a rule, red where it returned rows. */
void html_quality_mark(struct buf *b, const json_t *rule, size_t i);

void html_quality_datasets(struct buf *b, const json_t *list);
/* Fields by finding. */
void html_quality_heat(struct buf *b, const json_t *fields, const json_t *rules,
    const json_t *files);
void html_quality_samples(struct buf *b, const json_t *rules,
    const json_t *files);
void html_quality_files(struct buf *b, const json_t *files);

#endif
