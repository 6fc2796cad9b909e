/*
 * usage: disk IMAGE LOG MOUNTPOINT
 *
 * A disk that remembers: a file system with one file, "disk", whose bytes are
 * those of IMAGE, to be mounted over a loop device. Each write to it, each
 * flush, and each text that is written into the file "mark", becomes a record
 * of LOG, in the order in which they came:
 *
 *	1 byte   'w' a write, 'f' a flush, 'm' a mark
 *	8 bytes  where, of a write
 *	4 bytes  length of what follows
 *
 * in the order of bytes of this machine. What a disk holds that lost its power
 * in between is then known: all writes before a flush, and of those after the
 * last one any that you like (tests/crash/cuts.py).
 */
#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int image = -1;
static int record = -1;
static off_t size;

static int
is_disk(const char *path)
{
	return strcmp(path, "/disk") == 0;
}

/* A record is whole or the run is worth nothing. */
static void
note(char kind, uint64_t at, const void *p, uint32_t len)
{
	struct iovec part[4] = { { &kind, 1 }, { &at, sizeof(at) },
		{ &len, sizeof(len) }, { (void *)(uintptr_t)p, len } };

	if (writev(record, part, 4) != (ssize_t)(13 + len)) {
		perror("disk: log");
		exit(1);
	}
}

static int
disk_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	(void)fi;
	memset(st, 0, sizeof(*st));
	st->st_nlink = 1;
	st->st_mode = S_IFREG | 0600;
	if (strcmp(path, "/") == 0)
		st->st_mode = S_IFDIR | 0700;
	else if (is_disk(path))
		st->st_size = size;
	else if (strcmp(path, "/mark") != 0)
		return -ENOENT;
	return 0;
}

static int
disk_open(const char *path, struct fuse_file_info *fi)
{
	fi->direct_io = !is_disk(path);
	return 0;
}

static int
disk_truncate(const char *path, off_t len, struct fuse_file_info *fi)
{
	(void)fi;
	(void)len;
	return is_disk(path) ? -EPERM : 0;
}

static int
disk_read(const char *path, char *buf, size_t len, off_t at,
    struct fuse_file_info *fi)
{
	ssize_t n = is_disk(path) ? pread(image, buf, len, at) : 0;

	(void)fi;
	return n == -1 ? -errno : (int)n;
}

static int
disk_write(const char *path, const char *buf, size_t len, off_t at,
    struct fuse_file_info *fi)
{
	(void)fi;
	note(is_disk(path) ? 'w' : 'm', (uint64_t)at, buf, (uint32_t)len);
	if (is_disk(path) && pwrite(image, buf, len, at) != (ssize_t)len)
		return -EIO;
	return (int)len;
}

static int
disk_fsync(const char *path, int data, struct fuse_file_info *fi)
{
	(void)data;
	(void)fi;
	if (is_disk(path))
		note('f', 0, "", 0);
	return 0;
}

static const struct fuse_operations operations = { .getattr = disk_getattr,
	.open = disk_open,
	.truncate = disk_truncate,
	.read = disk_read,
	.write = disk_write,
	.fsync = disk_fsync };

int
main(int argc, char **argv)
{
	char *args[] = { argv[0], "-f", "-s", argc > 3 ? argv[3] : NULL, NULL };
	struct stat st;

	if (argc != 4) {
		fprintf(stderr, "usage: disk IMAGE LOG MOUNTPOINT\n");
		return 2;
	}
	image = open(argv[1], O_RDWR | O_CLOEXEC);
	record = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (image == -1 || record == -1 || fstat(image, &st) == -1) {
		perror("disk");
		return 1;
	}
	size = st.st_size;
	return fuse_main(4, args, &operations, NULL);
}
