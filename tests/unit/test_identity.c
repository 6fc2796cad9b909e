#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "link/identity.h"

static struct identities ids;

static void
add(enum identity_kind kind, const char *s)
{
	identities_add(&ids, kind, s, strlen(s));
}

static const char *
value(enum identity_kind kind)
{
	const struct identity *id = identities_find(&ids, kind);

	return id != NULL ? id->value : "";
}

static int
fresh(void **state)
{
	(void)state;
	identities_start(&ids);
	return 0;
}

static void
all_codes_of_one_enterprise_lead_to_its_organisation_code(void **state)
{
	static const struct {
		enum identity_kind kind;
		const char *sent;
	} sent[] = { { IDENTITY_USCC, " 91350502ma2y3an1x7" },
		{ IDENTITY_ORG_CODE, "MA2Y3AN1-X" },
		{ IDENTITY_TAX_ID, "350502MA2Y3AN1X" },
		{ IDENTITY_TAX_ID, "91350502MA2Y3AN1X7" } };

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		fresh(state);
		add(sent[i].kind, sent[i].sent);
		assert_string_equal(value(IDENTITY_ORG_CODE), "MA2Y3AN1X");
		assert_int_equal(identities_find(&ids, IDENTITY_ORG_CODE)->key,
		    1);
		assert_int_equal(identities_find(&ids, IDENTITY_ORG_CODE)
				     ->derived,
		    sent[i].kind != IDENTITY_ORG_CODE);
	}
}

static void
what_is_looked_up_by_another_is_no_key_itself(void **state)
{
	(void)state;
	add(IDENTITY_TAX_ID, "350502MA2Y3AN1X");
	assert_int_equal(identities_find(&ids, IDENTITY_TAX_ID)->key, 0);
	fresh(state);
	add(IDENTITY_TAX_ID, "44052418800101001401");
	assert_int_equal(identities_find(&ids, IDENTITY_TAX_ID)->key, 1);
	assert_int_equal(ids.sole_trader, 1);
}

static void
a_supplied_code_is_not_a_derived_one(void **state)
{
	(void)state;
	add(IDENTITY_USCC, "91350502MA2Y3AN1X7");
	add(IDENTITY_ORG_CODE, "MA2Y3AN1X");
	assert_int_equal(ids.n, 2);
	assert_int_equal(identities_find(&ids, IDENTITY_ORG_CODE)->derived, 0);
	assert_int_equal(ids.contradicts, 0);
}

static void
codes_of_two_enterprises_contradict(void **state)
{
	(void)state;
	add(IDENTITY_USCC, "91350502MA2Y3AN1X7");
	add(IDENTITY_ORG_CODE, "71526726-X");
	assert_int_equal(ids.contradicts, 1);
}

static void
wrong_masked_old_and_empty_are_never_looked_up(void **state)
{
	(void)state;
	add(IDENTITY_ORG_CODE, "71526726-1");
	assert_int_equal(ids.refused, 1);
	add(IDENTITY_USCC, "91350502********X7");
	assert_int_equal(ids.masked, 1);
	add(IDENTITY_REG_NO, "3505021001814");
	add(IDENTITY_ORG_CODE, "无");
	add(IDENTITY_ANY, "");
	assert_int_equal(ids.n, 0);
}

static void
a_mislabelled_code_counts_where_there_is_no_doubt(void **state)
{
	(void)state;
	add(IDENTITY_ORG_CODE, "91350502MA2Y3AN1X7");
	assert_string_equal(value(IDENTITY_USCC), "91350502MA2Y3AN1X7");
	fresh(state);
	add(IDENTITY_ANY, "71526726-X");
	assert_string_equal(value(IDENTITY_ORG_CODE), "71526726X");
	/* A wrong number of the register that passes for a tax identifier. */
	fresh(state);
	add(IDENTITY_REG_NO, "350521145589151");
	assert_int_equal(ids.n, 0);
	assert_int_equal(ids.refused, 1);
}

static void
a_sole_trader_shows_in_the_number(void **state)
{
	(void)state;
	add(IDENTITY_REG_NO, "350502100181468");
	assert_int_equal(ids.sole_trader, 0);
	add(IDENTITY_REG_NO, "350582600000011");
	assert_int_equal(ids.sole_trader, 1);
}

static void
an_account_is_of_its_provider(void **state)
{
	(void)state;
	identities_account(&ids, "MUB", " 3486860102", 11);
	assert_string_equal(value(IDENTITY_ACCOUNT), "MUB:3486860102");
	identities_account(&ids, "MUB", "无", strlen("无"));
	assert_int_equal(ids.n, 1);
}

static void
a_masked_value_agrees_where_it_is_to_be_seen(void **state)
{
	(void)state;
	assert_int_equal(identity_masked_agrees("350581********0014",
			     "350581189001010014"),
	    1);
	assert_int_equal(identity_masked_agrees("350581********0015",
			     "350581189001010014"),
	    0);
	assert_int_equal(identity_masked_agrees("350581189001010014",
			     "350581189001010014"),
	    0);
	assert_int_equal(identity_masked_agrees("35*", "3505"), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
	static const struct CMUnitTest tests[] = {
		TEST(all_codes_of_one_enterprise_lead_to_its_organisation_code),
		TEST(what_is_looked_up_by_another_is_no_key_itself),
		TEST(a_supplied_code_is_not_a_derived_one),
		TEST(codes_of_two_enterprises_contradict),
		TEST(wrong_masked_old_and_empty_are_never_looked_up),
		TEST(a_mislabelled_code_counts_where_there_is_no_doubt),
		TEST(a_sole_trader_shows_in_the_number),
		TEST(an_account_is_of_its_provider),
		TEST(a_masked_value_agrees_where_it_is_to_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
