#ifndef ZAYTON_FORM_HTML_TASK_H
#define ZAYTON_FORM_HTML_TASK_H

#include <jansson.h>

#include "sys/buf.h"

/* Pages beyond bundles, out of what quality/task_run.h and quality/city.h say. */

/* What a task found. */
void html_task(const json_t *result, struct buf *b);

/* All departments side by side. */
void html_city(const json_t *city, struct buf *b);
/* The same as the sheets of a workbook (form/xlsx_book.h); the caller's. */
json_t *html_city_tables(const json_t *city);

#endif
