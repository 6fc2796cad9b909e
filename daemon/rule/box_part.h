#ifndef ZAYTON_RULE_BOX_PART_H
#define ZAYTON_RULE_BOX_PART_H

#include <stddef.h>

#include "rule/box.h"
#include "rule/rules.h"

/*
 * Between the files box*.c only: box.c has the state and its limits,
 * box_libs.c what of Lua's libraries is left, box_script.c reads what a script
 * declares, box_row.c calls its functions and runs its examples.
 */

struct lua_State;

enum box_over { BOX_FINE, BOX_INSTRUCTIONS, BOX_MEMORY };

struct box_example {
	struct ruleset *rs;
	int line;
	int spec; /* reference to { raw, expectations ... } */
	struct box_example *next;
};

enum { BOX_GUESSES = 64 };

struct box {
	struct lua_State *L;
	size_t used;
	size_t max;
	int budget; /* instructions of a row */
	int left;
	enum box_over over; /* sticks until the next row: no pcall hides it */
	const struct pack *pack; /* while the script is read */
	struct script *script;
	struct ruleset *rs;  /* of the row at hand */
	struct clean *clean; /* the row at hand, NULL between rows */
	int row;             /* references: what functions get as row */
	int context;         /* and as context */
	int loaded;          /* modules */
	/* Where names were found last, by their address: a guess. */
	unsigned char field[BOX_GUESSES];
	struct box_example *example; /* in the order of the script */
	struct box_example **last;
};

/* The box a state belongs to. */
struct box *box_of(struct lua_State *L);

/*
 * Raises an error in both languages, with the line of the script it comes
 * from. Does not return.
 */
int box_raise(struct lua_State *L, const char *zh, const char *en,
    const char *what) __attribute__((noreturn));

/* The line of the script that is being run, 0 where none is. */
int box_line(struct lua_State *L);

/*
 * Calls fn(L) protected with p as its only argument; what it raises becomes
 * ERR_HOLD. The stack is empty afterwards.
 */
int box_protected(struct box *b, int (*fn)(struct lua_State *L), void *p,
    struct err *e);

/* Raises again what a pcall of the script must not hide. */
void box_check_over(struct lua_State *L);

/* Instructions that the hook does not see. */
void box_charge(struct lua_State *L, int instructions);

/* Puts the libraries that are left into a new table of globals. */
void box_open_libs(struct lua_State *L);

/* The functions for lua/zayton.lua, as a table on the stack. */
void box_push_core(struct lua_State *L);

/* Makes the two things functions get as arguments. */
void box_make_row(struct lua_State *L);

/* z.raw */
int box_raw(struct lua_State *L);

/* A text that lasts as long as the script. */
const char *box_keep(struct lua_State *L, int index);

#endif
