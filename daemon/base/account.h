#ifndef ZAYTON_BASE_ACCOUNT_H
#define ZAYTON_BASE_ACCOUNT_H

#include <jansson.h>

#include "base/db.h"
#include "sys/message.h"

/* Accounts and their keys. Every change is a line of the ledger. */

struct account {
	char name[ACCOUNT_TEXT];
	enum account_role role;
	char provider[33];
	char unit[256];   /* the responsible unit */
	char person[128]; /* and person */
	char phone[64];
};

/* Whether a key (wire form) may log in as this user: 1, 0, -1. */
int account_login(struct db *db, const char *user, const void *key, size_t len,
    enum account_role *ret_role, struct err *e);

/* Whether there is such an account and it is enabled: 1, 0, -1. */
int account_enabled(struct db *db, const char *name,
    enum account_role *ret_role, struct err *e);

/* 1 found, 0 no such account, -1. */
int account_find(struct db *db, const char *name, struct account *ret_a,
    struct err *e);

/* The fingerprints of an account's keys, one space between two. */
int account_keys(struct db *db, const char *name, char *keys, size_t size,
    struct err *e);

/*
 * What a command asks for ("account add", "account list" ...), in a
 * transaction of the caller's. The answer is the caller's; ERR_SENDER or
 * ERR_HOLD says what is wrong with the request.
 */
int account_ask(struct db *db, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
