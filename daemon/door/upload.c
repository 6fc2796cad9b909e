#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "door/arrival.h"
#include "door/upload.h"
#include "form/query.h"
#include "sys/hash.h"
#include "sys/mem.h"

enum {
	BACK = 256 * 1024, /* read back at once */
	PUSH = 32 << 20    /* written before the disk is set to work */
};

/* --- opening ------------------------------------------------------------- */

/* A lock of the open file, so that two sessions never write one upload. */
static int
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static struct upload *
upload_new(int fd, char kind, const struct upload_limits *l)
{
	struct upload *u = xcalloc(1, sizeof(*u));

	u->fd = fd;
	u->bytes_max = l->bytes_max;
	if (kind == 'q' && u->bytes_max > QUERY_BYTES)
		u->bytes_max = QUERY_BYTES;
	u->hash = hash_new(HASH_SHA256);
	return u;
}

static int
room_check(const struct tree *t, const struct upload_limits *l, struct err *e)
{
	struct statvfs v;

	if (fstatvfs(t->uploading, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize < l->disk_reserve)
		return err_say(e, ERR_RETRY, "disk_full", NULL);
	return 0;
}

int
upload_create(const struct tree *t, const struct folder *f, const char *name,
    const struct upload_limits *l, struct upload **ret_u, struct err *e)
{
	struct spool_name n = { .kind = arrival_kind(f, name) };
	struct upload *u;
	int temporary;
	int kind = arrival_name(f, name, &temporary, e);
	int fd;

	if (kind == -1 || room_check(t, l, e) == -1)
		return -1;
	spool_new_id(n.id);
	snprintf(n.account, sizeof(n.account), "%s", t->account);
	snprintf(n.name, sizeof(n.name), "%s", name);
	fd = spool_create(t->uploading, &n, e);
	if (fd == -1)
		return -1;
	(void)lock(fd);
	u = upload_new(fd, n.kind, l);
	u->n = n;
	u->temporary = temporary;
	u->kind = (enum container_kind)kind;
	(void)spool_name_format(&n, u->file);
	*ret_u = u;
	return 0;
}

/* Whether an upload is shown in this folder. */
static int
belongs(const struct spool_name *n, const struct folder *f)
{
	return n->kind == f->kind || n->kind == arrival_kind(f, n->name);
}

/* Opens an unfinished upload with its lock; -1 where it is somebody's. */
static int
open_locked(const struct tree *t, const char *file)
{
	int fd = openat(t->uploading, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1 && lock(fd) == 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* What is in uploading/ACCOUNT/, one by one: 1 or 0. */
static int
next_unfinished(DIR *d, const struct folder *f, struct unfinished *u)
{
	struct dirent *entry;

	while ((entry = readdir(d)) != NULL) {
		if (spool_name_parse(entry->d_name, &u->n) == -1 ||
		    !belongs(&u->n, f) ||
		    fstatat(dirfd(d), entry->d_name, &u->st,
			AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(u->st.st_mode))
			continue;
		snprintf(u->file, sizeof(u->file), "%s", entry->d_name);
		u->locked = 0;
		return 1;
	}
	return 0;
}

static DIR *
open_uploading(const struct tree *t)
{
	int fd = openat(t->uploading, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;

	if (d == NULL && fd != -1)
		(void)close(fd);
	return d;
}

static void
look_at_lock(const struct tree *t, struct unfinished *u)
{
	int fd = open_locked(t, u->file);

	u->locked = fd == -1;
	if (fd != -1)
		(void)close(fd);
}

int
upload_find(const struct tree *t, const struct folder *f, const char *name,
    struct unfinished *ret_u)
{
	struct unfinished u;
	DIR *d = open_uploading(t);
	int found = 0;

	while (d != NULL && next_unfinished(d, f, &u))
		if (strcmp(u.n.name, name) == 0 &&
		    (!found || strcmp(u.file, ret_u->file) > 0)) {
			*ret_u = u;
			found = 1;
		}
	if (d != NULL)
		(void)closedir(d);
	if (found)
		look_at_lock(t, ret_u);
	return found;
}

/* By name, the newest first. */
static int
by_name(const void *pa, const void *pb)
{
	const struct unfinished *a = pa;
	const struct unfinished *b = pb;
	int c = strcmp(a->n.name, b->n.name);

	return c != 0 ? c : strcmp(b->file, a->file);
}

size_t
upload_list(const struct tree *t, const struct folder *f,
    struct unfinished **ret_list)
{
	struct unfinished *list = NULL;
	struct unfinished u;
	DIR *d = open_uploading(t);
	size_t n = 0;
	size_t kept = 0;

	while (d != NULL && next_unfinished(d, f, &u)) {
		if ((n & (n - 1)) == 0)
			list = xreallocarray(list, n > 0 ? 2 * n : 1,
			    sizeof(*list));
		list[n++] = u;
	}
	if (d != NULL)
		(void)closedir(d);
	if (n > 0)
		qsort(list, n, sizeof(*list), by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 &&
		    strcmp(list[kept - 1].n.name, list[i].n.name) == 0)
			continue;
		list[kept] = list[i];
		look_at_lock(t, &list[kept++]);
	}
	*ret_list = list;
	return kept;
}

int
upload_resume(const struct tree *t, const struct folder *f, const char *name,
    const struct upload_limits *l, struct upload **ret_u, struct err *e)
{
	struct unfinished found;
	struct stat st;
	struct upload *u;
	off_t hole;
	int temporary;
	int kind = arrival_name(f, name, &temporary, e);
	int fd;

	if (kind == -1)
		return -1;
	if (!upload_find(t, f, name, &found))
		return 0;
	fd = found.locked ? -1 : open_locked(t, found.file);
	if (fd == -1)
		return err_say(e, ERR_RETRY, "upload_busy", name, NULL);
	if (fstat(fd, &st) == -1) {
		(void)close(fd);
		return err_errno(e, ERR_RETRY, "cannot resume an upload");
	}
	/* A crash in the middle of unordered writes may have left a hole. */
	hole = st.st_size > 0 ? lseek(fd, 0, SEEK_HOLE) : 0;
	if (hole >= 0 && hole < st.st_size && ftruncate(fd, hole) == 0)
		st.st_size = hole;
	u = upload_new(fd, found.n.kind, l);
	u->n = found.n;
	memcpy(u->file, found.file, sizeof(u->file));
	u->temporary = temporary;
	u->kind = (enum container_kind)kind;
	u->resumed = 1;
	u->size = (uint64_t)st.st_size;
	if (u->size > 0)
		u->extent[u->nextents++] = (struct extent){ 0, u->size };
	*ret_u = u;
	return 1;
}

/* --- writing ------------------------------------------------------------- */

/* Notes [from, to); -1 where it is in too many pieces. */
static int
extents_add(struct upload *u, uint64_t from, uint64_t to)
{
	size_t first = 0;
	size_t after;

	while (first < u->nextents && u->extent[first].to < from)
		first++;
	after = first;
	while (after < u->nextents && u->extent[after].from <= to) {
		if (u->extent[after].from < from)
			from = u->extent[after].from;
		if (u->extent[after].to > to)
			to = u->extent[after].to;
		after++;
	}
	if (after == first && u->nextents == UPLOAD_EXTENTS)
		return -1;
	memmove(u->extent + first + 1, u->extent + after,
	    (u->nextents - after) * sizeof(u->extent[0]));
	u->extent[first] = (struct extent){ from, to };
	u->nextents = u->nextents - (after - first) + 1;
	return 0;
}

/* Forgets what lies before whole. */
static void
extents_trim(struct upload *u)
{
	size_t gone = 0;

	while (gone < u->nextents && u->extent[gone].to <= u->whole)
		gone++;
	u->nextents -= gone;
	memmove(u->extent, u->extent + gone,
	    u->nextents * sizeof(u->extent[0]));
	if (u->nextents > 0 && u->extent[0].from < u->whole)
		u->extent[0].from = u->whole;
}

/* Takes into the digest what is in the file up to an offset, if it is there. */
static int
catch_up(struct upload *u, uint64_t to, struct err *e)
{
	static unsigned char back[BACK];

	if (u->nextents == 0 || u->extent[0].from > u->whole)
		return 0;
	if (to > u->extent[0].to)
		to = u->extent[0].to;
	while (u->whole < to) {
		size_t want = to - u->whole < sizeof(back)
				  ? (size_t)(to - u->whole)
				  : sizeof(back);
		ssize_t n = pread(u->fd, back, want, (off_t)u->whole);

		if (n <= 0)
			return err_errno(e, ERR_RETRY, "cannot read back");
		hash_add(u->hash, back, (size_t)n);
		u->whole += (uint64_t)n;
	}
	extents_trim(u);
	return 0;
}

/* The digest starts anew: all is taken from the file at the end. */
static int
start_over(struct upload *u)
{
	unsigned char digest[DIGEST_BYTES];
	uint64_t whole = u->whole;

	if (whole == 0)
		return 0;
	hash_end(u->hash, digest);
	u->whole = 0;
	u->lazy = 1;
	return extents_add(u, 0, whole);
}

static int
write_all(struct upload *u, struct iovec *iov, size_t n, uint64_t off,
    struct err *e)
{
	while (n > 0) {
		ssize_t done = pwritev(u->fd, iov, (int)n, (off_t)off);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1 && (errno == ENOSPC || errno == EDQUOT))
			return err_say(e, ERR_RETRY, "disk_full", NULL);
		if (done == -1)
			return err_errno(e, ERR_RETRY, "cannot write");
		off += (uint64_t)done;
		while (n > 0 && (size_t)done >= iov->iov_len) {
			done -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + done;
			iov->iov_len -= (size_t)done;
		}
	}
	return 0;
}

/* Sets the disk to work early: the fsync at the end waits for the rest only. */
static void
push(struct upload *u)
{
	if (u->whole < u->pushed + PUSH)
		return;
	(void)sync_file_range(u->fd, (off_t)u->pushed,
	    (off_t)(u->whole - u->pushed), SYNC_FILE_RANGE_WRITE);
	u->pushed = u->whole;
}

int
upload_write(struct upload *u, const struct iovec *iov, size_t n, uint64_t off,
    struct err *e)
{
	struct iovec left[64];
	uint64_t len = 0;

	for (size_t i = 0; i < n; i++) {
		left[i] = iov[i];
		len += iov[i].iov_len;
	}
	if (off > u->bytes_max || len > u->bytes_max - off)
		return err_say(e, ERR_SENDER, "upload_size", NULL);
	if (len == 0)
		return 0;
	/* Whoever resumes starts behind what is there; this one starts anew. */
	if (u->resumed && off == 0 && upload_truncate(u, 0, e) == -1)
		return -1;
	if (write_all(u, left, n, off, e) == -1) {
		u->short_of = 1;
		return -1;
	}
	if (off + len > u->size)
		u->size = off + len;
	u->digested = 0;
	u->resumed = 0;
	if (off > u->whole && !u->lazy && catch_up(u, off, e) == -1)
		return -1;
	if (off == u->whole) {
		for (size_t i = 0; i < n; i++)
			hash_add(u->hash, iov[i].iov_base, iov[i].iov_len);
		u->whole += len;
		extents_trim(u);
		push(u);
		return 0;
	}
	if ((off < u->whole && start_over(u) == -1) ||
	    extents_add(u, off, off + len) == -1)
		return err_say(e, ERR_SENDER, "upload_holes", NULL);
	return 0;
}

int
upload_truncate(struct upload *u, uint64_t size, struct err *e)
{
	if (size > u->size)
		return err_say(e, ERR_SENDER, "upload_longer", NULL);
	if (size == u->size)
		return 0;
	if (ftruncate(u->fd, (off_t)size) == -1)
		return err_errno(e, ERR_RETRY, "cannot cut an upload");
	if (size < u->whole && start_over(u) == -1)
		return err_say(e, ERR_SENDER, "upload_holes", NULL);
	u->size = size;
	u->digested = 0;
	while (u->nextents > 0 && u->extent[u->nextents - 1].from >= size)
		u->nextents--;
	if (u->nextents > 0 && u->extent[u->nextents - 1].to > size)
		u->extent[u->nextents - 1].to = size;
	return 0;
}

/* --- the end ------------------------------------------------------------- */

static ssize_t
read_at(void *arg, void *buf, size_t size, uint64_t off)
{
	return pread(*(int *)arg, buf, size, (off_t)off);
}

void
upload_digested(struct upload *u, const unsigned char *digest)
{
	memcpy(u->digest, digest, sizeof(u->digest));
	u->digested = 1;
}

int
upload_finish(struct upload *u, struct err *e)
{
	/* Its client knows already; what there is may be resumed. */
	if (u->short_of)
		return err_say(e, ERR_RETRY, "disk_full", NULL);
	if (!u->digested) {
		while (u->whole < u->size) {
			uint64_t before = u->whole;

			if (catch_up(u, u->size, e) == -1)
				return -1;
			if (u->whole == before)
				return err_say(e, ERR_SENDER, "upload_holes",
				    NULL);
		}
		hash_end(u->hash, u->digest);
		u->digested = 1;
		/* The state of the digest is spent. */
		u->nextents = 0;
		u->whole = 0;
		if (u->size > 0)
			(void)extents_add(u, 0, u->size);
	}
	if (!u->temporary)
		arrival_judge(u->kind,
		    &(struct container_reader){ read_at, &u->fd, u->size },
		    &u->why);
	return u->why.kind == ERR_RETRY ? (*e = u->why, -1) : 0;
}

/* Clients look for what they sent: its name stays, with size and time. */
static void
leave_stub(const struct upload *u, const struct tree *t, const struct folder *f,
    const char *name)
{
	struct timespec times[2];
	struct stat st;
	int fd = openat(tree_dir(t, f), name,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd == -1)
		return;
	if (fstat(u->fd, &st) == 0) {
		times[0] = times[1] = st.st_mtim;
		(void)!ftruncate(fd, 0);
		(void)!ftruncate(fd, st.st_size);
		(void)futimens(fd, times);
	}
	(void)close(fd);
}

/* What was left unfinished under this name is of no use now. */
static void
sweep(const struct tree *t, const struct folder *f, const char *name)
{
	struct unfinished u;
	DIR *d = open_uploading(t);

	while (d != NULL && next_unfinished(d, f, &u)) {
		int fd;

		if (strcmp(u.n.name, name) != 0)
			continue;
		fd = open_locked(t, u.file);
		if (fd == -1)
			continue;
		(void)unlinkat(t->uploading, u.file, 0);
		(void)close(fd);
	}
	if (d != NULL)
		(void)closedir(d);
}

int
upload_publish(struct upload *u, const struct tree *t, const struct folder *f,
    const char *name, struct err *e)
{
	char file[SPOOL_TEXT];
	struct spool_name n = u->n;

	snprintf(n.name, sizeof(n.name), "%s", name);
	n.kind = arrival_kind(f, name);
	if (spool_name_format(&n, file) == -1)
		return err_say(e, ERR_SENDER, "name_bad", name,
		    "不能用作文件名 / it cannot be used", NULL);
	if (spool_publish(u->fd, t->uploading, u->file, t->received, file, e) ==
	    -1)
		return -1;
	/* A crash from here on: the rescan finds it; the client sends again. */
	memcpy(u->file, file, sizeof(u->file));
	u->n = n;
	return 0;
}

void
upload_published(const struct upload *u, const struct tree *t,
    const struct folder *f)
{
	/* Some clients only notice a refusal when they look for the file. */
	if (u->why.kind == ERR_NONE)
		leave_stub(u, t, f, u->n.name);
	sweep(t, f, u->n.name);
}

int
upload_rename(struct upload *u, const struct tree *t, const char *name,
    struct err *e)
{
	char file[SPOOL_TEXT];
	struct spool_name n = u->n;

	snprintf(n.name, sizeof(n.name), "%s", name);
	if (spool_name_format(&n, file) == -1)
		return err_say(e, ERR_SENDER, "name_bad", name,
		    "不能用作文件名 / it cannot be used", NULL);
	if (spool_publish(u->fd, t->uploading, u->file, t->uploading, file,
		e) == -1)
		return -1;
	memcpy(u->file, file, sizeof(u->file));
	u->n = n;
	return 0;
}

void
upload_close(struct upload *u)
{
	if (u == NULL)
		return;
	/* What lies behind a hole would be taken for data when resumed. */
	if (u->nextents > 0 && u->extent[0].from <= u->whole)
		u->whole = u->extent[0].to;
	if (u->whole < u->size && !u->digested)
		(void)!ftruncate(u->fd, (off_t)u->whole);
	(void)close(u->fd);
	hash_free(u->hash);
	free(u);
}
