#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "form/rowfile.h"
#include "sys/err.h"

/* What a hostile worker could leave for the keeper. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_file(struct rowfile_reader *r, const struct rowfile_file *f)
{
	struct rowfile_record rec;
	struct err e;
	uint64_t at = f->begin;

	while (rowfile_next(r, f, &at, &rec, &e) == 1) {
		if (rec.kind == ROWFILE_FINDING) {
			if (strlen(rec.rule) == 0)
				abort();
			continue;
		}
		if (rec.kind == ROWFILE_SENT)
			continue;
		for (size_t i = 0; i < rec.nvalues; i++)
			if (rec.value[i].kind == VALUE_TEXT &&
			    strlen(rec.value[i].text) != rec.value[i].len)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_summary *s;
	struct err e;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (rowfile_open(fd, &r, &e) == 0) {
		s = rowfile_verdict(r);
		for (size_t i = 0; i < s->nfiles; i++) {
			if (s->file[i].accepted + s->file[i].rejected !=
			    s->file[i].rows)
				abort();
			read_file(r, &s->file[i]);
		}
	}
	rowfile_close(r);
	(void)close(fd);
	return 0;
}
