#ifndef ZAYTON_KEEPER_SHELF_H
#define ZAYTON_KEEPER_SHELF_H

#include "sys/err.h"

/*
 * What accounts see as /standards: whom to trust, the standards in force as
 * Frictionless schemas and as pages to read, code lists, templates to fill in.
 * Made from the pack whenever something else comes in force; a mark says of
 * what, so that a start that finds nothing new writes nothing.
 */
struct standing;

/* Whether it was made of just this, and views before it. */
int shelf_is_made(const struct standing *s);
int shelf_fill(const struct standing *s, struct err *e);

#endif
