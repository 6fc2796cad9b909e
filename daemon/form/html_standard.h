#ifndef ZAYTON_FORM_HTML_STANDARD_H
#define ZAYTON_FORM_HTML_STANDARD_H

#include "form/html.h"

/* Pages about data standards; see base/analyze.h for what the list holds. */
void html_analysis(const json_t *list, struct buf *b);

#endif
