#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "form/html.h"
#include "form/html_report.h"
#include "form/svg.h"
#include "sys/base64.h"
#include "sys/hash.h"

/* Colours are named once: for light, for dark, and on paper those for light. */
#define LIGHT                                                            \
	"--ink:#1c2733;--soft:#576472;--paper:#fff;--wash:#f4f6f8;"      \
	"--edge:#d9e0e6;--accent:#a8322a;--best:#1b7a49;--good:#2e6da8;" \
	"--fair:#a86a00;--poor:#bb2d24;--none:#a9b4bf;--rail:#e7ecf0;"   \
	"--mark:#fde8e6;--mend:#e3f3e8;--h1:#fdebd7;--h2:#fbd2a7;--h3:#" \
	"f2a266;"                                                        \
	"--h4:#dc6e3c;--h5:#b3431f;--over:#fff;"

/* In pieces, for compilers that take no longer text. */
static const char *const style[] = {
	":root{color-scheme:light dark;" LIGHT "}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e3e9ef;--soft:#9aa7b4;"
	"--paper:#12181f;--wash:#1b232c;--edge:#313c48;--accent:#ef8a80;"
	"--best:#4cbf80;--good:#6aaeea;--fair:#e0a63c;--poor:#f07a70;"
	"--none:#5c6873;--rail:#29333d;--mark:#4a2320;--mend:#1d3a29;"
	"--h1:#3a2c20;--h2:#5e3f22;--h3:#8a5426;--h4:#b9682c;--h5:#e5853c;"
	"--over:#12181f}}\n"
	"@media print{:root{color-scheme:light;" LIGHT "}}\n"
	"@page{size:A4;margin:14mm 13mm 16mm}\n"
	"*{box-sizing:border-box}\n"
	"body{font:15px/1.65 system-ui,'PingFang SC','Microsoft YaHei',"
	"'Noto Sans CJK SC','Droid Sans Fallback',sans-serif;color:var(--ink);"
	"background:var(--paper);max-width:60rem;margin:0 auto;"
	"padding:1.2rem 1.2rem 3rem}\n"
	"h1{font-size:1.55rem;line-height:1.3;margin:0}\n"
	"h2{font-size:1.12rem;margin:2.4rem 0 .6rem;padding-bottom:.3rem;"
	"border-bottom:2px solid var(--accent)}\n"
	"h3{font-size:1rem;margin:1.5rem 0 .4rem}\n"
	"p{margin:.4rem 0}.soft{color:var(--soft)}.small{font-size:.86rem}\n"
	"code{font:.86em "
	"ui-monospace,Consolas,monospace;word-break:break-all}\n"
	"input[name=lang]{position:absolute;opacity:0;pointer-events:none}\n"
	".en{display:none}#en:checked~* .zh{display:none}"
	"#en:checked~* .en{display:revert}\n"
	"header{display:flex;gap:1rem;align-items:flex-start;"
	"justify-content:space-between;margin-bottom:1.1rem}\n"
	".lang{display:flex;border:1px solid var(--edge);border-radius:6px;"
	"overflow:hidden;flex:none;font-size:.86rem}\n"
	".lang label{padding:.2rem .7rem;cursor:pointer;color:var(--soft)}\n"
	"#zh:checked~header label[for=zh],#en:checked~header label[for=en]"
	"{background:var(--accent);color:var(--paper)}\n"
	"#zh:focus-visible~header label[for=zh],"
	"#en:focus-visible~header label[for=en]"
	"{outline:2px solid var(--ink);outline-offset:-3px}\n",
	".verdict{background:var(--wash);border-left:6px solid var(--good);"
	"border-radius:0 8px 8px 0;padding:.9rem 1.2rem;margin:0 0 1rem}\n"
	".verdict.accepted{border-color:var(--best)}"
	".verdict.partial{border-color:var(--fair)}"
	".verdict.rejected{border-color:var(--poor)}\n"
	".verdict .say{font-size:1.22rem;font-weight:600;margin:0}\n"
	".verdict ol{margin:.5rem 0 .1rem;padding-left:1.4rem}"
	".verdict li{margin:.25rem 0}\n"
	".tiles{display:grid;grid-template-columns:"
	"repeat(auto-fit,minmax(6.4rem,1fr));gap:.5rem}\n"
	".tiles div{border:1px solid var(--edge);border-radius:8px;"
	"padding:.4rem .7rem}.tiles b{display:block;font-size:1.3rem;"
	"font-variant-numeric:tabular-nums;line-height:1.35}"
	".tiles span{color:var(--soft);font-size:.84rem}\n"
	"table{border-collapse:collapse;width:100%;font-size:.92rem;"
	"margin:.5rem 0}\n"
	"th,td{border-bottom:1px solid var(--edge);padding:.36rem .5rem;"
	"text-align:left;vertical-align:top}\n"
	"th{color:var(--soft);font-weight:600;font-size:.86rem}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;"
	"white-space:nowrap}td.w{overflow-wrap:anywhere;min-width:6em}\n"
	".scroll{overflow-x:auto}\n"
	".no{display:inline-block;min-width:1.55rem;padding:0 .3rem;"
	"text-align:center;border-radius:1rem;background:var(--rail);"
	"font-size:.82rem;font-variant-numeric:tabular-nums}"
	".no.stop{background:var(--poor);color:var(--paper)}"
	".no.lost{background:var(--fair);color:var(--paper)}\n"
	".grade{display:inline-block;min-width:1.7em;padding:0 .45em;"
	"text-align:center;border-radius:4px;color:var(--paper);"
	"background:var(--none);font-weight:600;white-space:nowrap}\n"
	".grade.best{background:var(--best)}.grade.good{background:var(--good)}"
	".grade.fair{background:var(--fair)}.grade.poor{background:var(--poor)}"
	"\n",
	".was{background:var(--mark)}.now{background:var(--mend)}"
	".was,.now{padding:0 .25em;border-radius:3px;overflow-wrap:anywhere}\n"
	".row{display:flex;flex-wrap:wrap;gap:.2rem .3rem;margin:.1rem 0 .5rem}"
	".row>span{border:1px solid var(--edge);border-radius:4px;"
	"padding:.02rem .4rem;font-size:.84rem;overflow-wrap:anywhere}"
	".row i{font-style:normal;color:var(--soft);margin-right:.4em}"
	".row>.bad{border-color:var(--poor);background:var(--mark)}\n"
	".pair{display:flex;flex-wrap:wrap;gap:.4rem 2.2rem;margin:.4rem 0}"
	".pair figure{margin:0}figcaption{color:var(--soft);font-size:.86rem}\n"
	"svg{max-width:100%;height:auto;display:block}"
	"svg text{font-size:12px;fill:var(--ink)}"
	"svg .num{font-variant-numeric:tabular-nums}"
	"svg .axis{fill:var(--soft);font-size:11px}"
	"svg .mid{text-anchor:middle}svg .end{text-anchor:end}"
	"svg .over{fill:var(--over)}svg .rail{fill:var(--rail)}"
	"svg .rule{stroke:var(--edge)}"
	"svg .line{fill:none;stroke:var(--soft);stroke-width:1.6}"
	"svg .best{fill:var(--best)}svg .good{fill:var(--good)}"
	"svg .fair{fill:var(--fair)}svg .poor{fill:var(--poor)}"
	"svg .none{fill:var(--none)}svg .h0{fill:var(--wash)}"
	"svg .h1{fill:var(--h1)}svg .h2{fill:var(--h2)}svg .h3{fill:var(--h3)}"
	"svg .h4{fill:var(--h4)}svg .h5{fill:var(--h5)}"
	"svg.share{width:72px}\n"
	"footer{margin-top:2.4rem;padding-top:.6rem;"
	"border-top:1px solid var(--edge);color:var(--soft);font-size:.84rem}\n"
	"@media print{body{max-width:none;padding:0;font-size:10.5pt}"
	".lang{display:none}.scroll{overflow:visible}.pair{flex-wrap:nowrap}."
	"pair figure{flex:1;min-width:0}"
	"h2,h3{break-after:avoid}tr,figure,.tiles,.verdict,.row"
	"{break-inside:avoid}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n",
	NULL
};

/* Only this very style may be used, and nothing may be fetched or run. */
static void
put_policy(struct buf *b)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct hash *h = hash_new(HASH_SHA256);

	for (size_t i = 0; style[i] != NULL; i++)
		hash_add(h, style[i], strlen(style[i]));
	hash_end(h, digest);
	hash_free(h);
	buf_addstr(b, "<meta http-equiv=\"Content-Security-Policy\""
		      " content=\"default-src 'none'; style-src 'sha256-");
	base64_put(b, digest, sizeof(digest));
	buf_addstr(b, "'; base-uri 'none'; form-action 'none'\">\n");
}

void
html_report_begin(struct buf *b, const char *title_zh, const char *title_en,
    const char *about)
{
	buf_addstr(b, "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head>"
		      "<meta charset=\"utf-8\">\n");
	put_policy(b);
	buf_addstr(b, "<meta name=\"viewport\" content=\"width=device-width,"
		      "initial-scale=1\">\n<meta name=\"referrer\""
		      " content=\"no-referrer\">\n<title>");
	html_text(b, title_zh);
	buf_addstr(b, " · ");
	html_text(b, about);
	buf_addstr(b, "</title>\n<style>");
	for (size_t i = 0; style[i] != NULL; i++)
		buf_addstr(b, style[i]);
	buf_addstr(b, "</style></head><body>\n"
		      "<input type=\"radio\" name=\"lang\" id=\"zh\" checked>"
		      "<input type=\"radio\" name=\"lang\" id=\"en\">\n"
		      "<header><div><h1>");
	html_both(b, title_zh, title_en);
	buf_addstr(b, "</h1><p class=\"soft\">");
	html_text(b, about);
	buf_addstr(b,
	    "</p></div><div class=\"lang\"><label for=\"zh\">中文</label>"
	    "<label for=\"en\">English</label></div></header>\n<main>\n");
}

void
html_report_end(struct buf *b)
{
	buf_addstr(b, "</main></body></html>\n");
}

void
html_both(struct buf *b, const char *zh, const char *en)
{
	buf_addstr(b, "<span class=\"zh\">");
	html_text(b, zh);
	buf_addstr(b, "</span><span class=\"en\" lang=\"en\">");
	html_text(b, en);
	buf_addstr(b, "</span>");
}

void
html_section(struct buf *b, const char *zh, const char *en)
{
	buf_addstr(b, "<section><h2>");
	html_both(b, zh, en);
	buf_addstr(b, "</h2>\n");
}

void
html_section_end(struct buf *b)
{
	buf_addstr(b, "</section>\n");
}

void
html_count(struct buf *b, int64_t n)
{
	char text[24];
	size_t len;

	snprintf(text, sizeof(text), "%" PRId64, n);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && text[i - 1] != '-')
			buf_addch(b, ',');
		buf_addch(b, text[i]);
	}
}

void
html_percent(struct buf *b, double part)
{
	if (part < 0)
		buf_addstr(b, "—");
	else if (part > 0.9995 && part < 1)
		/* What is not whole is not shown as whole. */
		buf_addstr(b, "99.9 %");
	else
		buf_printf(b, "%.1f %%", part * 100);
}

void
html_table(struct buf *b, const struct html_column *columns, size_t n)
{
	buf_addstr(b, "<table><tr>");
	for (const struct html_column *c = columns; c < columns + n; c++) {
		buf_printf(b,
		    c->class[0] != '\0' ? "<th class=\"%s\">" : "<th>",
		    c->class);
		html_both(b, c->zh, c->en);
		buf_addstr(b, "</th>");
	}
	buf_addstr(b, "</tr>\n");
}

void
html_grade(struct buf *b, const char *zh)
{
	static const struct {
		const char *zh;
		const char *en;
	} words[] = { { "优", "excellent" }, { "良", "good" }, { "中", "fair" },
		{ "差", "poor" } };
	const char *en = "n/a";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (zh != NULL && strcmp(words[i].zh, zh) == 0)
			en = words[i].en;
	buf_printf(b, "<span class=\"grade %s\">", svg_grade(zh));
	html_both(b, zh != NULL && zh[0] != '\0' ? zh : "—", en);
	buf_addstr(b, "</span>");
}

void
html_time(struct buf *b, const char *rfc3339)
{
	enum { CHINA = 8 * 3600 };
	struct tm tm = { 0 };
	char text[32];
	time_t at;

	if (strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm) == NULL) {
		html_text(b, rfc3339);
		return;
	}
	at = timegm(&tm) + CHINA;
	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	buf_addstr(b, text);
}
