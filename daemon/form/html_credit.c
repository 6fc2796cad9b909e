#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/html.h"
#include "form/html_credit.h"
#include "sys/member.h"

enum { MONTHS = 24, WIDE = 6, CHART_W = 720, CHART_H = 150, BASE_Y = 120 };

/* ---- groups ---- */

/* By words in the data set's name; the first that fits. */
static const struct group {
	const char *zh;
	const char *en;
	const char *word[10];
} groups[] = {
	{ "基本信息", "Who it is",
	    { "enterprise_registration", "registration_change", "qts_org_code",
		"self_declared_enterprise", "annual_inspection",
		"customs_registration", NULL } },
	{ "公用事业缴费", "Utilities", { "water_", "gas_", "power_", NULL } },
	{ "行政处罚与违法", "Penalties and violations",
	    { "penalty", "violation", "major_case", "public_archive", NULL } },
	{ "司法与案件", "Courts and cases",
	    { "court_", "police_", "dispute", "default", NULL } },
	{ "税务", "Taxes", { "tax_", NULL } },
	{ "信贷", "Credit", { "cbrc_", "financing", "third_party", NULL } },
	{ "许可、资质与荣誉", "Licences, qualifications, honours",
	    { "license", "cert", "honor", "qualified", "patent", "award",
		"rating", "rd_center", NULL } },
	{ "其他", "Other", { "", NULL } },
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static size_t
group_of(const char *dataset)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (size_t i = 0; groups[g].word[i] != NULL; i++)
			if (strstr(dataset, groups[g].word[i]) != NULL)
				return g;
	return GROUPS - 1;
}

/* ---- a chart ---- */

static int
column_of(const json_t *table, const char *name)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(table, "fields"), i, f)
		if (strcmp(member_text(f, "name"), name) == 0)
			return (int)i;
	return -1;
}

static const char *
cell_of(const json_t *row, int column)
{
	return json_string_value(json_array_get(row, (size_t)column));
}

struct month {
	const char *period;
	double value;
};

/* Adds up what is of the same month; keeps the last MONTHS. */
static size_t
months_of(const json_t *table, int period, int value, struct month *m)
{
	size_t i, n = 0;
	json_t *row;

	json_array_foreach(json_object_get(table, "rows"), i, row) {
		const char *p = cell_of(row, period);
		const char *v = cell_of(row, value);
		size_t at = 0;

		if (p == NULL || v == NULL)
			continue;
		while (at < n && strcmp(m[at].period, p) != 0)
			at++;
		if (at == n && n == MONTHS) {
			memmove(m, m + 1, (MONTHS - 1) * sizeof(*m));
			at = --n;
		}
		if (at == n)
			m[n++] = (struct month){ p, 0 };
		m[at].value += strtod(v, NULL);
	}
	return n;
}

static void
bar(struct buf *b, const struct month *m, size_t i, size_t n, double most)
{
	double step = (double)CHART_W / (double)n;
	double h = most > 0 && m->value > 0 ? m->value / most * 100 : 0;

	buf_printf(b,
	    "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\""
	    " height=\"%.1f\"><title>",
	    step * (double)i + step * 0.15, BASE_Y - h, step * 0.7, h);
	html_text(b, m->period);
	buf_printf(b, " %.2f</title></rect>\n", m->value);
	if (n > 12 && i % 3 != 0)
		return;
	buf_printf(b, "<text x=\"%.1f\" y=\"%d\">", step * (double)i + step / 2,
	    BASE_Y + 16);
	html_text(b, m->period);
	buf_addstr(b, "</text>\n");
}

static void
chart(struct buf *b, const json_t *table)
{
	const json_t *c = json_object_get(table, "chart");
	struct month month[MONTHS + 1];
	int period = column_of(table, member_text(c, "period"));
	int value = column_of(table, member_text(c, "value"));
	double most = 0;
	size_t n;

	if (c == NULL || period == -1 || value == -1)
		return;
	n = months_of(table, period, value, month);
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		most = month[i].value > most ? month[i].value : most;
	buf_addstr(b, "<figure><figcaption>");
	html_text(b,
	    member_text(json_array_get(json_object_get(table, "fields"),
			    (size_t)value),
		"title"));
	buf_printf(b,
	    " <span class=\"en\">yuan, the last %zu months</span>"
	    "</figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\">\n"
	    "<text class=\"most\" x=\"0\" y=\"12\">%.2f</text>\n",
	    n, CHART_W, CHART_H, most);
	for (size_t i = 0; i < n; i++)
		bar(b, &month[i], i, n, most);
	buf_printf(b,
	    "<line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/></svg></figure>\n",
	    BASE_Y, CHART_W, BASE_Y);
}

/* ---- a table ---- */

/* Numbers of the objections to a cell; NULL where there are none. */
static const json_t *
marks_of(const json_t *t, size_t row, size_t column)
{
	const json_t *marks = json_array_get(json_object_get(t, "marks"), row);

	marks = json_array_get(marks, column);
	return json_array_size(marks) > 0 ? marks : NULL;
}

/* Whether a row says anything in it, or anything is objected to there. */
static int
is_blank(const json_t *t, size_t row, size_t column)
{
	const json_t *rows = json_object_get(t, "rows");
	const char *s = cell_of(json_array_get(rows, row), (int)column);

	return (s == NULL || s[0] == '\0') && marks_of(t, row, column) == NULL;
}

/*
 * Columns in which no row says anything are left out; so is the name, of which
 * the page is, unless it is objected to.
 */
static int
is_shown(const json_t *t, size_t column)
{
	size_t n = json_array_size(json_object_get(t, "rows"));
	const json_t *f = json_array_get(json_object_get(t, "fields"), column);
	int heading = strcmp(member_text(f, "name"), "entity_name") == 0;

	for (size_t i = 0; i < n; i++)
		if (heading ? marks_of(t, i, column) != NULL
			    : !is_blank(t, i, column))
			return 1;
	return 0;
}

/* The last column is the row's date: beside it stands what the row has. */
static void
mark(struct buf *b, const json_t *t, size_t column, const json_t *marks)
{
	int whole = column + 1 == json_array_size(json_object_get(t, "fields"));
	size_t i;
	json_t *number;

	buf_printf(b, " <mark>%s",
	    whole ? "整行异议中 / row under objection"
		  : "异议中 / under objection");
	json_array_foreach(marks, i, number)
		buf_printf(b, " %" JSON_INTEGER_FORMAT,
		    json_integer_value(number));
	buf_addstr(b, "</mark>");
}

static void
cell(struct buf *b, const json_t *t, size_t row, size_t column,
    const char *kind)
{
	const json_t *rows = json_object_get(t, "rows");
	const char *s = cell_of(json_array_get(rows, row), (int)column);
	const json_t *marks = marks_of(t, row, column);

	buf_printf(b, "<td%s>", kind);
	html_text(b, s != NULL ? s : "");
	if (marks != NULL)
		mark(b, t, column, marks);
	buf_addstr(b, "</td>");
}

/* One row reads better from top to bottom. */
static void
facts(struct buf *b, const json_t *t, size_t row)
{
	size_t i;
	json_t *f;

	buf_addstr(b, "<table class=\"facts\">\n");
	json_array_foreach(json_object_get(t, "fields"), i, f) {
		if (is_blank(t, row, i))
			continue;
		buf_addstr(b, "<tr><th>");
		html_text(b, member_text(f, "title"));
		buf_addstr(b, "</th>");
		cell(b, t, row, i, "");
		buf_addstr(b, "</tr>\n");
	}
	buf_addstr(b, "</table>\n");
}

static const char *
kind_of(const json_t *field)
{
	return json_is_true(json_object_get(field, "number")) ? " class=\"n\""
							      : "";
}

static void
row_of(struct buf *b, const json_t *t, size_t row)
{
	size_t i;
	json_t *f;

	buf_addstr(b, "<tr>");
	json_array_foreach(json_object_get(t, "fields"), i, f) {
		if (is_shown(t, i))
			cell(b, t, row, i, kind_of(f));
	}
	buf_addstr(b, "</tr>\n");
}

static void
grid(struct buf *b, const json_t *t)
{
	size_t n = json_array_size(json_object_get(t, "rows"));
	size_t i;
	json_t *f;

	buf_addstr(b, "<div class=\"wide\"><table>\n<tr>");
	json_array_foreach(json_object_get(t, "fields"), i, f) {
		if (!is_shown(t, i))
			continue;
		buf_printf(b, "<th%s>", kind_of(f));
		html_text(b, member_text(f, "title"));
		buf_addstr(b, "</th>");
	}
	buf_addstr(b, "</tr>\n");
	for (i = 0; i < n; i++)
		row_of(b, t, i);
	buf_addstr(b, "</table></div>\n");
}

static size_t
filled(const json_t *t)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(json_object_get(t, "fields"));
	     i++)
		n += is_shown(t, i);
	return n;
}

static void
table(struct buf *b, const json_t *t)
{
	size_t n = json_array_size(json_object_get(t, "rows"));

	buf_addstr(b, "<h3>");
	html_text(b, member_text(t, "title"));
	buf_addstr(b, " <span class=\"en\">");
	html_text(b, member_text(t, "provider"));
	buf_printf(b, " · %zu</span></h3>\n", n);
	if (n == 0) {
		buf_addstr(b, "<p class=\"none\">无记录 <span class=\"en\">"
			      "no records</span></p>\n");
		return;
	}
	chart(b, t);
	if (n == 1 || (n <= 2 && filled(t) > WIDE))
		for (size_t i = 0; i < n; i++)
			facts(b, t, i);
	else
		grid(b, t);
}

/* ---- the page ---- */

static const char style[] =
    "<style>h2{font-size:1.15em;border-left:5px solid #0969da;"
    "padding-left:.5em;margin:1.6em 0 .3em}h3{font-size:1em;margin:1em 0 "
    ".2em}.wide{overflow-x:auto}.facts th{width:12em;font-weight:500;"
    "color:#57606a}figure{margin:.5em 0}figcaption{font-size:.9em}"
    "svg{width:100%;height:auto}svg text{font-size:10px;text-anchor:middle;"
    "fill:#57606a}svg .most{text-anchor:start}.bar{fill:#0969da}"
    "svg line{stroke:#8c959f}.none{color:#57606a;margin:.2em 0}"
    "mark{white-space:nowrap;font-size:.85em;padding:0 .3em}"
    "table{margin:.3em 0}.wide table{white-space:nowrap}"
    "@media(prefers-color-scheme:dark){.bar{fill:#58a6ff}.facts th,"
    "svg text{color:#8d96a0;fill:#8d96a0}}"
    "@media print{.wide table{white-space:normal;font-size:.75em}"
    "h2,h3{break-after:avoid}}</style>\n";

static void
head(struct buf *b, const json_t *r)
{
	buf_addstr(b,
	    "<h1>企业信用报告</h1><div class=\"en\">Enterprise "
	    "credit report</div>\n<div class=\"verdict accepted\"><b>");
	html_text(b, member_text(r, "name"));
	buf_addstr(b, "</b><br>企业编号 ");
	html_text(b, member_text(r, "enterprise"));
	buf_addstr(b, "<br><span class=\"en\">查询机构 for ");
	html_text(b, member_text(r, "account"));
	buf_addstr(b, "，用途 purpose ");
	html_text(b, member_text(r, "purpose"));
	buf_addstr(b, "，日期 day ");
	html_text(b, member_text(r, "day"));
	buf_addstr(b, "，编号 id ");
	html_text(b, member_text(r, "id"));
	buf_addstr(b, "</span></div>\n");
}

static void
withheld(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *o;

	if (json_array_size(list) == 0)
		return;
	buf_addstr(b, "<h2>未提供的内容 <span class=\"en\">Withheld</span>"
		      "</h2>\n<table>\n");
	json_array_foreach(list, i, o) {
		buf_addstr(b, "<tr>");
		html_cell(b, "", member_text(o, "title"));
		buf_addstr(b, "<td>");
		html_text(b, member_text(o, "zh"));
		buf_addstr(b, "<br><span class=\"en\">");
		html_text(b, member_text(o, "en"));
		buf_addstr(b, "</span></td></tr>\n");
	}
	buf_addstr(b, "</table>\n");
}

void
html_credit(const json_t *r, struct buf *b)
{
	const json_t *tables = json_object_get(r, "tables");

	html_begin(b, "企业信用报告");
	buf_addstr(b, style);
	head(b, r);
	for (size_t g = 0; g < GROUPS; g++) {
		int any = 0;
		size_t i;
		json_t *t;

		json_array_foreach(tables, i, t) {
			if (group_of(member_text(t, "dataset")) != g)
				continue;
			if (!any)
				buf_printf(b,
				    "<h2>%s <span class=\"en\">%s</span></h2>"
				    "\n",
				    groups[g].zh, groups[g].en);
			any = 1;
			table(b, t);
		}
	}
	withheld(b, json_object_get(r, "withheld"));
	buf_addstr(b,
	    "<p class=\"en\">本报告由企业信用信息平台按授权范围自动生成，仅供"
	    "上述机构按所述用途使用。Made by the platform within the grants, "
	    "for "
	    "the institution and purpose named above only.</p>\n");
	html_end(b);
}
