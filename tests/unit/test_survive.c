#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "link/survive.h"

enum { MOST = 8 };

/* Ranks as those of legal_rep: one owner, two that fill, two that never do. */
static const struct survive_rule legal_rep = {
	.field = "legal_rep",
	.policy = SURVIVE_NEWEST,
	.fill = 1,
	.nranks = 5,
	.rank = { { "AIC", 0, SURVIVE_COMPETES },
	    { "QTS", 1, SURVIVE_COMPETES }, { "NTB", 2, SURVIVE_COMPETES },
	    { "COURT", 3, SURVIVE_SNAPSHOT }, { "ENT", 4, SURVIVE_APART } },
};

static struct survive_verdict v[MOST];
static struct survivor s;

static struct contribution
says(const char *provider, const char *value, const char *as_of)
{
	static uint64_t received;
	struct contribution c = { .provider = provider,
		.value = { value },
		.as_of = as_of,
		.received = ++received,
		.op = 'I' };

	return c;
}

/* Whatever the order they come in, the same one stands. */
static void
decide(const struct survive_rule *r, const struct contribution *c, size_t n)
{
	struct contribution turned[MOST];
	struct survivor other;

	for (size_t i = 0; i < n; i++)
		turned[n - 1 - i] = c[i];
	survive(r, turned, n, &other, v);
	survive(r, c, n, &s, v);
	assert_int_equal(other.provisional, s.provisional);
	assert_int_equal(other.conflict, s.conflict);
	if (s.winner == n)
		assert_int_equal(other.winner, n);
	else
		assert_int_equal(turned[other.winner].received,
		    c[s.winner].received);
}

static void
rank_goes_before_recency(void **state)
{
	struct contribution c[] = { says("AIC", "王大明", "2014-01-01"),
		says("NTB", "李小红", "2016-02-01"),
		says("QTS", "王大明", "2016-03-01") };

	(void)state;
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 0);
	assert_int_equal(s.provisional, 0);
	assert_int_equal(v[1].reason, SURVIVE_LOWER);
	assert_int_equal(v[1].disagrees, 1);
	assert_int_equal(v[2].reason, SURVIVE_AGREES);
	assert_int_equal(v[2].disagrees, 0);
}

static void
a_late_old_file_does_not_overwrite(void **state)
{
	struct contribution c[] = { says("AIC", "李小红", "2014-05-01"),
		says("AIC", "王大明", "2014-03-01") };

	(void)state;
	decide(&legal_rep, c, 2);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[1].reason, SURVIVE_OLDER);
}

static void
of_one_date_the_stamp_of_the_source_then_receipt_tells(void **state)
{
	struct contribution c[] = { says("AIC", "甲", "2014-05-01"),
		says("AIC", "乙", "2014-05-01"),
		says("AIC", "丙", "2014-05-01") };

	(void)state;
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 2);
	c[0].updated_at = "2014-06-01";
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 0);
}

static void
of_joint_owners_the_first_in_the_list_tells(void **state)
{
	static const struct survive_rule r = { .field = "tax_credit_grade",
		.policy = SURVIVE_NEWEST,
		.nranks = 2,
		.rank = { { "NTB", 0, SURVIVE_COMPETES },
		    { "LTB", 0, SURVIVE_COMPETES } } };
	struct contribution c[] = { says("NTB", "A", "2015-06-24"),
		says("LTB", "B", "2015-06-24") };

	(void)state;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[1].disagrees, 1);
	c[1].as_of = "2015-06-25";
	decide(&r, c, 2);
	assert_int_equal(s.winner, 1);
}

static void
nothing_never_overwrites(void **state)
{
	struct contribution c[] = { says("AIC", "王大明", "2014-01-01"),
		says("AIC", "", "2016-01-01"), says("AIC", NULL, "2016-02-01"),
		says("AIC", "张三", "2016-03-01") };

	(void)state;
	c[3].op = 'D';
	decide(&legal_rep, c, 4);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[1].reason, SURVIVE_EMPTY);
	assert_int_equal(v[2].reason, SURVIVE_EMPTY);
	assert_int_equal(v[3].reason, SURVIVE_WITHDRAWN);
}

static void
lower_ranks_fill_until_the_owner_speaks(void **state)
{
	struct contribution c[] = { says("NTB", "李小红", "2016-02-01"),
		says("QTS", "陈志强", "2015-02-01"),
		says("AIC", "王大明", "2014-02-01") };
	struct survive_rule r = legal_rep;

	(void)state;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 1);
	assert_int_equal(s.provisional, 1);
	assert_int_equal(v[1].reason, SURVIVE_FILLS);
	decide(&r, c, 3);
	assert_int_equal(s.winner, 2);
	assert_int_equal(s.provisional, 0);
	r.fill = 0;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 2);
	assert_int_equal(v[0].reason, SURVIVE_NO_FILL);
	decide(&r, c, 3);
	assert_int_equal(v[0].reason, SURVIVE_LOWER);
	assert_int_equal(v[0].disagrees, 1);
}

static void
snapshots_declarations_and_strangers_stand_apart(void **state)
{
	struct contribution c[] = { says("COURT", "甲", "2016-02-01"),
		says("ENT", "乙", "2016-02-01"),
		says("HRSS", "丙", "2016-02-01") };

	(void)state;
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 3);
	assert_int_equal(v[0].reason, SURVIVE_OF_A_DAY);
	assert_int_equal(v[1].reason, SURVIVE_DECLARED);
	assert_int_equal(v[2].reason, SURVIVE_UNRANKED);
}

static void
what_stood_before_is_only_compared(void **state)
{
	struct contribution c[] = { says("AIC", "甲", "2016-02-01"),
		says("AIC", "乙", "2016-03-01"),
		says("ENT", "丙", "2016-02-01") };

	(void)state;
	c[1].past = 1;
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[1].reason, SURVIVE_OLDER);
	assert_int_equal(v[1].disagrees, 1);
	assert_int_equal(v[2].disagrees, 1);
	assert_int_equal(s.conflict, 0);
}

static void
masked_and_derived_values_only_stand_in(void **state)
{
	struct contribution c[] = { says("AIC", "350581********0014",
					"2016-03-01"),
		says("AIC", "MA2Y3AN1X", "2016-02-01"),
		says("NTB", "71526726X", "2014-01-01") };

	(void)state;
	c[0].masked = 1;
	c[1].derived = 1;
	decide(&legal_rep, c, 1);
	assert_int_equal(s.winner, 0);
	assert_int_equal(s.provisional, 1);
	decide(&legal_rep, c, 2);
	assert_int_equal(s.winner, 1);
	assert_int_equal(s.provisional, 1);
	assert_int_equal(v[0].reason, SURVIVE_MASKED);
	decide(&legal_rep, c, 3);
	assert_int_equal(s.winner, 2);
	assert_int_equal(v[1].reason, SURVIVE_DERIVED);
}

static void
what_never_changes_is_only_corrected(void **state)
{
	struct contribution c[] = { says("AIC", "2013-07-20", "2014-01-01"),
		says("AIC", "2013-07-21", "2015-01-01"),
		says("AIC", "2013-07-22", "2015-02-01") };
	struct survive_rule r = legal_rep;

	(void)state;
	r.policy = SURVIVE_IMMUTABLE;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 0);
	assert_int_equal(s.conflict, 1);
	assert_int_equal(v[1].reason, SURVIVE_LATER);
	c[1].op = 'C';
	decide(&r, c, 2);
	assert_int_equal(s.winner, 1);
	assert_int_equal(s.conflict, 0);
	/* Another provider corrects nothing here. */
	c[1].op = 'I';
	c[2].op = 'C';
	c[2].provider = "QTS";
	decide(&r, c, 3);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[2].reason, SURVIVE_LOWER);
	assert_int_equal(s.conflict, 1);
	r.rank[1].level = 0;
	decide(&r, c, 3);
	assert_int_equal(s.winner, 0);
	assert_int_equal(v[2].reason, SURVIVE_LATER);
}

static void
a_sticky_status_is_left_by_correction_only(void **state)
{
	struct contribution c[] = { says("AIC", "ACTIVE", "2014-01-01"),
		says("AIC", "REVOKED", "2015-01-01"),
		says("AIC", "ACTIVE", "2015-06-01"),
		says("AIC", "CANCELLED", "2016-01-01"),
		says("AIC", "REVOKED", "2016-02-01"),
		says("AIC", "ACTIVE", "2016-03-01") };
	struct survive_rule r = legal_rep;

	(void)state;
	r.policy = SURVIVE_STICKY;
	r.nvalues = 2;
	r.value[0] = "REVOKED";
	r.value[1] = "CANCELLED";
	decide(&r, c, 3);
	assert_int_equal(s.winner, 1);
	assert_int_equal(v[2].reason, SURVIVE_STUCK);
	/* Revoked, then cancelled; never the other way round. */
	decide(&r, c, 5);
	assert_int_equal(s.winner, 3);
	assert_int_equal(v[4].reason, SURVIVE_STUCK);
	c[5].op = 'C';
	decide(&r, c, 6);
	assert_int_equal(s.winner, 5);
	assert_int_equal(s.conflict, 0);
}

static void
the_worst_of_the_last_words_stands(void **state)
{
	static const struct survive_rule r = { .field = "tax_status",
		.policy = SURVIVE_WORST,
		.nranks = 2,
		.rank = { { "NTB", 0, SURVIVE_COMPETES },
		    { "LTB", 0, SURVIVE_COMPETES } },
		.nvalues = 3,
		.value = { "ABNORMAL", "SUSPENDED", "NORMAL" } };
	struct contribution c[] = { says("NTB", "ABNORMAL", "2016-01-01"),
		says("NTB", "NORMAL", "2016-02-01"),
		says("LTB", "SUSPENDED", "2016-01-15") };

	(void)state;
	decide(&r, c, 3);
	assert_int_equal(s.winner, 2);
	assert_int_equal(v[0].reason, SURVIVE_OLDER);
	assert_int_equal(v[1].reason, SURVIVE_MILDER);
	assert_int_equal(s.conflict, 1);
	decide(&r, c, 2);
	assert_int_equal(s.winner, 1);
	assert_int_equal(s.conflict, 0);
}

static void
events_stay_side_by_side(void **state)
{
	struct contribution c[] = { says("NTB", "100", "2016-01-01"),
		says("NTB", "200", "2016-02-01") };
	struct survive_rule r = legal_rep;

	(void)state;
	r.policy = SURVIVE_APPEND;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 2);
	assert_int_equal(v[0].reason, SURVIVE_KEPT);
	assert_int_equal(v[1].reason, SURVIVE_KEPT);
}

static void
fields_that_belong_together_survive_as_one(void **state)
{
	struct contribution c[] = { says("AIC", "工业路8号", "2016-01-01"),
		says("AIC", "工业路8号", "2016-02-01"),
		says("AIC", "", "2016-03-01") };

	(void)state;
	c[0].value[1] = "350582";
	c[0].value[2] = "362200";
	c[1].value[1] = "350583";
	c[2].value[1] = "350502";
	decide(&legal_rep, c, 3);
	/* The newest whole, with the hole it has, and nothing of the others. */
	assert_int_equal(s.winner, 1);
	assert_int_equal(v[0].reason, SURVIVE_OLDER);
	assert_int_equal(v[0].disagrees, 1);
	assert_int_equal(v[2].reason, SURVIVE_EMPTY);
}

static int
takes_the_shortest(void *ctx, const struct contribution *c, size_t n,
    size_t *ret_i)
{
	if (ctx == NULL)
		return -1;
	*ret_i = 0;
	for (size_t i = 1; i < n; i++)
		if (strlen(c[i].value[0]) < strlen(c[*ret_i].value[0]))
			*ret_i = i;
	return 0;
}

static void
a_function_decides_and_the_policy_where_it_fails(void **state)
{
	struct contribution c[] = { says("AIC", "丁丁丁", "2016-01-01"),
		says("NTB", "丁", "2014-02-01") };
	struct survive_rule r = legal_rep;

	(void)state;
	r.decide = takes_the_shortest;
	r.ctx = &r;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 1);
	assert_int_equal(v[1].reason, SURVIVE_DECIDED);
	assert_int_equal(v[0].reason, SURVIVE_OVERRULED);
	r.ctx = NULL;
	decide(&r, c, 2);
	assert_int_equal(s.winner, 0);
	assert_int_equal(s.failed, 1);
}

static void
every_reason_has_its_words(void **state)
{
	(void)state;
	for (int k = 0; k < SURVIVE_REASONS; k++) {
		assert_non_null(survive_reason_name((enum survive_reason)k));
		assert_non_null(survive_reason_zh((enum survive_reason)k));
		assert_non_null(survive_reason_en((enum survive_reason)k));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank_goes_before_recency),
		cmocka_unit_test(a_late_old_file_does_not_overwrite),
		cmocka_unit_test(
		    of_one_date_the_stamp_of_the_source_then_receipt_tells),
		cmocka_unit_test(of_joint_owners_the_first_in_the_list_tells),
		cmocka_unit_test(nothing_never_overwrites),
		cmocka_unit_test(lower_ranks_fill_until_the_owner_speaks),
		cmocka_unit_test(
		    snapshots_declarations_and_strangers_stand_apart),
		cmocka_unit_test(what_stood_before_is_only_compared),
		cmocka_unit_test(masked_and_derived_values_only_stand_in),
		cmocka_unit_test(what_never_changes_is_only_corrected),
		cmocka_unit_test(a_sticky_status_is_left_by_correction_only),
		cmocka_unit_test(the_worst_of_the_last_words_stands),
		cmocka_unit_test(events_stay_side_by_side),
		cmocka_unit_test(fields_that_belong_together_survive_as_one),
		cmocka_unit_test(
		    a_function_decides_and_the_policy_where_it_fails),
		cmocka_unit_test(every_reason_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
