#ifndef ZAYTON_FORM_HTML_STANDARD_H
#define ZAYTON_FORM_HTML_STANDARD_H

#include "form/html.h"

/* A page to read of standards; see rule/template.h for what the list holds. */
void html_standards(const char *title, const json_t *list, struct buf *b);

/* What the data says about them; see keeper/analyze.h. */
void html_analysis(const json_t *list, struct buf *b);

#endif
