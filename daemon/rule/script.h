#ifndef ZAYTON_RULE_SCRIPT_H
#define ZAYTON_RULE_SCRIPT_H

#include "rule/match.h"
#include "rule/row.h"
#include "sys/err.h"

/*
 * A department's rule script, rules/<provider>.lua, in its box: read once,
 * then asked for each row. Chains of named steps run in C; Lua functions are
 * called only where the script has them.
 */

struct pack;
struct script;
struct ruleset; /* what a script says about one dataset */

struct script_limits {
	size_t memory;    /* bytes of the Lua state */
	int instructions; /* VM instructions of one row; courtesy only */
};

/*
 * Loads the provider's script of a pack and checks it: known datasets, fields
 * and steps. Errors name script and line. A provider without a script gets
 * the steps that follow from the standard alone.
 */
int script_load(const struct pack *p, const struct schemas *s,
    const char *provider, const struct script_limits *limits,
    struct script **ret_s, struct err *e);
void script_free(struct script *s);

/*
 * The provider of a pack's file, "aic" of rules/aic.lua; 0 where the file is no
 * department's script.
 */
int script_provider(const char *name, char *buf, size_t size);

/* SHA-256 of the script's text in hex. */
const char *script_sha256(const struct script *s);

/*
 * Runs the examples of the script. Calls report for each (0 passed, else the
 * sentence says what came instead); returns how many failed, -1 on error.
 */
int script_examples(struct script *s,
    void (*report)(void *ctx, const char *dataset, int line, int failed,
	const char *sentence),
    void *ctx, struct err *e);

/*
 * The rules of a dataset for a file: period is what name or package say ("" if
 * unknown), today is YYYY-MM-DD of receipt: rules see no other clock. A script
 * may send rows of a file to another dataset: ruleset_route.
 */
struct ruleset *script_dataset(struct script *s, const struct schema *schema);

/*
 * Cleans one row: r has its raw cells; afterwards it has values, findings,
 * key, as_of, rejected. -1 only when the script itself failed (ERR_HOLD: the
 * bundle is set aside, the operator told).
 */
int ruleset_clean(struct ruleset *rs, const struct match *m, struct row *r,
    const char *period, const char *today, struct err *e);

/*
 * As match_columns, by what the rules say: a file may lack the columns of
 * fields that they make of others, and they may have keys of their own.
 */
int ruleset_match(const struct ruleset *rs, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e);

/*
 * Where a file mixes datasets, a column of it says which one a row is of: the
 * script's route. Which column of a file that is, -1 where there is no route
 * or no such column: then all rows are of the ruleset's own standard.
 */
int ruleset_route_column(const struct ruleset *rs, const struct match *m);
/* The standard of a value in that column, NULL where the route has none. */
const struct schema *ruleset_route(const struct ruleset *rs, const char *text,
    size_t len);
/* All values and their standards in turn; NULL after the last. */
const struct schema *ruleset_route_at(const struct ruleset *rs, size_t i,
    const char **ret_value);

/* How versions of a row compete, as the script says. */
struct ruleset_policy {
	int keep_first; /* newer = "ignore": what is there stays */
	int null_wipes; /* null = "replace": an empty cell empties the field */
};
const struct ruleset_policy *ruleset_policy(const struct ruleset *rs);

#endif
