#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/query.h"
#include "form/text.h"
#include "form/xlsx.h"
#include "sys/mem.h"
#include "way/read.h"
#include "way/work_part.h"

/*
 * A query instead of data. JSON is one as it stands; of a list of enterprises
 * one is made, whose purpose the keeper finds in the list's name. What is left
 * in the rowfile is one row with the query's text.
 */

/* ---- a list ---- */

enum { LIST_COLUMNS = 64 };

/* The member of a subject that a column says, NULL where none. */
static const char *
word_of(const struct schemas *s, const struct cell *header)
{
	static const struct {
		const char *field;
		const char *word;
	} words[] = { { "entity_name", "name" }, { "uscc", "uscc" },
		{ "org_code", "org_code" }, { "tax_id", "tax_id" },
		{ "reg_no", "reg_no" }, { "loan_card_no", "loan_card" } };
	const struct field *f = match_anywhere(s, header);

	for (size_t i = 0; f != NULL && i < sizeof(words) / sizeof(words[0]);
	     i++)
		if (strcmp(f->name, words[i].field) == 0)
			return words[i].word;
	return NULL;
}

static void
add_word(json_t *subject, const char *word, const struct csv_field *cell)
{
	char text[QUERY_TEXT];
	size_t n;

	if (text_is_null(cell->data, cell->len))
		return;
	if (strcmp(word, "name") == 0)
		n = text_fold(cell->data, cell->len, text, sizeof(text));
	else
		n = text_code_fold(cell->data, cell->len, text, sizeof(text));
	if (n > 0 && json_object_get(subject, word) == NULL)
		json_object_set_new(subject, word, json_string(text));
}

static int
add_subject(struct job *j, const char *const word[], size_t n,
    const struct csv_row *row, struct err *e)
{
	json_t *subject = json_object();
	char most[16];

	for (size_t i = 0; i < n && i < row->n; i++)
		if (word[i] != NULL)
			add_word(subject, word[i], &row->field[i]);
	if (json_object_size(subject) == 0) {
		json_decref(subject);
		return 0;
	}
	json_array_append_new(j->list, subject);
	if (json_array_size(j->list) <= QUERY_SUBJECTS)
		return 0;
	snprintf(most, sizeof(most), "%d", QUERY_SUBJECTS);
	return err_say(e, ERR_SENDER, "query_limit", "subjects", "> 10000",
	    most, NULL);
}

static int
take_rows(struct job *j, struct read *r, struct err *e)
{
	const char *word[LIST_COLUMNS] = { NULL };
	const struct csv_row *row;
	const struct cell *cell;
	size_t n, known = 0;
	int rc;

	cell = read_header(r, &n);
	if (n > LIST_COLUMNS)
		n = LIST_COLUMNS;
	for (size_t i = 0; i < n; i++) {
		word[i] = word_of(j->work->schemas, &cell[i]);
		known += word[i] != NULL;
	}
	if (known == 0)
		return err_say(e, ERR_SENDER, "query_list", NULL);
	while ((rc = read_next(r, &row, e)) == 1)
		if (add_subject(j, word, n, row, e) == -1)
			return -1;
	return rc;
}

/* A refusal stands with the file, as those of data do. */
static int
take_list(struct job *j, struct read *r, int rc, struct err *e)
{
	if (rc == 0)
		rc = take_rows(j, r, e);
	read_close(r);
	if (rc == -1 && e->kind == ERR_SENDER && !unpack_over(j->unpack)) {
		rowfile_refuse(j->rows, e);
		rc = 0;
	}
	return rc;
}

static ssize_t
pull(void *arg, void *buf, size_t size, struct err *e)
{
	struct job *j = arg;

	return unpack_read(j->unpack, buf, size, e);
}

int
work_list_file(struct job *j, const struct member *m, struct err *e)
{
	const struct read_source source = { pull, j };
	const struct read_hints hints = { NULL, '\0' };
	struct read *r = NULL;
	int rc;

	(void)m;
	(void)rowfile_begin(j->rows, j->said->name);
	rc = read_open(j->work->schemas, NULL, &source, &hints, &r, e);
	return take_list(j, r, rc, e);
}

int
work_list_sheet(struct job *j, struct xlsx *x, size_t i, struct err *e)
{
	struct read *r = NULL;
	int rc;

	(void)rowfile_begin(j->rows, xlsx_name(x, i));
	rc = xlsx_sheet(x, i, e);
	if (rc == 0)
		rc = read_open_sheet(j->work->schemas, NULL, x, &r, e);
	return take_list(j, r, rc, e);
}

/* The members' rows as a query; their first refusal is that of the list. */
static int
make_of_list(struct job *j, struct query *q, struct err *e)
{
	const struct rowfile_summary *s = rowfile_summary(j->rows);

	j->list = json_array();
	if (work_open_members(j, e) == -1 || work_members(j, e) == -1)
		return -1;
	for (size_t i = 0; json_array_size(j->list) == 0 && i < s->nfiles; i++)
		if (s->file[i].error.code[0] != '\0') {
			*e = s->file[i].error;
			return -1;
		}
	if (json_array_size(j->list) == 0)
		return err_say(e, ERR_SENDER, "query_list_empty", NULL);
	return query_of(json_pack("{s:i, s:s, s:s, s:s, s:O}", "query", 1,
			    "list", j->said->name, "format",
			    j->kind == CONTAINER_XLSX ? "xlsx" : "csv",
			    "report", "credit", "subjects", j->list),
	    q, e);
}

/* ---- JSON ---- */

static int
read_json(struct job *j, struct query *q, struct err *e)
{
	char *text = xmalloc(QUERY_BYTES + 1);
	size_t len = 0;
	ssize_t n = 1;
	int rc = -1;

	while (n > 0 && len <= QUERY_BYTES) {
		n = pread(j->said->bundle, text + len, QUERY_BYTES + 1 - len,
		    (off_t)len);
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (n == -1)
		(void)err_errno(e, ERR_RETRY, "cannot read the query");
	else if (len > QUERY_BYTES)
		(void)err_say(e, ERR_SENDER, "query_json", "> 1 MiB", NULL);
	else
		rc = query_parse(text, len, q, e);
	free(text);
	return rc;
}

/* ---- the query ---- */

static int
put_query(struct job *j, const struct query *q, struct err *e)
{
	static const struct schema schema = { .dataset = "query",
		.version = "1",
		.nfields = 1 };
	char *text = query_text(q);
	int rc;

	(void)rowfile_begin(j->rows, j->said->name);
	row_start(&j->row, &schema, 1);
	j->row.key = "query";
	j->row.as_of = "";
	j->row.op = 'I';
	j->row.value[0] = (struct value){ .kind = VALUE_TEXT,
		.text = text,
		.len = strlen(text) };
	rc = rowfile_row(j->rows, &j->row, e);
	free(text);
	return rc;
}

int
work_query(struct job *j, struct err *e)
{
	struct query q = { .purpose = NULL };
	int rc;

	j->kind = container_kind_of(j->said->name);
	if (j->kind == CONTAINER_CSV || j->kind == CONTAINER_XLSX)
		rc = make_of_list(j, &q, e);
	else
		rc = read_json(j, &q, e);
	if (rc == 0)
		rc = put_query(j, &q, e);
	query_done(&q);
	return rc;
}
