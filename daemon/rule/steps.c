#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/date.h"
#include "form/ident.h"
#include "form/text.h"
#include "rule/codes.h"
#include "rule/rules.h"

/* ---- the table ---- */

static const struct step_info steps[] = {
	{ "fold", STEP_FOLD, 0, ARGS_NONE },
	{ "name", STEP_NAME, 0, ARGS_NONE },
	{ "digits", STEP_DIGITS, 0, ARGS_NONE },
	{ "upper", STEP_UPPER, 0, ARGS_NONE },
	{ "id", STEP_CODE_FOLD, 0, ARGS_NONE },
	{ "date", STEP_DATE, 0, ARGS_NONE },
	{ "period", STEP_PERIOD, 0, ARGS_NONE },
	{ "year", STEP_YEAR, 0, ARGS_NONE },
	{ "int", STEP_INT, 0, ARGS_NONE },
	{ "decimal", STEP_DECIMAL, 0, ARGS_NONE },
	{ "money", STEP_MONEY, 0, ARGS_NONE },
	{ "bool", STEP_BOOL, 0, ARGS_NONE },
	{ "code", STEP_CODE, 0, ARGS_LIST },
	{ "text", STEP_TEXT, 0, ARGS_NUMBER },
	{ "max", STEP_MAX, 0, ARGS_NUMBER },
	{ "cut", STEP_CUT, 0, ARGS_NUMBER },
	{ "null_if", STEP_NULL_IF, 0, ARGS_TEXTS },
	{ "default", STEP_DEFAULT, 0, ARGS_TEXT },
	{ "replace", STEP_REPLACE, 0, ARGS_TWO },
	{ "first", STEP_FIRST, 0, ARGS_FIELDS },
	{ "minus", STEP_MINUS, 0, ARGS_FIELDS },
	{ "org_of", STEP_ORG_OF, 0, ARGS_FIELDS },
	{ "period_of", STEP_PERIOD_OF, 0, ARGS_FIELDS },
	{ "year_of", STEP_YEAR_OF, 0, ARGS_FIELDS },
	{ "file_period", STEP_FILE_PERIOD, 0, ARGS_NONE },
	{ "uscc", STEP_IDENT, IDENT_USCC, ARGS_NONE },
	{ "org_code", STEP_IDENT, IDENT_ORG_CODE, ARGS_NONE },
	{ "reg_no", STEP_IDENT, IDENT_REG_NO, ARGS_NONE },
	{ "rid", STEP_IDENT, IDENT_RID, ARGS_NONE },
	{ "tax_id", STEP_IDENT, IDENT_TAX_ID, ARGS_NONE },
	{ "loan_card", STEP_IDENT, IDENT_LOAN_CARD, ARGS_NONE },
	{ "inst_credit_code", STEP_IDENT, IDENT_INST_CREDIT_CODE, ARGS_NONE },
	{ "patent_no", STEP_IDENT, IDENT_PATENT_NO, ARGS_NONE },
	{ "division", STEP_IDENT, IDENT_DIVISION, ARGS_NONE },
	{ "case_no", STEP_IDENT, IDENT_CASE_NO, ARGS_NONE },
	{ "doc_no", STEP_IDENT, IDENT_DOC_NO, ARGS_NONE },
	{ "phone", STEP_IDENT, IDENT_PHONE, ARGS_NONE },
	{ "industry", STEP_INDUSTRY, 0, ARGS_NONE },
};

const struct step_info *
step_at(size_t n)
{
	return n < sizeof(steps) / sizeof(steps[0]) ? &steps[n] : NULL;
}

const struct step_info *
step_find(const char *name)
{
	const struct step_info *s;

	for (size_t i = 0; (s = step_at(i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/* ---- helpers ---- */

static void
set_text(struct value *v, const char *s, size_t len)
{
	v->kind = len > 0 ? VALUE_TEXT : VALUE_NULL;
	v->text = s;
	v->len = len;
}

static void
copy_text(struct clean *c, struct value *v, const char *s, size_t len)
{
	set_text(v, row_text(c->r, s, len), len);
}

static void
set_int(struct value *v, int64_t n)
{
	v->kind = VALUE_INT;
	v->num = n;
}

/* What a refused value is called, by what was asked of it. */
struct words {
	const char *format;
	const char *day; /* no such day, or a year that is not clear */
};

static const struct words date_words = { "date_format", "date_impossible" };
static const struct words period_words = { "period_format", "period_format" };
static const struct words year_words = { "year_format", "year_format" };
static const struct words money_words = { "money_format", "money_format" };
static const struct words number_words = { "number_format", "number_format" };
static const struct words bool_words = { "bool_format", "bool_format" };

static const char *
verdict_code(enum value_verdict verdict, const struct words *w)
{
	switch (verdict) {
	case VALUE_NO_DAY:
		return w->day;
	case VALUE_SHORT_YEAR:
	case VALUE_YEAR_RANGE:
		return "date_year";
	case VALUE_VAGUE:
		return "money_vague";
	case VALUE_FRACTION:
		return "number_fraction";
	case VALUE_RANGE:
		return "number_range";
	case VALUE_SCIENTIFIC:
		return "number_scientific";
	case VALUE_SHEET_ERROR:
		return "sheet_error";
	case VALUE_OK:
	case VALUE_EMPTY:
	case VALUE_OPEN:
	case VALUE_FILLER:
	case VALUE_FORMAT:
	case VALUE_GROUPING:
	case VALUE_VERDICTS:
		break;
	}
	return w->format;
}

/* The cell said, in some way, that there is nothing. */
static void
came_with_nothing(struct clean *c)
{
	c->r->marks.sent &= ~(UINT64_C(1) << c->field);
}

/* There is a value, but hardly the right one. */
static void
is_not_plausible(struct clean *c)
{
	c->r->marks.outside |= UINT64_C(1) << c->field;
}

/* Anything but VALUE_OK leaves no value. 1 where there is one. */
static int
settle(struct clean *c, enum value_verdict verdict, const struct words *w,
    struct value *v)
{
	c->cells++;
	c->typed = 1;
	if (verdict == VALUE_OK)
		return 1;
	if (verdict == VALUE_FILLER || verdict == VALUE_EMPTY)
		came_with_nothing(c);
	if (verdict == VALUE_FILLER) {
		clean_fail(c, "placeholder", NULL, v);
	} else if (verdict == VALUE_OPEN && c->f->type == FIELD_DATE) {
		c->r->open_ended[c->field] = 1;
		c->failed |= UINT64_C(1) << c->field;
	} else if (verdict == VALUE_OPEN) {
		c->misfits++;
		clean_fail(c, w->format, NULL, v);
	} else if (value_is_refusal(verdict)) {
		c->misfits += verdict == VALUE_FORMAT;
		clean_fail(c, verdict_code(verdict, w), NULL, v);
	}
	v->kind = VALUE_NULL;
	return 0;
}

/* ---- dates ---- */

static int
is_future(const struct clean *c, const char *day, size_t len)
{
	const char *today = c->rs->today;

	if (c->f->future || today[0] == '\0')
		return 0;
	return strncmp(day, today, len < 10 ? len : 10) > 0;
}

static void
date_is_future(struct clean *c, struct value *v)
{
	clean_fail(c, "date_future", NULL, v);
	is_not_plausible(c);
}

/* "2016-03", with or without a day, as a number of months; 0 for the rest. */
static int
months_of(const char *day)
{
	static const char form[] = "dddd-dd";
	int digits = 0;

	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == '-' ? day[i] != '-'
				   : day[i] < '0' || day[i] > '9')
			return 0;
		if (form[i] == 'd')
			digits = digits * 10 + day[i] - '0';
	}
	return digits / 100 * 12 + digits % 100;
}

/*
 * What the data of a month say happened after the next one did not happen by
 * then; months sent later are no place to look at the clock for.
 */
static int
is_after_period(const struct clean *c, const char *day)
{
	int period = months_of(c->rs->period);

	return !c->f->future && period > 0 && months_of(day) > period + 1;
}

static void
step_date(struct clean *c, struct value *v)
{
	char out[DATE_SIZE];
	enum date_precision precision;
	enum value_verdict verdict;
	size_t n;

	if (c->f->has_time)
		verdict = value_datetime(v->text, v->len, DATE_SERIAL_1900, out,
		    &precision);
	else
		verdict = value_date(v->text, v->len, DATE_SERIAL_1900, out,
		    &precision);
	if (!settle(c, verdict, &date_words, v))
		return;
	n = strlen(out);
	if (is_future(c, out, n)) {
		date_is_future(c, v);
		return;
	}
	if (is_after_period(c, out)) {
		clean_note(c, "date_after_period", EFFECT_KEEP, c->rs->period);
		c->late |= UINT64_C(1) << c->field;
	}
	copy_text(c, v, out, n);
}

static void
step_period(struct clean *c, struct value *v)
{
	char out[DATE_SIZE];
	enum value_verdict verdict;

	verdict = value_period(v->text, v->len, DATE_SERIAL_NO, out);
	if (value_is_refusal(verdict) &&
	    value_quarter(v->text, v->len, out) == VALUE_OK)
		verdict = VALUE_OK;
	if (!settle(c, verdict, &period_words, v))
		return;
	/* "2016-Q1" is not compared: its end may be today's. */
	if (out[5] != 'Q' && is_future(c, out, strlen(out)))
		date_is_future(c, v);
	else
		copy_text(c, v, out, strlen(out));
}

static void
step_year(struct clean *c, struct value *v)
{
	int year;

	if (settle(c, value_year(v->text, v->len, &year), &year_words, v)) {
		if ((unsigned)year > c->rs->today_n / 10000 &&
		    c->rs->today_n > 0 && !c->f->future)
			date_is_future(c, v);
		else
			set_int(v, year);
	}
}

/* ---- numbers ---- */

static void
step_int(struct clean *c, struct value *v)
{
	int64_t n;

	if (v->kind == VALUE_REAL && v->real == floor(v->real) &&
	    fabs(v->real) < 9e15)
		set_int(v, (int64_t)v->real);
	if (v->kind != VALUE_TEXT) {
		c->typed = v->kind == VALUE_INT;
		return;
	}
	if (!settle(c, value_int(v->text, v->len, &n), &number_words, v))
		return;
	set_int(v, n);
	if (n < 0) {
		clean_note(c, "number_negative", EFFECT_KEEP, NULL);
		is_not_plausible(c);
	}
}

static void
step_decimal(struct clean *c, struct value *v)
{
	double real;

	if (v->kind == VALUE_INT) {
		v->kind = VALUE_REAL;
		v->real = (double)v->num;
	}
	if (v->kind != VALUE_TEXT) {
		c->typed = v->kind == VALUE_REAL;
		return;
	}
	if (!settle(c, value_decimal(v->text, v->len, &real), &number_words, v))
		return;
	v->kind = VALUE_REAL;
	v->real = real;
	if (real < 0) {
		clean_note(c, "number_negative", EFFECT_KEEP, NULL);
		is_not_plausible(c);
	}
}

static void
set_money(struct value *v, int64_t fen)
{
	v->kind = VALUE_MONEY;
	v->num = fen;
}

/* Yuan to one of the field's units, where neither cell nor header says. */
static int64_t
unit_of(const struct clean *c)
{
	int column = c->r->raw[c->field].column;
	int64_t fen = 0;

	if (column >= 0)
		fen = match_column(c->m, (size_t)column)->unit;
	return (fen > 0 ? fen : c->f->unit) / 100;
}

/* What a script's function returns is yuan. */
static int
money_of_number(struct clean *c, struct value *v)
{
	if (v->kind == VALUE_TEXT)
		return 0;
	if (v->kind == VALUE_INT && llabs(v->num) < INT64_C(90000000000000000))
		set_money(v, v->num * 100);
	else if (v->kind == VALUE_REAL && fabs(v->real) < 9e16)
		set_money(v, llround(v->real * 100));
	c->typed = v->kind == VALUE_MONEY;
	return 1;
}

static void
step_money(struct clean *c, struct value *v)
{
	char currency[4];
	int64_t fen;

	if (money_of_number(c, v))
		return;
	if (!settle(c, value_money(v->text, v->len, unit_of(c), &fen, currency),
		&money_words, v))
		return;
	set_money(v, fen);
	if (fen < 0) {
		clean_note(c, "money_negative", EFFECT_KEEP, NULL);
		is_not_plausible(c);
	}
}

static void
step_bool(struct clean *c, struct value *v)
{
	int yes;

	if (v->kind != VALUE_TEXT) {
		c->typed = v->kind == VALUE_INT;
		return;
	}
	if (settle(c, value_bool(v->text, v->len, &yes), &bool_words, v))
		set_int(v, yes);
}

/* ---- identifiers ---- */

static const char *
check_code(enum ident_kind kind)
{
	switch (kind) {
	case IDENT_USCC:
		return "uscc_check";
	case IDENT_ORG_CODE:
		return "org_code_check";
	case IDENT_REG_NO:
		return "reg_no_check";
	case IDENT_RID:
		return "rid_check";
	case IDENT_TAX_ID:
		return "tax_id_check";
	case IDENT_LOAN_CARD:
		return "loan_card_check";
	case IDENT_INST_CREDIT_CODE:
		return "inst_credit_code_check";
	case IDENT_PATENT_NO:
		return "patent_no_check";
	case IDENT_DIVISION:
	case IDENT_INDUSTRY_2011:
	case IDENT_INDUSTRY_2017:
	case IDENT_ENT_TYPE:
	case IDENT_CASE_NO:
	case IDENT_DOC_NO:
	case IDENT_PHONE:
	case IDENT_KINDS:
		break;
	}
	return "id_check";
}

static const char *
ident_code(enum ident_kind kind, enum ident_verdict verdict)
{
	switch (verdict) {
	case IDENT_SCIENTIFIC:
		return "id_scientific";
	case IDENT_LEN:
		return "id_length";
	case IDENT_CHARSET:
		return "id_charset";
	case IDENT_REGION:
	case IDENT_PROVINCE:
	case IDENT_NOT_GB:
		return "id_region";
	case IDENT_CHECK:
		return check_code(kind);
	case IDENT_ORG_CHECK:
		return kind == IDENT_USCC ? "uscc_org_check" : check_code(kind);
	case IDENT_BIRTHDATE:
		return "id_birthdate";
	case IDENT_MASKED:
		return "masked_value";
	case IDENT_OK:
	case IDENT_LEGACY:
	case IDENT_EMPTY:
	case IDENT_FORM15:
	case IDENT_FORM17:
	case IDENT_FORM18:
	case IDENT_FORM20:
	case IDENT_KIND:
	case IDENT_YEAR:
	case IDENT_FORM:
	case IDENT_DIVISION_RANGE:
	case IDENT_SECTION:
	case IDENT_FORMAT:
	case IDENT_VERDICTS:
		break;
	}
	return "id_form";
}

static enum ident_verdict
check_as(const struct clean *c, enum ident_kind kind, const struct value *v,
    char out[IDENT_SIZE])
{
	char folded[IDENT_SIZE];
	size_t len = v->len;

	out[0] = '\0';
	if (len >= sizeof(folded))
		return IDENT_LEN;
	len = text_code_fold(v->text, len, folded, sizeof(folded));
	return ident_check(kind, folded, len, c->rs->today_n, out, IDENT_SIZE);
}

/*
 * Departments put one identifier into another's column: what is a good one of
 * another kind goes where it belongs, if that field is still empty.
 */
static int
move_ident(struct clean *c, enum ident_kind kind, const struct value *v)
{
	static const enum ident_kind other[] = { IDENT_USCC, IDENT_ORG_CODE,
		IDENT_REG_NO };
	char out[IDENT_SIZE];

	if (kind != IDENT_USCC && kind != IDENT_ORG_CODE &&
	    kind != IDENT_REG_NO)
		return 0;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		const char *name = ident_kind_name(other[i]);
		int to = schema_field(c->rs->schema, name);

		if (other[i] == kind || to == -1 || c->r->raw[to].len > 0 ||
		    c->r->value[to].kind != VALUE_NULL ||
		    check_as(c, other[i], v, out) != IDENT_OK)
			continue;
		copy_text(c, &c->r->value[to], out, strlen(out));
		clean_note(c, "id_moved", EFFECT_FIX,
		    c->rs->schema->field[to].title);
		return 1;
	}
	return 0;
}

static void
step_ident(struct clean *c, enum ident_kind kind, struct value *v)
{
	char out[IDENT_SIZE];
	enum ident_verdict verdict = check_as(c, kind, v, out);

	c->cells++;
	c->typed = 1;
	switch (verdict) {
	case IDENT_LEGACY:
		c->legacy |= UINT64_C(1) << c->field;
		clean_note(c, "id_legacy", EFFECT_KEEP, NULL);
		/* fall through */
	case IDENT_OK:
		copy_text(c, v, out, strlen(out));
		return;
	case IDENT_EMPTY:
		came_with_nothing(c);
		v->kind = VALUE_NULL;
		return;
	default:
		if (verdict == IDENT_MASKED)
			c->r->marks.masked |= UINT64_C(1) << c->field;
		if (verdict != IDENT_SCIENTIFIC && move_ident(c, kind, v)) {
			v->kind = VALUE_NULL;
			return;
		}
		c->misfits += verdict != IDENT_CHECK &&
			      verdict != IDENT_ORG_CHECK &&
			      verdict != IDENT_MASKED;
		clean_fail(c, ident_code(kind, verdict), NULL, v);
	}
}

static void
step_industry(struct clean *c, struct value *v)
{
	char out[IDENT_SIZE];

	c->typed = 1;
	if (check_as(c, IDENT_INDUSTRY_2011, v, out) == IDENT_OK ||
	    check_as(c, IDENT_INDUSTRY_2017, v, out) == IDENT_OK)
		copy_text(c, v, out, strlen(out));
	else
		step_ident(c, IDENT_INDUSTRY_2017, v);
}

/* ---- codes ---- */

/* Divisions come with 9 or 12 digits, or from outside the list. */
static int
is_division(struct clean *c, const struct step *s, struct value *v,
    struct code_hit *hit)
{
	char out[IDENT_SIZE];

	if (strcmp(s->text, "division") != 0 ||
	    check_as(c, IDENT_DIVISION, v, out) != IDENT_OK)
		return 0;
	if (code_find(s->set, out, strlen(out), "", hit) == CODE_UNKNOWN)
		hit->code = row_text(c->r, out, strlen(out));
	return 1;
}

static void
step_code(struct clean *c, const struct step *s, struct value *v)
{
	struct code_hit hit;
	enum code_verdict verdict;

	c->cells++;
	c->typed = 1;
	verdict = code_find(s->set, v->text, v->len, c->day, &hit);
	if (verdict == CODE_UNKNOWN && is_division(c, s, v, &hit))
		verdict = CODE_OK;
	switch (verdict) {
	case CODE_UNKNOWN:
		clean_fail(c, "code_unknown",
		    hit.nearest != NULL ? hit.nearest : "—", v);
		return;
	case CODE_NULL:
		came_with_nothing(c);
		c->failed |= UINT64_C(1) << c->field;
		v->kind = VALUE_NULL;
		return;
	case CODE_REVIEW:
		clean_note(c, "code_review", EFFECT_FIX, hit.label);
		break;
	case CODE_EXPIRED:
		clean_note(c, "code_expired", EFFECT_FIX, hit.label);
		break;
	case CODE_OK:
		break;
	}
	set_text(v, hit.code, strlen(hit.code));
}

/* ---- texts ---- */

static void
step_fold(struct clean *c, struct value *v)
{
	char *out = row_alloc(c->r, v->len + 1);

	set_text(v, out, text_fold(v->text, v->len, out, v->len + 1));
}

static void
step_name(struct clean *c, struct value *v)
{
	char *out = row_alloc(c->r, 3 * v->len + 1);

	set_text(v, out, text_name_fold(v->text, v->len, out, 3 * v->len + 1));
}

static void
step_code_fold(struct clean *c, struct value *v)
{
	char *out = row_alloc(c->r, v->len + 1);

	set_text(v, out, text_code_fold(v->text, v->len, out, v->len + 1));
}

static void
step_digits(struct clean *c, struct value *v)
{
	char *out = row_alloc(c->r, v->len + 1);
	size_t len = text_code_fold(v->text, v->len, out, v->len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (out[i] != '-')
			out[n++] = out[i];
	out[n] = '\0';
	c->cells++;
	if (strspn(out, "0123456789") != n) {
		c->misfits++;
		clean_fail(c, "id_charset", NULL, v);
	} else {
		set_text(v, out, n);
	}
}

static void
step_upper(struct clean *c, struct value *v)
{
	char *out = row_alloc(c->r, v->len + 1);

	for (size_t i = 0; i < v->len; i++)
		out[i] = v->text[i] >= 'a' && v->text[i] <= 'z'
			     ? (char)(v->text[i] - 'a' + 'A')
			     : v->text[i];
	out[v->len] = '\0';
	v->text = out;
}

static void
step_max(struct clean *c, const struct step *s, const struct value *v)
{
	char n[16];

	if (v->len <= (size_t)s->number ||
	    text_len(v->text, v->len) <= (size_t)s->number)
		return;
	snprintf(n, sizeof(n), "%d", s->number);
	clean_note(c, "text_too_long", EFFECT_KEEP, n);
}

static void
step_cut(const struct step *s, struct value *v)
{
	size_t at = 0;

	for (int i = 0; i < s->number && at < v->len; i++)
		do
			at++;
		while (
		    at < v->len && ((unsigned char)v->text[at] & 0xc0) == 0x80);
	v->len = at;
}

static void
step_null_if(const struct step *s, struct value *v)
{
	for (size_t i = 0; s->texts[i] != NULL; i++)
		if (strlen(s->texts[i]) == v->len &&
		    memcmp(s->texts[i], v->text, v->len) == 0) {
			v->kind = VALUE_NULL;
			return;
		}
}

static void
step_replace(struct clean *c, const struct step *s, struct value *v)
{
	const char *old = s->text;
	const char *new = s->texts[0];
	size_t n = strlen(old);
	size_t k = strlen(new);
	size_t at = 0;
	size_t used = 0;
	char *out;

	if (n == 0 || memmem(v->text, v->len, old, n) == NULL)
		return;
	out = row_alloc(c->r, v->len + (v->len / n) * k + 1);
	while (at < v->len)
		if (v->len - at >= n && memcmp(v->text + at, old, n) == 0) {
			memcpy(out + used, new, k);
			used += k;
			at += n;
		} else {
			out[used++] = v->text[at++];
		}
	out[used] = '\0';
	set_text(v, out, used);
}

/* ---- values of other fields ---- */

static void
step_first(const struct clean *c, const struct step *s, struct value *v)
{
	for (size_t i = 0; i < s->nfields; i++)
		if (c->r->value[s->field[i]].kind != VALUE_NULL) {
			*v = c->r->value[s->field[i]];
			return;
		}
}

static void
step_minus(const struct clean *c, const struct step *s, struct value *v)
{
	const struct value *a = &c->r->value[s->field[0]];
	const struct value *b = &c->r->value[s->field[1]];

	if (a->kind != b->kind ||
	    (a->kind != VALUE_MONEY && a->kind != VALUE_INT))
		return;
	*v = *a;
	v->num = a->num > b->num ? a->num - b->num : 0;
}

static void
step_org_of(struct clean *c, const struct step *s, struct value *v)
{
	const struct value *from = &c->r->value[s->field[0]];
	const char *kind = c->rs->schema->field[s->field[0]].identifier;
	char org[10];

	if (from->kind != VALUE_TEXT || kind == NULL)
		return;
	if (ident_org_of(ident_kind_find(kind), from->text, from->len, org))
		copy_text(c, v, org, strlen(org));
}

static void
step_part_of_day(const struct clean *c, const struct step *s, struct value *v)
{
	const struct value *from = &c->r->value[s->field[0]];
	size_t n = s->op == STEP_PERIOD_OF ? 7 : 4;

	if (from->kind == VALUE_TEXT && from->len >= n)
		set_text(v, from->text, n);
}

static void
step_file_period(const struct clean *c, struct value *v)
{
	if (c->rs->period[0] != '\0')
		set_text(v, c->rs->period, strlen(c->rs->period));
}

static void
run_maker(const struct step *s, struct clean *c, struct value *v)
{
	switch (s->op) {
	case STEP_DEFAULT:
		set_text(v, s->text, strlen(s->text));
		break;
	case STEP_FIRST:
		step_first(c, s, v);
		break;
	case STEP_MINUS:
		step_minus(c, s, v);
		break;
	case STEP_ORG_OF:
		step_org_of(c, s, v);
		break;
	case STEP_PERIOD_OF:
	case STEP_YEAR_OF:
		step_part_of_day(c, s, v);
		break;
	case STEP_FILE_PERIOD:
		step_file_period(c, v);
		break;
	default:
		break;
	}
}

static int
run_function(const struct step *s, struct clean *c, struct value *v,
    struct err *e)
{
	const char *rule = NULL;

	c->typed = 0;
	if (box_cell(c->rs->script->box, s->function, c, v, &rule, e) == -1)
		return -1;
	if (rule != NULL)
		clean_fail(c, rule, NULL, v);
	return 0;
}

/* Steps on a text. */
static void
run_text(const struct step *s, struct clean *c, struct value *v)
{
	switch (s->op) {
	case STEP_FOLD:
		step_fold(c, v);
		break;
	case STEP_NAME:
		step_name(c, v);
		break;
	case STEP_DIGITS:
		step_digits(c, v);
		break;
	case STEP_UPPER:
		step_upper(c, v);
		break;
	case STEP_CODE_FOLD:
		step_code_fold(c, v);
		break;
	case STEP_TEXT:
		step_fold(c, v);
		step_max(c, s, v);
		break;
	case STEP_MAX:
		step_max(c, s, v);
		break;
	case STEP_CUT:
		step_cut(s, v);
		break;
	case STEP_NULL_IF:
		step_null_if(s, v);
		break;
	case STEP_REPLACE:
		step_replace(c, s, v);
		break;
	case STEP_DATE:
		step_date(c, v);
		break;
	case STEP_PERIOD:
		step_period(c, v);
		break;
	case STEP_YEAR:
		step_year(c, v);
		break;
	case STEP_IDENT:
		step_ident(c, (enum ident_kind)s->number, v);
		break;
	case STEP_INDUSTRY:
		step_industry(c, v);
		break;
	case STEP_CODE:
		step_code(c, s, v);
		break;
	default:
		break;
	}
}

int
step_run(const struct step *s, struct clean *c, struct value *v, struct err *e)
{
	if (v->kind == VALUE_NULL) {
		run_maker(s, c, v);
		return 0;
	}
	switch (s->op) {
	case STEP_INT:
		step_int(c, v);
		return 0;
	case STEP_DECIMAL:
		step_decimal(c, v);
		return 0;
	case STEP_MONEY:
		step_money(c, v);
		return 0;
	case STEP_BOOL:
		step_bool(c, v);
		return 0;
	case STEP_LUA:
		return run_function(s, c, v, e);
	default:
		if (v->kind == VALUE_TEXT)
			run_text(s, c, v);
		return 0;
	}
}
