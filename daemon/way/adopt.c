#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uthash.h>

#include "door/arrival.h"
#include "sys/hash.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/spool.h"
#include "way/adopt.h"

enum { SLICE = 8 << 20, CHUNK = 256 << 10 };

/* A file to take in, once in the table, in the order of their coming. */
struct job {
	UT_hash_handle hh;
	char path[ACCOUNT_TEXT + SPOOL_TEXT]; /* account/file, its key */
	char account[ACCOUNT_TEXT];           /* "" for a file of received/ */
	char file[SPOOL_TEXT];
	int fd; /* -1 until begun */
	uint64_t bytes;
	struct hash *hash;
};

struct adopt {
	int spool;
	int keeper;
	uint32_t tag;
	struct job *jobs;
	struct frame frame;
	unsigned char chunk[CHUNK];
};

struct adopt *
adopt_new(int spool, int keeper)
{
	struct adopt *a = xcalloc(1, sizeof(*a));

	a->spool = spool;
	a->keeper = keeper;
	return a;
}

static void
job_free(struct adopt *a, struct job *j)
{
	HASH_DEL(a->jobs, j);
	if (j->fd != -1)
		(void)close(j->fd);
	hash_free(j->hash);
	free(j);
}

void
adopt_free(struct adopt *a)
{
	if (a == NULL)
		return;
	while (a->jobs != NULL)
		job_free(a, a->jobs);
	free(a);
}

static void
enqueue(struct adopt *a, const char *account, const char *file)
{
	char path[sizeof(((struct job *)NULL)->path)];
	struct job *j;

	snprintf(path, sizeof(path), "%s/%s", account, file);
	HASH_FIND_STR(a->jobs, path, j);
	if (j != NULL)
		return;
	j = xcalloc(1, sizeof(*j));
	j->fd = -1;
	memcpy(j->path, path, sizeof(path));
	snprintf(j->account, sizeof(j->account), "%s", account);
	snprintf(j->file, sizeof(j->file), "%s", file);
	HASH_ADD_STR(a->jobs, path, j);
}

void
adopt_drop(struct adopt *a, const char *account, const char *file)
{
	enqueue(a, account, file);
}

void
adopt_received(struct adopt *a, const char *file)
{
	enqueue(a, "", file);
}

/* 1 begun, 0 it is gone or still being written: drop the job. */
static int
begin(struct adopt *a, struct job *j)
{
	char path[SPOOL_TEXT + 64];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s/%s",
	    j->account[0] != '\0' ? "drop/" : "received", j->account, j->file);
	j->fd = openat(a->spool, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (j->fd == -1) {
		if (errno != ENOENT)
			log_warn("- cannot open %s: %s", log_quote(path),
			    strerror(errno));
		return 0;
	}
	if (fstat(j->fd, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	/* A lease is refused while anyone has the file open for writing. */
	if (fcntl(j->fd, F_SETLEASE, F_RDLCK) == -1 && errno == EAGAIN)
		return 0;
	(void)fcntl(j->fd, F_SETLEASE, F_UNLCK);
	j->hash = hash_new(HASH_SHA256);
	return 1;
}

/* 1 at the end of the file, 0 there is more, -1 it cannot be read. */
static int
digest_slice(struct adopt *a, struct job *j)
{
	for (size_t done = 0; done < SLICE;) {
		ssize_t n = read(j->fd, a->chunk, sizeof(a->chunk));

		if (n == 0)
			return 1;
		if (n == -1) {
			log_warn("- cannot read %s: %s", log_quote(j->file),
			    strerror(errno));
			return -1;
		}
		hash_add(j->hash, a->chunk, (size_t)n);
		j->bytes += (uint64_t)n;
		done += (size_t)n;
	}
	return 0;
}

static ssize_t
read_at(void *arg, void *buf, size_t size, uint64_t off)
{
	const struct job *j = arg;

	return pread(j->fd, buf, size, (off_t)off);
}

/*
 * Whose folder it is for is known by the folders of its account. Of one that
 * has none nothing can be judged, and the keeper knows no such account.
 */
static void
judge(struct job *j, const struct spool_name *n, struct err *why)
{
	const struct container_reader r = { read_at, j, j->bytes };
	const struct folder *f = tree_inbox_of(n->account);

	memset(why, 0, sizeof(*why));
	if (f != NULL)
		arrival_look(f, n->name, &r, why);
}

/* Gives a dropped file its id and moves it into received/. */
static int
publish(struct adopt *a, struct job *j, struct spool_name *n, char *file,
    struct err *e)
{
	const struct folder *f = tree_inbox_of(j->account);
	char dir[64];
	int from = -1;
	int to = -1;
	int rc = -1;

	if (f == NULL)
		return err_set(e, ERR_HOLD, "there is no account '%s'",
		    j->account);
	spool_new_id(n->id);
	snprintf(n->account, sizeof(n->account), "%s", j->account);
	snprintf(n->name, sizeof(n->name), "%.*s", NAME_TEXT - 1, j->file);
	n->kind = arrival_kind(f, n->name);
	if (spool_name_format(n, file) == -1)
		return err_set(e, ERR_HOLD, "%s cannot be a bundle's name",
		    log_quote(j->file));
	snprintf(dir, sizeof(dir), "drop/%s", j->account);
	from = openat(a->spool, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = openat(a->spool, "received", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from == -1 || to == -1)
		err_errno(e, ERR_RETRY, "cannot open the spool");
	else
		rc = spool_publish(j->fd, from, j->file, to, file, e);
	if (from != -1)
		(void)close(from);
	if (to != -1)
		(void)close(to);
	return rc;
}

static int
tell(struct adopt *a, struct job *j, const char *file, const struct err *why,
    struct err *e)
{
	unsigned char digest[DIGEST_BYTES];

	hash_end(j->hash, digest);
	frame_start(&a->frame, MESSAGE_UPLOADED);
	frame_put_u32(&a->frame, ++a->tag);
	frame_put_str(&a->frame, file);
	frame_put_u64(&a->frame, j->bytes);
	for (size_t i = 0; i < sizeof(digest); i++)
		frame_put_u8(&a->frame, digest[i]);
	frame_put_str(&a->frame, why->code);
	frame_put_str(&a->frame, why->zh);
	frame_put_str(&a->frame, why->en);
	return frame_send(a->keeper, &a->frame, e);
}

static int
finish(struct adopt *a, struct job *j, struct err *e)
{
	char file[SPOOL_TEXT];
	struct spool_name n;
	struct err why;

	if (j->account[0] != '\0') {
		if (publish(a, j, &n, file, e) == -1) {
			log_warn("- drop refused: %s", e->en);
			return 0;
		}
	} else {
		snprintf(file, sizeof(file), "%s", j->file);
		if (spool_name_parse(file, &n) == -1) {
			log_warn("- received holds %s, which is no bundle",
			    log_quote(file));
			return 0;
		}
	}
	judge(j, &n, &why);
	return tell(a, j, file, &why, e);
}

int
adopt_step(struct adopt *a, struct err *e)
{
	struct job *j = a->jobs;
	int rc = 0;
	int end = 1;

	if (j == NULL)
		return 0;
	if (j->fd != -1 || begin(a, j) == 1) {
		end = digest_slice(a, j);
		if (end == 1)
			rc = finish(a, j, e);
	}
	if (end != 0)
		job_free(a, j);
	return rc == -1 ? -1 : a->jobs != NULL;
}
