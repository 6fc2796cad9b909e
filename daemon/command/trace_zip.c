#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command/trace_part.h"
#include "form/xlsx.h"
#include "sys/mem.h"
#include "way/unpack.h"

/* What is a zip to zayton trace: a workbook, or a package of tables. */

enum { PIECE = 64 << 10 };
#define MEMBER_MAX (INT64_C(1) << 30) /* of a member that is read */

int
trace_prepare(struct err *e)
{
	return unpack_prepare(e);
}

/* ---- a workbook ------------------------------------------------------------- */

struct book {
	int fd;
	uint64_t size;
	struct unpack *parts; /* owned */
};

static int
part_open(void *arg, const char *part, struct err *e)
{
	struct book *b = arg;

	unpack_close(b->parts);
	return unpack_part(b->fd, b->size, &container_limits_default, part,
	    &b->parts, e);
}

static ssize_t
part_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct book *b = arg;

	return unpack_read(b->parts, buf, size, e);
}

static int
read_sheet(struct mark_weigh *w, struct xlsx *x, struct err *e)
{
	struct csv_row row;
	int rows = 0, rc;

	mark_weigh_table(w);
	while ((rc = xlsx_next(x, &row, e)) == 1 && rows++ < MARK_LINES)
		for (size_t i = 0; i < row.n; i++) {
			const struct csv_field *f = &row.field[i];
			char text[16];

			if (!mark_weigh_is_enterprise(f->data, f->len))
				continue;
			snprintf(text, sizeof(text), "%.*s", (int)f->len,
			    f->data);
			mark_weigh_row(w, text);
			break;
		}
	return rc == -1 ? -1 : 0;
}

static int
trace_book(struct mark_weigh *w, int fd, uint64_t size, struct err *e)
{
	struct book b = { .fd = fd, .size = size };
	const struct xlsx_parts parts = { .open = part_open,
		.read = part_read,
		.arg = &b,
		.packed = size,
		.spill = -1 };
	struct xlsx *x = NULL;
	int rc = xlsx_open(&parts, &container_limits_default, &x, e);

	for (size_t i = 0; rc == 0 && i < xlsx_count(x); i++) {
		rc = xlsx_sheet(x, i, e);
		if (rc == 0)
			rc = read_sheet(w, x, e);
	}
	xlsx_close(x);
	unpack_close(b.parts);
	return rc;
}

/* ---- a package -------------------------------------------------------------- */

static int
is_table(const char *path)
{
	static const char *const kind[] = { ".csv", ".jsonl", ".xlsx",
		".sqlite" };
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		size_t n = strlen(kind[i]);

		if (len > n && strcasecmp(path + len - n, kind[i]) == 0)
			return 1;
	}
	return 0;
}

/* The member, as a file of its own in memory. */
static int
lay_down(struct unpack *u, int fd, struct err *e)
{
	char *piece = xmalloc(PIECE);
	int64_t all = 0;
	ssize_t n;

	while ((n = unpack_read(u, piece, PIECE, e)) > 0) {
		all += n;
		if (all > MEMBER_MAX) {
			n = err_set(e, ERR_SENDER, "a member above 1 GiB");
			break;
		}
		for (ssize_t at = 0, k; at < n; at += k) {
			k = write(fd, piece + at, (size_t)(n - at));
			if (k == -1) {
				free(piece);
				return err_errno(e, ERR_RETRY,
				    "cannot lay down a member");
			}
		}
	}
	free(piece);
	return (int)n;
}

/* What is a zip in it is a workbook: packages are not looked for in packages. */
static int
trace_laid_down(struct mark_weigh *w, int fd, struct err *e)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char head[2];

	if (size < (off_t)sizeof(head) ||
	    pread(fd, head, sizeof(head), 0) != sizeof(head))
		return 0;
	return memcmp(head, "PK", sizeof(head)) == 0
		   ? trace_book(w, fd, (uint64_t)size, e)
		   : trace_file(w, fd, e);
}

static int
trace_member(struct mark_weigh *w, struct unpack *u, struct err *e)
{
	int fd = memfd_create("member", MFD_CLOEXEC);
	int rc;

	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot lay down a member");
	rc = lay_down(u, fd, e) == -1 ? -1 : trace_laid_down(w, fd, e);
	(void)close(fd);
	return rc;
}

/* Its tables, one after the other: how many, -1. */
static int
trace_members(struct mark_weigh *w, struct unpack *u, struct err *e)
{
	struct member m;
	int tables = 0, rc;

	while ((rc = unpack_next(u, &m, e)) == 1) {
		if (!is_table(m.path))
			continue;
		if (trace_member(w, u, e) == -1)
			return -1;
		tables++;
	}
	return rc == -1 ? -1 : tables;
}

int
trace_zip(struct mark_weigh *w, int fd, size_t size, struct err *e)
{
	struct unpack *u =
	    unpack_open(fd, CONTAINER_ZIP, &container_limits_default, e);
	int tables;

	/* What has the shape of a workbook is no bundle. */
	if (u == NULL)
		return trace_book(w, fd, size, e);
	tables = trace_members(w, u, e);
	unpack_close(u);
	return tables != 0 ? tables == -1 ? -1 : 0 : trace_book(w, fd, size, e);
}
