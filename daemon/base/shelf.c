#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/shelf.h"
#include "base/standing.h"
#include "sys/file.h"
#include "sys/home.h"

static int
place_signers(struct err *e)
{
	struct buf line;
	struct buf pub;
	int rc;

	buf_init(&line, 4096);
	buf_addstr(&line, "zayton namespaces=\"zayton-receipt\" ");
	buf_init(&pub, 4096);
	rc = file_read(AT_FDCWD, HOME_RECEIPT_KEY ".pub", &pub, e);
	if (rc == 0)
		buf_add(&line, pub.data, pub.len);
	if (rc == 0)
		rc = file_place(AT_FDCWD, HOME_STANDARDS "/allowed_signers",
		    line.data, line.len, 0644, e);
	buf_done(&line);
	buf_done(&pub);
	return rc;
}

int
shelf_fill(const struct standing *s, struct err *e)
{
	int rc = place_signers(e);

	for (size_t i = 0; rc == 0 && i < pack_count(s->pack); i++) {
		const struct pack_file *f = pack_at(s->pack, i);
		char path[256];

		if (strncmp(f->name, "schemas/", 8) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", HOME_STANDARDS,
		    f->name + 8);
		rc = file_place(AT_FDCWD, path, f->data, f->len, 0644, e);
	}
	return rc;
}
