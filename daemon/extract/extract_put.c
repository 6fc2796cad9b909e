#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extract/extract_part.h"
#include "form/csv_write.h"
#include "form/xlsx_write.h"
#include "sys/file.h"
#include "sys/mem.h"

/*
 * Tables in the form that was asked for. CSV and lines of JSON are members as
 * they are written; a workbook and a base are laid down beside the extract,
 * under a hidden name, and become a member at the end.
 */

enum { FLUSH = 1 << 16, BUF_MAX = 8 << 20, COLUMNS = 2 * SCHEMA_FIELDS + 8 };

struct extract_put {
	struct extract *x;
	struct buf out;
	char name[96];
	const char *title;
	struct extract_column column[COLUMNS];
	const char *column_name[COLUMNS];
	size_t n;
	int64_t rows;
	json_t *resource; /* of the table at hand; owned */
	struct xlsx_write *book;
	sqlite3 *base;
	sqlite3_stmt *insert;
	char path[192];  /* of what is laid down, "" nothing */
	json_t *waiting; /* resources that get their path at the end; owned */
};

struct extract_put *
extract_put_new(struct extract *x)
{
	struct extract_put *p = xcalloc(1, sizeof(*p));

	p->x = x;
	p->waiting = json_array();
	buf_init(&p->out, BUF_MAX);
	return p;
}

void
extract_put_free(struct extract_put *p)
{
	struct err e;

	if (p == NULL)
		return;
	(void)xlsx_write_close(p->book, &e);
	(void)sqlite3_finalize(p->insert);
	(void)sqlite3_close(p->base);
	if (p->path[0] != '\0')
		(void)unlink(p->path);
	json_decref(p->resource);
	json_decref(p->waiting);
	buf_done(&p->out);
	free(p);
}

/* ---- how it is told in the data package ---- */

static const char *
frictionless_type(enum field_type t)
{
	switch (t) {
	case FIELD_INT:
		return "integer";
	case FIELD_YEAR:
		return "year";
	case FIELD_DECIMAL:
	case FIELD_MONEY:
		return "number";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DATE:
	case FIELD_PERIOD:
		break;
	}
	/* Dates may lack their day, and say that they have no end. */
	return "string";
}

static json_t *
describe(const struct extract_put *p)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < p->n; i++) {
		json_t *f = json_pack("{s:s, s:s, s:s}", "name",
		    p->column[i].name, "title", p->column[i].title, "type",
		    frictionless_type(p->column[i].type));

		if (p->column[i].type == FIELD_BOOL)
			json_object_update_new(f,
			    json_pack("{s:[s], s:[s]}", "trueValues", "1",
				"falseValues", "0"));
		json_array_append_new(fields, f);
	}
	return json_pack("{s:s, s:s, s:s, s:{s:o, s:[s]}}", "name", p->name,
	    "title", p->title, "profile", "tabular-data-resource", "schema",
	    "fields", fields, "missingValues", "");
}

static void
tell_file(json_t *resource, const char *path, const char *format,
    uint64_t bytes, const char *sha256)
{
	char hash[96];

	snprintf(hash, sizeof(hash), "sha256:%s", sha256);
	json_object_update_new(resource,
	    json_pack("{s:s, s:s, s:I, s:s}", "path", path, "format", format,
		"bytes", (json_int_t)bytes, "hash", hash));
}

/* ---- CSV and JSON ---- */

static int
flush(struct extract_put *p, size_t from, struct err *e)
{
	if (p->out.len < from)
		return 0;
	if (!buf_ok(&p->out))
		return err_set(e, ERR_HOLD, "a row too large");
	if (zip_write_add(p->x->zip, p->out.data, p->out.len, e) == -1)
		return -1;
	buf_clear(&p->out);
	return 0;
}

static int
text_table(struct extract_put *p, struct err *e)
{
	char path[128];

	snprintf(path, sizeof(path), "data/%s.%s", p->name,
	    query_format_name(p->x->format));
	buf_clear(&p->out);
	if (p->x->format == QUERY_CSV) {
		buf_addstr(&p->out, CSV_MARK);
		for (size_t i = 0; i < p->n; i++) {
			if (i > 0)
				buf_addch(&p->out, ',');
			buf_addstr(&p->out, p->column[i].name);
		}
		buf_addstr(&p->out, "\r\n");
	}
	return zip_write_begin(p->x->zip, path, e);
}

static int
text_row(struct extract_put *p, const struct mark_cell *cell, struct err *e)
{
	if (p->x->format == QUERY_CSV)
		mark_csv_row(&p->out, p->x->mark, cell, p->n);
	else
		mark_json_row(&p->out, p->x->mark, p->column_name, cell, p->n);
	return flush(p, FLUSH, e);
}

static int
text_end(struct extract_put *p, struct err *e)
{
	const char *format = query_format_name(p->x->format);
	char path[128];
	char sha256[DIGEST_TEXT];
	uint64_t bytes;

	snprintf(path, sizeof(path), "data/%s.%s", p->name, format);
	if (flush(p, 1, e) == -1 ||
	    zip_write_end(p->x->zip, &bytes, sha256, e) == -1)
		return -1;
	tell_file(p->resource, path, format, bytes, sha256);
	if (p->x->format == QUERY_CSV)
		json_object_set_new(p->resource, "dialect",
		    json_pack("{s:s, s:s}", "delimiter", ",", "lineTerminator",
			"\r\n"));
	json_object_set_new(p->resource, "encoding", json_string("utf-8"));
	json_array_append(p->x->resources, p->resource);
	return 0;
}

/* ---- a workbook ---- */

static int
book_table(struct extract_put *p, struct err *e)
{
	const char *title[COLUMNS];
	char hidden[160];

	if (p->book == NULL) {
		snprintf(p->path, sizeof(p->path), "%s/.%s.xlsx", p->x->folder,
		    p->x->id);
		if (file_hidden_folder(p->x->folder, hidden, sizeof(hidden),
			e) == -1 ||
		    xlsx_write_open(p->path, hidden, &p->book, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < p->n; i++)
		title[i] = p->column[i].title;
	return xlsx_write_sheet(p->book, p->title, title, p->n, e);
}

static void
book_row(struct extract_put *p, const struct mark_cell *cell)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct mark_cell *c = &cell[i];

		if (c->text == NULL)
			xlsx_write_blank(p->book);
		else if (c->number)
			xlsx_write_number(p->book, strtod(c->text, NULL));
		else
			xlsx_write_text(p->book, c->text, c->len);
	}
	xlsx_write_row(p->book);
}

/* ---- a base ---- */

static int
base_fault(struct extract_put *p, struct err *e)
{
	return err_set(e, ERR_RETRY, "cannot write a base: %s",
	    sqlite3_errmsg(p->base));
}

static int
base_exec(struct extract_put *p, const char *sql, struct err *e)
{
	return sqlite3_exec(p->base, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : base_fault(p, e);
}

/* It is made anew where a crash left one: no journal is needed. */
static int
base_open(struct extract_put *p, struct err *e)
{
	if (p->base != NULL)
		return 0;
	snprintf(p->path, sizeof(p->path), "%s/.%s.sqlite", p->x->folder,
	    p->x->id);
	(void)unlink(p->path);
	if (sqlite3_open_v2(p->path, &p->base,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		"zayton") != SQLITE_OK)
		return base_fault(p, e);
	return base_exec(p,
	    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN", e);
}

static const char *
sql_type(enum field_type t)
{
	switch (t) {
	case FIELD_INT:
	case FIELD_YEAR:
	case FIELD_BOOL:
		return "INTEGER";
	case FIELD_DECIMAL:
	case FIELD_MONEY:
		return "REAL";
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DATE:
	case FIELD_PERIOD:
		break;
	}
	return "TEXT";
}

static int
base_table(struct extract_put *p, struct err *e)
{
	struct buf sql;
	int rc;

	if (base_open(p, e) == -1)
		return -1;
	buf_init(&sql, 1 << 16);
	buf_printf(&sql, "CREATE TABLE \"%s\" (", p->name);
	for (size_t i = 0; i < p->n; i++)
		buf_printf(&sql, "%s\"%s\" %s", i > 0 ? ", " : "",
		    p->column[i].name, sql_type(p->column[i].type));
	buf_addstr(&sql, ")");
	rc = base_exec(p, sql.data, e);
	buf_clear(&sql);
	buf_printf(&sql, "INSERT INTO \"%s\" VALUES (?", p->name);
	for (size_t i = 1; i < p->n; i++)
		buf_addstr(&sql, ",?");
	buf_addstr(&sql, ")");
	(void)sqlite3_finalize(p->insert);
	p->insert = NULL;
	if (rc == 0 && sqlite3_prepare_v2(p->base, sql.data, -1, &p->insert,
			   NULL) != SQLITE_OK)
		rc = base_fault(p, e);
	buf_done(&sql);
	return rc;
}

static int
base_row(struct extract_put *p, const struct mark_cell *cell, struct err *e)
{
	int rc;

	for (size_t i = 0; i < p->n; i++) {
		if (cell[i].text == NULL)
			(void)sqlite3_bind_null(p->insert, (int)i + 1);
		else
			(void)sqlite3_bind_text(p->insert, (int)i + 1,
			    cell[i].text, (int)cell[i].len, SQLITE_STATIC);
	}
	rc = sqlite3_step(p->insert);
	(void)sqlite3_reset(p->insert);
	return rc == SQLITE_DONE ? 0 : base_fault(p, e);
}

static int
base_close(struct extract_put *p, struct err *e)
{
	(void)sqlite3_finalize(p->insert);
	p->insert = NULL;
	if (base_exec(p, "COMMIT", e) == -1)
		return -1;
	if (sqlite3_close(p->base) != SQLITE_OK)
		return base_fault(p, e);
	p->base = NULL;
	return 0;
}

/* ---- whichever it is ---- */

int
extract_put_table(struct extract_put *p, const char *name, const char *title,
    const struct extract_column *column, size_t n, struct err *e)
{
	if (n > COLUMNS)
		return err_set(e, ERR_HOLD, "'%s' has too many columns", name);
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->title = title;
	memcpy(p->column, column, n * sizeof(*column));
	for (size_t i = 0; i < n; i++)
		p->column_name[i] = p->column[i].name;
	p->n = n;
	p->rows = 0;
	json_decref(p->resource);
	p->resource = describe(p);
	switch (p->x->format) {
	case QUERY_XLSX:
		return book_table(p, e);
	case QUERY_SQLITE:
		return base_table(p, e);
	case QUERY_CSV:
	case QUERY_JSONL:
		break;
	}
	return text_table(p, e);
}

int
extract_put_row(struct extract_put *p, const struct mark_cell *cell,
    struct err *e)
{
	p->rows++;
	switch (p->x->format) {
	case QUERY_XLSX:
		book_row(p, cell);
		return 0;
	case QUERY_SQLITE:
		return base_row(p, cell, e);
	case QUERY_CSV:
	case QUERY_JSONL:
		break;
	}
	return text_row(p, cell, e);
}

int
extract_put_end(struct extract_put *p, struct err *e)
{
	json_object_set_new(p->resource, "rows", json_integer(p->rows));
	if (p->x->format == QUERY_CSV || p->x->format == QUERY_JSONL)
		return text_end(p, e);
	json_object_set_new(p->resource, "dialect",
	    json_pack("{s:s}", p->x->format == QUERY_XLSX ? "sheet" : "table",
		p->x->format == QUERY_XLSX ? p->title : p->name));
	json_array_append(p->waiting, p->resource);
	return 0;
}

int
extract_put_finish(struct extract_put *p, struct err *e)
{
	const char *format = query_format_name(p->x->format);
	struct xlsx_write *book = p->book;
	char name[32];
	char sha256[DIGEST_TEXT];
	uint64_t bytes;
	size_t i;
	json_t *r;
	int fd, rc;

	if (book == NULL && p->base == NULL)
		return 0;
	p->book = NULL;
	if ((book != NULL && xlsx_write_close(book, e) == -1) ||
	    (p->base != NULL && base_close(p, e) == -1))
		return -1;
	fd = open(p->path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot open '%s'", p->path);
	snprintf(name, sizeof(name), "data.%s", format);
	rc = zip_write_file(p->x->zip, name, fd, &bytes, sha256, e);
	(void)close(fd);
	if (rc == -1)
		return -1;
	json_array_foreach(p->waiting, i, r) {
		tell_file(r, name, format, bytes, sha256);
		json_array_append(p->x->resources, r);
	}
	return 0;
}
