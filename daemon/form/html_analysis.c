#include "form/html_standard.h"
#include "sys/member.h"

static void
number(struct buf *b, const json_t *o, const char *name)
{
	buf_printf(b, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>",
	    json_integer_value(json_object_get(o, name)));
}

/* "a（3）、b（1）" of a list of findings or of plain codes. */
static void
values(struct buf *b, const json_t *list, const char *name)
{
	size_t i;
	json_t *o;

	buf_addstr(b, "<td>");
	json_array_foreach(list, i, o) {
		buf_addstr(b, i > 0 ? "、" : "");
		html_text(b, json_is_string(o) ? json_string_value(o)
					       : member_text(o, name));
		if (json_is_object(o))
			buf_printf(b, "（%" JSON_INTEGER_FORMAT "）",
			    json_integer_value(json_object_get(o, "count")));
	}
	buf_addstr(b, "</td>");
}

static void
field_row(struct buf *b, const json_t *f)
{
	buf_addstr(b, "<tr><td>");
	html_text(b, member_text(f, "title"));
	buf_addstr(b, "<br><code>");
	html_text(b, member_text(f, "name"));
	buf_addstr(b, "</code></td>");
	html_cell(b, "", member_text(f, "presence"));
	buf_printf(b, "<td class=\"n\">%.1f%%</td>",
	    100 * json_real_value(json_object_get(f, "fill_rate")));
	number(b, f, "distinct");
	number(b, f, "longest");
	values(b, json_object_get(f, "outside"), "value");
	values(b, json_object_get(f, "failing"), "value");
	values(b, json_object_get(f, "unused"), "");
	buf_addstr(b, "</tr>\n");
}

static void
proposals(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *p;

	if (json_array_size(list) == 0)
		return;
	buf_addstr(b,
	    "<h2>建议 <span class=\"en\">proposals</span></h2>\n<ul>\n");
	json_array_foreach(list, i, p) {
		buf_addstr(b, "<li>");
		html_text(b, member_text(p, "zh"));
		buf_printf(b,
		    "（%" JSON_INTEGER_FORMAT "）<br>"
		    "<span class=\"en\">",
		    json_integer_value(json_object_get(p, "count")));
		html_text(b, member_text(p, "en"));
		buf_addstr(b, "</span></li>\n");
	}
	buf_addstr(b, "</ul>\n");
}

static void
headers(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *h;

	if (json_array_size(list) == 0)
		return;
	buf_addstr(b,
	    "<p>未识别的表头 <span class=\"en\">unknown headers</span>：");
	json_array_foreach(list, i, h) {
		buf_addstr(b, i > 0 ? "、" : "");
		html_text(b, member_text(h, "header"));
		buf_printf(b, "（%" JSON_INTEGER_FORMAT "）",
		    json_integer_value(json_object_get(h, "files")));
	}
	buf_addstr(b, "</p>\n");
}

static void
dataset(struct buf *b, const json_t *o)
{
	size_t i;
	json_t *f;

	buf_addstr(b, "<h1>");
	html_text(b, member_text(o, "title"));
	buf_addstr(b, "</h1><div class=\"en\"><code>");
	html_text(b, member_text(o, "dataset"));
	buf_addstr(b, "</code> ");
	html_text(b, member_text(o, "version"));
	buf_printf(b,
	    "</div>\n<p>文件 files %" JSON_INTEGER_FORMAT
	    "，行 rows %" JSON_INTEGER_FORMAT
	    "，受理 accepted %" JSON_INTEGER_FORMAT "</p>\n",
	    json_integer_value(json_object_get(o, "files")),
	    json_integer_value(json_object_get(o, "rows")),
	    json_integer_value(json_object_get(o, "accepted")));
	proposals(b, json_object_get(o, "proposals"));
	headers(b, json_object_get(o, "unknown_headers"));
	buf_addstr(b,
	    "<table>\n<tr><th>字段<br><span class=\"en\">field</span></th>"
	    "<th>必填</th><th class=\"n\">填报率<br><span class=\"en\">filled"
	    "</span></th><th class=\"n\">不同值<br><span class=\"en\">distinct"
	    "</span></th><th class=\"n\">最长<br><span class=\"en\">longest"
	    "</span></th><th>代码表外的值<br><span class=\"en\">outside"
	    "</span></th><th>校验不过的号码<br><span class=\"en\">failing"
	    "</span></th><th>从未使用的代码<br><span class=\"en\">unused"
	    "</span></th></tr>\n");
	json_array_foreach(json_object_get(o, "fields"), i, f)
		field_row(b, f);
	buf_addstr(b, "</table>\n");
}

void
html_analysis(const json_t *list, struct buf *b)
{
	size_t i;
	json_t *o;

	html_begin(b, "数据标准分析 analysis of standards");
	json_array_foreach(list, i, o)
		dataset(b, o);
	html_end(b);
}
