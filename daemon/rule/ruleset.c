#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/ident.h"
#include "form/name.h"
#include "form/text.h"
#include "rule/arena.h"
#include "rule/codes.h"
#include "rule/division.h"
#include "rule/rules.h"
#include "sys/hash.h"
#include "sys/message.h"

/* ---- what follows from the standard ---- */

/* A field that holds a name of an enterprise: shown with Chinese brackets. */
static int
is_name_field(const struct field *f)
{
	size_t n = strlen(f->name);

	return strcmp(f->name, "entity_name") == 0 ||
	       (n > 5 && strcmp(f->name + n - 5, "_name") == 0);
}

static struct step
standard_text(const struct field *f)
{
	struct step s = { .op = STEP_FOLD };
	enum ident_kind kind;

	if (f->identifier != NULL) {
		kind = ident_kind_find(f->identifier);
		s.op = STEP_IDENT;
		s.number = (int)kind;
		if (strcmp(f->identifier, "industry") == 0)
			s.op = STEP_INDUSTRY;
		else if (kind == IDENT_KINDS)
			s.op = STEP_CODE_FOLD;
	} else if (is_name_field(f)) {
		s.op = STEP_NAME;
	}
	return s;
}

static struct step
standard_step(struct script *s, const struct field *f)
{
	struct step step = { .op = STEP_FOLD };

	switch (f->type) {
	case FIELD_TEXT:
		return standard_text(f);
	case FIELD_CODE:
		step.op = STEP_CODE;
		step.text = f->code_list;
		step.set = codes_set(s->codes, s->provider, f->code_list, NULL);
		if (step.set == NULL && strcmp(f->code_list, "industry") == 0)
			step.op = STEP_INDUSTRY;
		else if (step.set == NULL)
			return standard_text(f);
		break;
	case FIELD_DATE:
		step.op = STEP_DATE;
		break;
	case FIELD_PERIOD:
		step.op = STEP_PERIOD;
		break;
	case FIELD_YEAR:
		step.op = STEP_YEAR;
		break;
	case FIELD_INT:
		step.op = STEP_INT;
		break;
	case FIELD_DECIMAL:
		step.op = STEP_DECIMAL;
		break;
	case FIELD_MONEY:
		step.op = STEP_MONEY;
		break;
	case FIELD_BOOL:
		step.op = STEP_BOOL;
		break;
	}
	return step;
}

struct ruleset *
ruleset_new(struct script *s, const struct schema *schema)
{
	struct ruleset *rs = arena_alloc(s->arena, sizeof(*rs));

	memset(rs, 0, sizeof(*rs));
	rs->script = s;
	rs->schema = schema;
	for (size_t i = 0; i < schema->nfields; i++)
		rs->standard[i] = standard_step(s, &schema->field[i]);
	for (size_t i = 0; i < schema->nfields; i++)
		if (is_name_field(&schema->field[i]) ||
		    schema->field[i].identifier != NULL)
			rs->names |= UINT64_C(1) << i;
	rs->entity_name = schema_field(schema, "entity_name");
	rs->op_flag = schema_field(schema, "op_flag");
	rs->division = -1;
	for (size_t i = schema->nfields; i-- > 0;)
		if (schema->field[i].identifier != NULL &&
		    strcmp(schema->field[i].identifier, "division") == 0)
			rs->division = (int)i;
	rs->updated_at = schema_field(schema, "source_updated_at");
	rs->next = s->ruleset;
	s->ruleset = rs;
	ruleset_ready(rs);
	return rs;
}

/* Codes wait for the business date, functions for what C can do. */
static int
turn_of(const struct ruleset *rs, size_t field)
{
	return (rs->standard[field].op == STEP_CODE) * 2 + rs->chain[field].lua;
}

/* What rows of a register go by where their numbers cannot be used. */
static int
is_by_name(const struct ruleset *rs, const struct schema_key *k)
{
	for (size_t i = 0; rs->schema->master && i < k->n; i++)
		if ((int)k->field[i] == rs->entity_name)
			return 1;
	return 0;
}

void
ruleset_ready(struct ruleset *rs)
{
	const struct schema *s = rs->schema;

	rs->norder = 0;
	for (int turn = 0; turn < 4; turn++)
		for (size_t i = 0; i < s->nfields; i++)
			if (turn_of(rs, i) == turn)
				rs->order[rs->norder++] = i;
	if (rs->nkeys == 0) {
		memcpy(rs->key, s->key, sizeof(s->key));
		rs->nkeys = s->nkeys;
	}
	rs->key_any = 0;
	rs->key_all = ~UINT64_C(0);
	for (size_t i = 0; i < rs->nkeys; i++) {
		uint64_t mask = 0;

		for (size_t k = 0; k < rs->key[i].n; k++)
			mask |= UINT64_C(1) << rs->key[i].field[k];
		if (!is_by_name(rs, &rs->key[i]))
			rs->key_any |= mask;
		rs->key_all &= mask;
	}
	rs->derived = 0;
	for (size_t i = 0; i < rs->nderives; i++)
		rs->derived |= UINT64_C(1) << rs->derive[i].field;
}

/* ---- findings ---- */

/* Without a value the row is not what its dataset is made of. */
static int
is_needed(const struct clean *c)
{
	uint64_t bit = UINT64_C(1) << c->field;

	if ((c->rs->key_all & bit) != 0)
		return 1;
	return (c->rs->key_any & bit) == 0 &&
	       c->f->required == FIELD_MANDATORY && c->f->in_seed;
}

/* Of master data the rest counts, as long as it is known whose it is. */
static enum effect
effect_of_loss(const struct clean *c)
{
	uint64_t bit = UINT64_C(1) << c->field;

	if (!is_needed(c))
		return EFFECT_NULL;
	return c->rs->schema->master && (c->rs->key_all & bit) == 0 &&
		       c->field != c->rs->entity_name && !c->r->narrow
		   ? EFFECT_NULL
		   : EFFECT_REJECT;
}

static const char *
header_of(const struct clean *c, int field)
{
	int column = field < 0 ? -1 : c->r->raw[field].column;

	return column < 0 ? NULL : match_column(c->m, (size_t)column)->header;
}

/* The column as sent, else as the standard calls it. */
static const char *
shown(const struct clean *c, int field)
{
	const char *header = header_of(c, field);

	return header != NULL ? header : c->rs->schema->field[field].title;
}

/* A rule of the script's own, by the name a function gave. */
static const struct rule_check *
own_rule(const struct ruleset *rs, const char *rule)
{
	for (size_t i = 0; i < rs->nchecks; i++)
		if (rs->check[i].zh != NULL &&
		    strcmp(rs->check[i].rule, rule) == 0)
			return &rs->check[i];
	return NULL;
}

int
ruleset_has_rule(const struct ruleset *rs, const char *rule)
{
	return own_rule(rs, rule) != NULL || catalog_find(rule) != NULL;
}

static void
add_finding(struct clean *c, const char *code, int field, enum effect effect,
    const char *third)
{
	const struct rule_check *own = own_rule(c->rs, code);
	struct row *r = c->r;
	const char *value = row_shown(r, field);
	size_t before = r->nfindings;

	if (own != NULL) {
		struct finding f = { own->rule, own->severity, effect, field,
			NULL, value, own->zh, own->en };

		row_add(r, &f);
	} else {
		row_find(r, code, field, effect, shown(c, field), value,
		    third != NULL ? third : "", NULL);
		if (r->nfindings > before)
			r->finding[before].value = value;
	}
	if (r->nfindings > before && header_of(c, field) != NULL)
		r->finding[before].header = row_text(r, header_of(c, field),
		    strlen(header_of(c, field)));
}

/* The field has no value. Where one is needed that is an error. */
static void
lose(struct clean *c, const char *code, const char *third)
{
	size_t before = c->r->nfindings;

	add_finding(c, code, c->field, effect_of_loss(c), third);
	if (is_needed(c) && c->r->nfindings > before)
		c->r->finding[before].severity = SEVERITY_ERROR;
}

void
clean_fail(struct clean *c, const char *code, const char *third,
    struct value *v)
{
	lose(c, code, third);
	c->failed |= UINT64_C(1) << c->field;
	v->kind = VALUE_NULL;
}

void
clean_note(struct clean *c, const char *code, enum effect effect,
    const char *third)
{
	add_finding(c, code, c->field, effect, third);
}

/* ---- cells ---- */

static int
is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
			return 0;
	return 1;
}

/* Characters lost or garbled on the way. */
static void
look_at_dirt(struct clean *c, struct value *v)
{
	int name = (c->rs->names >> c->field & 1) != 0;
	enum text_dirt dirt = text_is_dirty(v->text, v->len);

	c->r->marks.dirty |= dirt != TEXT_CLEAN;
	switch (dirt) {
	case TEXT_CLEAN:
		if (name && text_is_lossy(v->text, v->len))
			clean_note(c, "text_lossy", EFFECT_KEEP, NULL);
		return;
	case TEXT_MOJIBAKE:
		clean_fail(c, "dirty_text", NULL, v);
		return;
	case TEXT_REPLACED:
		if (name) {
			clean_fail(c, "dirty_text", NULL, v);
			return;
		}
		break;
	case TEXT_PRIVATE:
	case TEXT_CONTROL:
		break;
	}
	clean_note(c, "dirty_text", EFFECT_KEEP, NULL);
}

enum { SHORT_TEXT = 100 };

/* What can be told of a text before it is known what it should be. */
static void
look_at_text(struct clean *c, struct value *v)
{
	int is_short = c->f->max_chars > 0 && c->f->max_chars <= SHORT_TEXT;

	if (v->len > 1 && v->text[0] == '#' &&
	    text_is_sheet_error(v->text, v->len)) {
		clean_fail(c, "sheet_error", NULL, v);
	} else if (is_short && memchr(v->text, '*', v->len) != NULL &&
		   text_is_masked(v->text, v->len)) {
		clean_note(c, "masked_value", EFFECT_NULL, NULL);
		c->failed |= UINT64_C(1) << c->field;
		c->r->marks.masked |= UINT64_C(1) << c->field;
		v->kind = VALUE_NULL;
	} else if (is_short && v->text[0] >= '0' && v->text[0] <= '9' &&
		   text_is_scientific(v->text, v->len)) {
		c->misfits++;
		clean_fail(c, "id_scientific", NULL, v);
	}
}

static void
look_at_cell(struct clean *c, struct value *v)
{
	const struct cell *raw = &c->r->raw[c->field];
	int digit;

	v->kind = VALUE_NULL;
	if (raw->len == 0)
		return;
	digit = raw->text[0] >= '0' && raw->text[0] <= '9';
	if (!digit && text_is_null(raw->text, raw->len))
		return;
	c->r->marks.sent |= UINT64_C(1) << c->field;
	v->kind = VALUE_TEXT;
	v->text = raw->text;
	v->len = raw->len;
	if (!is_plain(raw->text, raw->len))
		look_at_dirt(c, v);
	if (v->kind == VALUE_TEXT && c->f->type == FIELD_TEXT)
		look_at_text(c, v);
}

/* Whether a value is of the field's kind. */
static int
fits(const struct clean *c, const struct value *v)
{
	switch (c->f->type) {
	case FIELD_TEXT:
		return v->kind == VALUE_TEXT &&
		       (c->typed || c->f->identifier == NULL);
	case FIELD_CODE:
	case FIELD_DATE:
	case FIELD_PERIOD:
		return v->kind == VALUE_TEXT && c->typed;
	case FIELD_YEAR:
	case FIELD_INT:
	case FIELD_BOOL:
		return v->kind == VALUE_INT;
	case FIELD_DECIMAL:
		return v->kind == VALUE_REAL;
	case FIELD_MONEY:
		return v->kind == VALUE_MONEY;
	}
	return 0;
}

/* A number where a text belongs is its digits. */
static void
number_to_text(struct clean *c, struct value *v)
{
	char n[40];

	if (v->kind == VALUE_INT)
		snprintf(n, sizeof(n), "%lld", (long long)v->num);
	else if (v->kind == VALUE_MONEY)
		value_money_text(v->num, n, sizeof(n));
	else
		snprintf(n, sizeof(n), "%.15g", v->real);
	v->kind = VALUE_TEXT;
	v->text = row_text(c->r, n, strlen(n));
	v->len = strlen(n);
}

/* The last word is the standard's: whatever made it, a value fits its field. */
static int
settle(struct clean *c, struct value *v, struct err *e)
{
	if (v->kind == VALUE_NULL || fits(c, v))
		return 0;
	if (c->f->type <= FIELD_YEAR && v->kind != VALUE_TEXT)
		number_to_text(c, v);
	if (c->f->type == FIELD_TEXT && c->f->identifier == NULL)
		return 0;
	if (c->f->type == FIELD_CODE &&
	    c->rs->standard[c->field].op == STEP_FOLD)
		return 0;
	return step_run(&c->rs->standard[c->field], c, v, e);
}

static void
check_length(struct clean *c, const struct value *v)
{
	char n[16];

	/* Never more characters than bytes. */
	if (c->f->type != FIELD_TEXT || v->kind != VALUE_TEXT ||
	    c->f->max_chars == 0 || v->len <= (size_t)c->f->max_chars ||
	    text_len(v->text, v->len) <= (size_t)c->f->max_chars)
		return;
	snprintf(n, sizeof(n), "%d", c->f->max_chars);
	clean_note(c, "text_too_long", EFFECT_KEEP, n);
}

static void
choose(struct clean *c, size_t field)
{
	c->field = (int)field;
	c->f = &c->rs->schema->field[field];
	c->typed = 0;
}

static int
clean_cell(struct clean *c, size_t field, struct err *e)
{
	const struct chain *chain = &c->rs->chain[field];
	struct value *to = &c->r->value[field];
	struct value v;

	choose(c, field);
	look_at_cell(c, &v);
	if (v.kind == VALUE_NULL &&
	    (chain->n == 0 || (c->failed >> field & 1) != 0))
		return 0;
	if (chain->n == 0) {
		if (step_run(&c->rs->standard[field], c, &v, e) == -1)
			return -1;
	} else {
		for (size_t i = 0; i < chain->n; i++)
			if (step_run(&chain->step[i], c, &v, e) == -1)
				return -1;
		if (settle(c, &v, e) == -1)
			return -1;
	}
	check_length(c, &v);
	/* Another column may have put an identifier here. */
	if (v.kind != VALUE_NULL || to->kind == VALUE_NULL)
		*to = v;
	return 0;
}

/* ---- the row ---- */

static int
has(const struct row *r, int field)
{
	return field >= 0 && r->value[field].kind == VALUE_TEXT;
}

/* A mistyped day of a year to come would outdate all that is sent till then. */
static int
is_day(const struct clean *c, int field)
{
	return has(c->r, field) && (c->late >> field & 1) == 0;
}

static const char *
find_day(const struct clean *c)
{
	const struct schema *s = c->rs->schema;
	const struct row *r = c->r;

	for (size_t i = 0; i < s->nas_of; i++)
		if (is_day(c, (int)s->as_of[i]))
			return r->value[s->as_of[i]].text;
	if (is_day(c, c->rs->updated_at))
		return r->value[c->rs->updated_at].text;
	if (c->rs->period[0] != '\0')
		return c->rs->period;
	return has(r, s->period) ? r->value[s->period].text : "";
}

/* Values are not NUL-terminated where a step has cut them. */
const char *
clean_day(struct clean *c)
{
	const struct schema *s = c->rs->schema;
	const char *day = find_day(c);

	for (size_t i = 0; i < s->nfields; i++)
		if (has(c->r, (int)i) && c->r->value[i].text == day)
			return row_text(c->r, day, c->r->value[i].len);
	return day;
}

static int
clean_cells(struct clean *c, struct err *e)
{
	const struct ruleset *rs = c->rs;

	c->day = "";
	for (size_t i = 0; i < rs->norder; i++) {
		if (rs->standard[rs->order[i]].op == STEP_CODE &&
		    c->day[0] == '\0')
			c->day = clean_day(c);
		if (clean_cell(c, rs->order[i], e) == -1)
			return -1;
	}
	return 0;
}

static int
derive(struct clean *c, struct err *e)
{
	const struct ruleset *rs = c->rs;

	for (size_t i = 0; i < rs->nderives; i++) {
		const struct rule_derive *d = &rs->derive[i];
		struct value *v = &c->r->value[d->field];
		int rc;

		if (v->kind != VALUE_NULL || (c->failed >> d->field & 1) != 0 ||
		    c->r->open_ended[d->field])
			continue;
		choose(c, (size_t)d->field);
		if (d->step.op == STEP_LUA)
			rc = box_derive(rs->script->box, d->step.function, c, v,
			    e);
		else
			rc = step_run(&d->step, c, v, e);
		if (rc == -1 || settle(c, v, e) == -1)
			return -1;
	}
	return 0;
}

/* The name of the file says the period where no column does. */
static void
fill_period(struct clean *c)
{
	int field = c->rs->schema->period;
	const char *period = c->rs->period;
	struct value *v;

	if (field < 0 || period[0] == '\0' || c->r->raw[field].column >= 0)
		return;
	v = &c->r->value[field];
	if (v->kind != VALUE_NULL)
		return;
	choose(c, (size_t)field);
	v->kind = VALUE_TEXT;
	v->text = period;
	v->len = strlen(period);
	if (c->f->type == FIELD_YEAR) {
		v->kind = VALUE_INT;
		v->num = strtol(period, NULL, 10);
	}
}

static void
require(struct clean *c)
{
	const struct ruleset *rs = c->rs;

	for (size_t i = 0; i < rs->schema->nfields; i++) {
		const struct field *f = &rs->schema->field[i];

		if (c->r->raw[i].column >= 0)
			c->r->marks.columns |= UINT64_C(1) << i;
		if (c->r->value[i].kind != VALUE_NULL || c->r->open_ended[i]) {
			c->r->marks.filled |= UINT64_C(1) << i;
			continue;
		}
		if ((c->failed >> i & 1) != 0)
			continue;
		choose(c, i);
		if (is_needed(c))
			lose(c, "required_missing", NULL);
		else if (f->required == FIELD_MANDATORY &&
			 c->r->raw[i].column >= 0)
			clean_note(c, "required_missing", EFFECT_KEEP, NULL);
	}
}

/* A list of names for a sentence; what does not fit is left out. */
struct list {
	char *text;
	size_t size;
	size_t used;
};

static void
list_add(struct list *l, const char *comma, const char *name)
{
	size_t k = l->used > 0 ? strlen(comma) : 0;
	size_t n = strlen(name);

	l->text[l->used] = '\0';
	if (l->used + k + n + 1 > l->size)
		return;
	memcpy(l->text + l->used, comma, k);
	memcpy(l->text + l->used + k, name, n + 1);
	l->used += k + n;
}

/* Most of what has a form does not have it: the cells slipped. */
static void
look_for_shift(struct clean *c)
{
	char fields[120];
	struct list l = { fields, sizeof(fields), 0 };

	if (c->misfits < 3 || c->misfits * 2 <= c->cells)
		return;
	for (size_t i = 0; i < c->rs->schema->nfields; i++)
		if ((c->failed >> i & 1) != 0)
			list_add(&l, "、", shown(c, (int)i));
	row_find(c->r, "columns_shifted", -1, EFFECT_REJECT, fields, NULL);
}

static enum effect
check_effect(const struct rule_check *k)
{
	return k->severity == SEVERITY_ERROR ? EFFECT_REJECT : k->effect;
}

static void
field_found(struct clean *c, const struct rule_check *k)
{
	const struct test *t = &k->test;
	struct row *r = c->r;
	int field = k->field;
	const char *third = "";

	if (t->op == TEST_ORDER) {
		third = shown(c, (int)t->field[c->at - 1]);
		if (!k->own_field)
			field = (int)t->field[c->at];
	} else if (t->nfields > 1) {
		third = shown(c, (int)t->field[1]);
	}
	choose(c, (size_t)field);
	add_finding(c, k->rule, field, check_effect(k), third);
	r->finding[r->nfindings - 1].severity = k->severity;
	if (k->effect == EFFECT_NULL)
		r->value[field].kind = VALUE_NULL;
}

static void
check_found(struct clean *c, const struct rule_check *k)
{
	char names[160];
	struct list l = { names, sizeof(names), 0 };

	if (k->field >= 0) {
		field_found(c, k);
		return;
	}
	if (k->zh != NULL) {
		struct finding f = { k->rule, k->severity, check_effect(k), -1,
			"", "", k->zh, k->en };

		row_add(c->r, &f);
		return;
	}
	names[0] = '\0';
	for (size_t i = 0; i < k->test.nfields; i++)
		list_add(&l, "、",
		    c->rs->schema->field[k->test.field[i]].title);
	row_find(c->r, k->rule, -1, check_effect(k), names, "", "", NULL);
	c->r->finding[c->r->nfindings - 1].severity = k->severity;
}

/* What a check that was run says of the row's quality. */
static void
mark_check(struct clean *c, const struct rule_check *k, int due)
{
	struct row_marks *m = &c->r->marks;

	if (k->about == TEST_RELATED) {
		m->contradicts |= due && k->severity != SEVERITY_INFO;
		if (k->test.op == TEST_ORDER && test_applies(&k->test, c)) {
			m->events = 1;
			m->backwards |= due;
		}
	} else if (k->about == TEST_PRESENT) {
		m->expected += (unsigned)(due || test_applies(&k->test, c));
		m->lacking += (unsigned)due;
	} else if (due) {
		m->outside |= UINT64_C(1) << k->test.field[0];
	}
}

static int
run_checks(struct clean *c, struct err *e)
{
	for (size_t i = 0; i < c->rs->nchecks; i++) {
		const struct rule_check *k = &c->rs->check[i];
		int due = test_run(&k->test, c, e);

		if (due == -1)
			return -1;
		mark_check(c, k, due);
		if (due && c->r->nfindings < ROW_FINDINGS)
			check_found(c, k);
	}
	return 0;
}

/* A row of a division that does not report yet is refused. */
static void
look_at_division(struct clean *c)
{
	const struct ruleset *rs = c->rs;
	const struct value *v;
	const char *from;

	if (rs->division < 0 || rs->script->divisions == NULL)
		return;
	v = &c->r->value[rs->division];
	if (v->kind != VALUE_TEXT ||
	    divisions_in_force(rs->script->divisions, rs->script->provider,
		rs->schema->dataset, v->text, v->len, rs->today, &from))
		return;
	if (from[0] == '\0')
		add_finding(c, "division_closed", rs->division, EFFECT_REJECT,
		    NULL);
	else
		add_finding(c, "division_early", rs->division, EFFECT_REJECT,
		    from);
}

/* ---- the key ---- */

enum { KEY_PART = 200, KEY_MAX = 2048 };

static void
short_hash(const char *s, size_t len, char out[36])
{
	char hex[DIGEST_TEXT];

	hash_sha256_hex(s, len, hex);
	out[0] = '#';
	memcpy(out + 1, hex, 32);
}

/* Writes one part of a key, at most KEY_PART bytes and the NUL. */
static size_t
key_part(const struct clean *c, size_t field, char *out)
{
	const struct value *v = &c->r->value[field];
	struct name_keys keys;

	switch (v->kind) {
	case VALUE_TEXT:
		break;
	case VALUE_REAL:
		return (size_t)snprintf(out, KEY_PART, "%.17g", v->real);
	case VALUE_NULL:
	case VALUE_INT:
	case VALUE_MONEY:
		return (
		    size_t)snprintf(out, KEY_PART, "%lld", (long long)v->num);
	}
	if ((int)field == c->rs->entity_name &&
	    name_keys(v->text, v->len, &keys) == 0 && keys.k1[0] != '\0' &&
	    strlen(keys.k1) <= KEY_PART) {
		memcpy(out, keys.k1, strlen(keys.k1));
		return strlen(keys.k1);
	}
	if (v->len > KEY_PART) {
		short_hash(v->text, v->len, out);
		return 33;
	}
	memcpy(out, v->text, v->len);
	return v->len;
}

static int
key_stands(const struct clean *c, const struct schema_key *k, uint64_t but)
{
	for (size_t i = 0; i < k->n; i++)
		if (c->r->value[k->field[i]].kind == VALUE_NULL ||
		    (but >> k->field[i] & 1) != 0)
			return 0;
	return 1;
}

static int
first_key(const struct clean *c, uint64_t but, int by_name)
{
	for (size_t i = 0; i < c->rs->nkeys; i++)
		if (is_by_name(c->rs, &c->rs->key[i]) == by_name &&
		    key_stands(c, &c->rs->key[i], but))
			return (int)i;
	return -1;
}

/*
 * An identifier of an old form is a key only where there is nothing better, and
 * a name where there is no identifier.
 */
static int
choose_key(const struct clean *c)
{
	int i = first_key(c, c->legacy, 0);

	if (i == -1)
		i = first_key(c, 0, 0);
	return i != -1 ? i : first_key(c, 0, 1);
}

static void
find_no_key(struct clean *c)
{
	const struct schema *s = c->rs->schema;
	char names[400];
	struct list l = { names, sizeof(names), 0 };

	names[0] = '\0';
	for (size_t i = 0; i < c->rs->nkeys; i++)
		for (size_t k = 0; k < c->rs->key[i].n; k++)
			list_add(&l, k > 0 ? "+" : "；",
			    s->field[c->rs->key[i].field[k]].title);
	row_find(c->r, "key_missing", -1, EFFECT_REJECT, names, NULL);
}

static void
make_key(struct clean *c)
{
	char key[KEY_MAX];
	size_t used;
	int which = choose_key(c);
	const struct schema_key *k;

	if (which == -1) {
		if (!c->r->rejected)
			find_no_key(c);
		return;
	}
	k = &c->rs->key[which];
	key[0] = is_by_name(c->rs, k) ? ROW_KEY_BY_NAME : (char)('0' + which);
	used = 1;
	for (size_t i = 0; i < k->n; i++) {
		key[used++] = '\x1f';
		used += key_part(c, k->field[i], key + used);
	}
	c->r->key = row_text(c->r, key, used);
}

static void
make_op(struct clean *c)
{
	const struct value *v;

	if (c->rs->op_flag < 0)
		return;
	v = &c->r->value[c->rs->op_flag];
	if (v->kind == VALUE_TEXT && v->len == 1 &&
	    strchr("IUCD", v->text[0]) != NULL)
		c->r->op = v->text[0];
}

int
clean_row(struct clean *c, struct err *e)
{
	if (c->rs->script->box != NULL)
		box_row_start(c->rs->script->box);
	if (clean_cells(c, e) == -1)
		return -1;
	fill_period(c);
	if (derive(c, e) == -1)
		return -1;
	require(c);
	c->r->marks.failed = c->failed;
	c->r->marks.cleaned = 1;
	look_for_shift(c);
	look_at_division(c);
	if (run_checks(c, e) == -1)
		return -1;
	make_key(c);
	make_op(c);
	c->r->as_of = clean_day(c);
	return 0;
}
