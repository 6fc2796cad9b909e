#ifndef ZAYTON_GRANT_GRANT_ASK_H
#define ZAYTON_GRANT_GRANT_ASK_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * What people do about grants, each an act with a person and a reason:
 *   grant add      makes one for each data set named; those that give personal
 *                  fields whole, or data given by name only, wait for approval
 *   grant approve  by another person than the one who added it
 *   grant revoke   at once: its institution's sessions end
 *   grant suspend  while its provider objects, until grant resume
 *   grant list
 * ERR_SENDER says what is missing or wrong. In a transaction of the caller's,
 * who takes back what was written where it fails.
 */
int grant_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);

#endif
