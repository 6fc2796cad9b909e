#ifndef ZAYTON_FORM_XLSX_RETURNED_H
#define ZAYTON_FORM_XLSX_RETURNED_H

#include <stddef.h>
#include <stdint.h>

#include "form/csv.h"
#include "sys/err.h"

/*
 * Returned rows as a workbook to mend: a sheet for each file, the columns of
 * form/returned.h in front and then the row as it was sent. Every cell is a
 * text, so that nothing is computed or rounded; what is at fault is red and
 * says why. The same rows make the same bytes.
 */

/* Beyond these a sheet has colours only: a spreadsheet chokes on more. */
enum { XLSX_RETURNED_NOTES = 2000 };

/* A cell at fault: its column among those as sent. */
struct xlsx_fault {
	size_t column;
	const char *zh;
	const char *en;
};

struct xlsx_returned;

/* path is made; temporary files without names stand in a folder. */
int xlsx_returned_open(const char *path, const char *folder,
    struct xlsx_returned **ret_x, struct err *e);
/* A sheet for a file; the header has the columns in front, as all rows. */
int xlsx_returned_sheet(struct xlsx_returned *x, const char *file,
    const struct csv_row *header, struct err *e);
int xlsx_returned_row(struct xlsx_returned *x, const struct csv_row *row,
    const struct xlsx_fault *fault, size_t nfaults, struct err *e);
/* Writes it; without this path is not whole. */
int xlsx_returned_finish(struct xlsx_returned *x, struct err *e);
/* After it or instead of it. */
void xlsx_returned_close(struct xlsx_returned *x);

#endif
