#include <string.h>

#include "form/html.h"
#include "form/html_quality_part.h"
#include "form/html_report.h"
#include "sys/member.h"

/* A page stays below 2 MB: rows as sent first go without their cells. */
enum {
	CELLS_UNTIL = 1400 << 10,
	SAMPLES_UNTIL = 1800 << 10,
	ROWS_SHOWN = 3, /* whole, of each rule */
	FILES = 300
};

/* ---- samples ---- */

static const json_t *
file_of(const json_t *files, const char *path)
{
	size_t i;
	json_t *f;

	json_array_foreach(files, i, f)
		if (strcmp(member_text(f, "path"), path) == 0)
			return f;
	return NULL;
}

static void
mended(struct buf *b, const json_t *s)
{
	const char *effect = member_text(s, "effect");
	const char *now = json_string_value(json_object_get(s, "mended"));

	if (strcmp(effect, "reject") == 0) {
		html_both(b, "行被退回", "row returned");
	} else if (strcmp(effect, "null") == 0) {
		html_both(b, "留空", "left out");
	} else if (now != NULL) {
		buf_addstr(b, "<span class=\"now\">");
		html_text(b, now);
		buf_addstr(b, "</span>");
	} else {
		html_both(b, "照收", "taken as it is");
	}
}

/* The row as sent, cell by cell; what the finding is about stands out. */
static void
row_as_sent(struct buf *b, const json_t *s, const json_t *header)
{
	const json_t *cells = json_object_get(s, "cells");
	json_int_t bad = member_number(s, "column");
	size_t i;
	json_t *c;

	buf_addstr(b, "<div class=\"row\">");
	json_array_foreach(cells, i, c) {
		const char *name = json_string_value(json_array_get(header, i));
		int is_bad = (json_int_t)i == bad;

		if (json_string_length(c) == 0 && !is_bad)
			continue;
		buf_addstr(b, is_bad ? "<span class=\"bad\"><i>" : "<span><i>");
		html_text(b, name != NULL ? name : "");
		buf_addstr(b, "</i>");
		html_text(b, json_string_value(c));
		buf_addstr(b, "</span>");
	}
	buf_addstr(b, "</div>\n");
}

static void
sample(struct buf *b, const json_t *s, const json_t *files, size_t i)
{
	const json_t *f = file_of(files, member_text(s, "file"));

	buf_addstr(b, "<tr>");
	html_cell(b, " class=\"w\"", member_text(s, "file"));
	buf_printf(b, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>",
	    member_number(s, "row"));
	html_cell(b, "", member_text(s, "header"));
	buf_addstr(b, "<td><span class=\"was\">");
	if (member_text(s, "value")[0] != '\0')
		html_text(b, member_text(s, "value"));
	else
		html_both(b, "（空）", "(empty)");
	buf_addstr(b, "</span></td><td>");
	mended(b, s);
	buf_addstr(b, "</td><td class=\"w\">");
	html_both(b, member_text(s, "zh"), member_text(s, "en"));
	buf_addstr(b, "</td></tr>\n");
	if (i >= ROWS_SHOWN || b->len > CELLS_UNTIL ||
	    json_array_size(json_object_get(s, "cells")) == 0)
		return;
	buf_addstr(b, "<tr><td colspan=\"6\">");
	row_as_sent(b, s, json_object_get(f, "header"));
	buf_addstr(b, "</td></tr>\n");
}

static void
samples(struct buf *b, const json_t *rule, size_t no, const json_t *files)
{
	static const struct html_column columns[] = {
		{ "", "文件", "file" },
		{ "n", "行", "row" },
		{ "", "列", "column" },
		{ "", "报送的值", "as sent" },
		{ "", "处理后", "became" },
		{ "", "说明", "why" },
	};
	const json_t *list = json_object_get(rule, "samples");
	size_t i;
	json_t *s;

	buf_addstr(b, "<h3>");
	html_quality_mark(b, rule, no);
	buf_addch(b, ' ');
	html_both(b, member_text(rule, "zh"), member_text(rule, "en"));
	buf_addstr(b, " · ");
	html_count(b, member_number(rule, "count"));
	buf_addstr(b, "</h3>\n");
	html_table(b, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(list, i, s) {
		if (b->len > SAMPLES_UNTIL)
			break;
		sample(b, s, files, i);
	}
	buf_addstr(b, "</table>\n");
}

void
html_quality_samples(struct buf *b, const json_t *rules, const json_t *files)
{
	size_t i;
	json_t *rule;

	if (json_array_size(rules) == 0)
		return;
	html_section(b, "示例", "Samples");
	buf_addstr(b, "<p class=\"soft small\">");
	html_both(b,
	    "每个问题最多列出 20 处，其中前 3 处附报送的整行；退回的行全部在 "
	    "rejected.csv 中。涉及个人的内容已遮盖。",
	    "At most 20 of each, the first three with the row as sent; all "
	    "returned rows are in rejected.csv. Personal data are covered.");
	buf_addstr(b, "</p>\n");
	json_array_foreach(rules, i, rule)
		if (b->len < SAMPLES_UNTIL)
			samples(b, rule, i, files);
	html_section_end(b);
}

/* ---- files ---- */

static void
file_row(struct buf *b, const json_t *f)
{
	static const char *const count[] = { "rows", "accepted", "rejected",
		"inserted", "updated", "unchanged", "superseded", "linked" };
	const json_t *error = json_object_get(f, "error");

	buf_addstr(b, "<tr>");
	html_cell(b, " class=\"w\"", member_text(f, "path"));
	buf_addstr(b, "<td>");
	html_text(b, member_text(f, "title"));
	buf_addstr(b, " <span class=\"soft\">");
	html_text(b, member_text(f, "period"));
	buf_addstr(b, "</span></td>");
	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++)
		html_quality_count(b, member_number(f, count[i]));
	buf_addstr(b, "</tr>\n");
	if (!json_is_object(error))
		return;
	buf_addstr(b, "<tr><td colspan=\"10\"><span class=\"was\">");
	html_both(b, member_text(error, "zh"), member_text(error, "en"));
	buf_addstr(b, "</span></td></tr>\n");
}

void
html_quality_files(struct buf *b, const json_t *files)
{
	static const struct html_column columns[] = {
		{ "", "文件", "file" },
		{ "", "数据集、所属期", "dataset, period" },
		{ "n", "行数", "rows" },
		{ "n", "受理", "taken" },
		{ "n", "退回", "returned" },
		{ "n", "新增", "new" },
		{ "n", "更新", "updated" },
		{ "n", "无变化", "same" },
		{ "n", "被取代", "older" },
		{ "n", "已关联", "linked" },
	};
	size_t i;
	json_t *f;

	if (json_array_size(files) == 0)
		return;
	html_section(b, "各文件", "Files");
	buf_addstr(b, "<div class=\"scroll\">");
	html_table(b, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(files, i, f)
		if (i < FILES)
			file_row(b, f);
	buf_addstr(b, "</table></div>\n");
	html_section_end(b);
}
