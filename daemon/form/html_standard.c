#include "form/html_standard.h"
#include "sys/member.h"

static void
names(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *s;

	buf_addstr(b, "<td>");
	json_array_foreach(list, i, s) {
		buf_addstr(b, i > 0 ? "、" : "");
		html_text(b, json_string_value(s));
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
	html_cell(b, "", member_text(f, "format"));
	html_cell(b, "", member_text(f, "example"));
	names(b, json_object_get(f, "synonyms"));
	html_cell(b, "", member_text(f, "description"));
	buf_addstr(b, "</tr>\n");
}

static void
code_list(struct buf *b, const json_t *f)
{
	const json_t *codes = json_object_get(f, "codes");
	size_t i;
	json_t *c;

	if (json_array_size(codes) == 0)
		return;
	buf_addstr(b, "<details><summary>");
	html_text(b, member_text(f, "title"));
	buf_printf(b,
	    "：代码表 <span class=\"en\">codes</span>（%zu）</summary>\n"
	    "<table>\n",
	    json_array_size(codes));
	json_array_foreach(codes, i, c) {
		buf_addstr(b, "<tr><td><code>");
		html_text(b, member_text(c, "code"));
		buf_addstr(b, "</code></td>");
		html_cell(b, "", member_text(c, "label"));
		buf_addstr(b, "</tr>\n");
	}
	buf_addstr(b, "</table></details>\n");
}

/* From when it is in force, and until when an old one is still taken. */
static void
validity(struct buf *b, const json_t *o)
{
	buf_addstr(b, "<p>");
	html_text(b, member_text(o, "frequency"));
	if (member_text(o, "from")[0] != '\0') {
		buf_addstr(b, " 自 from ");
		html_text(b, member_text(o, "from"));
	}
	if (member_text(o, "until")[0] != '\0') {
		buf_addstr(b, " 受理至 until ");
		html_text(b, member_text(o, "until"));
	}
	buf_addstr(b, "</p>\n");
}

static void
dataset(struct buf *b, const json_t *o)
{
	const json_t *fields = json_object_get(o, "fields");
	size_t i;
	json_t *f;

	buf_addstr(b, "<h2>");
	html_text(b, member_text(o, "title"));
	buf_addstr(b, "</h2><div class=\"en\"><code>");
	html_text(b, member_text(o, "dataset"));
	buf_addstr(b, "</code> ");
	html_text(b, member_text(o, "version"));
	buf_addstr(b, "</div>\n");
	validity(b, o);
	buf_addstr(b,
	    "<table>\n<tr><th>字段 <span class=\"en\">field</span></th>"
	    "<th>填写</th><th>格式 <span class=\"en\">format</span></th>"
	    "<th>范例 <span class=\"en\">example</span></th>"
	    "<th>也可写作 <span class=\"en\">synonyms</span></th>"
	    "<th>说明 <span class=\"en\">notes</span></th></tr>\n");
	json_array_foreach(fields, i, f)
		field_row(b, f);
	buf_addstr(b, "</table>\n");
	json_array_foreach(fields, i, f)
		code_list(b, f);
}

void
html_standards(const char *title, const json_t *list, struct buf *b)
{
	size_t i;
	json_t *o;

	html_begin(b, title);
	buf_addstr(b, "<h1>");
	html_text(b, title);
	buf_addstr(b, "</h1><div class=\"en\">Data standards</div>\n");
	json_array_foreach(list, i, o)
		dataset(b, o);
	html_end(b);
}
