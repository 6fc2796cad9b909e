#ifndef ZAYTON_GRANT_OFFER_H
#define ZAYTON_GRANT_OFFER_H

#include "keeper/keeper.h"

/*
 * /catalog of an institution: catalog.html, catalog.xlsx and catalog.json, what
 * its grants let it ask for, field by field, and how fresh that is.
 *   {account, unit, day, purposes: [{code, zh, en}], grants: [{grant, state,
 *   dataset, title, provider, class, basis, consent, frequency, received,
 *   period, purpose, form, subjects, from, until, data_from, data_until, life,
 *   times, used, every, fields: [{name, title, type, sensitivity, given,
 *   description}]}]}
 * Grants that are over or revoked are not in it.
 */

/* Made anew and placed: it can be made again at any time. */
int offer_make(struct keeper *k, const char *account, struct err *e);

#endif
