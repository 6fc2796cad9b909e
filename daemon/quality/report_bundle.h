#ifndef ZAYTON_QUALITY_REPORT_BUNDLE_H
#define ZAYTON_QUALITY_REPORT_BUNDLE_H

#include <jansson.h>

#include "base/bundle.h"
#include "base/db.h"
#include "rule/schema.h"

/*
 * What a report says, out of the base: numbers, counts, samples, in the form
 * of report.json (zayton-report(5)). Pages are made from this and nothing
 * else. Personal fields are covered here.
 */

enum { REPORT_SAMPLES = 20, REPORT_PERIODS = 12 };

/* The quality of a bundle. all are the standards it was read by. */
int report_bundle(struct db *db, const struct schemas *all,
    const struct bundle *b, json_t **ret_o, struct err *e);

/*
 * Its findings: "rules" with samples, "fields". "files" must be there, whose
 * columns tell what is personal.
 */
int report_findings(struct db *db, const struct schemas *all,
    const struct bundle *b, json_t *o, struct err *e);

/* Its numbers: "datasets" with metrics, dimensions, score, trend. */
int report_metrics(struct db *db, const struct schemas *all,
    const struct bundle *b, json_t *o, struct err *e);

#endif
