#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "door/tree.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/spool.h"

#define ROLE(r)   (1U << ACCOUNT_##r)
#define PROVIDERS (ROLE(DEPARTMENT) | ROLE(ENTERPRISE))
#define CONSUMERS (ROLE(INSTITUTION) | ROLE(UPSTREAM))
#define ALL_ROLES (PROVIDERS | CONSUMERS)

const struct folder tree_folders[FOLDERS] = {
	{ "upload", PROVIDERS, FOLDER_WRITE, 'u' },
	{ "check", PROVIDERS, FOLDER_WRITE, 'c' },
	{ "reports", PROVIDERS, FOLDER_READ, '-' },
	{ "queries", CONSUMERS, FOLDER_WRITE, 'q' },
	{ "extracts", CONSUMERS, FOLDER_READ, '-' },
	{ "catalog", CONSUMERS, FOLDER_READ, '-' },
	{ "receipts", ALL_ROLES, FOLDER_READ, '-' },
	{ "standards", ALL_ROLES, FOLDER_READ | FOLDER_SHARED, '-' },
};

static int
open_dir(const char *path, struct err *e)
{
	int fd;

	if (file_mkdir(AT_FDCWD, path, 0750, e) == -1)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd != -1 ? fd : err_errno(e, ERR_HOLD, "cannot open '%s'", path);
}

static int
is_inbox(const struct folder *f)
{
	return f->kind == 'u' || f->kind == 'q';
}

const struct folder *
tree_inbox(enum account_role role)
{
	for (size_t i = 0; i < FOLDERS; i++)
		if (is_inbox(&tree_folders[i]) &&
		    (tree_folders[i].roles & 1U << role) != 0)
			return &tree_folders[i];
	return NULL;
}

/* Only those of its role were made. */
const struct folder *
tree_inbox_of(const char *account)
{
	char path[160];

	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", HOME_ACCOUNTS, account,
		    tree_folders[i].name);
		if (is_inbox(&tree_folders[i]) && access(path, F_OK) == 0)
			return &tree_folders[i];
	}
	return NULL;
}

int
tree_make(const char *account, enum account_role role, struct err *e)
{
	/* What the server writes of any account, seen or not. */
	static const char *const always[] = { HOME_ACCOUNTS "/%s",
		HOME_ACCOUNTS "/%s/reports", HOME_SPOOL "/uploading/%s",
		HOME_DROP "/%s" };
	char path[160];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		const char *mark = strstr(always[i], "%s");

		snprintf(path, sizeof(path), "%.*s%s%s",
		    (int)(mark - always[i]), always[i], account, mark + 2);
		if (file_mkdir(AT_FDCWD, path, 0750, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < FOLDERS; i++) {
		const struct folder *f = &tree_folders[i];

		snprintf(path, sizeof(path), "%s/%s/%s", HOME_ACCOUNTS, account,
		    f->name);
		if ((f->roles & 1U << role) != 0 &&
		    (f->rights & FOLDER_SHARED) == 0 &&
		    file_mkdir(AT_FDCWD, path, 0750, e) == -1)
			return -1;
	}
	return 0;
}

int
tree_open(struct tree *t, const char *account, enum account_role role,
    struct err *e)
{
	char path[160];

	memset(t, 0, sizeof(*t));
	snprintf(t->account, sizeof(t->account), "%s", account);
	t->role = role;
	t->uploading = t->received = -1;
	for (size_t i = 0; i < FOLDERS; i++)
		t->dir[i] = -1;
	snprintf(path, sizeof(path), "%s/%s", HOME_ACCOUNTS, account);
	if (file_mkdir(AT_FDCWD, path, 0750, e) == -1)
		return -1;
	for (size_t i = 0; i < FOLDERS; i++) {
		const struct folder *f = &tree_folders[i];

		if ((f->roles & 1U << role) == 0)
			continue;
		if (f->rights & FOLDER_SHARED)
			snprintf(path, sizeof(path), "%s", HOME_STANDARDS);
		else
			snprintf(path, sizeof(path), "%s/%s/%s", HOME_ACCOUNTS,
			    account, f->name);
		t->dir[i] = open_dir(path, e);
		if (t->dir[i] == -1)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/%s/%s", HOME_SPOOL,
	    spool_state_name(SPOOL_UPLOADING), account);
	t->uploading = open_dir(path, e);
	if (t->uploading == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", HOME_SPOOL,
	    spool_state_name(SPOOL_RECEIVED));
	t->received = open_dir(path, e);
	return t->received == -1 ? -1 : 0;
}

void
tree_close(struct tree *t)
{
	for (size_t i = 0; i < FOLDERS; i++)
		if (t->dir[i] != -1)
			(void)close(t->dir[i]);
	if (t->uploading != -1)
		(void)close(t->uploading);
	if (t->received != -1)
		(void)close(t->received);
}

/* Appends one component to a canonical path. */
static int
step(char *path, const char *name, size_t len)
{
	size_t used = strlen(path);

	if (len == 0 || (len == 1 && name[0] == '.'))
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		*strrchr(path, '/') = '\0';
		if (path[0] == '\0')
			memcpy(path, "/", 2);
		return 0;
	}
	if (used > 1)
		path[used++] = '/';
	if (len >= SFTP_PATH - used)
		return -1;
	memcpy(path + used, name, len);
	path[used + len] = '\0';
	return 0;
}

int
tree_place(enum account_role role, const char *path, struct place *ret_p)
{
	size_t len;

	memcpy(ret_p->path, "/", 2);
	while (*path != '\0') {
		len = strcspn(path, "/");
		if (step(ret_p->path, path, len) == -1)
			return -1;
		path += len + (path[len] == '/');
	}
	ret_p->folder = NULL;
	ret_p->exists = ret_p->path[1] == '\0';
	ret_p->rest = ret_p->path + 1;
	len = strcspn(ret_p->path + 1, "/");
	for (size_t i = 0; i < FOLDERS; i++) {
		const struct folder *f = &tree_folders[i];

		if ((f->roles & 1U << role) == 0 || strlen(f->name) != len ||
		    memcmp(f->name, ret_p->path + 1, len) != 0)
			continue;
		ret_p->folder = f;
		ret_p->exists = 1;
		ret_p->rest += len + (ret_p->rest[len] == '/');
	}
	return 0;
}

int
tree_dir(const struct tree *t, const struct folder *f)
{
	return t->dir[f - tree_folders];
}

/* No component starts with a dot: half-made files of ours do. */
static int
hidden(const char *rest)
{
	return rest[0] == '.' || strstr(rest, "/.") != NULL;
}

int
tree_read(const struct tree *t, const struct place *p, int want_dir,
    struct stat *ret_st)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (want_dir)
		how.flags |= O_DIRECTORY;
	if (hidden(p->rest)) {
		errno = ENOENT;
		return -1;
	}
	fd = (int)syscall(SYS_openat2, tree_dir(t, p->folder),
	    p->rest[0] != '\0' ? p->rest : ".", &how, sizeof(how));
	if (fd == -1)
		return -1;
	if (fstat(fd, ret_st) == 0 &&
	    (want_dir ? S_ISDIR(ret_st->st_mode) : S_ISREG(ret_st->st_mode)))
		return fd;
	(void)close(fd);
	errno = want_dir ? ENOTDIR : EISDIR;
	return -1;
}

int
tree_stat(const struct tree *t, const struct place *p, struct stat *ret_st)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int rc = -1;
	int fd;

	if (p->folder == NULL)
		return fstat(t->received, ret_st);
	if (hidden(p->rest)) {
		errno = ENOENT;
		return -1;
	}
	fd = (int)syscall(SYS_openat2, tree_dir(t, p->folder),
	    p->rest[0] != '\0' ? p->rest : ".", &how, sizeof(how));
	if (fd == -1)
		return -1;
	if (fstat(fd, ret_st) == 0)
		rc = 0;
	(void)close(fd);
	if (rc == 0 && !S_ISREG(ret_st->st_mode) && !S_ISDIR(ret_st->st_mode)) {
		errno = ENOENT;
		rc = -1;
	}
	return rc;
}

void
tree_attrs(const struct folder *f, const struct stat *st,
    struct sftp_attrs *ret_a)
{
	int write = f != NULL && f->rights & FOLDER_WRITE;
	uint32_t mode = S_ISDIR(st->st_mode)
			    ? (uint32_t)S_IFDIR | (write ? 0755U : 0555U)
			    : (uint32_t)S_IFREG | (write ? 0200U : 0444U);

	memset(ret_a, 0, sizeof(*ret_a));
	ret_a->flags = SFTP_ATTR_SIZE | SFTP_ATTR_MODE | SFTP_ATTR_TIMES;
	ret_a->size = (uint64_t)st->st_size;
	ret_a->mode = mode;
	ret_a->atime = (uint32_t)st->st_mtime;
	ret_a->mtime = (uint32_t)st->st_mtime;
}

void
tree_longname(const struct tree *t, const struct sftp_attrs *a,
    const char *name, char *buf, size_t size)
{
	static const char bit[] = "rwxrwxrwx";
	const time_t half_year = (time_t)365 * 24 * 3600 / 2;
	time_t when = (time_t)a->mtime;
	time_t now = time(NULL);
	char mode[11];
	char date[32] = "";
	struct tm tm;

	mode[0] = S_ISDIR(a->mode) ? 'd' : '-';
	for (int i = 0; i < 9; i++)
		mode[i + 1] = a->mode & 0400U >> i ? bit[i] : '-';
	mode[10] = '\0';
	if (localtime_r(&when, &tm) != NULL)
		(void)strftime(date, sizeof(date),
		    when > now || when < now - half_year ? "%b %e  %Y"
							 : "%b %e %H:%M",
		    &tm);
	snprintf(buf, size, "%s %3u %-8s %-8s %12llu %s %s", mode,
	    S_ISDIR(a->mode) ? 2U : 1U, t->account, t->account,
	    (unsigned long long)a->size, date, name);
}
