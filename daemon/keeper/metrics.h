#ifndef ZAYTON_KEEPER_METRICS_H
#define ZAYTON_KEEPER_METRICS_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * What a monitor looks at: run/metrics.prom, in the text format of Prometheus
 * (a node_exporter reads it as a textfile), made anew every few seconds; and
 * the answer to zayton health. Nothing listens for it.
 */

struct metrics;

/* Between rounds: writes the file where it is due. */
int metrics_slice(struct keeper *k, struct err *e);
void metrics_free(struct metrics *m);

/* gate: how many connections had which verdict (door/limits.h) since. */
int metrics_callers(struct keeper *k, struct err *e);

/*
 * {"healthy": bool, "problems": [{"code", "zh", "en"}]}, the caller's: what an
 * operator has to see to.
 */
int metrics_health(struct keeper *k, json_t **ret_answer, struct err *e);

#endif
