#ifndef ZAYTON_RULE_TABLE_H
#define ZAYTON_RULE_TABLE_H

#include <stdint.h>

#include "sys/err.h"

/*
 * Tables that people keep in spreadsheets (code_list.csv, code_map.csv,
 * divisions.csv): CSV in UTF-8 with a header, columns in any order.
 */

struct arena;
struct pack_file;

/* A row: cells in the order of the names asked for, "" where one lacks. */
typedef int table_fn(void *ctx, const char *const *cell, uint64_t line,
    struct err *e);

enum { TABLE_COLUMNS = 16 };

/*
 * Calls take for each row below the header; texts live in the arena. Names
 * end in a NULL, at most TABLE_COLUMNS. ERR_HOLD names file, line and what is
 * expected; -1 of take ends it.
 */
int table_read(const struct pack_file *f, const char *const *names,
    struct arena *a, table_fn *take, void *ctx, struct err *e);

#endif
