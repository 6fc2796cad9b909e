#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/log.h"

int
file_read(int dir, const char *path, struct buf *b, struct err *e)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	int rc = -1;
	ssize_t n = 1;

	if (fd == -1)
		return err_errno(e, ERR_HOLD, "cannot open '%s'", path);
	while (n > 0) {
		char chunk[16384];

		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_add(b, chunk, (size_t)n);
	}
	if (n == -1)
		err_errno(e, ERR_HOLD, "cannot read '%s'", path);
	else if (!buf_ok(b))
		err_set(e, ERR_HOLD, "'%s' is longer than %zu bytes", path,
		    b->max);
	else
		rc = 0;
	(void)close(fd);
	return rc;
}

static int
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ".name.new" beside the file. */
static int
temporary(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;

	return snprintf(buf, size, "%.*s.%s.new", (int)folder, path,
		   path + folder) < (int)size
		   ? 0
		   : -1;
}

static void
sync_folder(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - path) : 1,
	    slash != NULL ? path : ".");
	fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		log_fatal("fsync of '%s' failed: %s", folder, strerror(errno));
	(void)close(fd);
}

static int
put(int dir, const char *path, const void *p, size_t len, mode_t mode,
    int durable, struct err *e)
{
	char tmp[PATH_MAX];
	int fd = -1;
	int rc = -1;

	if (temporary(path, tmp, sizeof(tmp)) == -1)
		return err_set(e, ERR_HOLD, "name too long: '%s'", path);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd == -1) {
		err_errno(e, ERR_RETRY, "cannot create '%s'", tmp);
		goto out;
	}
	if (write_all(fd, p, len) == -1) {
		err_errno(e, ERR_RETRY, "cannot write '%s'", tmp);
		goto out;
	}
	if (durable && fsync(fd) == -1)
		log_fatal("fsync of '%s' failed: %s", tmp, strerror(errno));
	if (renameat(dir, tmp, dir, path) == -1) {
		err_errno(e, ERR_RETRY, "cannot place '%s'", path);
		goto out;
	}
	if (durable)
		sync_folder(dir, path);
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	if (rc == -1)
		(void)unlinkat(dir, tmp, 0);
	return rc;
}

int
file_publish(int dir, const char *path, const void *p, size_t len, mode_t mode,
    struct err *e)
{
	return put(dir, path, p, len, mode, 1, e);
}

int
file_place(int dir, const char *path, const void *p, size_t len, mode_t mode,
    struct err *e)
{
	return put(dir, path, p, len, mode, 0, e);
}

void
file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		log_fatal("fsync of '%s' failed: %s", path, strerror(errno));
	(void)close(fd);
}

int
file_mkdir(int dir, const char *path, mode_t mode, struct err *e)
{
	if (mkdirat(dir, path, mode) == -1 && errno != EEXIST)
		return err_errno(e, ERR_HOLD, "cannot make '%s'", path);
	return 0;
}

int
file_hidden_folder(const char *folder, char *buf, size_t size, struct err *e)
{
	if ((size_t)snprintf(buf, size, "%s/.tmp", folder) >= size)
		return err_set(e, ERR_HOLD, "name too long: '%s'", folder);
	return file_mkdir(AT_FDCWD, buf, 0700, e);
}

static int
copy_one(const char *from, const char *to, const char *name, struct err *e)
{
	enum { MOST = 64 << 20 };
	char source[PATH_MAX];
	char target[PATH_MAX];
	struct buf b;
	int rc = 0;

	snprintf(source, sizeof(source), "%s/%s", from, name);
	snprintf(target, sizeof(target), "%s/%s", to, name);
	if (access(target, F_OK) == 0)
		return 0;
	buf_init(&b, MOST);
	rc = file_read(AT_FDCWD, source, &b, e);
	if (rc == 0)
		rc = file_publish(AT_FDCWD, target, b.data, b.len, 0644, e);
	buf_done(&b);
	return rc;
}

int
file_copy_new(const char *from, const char *to, struct err *e)
{
	DIR *d = opendir(from);
	struct dirent *entry;
	struct stat st;
	int rc = 0;

	if (d == NULL)
		return err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(d), entry->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode))
			rc = copy_one(from, to, entry->d_name, e);
	(void)closedir(d);
	return rc;
}
