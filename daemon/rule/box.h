#ifndef ZAYTON_RULE_BOX_H
#define ZAYTON_RULE_BOX_H

#include <stddef.h>

#include "form/value.h"
#include "rule/script.h"
#include "sys/err.h"

/*
 * The box a script runs in: a Lua state of its own with a ceiling on memory
 * and a count of instructions, without any way out. Rules see a row, lists and
 * the library lua/ folder of the pack; no clock, file, chance or order of hashes.
 * The count of instructions is a courtesy: patterns run outside of it, so the
 * process has limits of its own. No other file of rule/ knows Lua.
 */

struct box;
struct clean;

/* A box with the library "zayton" in it. lines of errors name the script. */
int box_new(const struct pack *p, const struct script_limits *limits,
    struct box **ret_b, struct err *e);
void box_free(struct box *b);

/*
 * Runs a script; what it declares is put into the script's rulesets. ERR_HOLD
 * names file and line.
 */
int box_load(struct box *b, struct script *s, const char *name,
    const char *text, size_t len, struct err *e);

/* Runs a text alone, for tests of the box. */
int box_run(struct box *b, const char *name, const char *text, size_t len,
    struct err *e);

/* How many instructions a row may take. */
void box_row_start(struct box *b);

/*
 * A function of a chain: v, row -> value. *ret_rule is the rule it refused
 * the value by, or NULL.
 */
int box_cell(struct box *b, int function, struct clean *c, struct value *v,
    const char **ret_rule, struct err *e);
/* A function that makes a field of others: row -> value. */
int box_derive(struct box *b, int function, struct clean *c, struct value *v,
    struct err *e);
/* A check: row -> true where the finding is due. */
int box_check(struct box *b, int function, struct clean *c, struct err *e);

/* Runs the examples of the script, as script_examples. */
int box_examples(struct box *b, struct script *s,
    void (*report)(void *ctx, const char *dataset, int line, int failed,
	const char *sentence),
    void *ctx, struct err *e);

#endif
