#ifndef ZAYTON_GRANT_CONSENT_H
#define ZAYTON_GRANT_CONSENT_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * Consents of enterprises: to whom, what, for what, until when, and the signed
 * paper. Departments and institutions send them in as a data set like others;
 * they count when an administrator has confirmed the row, and only while it
 * stands unchanged. Or an administrator enters one with the paper at hand.
 */
#define CONSENT_DATASET "enterprise_consent"

/*
 * consent add, list, confirm and reject (of a row sent in, "R12"), revoke ("12"
 * as listed): see grant/grant_ask.h for the manner of it.
 */
int consent_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

/* A bundle of them: those whose row it changed or took back are over. */
int consent_arrived(struct keeper *k, int64_t bundle, const char *now,
    struct err *e);

#endif
