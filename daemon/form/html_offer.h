#ifndef ZAYTON_FORM_HTML_OFFER_H
#define ZAYTON_FORM_HTML_OFFER_H

#include "form/html.h"

/* The page of an institution's catalogue; see grant/offer.h for what it holds. */
void html_offer(const json_t *offer, struct buf *b);

#endif
