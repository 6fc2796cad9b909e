#include "form/html_offer.h"
#include "sys/member.h"

static void
fact(struct buf *b, const char *zh, const char *en, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_printf(b, "<tr><th>%s <span class=\"en\">%s</span></th>", zh, en);
	html_cell(b, "", value);
	buf_addstr(b, "</tr>\n");
}

static void
count(struct buf *b, const char *zh, const char *en, const json_t *o,
    const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));

	if (n > 0)
		buf_printf(b,
		    "<tr><th>%s <span "
		    "class=\"en\">%s</span></th><td>%" JSON_INTEGER_FORMAT
		    "</td></tr>\n",
		    zh, en, n);
}

static void
fields(struct buf *b, const json_t *list)
{
	const json_t *f;
	size_t i;

	buf_addstr(b,
	    "<table>\n<tr><th>字段 <span class=\"en\">field</span></th>"
	    "<th>类型 <span class=\"en\">type</span></th>"
	    "<th>给出 <span class=\"en\">given</span></th>"
	    "<th>说明 <span class=\"en\">notes</span></th></tr>\n");
	json_array_foreach(list, i, f) {
		buf_addstr(b, "<tr><td>");
		html_text(b, member_text(f, "title"));
		buf_addstr(b, "<br><code>");
		html_text(b, member_text(f, "name"));
		buf_addstr(b, "</code></td>");
		html_cell(b, "", member_text(f, "type"));
		html_cell(b, "", member_text(f, "given"));
		html_cell(b, "", member_text(f, "description"));
		buf_addstr(b, "</tr>\n");
	}
	buf_addstr(b, "</table>\n");
}

static void
grant(struct buf *b, const json_t *g)
{
	buf_addstr(b, "<h2>");
	html_text(b, member_text(g, "title"));
	buf_addstr(b, "</h2><div class=\"en\"><code>");
	html_text(b, member_text(g, "dataset"));
	buf_printf(b,
	    "</code> 授权 grant %" JSON_INTEGER_FORMAT "</div>\n<table>\n",
	    json_integer_value(json_object_get(g, "grant")));
	fact(b, "状态", "state", member_text(g, "state"));
	fact(b, "目的", "purpose", member_text(g, "purpose"));
	fact(b, "形式", "form", member_text(g, "form"));
	fact(b, "对象", "subjects", member_text(g, "subjects"));
	fact(b, "自", "from", member_text(g, "from"));
	fact(b, "至", "until", member_text(g, "until"));
	fact(b, "业务日期自", "data from", member_text(g, "data_from"));
	fact(b, "业务日期至", "data until", member_text(g, "data_until"));
	count(b, "文件保存天数", "days an extract lives", g, "life");
	count(b, "可用次数", "times", g, "times");
	count(b, "已用次数", "used", g, "used");
	count(b, "间隔天数", "days between", g, "every");
	fact(b, "须本人同意", "consent", member_text(g, "consent"));
	fact(b, "共享类别", "class", member_text(g, "class"));
	fact(b, "依据", "basis", member_text(g, "basis"));
	fact(b, "提供单位", "provider", member_text(g, "provider"));
	fact(b, "更新频率", "frequency", member_text(g, "frequency"));
	fact(b, "最近收到", "last received", member_text(g, "received"));
	fact(b, "最近一期", "last period", member_text(g, "period"));
	buf_addstr(b, "</table>\n");
	fields(b, json_object_get(g, "fields"));
}

void
html_offer(const json_t *offer, struct buf *b)
{
	const json_t *v;
	size_t i;

	html_begin(b, "数据目录 catalogue");
	buf_addstr(b, "<h1>数据目录 ");
	html_text(b, member_text(offer, "unit"));
	buf_addstr(b, "</h1><div class=\"en\">What <code>");
	html_text(b, member_text(offer, "account"));
	buf_addstr(b, "</code> may ask for, on ");
	html_text(b, member_text(offer, "day"));
	buf_addstr(b,
	    "</div>\n<p>同一数据集和目的有几项授权的，以最严者为准。"
	    "<span class=\"en\">Of several grants of one data set and purpose "
	    "only what each of them gives is given.</span></p>\n"
	    "<h2>查询目的 <span class=\"en\">purposes</span></h2>\n<table>\n");
	json_array_foreach(json_object_get(offer, "purposes"), i, v) {
		buf_addstr(b, "<tr><td><code>");
		html_text(b, member_text(v, "code"));
		buf_addstr(b, "</code></td>");
		html_cell(b, "", member_text(v, "zh"));
		html_cell(b, "", member_text(v, "en"));
		buf_addstr(b, "</tr>\n");
	}
	buf_addstr(b, "</table>\n");
	json_array_foreach(json_object_get(offer, "grants"), i, v)
		grant(b, v);
	if (json_array_size(json_object_get(offer, "grants")) == 0)
		buf_addstr(b,
		    "<p>目前没有授权。<span class=\"en\">Nothing is granted."
		    "</span></p>\n");
	html_end(b);
}
