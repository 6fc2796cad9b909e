#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "form/html.h"
#include "form/svg.h"
#include "form/text.h"

const char *
svg_grade(const char *zh)
{
	static const struct {
		const char *zh;
		const char *class;
	} all[] = { { "优", "best" }, { "良", "good" }, { "中", "fair" },
		{ "差", "poor" } };

	for (size_t i = 0; zh != NULL && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].zh, zh) == 0)
			return all[i].class;
	return "none";
}

static void
begin(struct buf *b, const char *class, double width, double height,
    const char *zh, const char *en)
{
	buf_printf(b,
	    "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\""
	    " height=\"%.0f\" role=\"img\"><title>",
	    class, width, height, width, height);
	html_text(b, zh);
	buf_addstr(b, " ");
	html_text(b, en);
	buf_addstr(b, "</title>\n");
}

static void
word(struct buf *b, double x, double y, const char *class, const char *s)
{
	buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	html_text(b, s);
	buf_addstr(b, "</text>");
}

/* At the same place in both languages, of which one is shown. */
static void
words(struct buf *b, double x, double y, const char *zh, const char *en)
{
	word(b, x, y, "zh", zh);
	word(b, x, y, "en", en);
}

/* ---- bars ---- */

enum {
	BAR_LABEL = 104,
	BAR_WIDTH = 190,
	BAR_VALUE = 62,
	BAR_STEP = 24,
	BAR_HEIGHT = 12
};

static void
bar_row(struct buf *b, const struct svg_bar *bar, double y)
{
	words(b, 0, y + 15, bar->zh, bar->en);
	buf_printf(b,
	    "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"3\""
	    " class=\"rail\"/>",
	    BAR_LABEL, y + 5, BAR_WIDTH, BAR_HEIGHT);
	if (bar->value >= 0)
		buf_printf(b,
		    "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\""
		    " rx=\"3\" class=\"%s\"/>",
		    BAR_LABEL, y + 5, fmin(bar->value, 1) * BAR_WIDTH,
		    BAR_HEIGHT, bar->grade);
	word(b, BAR_LABEL + BAR_WIDTH + 8, y + 15, "num", bar->text);
	buf_addch(b, '\n');
}

void
svg_bars(struct buf *b, const char *zh, const char *en,
    const struct svg_bar *bar, size_t n)
{
	begin(b, "bars", BAR_LABEL + BAR_WIDTH + BAR_VALUE,
	    (double)n * BAR_STEP, zh, en);
	for (size_t i = 0; i < n; i++)
		bar_row(b, &bar[i], (double)i * BAR_STEP);
	buf_addstr(b, "</svg>\n");
}

/* ---- a trend ---- */

enum {
	TREND_WIDTH = 356,
	TREND_HEIGHT = 144,
	TREND_LEFT = 36,
	TREND_TOP = 16,
	TREND_FLOOR = 118
};

/* The scale ends below the lowest value, at a round tenth. */
static double
lowest(const struct svg_point *p, size_t n)
{
	double low = 0.9;

	for (size_t i = 0; i < n; i++)
		if (p[i].value >= 0 && p[i].value < low)
			low = floor(p[i].value * 10) / 10;
	return low;
}

static double
height_of(double value, double low)
{
	return TREND_FLOOR -
	       (value - low) / (1 - low) * (TREND_FLOOR - TREND_TOP);
}

static double
place_of(size_t i, size_t n)
{
	double width = TREND_WIDTH - TREND_LEFT - 46;

	return n == 1 ? TREND_LEFT + width / 2 + 6
		      : TREND_LEFT + 14 + width * (double)i / (double)(n - 1);
}

static void
trend_scale(struct buf *b, double low)
{
	for (int i = 0; i <= 2; i++) {
		double value = low + (1 - low) * i / 2;
		double y = height_of(value, low);
		char text[16];

		snprintf(text, sizeof(text), "%.0f", value * 100);
		buf_printf(b,
		    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\""
		    " class=\"rule\"/>",
		    TREND_LEFT, y, TREND_WIDTH, y);
		word(b, TREND_LEFT - 6, y + 4, "axis end", text);
	}
	buf_addch(b, '\n');
}

static void
trend_line(struct buf *b, const struct svg_point *p, size_t n, double low)
{
	int down = 0;

	buf_addstr(b, "<path class=\"line\" d=\"");
	for (size_t i = 0; i < n; i++) {
		if (p[i].value < 0)
			continue;
		buf_printf(b, "%c%.1f %.1f", down ? 'L' : 'M', place_of(i, n),
		    height_of(p[i].value, low));
		down = 1;
	}
	buf_addstr(b, "\"/>\n");
}

/* "2016-03" where there is room, every second one where there is not. */
static void
trend_points(struct buf *b, const struct svg_point *p, size_t n, double low)
{
	for (size_t i = 0; i < n; i++) {
		double x = place_of(i, n);
		char text[16];

		if (n <= 6 || (n - 1 - i) % 2 == 0)
			word(b, x, TREND_HEIGHT - 8, "axis mid", p[i].label);
		if (p[i].value < 0)
			continue;
		buf_printf(b,
		    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"%s\">"
		    "<title>",
		    x, height_of(p[i].value, low), p[i].grade);
		html_text(b, p[i].label);
		buf_printf(b, ": %.1f</title></circle>", p[i].value * 100);
		snprintf(text, sizeof(text), "%.1f", p[i].value * 100);
		if (i + 1 == n)
			word(b, x, height_of(p[i].value, low) - 9, "num mid",
			    text);
	}
	buf_addch(b, '\n');
}

void
svg_trend(struct buf *b, const char *zh, const char *en,
    const struct svg_point *p, size_t n)
{
	double low = lowest(p, n);

	begin(b, "trend", TREND_WIDTH, TREND_HEIGHT, zh, en);
	trend_scale(b, low);
	trend_line(b, p, n, low);
	trend_points(b, p, n, low);
	buf_addstr(b, "</svg>\n");
}

/* ---- heat ---- */

enum {
	HEAT_LABEL = 236,
	HEAT_CELL = 46,
	HEAT_ROW = 26,
	HEAT_HEAD = 24,
	HEAT_STEPS = 5
};

/* Steps by magnitude: one fault among thousands is still seen. */
static int
step_of(uint64_t count, uint64_t most)
{
	if (count == 0)
		return 0;
	if (most <= 1)
		return HEAT_STEPS;
	return 1 +
	       (int)((HEAT_STEPS - 1) * log((double)count) / log((double)most));
}

static void
heat_cell(struct buf *b, const struct svg_heat *h, size_t r, size_t c,
    uint64_t most)
{
	uint64_t count = h->count[r * h->columns + c];
	double x = HEAT_LABEL + (double)c * HEAT_CELL;
	double y = HEAT_HEAD + (double)r * HEAT_ROW;
	int step = step_of(count, most);
	char text[24];

	buf_printf(b,
	    "<rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"2\""
	    " class=\"h%d\"/>",
	    x + 1, y + 1, HEAT_CELL - 2, HEAT_ROW - 2, step);
	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, count);
	word(b, x + HEAT_CELL / 2.0, y + 17, step > 2 ? "mid over" : "mid",
	    text);
}

/* As much of a name as its place takes; all of it to the pointer. */
static void
heat_name(struct buf *b, double y, const char *name)
{
	enum { MOST = 48 };
	size_t len = strlen(name);
	size_t n = text_cut(name, len, MOST);

	buf_printf(b, "<text x=\"%d\" y=\"%.1f\" class=\"end\"><title>",
	    HEAT_LABEL - 8, y);
	html_text(b, name);
	buf_addstr(b, "</title>");
	html_text_n(b, name, n);
	buf_addstr(b, n < len ? "…</text>" : "</text>");
}

void
svg_heat(struct buf *b, const char *zh, const char *en,
    const struct svg_heat *h)
{
	uint64_t most = 0;

	for (size_t i = 0; i < h->rows * h->columns; i++)
		if (h->count[i] > most)
			most = h->count[i];
	begin(b, "heat", HEAT_LABEL + (double)h->columns * HEAT_CELL,
	    HEAT_HEAD + (double)h->rows * HEAT_ROW, zh, en);
	for (size_t c = 0; c < h->columns; c++) {
		buf_addstr(b, "<g><title>");
		html_text(b, h->title_zh[c]);
		buf_addstr(b, " ");
		html_text(b, h->title_en[c]);
		buf_addstr(b, "</title>");
		word(b, HEAT_LABEL + ((double)c + 0.5) * HEAT_CELL, 15, "mid",
		    h->column[c]);
		buf_addstr(b, "</g>");
	}
	buf_addch(b, '\n');
	for (size_t r = 0; r < h->rows; r++) {
		heat_name(b, HEAT_HEAD + (double)r * HEAT_ROW + 17, h->row[r]);
		for (size_t c = 0; c < h->columns; c++)
			heat_cell(b, h, r, c, most);
		buf_addch(b, '\n');
	}
	buf_addstr(b, "</svg>\n");
}
