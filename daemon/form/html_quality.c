#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "form/html.h"
#include "form/html_quality_part.h"
#include "form/html_report.h"
#include "form/svg.h"
#include "sys/member.h"

/* The page of a bundle; its numbers and its samples are in files beside. */
enum { REASONS = 40, FIELDS_NAMED = 5, TEXT = 1200 };

/* -1 where nothing can be said. */
double
html_quality_value(const json_t *o)
{
	const json_t *v = json_object_get(o, "value");

	return json_is_number(v) ? json_number_value(v) : -1;
}

void
html_quality_count(struct buf *b, json_int_t n)
{
	buf_addstr(b, "<td class=\"n\">");
	html_count(b, n);
	buf_addstr(b, "</td>");
}

/* The number by which the page calls a rule, red where it returned rows. */
void
html_quality_mark(struct buf *b, const json_t *rule, size_t i)
{
	int stops = member_number(rule, "rejected") > 0;
	int errs = strcmp(member_text(rule, "severity"), "error") == 0;

	buf_printf(b, "<span class=\"no%s\">%zu</span>",
	    stops  ? " stop"
	    : errs ? " lost"
		   : "",
	    i + 1);
}

/* ---- what was taken, what was not, what to do ---- */

static void
say(struct buf *b, const json_t *r)
{
	const json_t *t = json_object_get(r, "totals");
	const json_t *error = json_object_get(r, "error");
	json_int_t rows = member_number(t, "rows");
	json_int_t back = member_number(t, "rejected");
	char zh[TEXT], en[TEXT];

	if (json_is_object(error)) {
		snprintf(zh, sizeof(zh), "整个包未被受理：%s",
		    member_text(error, "zh"));
		snprintf(en, sizeof(en), "The bundle was not taken: %s",
		    member_text(error, "en"));
	} else if (rows == 0 && member_number(t, "refused") == 0) {
		snprintf(zh, sizeof(zh), "本期无数据，已登记。");
		snprintf(en, sizeof(en),
		    "No data for this period; it is on record.");
	} else if (rows == 0) {
		snprintf(zh, sizeof(zh), "没有一行数据被受理。");
		snprintf(en, sizeof(en), "Not one row was taken.");
	} else if (back == 0) {
		snprintf(zh, sizeof(zh),
		    "共 %" JSON_INTEGER_FORMAT " 行，全部受理。", rows);
		snprintf(en, sizeof(en),
		    "All %" JSON_INTEGER_FORMAT " rows were taken.", rows);
	} else {
		snprintf(zh, sizeof(zh),
		    "共 %" JSON_INTEGER_FORMAT " 行：受理 %" JSON_INTEGER_FORMAT
		    " 行，退回 %" JSON_INTEGER_FORMAT " 行。",
		    rows, member_number(t, "accepted"), back);
		snprintf(en, sizeof(en),
		    "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		    " rows were taken, %" JSON_INTEGER_FORMAT " returned.",
		    member_number(t, "accepted"), rows, back);
	}
	buf_addstr(b, "<p class=\"say\">");
	html_both(b, zh, en);
	buf_addstr(b, "</p>\n");
}

static void
step(struct buf *b, int *n, const char *zh, const char *en)
{
	if ((*n)++ == 0) {
		buf_addstr(b, "<p class=\"soft\">");
		html_both(b, "接下来请：", "What to do next:");
		buf_addstr(b, "</p><ol>");
	}
	buf_addstr(b, "<li>");
	html_both(b, zh, en);
	buf_addstr(b, "</li>\n");
}

static void
refused_files(struct buf *b, const json_t *files, int *n)
{
	char zh[TEXT], en[TEXT];
	size_t i;
	json_t *f;

	json_array_foreach(files, i, f) {
		const json_t *error = json_object_get(f, "error");

		if (!json_is_object(error) || *n > 12)
			continue;
		snprintf(zh, sizeof(zh), "文件“%s”未被受理：%s。",
		    member_text(f, "path"), member_text(error, "zh"));
		snprintf(en, sizeof(en), "The file '%s' was not taken: %s.",
		    member_text(f, "path"), member_text(error, "en"));
		step(b, n, zh, en);
	}
}

/* Values at fault whose rows are in all the same. */
static void
lost_values(struct buf *b, const json_t *rules, int *n)
{
	char zh[TEXT], en[TEXT];
	json_int_t lost = 0;
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
		if (strcmp(member_text(rule, "severity"), "error") == 0)
			lost += member_number(rule, "count") -
				member_number(rule, "rejected");
	if (lost == 0)
		return;
	snprintf(zh, sizeof(zh),
	    "有 %" JSON_INTEGER_FORMAT
	    " 个值有错、未入库（所在行已受理），见下文黄色编号的问题；"
	    "请核对后随下次报送补正。",
	    lost);
	snprintf(en, sizeof(en),
	    "%" JSON_INTEGER_FORMAT
	    " values are wrong and were left out, though their rows are in: "
	    "see the amber numbers below and mend them in your next delivery.",
	    lost);
	step(b, n, zh, en);
}

static void
steps(struct buf *b, const json_t *r)
{
	const json_t *t = json_object_get(r, "totals");
	json_int_t rows = member_number(t, "accepted");
	json_int_t loose = rows - member_number(t, "linked");
	int n = 0;

	refused_files(b, json_object_get(r, "files"), &n);
	if (member_number(t, "rejected") > 0) {
		step(b, &n,
		    "打开本文件夹中的 "
		    "rejected.xlsx：退回的行都在里面，红色单元格"
		    "是有问题的地方，鼠标停在上面可看原因。",
		    "Open rejected.xlsx in this folder: it holds the returned "
		    "rows; cells with a fault are red and say why when you "
		    "point at them.");
		step(b, &n,
		    "直接在红色单元格里改正，不要改动前面七列，保存后把这个文件"
		    "上传到 /upload。只报这些行即可，已受理的行不必重报。",
		    "Mend the red cells, leave the first seven columns alone, "
		    "save it and upload that very file to /upload. The rows "
		    "that were taken need not be sent again.");
	}
	lost_values(b, json_object_get(r, "rules"), &n);
	if (loose > 0 && json_is_false(json_object_get(r, "check")))
		step(b, &n,
		    "有些行已受理，但还没有对应到企业，见 unlinked.csv"
		    "（如有）；补全统一社会信用代码或企业全称即可。",
		    "Some rows are in but belong to no enterprise yet: see "
		    "unlinked.csv, if it is there; a valid number or the full "
		    "name helps.");
	if (n > 0)
		buf_addstr(b, "</ol>\n");
	else
		buf_addstr(b, "<p><span class=\"zh\">无需处理。</span>"
			      "<span class=\"en\" lang=\"en\">There is nothing "
			      "to do.</span></p>\n");
}

static void
verdict(struct buf *b, const json_t *r)
{
	buf_addstr(b, "<section class=\"verdict ");
	html_text(b, member_text(r, "outcome"));
	buf_addstr(b, "\">");
	say(b, r);
	if (json_is_true(json_object_get(r, "check"))) {
		buf_addstr(b, "<p><b>");
		html_both(b, "这是试检，数据未入库。",
		    "This was a dry run: nothing was kept.");
		buf_addstr(b, "</b></p>\n");
	}
	steps(b, r);
	buf_addstr(b, "</section>\n");
}

static void
tiles(struct buf *b, const json_t *t)
{
	static const struct {
		const char *name;
		const char *zh;
		const char *en;
	} tile[] = { { "rows", "行数", "rows" },
		{ "accepted", "受理", "taken" },
		{ "rejected", "退回", "returned" },
		{ "inserted", "新增", "new" }, { "updated", "更新", "updated" },
		{ "unchanged", "无变化", "unchanged" },
		{ "superseded", "被取代", "superseded" },
		{ "linked", "已关联企业", "linked" } };

	buf_addstr(b, "<div class=\"tiles\">");
	for (size_t i = 0; i < sizeof(tile) / sizeof(tile[0]); i++) {
		buf_addstr(b, "<div><b>");
		html_count(b, member_number(t, tile[i].name));
		buf_addstr(b, "</b>");
		html_both(b, tile[i].zh, tile[i].en);
		buf_addstr(b, "</div>");
	}
	buf_addstr(b, "</div>\n");
}

/* ---- reasons ---- */

static void
share(struct buf *b, double part, int stop)
{
	buf_printf(b,
	    "<svg class=\"share\" viewBox=\"0 0 72 12\" width=\"72\""
	    " height=\"12\"><rect width=\"72\" height=\"10\" rx=\"3\""
	    " class=\"rail\"/><rect width=\"%.1f\" height=\"10\" rx=\"3\""
	    " class=\"%s\"/></svg>",
	    part * 72 < 2 ? 2 : part * 72, stop ? "poor" : "fair");
}

/* The columns it was found in, those with the most first. */
static void
columns(struct buf *b, const json_t *rule, const json_t *fields)
{
	size_t i, k, n = 0;
	json_t *f, *r;

	json_array_foreach(fields, i, f)
		json_array_foreach(json_object_get(f, "rules"), k, r) {
			const char *name = member_text(f, "header");

			if (name[0] == '\0' || n == FIELDS_NAMED ||
			    strcmp(member_text(r, "rule"),
				member_text(rule, "rule")) != 0 ||
			    strcmp(member_text(r, "severity"),
				member_text(rule, "severity")) != 0)
				continue;
			if (n++ == 0)
				html_both(b, "列：", "columns: ");
			else
				buf_addstr(b, "、");
			html_text(b, name);
			buf_addch(b, ' ');
			html_count(b, member_number(r, "count"));
		}
	buf_addstr(b, n > 0 ? " · " : "");
}

static void
reason(struct buf *b, const json_t *rule, size_t i, json_int_t most,
    const json_t *fields)
{
	json_int_t n = member_number(rule, "count");

	buf_addstr(b, "<tr><td>");
	html_quality_mark(b, rule, i);
	buf_addstr(b, "</td><td class=\"w\"><b>");
	html_both(b, member_text(rule, "zh"), member_text(rule, "en"));
	buf_addstr(b, "</b><br>");
	html_both(b, member_text(rule, "fix_zh"), member_text(rule, "fix_en"));
	buf_addstr(b, "<br><span class=\"soft small\">");
	columns(b, rule, fields);
	buf_addstr(b, "<code>");
	html_text(b, member_text(rule, "rule"));
	buf_addstr(b, "</code></span></td>");
	html_quality_count(b, n);
	buf_addstr(b, "<td>");
	share(b, most > 0 ? (double)n / (double)most : 0,
	    member_number(rule, "rejected") > 0);
	buf_addstr(b, "</td></tr>\n");
}

static void
reasons(struct buf *b, const json_t *rules, const json_t *fields)
{
	static const struct html_column columns[] = {
		{ "", "", "" },
		{ "", "问题和怎么办", "fault, and what to do" },
		{ "n", "次数", "times" },
		{ "", "", "" },
	};
	json_int_t most = 0;
	size_t i;
	json_t *rule;

	if (json_array_size(rules) == 0)
		return;
	html_section(b, "发现的问题", "What was found");
	buf_addstr(b, "<p class=\"soft small\">");
	html_both(b,
	    "红色编号的问题使行被退回；其他问题的行已入库，请在下次报送时改进。"
	    "下文用同一编号。",
	    "What has a red number returned rows; rows with anything else are "
	    "in, please mind it next time. The numbers are used below.");
	buf_addstr(b, "</p>");
	html_table(b, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(rules, i, rule)
		if (member_number(rule, "count") > most)
			most = member_number(rule, "count");
	json_array_foreach(rules, i, rule)
		if (i < REASONS)
			reason(b, rule, i, most, fields);
	buf_addstr(b, "</table>\n");
	if (json_array_size(rules) > REASONS)
		buf_addstr(b, "<p class=\"soft small\">… report.json</p>\n");
	html_section_end(b);
}

static void
foot(struct buf *b, const json_t *r)
{
	buf_addstr(b, "<footer><p>");
	html_both(b, "包编号 ", "bundle ");
	buf_addstr(b, "<code>");
	html_text(b, member_text(r, "id"));
	buf_addstr(b, "</code> · SHA-256 <code>");
	html_text(b, member_text(json_object_get(r, "bundle"), "sha256"));
	buf_addstr(b, "</code></p><p>");
	html_both(b,
	    "同样的内容以机器可读形式见 report.json，由平台签名"
	    "（report.json.sig，命名空间 zayton-report，公钥在 /standards/"
	    "allowed_signers）；其中记有本页的摘要。",
	    "report.json says the same for programs. It is signed "
	    "(report.json.sig, namespace zayton-report, the key is in "
	    "/standards/allowed_signers) and holds the digest of this page.");
	buf_addstr(b, "</p></footer>\n");
}

void
html_quality(const json_t *r, struct buf *b)
{
	const json_t *files = json_object_get(r, "files");
	const json_t *rules = json_object_get(r, "rules");
	char about[TEXT];

	snprintf(about, sizeof(about), "%s · %s",
	    member_text(json_object_get(r, "responsible"), "unit"),
	    member_text(json_object_get(r, "bundle"), "name"));
	html_report_begin(b, "数据质量报告", "Data quality report", about);
	verdict(b, r);
	tiles(b, json_object_get(r, "totals"));
	buf_addstr(b, "<p class=\"soft small\">");
	html_both(b, "收到 ", "received ");
	html_time(b, member_text(r, "received_at"));
	buf_addstr(b, " · ");
	html_both(b, "处理完毕 ", "done ");
	html_time(b, member_text(r, "finished_at"));
	html_both(b, "（北京时间）", " (Beijing)");
	buf_addstr(b, "</p>\n");
	reasons(b, rules, json_object_get(r, "fields"));
	html_quality_datasets(b, json_object_get(r, "datasets"));
	html_quality_heat(b, json_object_get(r, "fields"), rules, files);
	html_quality_samples(b, rules, files);
	html_quality_files(b, files);
	foot(b, r);
	html_report_end(b);
}
