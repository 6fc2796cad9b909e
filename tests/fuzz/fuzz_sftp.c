#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "door/sftp.h"
#include "door/tree.h"

/*
 * A client's stream, packet after packet, and for each request the replies
 * that repeat what it said.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t reply[4096];

static void
answer(const struct sftp_request *r)
{
	struct sftp_out o = { reply, 0, 16 + r->id % (sizeof(reply) - 16), 0 };
	size_t at;

	sftp_put_status(&o, r->id, SFTP_FAILURE, r->path[0]);
	sftp_put_handle(&o, r->id, r->handle);
	sftp_put_attrs(&o, r->id, &r->attrs);
	sftp_names_begin(&o, &at);
	if (sftp_names_add(&o, at, r->path[0], r->path[1], &r->attrs) == 0)
		sftp_names_end(&o, at, r->id, 1);
	if (o.len > o.room)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sftp_request r;
	struct place p;
	size_t len;

	while (sftp_packet(data, size, &len) == 1) {
		int rc = sftp_parse(data, len, &r);

		if (rc == -1)
			break;
		if (r.type == SFTP_WRITE && rc == 1 && r.len > 0 &&
		    (r.data < data || r.data + r.len > data + len))
			abort();
		for (int i = 0; i < 2 && rc == 1; i++)
			if (tree_place(ACCOUNT_DEPARTMENT, r.path[i], &p) ==
				0 &&
			    (p.path[0] != '/' || strstr(p.path, "//") != NULL ||
				strstr(p.path, "/../") != NULL))
				abort();
		answer(&r);
		data += len;
		size -= len;
	}
	return 0;
}
