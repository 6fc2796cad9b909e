#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/address.h"
#include "sys/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is taken is within its ranges, and every text ends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char address[ADDRESS_BYTES] = { 1 };
	struct conf c;
	struct err e;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (conf_read(path, &c, &e) == 0) {
		if (c.startups_max < 1 || c.login_seconds > 600 ||
		    c.source_prefix_ipv4 > 32 || c.source_prefix_ipv6 > 128 ||
		    c.worker_bytes < 64 << 20)
			abort();
		if (strlen(c.listen) >= sizeof(c.listen) ||
		    strlen(c.penalty_exempt) >= sizeof(c.penalty_exempt))
			abort();
		(void)address_list_has(c.penalty_exempt, address);
	}
	(void)close(fd);
	return 0;
}
