#ifndef ZAYTON_RULE_BOX_TABLE_H
#define ZAYTON_RULE_BOX_TABLE_H

#include <stddef.h>

#include "sys/err.h"

/*
 * A rules file that is data: it returns a table and has no library at hand.
 * The readers look at the table at the top of the stack; each says which file
 * and which name is wrong (ERR_HOLD).
 */
struct lua_State;

struct box_table {
	struct lua_State *L;
	const char *file; /* "rules/link.lua" */
	struct err *e;
};

/* Runs the text; its table is at the top. 0 or -1. Closed in any case. */
int box_table_open(struct box_table *t, const char *file, const char *text,
    size_t len, struct err *e);
void box_table_close(struct box_table *t);

/* Goes into the table of a name; left by box_table_leave. */
int box_table_enter(struct box_table *t, const char *name);
void box_table_leave(struct box_table *t);

/* "file: what 'name'". Returns -1. */
int box_table_wrong(struct box_table *t, const char *what, const char *name);

/* A whole number that has to be there. */
int box_table_number(struct box_table *t, const char *name, int *ret);
/* A text that has to be there; "" where it may lack. */
int box_table_text(struct box_table *t, const char *name, int may_lack,
    char *out, size_t size);
/* true, else 0. */
int box_table_flag(struct box_table *t, const char *name);

/*
 * The names of the table, in order; -1 where one is no text. list has room for
 * max; *ret_n how many.
 */
int box_table_names(struct box_table *t, const char *what, char *list,
    size_t size, size_t max, size_t *ret_n);
/* Refuses names that are not among the known, which NULL ends. */
int box_table_only(struct box_table *t, const char *const *known);

#endif
