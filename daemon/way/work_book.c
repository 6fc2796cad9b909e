#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "form/xlsx.h"
#include "form/xlsx_template.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "way/read.h"
#include "way/work_part.h"

/*
 * A workbook. Its parts are asked for in an order of their own, so one that
 * comes out of an archive is laid down in the spool first; a bare one is read
 * where it is. Strings that do not fit into memory go behind it.
 */

enum { PIECE = 64 << 10, PARTS = 2000, PATH = MEMBER_PATH + 100 };
#define SPOOL_MAX (UINT64_C(512) << 20)

/* What a sheet is to us. */
enum sheet_state { HIDDEN, BLANK, NOTES, UNKNOWN, TAKEN };

struct book {
	struct job *job;
	const struct member *member;
	const char *path;
	const struct manifest_resource *said;
	int fd; /* where it stands, from its beginning */
	uint64_t size;
	char sha256[2 * HASH_SHA256_BYTES + 1];
	struct unpack *parts; /* owned: opened for the part that is read */
	struct xlsx *x;       /* owned */
	uint8_t state[XLSX_SHEETS];
	size_t filled;
	size_t taken;
};

/* ---- its bytes ---- */

static int
lay_down(struct book *b, const void *p, size_t len, struct err *e)
{
	const char *from = p;

	if (b->size + len > SPOOL_MAX)
		return err_say(e, ERR_SENDER, "xlsx_large", "512 MiB", NULL);
	while (len > 0) {
		ssize_t n = pwrite(b->fd, from, len, (off_t)b->size);

		if (n == -1 && errno != EINTR)
			return err_errno(e, ERR_RETRY,
			    "cannot lay down a workbook");
		if (n > 0) {
			b->size += (uint64_t)n;
			from += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Every byte is seen once, for its digest; one in an archive is laid down. */
static int
fetch(struct book *b, struct err *e)
{
	struct job *j = b->job;
	struct hash *h = hash_new(HASH_SHA256);
	unsigned char digest[HASH_SHA256_BYTES];
	uint8_t *piece = xmalloc(PIECE);
	int bare = j->kind == CONTAINER_XLSX;
	ssize_t n;

	b->fd = bare ? j->said->bundle : j->said->spool;
	while ((n = unpack_read(j->unpack, piece, PIECE, e)) > 0) {
		hash_add(h, piece, (size_t)n);
		if (bare)
			b->size += (uint64_t)n;
		else if (lay_down(b, piece, (size_t)n, e) == -1)
			break;
	}
	hash_end(h, digest);
	hash_hex(digest, sizeof(digest), b->sha256);
	hash_free(h);
	free(piece);
	return n == 0 ? 0 : -1;
}

/* ---- its parts ---- */

static void
leave_part(struct book *b)
{
	if (b->parts != NULL)
		b->job->books_bytes += unpack_bytes(b->parts);
	unpack_close(b->parts);
	b->parts = NULL;
}

static int
part_open(void *arg, const char *part, struct err *e)
{
	struct book *b = arg;
	struct container_limits l = b->job->limits;

	leave_part(b);
	l.members = PARTS;
	l.unpacked = l.unpacked > b->job->books_bytes
			 ? l.unpacked - b->job->books_bytes
			 : 0;
	return unpack_part(b->fd, b->size, &l, part, &b->parts, e);
}

static ssize_t
part_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct book *b = arg;

	return unpack_read(b->parts, buf, size, e);
}

static int
open_book(struct book *b, struct err *e)
{
	const struct xlsx_parts parts = { .open = part_open,
		.read = part_read,
		.arg = b,
		.packed = b->size,
		.spill = b->job->said->spool,
		.spill_from = b->fd == b->job->said->spool ? b->size : 0 };

	return xlsx_open(&parts, &b->job->limits, &b->x, e);
}

/* ---- its sheets ---- */

/* A sheet of notes beside the tables, as in the templates. */
static int
is_notes(const char *name)
{
	static const char word[] = "说明";
	size_t n = strlen(name);

	return n >= sizeof(word) - 1 &&
	       strcmp(name + n - (sizeof(word) - 1), word) == 0;
}

/* What the package says of the sheet, else of the workbook. */
static const struct manifest_resource *
resource_of(struct book *b, size_t i)
{
	char path[PATH];
	const struct manifest_resource *said;

	snprintf(path, sizeof(path), "%s#%s", b->member->path,
	    xlsx_name(b->x, i));
	said = work_resource(b->job, path);
	return said != NULL ? said : b->said;
}

static int
is_blank(struct book *b, size_t i, struct err *e)
{
	struct csv_row row;
	int rc;

	if (xlsx_sheet(b->x, i, e) == -1)
		return -1;
	rc = xlsx_next(b->x, &row, e);
	return rc == -1 ? -1 : rc == 0;
}

/* Whether its header tells a dataset. */
static int
is_known(struct book *b, size_t i, struct err *e)
{
	const struct work *w = b->job->work;
	const struct schema *s;
	const struct cell *cell;
	struct read *r;
	size_t n;
	int rc;

	if (xlsx_sheet(b->x, i, e) == -1 ||
	    read_open_sheet(w->schemas, w->provider, b->x, &r, e) == -1)
		return 0;
	cell = read_header(r, &n);
	rc = match_dataset(w->schemas, w->provider,
	    work_declared(b->job, resource_of(b, i)), xlsx_name(b->x, i), cell,
	    n, &s, e);
	read_close(r);
	return rc == 0;
}

/* Which sheets are read: a look at the top of each. */
static int
sort_out(struct book *b, struct err *e)
{
	struct err why;

	for (size_t i = 0; i < xlsx_count(b->x); i++) {
		int blank = 0;

		b->state[i] =
		    !xlsx_is_hidden(b->x, i) ? UNKNOWN
		    : strcmp(xlsx_name(b->x, i), XLSX_TEMPLATE_CODES) == 0
			? NOTES
			: HIDDEN;
		if (b->state[i] != HIDDEN)
			blank = is_blank(b, i, e);
		if (blank == -1)
			return -1;
		if (blank)
			b->state[i] = BLANK;
		else if (b->state[i] == UNKNOWN && is_notes(xlsx_name(b->x, i)))
			b->state[i] = NOTES;
		b->filled += b->state[i] == UNKNOWN;
	}
	for (size_t i = 0; i < xlsx_count(b->x); i++)
		if (b->state[i] == UNKNOWN &&
		    (b->filled == 1 || is_known(b, i, &why))) {
			b->state[i] = TAKEN;
			b->taken++;
		}
	return b->filled > 0 ? 0
			     : err_say(e, ERR_SENDER, "file_no_header", NULL);
}

static int
take_sheet(struct book *b, size_t i, struct err *e)
{
	char path[PATH];
	const struct work_sheet s = { .x = b->x,
		.i = i,
		.alone = b->filled == 1,
		.path = path,
		.said = resource_of(b, i),
		.bytes = b->size,
		.sha256 = b->sha256 };

	snprintf(path, sizeof(path), "%s#%s", b->path, xlsx_name(b->x, i));
	if (b->job->list != NULL)
		return work_list_sheet(b->job, b->x, i, e);
	return work_sheet(b->job, &s, e);
}

/* What was passed over is told with the last file that was taken. */
static int
tell_others(struct book *b, struct err *e)
{
	struct job *j = b->job;
	const struct rowfile_summary *s = rowfile_summary(j->rows);

	if (s->file[s->nfiles - 1].error.code[0] != '\0')
		return 0;

	for (size_t i = 0; i < xlsx_count(b->x); i++) {
		const char *code = b->state[i] == HIDDEN    ? "sheet_hidden"
				   : b->state[i] == UNKNOWN ? "sheet_ignored"
							    : NULL;

		if (code != NULL &&
		    work_find(j, e, code, xlsx_name(b->x, i), NULL) == -1)
			return -1;
	}
	return xlsx_has_macros(b->x) ? work_find(j, e, "xlsx_macros", NULL) : 0;
}

/* Where no sheet is known each is refused with its own reason. */
static int
take_sheets(struct book *b, struct err *e)
{
	for (size_t i = 0; i < xlsx_count(b->x); i++)
		if ((b->state[i] == TAKEN ||
			(b->state[i] == UNKNOWN && b->taken == 0)) &&
		    take_sheet(b, i, e) == -1)
			return -1;
	return b->taken > 0 ? tell_others(b, e) : 0;
}

int
work_book(struct job *j, const struct member *m, struct err *e)
{
	struct book *b = xcalloc(1, sizeof(*b));
	int rc = -1;

	b->job = j;
	b->member = m;
	b->path = m->path[0] != '\0' ? m->path : j->said->name;
	b->said = work_resource(j, m->path);
	if (fetch(b, e) == -1 || open_book(b, e) == -1 ||
	    sort_out(b, e) == -1) {
		if (e->kind == ERR_SENDER && !unpack_over(j->unpack)) {
			(void)rowfile_begin(j->rows, b->path);
			rowfile_refuse(j->rows, e);
			rc = 0;
		}
	} else {
		rc = take_sheets(b, e);
	}
	xlsx_close(b->x);
	leave_part(b);
	free(b);
	return rc;
}
