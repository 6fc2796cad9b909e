#ifndef ZAYTON_SYS_ERR_H
#define ZAYTON_SYS_ERR_H

/*
 * Errors that travel: a function that can fail returns 0 or -1 and describes
 * the failure in its last argument. Nobody logs on the way up; the stage that
 * owns the bundle logs once. The kind decides where a bundle goes next, so it
 * must be right:
 *
 *   ERR_SENDER  the sender has to mend it   -> rejected, with a receipt
 *   ERR_RETRY   it may work in a moment     -> stays where it is
 *   ERR_HOLD    an operator has to look     -> quarantined
 *
 * A failed fsync is none of these: log_fatal, exit, recover from disk.
 */

enum err_kind { ERR_NONE, ERR_SENDER, ERR_RETRY, ERR_HOLD };

/*
 * code is a stable code of the catalogue (see catalog.h), or "" for an
 * internal failure that no sender ever sees. zh and en are whole sentences;
 * where only one language is known both hold the same text.
 */
struct err {
	enum err_kind kind;
	char code[40];
	char zh[512];
	char en[512];
};

/* A failure of our own, in English only. Always returns -1. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and the text of errno appended. Returns -1. */
int err_errno(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A refusal from the catalogue: the arguments are strings that replace {1},
 * {2} ... in both sentences, ended by a NULL. Foreign text is escaped and cut.
 * Returns -1.
 */
int err_say(struct err *e, enum err_kind kind, const char *code, ...)
    __attribute__((sentinel));

/* Puts "where: " in front of both sentences on the way up. Returns -1. */
int err_in(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
