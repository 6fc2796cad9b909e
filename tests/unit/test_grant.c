#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grant/grant.h"
#include "sys/catalog.h"

/*
 * A data set of two public, two restricted and two personal fields, the bank
 * fz and the guarantor qz. Each test changes one thing.
 */
enum { NAME, REG_NO, AMOUNT, CLASS5, PERSON, PHONE, FIELDS };

#define BIT(n) (UINT64_C(1) << (n))
#define ALL    (BIT(FIELDS) - 1)
#define PLAIN  (BIT(NAME) | BIT(REG_NO) | BIT(AMOUNT) | BIT(CLASS5))
#define PEOPLE (BIT(PERSON) | BIT(PHONE))

static struct schema loans = { .dataset = "loans",
	.nfields = FIELDS,
	.field = { [NAME] = { .name = "entity_name", .sensitivity = 'P' },
	    [REG_NO] = { .name = "reg_no", .sensitivity = 'P' },
	    [AMOUNT] = { .name = "amount", .sensitivity = 'R' },
	    [CLASS5] = { .name = "class5", .sensitivity = 'R' },
	    [PERSON] = { .name = "legal_rep_id", .sensitivity = 'X' },
	    [PHONE] = { .name = "phone", .sensitivity = 'X' } } };

static struct schema other = { .dataset = "other",
	.nfields = 1,
	.field = { { .name = "entity_name", .sensitivity = 'P' } } };

static struct sharing rules;
static struct grant grant[3];
static uint32_t listed[2];
static struct grant_consent consent[2];
static struct grants all;
static struct grant_ask ask;
static struct grant_subject who;
static struct grant_answer got;

static struct grant
whole_grant(int64_t no)
{
	struct grant g = { .no = no,
		.state = GRANT_IN_FORCE,
		.account = "fz",
		.schema = &loans,
		.named = 1,
		.fields = ALL,
		.full = PEOPLE,
		.purpose = "loan_approval",
		.form = GRANT_ROWS,
		.from = "2016-01-01",
		.until = "2016-12-31" };

	return g;
}

static int
setup(void **state)
{
	(void)state;
	memset(&rules, 0, sizeof(rules));
	rules.years_person = 5;
	rules.years_enterprise = 8;
	rules.ndatasets = 2;
	rules.dataset[0] = (struct sharing_dataset){ .dataset = "loans",
		.class = SHARING_CONDITIONAL,
		.nclocks = 3,
		.clock = { { "ended", CLOCK_ENDED }, { "until", CLOCK_UNTIL },
		    { "removed", CLOCK_REMOVED } } };
	rules.dataset[1] = (struct sharing_dataset){ .dataset = "other",
		.class = SHARING_OPEN };
	rules.npurposes = 2;
	strcpy(rules.purpose[0].code, "loan_approval");
	strcpy(rules.purpose[1].code, "rating");
	grant[0] = whole_grant(1);
	listed[0] = 7;
	listed[1] = 12;
	consent[0] = (struct grant_consent){ .no = 41,
		.enterprise = 12,
		.account = "fz",
		.dataset = "loans",
		.purpose = "loan_approval",
		.from = "2016-01-01",
		.until = "2016-12-31",
		.reference = "SQ-1" };
	all = (struct grants){ .sharing = &rules,
		.n = 1,
		.grant = grant,
		.nconsents = 1,
		.consent = consent };
	ask = (struct grant_ask){ .account = "fz",
		.purpose = "loan_approval",
		.today = "2016-06-15" };
	who = (struct grant_subject){ .enterprise = 12, .division = "350581" };
	return 0;
}

static void
decide(void)
{
	grants_order(&all);
	grant_decide(&all, &ask, &loans, &who, &got);
}

/* Whatever is refused has nothing in it. */
static void
refuses(enum grant_refusal why)
{
	decide();
	assert_int_equal(got.why, why);
	assert_int_equal(got.form, GRANT_NONE);
	assert_int_equal(got.full | got.masked, 0);
	assert_int_equal(got.ngrants, 0);
}

static void
gives(enum grant_form form, uint64_t full, uint64_t masked)
{
	decide();
	assert_int_equal(got.why, GRANT_GIVEN);
	assert_int_equal(got.form, form);
	assert_int_equal(got.full, full);
	assert_int_equal(got.masked, masked);
}

static void
without_a_grant_nothing_is_given(void **state)
{
	(void)state;
	all.n = 0;
	refuses(GRANT_NOT_GRANTED);
}

static void
what_a_grant_covers_is_given(void **state)
{
	(void)state;
	gives(GRANT_ROWS, ALL, 0);
	assert_int_equal(got.ngrants, 1);
	assert_int_equal(got.grant[0], 1);
	assert_int_equal(got.consent, 41);
}

static void
another_institution_gets_nothing(void **state)
{
	(void)state;
	ask.account = "qz";
	refuses(GRANT_NOT_GRANTED);
}

static void
another_data_set_is_not_given(void **state)
{
	(void)state;
	grant[0].schema = &other;
	refuses(GRANT_NOT_GRANTED);
}

static void
a_grant_read_by_another_version_of_the_standard_gives_nothing(void **state)
{
	static struct schema older;

	(void)state;
	older = loans;
	grant[0].schema = &older;
	refuses(GRANT_NOT_GRANTED);
}

static void
what_no_rule_speaks_of_is_not_shared(void **state)
{
	(void)state;
	rules.ndatasets = 0;
	refuses(GRANT_NOT_SHARED);
}

static void
the_class_never_wins_over_any_grant(void **state)
{
	(void)state;
	rules.dataset[0].class = SHARING_NEVER;
	refuses(GRANT_NOT_SHARED);
}

static void
a_purpose_has_to_be_known_and_the_grants(void **state)
{
	(void)state;
	ask.purpose = "rating";
	refuses(GRANT_OTHER_PURPOSE);
	ask.purpose = "curiosity";
	refuses(GRANT_NO_PURPOSE);
	ask.purpose = GRANT_ANY_PURPOSE;
	refuses(GRANT_NO_PURPOSE);
}

static void
a_grant_for_any_purpose_gives_public_fields_only(void **state)
{
	(void)state;
	strcpy(grant[0].purpose, GRANT_ANY_PURPOSE);
	gives(GRANT_ROWS, BIT(NAME) | BIT(REG_NO), 0);
}

static void
a_grant_holds_from_its_first_to_its_last_day(void **state)
{
	(void)state;
	ask.today = "2015-12-31";
	refuses(GRANT_EARLY);
	ask.today = "2016-01-01";
	gives(GRANT_ROWS, ALL, 0);
	ask.today = "2016-12-31";
	gives(GRANT_ROWS, ALL, 0);
	ask.today = "2017-01-01";
	refuses(GRANT_OVER);
}

static void
only_what_is_in_force_gives(void **state)
{
	(void)state;
	grant[0].state = GRANT_PENDING;
	refuses(GRANT_UNAPPROVED);
	grant[0].state = GRANT_REVOKED;
	refuses(GRANT_WITHDRAWN);
	grant[0].state = GRANT_SUSPENDED;
	refuses(GRANT_OBJECTED);
}

static void
uses_are_counted_and_spaced(void **state)
{
	(void)state;
	grant[0].times = 2;
	grant[0].used = 1;
	gives(GRANT_ROWS, ALL, 0);
	grant[0].used = 2;
	refuses(GRANT_USED_UP);
	grant[0].times = 0;
	grant[0].every = 30;
	strcpy(grant[0].used_on, "2016-05-17");
	refuses(GRANT_TOO_SOON);
	strcpy(grant[0].used_on, "2016-05-16");
	gives(GRANT_ROWS, ALL, 0);
}

static void
subjects_are_all_a_division_a_list_or_who_consented(void **state)
{
	(void)state;
	grant[0].whom = GRANT_OF_DIVISION;
	refuses(GRANT_OTHER_WHOM); /* of no division: nobody */
	strcpy(grant[0].division, "350581");
	gives(GRANT_ROWS, ALL, 0);
	strcpy(grant[0].division, "3505");
	gives(GRANT_ROWS, ALL, 0);
	strcpy(grant[0].division, "350502");
	refuses(GRANT_OTHER_WHOM);
	who.division = "";
	refuses(GRANT_OTHER_WHOM);
	grant[0].whom = GRANT_OF_LIST;
	refuses(GRANT_OTHER_WHOM); /* an empty list: nobody */
	grant[0].list = listed;
	grant[0].nlist = 2;
	gives(GRANT_ROWS, ALL, 0);
	who.enterprise = 8;
	refuses(GRANT_OTHER_WHOM);
	grant[0].whom = GRANT_OF_CONSENTED;
	refuses(GRANT_OTHER_WHOM);
	who.enterprise = 12;
	gives(GRANT_ROWS, ALL, 0);
}

static void
personal_fields_are_masked_without_grant_and_consent(void **state)
{
	(void)state;
	grant[0].full = 0;
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	grant[0].full = BIT(PHONE);
	gives(GRANT_ROWS, PLAIN | BIT(PHONE), BIT(PERSON));
	grant[0].full = PEOPLE;
	all.nconsents = 0;
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	assert_int_equal(got.consent, 0);
	grant[0].fields = PLAIN; /* full of what it does not give at all */
	all.nconsents = 1;
	gives(GRANT_ROWS, PLAIN, 0);
}

static void
a_consent_is_of_this_subject_to_this_account_for_this(void **state)
{
	(void)state;
	who.enterprise = 11;
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	who.enterprise = 12;
	strcpy(consent[0].account, "qz");
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	strcpy(consent[0].account, "fz");
	strcpy(consent[0].purpose, "rating");
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	strcpy(consent[0].purpose, "loan_approval");
	strcpy(consent[0].dataset, "other");
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	consent[0].dataset[0] = '\0'; /* to all of it */
	gives(GRANT_ROWS, ALL, 0);
	strcpy(consent[0].until, "2016-06-14");
	gives(GRANT_ROWS, PLAIN, PEOPLE);
	strcpy(consent[0].until, "2016-06-15");
	gives(GRANT_ROWS, ALL, 0);
	strcpy(consent[0].from, "2016-06-16");
	gives(GRANT_ROWS, PLAIN, PEOPLE);
}

static void
a_query_that_names_a_consent_is_held_to_it(void **state)
{
	(void)state;
	ask.consent = "SQ-1";
	gives(GRANT_ROWS, ALL, 0);
	ask.consent = "SQ-2";
	gives(GRANT_ROWS, PLAIN, PEOPLE);
}

static void
bank_data_need_the_subjects_consent(void **state)
{
	(void)state;
	rules.dataset[0].consent = 1;
	gives(GRANT_ROWS, ALL, 0);
	who.enterprise = 11;
	refuses(GRANT_NO_CONSENT);
	who.enterprise = 12;
	ask.consent = "SQ-2";
	refuses(GRANT_NO_CONSENT);
	ask.consent = NULL;
	all.nconsents = 0;
	refuses(GRANT_NO_CONSENT);
}

static void
police_data_are_given_only_where_a_grant_names_them(void **state)
{
	(void)state;
	rules.dataset[0].by_name = 1;
	gives(GRANT_ROWS, ALL, 0);
	grant[0].named = 0;
	refuses(GRANT_NOT_GRANTED);
}

static void
a_mere_answer_has_no_fields(void **state)
{
	(void)state;
	grant[0].form = GRANT_LATEST;
	gives(GRANT_LATEST, ALL, 0);
	grant[0].form = GRANT_YES_NO;
	gives(GRANT_YES_NO, 0, 0);
	grant[0].form = GRANT_COUNT;
	gives(GRANT_COUNT, 0, 0);
	grant[0].form = GRANT_ROWS;
	grant[0].fields = 0;
	refuses(GRANT_NOTHING_LEFT);
}

static void
of_several_the_most_restrictive_wins(void **state)
{
	(void)state;
	grant[1] = whole_grant(2);
	grant[1].fields = BIT(NAME) | BIT(AMOUNT) | BIT(PERSON);
	grant[1].full = 0;
	grant[1].form = GRANT_LATEST;
	grant[1].life = 30;
	strcpy(grant[1].data_from, "2015-01-01");
	strcpy(grant[0].data_from, "2014-01-01");
	strcpy(grant[0].data_until, "2016-03-31");
	all.n = 2;
	gives(GRANT_LATEST, BIT(NAME) | BIT(AMOUNT), BIT(PERSON));
	assert_string_equal(got.from, "2015-01-01");
	assert_string_equal(got.until, "2016-03-31");
	assert_int_equal(got.life, 30);
	assert_int_equal(got.ngrants, 2);
	grant[1].fields = BIT(NAME);
	grant[0].fields = BIT(AMOUNT);
	refuses(GRANT_NOTHING_LEFT);
	grant[0].fields = ALL;
	strcpy(grant[1].data_from, "2016-04-01");
	refuses(GRANT_NOTHING_LEFT);
	grant[1].data_from[0] = '\0';
	grant[1].state = GRANT_SUSPENDED; /* the one alone would give */
	refuses(GRANT_OBJECTED);
}

static void
more_than_can_be_named_give_nothing(void **state)
{
	struct grant many[GRANT_MANY + 1];

	(void)state;
	for (int i = 0; i <= GRANT_MANY; i++)
		many[i] = whole_grant(i + 1);
	all.grant = many;
	all.n = GRANT_MANY;
	gives(GRANT_ROWS, ALL, 0);
	assert_int_equal(got.ngrants, GRANT_MANY);
	all.n = GRANT_MANY + 1;
	refuses(GRANT_NOTHING_LEFT);
}

/* --- rows --------------------------------------------------------------- */

static enum grant_row
row(const char *as_of, const char *ended, const char *until,
    const char *removed)
{
	const char *const value[SHARING_CLOCKS] = { ended, until, removed };

	decide();
	return grant_row(&all, &ask, &loans, &who, &got, as_of, value, NULL);
}

static void
rows_lie_in_the_range_of_the_grant(void **state)
{
	(void)state;
	assert_int_equal(row("", "", "", ""), GRANT_ROW_WHOLE);
	strcpy(grant[0].data_from, "2015-01-01");
	strcpy(grant[0].data_until, "2015-12-31");
	assert_int_equal(row("2014-12-31", "", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row("2015-01-01", "", "", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("2015-12-31", "", "", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("2016-01-01", "", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row("2015-12", "", "", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("2014-12", "", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row("2015", "", "", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("", "", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row(NULL, "", "", ""), GRANT_ROW_NOT);
}

static void
adverse_information_leaves_by_its_clock(void **state)
{
	(void)state;
	who.person = 1;
	assert_int_equal(row("", "2011-06-16", "", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("", "2011-06-15", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row("", "2011-06", "", ""), GRANT_ROW_NOT);
	who.person = 0; /* eight years, but five for its personal fields */
	assert_int_equal(row("", "2011-06-15", "", ""),
	    GRANT_ROW_WITHOUT_PERSONS);
	assert_int_equal(row("", "2008-06-15", "", ""), GRANT_ROW_NOT);
	assert_int_equal(row("", NULL, "", ""), GRANT_ROW_WHOLE); /* goes on */
	assert_int_equal(row("", "", "2016-06-15", ""), GRANT_ROW_WHOLE);
	assert_int_equal(row("", "", "2016-06-14", ""), GRANT_ROW_NOT);
	assert_int_equal(row("", "", "", "2016-06-16"), GRANT_ROW_WHOLE);
	assert_int_equal(row("", "", "", "2016-06-15"), GRANT_ROW_NOT);
}

static void
of_what_is_refused_no_row_is_given(void **state)
{
	(void)state;
	all.n = 0;
	assert_int_equal(row("2016-01-01", "", "", ""), GRANT_ROW_NOT);
}

/* --- properties --------------------------------------------------------- */

static unsigned seed;

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static const char *const day[] = { "2015-01-01", "2016-01-01", "2016-06-14",
	"2016-06-15", "2016-06-16", "2017-01-01" };

static struct grant
any_grant(int64_t no)
{
	struct grant g = whole_grant(no);

	g.state = any(8) > 0 ? GRANT_IN_FORCE : (enum grant_state)any(4);
	strcpy(g.account, any(6) > 0 ? "fz" : "qz");
	g.schema = any(6) > 0 ? &loans : &other;
	g.named = any(4) > 0;
	g.fields = g.schema == &loans ? any(64) : 1;
	g.full = any(64);
	g.whom = (enum grant_whom)any(4);
	strcpy(g.division, any(2) > 0 ? "350581" : "350502");
	g.list = listed;
	g.nlist = 2;
	strcpy(g.purpose, any(3) > 0   ? "loan_approval"
			  : any(2) > 0 ? "rating"
				       : "*");
	g.form = (enum grant_form)(1 + any(4));
	strcpy(g.from, day[any(4)]);
	strcpy(g.until, day[2 + any(4)]);
	if (any(3) == 0)
		strcpy(g.data_from, day[any(6)]);
	if (any(3) == 0)
		strcpy(g.data_until, day[any(6)]);
	g.times = (int)any(3);
	g.used = (int)any(2);
	return g;
}

static void
any_world(size_t n)
{
	setup(NULL);
	rules.dataset[0].consent = any(3) == 0;
	rules.dataset[0].by_name = any(3) == 0;
	for (size_t i = 0; i < n; i++)
		grant[i] = any_grant((int64_t)i + 1);
	all.n = n;
	all.nconsents = any(2);
	who.enterprise = any(2) > 0 ? 12 : 9;
}

/* Whether a gives nothing that b does not. */
static int
is_within(const struct grant_answer *a, const struct grant_answer *b)
{
	if (a->form == GRANT_NONE)
		return 1;
	return a->form <= b->form && (a->full & ~b->full) == 0 &&
	       ((a->full | a->masked) & ~(b->full | b->masked)) == 0 &&
	       strcmp(a->from, b->from) >= 0 &&
	       (b->until[0] == '\0' ||
		   (a->until[0] != '\0' && strcmp(a->until, b->until) <= 0));
}

/* Makes the grant give less, in one respect. */
static void
restrict_one(struct grant *g)
{
	switch (any(7)) {
	case 0:
		g->fields &= any(64);
		break;
	case 1:
		g->full &= any(64);
		break;
	case 2:
		g->form = (enum grant_form)(1 + any(g->form));
		break;
	case 3:
		strcpy(g->data_from, "2017-01-01");
		break;
	case 4:
		strcpy(g->data_until, "2015-01-01");
		break;
	case 5:
		strcpy(g->purpose, GRANT_ANY_PURPOSE);
		break;
	default:
		g->state = GRANT_SUSPENDED;
	}
}

/* A restriction of what a grant gives, whichever others there are. */
static void
a_restriction_never_widens_what_is_given(void **state)
{
	struct grant_answer before;
	int gave = 0;

	(void)state;
	for (seed = 1; seed < 200000; seed += 7) {
		unsigned keep = seed;
		size_t n = 1 + any(3);
		struct grant *g;

		any_world(n);
		decide();
		before = got;
		gave += before.form != GRANT_NONE;
		g = &grant[any((unsigned)n)];
		/* It held back already: then another one may answer alone. */
		if (strcmp(g->purpose, "loan_approval") == 0 &&
		    g->state == GRANT_IN_FORCE) {
			restrict_one(g);
			decide();
			assert_true(is_within(&got, &before));
		}
		seed = keep;
	}
	assert_true(gave > 1000);
}

/* One more grant narrows what others give, or gives what it alone would. */
static void
one_more_grant_never_widens_what_others_give(void **state)
{
	struct grant_answer before, together;
	struct grant third;

	(void)state;
	for (seed = 1; seed < 200000; seed += 7) {
		unsigned keep = seed;

		any_world(3);
		third = grant[2];
		all.n = 2;
		decide();
		before = got;
		all.n = 3;
		decide();
		together = got;
		all.grant = &third;
		all.n = 1;
		decide();
		assert_true(is_within(&together,
		    before.form != GRANT_NONE ? &before : &got));
		seed = keep;
	}
}

/* An oracle that shares no line with the decision: some grant matches. */
static int
some_grant_matches(void)
{
	for (size_t i = 0; i < all.n; i++) {
		const struct grant *g = &all.grant[i];
		int subject =
		    g->whom == GRANT_OF_ALL ||
		    (g->whom == GRANT_OF_DIVISION &&
			strcmp(g->division, "350581") == 0) ||
		    (g->whom == GRANT_OF_LIST && who.enterprise == 12) ||
		    (g->whom == GRANT_OF_CONSENTED && all.nconsents > 0 &&
			who.enterprise == 12);

		if (g->state == GRANT_IN_FORCE && subject &&
		    strcmp(g->account, "fz") == 0 && g->schema == &loans &&
		    strcmp(g->purpose, "rating") != 0 &&
		    strcmp(g->from, "2016-06-15") <= 0 &&
		    strcmp(g->until, "2016-06-15") >= 0)
			return 1;
	}
	return 0;
}

static void
without_a_matching_grant_nothing_is_ever_given(void **state)
{
	int without = 0;

	(void)state;
	for (seed = 1; seed < 200000; seed += 7) {
		unsigned keep = seed;

		any_world(any(4));
		if (!some_grant_matches()) {
			decide();
			assert_int_equal(got.form, GRANT_NONE);
			assert_int_equal(got.full | got.masked, 0);
			without++;
		}
		seed = keep;
	}
	assert_true(without > 1000);
}

/* --- words -------------------------------------------------------------- */

static void
fields_are_named_by_their_standard(void **state)
{
	const char *bad = NULL;
	uint64_t bits;

	(void)state;
	assert_int_equal(grant_fields(&loans, "amount, phone", &bits, &bad), 0);
	assert_int_equal(bits, BIT(AMOUNT) | BIT(PHONE));
	assert_int_equal(grant_fields(&loans, "*", &bits, &bad), 0);
	assert_int_equal(bits, ALL);
	assert_int_equal(grant_fields(&loans, "", &bits, &bad), 0);
	assert_int_equal(bits, 0);
	assert_int_equal(grant_fields(&loans, "amount,phon", &bits, &bad), -1);
	assert_string_equal(bad, "phon");
}

static void
masks_leave_what_the_law_lets_be_seen(void **state)
{
	static const struct {
		enum mask_kind kind;
		const char *value, *seen;
	} t[] = {
		{ MASK_ID, "350581189001010014", "350581********0014" },
		{ MASK_ID, "350581890101001", "350581*****1001" },
		{ MASK_ID, "12345", "***" },
		{ MASK_ID, "350581********0014", "***" },
		{ MASK_PHONE, "13812345678", "138****5678" },
		{ MASK_PHONE, "0595-22345678", "059******5678" },
		{ MASK_PHONE, "110", "***" },
		{ MASK_NAME, "张三", "张**" },
		{ MASK_NAME, "欧阳修文", "欧**" },
		{ MASK_NAME, "张", "***" },
		{ MASK_WHOLE, "anything", "***" },
		{ MASK_WHOLE, "", "" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		sharing_hide(t[i].kind, t[i].value, out, sizeof(out));
		assert_string_equal(out, t[i].seen);
	}
}

static void
each_refusal_has_its_sentence(void **state)
{
	static const char *const code[] = { "", "grant_not_shared",
		"grant_no_purpose", "grant_none", "grant_revoked",
		"grant_unapproved", "grant_other_purpose", "grant_over",
		"grant_early", "grant_used_up", "grant_too_soon",
		"grant_other_subject", "grant_no_consent", "grant_suspended",
		"grant_nothing_left", "grant_too_few" };

	(void)state;
	for (int r = GRANT_GIVEN; r <= GRANT_TOO_FEW; r++)
		assert_string_equal(grant_refusal_code((enum grant_refusal)r),
		    code[r]);
	for (int r = GRANT_GIVEN + 1; r <= GRANT_TOO_FEW; r++)
		assert_non_null(catalog_find(code[r]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup(f, setup)
		T(without_a_grant_nothing_is_given),
		T(what_a_grant_covers_is_given),
		T(another_institution_gets_nothing),
		T(another_data_set_is_not_given),
		T(a_grant_read_by_another_version_of_the_standard_gives_nothing),
		T(what_no_rule_speaks_of_is_not_shared),
		T(the_class_never_wins_over_any_grant),
		T(a_purpose_has_to_be_known_and_the_grants),
		T(a_grant_for_any_purpose_gives_public_fields_only),
		T(a_grant_holds_from_its_first_to_its_last_day),
		T(only_what_is_in_force_gives),
		T(uses_are_counted_and_spaced),
		T(subjects_are_all_a_division_a_list_or_who_consented),
		T(personal_fields_are_masked_without_grant_and_consent),
		T(a_consent_is_of_this_subject_to_this_account_for_this),
		T(a_query_that_names_a_consent_is_held_to_it),
		T(bank_data_need_the_subjects_consent),
		T(police_data_are_given_only_where_a_grant_names_them),
		T(a_mere_answer_has_no_fields),
		T(of_several_the_most_restrictive_wins),
		T(more_than_can_be_named_give_nothing),
		T(rows_lie_in_the_range_of_the_grant),
		T(adverse_information_leaves_by_its_clock),
		T(of_what_is_refused_no_row_is_given),
		T(a_restriction_never_widens_what_is_given),
		T(one_more_grant_never_widens_what_others_give),
		T(without_a_matching_grant_nothing_is_ever_given),
		T(fields_are_named_by_their_standard),
		T(masks_leave_what_the_law_lets_be_seen),
		T(each_refusal_has_its_sentence),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
