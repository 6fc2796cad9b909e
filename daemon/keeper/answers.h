#ifndef ZAYTON_KEEPER_ANSWERS_H
#define ZAYTON_KEEPER_ANSWERS_H

#include "keeper/keeper.h"

/* MESSAGE_ASK of a command: what it asks for in JSON, and the answer. */
int answers_give(struct keeper *k, struct peer *p, struct err *e);

#endif
