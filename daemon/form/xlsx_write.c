#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "form/xlsx_write.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "sys/mem.h"

/*
 * A sheet is put together in memory and packed when it ends: its size stands
 * in front of it then, as all programs like it.
 */

enum { SHEETS = 64, COLUMNS = 512, LAST_ROW = 1048576, PART_MAX = 256 << 20 };

/* 1980-01-02 12:00 UTC: a day that a zip can have, wherever one is. */
#define STAMP ((time_t)315662400)

#define HEADER  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN    "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE  "http://schemas.openxmlformats.org/officeDocument/2006/"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define TYPE    "application/vnd.openxmlformats-officedocument.spreadsheetml."

/* Of a cell: by its place in cellXfs. */
enum { STYLE_PLAIN, STYLE_TEXT, STYLE_HEAD, STYLE_WRAP };

static const char styles[] = HEADER
    "<styleSheet xmlns=\"" MAIN "\">"
    "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"宋体\"/></font>"
    "<font><b/><sz val=\"11\"/><name val=\"宋体\"/></font></fonts>"
    "<fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill>"
    "<fill><patternFill patternType=\"gray125\"/></fill>"
    "<fill><patternFill patternType=\"solid\"><fgColor rgb=\"FFD9D9D9\"/>"
    "</patternFill></fill></fills>"
    "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/>"
    "</border></borders>"
    "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" "
    "borderId=\"0\"/></cellStyleXfs>"
    "<cellXfs count=\"4\">"
    "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
    "<xf numFmtId=\"49\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
    "applyNumberFormat=\"1\"/>"
    "<xf numFmtId=\"49\" fontId=\"1\" fillId=\"2\" borderId=\"0\" xfId=\"0\" "
    "applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" "
    "applyAlignment=\"1\"><alignment horizontal=\"center\" "
    "vertical=\"center\" wrapText=\"1\"/></xf>"
    "<xf numFmtId=\"49\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
    "applyNumberFormat=\"1\" applyAlignment=\"1\"><alignment "
    "vertical=\"top\" wrapText=\"1\"/></xf>"
    "</cellXfs>"
    "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
    "builtinId=\"0\"/></cellStyles>"
    "</styleSheet>";

struct xlsx_writer {
	int fd;
	struct archive *a;  /* owned */
	char *name[SHEETS]; /* owned */
	int hidden[SHEETS];
	size_t nsheets;
	int text[COLUMNS]; /* columns of the sheet that is being written */
	size_t rows;
	struct buf sheet; /* up to its last row */
	struct buf lists;
	size_t nlists;
	int failed;
	struct err why;
};

static la_ssize_t
put_bytes(struct archive *a, void *arg, const void *p, size_t len)
{
	struct xlsx_writer *w = arg;
	ssize_t n;

	do
		n = write(w->fd, p, len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		archive_set_error(a, errno, "%s", strerror(errno));
	return n;
}

struct xlsx_writer *
xlsx_writer_open(int fd)
{
	struct xlsx_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->a = archive_write_new();
	buf_init(&w->sheet, PART_MAX);
	buf_init(&w->lists, PART_MAX);
	if (archive_write_set_format_zip(w->a) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(w->a, 1) != ARCHIVE_OK ||
	    archive_write_open(w->a, w, NULL, put_bytes, NULL) != ARCHIVE_OK)
		w->failed = err_set(&w->why, ERR_RETRY,
		    "cannot write a workbook: %s", archive_error_string(w->a));
	return w;
}

void
xlsx_writer_free(struct xlsx_writer *w)
{
	if (w == NULL)
		return;
	archive_write_free(w->a);
	for (size_t i = 0; i < w->nsheets; i++)
		free(w->name[i]);
	buf_done(&w->sheet);
	buf_done(&w->lists);
	free(w);
}

static void
put_part(struct xlsx_writer *w, const char *path, const char *text, size_t len)
{
	struct archive_entry *entry;

	if (w->failed)
		return;
	entry = archive_entry_new();
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, STAMP, 0);
	archive_entry_set_size(entry, (la_int64_t)len);
	if (archive_write_header(w->a, entry) != ARCHIVE_OK ||
	    archive_write_data(w->a, text, len) != (la_ssize_t)len)
		w->failed = err_set(&w->why, ERR_RETRY,
		    "cannot write a workbook: %s", archive_error_string(w->a));
	archive_entry_free(entry);
}

/* A part that was put together, which is used up. */
static void
put_buf(struct xlsx_writer *w, const char *path, struct buf *b)
{
	if (!w->failed && !buf_ok(b))
		w->failed = err_set(&w->why, ERR_HOLD,
		    "a sheet is too large for the writer");
	put_part(w, path, b->data, b->len);
	buf_clear(b);
}

/* Text of a cell or an attribute. What XML cannot hold is left out. */
static void
put_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '&')
			buf_addstr(b, "&amp;");
		else if (*s == '<')
			buf_addstr(b, "&lt;");
		else if (*s == '>')
			buf_addstr(b, "&gt;");
		else if (*s == '"')
			buf_addstr(b, "&quot;");
		else if ((unsigned char)*s >= 0x20 || strchr("\t\n", *s))
			buf_addch(b, *s);
	}
}

/* 0 is A, 26 is AA. */
static void
put_column(struct buf *b, size_t column)
{
	if (column >= 26)
		put_column(b, column / 26 - 1);
	buf_addch(b, (char)('A' + column % 26));
}

/* ---- sheets ---- */

static void
end_sheet(struct xlsx_writer *w)
{
	char path[64];

	if (w->nsheets == 0)
		return;
	buf_addstr(&w->sheet, "</sheetData>");
	if (w->nlists > 0) {
		buf_printf(&w->sheet, "<dataValidations count=\"%zu\">",
		    w->nlists);
		buf_add(&w->sheet, w->lists.data, w->lists.len);
		buf_addstr(&w->sheet, "</dataValidations>");
	}
	buf_addstr(&w->sheet, "</worksheet>");
	snprintf(path, sizeof(path), "xl/worksheets/sheet%zu.xml", w->nsheets);
	put_buf(w, path, &w->sheet);
	buf_clear(&w->lists);
	w->nlists = 0;
	w->rows = 0;
}

static void
put_view(struct buf *b, unsigned freeze, int first)
{
	buf_printf(b, "<sheetViews><sheetView%s workbookViewId=\"0\">",
	    first ? " tabSelected=\"1\"" : "");
	if (freeze > 0)
		buf_printf(b,
		    "<pane ySplit=\"%u\" topLeftCell=\"A%u\" "
		    "activePane=\"bottomLeft\" state=\"frozen\"/>",
		    freeze, freeze + 1);
	buf_addstr(b, "</sheetView></sheetViews>");
}

static void
put_columns(struct xlsx_writer *w, const struct xlsx_writer_sheet *s)
{
	struct buf *b = &w->sheet;

	if (s->ncolumns > 0)
		buf_addstr(b, "<cols>");
	for (size_t i = 0; i < s->ncolumns; i++) {
		const struct xlsx_writer_column *c = &s->column[i];

		w->text[i] = c->text;
		buf_printf(b,
		    "<col min=\"%zu\" max=\"%zu\" width=\"%u\" "
		    "customWidth=\"1\" style=\"%d\"/>",
		    i + 1, i + 1, c->width > 0 ? c->width : 10,
		    c->text ? STYLE_TEXT : STYLE_PLAIN);
	}
	if (s->ncolumns > 0)
		buf_addstr(b, "</cols>");
}

int
xlsx_writer_sheet(struct xlsx_writer *w, const struct xlsx_writer_sheet *s,
    struct err *e)
{
	end_sheet(w);
	if (!w->failed &&
	    (w->nsheets == SHEETS || s->ncolumns > COLUMNS ||
		s->name[0] == '\0' || strpbrk(s->name, "[]:*?/\\") != NULL))
		w->failed = err_set(&w->why, ERR_HOLD,
		    "a workbook cannot have the sheet '%s'", s->name);
	if (w->failed) {
		*e = w->why;
		return -1;
	}
	w->name[w->nsheets] = xstrdup(s->name);
	w->hidden[w->nsheets] = s->hidden;
	buf_addstr(&w->sheet, HEADER "<worksheet xmlns=\"" MAIN "\">");
	put_view(&w->sheet, s->freeze, w->nsheets == 0);
	memset(w->text, 0, sizeof(w->text));
	put_columns(w, s);
	buf_addstr(&w->sheet, "<sheetData>");
	w->nsheets++;
	return 0;
}

static int
style_of(const struct xlsx_writer *w, enum xlsx_write_style style, size_t i)
{
	if (style == XLSX_WRITE_HEAD)
		return STYLE_HEAD;
	if (style == XLSX_WRITE_WRAP)
		return STYLE_WRAP;
	return i < COLUMNS && w->text[i] ? STYLE_TEXT : STYLE_PLAIN;
}

void
xlsx_writer_row(struct xlsx_writer *w, enum xlsx_write_style style,
    const char *const *cell, size_t n)
{
	struct buf *b = &w->sheet;

	w->rows++;
	buf_printf(b, "<row r=\"%zu\">", w->rows);
	for (size_t i = 0; i < n; i++) {
		if (cell[i] == NULL || cell[i][0] == '\0')
			continue;
		buf_addstr(b, "<c r=\"");
		put_column(b, i);
		buf_printf(b,
		    "%zu\" s=\"%d\" t=\"inlineStr\"><is>"
		    "<t xml:space=\"preserve\">",
		    w->rows, style_of(w, style, i));
		put_text(b, cell[i]);
		buf_addstr(b, "</t></is></c>");
	}
	buf_addstr(b, "</row>");
}

void
xlsx_writer_list(struct xlsx_writer *w, size_t column, size_t row,
    const char *sheet, size_t from, size_t rows)
{
	struct buf *b = &w->lists;

	w->nlists++;
	buf_addstr(b, "<dataValidation type=\"list\" errorStyle=\"warning\" "
		      "allowBlank=\"1\" showErrorMessage=\"1\" sqref=\"");
	put_column(b, column);
	buf_printf(b, "%zu:", row + 1);
	put_column(b, column);
	buf_printf(b, "%d\"><formula1>'", LAST_ROW);
	/* A quote within a name is written twice. */
	for (const char *p = sheet; *p != '\0'; p++) {
		char one[3] = { *p, *p == '\'' ? '\'' : '\0', '\0' };

		put_text(b, one);
	}
	buf_addstr(b, "'!$");
	put_column(b, from);
	buf_addstr(b, "$1:$");
	put_column(b, from);
	buf_printf(b, "$%zu</formula1></dataValidation>", rows);
}

/* ---- the workbook ---- */

static void
put_types(struct xlsx_writer *w)
{
	struct buf *b = &w->sheet;

	buf_addstr(b, HEADER
	    "<Types xmlns=\"" PACKAGE "content-types\">"
	    "<Default Extension=\"rels\" ContentType=\"application/"
	    "vnd.openxmlformats-package.relationships+xml\"/>"
	    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
	    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE
	    "sheet.main+xml\"/>"
	    "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE
	    "styles+xml\"/>");
	for (size_t i = 1; i <= w->nsheets; i++)
		buf_printf(b,
		    "<Override PartName=\"/xl/worksheets/sheet%zu.xml\" "
		    "ContentType=\"" TYPE "worksheet+xml\"/>",
		    i);
	buf_addstr(b, "</Types>");
	put_buf(w, "[Content_Types].xml", b);
}

static void
put_workbook(struct xlsx_writer *w)
{
	struct buf *b = &w->sheet;

	buf_addstr(b, HEADER "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE
			     "relationships\"><sheets>");
	for (size_t i = 0; i < w->nsheets; i++) {
		buf_addstr(b, "<sheet name=\"");
		put_text(b, w->name[i]);
		buf_printf(b, "\" sheetId=\"%zu\"%s r:id=\"rId%zu\"/>", i + 1,
		    w->hidden[i] ? " state=\"hidden\"" : "", i + 1);
	}
	buf_addstr(b, "</sheets></workbook>");
	put_buf(w, "xl/workbook.xml", b);
}

static void
put_relations(struct xlsx_writer *w)
{
	static const char first[] =
	    HEADER "<Relationships xmlns=\"" PACKAGE "relationships\">"
		   "<Relationship Id=\"rId1\" Type=\"" OFFICE
		   "relationships/officeDocument\" Target=\"xl/workbook.xml\"/>"
		   "</Relationships>";
	struct buf *b = &w->sheet;

	put_part(w, "_rels/.rels", first, sizeof(first) - 1);
	buf_addstr(b,
	    HEADER "<Relationships xmlns=\"" PACKAGE "relationships\">");
	for (size_t i = 1; i <= w->nsheets; i++)
		buf_printf(b,
		    "<Relationship Id=\"rId%zu\" Type=\"" OFFICE
		    "relationships/worksheet\" "
		    "Target=\"worksheets/sheet%zu.xml\"/>",
		    i, i);
	buf_printf(b,
	    "<Relationship Id=\"rId%zu\" Type=\"" OFFICE
	    "relationships/styles\" Target=\"styles.xml\"/></Relationships>",
	    w->nsheets + 1);
	put_buf(w, "xl/_rels/workbook.xml.rels", b);
}

int
xlsx_writer_close(struct xlsx_writer *w, struct err *e)
{
	int rc = -1;

	end_sheet(w);
	put_types(w);
	put_relations(w);
	put_workbook(w);
	put_part(w, "xl/styles.xml", styles, sizeof(styles) - 1);
	if (!w->failed && archive_write_close(w->a) != ARCHIVE_OK)
		w->failed = err_set(&w->why, ERR_RETRY,
		    "cannot write a workbook: %s", archive_error_string(w->a));
	if (w->failed)
		*e = w->why;
	else
		rc = 0;
	xlsx_writer_free(w);
	return rc;
}
