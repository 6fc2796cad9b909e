#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "form/csv.h"
#include "form/decode.h"
#include "sys/buf.h"
#include "way/work_part.h"

enum { TEXT_MAX = 4 << 20, ID_MAX = 18, REASON_MAX = 600, ROWS_MAX = 2000 };

static const char *const id_names[] = { "编号", "问题编号", "发现编号", "id",
	"finding", "finding id", "finding_id", NULL };
static const char *const reason_names[] = { "理由", "异议理由", "原因", "说明",
	"reason", NULL };

int
work_is_dispute(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	return strncasecmp(name, "objection", 9) == 0 ||
	       strncmp(name, "问题异议", strlen("问题异议")) == 0;
}

/* A cell without the blanks around it. */
static struct csv_field
trimmed(const struct csv_row *row, size_t i)
{
	struct csv_field f = { "", 0 };

	if (i >= row->n)
		return f;
	f = row->field[i];
	while (f.len > 0 && strchr(" \t", f.data[0]) != NULL) {
		f.data++;
		f.len--;
	}
	while (f.len > 0 && strchr(" \t\r", f.data[f.len - 1]) != NULL)
		f.len--;
	return f;
}

static int
find_column(const struct csv_row *row, const char *const *names)
{
	for (size_t i = 0; i < row->n; i++)
		for (size_t k = 0; names[k] != NULL; k++) {
			struct csv_field f = trimmed(row, i);

			if (f.len == strlen(names[k]) &&
			    strncasecmp(f.data, names[k], f.len) == 0)
				return (int)i;
		}
	return -1;
}

static int
leave(struct job *j, const char *id, const char *reason, struct err *e)
{
	struct finding f = { .rule = "objection_raised",
		.severity = SEVERITY_INFO,
		.effect = EFFECT_KEEP,
		.field = -1,
		.header = "",
		.value = id,
		.zh = reason,
		.en = reason };

	return rowfile_find(j->rows, &f, e);
}

/* Where a reason has to be cut, a character stays whole. */
static void
copy_reason(char to[REASON_MAX], const struct csv_field *f)
{
	size_t n = f->len < REASON_MAX ? f->len : REASON_MAX - 1;

	while (
	    n > 0 && n < f->len && ((unsigned char)f->data[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, f->data, n);
	to[n] = '\0';
	for (char *c = to; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

static int
take_row(struct job *j, const struct csv_row *row, int id_at, int reason_at,
    struct err *e)
{
	struct csv_field id = trimmed(row, (size_t)id_at);
	struct csv_field reason = trimmed(row, (size_t)reason_at);
	char number[ID_MAX + 1];
	char words[REASON_MAX];
	char at[24];

	snprintf(at, sizeof(at), "%llu", (unsigned long long)row->record);
	if (id.len == 0 || id.len > ID_MAX || reason.len == 0)
		return work_find(j, e, "objection_row", at, NULL);
	memcpy(number, id.data, id.len);
	number[id.len] = '\0';
	if (strspn(number, "0123456789") != id.len)
		return work_find(j, e, "objection_row", at, NULL);
	copy_reason(words, &reason);
	return leave(j, number, words, e);
}

static int
take_rows(struct job *j, struct csv *csv, const char *path, struct err *e)
{
	struct csv_row row;
	struct err why;
	int id_at, reason_at;

	if (csv_next(csv, &row) != 1)
		goto headless;
	id_at = find_column(&row, id_names);
	reason_at = find_column(&row, reason_names);
	if (id_at == -1 || reason_at == -1)
		goto headless;
	for (int i = 0; i < ROWS_MAX && csv_next(csv, &row) == 1; i++)
		if (take_row(j, &row, id_at, reason_at, e) == -1)
			return -1;
	return 0;
headless:
	(void)err_say(&why, ERR_SENDER, "objection_header", path, NULL);
	rowfile_refuse(j->rows, &why);
	return 0;
}

int
work_dispute(struct job *j, const char *path, struct err *e)
{
	struct rowfile_file *f = rowfile_begin(j->rows, path);
	struct decoder d;
	struct csv csv;
	struct buf raw, text;
	int rc = -1;

	buf_init(&raw, MANIFEST_BYTES + 1);
	buf_init(&text, TEXT_MAX);
	csv_init(&csv, &csv_limits_default);
	if (work_read_whole(j, &raw, e) == -1)
		goto out;
	decoder_init(&d,
	    encoding_detect((const uint8_t *)raw.data, raw.len, 1));
	decoder_feed(&d, (const uint8_t *)raw.data, raw.len, 1, &text);
	snprintf(f->encoding, sizeof(f->encoding), "%s", encoding_name(d.enc));
	decoder_done(&d);
	csv_feed(&csv, text.data, text.len, 1);
	rc = take_rows(j, &csv, path, e);
out:
	csv_done(&csv);
	buf_done(&text);
	buf_done(&raw);
	return rc;
}
