#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/err.h"
#include "way/unpack.h"

/*
 * The first byte chooses the kind, the rest is the file. What container_check
 * lets pass is unpacked, twice as greedy as any worker would be.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct container_limits limits = { 100, 512, 8 << 20, 400 };

static void
drain(struct unpack *u)
{
	static char buf[65536];
	struct member m;
	struct err e;
	int rc;

	while ((rc = unpack_next(u, &m, &e)) != 0)
		if (rc == 1)
			while (unpack_read(u, buf, sizeof(buf), &e) > 0)
				continue;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	struct unpack *u;
	struct err e;
	int fd;

	if (!ready && unpack_prepare(&e) == -1)
		return 0;
	ready = 1;
	if (size < 1)
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd == -1)
		return 0;
	if (write(fd, data + 1, size - 1) == (ssize_t)(size - 1)) {
		u = unpack_open(fd,
		    (enum container_kind)(1 + data[0] % CONTAINER_JSON),
		    &limits, &e);
		if (u != NULL)
			drain(u);
		unpack_close(u);
	}
	close(fd);
	return 0;
}
