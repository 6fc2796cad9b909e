#ifndef ZAYTON_DOOR_SESSION_H
#define ZAYTON_DOOR_SESSION_H

/*
 * The session: one connection, from the TCP socket to the filer's stream. It
 * logs the client in with the gate's word on keys, then carries bytes between
 * the channel and the filer. It is a copy of a pattern (sys/copies.h) that has
 * read the host keys and sees no visitor.
 *
 * zayton -x sessions orders=FD keys=FD SECONDS PACKETS; so long may one be
 * idle, and so many packets may come until login.
 */

/* Exit statuses of one that ends without a login. */
enum session_end {
	SESSION_SILENT = 0, /* no keys were exchanged */
	SESSION_KEYED = 10, /* they were, and nobody logged in */
	SESSION_FOUL = 11   /* more came than a login takes */
};

int session_role(int argc, char **argv);

#endif
