#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "door/arrival.h"
#include "door/filer_part.h"
#include "door/verbs.h"

/* The one of our own open uploads that bears the name. */
static struct handle *
own_upload(struct filer *f, const struct place *p)
{
	for (size_t i = 0; i < FILER_HANDLES; i++) {
		struct handle *h = &f->handle[i];

		if (h->kind == HANDLE_UPLOAD && strcmp(h->path, p->path) == 0)
			return h;
	}
	return NULL;
}

/*
 * What stands at a place: our own open upload, else what is unfinished and
 * newer than what was taken, else the file. What another session is writing
 * hides nothing. 0, or -1 with errno.
 */
static int
look(struct filer *f, const struct place *p, struct stat *ret_st)
{
	int writes = p->folder != NULL && p->folder->rights & FOLDER_WRITE &&
		     p->rest[0] != '\0';
	struct handle *h = writes ? own_upload(f, p) : NULL;
	struct unfinished u;
	int stands;

	if (h != NULL)
		return fstat(h->upload->fd, ret_st);
	stands = tree_stat(&f->tree, p, ret_st);
	if (!writes || !upload_find(&f->tree, p->folder, p->rest, &u) ||
	    (stands == 0 && u.locked))
		return stands;
	*ret_st = u.st;
	return 0;
}

static void
refuse_errno(struct filer *f, const char *path)
{
	enum sftp_code code = SFTP_FAILURE;
	const char *say = "door_again";

	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	    errno == EXDEV || errno == ENAMETOOLONG) {
		code = SFTP_NO_SUCH_FILE;
		say = "door_none";
	} else if (errno == EACCES || errno == EPERM || errno == EISDIR) {
		code = SFTP_PERMISSION_DENIED;
		say = "door_refused";
	}
	filer_say(f, f->request.id, code, say, path);
}

void
verb_stat(struct filer *f)
{
	struct sftp_attrs a;
	struct stat st;

	if (look(f, &f->place[0], &st) == -1) {
		refuse_errno(f, f->place[0].path);
		return;
	}
	tree_attrs(f->place[0].folder, &st, &a);
	sftp_put_attrs(&f->reply, f->request.id, &a);
}

void
verb_realpath(struct filer *f)
{
	const struct sftp_attrs none = { 0 };
	size_t at;

	sftp_names_begin(&f->reply, &at);
	(void)sftp_names_add(&f->reply, at, f->place[0].path, f->place[0].path,
	    &none);
	sftp_names_end(&f->reply, at, f->request.id, 1);
}

void
verb_statvfs(struct filer *f)
{
	struct statvfs v;

	if (fstatvfs(f->tree.uploading, &v) == -1) {
		refuse_errno(f, f->place[0].path);
		return;
	}
	const uint64_t n[] = { v.f_bsize, v.f_frsize, v.f_blocks, v.f_bfree,
		v.f_bavail, v.f_files, v.f_ffree, v.f_favail, 0, 2,
		NAME_TEXT - 1 };

	sftp_put_numbers(&f->reply, f->request.id, n, sizeof(n) / sizeof(n[0]));
}

void
verb_opendir(struct filer *f)
{
	const struct place *p = &f->place[0];
	struct handle *h;
	struct stat st;
	int fd = -1;

	if (p->folder != NULL) {
		fd = tree_read(&f->tree, p, 1, &st);
		if (fd == -1) {
			refuse_errno(f, p->path);
			return;
		}
	}
	h = filer_handle(f, f->request.id, HANDLE_DIR, "list");
	if (h == NULL) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	memcpy(h->path, p->path, sizeof(h->path));
	h->folder = p->folder;
	if (fd != -1 && (h->dir = fdopendir(fd)) == NULL)
		(void)close(fd);
	if (p->folder != NULL && p->folder->rights & FOLDER_WRITE)
		h->nlist = upload_list(&f->tree, p->folder, &h->list);
	sftp_put_handle(&f->reply, f->request.id, filer_number(f, h));
}

/* --- open ---------------------------------------------------------------- */

static void
open_read(struct filer *f)
{
	const struct place *p = &f->place[0];
	struct stat st;
	struct handle *h;
	int fd = tree_read(&f->tree, p, 0, &st);

	if (fd == -1) {
		filer_note(f, "get", p->path,
		    errno == ENOENT ? "missing" : "denied");
		refuse_errno(f, p->path);
		return;
	}
	h = filer_handle(f, f->request.id, HANDLE_FILE, "get");
	if (h == NULL) {
		(void)close(fd);
		return;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	memcpy(h->path, p->path, sizeof(h->path));
	h->folder = p->folder;
	h->fd = fd;
	h->size = (uint64_t)st.st_size;
	sftp_put_handle(&f->reply, f->request.id, filer_number(f, h));
}

static void
refuse_upload(struct filer *f, const struct err *e)
{
	filer_note(f, "put", f->place[0].path,
	    e->code[0] != '\0' ? e->code : "failed");
	filer_refuse(f, f->request.id, SFTP_FAILURE, e);
}

/* Continues what is there, where the client did not ask for an empty file. */
static int
open_upload(struct filer *f, struct upload **ret_u, struct err *e)
{
	const struct place *p = &f->place[0];
	uint32_t flags = f->request.flags;
	struct stat st;
	int rc = 0;

	if ((flags & SFTP_OPEN_TRUNC) == 0) {
		rc = upload_resume(&f->tree, p->folder, p->rest, &f->limits,
		    ret_u, e);
		/* scp never truncates: it means a file of its own. */
		if (rc == -1 && strcmp(e->code, "upload_busy") == 0 &&
		    flags & SFTP_OPEN_CREAT && !(flags & SFTP_OPEN_APPEND))
			rc = 0;
	}
	if (rc == 0 && (flags & (SFTP_OPEN_CREAT | SFTP_OPEN_TRUNC)) == 0)
		return 0;
	/* What was taken cannot be added to. */
	if (rc == 0 && (flags & SFTP_OPEN_TRUNC) == 0 &&
	    flags & SFTP_OPEN_APPEND && look(f, p, &st) == 0)
		return 0;
	if (rc == 0)
		rc = upload_create(&f->tree, p->folder, p->rest, &f->limits,
			 ret_u, e) == -1
			 ? -1
			 : 1;
	return rc;
}

static size_t
uploads_open(const struct filer *f)
{
	size_t n = 0;

	for (size_t i = 0; i < FILER_HANDLES; i++)
		n += f->handle[i].kind == HANDLE_UPLOAD;
	return n;
}

static void
open_write(struct filer *f)
{
	const struct place *p = &f->place[0];
	const uint32_t exclusive = SFTP_OPEN_CREAT | SFTP_OPEN_EXCL;
	struct upload *u = NULL;
	struct handle *h;
	struct stat st;
	struct err e;
	int there;
	int rc;

	if (p->rest[0] == '\0' || strchr(p->rest, '/') != NULL) {
		filer_note(f, "put", p->path, "denied");
		filer_say(f, f->request.id, SFTP_PERMISSION_DENIED,
		    "door_refused", p->path);
		return;
	}
	if ((f->request.flags & exclusive) == exclusive &&
	    look(f, p, &st) == 0) {
		err_say(&e, ERR_SENDER, "door_exists", p->rest, NULL);
		refuse_upload(f, &e);
		return;
	}
	if (uploads_open(f) >= f->uploads_max) {
		filer_say(f, f->request.id, SFTP_FAILURE, "door_handles", NULL);
		return;
	}
	rc = open_upload(f, &u, &e);
	if (rc == -1) {
		refuse_upload(f, &e);
		return;
	}
	if (rc == 0) {
		there = look(f, p, &st) == 0;
		filer_note(f, "put", p->path, there ? "denied" : "missing");
		filer_say(f, f->request.id,
		    there ? SFTP_PERMISSION_DENIED : SFTP_NO_SUCH_FILE,
		    there ? "door_taken" : "door_none", p->rest);
		return;
	}
	h = filer_handle(f, f->request.id, HANDLE_UPLOAD, "put");
	if (h == NULL) {
		upload_close(u);
		return;
	}
	memcpy(h->path, p->path, sizeof(h->path));
	h->folder = p->folder;
	h->upload = u;
	sftp_put_handle(&f->reply, f->request.id, filer_number(f, h));
}

void
verb_open(struct filer *f)
{
	if (verbs_open_class(f->request.flags) == VERB_CHANGE)
		open_write(f);
	else
		open_read(f);
}

/* --- change -------------------------------------------------------------- */

void
verb_times(int dir, const char *name, const struct sftp_attrs *a)
{
	struct timespec times[2] = { { (time_t)a->atime, 0 },
		{ (time_t)a->mtime, 0 } };

	if ((a->flags & SFTP_ATTR_TIMES) == 0)
		return;
	if (name == NULL)
		(void)futimens(dir, times);
	else
		(void)utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Cuts an upload nobody has open. */
static int
cut_unfinished(struct filer *f, const struct place *p, uint64_t size,
    struct err *e)
{
	struct upload *u = NULL;
	int rc = upload_resume(&f->tree, p->folder, p->rest, &f->limits, &u, e);

	if (rc == 1)
		rc = upload_truncate(u, size, e);
	upload_close(u);
	return rc;
}

/* Times are set; owner and mode are not ours to keep, and no fault either. */
void
verb_setstat(struct filer *f)
{
	const struct sftp_attrs *a = &f->request.attrs;
	const struct place *p = &f->place[0];
	struct handle *h = own_upload(f, p);
	struct unfinished u;
	struct stat st;
	struct err e;
	int cut = (a->flags & SFTP_ATTR_SIZE) != 0;
	int rc = 0;

	if (look(f, p, &st) == -1) {
		refuse_errno(f, p->path);
		return;
	}
	if (p->rest[0] == '\0') {
		filer_ok(f, f->request.id);
	} else if (h != NULL) {
		if (cut)
			rc = upload_truncate(h->upload, a->size, &e);
		verb_times(h->upload->fd, NULL, a);
	} else if (upload_find(&f->tree, p->folder, p->rest, &u)) {
		if (cut && a->size != (uint64_t)u.st.st_size)
			rc = cut_unfinished(f, p, a->size, &e);
		verb_times(f->tree.uploading, u.file, a);
	} else {
		if (cut && a->size != (uint64_t)st.st_size)
			rc = err_say(&e, ERR_SENDER, "door_taken", p->rest,
			    NULL);
		verb_times(tree_dir(&f->tree, p->folder), p->rest, a);
	}
	if (rc == -1)
		filer_refuse(f, f->request.id, SFTP_PERMISSION_DENIED, &e);
	else if (p->rest[0] != '\0')
		filer_ok(f, f->request.id);
}

/*
 * A client that overwrites removes the old name before it renames its
 * temporary one: then, and only then, the name of what was taken may go. The
 * bundle itself is not touched.
 */
static int
makes_way(struct filer *f, const struct place *p)
{
	struct unfinished *list;
	size_t n = upload_list(&f->tree, p->folder, &list);
	int found = 0;

	for (size_t i = 0; i < n && !found; i++)
		found = arrival_temporary_of(list[i].n.name, p->rest);
	free(list);
	return found &&
	       unlinkat(tree_dir(&f->tree, p->folder), p->rest, 0) == 0;
}

void
verb_remove(struct filer *f)
{
	const struct place *p = &f->place[0];
	struct unfinished u;
	struct stat st;

	if (p->rest[0] != '\0' &&
	    upload_find(&f->tree, p->folder, p->rest, &u) && !u.locked) {
		if (unlinkat(f->tree.uploading, u.file, 0) == -1) {
			refuse_errno(f, p->path);
			return;
		}
		filer_note(f, "remove", p->path, "done");
		filer_ok(f, f->request.id);
		return;
	}
	if (look(f, p, &st) == -1) {
		refuse_errno(f, p->path);
		return;
	}
	if (p->rest[0] != '\0' && makes_way(f, p)) {
		filer_ok(f, f->request.id);
		return;
	}
	filer_note(f, "remove", p->path, "denied");
	filer_say(f, f->request.id, SFTP_PERMISSION_DENIED,
	    p->rest[0] != '\0' ? "door_taken" : "door_refused",
	    p->rest[0] != '\0' ? p->rest : p->path);
}

int
verb_publish(struct filer *f, struct handle *h, const char *name, uint32_t id,
    struct err *e)
{
	if (upload_publish(h->upload, &f->tree, h->folder, name, e) == -1)
		return -1;
	h->request = id;
	h->kind = HANDLE_TAKING;
	filer_uploaded(f, h);
	upload_published(h->upload, &f->tree, h->folder);
	return 0;
}

/* The digest of when it was closed, where it was not touched since. */
static void
remember(struct filer *f, struct upload *u)
{
	struct stat st;

	if (fstat(u->fd, &st) == -1)
		return;
	for (size_t i = 0; i < FILER_PARKED; i++) {
		const struct parked *k = &f->parked[i];

		if (strcmp(k->file, u->file) == 0 &&
		    k->changed.tv_sec == st.st_ctim.tv_sec &&
		    k->changed.tv_nsec == st.st_ctim.tv_nsec)
			upload_digested(u, k->digest);
	}
}

/* Under its final name it is judged and published, and the keeper answers. */
static void
rename_publish(struct filer *f, struct upload *u, enum container_kind kind)
{
	struct place *to = &f->place[1];
	struct handle *h;
	struct err e;

	h = filer_handle(f, f->request.id, HANDLE_UPLOAD, "put");
	if (h == NULL) {
		upload_close(u);
		return;
	}
	memcpy(h->path, to->path, sizeof(h->path));
	h->folder = to->folder;
	h->upload = u;
	remember(f, u);
	u->temporary = 0;
	u->kind = kind;
	if (upload_finish(u, &e) == -1 ||
	    verb_publish(f, h, to->rest, f->request.id, &e) == -1) {
		filer_end(f, h, "failed");
		filer_refuse(f, f->request.id, SFTP_FAILURE, &e);
	}
}

/* 0 and the unfinished upload, or answered. */
static int
rename_source(struct filer *f, struct upload **ret_u)
{
	const struct place *from = &f->place[0];
	const struct place *to = &f->place[1];
	struct stat st;
	struct err e;
	int rc;

	if (from->folder != to->folder || from->rest[0] == '\0' ||
	    to->rest[0] == '\0' || strchr(to->rest, '/') != NULL) {
		filer_note(f, "rename", to->path, "denied");
		filer_say(f, f->request.id, SFTP_PERMISSION_DENIED,
		    "door_refused", to->path);
		return -1;
	}
	rc = upload_resume(&f->tree, from->folder, from->rest, &f->limits,
	    ret_u, &e);
	if (rc == 1)
		return 0;
	if (rc == -1) {
		filer_refuse(f, f->request.id, SFTP_FAILURE, &e);
	} else if (look(f, from, &st) == 0) {
		filer_note(f, "rename", from->path, "denied");
		filer_say(f, f->request.id, SFTP_PERMISSION_DENIED,
		    "door_taken", from->rest);
	} else {
		filer_say(f, f->request.id, SFTP_NO_SUCH_FILE, "door_none",
		    from->path);
	}
	return -1;
}

void
verb_rename(struct filer *f)
{
	const struct place *to = &f->place[1];
	struct upload *u = NULL;
	struct stat st;
	struct err e;
	int temporary;
	int kind;

	if (rename_source(f, &u) == -1)
		return;
	kind = arrival_name(to->folder, to->rest, &temporary, &e);
	if (kind == -1) {
		upload_close(u);
		filer_note(f, "rename", to->path, e.code);
		filer_refuse(f, f->request.id, SFTP_FAILURE, &e);
		return;
	}
	/* A name that was final already: its upload was broken off. */
	if (u->temporary && !temporary) {
		rename_publish(f, u, (enum container_kind)kind);
		return;
	}
	if (look(f, to, &st) == 0)
		filer_say(f, f->request.id, SFTP_FAILURE, "door_exists",
		    to->rest);
	else if (upload_rename(u, &f->tree, to->rest, &e) == -1)
		filer_refuse(f, f->request.id, SFTP_FAILURE, &e);
	else
		filer_ok(f, f->request.id);
	upload_close(u);
}
