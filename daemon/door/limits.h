#ifndef ZAYTON_DOOR_LIMITS_H
#define ZAYTON_DOOR_LIMITS_H

#include <stdint.h>

/*
 * Who may connect at all: how many connections there are, how many of them
 * have not logged in, how many come from one source, and what a source has
 * done before. A source is an IPv4 address or an IPv6 /64. No clock of its own:
 * now is in seconds and only grows.
 *
 * Of the places for those who have not logged in a source gets a quarter, and
 * those who do not speak SSH by themselves get half: a flood of one or of the
 * silent leaves room for the others.
 *
 * Each failed login costs a source LIMITS_FAILURE seconds, forgiven at one a
 * second; above LIMITS_PATIENCE it is not let in.
 */

enum { LIMITS_FAILURE = 3, LIMITS_PATIENCE = 30, LIMITS_WORST = 600 };

struct limits;

struct limits *limits_new(int sessions_max, int per_source, int startups_max);
void limits_free(struct limits *l);

enum limits_verdict {
	LIMITS_IN,
	LIMITS_FULL,     /* too many connections */
	LIMITS_STARTUPS, /* too many not yet logged in */
	LIMITS_SOURCE,   /* too many from there */
	LIMITS_PENALTY,  /* too many failures from there */
	LIMITS_VERDICTS
};

/*
 * source is what limits_source made of an address; spoke: the client has said
 * something. LIMITS_IN counts it.
 */
enum limits_verdict limits_enter(struct limits *l, const char *source,
    int spoke, int64_t now);
/* It has logged in. */
void limits_logged_in(struct limits *l, const char *source, int64_t now);
/* It has gone; failed: without logging in though it tried. */
void limits_leave(struct limits *l, const char *source, int logged_in,
    int failed, int64_t now);

/* The source of a numeric address: IPv6 is cut to its /64. 48 bytes. */
void limits_source(const char *address, char *source);

const char *limits_verdict_name(enum limits_verdict v);

#endif
