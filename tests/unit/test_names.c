#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/decode.h"
#include "link/names.h"
#include "sys/err.h"

static struct names
make(const char *s)
{
	struct names n;

	names_make(s, strlen(s), &n);
	return n;
}

static enum names_relation
relate(const char *row, const char *known)
{
	struct names a = make(row), b = make(known);

	return names_relate(&a, &b);
}

static int
share_a_block(const char *row, const char *known)
{
	struct names a = make(row), b = make(known);
	uint32_t x[NAMES_BLOCKS + NAMES_TAILS], y[NAMES_BLOCKS];
	size_t nx = names_blocks(&a, x), ny = names_blocks(&b, y);

	nx += names_tails(&a, x + nx);
	for (size_t i = 0; i < nx; i++)
		for (size_t k = 0; k < ny; k++)
			if (x[i] == y[k])
				return 1;
	return 0;
}

static const struct {
	const char *row;
	const char *known;
	enum names_relation relation;
} pairs[] = {
	{ "石狮市甲乙服装(福建)有限公司", "石狮市甲乙服装（福建）有限公司",
	    NAMES_EXACT },
	{ "泉州華興房地產開發有限公司", "泉州华兴房地产开发有限公司",
	    NAMES_EXACT },
	{ "晋江市湖石石业有限公司-食堂", "晋江市湖石石业有限公司",
	    NAMES_EXACT },
	{ "晋江市湖石石业有限公司（宿舍） 等", "晋江市湖石石业有限公司",
	    NAMES_EXACT },
	{ "晋江市湖石石业有限公司。", "晋江市湖石石业有限公司", NAMES_EXACT },
	{ "泉州甲乙机械有限责任公司", "泉州甲乙机械有限公司", NAMES_FORM },
	{ "福建省泉州甲乙机械有限公司", "泉州市甲乙机械有限公司",
	    NAMES_CORE_SAME },
	{ "甲乙机械", "泉州市甲乙机械有限公司", NAMES_CORE_SAME },
	{ "泉州市甲乙机械有限公", "泉州市甲乙机械有限公司", NAMES_CORE_SAME },
	{ "泉州市甲乙机械有", "泉州市甲乙机械有限公司", NAMES_CORE_SAME },
	{ "泉港区通联祥石", "泉州市泉港区通联祥石材有限公司", NAMES_PART },
	{ "晋江?岭艺品有限公司", "晋江梅岭艺品有限公司", NAMES_WILD },
	{ "福建?安县金钟橡塑有限公司", "福建惠安县金钟橡塑有限公司",
	    NAMES_WILD },
	{ "晋江梅岭怡品有限公司", "晋江梅岭艺品有限公司", NAMES_EDIT },
	{ "晋江福山花旭石业有限公司", "晋江福山华旭石业有限公司", NAMES_EDIT },
	{ "泉州市峰泽兴峰测绘有限公司", "泉州市丰泽兴峰测绘有限公司",
	    NAMES_EDIT },
};

static void
names_of_one_enterprise_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (relate(pairs[i].row, pairs[i].known) != pairs[i].relation)
			fail_msg("%s: %d", pairs[i].row,
			    (int)relate(pairs[i].row, pairs[i].known));
}

static void
names_that_agree_share_a_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!share_a_block(pairs[i].row, pairs[i].known))
			fail_msg("%s", pairs[i].row);
}

static void
a_branch_is_never_its_parent(void **state)
{
	static const char *const branches[] = {
		"泉州荣泰医药连锁有限公司丰泽泉秀分店",
		"泉州荣泰医药连锁有限公司丰泽泉",
		"泉州荣泰医药连锁有限公司泉州分公司",
		"泉州荣泰医药连锁有限公司温陵营业厅",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		assert_int_equal(make(branches[i]).kind, NAMES_BRANCH);
		assert_int_equal(relate(branches[i],
				     "泉州荣泰医药连锁有限公司"),
		    NAMES_DIFFER);
		assert_int_equal(relate("泉州荣泰医药连锁有限公司",
				     branches[i]),
		    NAMES_DIFFER);
	}
	assert_int_equal(relate("泉州荣泰医药连锁有限公司丰泽泉", branches[0]),
	    NAMES_PART);
	assert_int_equal(make("泉州荣泰（集团）有限公司").kind, NAMES_FIRM);
	assert_int_equal(make("泉州荣泰集团公司").kind, NAMES_FIRM);
}

static void
names_of_others_do_not_agree(void **state)
{
	(void)state;
	assert_int_equal(relate("厦门市龙山纳米科技有限公司",
			     "泉州龙山纳米科技有限公司"),
	    NAMES_SIMILAR);
	assert_int_equal(relate("晋江市恒信汽车配件有限公司",
			     "南安市新日置业有限公司"),
	    NAMES_DIFFER);
	/* A whole name is not the beginning of a longer one. */
	assert_true(relate("泉州通联祥石有限公司", "泉州通联祥石材有限公司") <
		    NAMES_EDIT);
}

static void
what_is_no_name_of_a_firm_tells_nothing(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(decoder_prepare(&e), 0);
	assert_int_equal(make("").kind, NAMES_NONE);
	assert_int_equal(make(" / ").kind, NAMES_NONE);
	assert_int_equal(make("NULL").kind, NAMES_NONE);
	assert_int_equal(make("½ú½ÊÐ½Û³ÈÍ¶×ÊÓÐÏÞ¹«Ë¾").kind, NAMES_NONE);
	assert_int_equal(make("娉夊窞甯傚唴鍧戠毊濉戞湁闄愬叕鍙?").kind,
	    NAMES_NONE);
	assert_int_equal(make("吴晓君").kind, NAMES_PERSON);
	assert_int_equal(relate("吴晓君", "吴晓君"), NAMES_UNKNOWN);
	assert_int_equal(make("天翔家居").kind, NAMES_FIRM);
}

static void
a_former_name_is_taken_from_its_note(void **state)
{
	(void)state;
	assert_string_equal(
	    make("泉州市天盛商运有限公司（原：泉州春义商运有限公司）").former,
	    "泉州春义商运有限公司");
}

static void
counties_exclude_each_other(void **state)
{
	struct names shishi = make("石狮市新日置业有限公司");
	struct names nanan = make("南安市新日置业有限公司");
	struct names city = make("泉州市新日置业有限公司");
	struct names none = make("新日置业有限公司");

	(void)state;
	assert_int_equal(names_regions_agree(&shishi, &nanan), 0);
	assert_int_equal(names_regions_agree(&shishi, &city), 1);
	assert_int_equal(names_regions_agree(&shishi, &none), 1);
	assert_int_equal(names_regions_agree(&shishi, &shishi), 1);
}

static void
a_kept_name_is_the_same_name(void **state)
{
	struct names n = make("福建省南安市甲?艺品(泉州)有限公司"), back;

	(void)state;
	names_restore(n.kind, n.k2, n.core, n.k1, n.regions, &back);
	assert_int_equal(names_relate(&n, &back), NAMES_EXACT);
	assert_int_equal(back.wild, n.wild);
	assert_int_equal(back.ncore, n.ncore);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_one_enterprise_agree),
		cmocka_unit_test(names_that_agree_share_a_block),
		cmocka_unit_test(a_branch_is_never_its_parent),
		cmocka_unit_test(names_of_others_do_not_agree),
		cmocka_unit_test(what_is_no_name_of_a_firm_tells_nothing),
		cmocka_unit_test(a_former_name_is_taken_from_its_note),
		cmocka_unit_test(counties_exclude_each_other),
		cmocka_unit_test(a_kept_name_is_the_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
