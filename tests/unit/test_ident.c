#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/date.h"
#include "form/ident.h"
#include "form/text.h"
#include "form/value.h"
#include "vectors.h"

enum { TODAY = 20260101 };

static enum ident_verdict
check(const char *kind, const char *s, char *out)
{
	return ident_check(ident_kind_find(kind), s, strlen(s), TODAY, out,
	    IDENT_SIZE);
}

/* The verdict on a vector of any kind, in the words of the vectors. */
static const char *
verdict_on(const char *kind, const char *s)
{
	static const char *const types[] = { "1130", "5150", "9500", "4540" };
	char out[IDENT_SIZE], currency[4];
	enum date_precision p;
	int64_t fen;
	enum ident_verdict v;

	if (strcmp(kind, "date") == 0)
		return value_date(s, strlen(s), DATE_SERIAL_1900, out, &p) ==
			       VALUE_OK
			   ? "OK"
			   : "FORMAT";
	if (strcmp(kind, "amount") == 0)
		return value_money(s, strlen(s), 1, &fen, currency) == VALUE_OK
			   ? "OK"
			   : "FORMAT";
	v = check(kind, s, out);
	/* The list of enterprise types is data; these four are in it. */
	if (strcmp(kind, "ent_type") == 0 && v == IDENT_OK) {
		for (size_t i = 0; i < 4; i++)
			if (strcmp(types[i], s) == 0)
				return "OK";
		return "UNKNOWN";
	}
	return ident_verdict_name(v);
}

static void
every_published_vector_has_its_verdict(void **state)
{
	FILE *f = vectors_open("id_vectors.csv");
	struct vector v;
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (vectors_next(f, &v)) {
		const char *want = v.cell[3];
		const char *got = verdict_on(v.cell[0], v.cell[1]);
		size_t len = strcspn(want, ": ");

		n++;
		if (v.cell[2][0] == '1') {
			want = strncmp(want, "LEGACY13", 8) == 0 ? "LEGACY13"
								 : "OK";
			len = strlen(want);
		}
		if (strstr(v.cell[3], "masked value") != NULL) {
			want = "MASKED";
			len = 6;
		}
		if (strlen(got) != len || memcmp(got, want, len) != 0)
			fail_msg("%s %s: %s, not %s", v.cell[0], v.cell[1], got,
			    v.cell[3]);
	}
	fclose(f);
	assert_int_equal(n, 145);
}

/*
 * Puts every other character of the alphabet in every place of s and counts
 * those that pass; names the first one that is not at the blind place.
 */
static size_t
passes(const char *kind, const char *s, const char *alphabet, size_t blind)
{
	char changed[32], out[IDENT_SIZE];
	size_t len = strlen(s), n = 0;

	for (size_t i = 0; i < len; i++)
		for (const char *c = alphabet; *c != '\0'; c++) {
			memcpy(changed, s, len + 1);
			changed[i] = *c;
			if (*c == s[i] || check(kind, changed, out) != IDENT_OK)
				continue;
			if (i != blind)
				fail_msg("%s passes for %s", changed, s);
			n++;
		}
	return n;
}

static void
every_single_substitution_is_refused(void **state)
{
	static const char digits[] = "0123456789";
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	assert_int_equal(passes("uscc", "91350502MA2Y3AN1X7", all, 99), 0);
	assert_int_equal(passes("uscc", "9144030071526726XG", all, 99), 0);
	assert_int_equal(passes("reg_no", "350502100181468", digits, 99), 0);
	assert_int_equal(passes("rid", "11010519491231002X", all, 99), 0);
	assert_int_equal(passes("rid", "440524188001010014", all, 99), 0);
	assert_int_equal(passes("patent_no", "2017106018623", digits, 99), 0);
	assert_int_equal(passes("inst_credit_code", "G1035050200012345Z",
			     digits, 99),
	    0);
}

/* Remainders 0 and 1 are where the reduction is easily got wrong. */
static void
the_first_and_last_check_characters_are_right(void **state)
{
	char out[IDENT_SIZE];

	(void)state;
	assert_int_equal(check("uscc", "91350010MA2Y3AN1X0", out), IDENT_OK);
	assert_int_equal(check("uscc", "91350001MA2Y3AN1XY", out), IDENT_OK);
}

/*
 * Letters are 10 to 35 and the sum is taken modulo 11, so that two characters
 * eleven apart weigh the same: 0, B, M and X are one to the check.
 */
static void
an_org_code_is_blind_to_characters_eleven_apart_only(void **state)
{
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *valid = "D2143569X";
	char s[16], out[IDENT_SIZE];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		for (const char *c = all; *c != '\0'; c++) {
			long a = strchr(all, valid[i]) - all;
			int same = (c - all - a) % 11 == 0;

			memcpy(s, valid, 10);
			s[i] = *c;
			assert_int_equal(check("org_code", s, out) == IDENT_OK,
			    same);
		}
}

/* Its weight is 97 and the sum is taken modulo 97. */
static void
a_loan_card_is_blind_to_its_twelfth_place_only(void **state)
{
	(void)state;
	assert_int_equal(passes("loan_card", "3505020000012394", "0123456789",
			     11),
	    9);
}

static void
canonical_forms_are_one_spelling(void **state)
{
	static const char *const cases[][3] = {
		{ "org_code", "MA2Y3AN1-X", "MA2Y3AN1X" },
		{ "rid", "110105491231002", "11010519491231002X" },
		{ "rid", "130503670401001", "130503196704010016" },
		{ "patent_no", "2017106018623", "201710601862.3" },
		{ "patent_no", "ZL95115608.X", "ZL95115608.X" },
		{ "division", "350503001", "350503" },
		{ "case_no", "（2014）泉执字第00123", "(2014)泉执字第123号" },
		{ "doc_no", "泉环罚字［2014年］第012号", "泉环罚〔2014〕12号" },
		{ "phone", "22281234、13800138000",
		    "0595-22281234;13800138000" },
		{ "reg_no", "企合闽泉总字第001234号",
		    "企合闽泉总字第001234号" },
	};
	char out[IDENT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(
		    check(cases[i][0], cases[i][1], out) <= IDENT_LEGACY);
		assert_string_equal(out, cases[i][2]);
	}
}

static void
a_rounded_number_is_no_identifier(void **state)
{
	char out[IDENT_SIZE];

	(void)state;
	assert_int_equal(check("reg_no", "3.50502E+14", out), IDENT_SCIENTIFIC);
	assert_int_equal(check("tax_id", "3.50583E+14", out), IDENT_SCIENTIFIC);
	assert_int_equal(check("uscc", "暂无", out), IDENT_EMPTY);
	assert_int_equal(check("org_code", "##########", out), IDENT_EMPTY);
	assert_int_equal(check("rid", "3302221970********", out), IDENT_MASKED);
	assert_string_equal(out, "");
}

static void
nobody_is_born_after_today(void **state)
{
	const char *s = "11010519491231002X";
	char out[IDENT_SIZE];

	(void)state;
	assert_int_equal(ident_check(IDENT_RID, s, 18, 19491231, out,
			     sizeof(out)),
	    IDENT_OK);
	assert_int_equal(ident_check(IDENT_RID, s, 18, 19491230, out,
			     sizeof(out)),
	    IDENT_BIRTHDATE);
	assert_int_equal(ident_check(IDENT_RID, s, 18, 0, out, sizeof(out)),
	    IDENT_OK);
}

static void
the_codes_inside_a_tax_identifier_come_out(void **state)
{
	static const char *const org[][2] = {
		{ "350502MA2Y3AN1X", "REGION6+ORG9" },
		{ "91350502MA2Y3AN1X7", "USCC" },
		{ "L91350502MA2Y3AN1X7", "USCC" },
	};
	char out[19];
	int temp;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(org[i][0]);

		assert_true(ident_org_of(IDENT_TAX_ID, org[i][0], len, out));
		assert_string_equal(out, "MA2Y3AN1X");
		assert_false(
		    ident_rid_of(IDENT_TAX_ID, org[i][0], len, TODAY, out));
		assert_string_equal(ident_tax_form(org[i][0], len, TODAY,
					&temp),
		    org[i][1]);
		assert_int_equal(temp, org[i][0][0] == 'L');
	}
	assert_true(
	    ident_rid_of(IDENT_TAX_ID, "44052418800101001401", 20, TODAY, out));
	assert_string_equal(out, "440524188001010014");
	assert_true(ident_org_of(IDENT_ORG_CODE, "D2143569-X", 10, out));
	assert_string_equal(out, "D2143569X");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_vector_has_its_verdict),
		cmocka_unit_test(every_single_substitution_is_refused),
		cmocka_unit_test(the_first_and_last_check_characters_are_right),
		cmocka_unit_test(
		    an_org_code_is_blind_to_characters_eleven_apart_only),
		cmocka_unit_test(
		    a_loan_card_is_blind_to_its_twelfth_place_only),
		cmocka_unit_test(canonical_forms_are_one_spelling),
		cmocka_unit_test(a_rounded_number_is_no_identifier),
		cmocka_unit_test(nobody_is_born_after_today),
		cmocka_unit_test(the_codes_inside_a_tax_identifier_come_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
