#ifndef ZAYTON_BASE_ANSWERS_H
#define ZAYTON_BASE_ANSWERS_H

#include "base/keeper.h"

/* MESSAGE_ASK of a command: what it asks for in JSON, and the answer. */
int answers_give(struct keeper *k, struct peer *p, struct err *e);

#endif
