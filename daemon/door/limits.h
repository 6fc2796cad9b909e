#ifndef ZAYTON_DOOR_LIMITS_H
#define ZAYTON_DOOR_LIMITS_H

#include <stdint.h>

#include "sys/address.h"
#include "sys/conf.h"

/*
 * Who may connect at all: how many connections there are, how many of them
 * have not logged in, how many come from one source, and what a source has
 * done before. A source is a net of the width that the settings give. No clock
 * and no dice of its own: now is in seconds and only grows.
 *
 * Of the places for those who have not logged in (startups) a source gets a
 * quarter, and those who do not speak SSH by themselves get half. From
 * startups_begin on a newcomer may cost one who waits his place: with a
 * probability that grows from startups_rate percent to certainty at
 * startups_max. Who goes is half open (no key offered), of the source that has
 * most of them, there for longest. A login takes less than a second and is
 * hardly ever that; a flood displaces itself. Who comes from where others have
 * logged in counts as one who has offered a key.
 *
 * Each fault costs its source seconds, forgiven at one a second; above
 * penalty_min it is not let in.
 */

/* How a connection ended that did not log in. */
enum limits_fault {
	FAULT_NONE,
	FAULT_SILENT,    /* it went before keys were exchanged */
	FAULT_KEY,       /* it offered none that is known, or a bad signature */
	FAULT_GRACE,     /* login_seconds were over */
	FAULT_DISPLACED, /* half open, its place was needed */
	FAULT_PROTOCOL,  /* more than a login may cost: login_packets */
	FAULT_CRASH,     /* its session died */
	LIMITS_FAULTS
};

enum limits_verdict {
	LIMITS_IN,
	LIMITS_FULL,     /* too many connections */
	LIMITS_STARTUPS, /* too many not yet logged in */
	LIMITS_SOURCE,   /* too many from there */
	LIMITS_PENALTY,  /* too many faults from there */
	LIMITS_VERDICTS
};

/* One who comes, in the caller's memory. */
struct limits_visitor {
	char source[ADDRESS_TEXT];
	int exempt; /* no fault counts against it */
	int64_t since;
	int tried;   /* a key was offered (set by the caller), or it is known */
	int startup; /* not logged in */
	struct limits_visitor *before, *next; /* of the startups */
};

struct limits;

/* Of the settings: those of connections and penalties. c is not kept. */
struct limits *limits_new(const struct conf *c);
void limits_free(struct limits *l);

/* The source of a numeric address; ADDRESS_TEXT bytes. */
void limits_source(const struct limits *l, const char *address, char *source);
/* Begins a visitor from a numeric address. */
void limits_visitor(const struct limits *l, const char *address,
    struct limits_visitor *ret_v);

/*
 * v is begun; spoke: the client has said something; dice: 0 to 99.
 * LIMITS_IN counts it and keeps v until limits_leave; where *ret_displaced is
 * then not NULL, that one has to be ended (limits_leave, FAULT_DISPLACED).
 */
enum limits_verdict limits_enter(struct limits *l, struct limits_visitor *v,
    int spoke, unsigned dice, int64_t now,
    struct limits_visitor **ret_displaced);
/* Whether a source has logged in these days: it goes before strangers. */
int limits_known(const struct limits *l, const char *source, int64_t now);
/* It has logged in. */
void limits_logged_in(struct limits *l, struct limits_visitor *v, int64_t now);
/* It has gone. */
void limits_leave(struct limits *l, struct limits_visitor *v,
    enum limits_fault fault, int64_t now);

/* How many sources are known; there is a limit. */
unsigned limits_sources(const struct limits *l);

const char *limits_verdict_name(enum limits_verdict v);
const char *limits_fault_name(enum limits_fault f);

#endif
