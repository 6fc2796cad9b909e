#ifndef ZAYTON_WAY_SENT_H
#define ZAYTON_WAY_SENT_H

#include <stddef.h>

#include "form/csv.h"
#include "form/rowfile.h"
#include "rule/row.h"

/*
 * Rows and headers as they were sent, for the reports: as JSON, with cells
 * cut where somebody put a book into one, and personal values masked.
 */

/* The header into f->header, "" where it does not fit. */
void sent_header(struct rowfile_file *f, const struct cell *header, size_t n);

/* The row that was cleaned last, and the record it was made of. */
int sent_row(struct rowfile_writer *w, const struct row *r,
    const struct csv_row *record, struct err *e);

#endif
