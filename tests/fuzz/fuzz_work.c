#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/rules.h"
#include "form/rowfile.h"
#include "way/work.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The whole work of a worker: bare tables, queries, lists of enterprises,
 * objections, nil reports, and archives of a data package and a table. The
 * first byte says which; '\xff' parts the members of an archive.
 */
static const struct kind {
	const char *name;  /* of the bundle */
	const char *first; /* of an archive: its members, NULL: bare */
	const char *second;
	int query;
} kinds[] = {
	{ "demo_bill.csv", NULL, NULL, 0 },
	{ "q.json", NULL, NULL, 1 },
	{ "list.csv", NULL, NULL, 1 },
	{ "objection.csv", NULL, NULL, 0 },
	{ "nil.json", NULL, NULL, 0 },
	{ "a.tar", "datapackage.json", "a.csv", 0 },
	{ "b.tar", "nil.json", "objection.csv", 0 },
};

static struct pack *pack; /* which work goes on needing */
static struct work *work;

static void
tar_add(struct buf *b, const char *name, const uint8_t *p, size_t len)
{
	char head[512] = { 0 };
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644", 7);
	memcpy(head + 108, "0000000", 7);
	memcpy(head + 116, "0000000", 7);
	snprintf(head + 124, 12, "%011o", (unsigned)len & 0xffffff);
	memcpy(head + 136, "00000000000", 11);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum & 0777777);
	buf_add(b, head, sizeof(head));
	buf_add(b, p, len);
	while (b->len % 512 != 0)
		buf_addch(b, '\0');
}

static int
memory_file(const void *p, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, len) != (ssize_t)len)
		abort();
	return fd;
}

static int
bundle(const struct kind *k, const uint8_t *p, size_t len)
{
	static const char zeros[1024];
	const uint8_t *part;
	size_t first;
	struct buf b;
	int fd;

	if (k->first == NULL)
		return memory_file(p, len);
	part = len > 0 ? memchr(p, 0xff, len) : NULL;
	first = part != NULL ? (size_t)(part - p) : len;
	buf_init(&b, 1 << 20);
	tar_add(&b, k->first, p, first);
	if (part != NULL)
		tar_add(&b, k->second, part + 1, len - first - 1);
	buf_add(&b, zeros, sizeof(zeros));
	fd = memory_file(b.data, b.len);
	buf_done(&b);
	return fd;
}

/* What the keeper reads of it. */
static void
look_at(int rows)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_summary *s;
	struct rowfile_record rec;
	struct err e;

	if (rowfile_open(rows, &r, &e) == -1)
		abort();
	s = rowfile_verdict(r);
	for (size_t i = 0; i < s->nfiles; i++) {
		uint64_t at = s->file[i].begin;
		int rc;

		if (s->file[i].accepted + s->file[i].rejected !=
		    s->file[i].rows)
			abort();
		while ((rc = rowfile_next(r, &s->file[i], &at, &rec, &e)) == 1)
			;
		if (rc == -1)
			abort();
	}
	rowfile_close(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kind *k;
	struct work_job j = { .id = "B1",
		.received_at = "2016-04-01T09:00:00+08:00" };
	struct err e;

	if (size < 1 || size > 65536)
		return 0;
	if (pack == NULL)
		pack = rules_pack(NULL);
	if (work == NULL && work_open(pack, "DEM", &work, &e) == -1)
		abort();
	k = &kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))];
	j.bundle = bundle(k, data + 1, size - 1);
	j.name = k->name;
	j.query = k->query;
	j.rows = memfd_create("rows", MFD_CLOEXEC);
	j.rejected = memfd_create("rejected", MFD_CLOEXEC);
	j.spool = -1;
	if (work_run(work, &j, &e) == 0)
		look_at(j.rows);
	else if (e.kind == ERR_HOLD)
		abort(); /* no script is at fault here */
	(void)close(j.bundle);
	(void)close(j.rows);
	(void)close(j.rejected);
	return 0;
}
