#include <stdio.h>
#include <string.h>

#include "form/html.h"
#include "sys/catalog.h"
#include "sys/member.h"

static const char *
harmless(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		/* Control characters have no place in a page. */
		return (unsigned char)c < ' ' && c != '\t' && c != '\n' ? "?"
									: NULL;
	}
}

void
html_text_n(struct buf *b, const char *s, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *instead = harmless(s[i]);

		if (instead == NULL)
			continue;
		buf_add(b, s + from, i - from);
		buf_addstr(b, instead);
		from = i + 1;
	}
	buf_add(b, s + from, len - from);
}

void
html_text(struct buf *b, const char *s)
{
	html_text_n(b, s, strlen(s));
}

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>";

static const char page_style[] =
    "</title>\n<style>\n"
    "@page{size:A4;margin:18mm}\n"
    "body{font:15px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',"
    "sans-serif;max-width:52em;margin:2em auto;padding:0 1em;color:#1b1f24;"
    "background:#fff}\n"
    "h1{font-size:1.5em;margin:0 0 .2em}.en{color:#57606a;font-size:.92em}\n"
    ".verdict{border-left:6px solid;padding:.6em 1em;margin:1em 0;"
    "background:#f6f8fa}\n"
    ".accepted{border-color:#1a7f37}.partial{border-color:#bf8700}"
    ".rejected{border-color:#cf222e}\n"
    "table{border-collapse:collapse;width:100%;margin:1em 0;font-size:.93em}\n"
    "th,td{border-bottom:1px solid #d0d7de;padding:.35em .5em;text-align:left;"
    "vertical-align:top}\ntd.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums}\n"
    "code{font-size:.85em;word-break:break-all}\n"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"
    ".verdict{background:#161b22}th,td{border-color:#30363d}.en{color:#8d96a0}"
    "}\n@media print{body{background:#fff;color:#000;margin:0}}\n"
    "</style></head><body>\n";

void
html_begin(struct buf *b, const char *title)
{
	buf_addstr(b, page_head);
	html_text(b, title);
	buf_addstr(b, page_style);
}

void
html_end(struct buf *b)
{
	buf_addstr(b, "</body></html>\n");
}

void
html_cell(struct buf *b, const char *kind, const char *s)
{
	buf_printf(b, "<td%s>", kind);
	html_text(b, s);
	buf_addstr(b, "</td>");
}

static void
number(struct buf *b, const json_t *o, const char *name)
{
	buf_printf(b, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>",
	    json_integer_value(json_object_get(o, name)));
}

static void
fact(struct buf *b, const char *zh, const char *en, const char *value)
{
	buf_printf(b, "<tr><th>%s <span class=\"en\">%s</span></th>", zh, en);
	html_cell(b, "", value);
	buf_addstr(b, "</tr>\n");
}

static void
facts(struct buf *b, const json_t *r)
{
	const json_t *bundle = json_object_get(r, "bundle");
	const json_t *who = json_object_get(r, "responsible");
	char who_text[512];

	snprintf(who_text, sizeof(who_text), "%s %s", member_text(who, "unit"),
	    member_text(who, "person"));
	buf_addstr(b, "<table>\n");
	fact(b, "文件", "bundle", member_text(bundle, "name"));
	fact(b, "编号", "id", member_text(r, "id"));
	fact(b, "报送账号", "account", member_text(r, "account"));
	fact(b, "责任单位、责任人", "responsible", who_text);
	fact(b, "收到时间", "received", member_text(r, "received_at"));
	fact(b, "完成时间", "finished", member_text(r, "finished_at"));
	fact(b, "摘要", "SHA-256", member_text(bundle, "sha256"));
	buf_addstr(b, "</table>\n");
}

static void
counts(struct buf *b, const json_t *files)
{
	static const char *const name[] = { "rows", "accepted", "rejected",
		"inserted", "updated", "unchanged", "superseded" };
	size_t i;
	json_t *f;

	buf_addstr(b,
	    "<table>\n<tr><th>文件 <span class=\"en\">file</span></th>"
	    "<th>数据集 <span class=\"en\">dataset</span></th>"
	    "<th class=\"n\">行数<br><span class=\"en\">rows</span></th>"
	    "<th class=\"n\">受理<br><span class=\"en\">accepted</span></th>"
	    "<th class=\"n\">退回<br><span class=\"en\">returned</span></th>"
	    "<th class=\"n\">新增<br><span class=\"en\">new</span></th>"
	    "<th class=\"n\">更新<br><span class=\"en\">updated</span></th>"
	    "<th class=\"n\">无变化<br><span class=\"en\">same</span></th>"
	    "<th class=\"n\">被取代<br><span class=\"en\">superseded</span>"
	    "</th></tr>\n");
	json_array_foreach(files, i, f) {
		buf_addstr(b, "<tr>");
		html_cell(b, "", member_text(f, "path"));
		html_cell(b, "", member_text(f, "standard"));
		for (size_t k = 0; k < sizeof(name) / sizeof(name[0]); k++)
			number(b, f, name[k]);
		buf_addstr(b, "</tr>\n");
	}
	buf_addstr(b, "</table>\n");
}

static void
refusal(struct buf *b, const char *path, const json_t *error)
{
	if (!json_is_object(error))
		return;
	buf_addstr(b, "<p class=\"verdict rejected\">");
	html_text(b, path);
	buf_addstr(b, path[0] != '\0' ? "：" : "");
	html_text(b, member_text(error, "zh"));
	buf_addstr(b, "<br><span class=\"en\">");
	html_text(b, member_text(error, "en"));
	buf_addstr(b, "</span></p>\n");
}

static void
finding_row(struct buf *b, const json_t *file, const json_t *issue)
{
	const struct catalog_entry *c =
	    catalog_find(member_text(issue, "rule"));
	const char *fix_zh = c != NULL ? c->zh_fix : "";
	const char *fix_en = c != NULL ? c->en_fix : "";

	buf_addstr(b, "<tr>");
	html_cell(b, "", member_text(file, "path"));
	buf_addstr(b, "<td><code>");
	html_text(b, member_text(issue, "rule"));
	buf_addstr(b, "</code></td>");
	html_cell(b, "", member_text(issue, "severity"));
	number(b, issue, "count");
	buf_addstr(b, "<td>");
	html_text(b, fix_zh);
	buf_addstr(b, "<br><span class=\"en\">");
	html_text(b, fix_en);
	buf_addstr(b, "</span></td></tr>\n");
}

static void
findings(struct buf *b, const json_t *files)
{
	size_t i, k;
	json_t *f, *issue;

	buf_addstr(b,
	    "<table>\n<tr><th>文件 <span class=\"en\">file</span></th>"
	    "<th>规则 <span class=\"en\">rule</span></th>"
	    "<th>级别 <span class=\"en\">severity</span></th>"
	    "<th class=\"n\">次数 <span class=\"en\">count</span></th>"
	    "<th>怎么办 <span class=\"en\">what to do</span></th></tr>\n");
	json_array_foreach(files, i, f)
		json_array_foreach(json_object_get(f, "issues"), k, issue)
			finding_row(b, f, issue);
	buf_addstr(b, "</table>\n");
}

void
html_receipt(const json_t *r, struct buf *b)
{
	const json_t *files = json_object_get(r, "files");
	const json_t *m = json_object_get(r, "message");
	size_t i;
	json_t *f;

	html_begin(b, "回执 receipt");
	buf_addstr(b,
	    "<h1>数据报送回执</h1><div class=\"en\">Receipt of a data delivery"
	    "</div>\n");
	buf_printf(b, "<div class=\"verdict %s\">", member_text(r, "outcome"));
	html_text(b, member_text(m, "zh"));
	buf_addstr(b, "<br><span class=\"en\">");
	html_text(b, member_text(m, "en"));
	buf_addstr(b, "</span></div>\n");
	if (json_is_true(json_object_get(r, "check")))
		buf_addstr(b, "<p><b>这是试检，数据未入库。</b> <span "
			      "class=\"en\">A dry run: nothing was kept.</span>"
			      "</p>\n");
	facts(b, r);
	if (json_array_size(files) > 0)
		counts(b, files);
	json_array_foreach(files, i, f)
		refusal(b, member_text(f, "path"), json_object_get(f, "error"));
	if (json_array_size(files) > 0)
		findings(b, files);
	buf_printf(b,
	    "<p class=\"en\">台账 ledger %" JSON_INTEGER_FORMAT
	    "：<code>%s</code>"
	    "</p>\n",
	    json_integer_value(json_object_get(r, "seq")),
	    member_text(r, "head"));
	html_end(b);
}
