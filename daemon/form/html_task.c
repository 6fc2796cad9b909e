#include <stdio.h>
#include <string.h>

#include "form/html.h"
#include "form/html_report.h"
#include "form/html_task.h"
#include "form/svg.h"
#include "sys/member.h"

enum { ROWS_SHOWN = 500 };

static void
put_row(struct buf *b, const json_t *row)
{
	const json_t *v;
	size_t i;

	buf_addstr(b, "<tr>");
	json_array_foreach(row, i, v)
		html_cell(b, "", json_string_value(v));
	buf_addstr(b, "</tr>\n");
}

void
html_task(const json_t *result, struct buf *b)
{
	const json_t *rows = json_object_get(result, "rows");
	char about[256];
	const json_t *v;
	size_t i;

	snprintf(about, sizeof(about), "%s  %s", member_text(result, "task"),
	    member_text(result, "day"));
	html_report_begin(b, member_text(result, "zh"),
	    member_text(result, "en"), about);
	html_section(b, "发现的问题", "Findings");
	buf_addstr(b, "<p>");
	html_count(b, json_integer_value(json_object_get(result, "findings")));
	html_both(b, " 条；全部见 findings.csv 和 report.json。",
	    " findings; all are in findings.csv and report.json.");
	buf_addstr(b, "</p>\n<table>\n<tr>");
	json_array_foreach(json_object_get(result, "columns"), i, v) {
		buf_addstr(b, "<th>");
		html_text(b, json_string_value(v));
		buf_addstr(b, "</th>");
	}
	buf_addstr(b, "</tr>\n");
	json_array_foreach(rows, i, v) {
		if (i == ROWS_SHOWN)
			break;
		put_row(b, v);
	}
	buf_addstr(b, "</table>\n");
	html_section_end(b);
	html_report_end(b);
}

/* --- the city ----------------------------------------------------------- */

/* What is told of a department: a member of what, a share or a number. */
static const struct column {
	const char *of; /* "" the department itself */
	const char *name;
	int share;
} columns[] = {
	{ "", "rank", 0 },
	{ "", "provider", 0 },
	{ "", "unit", 0 },
	{ "", "score", 1 },
	{ "dimensions", "timely", 1 },
	{ "dimensions", "complete", 1 },
	{ "dimensions", "standard", 1 },
	{ "dimensions", "accurate", 1 },
	{ "dimensions", "consistent", 1 },
	{ "rates", "accepted", 1 },
	{ "rates", "linked", 1 },
	{ "rates", "on_time", 1 },
	{ "rates", "missing", 1 },
	{ "rates", "mended", 1 },
	{ "rates", "handled", 1 },
	{ "", "bundles", 0 },
	{ "", "rows", 0 },
	{ "", "accepted", 0 },
	{ "", "due", 0 },
	{ "", "late", 0 },
	{ "", "missing", 0 },
	{ "", "outstanding", 0 },
	{ "", "oldest_days", 0 },
};

static const struct html_column heads[] = {
	{ "", "名次", "rank" },
	{ "", "单位代码", "provider" },
	{ "", "单位", "unit" },
	{ "", "得分", "score" },
	{ "", "时效性", "timely" },
	{ "", "完整性", "complete" },
	{ "", "规范性", "standard" },
	{ "", "准确性", "accurate" },
	{ "", "一致性", "consistent" },
	{ "", "入库率", "taken" },
	{ "", "关联率", "linked" },
	{ "", "时效率", "on time" },
	{ "", "漏报率", "missing" },
	{ "", "修改率", "mended" },
	{ "", "处理率", "handled" },
	{ "", "数据包", "bundles" },
	{ "", "行数", "rows" },
	{ "", "受理", "accepted" },
	{ "", "应报期数", "due" },
	{ "", "迟报", "late" },
	{ "", "漏报", "missing" },
	{ "", "待更正", "to mend" },
	{ "", "最久（天）", "oldest, days" },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

_Static_assert(COLUMNS == sizeof(heads) / sizeof(heads[0]),
    "each column has a head");

static const json_t *
value_of(const json_t *department, const struct column *c)
{
	const json_t *o =
	    c->of[0] == '\0' ? department : json_object_get(department, c->of);

	return json_object_get(o, c->name);
}

static void
put_department(struct buf *b, const json_t *d)
{
	buf_addstr(b, "<tr>");
	for (int i = 0; i < COLUMNS; i++) {
		const json_t *v = value_of(d, &columns[i]);

		if (json_is_string(v)) {
			html_cell(b, "", json_string_value(v));
			continue;
		}
		buf_addstr(b, "<td class=\"n\">");
		if (columns[i].share)
			html_percent(b,
			    json_is_number(v) ? json_number_value(v) : -1);
		else if (json_is_integer(v))
			html_count(b, json_integer_value(v));
		else
			buf_addstr(b, "—");
		buf_addstr(b, "</td>");
	}
	buf_addstr(b, "</tr>\n");
}

/* Its name, where its accounts have one, else its code. */
static const char *
name_of(const json_t *d)
{
	const char *unit = member_text(d, "unit");

	return unit[0] != '\0' ? unit : member_text(d, "provider");
}

static void
put_scores(struct buf *b, const json_t *list)
{
	struct svg_bar bar[64];
	char words[64][16];
	const json_t *d;
	size_t n = 0;
	size_t i;

	json_array_foreach(list, i, d) {
		const json_t *score = json_object_get(d, "score");
		double x = json_is_real(score) ? json_real_value(score) : -1;

		if (n == 64)
			break;
		snprintf(words[n], sizeof(words[n]), x < 0 ? "—" : "%.1f %%",
		    x * 100);
		bar[n] = (struct svg_bar){ name_of(d),
			member_text(d, "provider"), x, words[n],
			x < 0       ? "none"
			: x >= 0.95 ? "best"
			: x >= 0.85 ? "good"
			: x >= 0.70 ? "fair"
				    : "poor" };
		n++;
	}
	svg_bars(b, "各单位得分", "Scores of the departments", bar, n);
}

static void
put_trend(struct buf *b, const json_t *d)
{
	struct svg_point point[16];
	const json_t *p;
	size_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(d, "trend"), i, p)
		if (n < 16)
			point[n++] = (struct svg_point){ member_text(p,
							     "month"),
				json_number_value(json_object_get(p, "score")),
				"good" };
	if (n < 2)
		return;
	buf_addstr(b, "<h3>");
	html_text(b, name_of(d));
	buf_addstr(b, "</h3>\n");
	svg_trend(b, "得分", "score", point, n);
}

void
html_city(const json_t *city, struct buf *b)
{
	const json_t *list = json_object_get(city, "departments");
	const json_t *d;
	size_t i;

	html_report_begin(b, "全市数据质量月报", "Data quality of the city",
	    member_text(city, "month"));
	html_section(b, "名次", "Ranking");
	put_scores(b, list);
	buf_addstr(b, "<div class=\"scroll\">");
	html_table(b, heads, COLUMNS);
	json_array_foreach(list, i, d)
		put_department(b, d);
	buf_addstr(b, "</table></div>\n<p>");
	html_both(b,
	    "入库率：受理行数/报送行数。关联率：关联到企业的行数/受理行数。"
	    "时效率：按时报送（含零报告）期数/应报期数。漏报率：漏报期数/应报"
	    "期数。修改率：已更正的问题/问题。处理率：已更正或异议已答复的问题/"
	    "问题。",
	    "Taken: rows accepted of rows sent. Linked: rows of an enterprise "
	    "of rows accepted. On time: periods on time, nil reports too, of "
	    "periods due. Missing: of periods due. Mended: of findings. "
	    "Handled: mended, or an objection answered, of findings.");
	buf_addstr(b, "</p>\n");
	html_section_end(b);
	html_section(b, "趋势", "Trend");
	json_array_foreach(list, i, d)
		put_trend(b, d);
	html_section_end(b);
	html_report_end(b);
}

json_t *
html_city_tables(const json_t *city)
{
	json_t *head = json_array();
	json_t *width = json_array();
	json_t *rows = json_array();
	const json_t *d;
	size_t i;

	for (int c = 0; c < COLUMNS; c++) {
		json_array_append_new(head,
		    json_sprintf("%s %s", heads[c].zh, heads[c].en));
		json_array_append_new(width, json_integer(c == 2 ? 30 : 14));
	}
	json_array_foreach(json_object_get(city, "departments"), i, d) {
		json_t *row = json_array();

		for (int c = 0; c < COLUMNS; c++) {
			const json_t *v = value_of(d, &columns[c]);

			if (json_is_string(v) || json_is_number(v))
				json_array_append_new(row, json_deep_copy(v));
			else
				json_array_append_new(row, json_string(""));
		}
		json_array_append_new(rows, row);
	}
	return json_pack("[{s:s, s:o, s:o, s:o}]", "name", "city", "head", head,
	    "width", width, "rows", rows);
}
