#include <string.h>

#include "door/filer_part.h"
#include "door/verbs.h"

static void
verb_init(struct filer *f)
{
	static const char *const pairs[] = { "posix-rename@openssh.com", "1",
		"statvfs@openssh.com", "2", "fsync@openssh.com", "1",
		"limits@openssh.com", "1", NULL };

	f->said_init = 1;
	sftp_put_version(&f->reply, pairs);
}

static void
verb_limits(struct filer *f)
{
	const uint64_t v[] = { SFTP_PACKET_MAX, SFTP_CHUNK_MAX, SFTP_CHUNK_MAX,
		FILER_HANDLES };

	sftp_put_numbers(&f->reply, f->request.id, v, 4);
}

static const struct verb verbs[] = {
	{ SFTP_INIT, "init", VERB_SESSION, 0, verb_init },
	{ SFTP_OPEN, "open", VERB_READ, 1, verb_open },
	{ SFTP_CLOSE, "close", VERB_HANDLE, 0, verb_close },
	{ SFTP_READ, "read", VERB_HANDLE, 0, verb_read },
	{ SFTP_WRITE, "write", VERB_HANDLE, 0, verb_write },
	{ SFTP_LSTAT, "lstat", VERB_LOOK, 1, verb_stat },
	{ SFTP_FSTAT, "fstat", VERB_HANDLE, 0, verb_fstat },
	{ SFTP_SETSTAT, "setstat", VERB_CHANGE, 1, verb_setstat },
	{ SFTP_FSETSTAT, "fsetstat", VERB_HANDLE, 0, verb_fsetstat },
	{ SFTP_OPENDIR, "opendir", VERB_LOOK, 1, verb_opendir },
	{ SFTP_READDIR, "readdir", VERB_HANDLE, 0, verb_readdir },
	{ SFTP_REMOVE, "remove", VERB_CHANGE, 1, verb_remove },
	{ SFTP_MKDIR, "mkdir", VERB_NEVER, 1, NULL },
	{ SFTP_RMDIR, "rmdir", VERB_NEVER, 1, NULL },
	{ SFTP_REALPATH, "realpath", VERB_NAME, 1, verb_realpath },
	{ SFTP_STAT, "stat", VERB_LOOK, 1, verb_stat },
	{ SFTP_RENAME, "rename", VERB_CHANGE, 2, verb_rename },
	{ SFTP_READLINK, "readlink", VERB_NEVER, 1, NULL },
	{ SFTP_SYMLINK, "symlink", VERB_NEVER, 2, NULL },
	{ SFTP_EXTENDED, "posix-rename@openssh.com", VERB_CHANGE, 2,
	    verb_rename },
	{ SFTP_EXTENDED, "statvfs@openssh.com", VERB_LOOK, 1, verb_statvfs },
	{ SFTP_EXTENDED, "fsync@openssh.com", VERB_HANDLE, 0, verb_fsync },
	{ SFTP_EXTENDED, "limits@openssh.com", VERB_SESSION, 0, verb_limits },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

const struct verb *
verbs_find(uint8_t type, const char *extension)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].type == type &&
		    (type != SFTP_EXTENDED ||
			strcmp(verbs[i].name, extension) == 0))
			return &verbs[i];
	return NULL;
}

enum verb_class
verbs_open_class(uint32_t flags)
{
	const uint32_t change = SFTP_OPEN_WRITE | SFTP_OPEN_APPEND |
				SFTP_OPEN_CREAT | SFTP_OPEN_TRUNC;

	return flags & change ? VERB_CHANGE : VERB_READ;
}

int
verbs_permitted(enum verb_class c, enum account_role role,
    const struct place *p)
{
	const struct folder *f = p->folder;

	if (f != NULL && (f->roles & 1U << role) == 0)
		return 0;
	switch (c) {
	case VERB_SESSION:
	case VERB_HANDLE:
	case VERB_NAME:
		return 1;
	case VERB_LOOK:
		return p->exists;
	case VERB_READ:
		return f != NULL && (f->rights & FOLDER_READ) != 0;
	case VERB_CHANGE:
		return f != NULL && (f->rights & FOLDER_WRITE) != 0;
	case VERB_NEVER:
		return 0;
	}
	return 0;
}

/*
 * Finds the places a request names and decides. Refusals are answered; what
 * is outside of the account's folders does not exist.
 */
static int
allow(struct filer *f, const struct verb *v)
{
	const struct sftp_request *r = &f->request;
	int opens = v->type == SFTP_OPEN;
	enum verb_class c = opens ? verbs_open_class(r->flags) : v->class;
	const char *operation = !opens             ? v->name
				: c == VERB_CHANGE ? "put"
						   : "get";

	for (int i = 0; i < v->paths; i++) {
		struct place *p = &f->place[i];

		if (tree_place(f->tree.role, r->path[i], p) == -1) {
			filer_say(f, r->id, SFTP_FAILURE, "door_name", NULL);
			return 0;
		}
		if (verbs_permitted(c, f->tree.role, p))
			continue;
		if (c != VERB_LOOK)
			filer_note(f, operation, p->path, "denied");
		if (p->exists || c == VERB_NEVER)
			filer_say(f, r->id, SFTP_PERMISSION_DENIED,
			    "door_refused", p->path);
		else
			filer_say(f, r->id,
			    c == VERB_CHANGE && strchr(p->path + 1, '/') == NULL
				? SFTP_PERMISSION_DENIED
				: SFTP_NO_SUCH_FILE,
			    c == VERB_CHANGE ? "door_refused" : "door_none",
			    p->path);
		return 0;
	}
	return 1;
}

void
verbs_dispatch(struct filer *f)
{
	const struct sftp_request *r = &f->request;
	const struct verb *v = verbs_find(r->type, r->name);

	if (r->type != SFTP_WRITE)
		verbs_flush(f);
	if (f->said_init == (r->type == SFTP_INIT)) {
		f->bad = 1;
		return;
	}
	if (v == NULL) {
		filer_say(f, r->id, SFTP_OP_UNSUPPORTED, "door_unknown", NULL);
		return;
	}
	if (allow(f, v))
		v->run(f);
}
