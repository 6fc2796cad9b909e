#ifndef ZAYTON_DOOR_GATE_H
#define ZAYTON_DOOR_GATE_H

/*
 * The gate: accepts connections within limits, gives each a session from a
 * pool of waiting ones, relays what the keeper says of keys, and starts a
 * filer for who has logged in. It reads no foreign byte itself.
 */
int gate_role(int argc, char **argv);

#endif
