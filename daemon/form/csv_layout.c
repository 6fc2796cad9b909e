#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "form/csv.h"
#include "sys/mem.h"

/* Where in a table the header stands, and which rows are none of its rows. */

struct csv_row *
csv_row_copy(const struct csv_row *row)
{
	size_t bytes = sizeof(*row) + row->n * sizeof(*row->field);
	struct csv_row *copy;
	struct csv_field *field;
	char *text;

	for (size_t i = 0; i < row->n; i++)
		bytes += row->field[i].len;
	copy = xmalloc(bytes);
	field = (struct csv_field *)(copy + 1);
	text = (char *)(field + row->n);
	*copy = *row;
	copy->field = field;
	for (size_t i = 0; i < row->n; i++) {
		size_t len = row->field[i].len;

		if (len > 0)
			memcpy(text, row->field[i].data, len);
		field[i].data = text;
		field[i].len = len;
		text += len;
	}
	return copy;
}

/* Spaces of ASCII and the ideographic one, which pad 合　计. */
static size_t
space(const char *p, const char *end)
{
	if (*p == ' ' || *p == '\t')
		return 1;
	return end - p >= 3 && memcmp(p, "\343\200\200", 3) == 0 ? 3 : 0;
}

/* The text of a cell without any spaces, cut at size. */
static size_t
squeeze(const struct csv_field *f, char *buf, size_t size)
{
	const char *p = f->data;
	const char *end = p + f->len;
	size_t n = 0;

	while (p < end && n + 1 < size) {
		size_t k = space(p, end);

		if (k == 0)
			buf[n++] = *p++;
		p += k;
	}
	buf[n] = '\0';
	return n;
}

static size_t
filled(const struct csv_row *row)
{
	char one[4];
	size_t n = 0;

	for (size_t i = 0; i < row->n; i++)
		n += squeeze(&row->field[i], one, sizeof(one)) > 0;
	return n;
}

/* A cell that could name a column: some text that is not a number. */
static int
texts(const struct csv_row *row)
{
	char cell[64];

	for (size_t i = 0; i < row->n; i++)
		if (squeeze(&row->field[i], cell, sizeof(cell)) == 0 ||
		    strspn(cell, "0123456789.,-/:%") == strlen(cell))
			return 0;
	return 1;
}

static int
by_shape(const struct csv_row *const *rows, size_t n)
{
	size_t best = 0;
	size_t width = 0;

	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		for (size_t k = 0; k < n; k++)
			same += rows[k]->n == rows[i]->n;
		if (same > best) {
			best = same;
			width = rows[i]->n;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (rows[i]->n == width && rows[i]->fault == CSV_FINE &&
		    texts(rows[i]))
			return (int)i;
	return -1;
}

int
csv_header(const struct csv_row *const *rows, size_t n, csv_known_fn *known,
    void *arg, size_t *ret_known)
{
	size_t best = 0;
	int found = -1;

	for (size_t i = 0; i < n; i++) {
		size_t k = rows[i]->fault == CSV_FINE ? known(arg, rows[i]) : 0;

		if (k > best) {
			best = k;
			found = (int)i;
		}
	}
	*ret_known = best;
	return found != -1 ? found : by_shape(rows, n);
}

/* Behind the word: nothing, a colon, a bracket or a number. */
static int
word_ends(const char *rest)
{
	static const char *const end[] = { ":", "：", "(", "（", "-", "数" };

	if (*rest == '\0' || (*rest >= '0' && *rest <= '9'))
		return 1;
	for (size_t i = 0; i < sizeof(end) / sizeof(*end); i++)
		if (strncmp(rest, end[i], strlen(end[i])) == 0)
			return 1;
	return 0;
}

static int
starts(const struct csv_row *row, const char *const *word, size_t n)
{
	char cell[64] = "";

	for (size_t i = 0; i < row->n && cell[0] == '\0'; i++)
		squeeze(&row->field[i], cell, sizeof(cell));
	for (size_t i = 0; i < n; i++)
		if (strncasecmp(cell, word[i], strlen(word[i])) == 0 &&
		    word_ends(cell + strlen(word[i])))
			return 1;
	return 0;
}

int
csv_is_total(const struct csv_row *row)
{
	static const char *const word[] = { "合计", "总计", "小计", "共计",
		"累计", "总合计", "本页合计", "本页小计", "本月合计",
		"本月小计", "本期合计", "本年累计", "total", "subtotal",
		"grandtotal", "sum" };

	return starts(row, word, sizeof(word) / sizeof(*word));
}

int
csv_is_note(const struct csv_row *row)
{
	static const char *const word[] = { "填报单位", "填报人", "填表人",
		"填报日期", "填表日期", "制表", "制表人", "制表单位",
		"制表日期", "制表时间", "审核", "审核人", "复核人", "负责人",
		"单位负责人", "联系人", "联系电话", "打印日期", "打印时间",
		"导出时间", "数据来源", "说明", "备注", "注" };

	return filled(row) <= (row->n + 1) / 2 &&
	       starts(row, word, sizeof(word) / sizeof(*word));
}
