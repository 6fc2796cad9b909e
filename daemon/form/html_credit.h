#ifndef ZAYTON_FORM_HTML_CREDIT_H
#define ZAYTON_FORM_HTML_CREDIT_H

#include <jansson.h>

#include "sys/buf.h"

/*
 * The credit report of one enterprise as a page, of what may be seen of it:
 *   name, enterprise, account, purpose, day, id (texts)
 *   tables: dataset, title, provider, adverse, fields [{name, title, number}],
 *     rows [[cell or null]], marks [null or [null or [number]]] (objections
 *     to each cell; those to a whole row at the last one), chart {period, value} (names of fields) or absent
 *   withheld: title, zh, en
 * Tables come in groups: who it is, licences, taxes, utilities, penalties,
 * cases, credit, the rest.
 */
void html_credit(const json_t *report, struct buf *b);

#endif
