#ifndef ZAYTON_WAY_WORK_FILE_H
#define ZAYTON_WAY_WORK_FILE_H

#include "sys/hash.h"
#include "way/clean.h"
#include "way/read.h"
#include "way/work_part.h"

/*
 * A data file inside: begun and ended (work_file.c), what it is
 * (work_header.c), its rows (work_rows.c), whether it will do (work_judge.c).
 */

/* One data file of a bundle. */
struct file {
	struct job *job;
	const char *path;
	const struct work_sheet *sheet;       /* NULL: a CSV */
	const struct manifest_resource *said; /* NULL: nothing */
	struct rowfile_file *entry;
	struct hash *hash; /* of the member's bytes */
	struct read *read;
	struct clean_file clean;
	/* Returned rows: what they are of, and what is known of that. */
	const struct returned *of;
	const json_t *facts;
	size_t first; /* number of the first entry of this member */
	int periods;  /* different ones seen in the rows: 0, 1, 2 for more */
};

/* What the keeper knows of the file that returned rows are of; "" nothing. */
const char *work_fact(const struct file *f, const char *name);

/*
 * The package says the period, else the sheet's name, else the file's, else
 * the bundle's.
 */
void work_find_period(struct file *f);
/* Which data set it is; -1 ERR_SENDER where nobody can say. */
int work_find_dataset(struct file *f, struct err *e);
/* What each column is, and columns that nobody knows. */
int work_find_columns(struct file *f, struct err *e);

/* All rows, cleaned, counted and left. */
int work_take_rows(struct file *f, struct err *e);

/* -1 ERR_SENDER where the package says another thing than what came. */
int work_hold_against(struct file *f, struct err *e);
/*
 * What was counted, and whether it will do: a file that breaks a block
 * threshold is refused whole, with all its findings.
 */
int work_judge(struct file *f, struct err *e);

#endif
