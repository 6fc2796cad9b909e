#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "link/linker.h"
#include "rule/box_link.h"

static char text[65536];
static size_t text_len;
static struct link_rules rules;
static struct linker *l;
static struct identities ids;
static struct linker_answer answer;

/* The rules that ship: what is shown here holds for them. */
static int
read_rules(void **state)
{
	FILE *f = fopen("rules/link.lua", "r");
	struct err e;

	(void)state;
	if (f == NULL)
		return -1;
	text_len = fread(text, 1, sizeof(text), f);
	fclose(f);
	return box_link_rules(text, text_len, &rules, &e);
}

enum { MEI = 1, TONG, SISTER, TRADER };

static void
know(uint32_t enterprise, enum identity_kind kind, const char *value,
    const char *name, const char *rep, const char *address)
{
	linker_identify(l, enterprise, kind, value, NULL);
	linker_name(l, enterprise, name, strlen(name), 0);
	linker_profile(l, enterprise, rep, address, NULL);
}

static int
fresh(void **state)
{
	(void)state;
	l = linker_new(&rules);
	identities_start(&ids);
	know(MEI, IDENTITY_REG_NO, "350502100181468", "晋江梅岭艺品有限公司",
	    "王大明", "晋江市梅岭街道工业路8号");
	know(TONG, IDENTITY_REG_NO, "350583100000027",
	    "泉州市泉港区通联祥石材有限公司", "李小红", "泉港区山腰镇");
	know(SISTER, IDENTITY_REG_NO, "350582100000010", "南安梅岭艺品有限公司",
	    "陈志强", "南安市水头镇");
	know(TRADER, IDENTITY_REG_NO, "350582600000011", "石狮市美美服装店",
	    "张三丰", "石狮市宝盖镇");
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	linker_free(l);
	return 0;
}

static enum linker_verdict
ask_as(const char *dataset, const char *name, const char *rep,
    const char *address)
{
	struct linker_subject s = { .dataset = dataset,
		.date = 20160115,
		.ids = &ids,
		.name = name,
		.name_len = strlen(name),
		.legal_rep = rep,
		.address = address };

	linker_link(l, &s, &answer);
	return answer.verdict;
}

static enum linker_verdict
ask(const char *name, const char *rep, const char *address)
{
	return ask_as("water_bill_monthly", name, rep, address);
}

static void
add(enum identity_kind kind, const char *value)
{
	identities_add(&ids, kind, value, strlen(value));
}

static int
says(const char *word)
{
	char why[512];

	score_text(&rules, answer.candidate[0].evidence, why, sizeof(why));
	return strstr(why, word) != NULL;
}

static void
an_identifier_links_and_says_so(void **state)
{
	(void)state;
	add(IDENTITY_REG_NO, "350502100181468");
	assert_int_equal(ask("晋江梅岭艺品有限公司", NULL, NULL),
	    LINKER_LINKED);
	assert_int_equal(answer.enterprise, MEI);
	assert_int_equal(answer.candidate[0].score, 100);
	assert_true(says("reg_no +90, name_exact +85"));
}

static void
the_number_of_another_firm_is_held_for_review(void **state)
{
	(void)state;
	add(IDENTITY_REG_NO, "350502100181468");
	assert_int_equal(ask("石狮市新日置业有限公司", NULL, NULL),
	    LINKER_REVIEW);
	assert_int_equal(answer.enterprise, 0);
	assert_int_equal(answer.candidate[0].enterprise, MEI);
	/* A second witness: renamed, not mistyped. */
	assert_int_equal(ask("石狮市新日置业有限公司", "王大明", NULL),
	    LINKER_LINKED);
}

static void
identifiers_of_two_enterprises_link_to_neither(void **state)
{
	(void)state;
	linker_identify(l, TONG, IDENTITY_ORG_CODE, "MA2Y3AN1X", NULL);
	add(IDENTITY_REG_NO, "350502100181468");
	add(IDENTITY_ORG_CODE, "MA2Y3AN1X");
	assert_int_equal(ask("晋江梅岭艺品有限公司", NULL, NULL),
	    LINKER_CONFLICT);
	assert_int_equal(answer.n, 2);
	assert_int_equal(answer.enterprise, 0);
}

static void
a_whole_or_core_name_links_in_its_region(void **state)
{
	(void)state;
	assert_int_equal(ask("晋江市梅岭艺品有限公司", NULL, NULL),
	    LINKER_LINKED);
	assert_int_equal(answer.enterprise, MEI);
	assert_int_equal(ask("通联祥石材", NULL, NULL), LINKER_LINKED);
	assert_int_equal(answer.enterprise, TONG);
	assert_int_equal(answer.teaches, 1);
}

static void
a_name_that_is_merely_near_needs_a_witness_and_teaches_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask("泉港通联祥怡材有限公司", NULL, NULL),
	    LINKER_REVIEW);
	assert_int_equal(ask("泉港通联祥怡材有限公司", "李小红", NULL),
	    LINKER_LINKED);
	assert_int_equal(answer.enterprise, TONG);
	assert_int_equal(answer.teaches, 0);
}

static void
of_two_as_near_the_address_tells(void **state)
{
	(void)state;
	assert_int_equal(ask("梅岭艺品", NULL, NULL), LINKER_REVIEW);
	assert_int_equal(answer.n, 2);
	assert_int_equal(answer.missing,
	    LINKER_MISSING_ID | LINKER_MISSING_SUPPORT);
	assert_int_equal(ask("梅岭艺品", NULL, "南安市水头镇"), LINKER_LINKED);
	assert_int_equal(answer.enterprise, SISTER);
}

static void
an_adverse_row_never_links_by_a_fuzzy_name(void **state)
{
	struct linker_subject s = { .dataset = "qts_penalty",
		.adverse = 1,
		.ids = &ids,
		.name = "泉港通联祥怡材有限公司",
		.name_len = strlen("泉港通联祥怡材有限公司") };

	(void)state;
	linker_link(l, &s, &answer);
	assert_int_equal(answer.verdict, LINKER_REVIEW);
	assert_int_equal(answer.candidate[0].enterprise, TONG);
}

static void
a_branch_never_links_to_its_parent(void **state)
{
	(void)state;
	assert_int_equal(ask("晋江梅岭艺品有限公司丰泽分店", "王大明",
			     "晋江市梅岭街道工业路8号"),
	    LINKER_UNLINKED);
	assert_true(says("name_differs"));
}

static void
the_name_of_a_sole_trader_needs_a_witness(void **state)
{
	(void)state;
	assert_int_equal(ask("石狮市美美服装店", NULL, NULL), LINKER_REVIEW);
	assert_true(says("sole_trader"));
	assert_int_equal(ask("石狮市美美服装店", "张三丰", NULL),
	    LINKER_LINKED);
	assert_int_equal(answer.enterprise, TRADER);
}

static void
a_meter_in_the_name_of_the_representative_needs_the_address(void **state)
{
	static const char address[] = "晋江市梅岭街道工业路8号";

	(void)state;
	assert_int_equal(ask("王大明", NULL, NULL), LINKER_REVIEW);
	assert_int_equal(ask("王大明", NULL, address), LINKER_LINKED);
	assert_int_equal(answer.enterprise, MEI);
	/* Another firm of his in the same house: nobody leads. */
	know(9, IDENTITY_ORG_CODE, "MA2Y3AN1X", "晋江新日置业有限公司",
	    "王大明", address);
	assert_int_equal(ask("王大明", NULL, address), LINKER_REVIEW);
	assert_int_equal(answer.n, 2);
}

static void
who_a_profile_named_before_is_forgotten(void **state)
{
	char name[64];

	(void)state;
	for (uint32_t i = 100; i < 200; i++) {
		snprintf(name, sizeof(name), "晋江第%u置业有限公司", i);
		linker_name(l, i, name, strlen(name), 0);
		linker_profile(l, i, "王大明", NULL, NULL);
		linker_profile(l, i, "陈志强", NULL, NULL);
	}
	assert_int_equal(ask("王大明", NULL, "晋江市梅岭街道工业路8号"),
	    LINKER_LINKED);
	assert_int_equal(answer.enterprise, MEI);
}

static void
only_the_register_founds(void **state)
{
	static const char name[] = "惠安新日置业有限公司";

	(void)state;
	add(IDENTITY_ORG_CODE, "71526726-X");
	assert_int_equal(ask(name, NULL, NULL), LINKER_UNLINKED);
	assert_int_equal(ask_as("aic_enterprise_registration", name, NULL,
			     NULL),
	    LINKER_NEW);
}

static void
a_name_taken_up_again_founds_another_enterprise(void **state)
{
	(void)state;
	add(IDENTITY_REG_NO, "350502100000032");
	assert_int_equal(identities_find(&ids, IDENTITY_REG_NO) != NULL, 1);
	assert_int_equal(ask_as("aic_enterprise_registration",
			     "晋江梅岭艺品有限公司", "王大明",
			     "晋江市梅岭街道工业路8号"),
	    LINKER_NEW);
	/* Nobody else founds, and nobody else is sure. */
	assert_int_equal(ask("晋江梅岭艺品有限公司", "王大明",
			     "晋江市梅岭街道工业路8号"),
	    LINKER_REVIEW);
}

static void
a_near_name_in_the_register_is_another_enterprise(void **state)
{
	(void)state;
	assert_int_equal(ask_as("aic_enterprise_registration",
			     "晋江梅岭怡品有限公司", "王大明", NULL),
	    LINKER_NEW);
}

static void
a_former_name_links(void **state)
{
	static const char old[] = "晋江龙清制鞋有限公司";

	(void)state;
	linker_name(l, MEI, old, strlen(old), 20160201);
	assert_int_equal(ask(old, NULL, NULL), LINKER_LINKED);
	assert_int_equal(answer.enterprise, MEI);
	assert_true(says("name_former"));
	assert_false(says("name_lapsed"));
}

static void
what_a_linked_row_brings_is_known_afterwards(void **state)
{
	(void)state;
	add(IDENTITY_ORG_CODE, "71526726-X");
	linker_learn(l, MEI, &ids);
	assert_int_equal(linker_lookup(l, IDENTITY_ORG_CODE, "71526726X"), MEI);
	assert_int_equal(ask("", NULL, NULL), LINKER_LINKED);
}

static void
an_identifier_stays_with_its_first_holder(void **state)
{
	uint32_t holder = 0;

	(void)state;
	assert_int_equal(linker_identify(l, TONG, IDENTITY_REG_NO,
			     "350502100181468", &holder),
	    -1);
	assert_int_equal(holder, MEI);
	assert_int_equal(linker_lookup(l, IDENTITY_REG_NO, "350502100181468"),
	    MEI);
}

static void
a_forgotten_enterprise_can_be_told_anew(void **state)
{
	(void)state;
	linker_forget(l, MEI);
	assert_int_equal(linker_lookup(l, IDENTITY_REG_NO, "350502100181468"),
	    0);
	assert_int_equal(ask("晋江梅岭艺品有限公司", NULL, NULL),
	    LINKER_REVIEW);
	assert_int_equal(answer.candidate[0].enterprise, SISTER);
	linker_identify(l, TONG, IDENTITY_REG_NO, "350502100181468", NULL);
	assert_int_equal(linker_lookup(l, IDENTITY_REG_NO, "350502100181468"),
	    TONG);
	know(MEI, IDENTITY_ORG_CODE, "MA2Y3AN1X", "晋江梅岭艺品有限公司", NULL,
	    NULL);
	assert_int_equal(ask("晋江梅岭艺品有限公司", NULL, NULL),
	    LINKER_LINKED);
}

static void
an_index_that_grew_finds_them_all(void **state)
{
	char value[32];

	(void)state;
	for (uint32_t i = 100; i < 20100; i++) {
		snprintf(value, sizeof(value), "MUB:%u", i);
		assert_int_equal(linker_identify(l, i, IDENTITY_ACCOUNT, value,
				     NULL),
		    1);
	}
	for (uint32_t i = 100; i < 20100; i++) {
		snprintf(value, sizeof(value), "MUB:%u", i);
		assert_int_equal(linker_lookup(l, IDENTITY_ACCOUNT, value), i);
	}
	assert_true(linker_bytes(l) < 4 << 20);
}

/* Forty-odd firms of one core, as the register has them. */
static void
know_many(int backwards)
{
	static const char *const county[] = { "晋江", "石狮", "南安", "惠安" };
	char name[64], rep[16], address[64];

	for (uint32_t i = 0; i < 44; i++) {
		uint32_t k = backwards ? 43 - i : i;

		snprintf(name, sizeof(name), "%s第%u新日置业有限公司",
		    county[k % 4], k / 8);
		snprintf(rep, sizeof(rep), "王%u", k % 5);
		snprintf(address, sizeof(address), "崇武镇霞西村%u号", k % 7);
		linker_name(l, 100 + k, name, strlen(name), 0);
		if (!backwards)
			linker_profile(l, 100 + k, "某某", "某地某街某号",
			    NULL);
		linker_profile(l, 100 + k, rep, address, NULL);
	}
}

static void
an_index_made_anew_gives_the_same_answers(void **state)
{
	struct linker_answer first[20];
	char name[64], rep[16];

	for (int turn = 0; turn < 2; turn++) {
		gone(state);
		fresh(state);
		know_many(turn);
		for (int i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "第%d新日置业", i % 6);
			snprintf(rep, sizeof(rep), "王%d", i % 5);
			ask(name, rep, "崇武镇霞西村3号");
			if (turn == 0)
				first[i] = answer;
			else
				assert_memory_equal(&answer, &first[i],
				    sizeof(answer));
		}
	}
}

static int
read_changed(const char *from, const char *to, struct err *e)
{
	static char changed[65536];
	struct link_rules r;
	const char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text,
	    to, at + strlen(from));
	return box_link_rules(changed, strlen(changed), &r, e);
}

static void
rules_that_cannot_be_meant_are_refused(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(read_changed("link = 70", "link = 30", &e), -1);
	assert_non_null(strstr(e.en, "review < link"));
	assert_int_equal(read_changed("reg_no = 90", "regno = 90", &e), -1);
	assert_string_equal(e.en,
	    "rules/link.lua: no evidence is called 'regno'");
	assert_int_equal(read_changed("phone = 15,", "", &e), -1);
	assert_string_equal(e.en,
	    "rules/link.lua: 'phone' must be a whole number");
	assert_int_equal(read_changed("return {", "while true do end return {",
			     &e),
	    -1);
	assert_non_null(strstr(e.en, "does not end"));
	assert_int_equal(read_changed("reg_no = 90", "reg_no = 900", &e), -1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	static const struct CMUnitTest tests[] = {
		TEST(an_identifier_links_and_says_so),
		TEST(the_number_of_another_firm_is_held_for_review),
		TEST(identifiers_of_two_enterprises_link_to_neither),
		TEST(a_whole_or_core_name_links_in_its_region),
		TEST(
		    a_name_that_is_merely_near_needs_a_witness_and_teaches_nothing),
		TEST(of_two_as_near_the_address_tells),
		TEST(an_adverse_row_never_links_by_a_fuzzy_name),
		TEST(a_branch_never_links_to_its_parent),
		TEST(the_name_of_a_sole_trader_needs_a_witness),
		TEST(
		    a_meter_in_the_name_of_the_representative_needs_the_address),
		TEST(who_a_profile_named_before_is_forgotten),
		TEST(only_the_register_founds),
		TEST(a_name_taken_up_again_founds_another_enterprise),
		TEST(a_near_name_in_the_register_is_another_enterprise),
		TEST(a_former_name_links),
		TEST(what_a_linked_row_brings_is_known_afterwards),
		TEST(an_identifier_stays_with_its_first_holder),
		TEST(a_forgotten_enterprise_can_be_told_anew),
		TEST(an_index_that_grew_finds_them_all),
		TEST(an_index_made_anew_gives_the_same_answers),
		cmocka_unit_test(rules_that_cannot_be_meant_are_refused),
	};

	return cmocka_run_group_tests(tests, read_rules, NULL);
}
