#ifndef ZAYTON_FORM_XLSX_PART_H
#define ZAYTON_FORM_XLSX_PART_H

#include "form/xlsx.h"
#include "form/xlsx_cell.h"
#include "form/xlsx_text.h"
#include "form/xml.h"

/* Between the files xlsx*.c only. */

enum {
	XLSX_FIELDS = 2048,
	XLSX_ROW = 1 << 20,
	XLSX_FORMATS = 1 << 16,
	XLSX_CUSTOM = 1 << 12
};

struct xlsx_sheet {
	char *name; /* owned */
	char *part; /* owned */
	int hidden;
};

/* A format of the workbook's own. */
struct xlsx_custom {
	unsigned id;
	struct xlsx_format format;
};

struct xlsx {
	struct xlsx_parts parts;
	struct container_limits limits;
	struct xlsx_sheet sheet[XLSX_SHEETS];
	size_t nsheets;
	int from_1904;
	int macros;
	struct xlsx_format *format; /* owned; by the s of a cell */
	size_t nformats;
	struct xlsx_custom *custom; /* owned */
	size_t ncustom;
	struct xlsx_texts *texts; /* owned */
	/* The part that is being read. */
	struct xml xml;
	int reading;
	uint64_t given; /* bytes of text handed out, of all sheets */
	/* The row. */
	size_t widest; /* so far; 0: no row yet */
	uint64_t record;
	struct buf cell; /* text of one */
	struct buf text; /* of all; never moves */
	struct csv_field field[XLSX_FIELDS];
	size_t n;
	enum csv_fault fault;
};

/* Opens a part for x->xml. 1, 0 there is none, -1. */
int xlsx_part(struct xlsx *x, const char *part, struct err *e);
/* Reads the part to its end, which proves its checksum, and leaves it. */
int xlsx_part_end(struct xlsx *x, struct err *e);

#endif
