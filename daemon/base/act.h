#ifndef ZAYTON_BASE_ACT_H
#define ZAYTON_BASE_ACT_H

#include <jansson.h>

#include "base/db.h"
#include "sys/message.h"

/*
 * What grants, consents and objections have in common: an act has a person and
 * a reason, rests on a signed paper, and is a line of the ledger.
 */

/* "zh: what" and "en: what", as ERR_SENDER. Returns -1. */
int act_refuse(struct err *e, const char *zh, const char *en, const char *what);

/* Who and why; refused where one lacks. */
struct act {
	const char *person;
	const char *reason;
	const char *now; /* RFC 3339 */
};

int act_begin(struct act *a, const json_t *request, const char *now,
    struct err *e);

/* A line of the ledger; takes detail, adds person and reason. */
int act_note(struct db *db, const struct act *a, const char *kind,
    const char *account, json_t *detail, struct err *e);

/* The signed paper: its SHA-256, and who signed its bytes. */
struct act_paper {
	char evidence[DIGEST_TEXT];
	char signer[128]; /* "account SHA256:..."; "" not signed */
};

/*
 * {evidence: sha256, sha512, signature}: the signature (SSHSIG) has to be good
 * for the paper and by a key of an account.
 */
int act_paper(struct db *db, const json_t *request, const char *name_space,
    struct act_paper *ret_p, struct err *e);

/* A day of the request as YYYY-MM-DD; "" where it may lack. */
int act_day(const json_t *request, const char *name, int may_lack, char day[16],
    struct err *e);

/* The enterprise a word names: its id, or a number that is one's alone. */
int act_enterprise(struct db *db, const char *word, uint32_t *ret_no,
    struct err *e);

#endif
