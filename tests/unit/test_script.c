#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "form/decode.h"
#include "rules.h"

#define HEAD  "local z = require 'zayton'\n"
#define TODAY "2016-03-31"

static struct rules rules;

static void
load(const char *script)
{
	struct err e;

	if (rules_load(&rules, script, &e) == -1)
		fail_msg("%s", e.en);
}

/* Cleans a row; today is 2016-03-31, no period in the file's name. */
static void
clean(const char *header, const char *line)
{
	struct err e;

	if (rules_clean(&rules, header, line, "", TODAY, &e) == -1)
		fail_msg("%s", e.en);
}

static void
gives(const char *field, const char *want)
{
	assert_string_equal(rules_value(&rules, field), want);
}

static void
finds(const char *want)
{
	assert_string_equal(rules_findings(&rules), want);
}

static void
refuses(const char *script, const char *en, const char *zh)
{
	struct err e;

	assert_int_equal(rules_load(&rules, script, &e), -1);
	assert_int_equal(e.kind, ERR_HOLD);
	if (strstr(e.en, en) == NULL || strstr(e.zh, zh) == NULL)
		fail_msg("'%s' or '%s' says otherwise", e.en, e.zh);
	rules_done(&rules);
}

static int
prepare(void **state)
{
	struct err e;

	(void)state;
	return decoder_prepare(&e);
}

/* ---- the standard alone ---- */

static void
standard_cleans_without_a_script(void **state)
{
	(void)state;
	load(NULL);
	clean("户名|户号|账期|用水量(吨)|应缴金额(元)|实缴金额|欠费金额|"
	      "缴费状态|缴费日期|备注",
	    " 石狮市 某某服装(福建)有限公司 |ＡＢ-１|2016年3月|12.5|1,234.50|"
	    "￥１００|0.5|结清|2016/3/8| 无 ");
	finds("");
	gives("entity_name", "石狮市某某服装（福建）有限公司");
	gives("account_no", "AB-1");
	gives("bill_period", "2016-03");
	gives("usage_qty", "12.5");
	gives("amount_due", "1234.50");
	gives("amount_paid", "100.00");
	gives("arrears_amount", "5000.00");
	gives("payment_status", "PAID");
	gives("paid_on", "2016-03-08");
	gives("remark", "");
	assert_string_equal(rules.row.key, "0\x1f"
					   "AB-1\x1f"
					   "2016-03");
	assert_string_equal(rules.row.as_of, "2016-03-08");
	assert_int_equal(rules.row.op, 'I');
	assert_false(rules.row.rejected);
	assert_int_equal(strlen(script_sha256(rules.script)), 64);
	rules_done(&rules);
}

static void
unit_of_the_header_counts(void **state)
{
	(void)state;
	load(NULL);
	clean("户号|账期|应缴金额(万元)|欠费金额(元)", "1|2016-03|1.5|7");
	gives("amount_due", "15000.00");
	gives("arrears_amount", "7.00");
	rules_done(&rules);
}

static void
missing_values_count_by_their_weight(void **state)
{
	(void)state;
	load(NULL);
	/* The order names the amount: without it there is no row. */
	clean("户名|户号|账期|应缴金额|实缴金额", "甲|1|2016-03||5");
	finds("required_missing:amount_due:reject");
	assert_true(rules.row.rejected);
	assert_string_equal(rules.row.finding[0].header, "应缴金额");
	clean("户名|户号|账期|应缴金额|实缴金额", "甲|1|2016-03|5|暂无");
	finds("required_missing:amount_paid:keep");
	assert_false(rules.row.rejected);
	/* A column that is not there is not said of every row. */
	clean("户名|户号|账期|应缴金额", "甲|1|2016-03|5");
	finds("");
	clean("户名|户号|账期|应缴金额", "甲|1||5");
	finds("required_missing:bill_period:reject");
	rules_done(&rules);
}

#define REGISTER "企业名称|注册号|法定代表人|成立日期|核准日期"

static void
load_register(void)
{
	load(NULL);
	rules.bill = schemas_find(rules.schemas, "demo_register");
}

static void
register_loses_a_cell_and_not_the_row(void **state)
{
	(void)state;
	load_register();
	clean(REGISTER, "甲公司|350502100181468|王某|2014-02-30|2016-03-01");
	finds("date_impossible:established_on:null");
	gives("established_on", "");
	gives("legal_rep", "王某");
	assert_int_equal(rules.row.finding[0].severity, SEVERITY_ERROR);
	assert_false(rules.row.rejected);
	clean(REGISTER, "甲公司|350502100181468|||2016-03-01");
	finds("required_missing:legal_rep:null "
	      "required_missing:established_on:null");
	assert_int_equal(rules.row.finding[1].severity, SEVERITY_ERROR);
	assert_false(rules.row.rejected);
	/* But nobody knows whose it is, or where its cells belong. */
	clean(REGISTER, "|350502100181468|王某|2014-01-08|2016-03-01");
	finds("required_missing:entity_name:reject");
	rules_done(&rules);
}

static void
register_row_without_a_number_goes_by_its_name(void **state)
{
	(void)state;
	load_register();
	clean(REGISTER, "甲公司|350502100181468|王某|2014-01-08|2016-03-01");
	assert_string_equal(rules.row.key, "0\x1f"
					   "350502100181468");
	clean(REGISTER, "甲公司|350502100181469|王某|2014-01-08|2016-03-01");
	finds("reg_no_check:reg_no:null");
	assert_string_equal(rules.row.key, "n\x1f"
					   "甲公司\x1f"
					   "王某");
	clean(REGISTER, "甲公司|350502100181469||2014-01-08|2016-03-01");
	finds("reg_no_check:reg_no:null required_missing:legal_rep:null "
	      "key_missing:row:reject");
	rules_done(&rules);
}

static void
day_behind_the_period_says_nothing_about_when(void **state)
{
	struct err e;

	(void)state;
	load_register();
	assert_int_equal(rules_clean(&rules, REGISTER,
			     "甲公司|350502100181468|王某|2014-01-08|"
			     "2016-03-12",
			     "2016-01", TODAY, &e),
	    0);
	finds("date_after_period:approved_on:keep");
	gives("approved_on", "2016-03-12");
	assert_string_equal(rules.row.as_of, "2016-01");
	rules_done(&rules);
}

static void
next_key_identifies_the_row(void **state)
{
	(void)state;
	load(NULL);
	clean("户号|信用代码|账期|应缴金额", "|91350100M000100Y43|2016-03|5");
	finds("required_missing:account_no:keep");
	assert_string_equal(rules.row.key, "1\x1f"
					   "91350100M000100Y43\x1f"
					   "2016-03");
	clean("户号|信用代码|账期|应缴金额", "7|91350100M000100Y4Z|2016-03|5");
	finds("id_charset:uscc:null");
	gives("uscc", "");
	assert_false(rules.row.rejected);
	clean("户号|信用代码|账期|应缴金额", "|91350502MA2Y3AN1X8|2016-03|5");
	finds("uscc_check:uscc:null required_missing:account_no:keep "
	      "key_missing:row:reject");
	assert_true(rules.row.rejected);
	assert_string_equal(rules.row.finding[0].value, "91350502MA2Y3AN1X8");
	assert_non_null(
	    strstr(rules.row.finding[0].zh, "“信用代码”的统一社会信用代码"));
	rules_done(&rules);
}

static void
bad_values_are_left_out_and_said(void **state)
{
	static const char *const head = "户号|账期|应缴金额|缴费日期|期限至|"
					"缴费状态|用水量";

	(void)state;
	load(NULL);
	clean(head, "1|2016-03|5|2016-02-30|||");
	finds("date_impossible:paid_on:null");
	clean(head, "1|2016-03|5|2016-04-01|||");
	finds("date_future:paid_on:null");
	clean(head, "1|2016-03|5||2030-01-01||");
	finds("");
	gives("term_to", "2030-01-01");
	clean(head, "1|2016-03|5||长期||");
	finds("");
	gives("term_to", "");
	assert_int_equal(rules.row
			     .open_ended[schema_field(rules.bill, "term_to")],
	    1);
	clean(head, "1|2016-03|5|||已缴了|");
	finds("code_unknown:payment_status:null");
	assert_non_null(strstr(rules.row.finding[0].zh, "“已缴”"));
	clean(head, "1|2016-03|5|||部分|");
	finds("code_review:payment_status:fix");
	clean(head, "1|2016-03|约五元||||");
	assert_true(rules.row.rejected);
	clean(head, "1|2016-03|-5||||");
	finds("money_negative:amount_due:keep");
	gives("amount_due", "-5.00");
	clean(head, "1|2016-03|5||||一百吨水");
	finds("number_format:usage_qty:null");
	clean(head, "1|2016-05|5||||");
	finds("date_future:bill_period:reject");
	clean(head, "1|2016-03|5|1900-01-01|||");
	finds("placeholder:paid_on:null");
	rules_done(&rules);
}

static void
damaged_texts_are_found(void **state)
{
	static const char *const head = "户名|户号|账期|应缴金额|备注";

	(void)state;
	load(NULL);
	clean(head, "甲乙厂|3.50502E+14|2016-03|5|");
	assert_string_equal(rules.row.finding[0].rule, "id_scientific");
	assert_true(rules.row.rejected);
	clean(head, "张*厂|1|2016-03|5|");
	finds("masked_value:entity_name:null");
	clean(head, "\xef\xbf\xbd乙厂|1|2016-03|5|");
	finds("dirty_text:entity_name:null");
	clean(head, "娉夊窞甯傚唴鍧戠毊濉戞湁闄愬叕鍙?|1|2016-03|5|");
	finds("dirty_text:entity_name:null");
	clean(head, "甲?乙厂|1|2016-03|5|");
	finds("text_lossy:entity_name:keep");
	clean(head, "一二三四五六七八九十一二三四五六七八九十一|1|2016-03|5|");
	finds("text_too_long:entity_name:keep");
	clean(head, "甲|1|2016-03|5|#REF!");
	finds("sheet_error:remark:null");
	rules_done(&rules);
}

static void
identifier_in_the_wrong_column_is_moved(void **state)
{
	(void)state;
	load(NULL);
	clean("户号|账期|应缴金额|信用代码|组织机构代码",
	    "1|2016-03|5|71526726-X|");
	finds("id_moved:uscc:fix");
	gives("uscc", "");
	gives("org_code", "71526726X");
	/* Not over what is there. */
	clean("户号|账期|应缴金额|信用代码|组织机构代码",
	    "1|2016-03|5|71526726-X|79965505-8");
	gives("org_code", "799655058");
	rules_done(&rules);
}

static void
shifted_row_is_refused(void **state)
{
	(void)state;
	load(NULL);
	clean("户名|户号|账期|应缴金额|实缴金额|缴费日期|用水量",
	    "1|甲公司|乙路|2016-03|丙路|五元|甲");
	assert_non_null(rules_finding(&rules, "columns_shifted"));
	assert_true(rules.row.rejected);
	rules_done(&rules);
}

static void
period_of_the_file_fills_in(void **state)
{
	struct err e;

	(void)state;
	load(NULL);
	assert_int_equal(rules_clean(&rules, "户号|应缴金额", "1|5", "2016-02",
			     TODAY, &e),
	    0);
	finds("");
	gives("bill_period", "2016-02");
	assert_string_equal(rules.row.as_of, "2016-02");
	rules_done(&rules);
}

static void
operation_is_what_the_row_says(void **state)
{
	(void)state;
	load(NULL);
	clean("户号|账期|应缴金额|操作标志", "1|2016-03|5|d");
	assert_int_equal(rules.row.op, 'D');
	clean("户号|账期|应缴金额|操作标志", "1|2016-03|5|更正");
	assert_int_equal(rules.row.op, 'C');
	rules_done(&rules);
}

static void
key_takes_names_by_k1_and_long_texts_by_hash(void **state)
{
	char line[1200] = "甲（福建）有限公司|2016-03-01|";
	const struct schema *note;
	const char *tail;

	(void)state;
	load(NULL);
	note = schemas_find(rules.schemas, "demo_note");
	rules.bill = note;
	clean("户名|公告日期|内容", "甲（福建）有限公司|2016-03-01|短");
	assert_string_equal(rules.row.key, "0\x1f"
					   "甲福建有限公司\x1f"
					   "2016-03-01\x1f"
					   "短");
	for (int i = 0; i < 80; i++)
		strcat(line, "长长长");
	clean("户名|公告日期|内容", line);
	tail = strrchr(rules.row.key, '\x1f') + 1;
	assert_int_equal(tail[0], '#');
	assert_int_equal(strlen(tail), 33);
	rules_done(&rules);
}

static void
findings_beyond_the_limit_never_lose_a_refusal(void **state)
{
	struct finding f = { "x", SEVERITY_WARN, EFFECT_KEEP, -1, "", "", "",
		"" };

	(void)state;
	load(NULL);
	row_start(&rules.row, rules.bill, 1);
	for (int i = 0; i < 200; i++)
		row_add(&rules.row, &f);
	assert_int_equal(rules.row.nfindings, ROW_FINDINGS);
	row_find(&rules.row, "key_missing", -1, EFFECT_REJECT, "x", NULL);
	assert_true(rules.row.rejected);
	rules_done(&rules);
}

/* ---- with a script ---- */

static void
chains_run_in_their_order(void **state)
{
	(void)state;
	load(HEAD
	    "z.dataset 'demo_bill' { clean = {\n"
	    " account_no = { z.fold, z.digits },\n"
	    " entity_name = { z.name, z.replace('公司', '厂'), z.cut(2) },\n"
	    " remark = { z.fold, z.null_if { 'x', 'y' }, z.default 'none' },\n"
	    " amount_paid = { function(v) return v:gsub('元整', '') end },\n"
	    " payment_status = { function(v) return v == '7' and '已缴' or v "
	    "end },\n"
	    "} }\n");
	clean("户名|户号|账期|应缴金额|实缴金额|缴费状态|备注",
	    "甲公司|１２ 34-5|2016-03|5|7.5元整|7|x");
	finds("");
	gives("account_no", "12345");
	gives("entity_name", "甲厂");
	gives("remark", "none");
	gives("amount_paid", "7.50");
	gives("payment_status", "PAID");
	clean("户号|账期|应缴金额", "A1|2016-03|5");
	assert_string_equal(rules.row.finding[0].rule, "id_charset");
	assert_true(rules.row.rejected);
	rules_done(&rules);
}

static void
functions_may_refuse_a_value_by_a_rule(void **state)
{
	(void)state;
	load(HEAD
	    "z.dataset 'demo_bill' { clean = {\n"
	    " remark = { function(v, row) if row.account_no == '1' then "
	    "return nil, 'bad_note' end return v end },\n"
	    " usage_qty = { function(v) return nil, 'out_of_range' end },\n"
	    "}, check = { { rule = 'bad_note', zh = '备注有误', en = 'the "
	    "remark is wrong' } } }\n");
	clean("户号|账期|应缴金额|用水量|备注", "1|2016-03|5|3|x");
	finds("out_of_range:usage_qty:null bad_note:remark:null");
	assert_string_equal(rules_finding(&rules, "bad_note")->zh, "备注有误");
	assert_string_equal(rules_finding(&rules, "bad_note")->value, "x");
	gives("remark", "");
	rules_done(&rules);
}

static void
unknown_rule_of_a_function_is_held(void **state)
{
	struct err e;

	(void)state;
	load(HEAD "z.dataset 'demo_bill' { clean = { remark = { function(v) "
		  "return nil, 'nonsense' end } } }");
	assert_int_equal(rules_clean(&rules, "户号|账期|应缴金额|备注",
			     "1|2016-03|5|x", "", TODAY, &e),
	    -1);
	assert_int_equal(e.kind, ERR_HOLD);
	assert_non_null(strstr(e.en, "nonsense"));
	rules_done(&rules);
}

static void
checks_compare_fields(void **state)
{
	static const char *const head =
	    "户号|账期|应缴金额|实缴金额|欠费金额(元)|缴费日期|期限至|缴费状态";

	(void)state;
	load(HEAD "z.dataset 'demo_bill' { check = {\n"
		  " z.check.le('amount_paid', 'amount_due'),\n"
		  " z.check.order('paid_on', 'term_to'),\n"
		  " z.check.not_after('term_to', z.today, { severity = "
		  "'error' }),\n"
		  " z.check.required('paid_on', 'payment_status', 'PAID'),\n"
		  " z.check.range('amount_due', 0, 1000),\n"
		  " { rule = 'sums', severity = 'info', zh = '不平', en = 'no "
		  "sum', when = z.check.sum('amount_due', 'amount_paid', "
		  "'arrears_amount') },\n"
		  " { rule = 'seven', zh = '七', en = 'seven', field = "
		  "'amount_due', effect = 'null', when = function(r) return "
		  "r.amount_due == 7 end },\n"
		  "} }\n");
	clean(head, "1|2016-03|10|4|6|2016-03-01||PAID");
	finds("");
	clean(head, "1|2016-03|10|11|||||");
	finds("amount_order:amount_paid:keep");
	clean(head, "1|2016-03|10||||2016-03-01|");
	finds("required_missing:amount_paid:keep");
	clean(head, "1|2016-03|10|10||2016-03-02|2016-03-01|");
	finds("date_order:term_to:keep");
	assert_non_null(strstr(rules.row.finding[0].zh, "早于“缴费日期”"));
	clean(head, "1|2016-03|10|10|||2016-05-01|");
	finds("date_future:term_to:reject");
	clean(head, "1|2016-03|10|10||||PAID");
	finds("required_if:paid_on:keep");
	clean(head, "1|2016-03|1001|1||||");
	finds("out_of_range:amount_due:keep");
	clean(head, "1|2016-03|10|4|5|||");
	finds("sums:amount_due:keep");
	assert_int_equal(rules.row.finding[0].severity, SEVERITY_INFO);
	clean(head, "1|2016-03|7|7||||");
	finds("seven:amount_due:null");
	gives("amount_due", "");
	rules_done(&rules);
}

static void
fields_are_made_of_others(void **state)
{
	(void)state;
	load(HEAD
	    "z.dataset 'demo_bill' { derive = {\n"
	    " org_code = z.org_of 'uscc',\n"
	    " arrears_amount = z.minus('amount_due', 'amount_paid'),\n"
	    " bill_period = z.period_of 'paid_on',\n"
	    " payment_status = function(r) return r.arrears_amount > 0 and "
	    "'部分缴费' or '已缴' end,\n"
	    "} }\n");
	clean("户号|应缴金额|实缴金额|缴费日期|信用代码",
	    "1|10.10|10|2016-03-02|91350100M000100Y43");
	finds("");
	gives("org_code", "M000100Y4");
	gives("arrears_amount", "0.10");
	gives("bill_period", "2016-03");
	gives("payment_status", "PARTIAL");
	clean("户号|应缴金额|实缴金额|缴费日期|欠费金额(元)|缴费状态",
	    "1|10|10|2016-03-02|3|未缴");
	gives("arrears_amount", "3.00");
	gives("payment_status", "UNPAID");
	rules_done(&rules);
}

static void
column_that_is_there_is_filled(void **state)
{
	(void)state;
	load(HEAD "z.dataset 'demo_bill' { check = { z.check.filled('paid_on') "
		  "} }");
	clean("户号|账期|应缴金额", "1|2016-03|5");
	finds("");
	clean("户号|账期|应缴金额|缴费日期", "1|2016-03|5|无");
	finds("required_missing:paid_on:keep");
	clean("户号|账期|应缴金额|缴费日期", "1|2016-03|5|2016-02-30");
	finds("date_impossible:paid_on:null");
	rules_done(&rules);
}

static void
script_may_have_its_own_key(void **state)
{
	(void)state;
	load(HEAD "z.dataset 'demo_bill' { overwrite = { key = { 'entity_name' "
		  "}, newer = 'ignore', null = 'replace' } }");
	clean("户名|应缴金额", "甲厂|5");
	assert_string_equal(rules.row.key, "0\x1f"
					   "甲厂");
	assert_true(ruleset_policy(script_dataset(rules.script, rules.bill))
			->keep_first);
	assert_true(ruleset_policy(script_dataset(rules.script, rules.bill))
			->null_wipes);
	rules_done(&rules);
}

/* Where a row of the bill's ruleset goes, "-" nowhere. */
static const char *
routed(const char *header, const char *line)
{
	struct ruleset *rs = script_dataset(rules.script, rules.bill);
	struct cell head[RULES_CELLS], cell[RULES_CELLS];
	const struct schema *to = rules.bill;
	struct match *m;
	struct err e;
	int at;

	assert_int_equal(ruleset_match(rs, head, rules_cells(header, head), &m,
			     &e),
	    0);
	at = ruleset_route_column(rs, m);
	match_free(m);
	rules_cells(line, cell);
	if (at != -1)
		to = ruleset_route(rs, cell[at].text, cell[at].len);
	return to != NULL ? to->dataset : "-";
}

static void
rows_go_where_the_route_says(void **state)
{
	const struct ruleset *rs;
	const char *value;

	(void)state;
	load(HEAD "z.dataset 'demo_bill' { route = { column = '业务种类', "
		  "['账单'] = 'demo_bill', ['公告'] = 'demo_note' } }");
	assert_string_equal(routed("户号|业务种类", "1| 公告 "), "demo_note");
	assert_string_equal(routed("业务种类|户号", "公告|1"), "demo_note");
	assert_string_equal(routed("业务种类|户号", "账单|1"), "demo_bill");
	assert_string_equal(routed("业务种类|户号", "其他|1"), "-");
	assert_string_equal(routed("业务种类|户号", "|1"), "-");
	assert_string_equal(routed("户号", "1"), "demo_bill");
	rs = script_dataset(rules.script, rules.bill);
	assert_string_equal(ruleset_route_at(rs, 0, &value)->dataset,
	    "demo_note");
	assert_string_equal(value, "公告");
	assert_string_equal(ruleset_route_at(rs, 1, &value)->dataset,
	    "demo_bill");
	assert_null(ruleset_route_at(rs, 2, &value));
	rules_done(&rules);
	load(HEAD "z.dataset 'demo_bill' { route = { column = '业务种类', "
		  "['账单'] = 'demo_bill', otherwise = 'demo_note' } }");
	assert_string_equal(routed("业务种类|户号", "账单|1"), "demo_bill");
	assert_string_equal(routed("业务种类|户号", "其他|1"), "demo_note");
	rules_done(&rules);
	load(HEAD "z.dataset 'demo_bill' { route = { column = 'remark', "
		  "['公告'] = 'demo_note' } }");
	assert_string_equal(routed("户号|备注", "1|公告"), "demo_note");
	assert_string_equal(routed("户号|备注", "1|账单"), "-");
	rules_done(&rules);
}

static void
functions_see_the_file_and_the_cell_as_sent(void **state)
{
	(void)state;
	load(HEAD "z.dataset 'demo_bill' { derive = { remark = function(r, "
		  "file) return z.raw(r, 'amount_due') .. file.today .. "
		  "file.dataset .. tostring(z.raw(r, 'usage_qty')) end } }");
	clean("户号|账期|应缴金额", "1|2016-03| 5.0");
	gives("remark", " 5.0" TODAY "demo_billnil");
	rules_done(&rules);
}

static void
mistakes_name_script_and_line(void **state)
{
	(void)state;
	refuses("local z = \n\n=", "rules/dem.lua:3:", "rules/dem.lua:3:");
	refuses(HEAD "z.dataset 'none' {}",
	    "rules/dem.lua:2: there is no "
	    "dataset 'none of DEM'",
	    "没有数据集");
	refuses(HEAD "\nz.dataset 'demo_bill' { clean = { nofield = z.fold } }",
	    "rules/dem.lua:3: the standard has no field 'demo_bill.nofield'",
	    "没有字段");
	refuses(HEAD
	    "z.dataset 'demo_bill' { clean = { remark = { z.fuld } } }",
	    "rules/dem.lua:2: zayton has no 'fuld'", "没有 fuld");
	refuses(HEAD "z.dataset 'demo_bill' { clean = { remark = { 7 } } }",
	    "a step such as z.fold or a function is wanted, not number",
	    "步骤");
	refuses(HEAD "z.dataset 'demo_bill' { clean = { remark = { z.code "
		     "'nolist' } } }",
	    "there is no code list 'nolist'", "代码表");
	refuses(HEAD "z.dataset 'demo_bill' { cleen = {} }",
	    "'cleen' is not known", "不认识 cleen");
	refuses(HEAD "z.dataset 'demo_bill' {} z.dataset 'demo_bill' {}",
	    "stands there twice", "两次");
	refuses(HEAD "z.dataset 'demo_bill' { check = { { rule = 'x' } } }",
	    "rule 'x' has no zh and en", "zh 和 en");
	refuses(HEAD "z.dataset 'demo_bill' { check = { { rule = 'x', zh = "
		     "'a' } } }",
	    "needs both zh and en", "zh 和 en");
	refuses(HEAD "z.dataset 'demo_bill' { check = { { rule = 'x', zh = "
		     "'a', en = 'b', severity = 'fatal' } } }",
	    "not 'fatal'", "fatal");
	refuses(HEAD "z.dataset 'demo_bill' { check = { z.check.le('usage_qty')"
		     " } }",
	    "wants more fields", "字段不够");
	refuses(HEAD "z.dataset 'demo_bill' { example { { nofield = 1 }, gives "
		     "{} } }",
	    "no field 'demo_bill.nofield'", "没有字段");
	refuses(HEAD "x = 1", "write 'local x'", "local x");
	refuses(HEAD "return y.z", "there is no global 'y'", "全局变量");
	refuses("error('plain')", "rules/dem.lua:1: plain", "plain");
	refuses("error({})", "an error without a text", "rules/dem.lua");
}

struct heard {
	int passed;
	int failed;
	int line;
	char sentence[256];
};

static void
hear(void *ctx, const char *dataset, int line, int failed, const char *sentence)
{
	struct heard *h = ctx;

	assert_string_equal(dataset, "demo_bill");
	if (!failed) {
		h->passed++;
		return;
	}
	h->failed++;
	h->line = line;
	snprintf(h->sentence, sizeof(h->sentence), "%s", sentence);
}

static struct heard
run_examples(const char *script)
{
	struct heard h = { 0 };
	struct err e;
	int failed;

	load(script);
	failed = script_examples(rules.script, hear, &h, &e);
	assert_int_equal(failed, h.failed);
	rules_done(&rules);
	return h;
}

static void
fails(const char *example, const char *sentence)
{
	char script[2048];
	struct heard h;

	snprintf(script, sizeof(script),
	    HEAD "z.dataset 'demo_bill' {\n%s\n}\n", example);
	h = run_examples(script);
	assert_int_equal(h.failed, 1);
	assert_int_equal(h.line, 3);
	assert_string_equal(h.sentence, sentence);
}

static void
examples_are_the_tests_of_a_script(void **state)
{
	struct heard h;

	(void)state;
	h = run_examples(HEAD
	    "z.dataset 'demo_bill' {\n"
	    " clean = { account_no = { z.digits } },\n"
	    " check = { z.check.le('amount_paid', 'amount_due') },\n"
	    " example { { account_no = ' １２ ', bill_period = '2014年3月', "
	    "amount_due = 5 }, gives { account_no = '12', bill_period = "
	    "'2014-03', amount_due = 5, remark = z.none } },\n"
	    " example { { account_no = 1, bill_period = '2014-03', amount_due "
	    "= '5', amount_paid = '5.01' }, gives { amount_paid = '5.01' }, "
	    "warns 'amount_order' },\n"
	    " example { { account_no = 'x', bill_period = '2014-03' }, refuses "
	    "'required_missing' },\n"
	    " example { { account_no = 1, amount_due = 1 }, gives { "
	    "bill_period = '2015-01' }, period = '2015-01' },\n"
	    " example { { account_no = 1, bill_period = '2015-02', amount_due "
	    "= 1 }, refuses 'date_future', today = '2015-01-31' },\n"
	    "}\n");
	assert_string_equal(h.sentence, "");
	assert_int_equal(h.passed, 5);
}

static void
failing_examples_say_what_came_instead(void **state)
{
	(void)state;
	fails("example { { account_no = 1, bill_period = '2014-03', amount_due "
	      "= 5 }, gives { amount_due = 6 } }",
	    "amount_due is 5.00, not '6'");
	fails("example { { account_no = 1, bill_period = '2014-03', amount_due "
	      "= 5 }, gives { account_no = z.none } }",
	    "account_no is '1', not 'nothing'");
	fails("example { { account_no = 1, bill_period = '2014-03' }, gives {} "
	      "}",
	    "the row was refused: required_missing");
	fails("example { { account_no = 1, bill_period = '2014-03', amount_due "
	      "= 5 }, refuses 'key_missing' }",
	    "no finding 'key_missing' that refuses the row");
	fails("example { { account_no = 1, bill_period = '2014-03', amount_due "
	      "= -5 }, warns 'date_order' }",
	    "no finding 'date_order': money_negative");
	fails("example { { account_no = 1 } }", "the example expects nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_cleans_without_a_script),
		cmocka_unit_test(unit_of_the_header_counts),
		cmocka_unit_test(missing_values_count_by_their_weight),
		cmocka_unit_test(register_loses_a_cell_and_not_the_row),
		cmocka_unit_test(
		    register_row_without_a_number_goes_by_its_name),
		cmocka_unit_test(day_behind_the_period_says_nothing_about_when),
		cmocka_unit_test(next_key_identifies_the_row),
		cmocka_unit_test(bad_values_are_left_out_and_said),
		cmocka_unit_test(damaged_texts_are_found),
		cmocka_unit_test(identifier_in_the_wrong_column_is_moved),
		cmocka_unit_test(shifted_row_is_refused),
		cmocka_unit_test(period_of_the_file_fills_in),
		cmocka_unit_test(operation_is_what_the_row_says),
		cmocka_unit_test(key_takes_names_by_k1_and_long_texts_by_hash),
		cmocka_unit_test(
		    findings_beyond_the_limit_never_lose_a_refusal),
		cmocka_unit_test(chains_run_in_their_order),
		cmocka_unit_test(functions_may_refuse_a_value_by_a_rule),
		cmocka_unit_test(unknown_rule_of_a_function_is_held),
		cmocka_unit_test(checks_compare_fields),
		cmocka_unit_test(fields_are_made_of_others),
		cmocka_unit_test(column_that_is_there_is_filled),
		cmocka_unit_test(script_may_have_its_own_key),
		cmocka_unit_test(rows_go_where_the_route_says),
		cmocka_unit_test(functions_see_the_file_and_the_cell_as_sent),
		cmocka_unit_test(mistakes_name_script_and_line),
		cmocka_unit_test(examples_are_the_tests_of_a_script),
		cmocka_unit_test(failing_examples_say_what_came_instead),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
