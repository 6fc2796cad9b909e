#ifndef ZAYTON_FORM_HTML_REPORT_H
#define ZAYTON_FORM_HTML_REPORT_H

#include <jansson.h>
#include <stdint.h>

#include "sys/buf.h"

/*
 * The frame of all reports for people: one page that fetches nothing and runs
 * nothing, Chinese first with a switch to English, light and dark, on A4 in
 * print. Its policy allows its own style and nothing else. Everything foreign
 * is escaped.
 */

/* From the beginning into its main part. Texts of both languages. */
void html_report_begin(struct buf *b, const char *title_zh,
    const char *title_en, const char *about);
void html_report_end(struct buf *b);

/* The same in both languages, of which one is shown. */
void html_both(struct buf *b, const char *zh, const char *en);
/* A section with its heading, and its end. */
void html_section(struct buf *b, const char *zh, const char *en);
void html_section_end(struct buf *b);

/* 1,234,567 */
void html_count(struct buf *b, int64_t n);
/* "96.2 %" of a part; "—" of nothing. */
void html_percent(struct buf *b, double part);
/*
 * A table with the heads of its columns in both languages; class "n" is for
 * numbers, "" for text. The caller writes the rows, then "</table>".
 */
struct html_column {
	const char *class;
	const char *zh;
	const char *en;
};
void html_table(struct buf *b, const struct html_column *columns, size_t n);
/* A grade as the base says it, with its colour. "" for none. */
void html_grade(struct buf *b, const char *zh);
/* 2016-04-02 10:31, China's time, of a time in RFC 3339. */
void html_time(struct buf *b, const char *rfc3339);

/* The quality of a bundle, of its report.json (zayton-report(5)). */
void html_quality(const json_t *report, struct buf *b);

#endif
