#ifndef ZAYTON_FORM_XLSX_TEMPLATE_H
#define ZAYTON_FORM_XLSX_TEMPLATE_H

#include <jansson.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * A workbook to fill in: a sheet with the Chinese headers, lists to choose
 * from in the columns of codes; a sheet that explains each field with format,
 * example and codes; and, hidden, the codes that the lists come from. The same
 * standard makes the same bytes.
 */

/* The sheets that hold no data, by name: whoever reads a workbook skips them. */
#define XLSX_TEMPLATE_NOTES "填写说明"
#define XLSX_TEMPLATE_CODES "代码表"

/*
 * standard is what template_describe says; filled puts a row of examples under
 * the headers. Temporary files stand in a folder that may be written to.
 */
int xlsx_template(const json_t *standard, int filled, const char *folder,
    struct buf *b, struct err *e);

#endif
