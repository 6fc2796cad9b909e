#include <string.h>

#include "form/returned.h"
#include "form/text.h"

const char *const returned_header[RETURNED_COLUMNS] = {
	[RETURNED_BUNDLE] = "包编号",
	[RETURNED_FILE] = "文件",
	[RETURNED_ROW] = "行号",
	[RETURNED_FIELD] = "字段",
	[RETURNED_RULE] = "规则",
	[RETURNED_ZH] = "原因",
	[RETURNED_EN] = "reason",
};

static struct csv_field
trimmed(const struct csv_row *row, size_t i)
{
	struct csv_field f = row->field[i];

	text_trim(&f.data, &f.len);
	return f;
}

int
returned_is_header(const struct csv_row *row)
{
	if (row->n <= RETURNED_COLUMNS)
		return 0;
	for (size_t i = 0; i < RETURNED_COLUMNS; i++) {
		struct csv_field f = trimmed(row, i);

		if (f.len != strlen(returned_header[i]) ||
		    memcmp(f.data, returned_header[i], f.len) != 0)
			return 0;
	}
	return 1;
}

static int
copy(struct csv_field f, char *to, size_t size)
{
	if (f.len == 0 || f.len >= size || memchr(f.data, '\0', f.len) != NULL)
		return -1;
	memcpy(to, f.data, f.len);
	to[f.len] = '\0';
	return 0;
}

/* A spreadsheet may have made "12.0" of 12. */
static int
read_number(struct csv_field f, uint64_t *ret_n)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < f.len && i < 12 && f.data[i] >= '0' && f.data[i] <= '9')
		n = 10 * n + (uint64_t)(f.data[i++] - '0');
	if (i == 0 || n == 0 ||
	    (i < f.len && (f.len - i != 2 || memcmp(f.data + i, ".0", 2) != 0)))
		return -1;
	*ret_n = n;
	return 0;
}

int
returned_read(const struct csv_row *row, struct returned *ret_r)
{
	if (row->fault != CSV_FINE || row->n < RETURNED_COLUMNS)
		return -1;
	return copy(trimmed(row, RETURNED_BUNDLE), ret_r->bundle,
		   sizeof(ret_r->bundle)) == -1 ||
		       copy(trimmed(row, RETURNED_FILE), ret_r->path,
			   sizeof(ret_r->path)) == -1 ||
		       read_number(trimmed(row, RETURNED_ROW), &ret_r->row) ==
			   -1
		   ? -1
		   : 0;
}

int
returned_same_file(const struct returned *a, const struct returned *b)
{
	return strcmp(a->bundle, b->bundle) == 0 &&
	       strcmp(a->path, b->path) == 0;
}
