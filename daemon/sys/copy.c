#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/copy.h"
#include "sys/file.h"

enum { PIECE = 1 << 20 };

static int
is_there(const char *to, const struct stat *from)
{
	struct stat st;

	return lstat(to, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == from->st_size &&
	       st.st_mtim.tv_sec == from->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == from->st_mtim.tv_nsec;
}

/* What file systems cannot do among themselves is read and written. */
static int
copy_bytes(int from, int to, uint64_t *bytes)
{
	static char piece[PIECE];
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, PIECE, 0)) > 0)
		*bytes += (uint64_t)n;
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP)
		return -1;
	while ((n = read(from, piece, sizeof(piece))) > 0) {
		if (write(to, piece, (size_t)n) != n)
			return -1;
		*bytes += (uint64_t)n;
	}
	return n == -1 ? -1 : 0;
}

static int
write_beside(int from, const struct stat *st, const char *to,
    struct copy_count *n, struct err *e)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	char new[PATH_MAX];
	int fd;
	int rc = -1;

	if ((size_t)snprintf(new, sizeof(new), "%s.new", to) >= sizeof(new))
		return err_set(e, ERR_HOLD, "name too long: '%s'", to);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    st->st_mode & 07777);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot create '%s'", new);
	if (copy_bytes(from, fd, &n->bytes) == -1 ||
	    fchmod(fd, st->st_mode & 07777) == -1 ||
	    futimens(fd, times) == -1) {
		err_errno(e, ERR_RETRY, "cannot write '%s'", new);
		goto out;
	}
	if (rename(new, to) == -1) {
		err_errno(e, ERR_RETRY, "cannot place '%s'", to);
		goto out;
	}
	n->files++;
	rc = 0;
out:
	(void)close(fd);
	if (rc == -1)
		(void)unlink(new);
	return rc;
}

int
copy_file(const char *from, const char *to, struct copy_count *n, struct err *e)
{
	struct stat st;
	int fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int rc = 0;

	if (fd == -1)
		return errno == ENOENT || errno == ELOOP
			   ? 0
			   : err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	if (fstat(fd, &st) == -1)
		rc = err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	else if (S_ISREG(st.st_mode) && is_there(to, &st))
		n->kept++;
	else if (S_ISREG(st.st_mode))
		rc = write_beside(fd, &st, to, n, e);
	(void)close(fd);
	return rc;
}

int
copy_tree(const char *from, const char *to, struct copy_count *n, struct err *e)
{
	char source[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int rc = 0;
	DIR *d = opendir(from);

	if (d == NULL)
		return errno == ENOENT
			   ? 0
			   : err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	if (fstat(dirfd(d), &st) == -1)
		rc = err_errno(e, ERR_HOLD, "cannot read '%s'", from);
	else
		rc = file_mkdir(AT_FDCWD, to, st.st_mode & 07777, e);
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (name[0] == '.' ||
		    fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (snprintf(source, PATH_MAX, "%s/%s", from, name) >=
			PATH_MAX ||
		    snprintf(target, PATH_MAX, "%s/%s", to, name) >= PATH_MAX)
			rc = err_set(e, ERR_HOLD, "name too long: '%s'", name);
		else if (S_ISDIR(st.st_mode))
			rc = copy_tree(source, target, n, e);
		else
			rc = copy_file(source, target, n, e);
	}
	(void)closedir(d);
	return rc;
}

int
copy_sync(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd == -1 || syncfs(fd) == -1
		     ? err_errno(e, ERR_HOLD, "cannot sync '%s'", dir)
		     : 0;

	if (fd != -1)
		(void)close(fd);
	return rc;
}
