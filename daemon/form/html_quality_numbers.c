#include <stdio.h>
#include <string.h>

#include "form/html.h"
#include "form/html_quality_part.h"
#include "form/html_report.h"
#include "form/svg.h"
#include "sys/member.h"

enum { HEAT_ROWS = 24, HEAT_COLUMNS = 12, HEAT_NAME = 200, DATASETS = 60 };

/* ---- quality of a dataset ---- */

static void
dimension_chart(struct buf *b, const json_t *list)
{
	struct svg_bar bar[8];
	char text[8][24];
	size_t i, n = 0;
	json_t *d;

	json_array_foreach(list, i, d) {
		double v = html_quality_value(d);

		if (n == 8)
			break;
		snprintf(text[n], sizeof(text[n]), "—");
		if (v >= 0)
			snprintf(text[n], sizeof(text[n]), "%.1f %s", v * 100,
			    member_text(d, "grade"));
		bar[n] = (struct svg_bar){ member_text(d, "zh"),
			member_text(d, "en"), v, text[n],
			svg_grade(member_text(d, "grade")) };
		n++;
	}
	buf_addstr(b, "<figure><figcaption>");
	html_both(b, "六个维度得分", "score by dimension");
	buf_addstr(b, "</figcaption>");
	svg_bars(b, "六个维度得分", "score by dimension", bar, n);
	buf_addstr(b, "</figure>\n");
}

static void
trend_chart(struct buf *b, const json_t *list)
{
	struct svg_point p[16];
	size_t i, n = 0;
	json_t *x;

	json_array_foreach(list, i, x)
		if (n < 16)
			p[n++] = (struct svg_point){ member_text(x, "period"),
				html_quality_value(x),
				svg_grade(member_text(x, "grade")) };
	if (n == 0)
		return;
	buf_addstr(b, "<figure><figcaption>");
	html_both(b, "近期各期得分", "score of the last periods");
	buf_addstr(b, "</figcaption>");
	svg_trend(b, "近期各期得分", "score of the last periods", p, n);
	buf_addstr(b, "</figure>\n");
}

static void
metric_row(struct buf *b, const json_t *m)
{
	const json_t *last = json_object_get(m, "last");

	buf_addstr(b, "<tr><td><code>");
	html_text(b, member_text(m, "metric"));
	buf_addstr(b, "</code></td><td>");
	html_both(b, member_text(m, "zh"), member_text(m, "en"));
	buf_addstr(b, "</td>");
	html_quality_count(b, member_number(m, "numerator"));
	html_quality_count(b, member_number(m, "denominator"));
	buf_addstr(b, "<td class=\"n\">");
	html_percent(b, html_quality_value(m));
	buf_addstr(b, "</td><td class=\"n\">");
	if (json_is_object(last))
		html_percent(b, html_quality_value(last));
	buf_printf(b, "</td><td class=\"n\">%s %g %%</td><td>",
	    json_is_true(json_object_get(m, "lower")) ? "≤" : "≥",
	    100 * json_number_value(json_object_get(m, "target")));
	html_grade(b, member_text(m, "grade"));
	buf_addstr(b, "</td></tr>\n");
}

/* What cannot be said is named in one line below. */
static void
metric_table(struct buf *b, const json_t *metrics)
{
	static const struct html_column columns[] = {
		{ "", "", "" },
		{ "", "指标", "metric" },
		{ "n", "分子", "part" },
		{ "n", "分母", "of" },
		{ "n", "值", "value" },
		{ "n", "上期", "last" },
		{ "n", "目标", "target" },
		{ "", "等级", "grade" },
	};
	size_t i, left = 0;
	json_t *m;

	html_table(b, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(metrics, i, m)
		if (html_quality_value(m) >= 0)
			metric_row(b, m);
	buf_addstr(b, "</table>\n");
	json_array_foreach(metrics, i, m) {
		if (html_quality_value(m) >= 0)
			continue;
		if (left++ == 0) {
			buf_addstr(b, "<p class=\"soft small\">");
			html_both(b, "不适用：", "not applicable: ");
		} else {
			buf_addstr(b, "; ");
		}
		html_both(b, member_text(m, "zh"), member_text(m, "en"));
	}
	if (left > 0)
		buf_addstr(b, "</p>\n");
}

static void
dataset(struct buf *b, const json_t *d)
{
	const json_t *score = json_object_get(d, "score");

	buf_addstr(b, "<h3>");
	html_text(b, member_text(d, "title"));
	buf_addch(b, ' ');
	html_text(b, member_text(d, "period"));
	if (json_is_object(score)) {
		buf_addstr(b, " · ");
		html_percent(b, html_quality_value(score));
		buf_addch(b, ' ');
		html_grade(b, member_text(score, "grade"));
	}
	buf_addstr(b, "</h3>\n<div class=\"pair\">");
	dimension_chart(b, json_object_get(d, "dimensions"));
	trend_chart(b, json_object_get(d, "trend"));
	buf_addstr(b, "</div>\n");
	metric_table(b, json_object_get(d, "metrics"));
}

void
html_quality_datasets(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *d;

	if (json_array_size(list) == 0)
		return;
	html_section(b, "数据质量（GB/T 36344）", "Data quality (GB/T 36344)");
	json_array_foreach(list, i, d)
		if (i < DATASETS)
			dataset(b, d);
	html_section_end(b);
}

/* ---- fields by finding ---- */

/* "纳税信用：信用等级"; the dataset only where there are several. */
static void
field_title(const json_t *f, const json_t *files, char *out, size_t size)
{
	const char *name = member_text(f, "header");
	const char *dataset = member_text(f, "dataset");
	const char *title = "";
	int several = 0;
	size_t i;
	json_t *one;

	json_array_foreach(files, i, one) {
		const char *of = member_text(one, "dataset");

		several |= of[0] != '\0' && strcmp(of, dataset) != 0;
		if (strcmp(of, dataset) == 0)
			title = member_text(one, "title");
	}
	if (name[0] == '\0')
		name = member_text(f, "title");
	snprintf(out, size, "%s%s%s", several ? title : "",
	    several && title[0] != '\0' ? "：" : "",
	    name[0] != '\0' ? name : "（整行、整个文件）");
}

static uint64_t
times(const json_t *f, const json_t *rule)
{
	size_t i;
	json_t *r;

	json_array_foreach(json_object_get(f, "rules"), i, r)
		if (strcmp(member_text(r, "rule"), member_text(rule, "rule")) ==
			0 &&
		    strcmp(member_text(r, "severity"),
			member_text(rule, "severity")) == 0)
			return (uint64_t)member_number(r, "count");
	return 0;
}

void
html_quality_heat(struct buf *b, const json_t *fields, const json_t *rules,
    const json_t *files)
{
	static char head[HEAT_COLUMNS][24], name[HEAT_ROWS][HEAT_NAME];
	const char *row[HEAT_ROWS], *column[HEAT_COLUMNS];
	const char *zh[HEAT_COLUMNS], *en[HEAT_COLUMNS];
	uint64_t count[HEAT_ROWS * HEAT_COLUMNS];
	struct svg_heat h = { .row = row,
		.column = column,
		.title_zh = zh,
		.title_en = en,
		.count = count };
	size_t i, k;
	json_t *f, *rule;

	if (json_array_size(fields) == 0)
		return;
	json_array_foreach(rules, k, rule) {
		if (k == HEAT_COLUMNS)
			break;
		snprintf(head[k], sizeof(head[k]), "%zu", k + 1);
		column[k] = head[k];
		zh[k] = member_text(rule, "zh");
		en[k] = member_text(rule, "en");
		h.columns = k + 1;
	}
	json_array_foreach(fields, i, f) {
		if (i == HEAT_ROWS)
			break;
		field_title(f, files, name[i], sizeof(name[i]));
		row[i] = name[i];
		h.rows = i + 1;
		for (k = 0; k < h.columns; k++)
			count[i * h.columns + k] =
			    times(f, json_array_get(rules, k));
	}
	html_section(b, "哪些字段有哪些问题", "Which fields have which faults");
	buf_addstr(b, "<div class=\"scroll\">");
	svg_heat(b, "字段与问题的次数", "times by field and fault", &h);
	buf_addstr(b, "</div>\n");
	html_section_end(b);
}
