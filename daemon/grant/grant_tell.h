#ifndef ZAYTON_GRANT_GRANT_TELL_H
#define ZAYTON_GRANT_GRANT_TELL_H

#include "keeper/keeper.h"

/*
 * What providers are told, signed, in /reports: grants.csv, who is granted
 * their data, and access-YYYY-MM.csv, how it was used. In the caller's
 * transaction; placed after it.
 */

/* After acts at now: the lists of the providers whose data they were about. */
int grant_tell_after(struct keeper *k, const char *now, struct err *e);

/* All lists anew: grants begin and end by the day. */
int grant_tell_all(struct keeper *k, const char *now, struct err *e);

/* The use of a month (2016-03), to each provider whose data was asked for. */
int grant_tell_use(struct keeper *k, const char *month, struct err *e);

#endif
