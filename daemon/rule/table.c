#include <string.h>

#include "form/csv.h"
#include "rule/arena.h"
#include "rule/pack.h"
#include "rule/table.h"

/* Where the columns stand; -1 and the first name that the header lacks. */
static int
order_columns(const struct csv_row *head, const char *const *names, int *order,
    const char **ret_lacks)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		order[i] = -1;
		for (size_t k = 0; k < head->n; k++)
			if (head->field[k].len == strlen(names[i]) &&
			    memcmp(head->field[k].data, names[i],
				head->field[k].len) == 0)
				order[i] = (int)k;
		if (order[i] == -1) {
			*ret_lacks = names[i];
			return -1;
		}
	}
	return 0;
}

int
table_read(const struct pack_file *f, const char *const *names, struct arena *a,
    table_fn *take, void *ctx, struct err *e)
{
	const char *cell[TABLE_COLUMNS];
	const char *lacks = NULL;
	int order[TABLE_COLUMNS];
	struct csv csv;
	struct csv_row row;
	int head = 1;
	int rc = 0;

	csv_init(&csv, &csv_limits_default);
	csv_set_separator(&csv, ',');
	csv_feed(&csv, f->data, f->len, 1);
	for (; rc == 0 && csv_next(&csv, &row) == 1; head = 0) {
		if (row.fault != CSV_FINE)
			rc = err_set(e, ERR_HOLD,
			    "%s:%llu: a row of CSV is expected", f->name,
			    (unsigned long long)row.line);
		else if (head &&
			 order_columns(&row, names, order, &lacks) == -1)
			rc = err_set(e, ERR_HOLD,
			    "%s:%llu: the column '%s' is expected", f->name,
			    (unsigned long long)row.line, lacks);
		if (rc == -1 || head)
			continue;
		for (size_t i = 0; names[i] != NULL; i++) {
			size_t k = (size_t)order[i];

			cell[i] = k < row.n ? arena_text(a, row.field[k].data,
						  row.field[k].len)
					    : "";
		}
		rc = take(ctx, cell, row.line, e);
	}
	csv_done(&csv);
	return rc;
}
