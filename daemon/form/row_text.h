#ifndef ZAYTON_FORM_ROW_TEXT_H
#define ZAYTON_FORM_ROW_TEXT_H

#include "form/value.h"
#include "rule/schema.h"
#include "sys/buf.h"
#include "sys/err.h"

/*
 * An accepted row as one line of JSON, byte for byte the same whenever it is
 * made: what a receipt commits to (zayton-receipt(5)). Only what the row
 * itself said is in it, in the order of its standard:
 *   {"row":17,"dataset":"bill","values":{"account_no":"12","amount":31.50}}
 * A row that only ends another ('D') is told by its key.
 */

/* The fields of a standard, as far as a row's text depends on them. */
struct row_layout {
	const char *dataset;
	size_t n;
	struct {
		const char *name;
		int money;
		int open_ended;
	} field[SCHEMA_FIELDS];
};

/* Points into the schema. */
void row_layout_of(const struct schema *s, struct row_layout *ret_l);

/* As words "name", "name:money", "name:open"; cut apart again in place. */
void row_layout_put(const struct row_layout *l, struct buf *b);
int row_layout_read(const char *dataset, char *words, struct row_layout *ret_l,
    struct err *e);

struct row_said {
	uint64_t line;
	char op;         /* 'C' and 'D' are told */
	const char *key; /* of a 'D' row, which is told by nothing else */
	uint64_t fields; /* that it said something of, as bits */
	const struct value *value;
};

/* The fields that have a value, or none for ever; of a 'D' row none. */
uint64_t row_text_fields(const struct row_layout *l, char op,
    const struct value *v, const uint8_t *open_ended);
void row_text_put(const struct row_layout *l, const struct row_said *r,
    struct buf *b);

#endif
