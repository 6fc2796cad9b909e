/*
 * A wall clock that can be set while processes run: preloaded, it adds what the
 * file CRASH_CLOCK says (one int64, seconds) to what the kernel says. The file
 * is mapped before a role enters its jail. The monotonic clock stays true.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void
map(void)
{
	const char *path = getenv("CRASH_CLOCK");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at =
	    fd != -1 ? mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0)
		     : MAP_FAILED;

	if (at == MAP_FAILED)
		_exit(70);
	offset = at;
	(void)close(fd);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	if (rc == 0 && id == CLOCK_REALTIME && offset != NULL)
		t->tv_sec += *offset;
	return rc;
}

time_t
time(time_t *ret)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret != NULL)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}
