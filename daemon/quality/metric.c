#include <math.h>
#include <string.h>

#include "quality/metric.h"

#define STANDARD   DIMENSION_STANDARD
#define COMPLETE   DIMENSION_COMPLETE
#define ACCURATE   DIMENSION_ACCURATE
#define CONSISTENT DIMENSION_CONSISTENT
#define TIMELY     DIMENSION_TIMELY
#define ACCESSIBLE DIMENSION_ACCESSIBLE

static const struct metric_info metrics[METRICS] = {
	{ "N1", "0101", STANDARD, UNIT_CELL, 0, "代码符合标准",
	    "standard codes", { 0.98, 0.95, 0.80 } },
	{ "N2", "0102", STANDARD, UNIT_COLUMN, 0, "表头符合字典",
	    "columns found", { 1.00, 1.00, 0.90 } },
	{ "N3", "0104", STANDARD, UNIT_ROW, 0, "符合业务规则",
	    "rows that pass the rules", { 0.97, 0.90, 0.70 } },
	{ "N4", "0105", STANDARD, UNIT_CODE, 0, "代码可转换",
	    "codes that can be converted", { 1.00, 0.99, 0.90 } },
	{ "N5", "0106", STANDARD, UNIT_CELL, 0, "敏感数据按规定存放",
	    "sensitive cells kept by policy", { 1.00, 1.00, 1.00 } },
	{ "C1", "0201", COMPLETE, UNIT_CELL, 0, "必填项完整",
	    "mandatory cells filled", { 0.98, 0.95, 0.80 } },
	{ "C2", "0201", COMPLETE, UNIT_CELL, 0, "条件必填项完整",
	    "conditional cells filled", { 0.95, 0.90, 0.70 } },
	{ "C3", "0202", COMPLETE, UNIT_ROW, 0, "行数与声明一致",
	    "rows against those declared", { 1.00, 1.00, 0.99 } },
	{ "C4", "0202", COMPLETE, UNIT_ENTITY, 0, "企业覆盖",
	    "enterprises covered", { 0.95, 0.90, 0.60 } },
	{ "A1", "0301", ACCURATE, UNIT_CELL, 0, "标识校验正确",
	    "identifiers with a right check", { 0.995, 0.98, 0.90 } },
	{ "A2", "0302", ACCURATE, UNIT_CELL, 0, "格式正确",
	    "cells of their type", { 0.99, 0.97, 0.85 } },
	{ "A3", "0303", ACCURATE, UNIT_ROW, 1, "数据重复率", "duplicate rows",
	    { 0.000, 0.005, 0.05 } },
	{ "A4", "0304", ACCURATE, UNIT_ROW, 0, "标识唯一", "unique keys",
	    { 1.00, 0.995, 0.95 } },
	{ "A5", "0305", ACCURATE, UNIT_ROW, 1, "脏数据率",
	    "rows with damaged text", { 0.000, 0.002, 0.02 } },
	{ "A6", "0301", ACCURATE, UNIT_CELL, 0, "数值合理",
	    "values in their range", { 0.99, 0.97, 0.90 } },
	{ "S1", "0401", CONSISTENT, UNIT_CELL, 0, "与主档一致",
	    "fields equal to the record", { 0.97, 0.93, 0.80 } },
	{ "S2", "0402", CONSISTENT, UNIT_ROW, 0, "关联数据一致",
	    "rows that agree in themselves", { 0.99, 0.97, 0.90 } },
	{ "S3", "0402", CONSISTENT, UNIT_ROW, 0, "关联到企业",
	    "rows linked to an enterprise", { 0.97, 0.92, 0.75 } },
	{ "T1", "0502", TIMELY, UNIT_BATCH, 0, "按时报送", "delivered in time",
	    { 1.00, 0.95, 0.80 } },
	{ "T2", "0502", TIMELY, UNIT_ROW, 0, "更新及时", "reported soon",
	    { 0.95, 0.90, 0.70 } },
	{ "T3", "0501", TIMELY, UNIT_ROW, 0, "所属期正确",
	    "dates in the period", { 0.98, 0.95, 0.85 } },
	{ "T4", "0503", TIMELY, UNIT_ENTITY, 0, "时序正确",
	    "enterprises whose dates are in order", { 0.99, 0.97, 0.90 } },
	{ "V1", "0601", ACCESSIBLE, UNIT_QUERY, 0, "入库可读",
	    "rows that can be read back", { 0.999, 0.99, 0.95 } },
	{ "V2", "0602", ACCESSIBLE, UNIT_ROW, 0, "可用",
	    "rows that can be used", { 0.98, 0.95, 0.90 } },
};

static const struct dimension_info dimensions[DIMENSIONS] = {
	[DIMENSION_STANDARD] = { "规范性", "standardisation", 0.15 },
	[DIMENSION_COMPLETE] = { "完整性", "completeness", 0.25 },
	[DIMENSION_ACCURATE] = { "准确性", "accuracy", 0.25 },
	[DIMENSION_CONSISTENT] = { "一致性", "consistency", 0.15 },
	[DIMENSION_TIMELY] = { "时效性", "timeliness", 0.15 },
	[DIMENSION_ACCESSIBLE] = { "可访问性", "accessibility", 0.05 },
};

const struct metric_info *
metric_info(enum metric m)
{
	return &metrics[m];
}

enum metric
metric_find(const char *id)
{
	int m = 0;

	while (m < METRICS && strcmp(metrics[m].id, id) != 0)
		m++;
	return (enum metric)m;
}

const struct dimension_info *
metric_dimension(enum dimension d)
{
	return &dimensions[d];
}

/* --- grades ------------------------------------------------------------- */

static int
meets(double x, double bound, int lower)
{
	return lower ? x <= bound : x >= bound;
}

enum grade
metric_grade(const struct measure *x, const struct metric_bounds *b, int lower)
{
	double value;

	if (x->denominator == 0)
		return GRADE_NONE;
	value = (double)x->numerator / (double)x->denominator;
	if (meets(value, b->target, lower))
		return GRADE_BEST;
	if (meets(value, b->warn, lower))
		return GRADE_GOOD;
	return meets(value, b->block, lower) ? GRADE_FAIR : GRADE_POOR;
}

enum grade
metric_grade_score(const struct measure *score)
{
	static const struct metric_bounds bounds = { 0.95, 0.85, 0.70 };

	return metric_grade(score, &bounds, 0);
}

const char *
metric_grade_zh(enum grade g)
{
	static const char *const words[] = { NULL, "优", "良", "中", "差" };

	return words[g];
}

/* --- the score ---------------------------------------------------------- */

struct measure
metric_score(const struct measure x[METRICS], const double weight[DIMENSIONS])
{
	struct measure score = { 0, 0 };
	double sum[DIMENSIONS] = { 0 };
	unsigned int n[DIMENSIONS] = { 0 };
	double total = 0, all = 0;

	for (int m = 0; m < METRICS; m++) {
		const struct metric_info *info = &metrics[m];
		double value;

		if (x[m].denominator == 0)
			continue;
		value = (double)x[m].numerator / (double)x[m].denominator;
		sum[info->dimension] += info->lower ? 1 - value : value;
		n[info->dimension]++;
	}
	for (int d = 0; d < DIMENSIONS; d++)
		if (n[d] > 0 && weight[d] > 0) {
			total += weight[d] * sum[d] / n[d];
			all += weight[d];
		}
	if (all > 0) {
		score.denominator = SCORE_ONE;
		score.numerator =
		    (uint64_t)llround(total / all * (double)SCORE_ONE);
	}
	return score;
}
