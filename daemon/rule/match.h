#ifndef ZAYTON_RULE_MATCH_H
#define ZAYTON_RULE_MATCH_H

#include <stdint.h>

#include "rule/row.h"
#include "rule/schema.h"

/*
 * Which dataset a file is, and which of its columns is which field. Headers
 * are folded, their unit in brackets split off (注册资本(万元), 金额:元), then
 * compared with field names, titles and synonyms.
 */

/*
 * How many of the n cells are headers of any dataset of the provider; NULL: of
 * anybody's.
 */
size_t match_headers(const struct schemas *s, const char *provider,
    const struct cell *cell, size_t n);

/*
 * The dataset of a file, by the data package's word (may be NULL), the file
 * name, then the headers; ERR_SENDER names the nearest candidates where it is
 * not clear. Only datasets of the provider are considered.
 */
int match_dataset(const struct schemas *s, const char *provider,
    const char *declared, const char *path, const struct cell *cell, size_t n,
    const struct schema **ret_s, struct err *e);

/*
 * Columns of a file with these headers. Texts point into memory of the match,
 * freed by match_free. ERR_SENDER where the same header stands there twice, or
 * a column that the key needs is missing (named, with the synonyms that would
 * do). Where two headers mean one field the title is taken, then the field's
 * name, then the synonym that the standard names first. The field of the
 * period may be missing: the file's name says it.
 */
struct match;
int match_columns(const struct schema *s, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e);
void match_free(struct match *m);

/*
 * As match_columns, where the rules have keys of their own and make some
 * fields themselves: bit i of made is field i, whose column may be missing.
 * ruleset_match calls it.
 */
int match_columns_for(const struct schema *s, const struct schema_key *key,
    size_t nkeys, uint64_t made, const struct cell *cell, size_t n,
    struct match **ret_m, struct err *e);

size_t match_count(const struct match *m);
const struct column *match_column(const struct match *m, size_t i);
/* The column of a field, -1 where the file has none. */
int match_field(const struct match *m, int field);

/*
 * The field by whose name any dataset in force would know a header; NULL where
 * none does.
 */
const struct field *match_anywhere(const struct schemas *s,
    const struct cell *header);

/* Period of a file name: YYYY-MM, YYYY-Qn or YYYY into buf[16]; 0 found. */
int match_period(const char *path, char *buf);

/*
 * The form in which headers are compared; out has room for len + 1. Longer
 * ones than MATCH_BYTES name no field.
 */
enum { MATCH_BYTES = 256 };
size_t match_fold(const char *s, size_t len, char *out);

#endif
