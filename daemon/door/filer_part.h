#ifndef ZAYTON_DOOR_FILER_PART_H
#define ZAYTON_DOOR_FILER_PART_H

#include <dirent.h>
#include <stdint.h>
#include <sys/uio.h>

#include "door/sftp.h"
#include "door/tree.h"
#include "door/upload.h"
#include "sys/err.h"
#include "sys/frame.h"

/*
 * What the parts of a filer share: the loop (filer.c), the table of verbs
 * (verbs.c), verbs on paths (verbs_path.c), verbs on open handles
 * (verbs_handle.c). Only for these files.
 */

enum { FILER_HANDLES = 64, FILER_BATCH = 64, FILER_PARKED = 16 };

enum handle_kind {
	HANDLE_FREE,
	HANDLE_DIR,
	HANDLE_FILE,   /* a download */
	HANDLE_UPLOAD, /* being written */
	HANDLE_TAKING  /* published; the keeper has not answered yet */
};

struct handle {
	enum handle_kind kind;
	uint32_t turn; /* so that an old number is not taken for a new one */
	char path[SFTP_PATH];
	const struct folder *folder; /* NULL: the root */
	const char *operation;       /* for the access log */
	/* HANDLE_UPLOAD, HANDLE_TAKING */
	struct upload *upload;
	uint32_t request; /* to answer when it is taken */
	/* HANDLE_FILE */
	int fd;
	uint64_t size;
	uint64_t sent;
	/* HANDLE_DIR */
	DIR *dir;
	size_t next; /* of the folders, or of list */
	struct unfinished *list;
	size_t nlist;
};

/* Writes that follow each other, gathered to be one. */
struct batch {
	struct handle *h;
	uint64_t off;
	uint64_t len;
	size_t n;
	struct iovec iov[FILER_BATCH]; /* into the input buffer */
	uint32_t id[FILER_BATCH];
};

/* Digests of uploads closed under a temporary name, for their renaming. */
struct parked {
	char file[SPOOL_TEXT];
	struct timespec changed;
	unsigned char digest[DIGEST_BYTES];
};

struct filer {
	int in;
	int out;
	int keeper;
	int remarks; /* sentences for the person at the client; -1: nowhere */
	int said_init;
	int stalled; /* no room for answers: the client has to read first */
	int bad;     /* the client does not speak SFTP: hang up */
	struct tree tree;
	struct upload_limits limits;
	size_t uploads_max; /* open at once */
	struct handle handle[FILER_HANDLES];
	struct batch batch;
	struct parked parked[FILER_PARKED];
	size_t nparked;
	struct sftp_out reply;
	size_t flushed; /* of reply */
	uint8_t *input; /* owned */
	size_t from;    /* not yet parsed: [from, to) */
	size_t to;
	struct sftp_request request;
	struct place place[2];
	struct frame frame;
};

/* --- filer.c --- */

/* Both sentences of an error as a status; an inner one is logged. */
void filer_refuse(struct filer *f, uint32_t id, enum sftp_code code,
    const struct err *e);
/* A sentence of the catalogue as a status. */
void filer_say(struct filer *f, uint32_t id, enum sftp_code code,
    const char *catalog, const char *arg);
void filer_ok(struct filer *f, uint32_t id);

/* A free handle, or NULL with the status given. */
struct handle *filer_handle(struct filer *f, uint32_t id, enum handle_kind kind,
    const char *operation);
uint32_t filer_number(const struct filer *f, const struct handle *h);
/* The open handle of that number, or NULL. */
struct handle *filer_find(struct filer *f, uint32_t number);
/* Ends it, with one line for the log and one for the keeper. */
void filer_end(struct filer *f, struct handle *h, const char *outcome);
/* The line for what never became a handle. */
void filer_note(struct filer *f, const char *operation, const char *path,
    const char *outcome);

/* Tells the keeper; the handle waits for it. The keeper gone ends us. */
void filer_uploaded(struct filer *f, struct handle *h);

/* --- verbs.c --- */

/* One request, from permission to reply. */
void verbs_dispatch(struct filer *f);

/* --- verbs_path.c: f->request and f->place hold what is asked --- */
void verb_stat(struct filer *f);
void verb_setstat(struct filer *f);
void verb_opendir(struct filer *f);
void verb_remove(struct filer *f);
void verb_realpath(struct filer *f);
void verb_rename(struct filer *f);
void verb_statvfs(struct filer *f);
void verb_open(struct filer *f);

/*
 * Publishes the upload of a handle under its final name; the handle then
 * waits for the keeper, and id is answered by it. -1: as before.
 */
int verb_publish(struct filer *f, struct handle *h, const char *name,
    uint32_t id, struct err *e);

/* Applies attributes to a file of ours: times; the size by the caller. */
void verb_times(int dir, const char *name, const struct sftp_attrs *a);

/* --- verbs_handle.c --- */
void verb_close(struct filer *f);
void verb_read(struct filer *f);
void verb_write(struct filer *f);
void verb_fstat(struct filer *f);
void verb_fsetstat(struct filer *f);
void verb_readdir(struct filer *f);
void verb_fsync(struct filer *f);

/* Writes what was gathered and answers it. */
void verbs_flush(struct filer *f);

#endif
