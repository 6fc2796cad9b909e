#ifndef ZAYTON_FORM_SVG_H
#define ZAYTON_FORM_SVG_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"

/*
 * Charts inside a page, drawn with nothing but shapes and words. Colours are
 * classes that the page's style knows: best good fair poor none for grades, so
 * that a chart follows light, dark and print. Words come in Chinese and
 * English; the page shows one of them. Everything foreign is escaped.
 */

struct svg_bar {
	const char *zh;
	const char *en;
	double value;      /* 0 to 1; below 0: nothing can be said */
	const char *text;  /* at its end: "98.2 %" */
	const char *grade; /* class */
};

/* Horizontal bars from 0 to 1, one below the other. */
void svg_bars(struct buf *b, const char *zh, const char *en,
    const struct svg_bar *bar, size_t n);

struct svg_point {
	const char *label; /* the period */
	double value;      /* 0 to 1; below 0: a gap */
	const char *grade;
};

/* A line through the values of periods, the newest at the right. */
void svg_trend(struct buf *b, const char *zh, const char *en,
    const struct svg_point *p, size_t n);

struct svg_heat {
	size_t rows;
	size_t columns;
	const char *const *row;      /* names */
	const char *const *column;   /* heads: short */
	const char *const *title_zh; /* of the columns, told by the pointer */
	const char *const *title_en;
	const uint64_t *count; /* rows * columns */
};

/* Counts as a grid, the darker the more. */
void svg_heat(struct buf *b, const char *zh, const char *en,
    const struct svg_heat *h);

/* A class for a grade as the base says it: 优 良 中 差, else none. */
const char *svg_grade(const char *zh);

#endif
