#ifndef ZAYTON_QUALITY_VOLUME_H
#define ZAYTON_QUALITY_VOLUME_H

#include "base/db.h"
#include "quality/calendar.h"
#include "rule/schema.h"

/*
 * Whether a bundle brings about as many rows of a data set as other periods
 * of the same provider had. Only what was applied counts as such; data sets
 * without periods have no usual number.
 */

/* Keeps a finding for each that does not; before the bundle's receipt. */
int volume_check(struct db *db, const struct schemas *s,
    const struct calendar *c, int64_t bundle, const char *provider,
    struct err *e);

#endif
