#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "door/filer_part.h"
#include "sys/log.h"

enum { PAGE = 100 };

/* The handle of the request, if it is of that kind; else answered. */
static struct handle *
get_handle(struct filer *f, enum handle_kind kind)
{
	struct handle *h = filer_find(f, f->request.handle);

	if (h != NULL && h->kind == kind)
		return h;
	if (h == NULL)
		filer_say(f, f->request.id, SFTP_FAILURE, "door_handle", NULL);
	else
		filer_say(f, f->request.id, SFTP_PERMISSION_DENIED,
		    "door_refused", h->path);
	return NULL;
}

/* --- read and write ------------------------------------------------------ */

void
verb_read(struct filer *f)
{
	const struct sftp_request *r = &f->request;
	struct handle *h = get_handle(f, HANDLE_FILE);
	size_t want = r->len < SFTP_CHUNK_MAX ? r->len : SFTP_CHUNK_MAX;
	uint8_t *to;
	ssize_t n;

	if (h == NULL)
		return;
	to = sftp_data_begin(&f->reply, want);
	if (to == NULL || r->offset > INT64_MAX) {
		filer_say(f, r->id, SFTP_FAILURE, "door_again", NULL);
		return;
	}
	n = pread(h->fd, to, want, (off_t)r->offset);
	if (n == -1) {
		filer_say(f, r->id, SFTP_FAILURE, "door_again", NULL);
	} else if (n == 0) {
		sftp_put_status(&f->reply, r->id, SFTP_EOF, "");
	} else {
		h->sent += (uint64_t)n;
		sftp_data_end(&f->reply, r->id, (size_t)n);
	}
}

void
verbs_flush(struct filer *f)
{
	struct batch *b = &f->batch;
	struct err e;
	int rc;

	if (b->n == 0)
		return;
	rc = upload_write(b->h->upload, b->iov, b->n, b->off, &e);
	for (size_t i = 0; i < b->n; i++)
		if (rc == 0)
			filer_ok(f, b->id[i]);
		else
			filer_refuse(f, b->id[i], SFTP_FAILURE, &e);
	b->n = 0;
}

void
verb_write(struct filer *f)
{
	const struct sftp_request *r = &f->request;
	struct handle *h = get_handle(f, HANDLE_UPLOAD);
	struct batch *b = &f->batch;

	if (h == NULL || b->n == FILER_BATCH || b->h != h ||
	    b->off + b->len != r->offset)
		verbs_flush(f);
	if (h == NULL)
		return;
	if (b->n == 0) {
		b->h = h;
		b->off = r->offset;
		b->len = 0;
	}
	memcpy(&b->iov[b->n].iov_base, &r->data, sizeof(r->data));
	b->iov[b->n].iov_len = r->len;
	b->id[b->n++] = r->id;
	b->len += r->len;
}

void
verb_fsync(struct filer *f)
{
	struct handle *h = get_handle(f, HANDLE_UPLOAD);

	if (h == NULL)
		return;
	/* After a failed fsync the kernel may have dropped the pages. */
	if (fsync(h->upload->fd) == -1)
		log_fatal("fsync of an upload failed: %s", strerror(errno));
	filer_ok(f, f->request.id);
}

/* --- attributes ---------------------------------------------------------- */

static int
fd_of(const struct handle *h)
{
	switch (h->kind) {
	case HANDLE_DIR:
		return h->dir != NULL ? dirfd(h->dir) : -1;
	case HANDLE_FILE:
		return h->fd;
	case HANDLE_UPLOAD:
	case HANDLE_TAKING:
		return h->upload->fd;
	case HANDLE_FREE:
		break;
	}
	return -1;
}

void
verb_fstat(struct filer *f)
{
	struct handle *h = filer_find(f, f->request.handle);
	struct sftp_attrs a;
	struct stat st;
	int fd = h != NULL ? fd_of(h) : -1;

	if (fstat(fd != -1 ? fd : f->tree.received, &st) == -1 || h == NULL) {
		filer_say(f, f->request.id, SFTP_FAILURE, "door_handle", NULL);
		return;
	}
	tree_attrs(h->folder, &st, &a);
	sftp_put_attrs(&f->reply, f->request.id, &a);
}

void
verb_fsetstat(struct filer *f)
{
	const struct sftp_attrs *a = &f->request.attrs;
	struct handle *h = get_handle(f, HANDLE_UPLOAD);
	struct err e;

	if (h == NULL)
		return;
	if (a->flags & SFTP_ATTR_SIZE &&
	    upload_truncate(h->upload, a->size, &e) == -1) {
		filer_refuse(f, f->request.id, SFTP_PERMISSION_DENIED, &e);
		return;
	}
	verb_times(h->upload->fd, NULL, a);
	filer_ok(f, f->request.id);
}

/* --- listing ------------------------------------------------------------- */

/* An unfinished upload stands for a taken one only where it is newer. */
static int
shown(const struct filer *f, const struct handle *h, const struct unfinished *u)
{
	struct stat st;

	return !u->locked || fstatat(tree_dir(&f->tree, h->folder), u->n.name,
				 &st, AT_SYMLINK_NOFOLLOW) == -1;
}

static int
listed(const struct filer *f, const struct handle *h, const char *name)
{
	for (size_t i = 0; i < h->nlist; i++)
		if (strcmp(h->list[i].n.name, name) == 0)
			return shown(f, h, &h->list[i]);
	return 0;
}

/* The next name of the directory: 1, or 0 at its end. */
static int
next_entry(struct filer *f, struct handle *h, const struct folder **folder,
    const char **name, struct stat *st)
{
	struct dirent *entry;

	*folder = h->folder;
	while (h->folder == NULL && h->next < FOLDERS) {
		size_t i = h->next++;

		if (f->tree.dir[i] == -1)
			continue;
		*folder = &tree_folders[i];
		*name = tree_folders[i].name;
		return fstat(f->tree.dir[i], st) == 0;
	}
	while (h->next < h->nlist) {
		const struct unfinished *u = &h->list[h->next++];

		if (!shown(f, h, u))
			continue;
		*name = u->n.name;
		*st = u->st;
		return 1;
	}
	while (h->dir != NULL && (entry = readdir(h->dir)) != NULL) {
		*name = entry->d_name;
		if (entry->d_name[0] == '.' || listed(f, h, entry->d_name) ||
		    fstatat(dirfd(h->dir), entry->d_name, st,
			AT_SYMLINK_NOFOLLOW) == -1 ||
		    (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)))
			continue;
		return 1;
	}
	return 0;
}

void
verb_readdir(struct filer *f)
{
	struct handle *h = get_handle(f, HANDLE_DIR);
	const struct folder *folder;
	const char *name;
	struct sftp_attrs a;
	struct stat st;
	char longname[512];
	uint32_t n = 0;
	size_t before = f->reply.len;
	size_t at;

	if (h == NULL)
		return;
	sftp_names_begin(&f->reply, &at);
	/* A page of the longest names is far below a packet. */
	while (n < PAGE && next_entry(f, h, &folder, &name, &st)) {
		tree_attrs(folder, &st, &a);
		tree_longname(&f->tree, &a, name, longname, sizeof(longname));
		if (sftp_names_add(&f->reply, at, name, longname, &a) == 0)
			n++;
	}
	if (n > 0) {
		sftp_names_end(&f->reply, at, f->request.id, n);
		return;
	}
	f->reply.len = before;
	sftp_put_status(&f->reply, f->request.id, SFTP_EOF, "");
}

/* --- close --------------------------------------------------------------- */

/* Under a temporary name it waits for its final one. */
static void
park(struct filer *f, struct handle *h)
{
	struct parked *k = &f->parked[f->nparked++ % FILER_PARKED];
	struct stat st;

	if (fstat(h->upload->fd, &st) == 0) {
		memcpy(k->file, h->upload->file, sizeof(k->file));
		memcpy(k->digest, h->upload->digest, sizeof(k->digest));
		k->changed = st.st_ctim;
	}
	filer_end(f, h, "temporary");
	filer_ok(f, f->request.id);
}

/* Some clients make a file, close it, and open it again to write. */
static void
keep_empty(struct filer *f, const struct handle *h)
{
	struct upload *u;
	struct err e;

	if (h->upload->size == 0 &&
	    upload_create(&f->tree, h->folder, h->upload->n.name, &f->limits,
		&u, &e) == 0)
		upload_close(u);
}

static void
close_upload(struct filer *f, struct handle *h)
{
	uint32_t id = f->request.id;
	struct err e;

	if (upload_finish(h->upload, &e) == -1) {
		filer_end(f, h, "partial");
		filer_refuse(f, id, SFTP_FAILURE, &e);
		return;
	}
	if (h->upload->temporary) {
		park(f, h);
		return;
	}
	if (verb_publish(f, h, h->upload->n.name, id, &e) == -1) {
		filer_end(f, h, "failed");
		filer_refuse(f, id, SFTP_FAILURE, &e);
		return;
	}
	keep_empty(f, h);
}

void
verb_close(struct filer *f)
{
	struct handle *h = filer_find(f, f->request.handle);

	if (h == NULL || h->kind == HANDLE_TAKING) {
		filer_say(f, f->request.id, SFTP_FAILURE, "door_handle", NULL);
	} else if (h->kind == HANDLE_UPLOAD) {
		close_upload(f, h);
	} else {
		filer_end(f, h, h->sent < h->size ? "partial" : "complete");
		filer_ok(f, f->request.id);
	}
}
