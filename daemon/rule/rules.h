#ifndef ZAYTON_RULE_RULES_H
#define ZAYTON_RULE_RULES_H

#include <stdint.h>

#include "rule/box.h"
#include "rule/check.h"
#include "rule/expect.h"
#include "rule/script.h"
#include "rule/steps.h"

/*
 * What a script says about one dataset, ready to run: filled when the script
 * is read, not changed afterwards but for the file at hand. Inside rule/ only.
 */

struct arena;
struct divisions;

enum { RULES_MAX = 64, RULES_KEYS = SCHEMA_KEYS + 1 };

struct chain {
	size_t n;
	struct step *step;
	int lua; /* has a function */
};

struct rule_check {
	const char *rule;
	enum severity severity;
	enum effect effect;
	int field;      /* -1: the whole row */
	int own_field;  /* the script named it */
	const char *zh; /* NULL: the catalogue's */
	const char *en;
	struct test test;
	enum test_about about;
};

/* A field that is made of others where it has no value. */
struct rule_derive {
	int field;
	struct step step;
};

/* Rows with this value in the route's column are of that dataset. */
struct rule_way {
	const char *value;
	const char *folded;
	const struct schema *to;
};

struct rule_route {
	const char *header; /* folded; NULL: none */
	int field;          /* of the dataset, instead of a header; -1 */
	size_t n;
	struct rule_way *way;           /* in the order of their values */
	const struct schema *otherwise; /* NULL: such rows are refused */
};

struct ruleset {
	struct script *script;
	const struct schema *schema;
	struct chain chain[SCHEMA_FIELDS];
	struct step standard[SCHEMA_FIELDS]; /* what the standard asks for */
	size_t norder;
	size_t order[SCHEMA_FIELDS]; /* fields in the order they are cleaned */
	size_t nchecks;
	struct rule_check check[RULES_MAX];
	size_t nderives;
	struct rule_derive derive[RULES_MAX];
	struct rule_route route;
	struct ruleset_policy policy;
	size_t nkeys;
	struct schema_key key[RULES_KEYS];
	uint64_t key_any; /* fields of some key, but those that go by a name */
	uint64_t key_all; /* fields of every key */
	uint64_t derived;
	uint64_t names; /* fields whose characters must be whole */
	int entity_name;
	int op_flag; /* fields, -1: none */
	int division;
	int updated_at;
	int expects; /* what the policy says is in it */
	struct expect_masks masks;
	/* the file at hand */
	char period[16];
	char today[12];
	unsigned today_n; /* YYYYMMDD */
	struct ruleset *next;
};

/* One row being cleaned. */
struct clean {
	struct ruleset *rs;
	const struct match *m;
	struct row *r;
	int field;
	const struct field *f;
	const char *day; /* business date, for conversion tables */
	uint64_t failed; /* fields that have their finding */
	uint64_t legacy; /* identifiers of an old form */
	uint64_t late;   /* days that no row of the file's period can know */
	int typed;       /* the value passed the standard's own step */
	int cells;       /* cells with a type to fit */
	size_t at;   /* of a check on an order: the field that is too early */
	int misfits; /* those that did not */
};

struct script {
	const struct schemas *schemas;
	struct codes *codes;
	struct divisions *divisions; /* NULL: all are in force */
	struct box *box;             /* NULL: the provider has no script */
	struct arena *arena;
	char provider[16];
	char name[64];
	char sha256[65];
	struct ruleset *ruleset; /* owned, in the arena */
};

/* The rules that follow from the standard alone; the script's are put in. */
struct ruleset *ruleset_new(struct script *s, const struct schema *schema);
/* After the script had its say: order of fields and keys. */
void ruleset_ready(struct ruleset *rs);

/* Whether the catalogue or the script has such a rule. */
int ruleset_has_rule(const struct ruleset *rs, const char *rule);

/*
 * A value was refused: it is left out, with a finding, and the row with it
 * where the field decides that. third may be NULL.
 */
void clean_fail(struct clean *c, const char *code, const char *third,
    struct value *v);
/* A finding that leaves the value as it is. */
void clean_note(struct clean *c, const char *code, enum effect effect,
    const char *third);

/* The business date of the row, as far as it is cleaned; "" none. */
const char *clean_day(struct clean *c);

/* Cleans a row with everything in c but rs, m and r empty. */
int clean_row(struct clean *c, struct err *e);

#endif
