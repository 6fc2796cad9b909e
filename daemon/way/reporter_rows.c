#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/csv.h"
#include "form/returned.h"
#include "form/text.h"
#include "form/xlsx_returned.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "way/reporter_part.h"

/*
 * rejected.xlsx out of rejected.csv, which stands since before the receipt:
 * the rows as sent are there, what is at fault in them is in the base.
 */

enum { PIECE = 256 << 10, FAULTS = 96, SENTENCE = 400, ROWS_MAX = 20000 };

struct rows {
	struct reporter *r;
	struct xlsx_returned *x;
	sqlite3_stmt *st;       /* findings, in the order of the rows */
	int found;              /* there is one at hand */
	struct csv_row *header; /* owned */
	int64_t bundle;
	int64_t file; /* of the sheet */
	int open;     /* a sheet is begun */
	size_t n;
	size_t nfaults;
	struct xlsx_fault fault[FAULTS];
	char zh[FAULTS][SENTENCE];
	char en[FAULTS][SENTENCE];
};

/* ---- what is at fault ---- */

static int
column_of(const struct csv_row *header, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = RETURNED_COLUMNS; len > 0 && i < header->n; i++)
		if (header->field[i].len == len &&
		    memcmp(header->field[i].data, name, len) == 0)
			return (int)(i - RETURNED_COLUMNS);
	return -1;
}

/* Cut on a whole character. */
static void
copy_text(char to[SENTENCE], const char *from)
{
	size_t n = text_cut(from, strlen(from), SENTENCE - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static void
add_fault(struct rows *w)
{
	int column = column_of(w->header, db_text(w->st, 2));
	struct xlsx_fault *f = &w->fault[w->nfaults];

	if (column == -1 || w->nfaults == FAULTS)
		return;
	copy_text(w->zh[w->nfaults], db_text(w->st, 3));
	copy_text(w->en[w->nfaults], db_text(w->st, 4));
	*f = (struct xlsx_fault){ (size_t)column, w->zh[w->nfaults],
		w->en[w->nfaults] };
	w->nfaults++;
}

/* Those of one row: both are in the order of files and of their rows. */
static int
find_faults(struct rows *w, const struct returned *row, struct err *e)
{
	int rc = 1;

	w->nfaults = 0;
	while (w->found) {
		int64_t file = sqlite3_column_int64(w->st, 0);
		int64_t at = sqlite3_column_int64(w->st, 1);
		int here = file == w->file && at == (int64_t)row->row;

		if (file > w->file ||
		    (file == w->file && at > (int64_t)row->row))
			break;
		if (here)
			add_fault(w);
		rc = db_next(w->r->db, w->st, e);
		w->found = rc == 1;
	}
	return rc == -1 ? -1 : 0;
}

/* ---- rows ---- */

static int
begin_sheet(struct rows *w, const struct csv_row *row)
{
	struct csv_row *copy = csv_row_copy(row);

	free(w->header);
	w->header = copy;
	w->open = 0;
	return 0;
}

static int
open_sheet(struct rows *w, const char *path, struct err *e)
{
	w->file = db_int(w->r->db, -1,
	    "SELECT no FROM bundle_file_t WHERE bundle = ? AND path = ? AND no"
	    " > ? ORDER BY no LIMIT 1",
	    "iti", w->bundle, path, w->file);
	w->open = 1;
	return xlsx_returned_sheet(w->x, path, w->header, e);
}

static int
take_row(struct rows *w, const struct csv_row *row, struct err *e)
{
	struct returned of;

	if (returned_is_header(row))
		return begin_sheet(w, row);
	if (w->header == NULL || returned_read(row, &of) == -1)
		return err_set(e, ERR_HOLD, "rejected.csv is not of its form");
	if (!w->open && open_sheet(w, of.path, e) == -1)
		return -1;
	w->n++;
	return find_faults(w, &of, e) == -1 ||
		       xlsx_returned_row(w->x, row, w->fault, w->nfaults, e) ==
			   -1
		   ? -1
		   : 0;
}

static int
take_all(struct rows *w, int fd, struct err *e)
{
	char *piece = xmalloc(PIECE);
	struct csv_row row;
	struct csv csv;
	ssize_t n = 1;
	int first = 1;
	int rc = 0;

	csv_init(&csv, &csv_limits_default);
	csv_set_separator(&csv, ',');
	while (rc == 0 && n > 0 && w->n < ROWS_MAX) {
		size_t skip = first ? 3 : 0; /* the mark of UTF-8 */

		n = read(fd, piece, PIECE);
		if (n == -1)
			rc =
			    err_errno(e, ERR_RETRY, "cannot read rejected.csv");
		if (n < (ssize_t)skip)
			skip = 0;
		if (n >= 0)
			csv_feed(&csv, piece + skip, (size_t)n - skip, n == 0);
		first = 0;
		while (rc == 0 && w->n < ROWS_MAX && csv_next(&csv, &row) == 1)
			rc = take_row(w, &row, e);
	}
	csv_done(&csv);
	free(piece);
	return rc;
}

static int
write_book(struct rows *w, int csv, const char *path, const char *folder,
    struct err *e)
{
	struct bundle b;
	int rc = bundle_find(w->r->db, w->r->what, &b, e);

	if (rc == 1)
		rc = db_query(w->r->db, &w->st, e,
		    "SELECT file, row, header, message_zh, message_en FROM"
		    " quality_issue_t WHERE bundle = ? AND effect = 0 AND row >"
		    " 0 ORDER BY file, row, no",
		    "i", b.no);
	w->bundle = b.no;
	w->file = -1;
	w->found = rc == 1;
	if (rc != -1)
		rc = xlsx_returned_open(path, folder, &w->x, e);
	if (rc == 0)
		rc = take_all(w, csv, e);
	if (rc == 0)
		rc = xlsx_returned_finish(w->x, e);
	xlsx_returned_close(w->x);
	db_done(w->st);
	free(w->header);
	return rc;
}

static int
digest_of(int dir, const char *name, json_t *digests, struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];
	char hex[2 * HASH_SHA256_BYTES + 1];
	struct hash *h = hash_new(HASH_SHA256);
	char *piece = xmalloc(PIECE);
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = -1;

	while (fd != -1 && (n = read(fd, piece, PIECE)) > 0)
		hash_add(h, piece, (size_t)n);
	hash_end(h, digest);
	hash_free(h);
	free(piece);
	if (fd != -1)
		(void)close(fd);
	if (n == -1)
		return err_errno(e, ERR_RETRY, "cannot read '%s'", name);
	hash_hex(digest, sizeof(digest), hex);
	json_object_set_new(digests, name, json_string(hex));
	return 0;
}

/* The library makes its file by name: hidden first, and then in its place. */
static int
write_and_place(struct reporter *r, int csv, struct err *e)
{
	static struct rows w;
	char folder[2 * SPOOL_TEXT + 64];
	char path[2 * SPOOL_TEXT + 96];
	char hidden[2 * SPOOL_TEXT + 96];

	memset(&w, 0, sizeof(w));
	w.r = r;
	snprintf(folder, sizeof(folder), "%s/%s/reports/%s", HOME_ACCOUNTS,
	    r->account, r->folder);
	snprintf(path, sizeof(path), "%s/.rejected.xlsx.new", folder);
	if (file_hidden_folder(folder, hidden, sizeof(hidden), e) == -1)
		return -1;
	if (write_book(&w, csv, path, hidden, e) == -1) {
		(void)unlinkat(r->dir, ".rejected.xlsx.new", 0);
		return -1;
	}
	file_sync(path);
	return renameat(r->dir, ".rejected.xlsx.new", r->dir,
		   "rejected.xlsx") == -1
		   ? err_errno(e, ERR_RETRY, "cannot place rejected.xlsx")
		   : 0;
}

int
reporter_rows(struct reporter *r, json_t *digests, struct err *e)
{
	int csv =
	    openat(r->dir, "rejected.csv", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (csv == -1)
		return errno == ENOENT ? 0
				       : err_errno(e, ERR_RETRY,
					     "cannot open rejected.csv");
	rc = write_and_place(r, csv, e);
	(void)close(csv);
	return rc == -1 ||
		       digest_of(r->dir, "rejected.csv", digests, e) == -1 ||
		       digest_of(r->dir, "rejected.xlsx", digests, e) == -1
		   ? -1
		   : 0;
}
