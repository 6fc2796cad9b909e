#ifndef ZAYTON_DOOR_SESSION_H
#define ZAYTON_DOOR_SESSION_H

/*
 * The session: one connection, from the TCP socket to the filer's stream. It
 * logs the client in with the gate's word on keys, then carries bytes between
 * the channel and the filer. It is a copy of a pattern (sys/copies.h) that has
 * read the host keys and sees no visitor.
 *
 * zayton -x sessions orders=FD keys=FD SECONDS; so long may one be idle.
 */
int session_role(int argc, char **argv);

#endif
