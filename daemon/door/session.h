#ifndef ZAYTON_DOOR_SESSION_H
#define ZAYTON_DOOR_SESSION_H

/*
 * The session: one connection, from the TCP socket to the filer's stream. It
 * waits in the gate's pool until a socket comes, logs the client in with the
 * gate's word on keys, then carries bytes between the channel and the filer.
 * Arguments: seconds a session may be idle.
 */
int session_role(int argc, char **argv);

#endif
