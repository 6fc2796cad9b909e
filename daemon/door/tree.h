#ifndef ZAYTON_DOOR_TREE_H
#define ZAYTON_DOOR_TREE_H

#include <sys/stat.h>

#include "door/sftp.h"
#include "sys/err.h"
#include "sys/message.h"

/*
 * What an account sees: a handful of folders, chosen by its role, each a
 * window on one real directory. Nothing else exists for it. Folders for
 * writing show two things: uploads not yet finished, and for a day the names
 * of what was taken in ("stubs": sparse files of the same size and time,
 * which are never opened).
 */

enum folder_rights { FOLDER_READ = 1, FOLDER_WRITE = 2, FOLDER_SHARED = 4 };

struct folder {
	const char *name;
	unsigned int roles; /* bits 1 << enum account_role */
	int rights;
	char kind; /* of its uploads, see spool.h */
};

enum { FOLDERS = 8 };
extern const struct folder tree_folders[FOLDERS];

struct tree {
	char account[ACCOUNT_TEXT];
	enum account_role role;
	int uploading;    /* spool/uploading/ACCOUNT */
	int received;     /* spool/received */
	int dir[FOLDERS]; /* -1 where the role does not see it */
};

/* A path that was looked up. */
struct place {
	char path[SFTP_PATH];        /* canonical */
	const struct folder *folder; /* NULL: the root, or nothing */
	int exists;                  /* the root or a folder of the role */
	const char *rest;            /* below the folder, "" itself; in path */
};

/*
 * Opens the directories of an account in the current instance, and makes
 * those that are missing.
 */
int tree_open(struct tree *t, const char *account, enum account_role role,
    struct err *e);
void tree_close(struct tree *t);

/* All that an account of the role needs, made when the account is. */
int tree_make(const char *account, enum account_role role, struct err *e);

/*
 * The folder an account of the role sends its files to, whichever way they
 * come: /upload or /queries.
 */
const struct folder *tree_inbox(enum account_role role);
/* The same of an account of the current instance; NULL where there is none. */
const struct folder *tree_inbox_of(const char *account);

/*
 * Cleans a path as clients send it ("", ".", "..", "//", with or without a
 * leading slash) and finds its folder. -1 where it is too long.
 */
int tree_place(enum account_role role, const char *path, struct place *ret_p);

/* Its directory's descriptor. */
int tree_dir(const struct tree *t, const struct folder *f);

/*
 * Opens below a folder for reading, through no link and never outside of it.
 * Returns the descriptor and what it is, or -1 with errno.
 */
int tree_read(const struct tree *t, const struct place *p, int want_dir,
    struct stat *ret_st);

/* What stands there: 0, or -1 with errno. Knows no unfinished uploads. */
int tree_stat(const struct tree *t, const struct place *p, struct stat *ret_st);

/* What is told of a file: no owner, a mode that says what may be done. */
void tree_attrs(const struct folder *f, const struct stat *st,
    struct sftp_attrs *ret_a);

/* As "ls -l" shows it. */
void tree_longname(const struct tree *t, const struct sftp_attrs *a,
    const char *name, char *buf, size_t size);

#endif
