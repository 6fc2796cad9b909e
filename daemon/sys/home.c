#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/home.h"

int
home_enter(const char *dir, struct err *e)
{
	if (dir == NULL)
		dir = getenv("ZAYTON_HOME");
	if (dir != NULL && chdir(dir) == -1)
		return err_errno(e, ERR_HOLD, "cannot enter '%s'", dir);
	if (access(HOME_CONF, F_OK) == -1 || access(HOME_SPOOL, F_OK) == -1)
		return err_set(e, ERR_HOLD,
		    "'%s' is not an instance: make one with 'zayton init DIR', "
		    "then name it with -C DIR or ZAYTON_HOME",
		    dir != NULL ? dir : ".");
	return 0;
}

static int
is_share(const char *dir)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, HOME_SCHEMAS) >=
		(int)sizeof(path) ||
	    access(path, F_OK) == -1)
		return 0;
	return snprintf(path, sizeof(path), "%s/%s", dir, HOME_RULES) <
		   (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

const char *
home_share(void)
{
	static char found[PATH_MAX + 32];
	static const char *const beside[] = { "../share/zayton", "..", "../..",
		NULL };
	const char *named = getenv("ZAYTON_SHARE");
	char binary[PATH_MAX];
	ssize_t n;

	if (named != NULL)
		return is_share(named) ? named : NULL;
	n = readlink("/proc/self/exe", binary, sizeof(binary) - 1);
	if (n > 0) {
		binary[n] = '\0';
		*strrchr(binary, '/') = '\0';
		for (size_t i = 0; beside[i] != NULL; i++) {
			snprintf(found, sizeof(found), "%s/%s", binary,
			    beside[i]);
			if (is_share(found))
				return found;
		}
	}
	return is_share(ZAYTON_SHARE) ? ZAYTON_SHARE : NULL;
}

/* Every folder of an instance and its mode. */
static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
	{ HOME_KEYS, 0700 },
	{ HOME_SPOOL, 0750 },
	{ HOME_SPOOL "/uploading", 0750 },
	{ HOME_SPOOL "/received", 0750 },
	{ HOME_SPOOL "/claimed", 0750 },
	{ HOME_SPOOL "/applied", 0750 },
	{ HOME_SPOOL "/rejected", 0750 },
	{ HOME_SPOOL "/quarantined", 0750 },
	{ HOME_DROP, 0755 },
	{ HOME_ACCOUNTS, 0755 },
	{ HOME_STANDARDS, 0755 },
	{ HOME_SCHEMAS, 0755 },
	{ HOME_RULES, 0755 },
	{ HOME_LUA, 0755 },
	{ HOME_RUN, 0750 },
};

int
home_folders(struct err *e)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (file_mkdir(AT_FDCWD, folders[i].path, folders[i].mode, e) ==
		    -1)
			return -1;
	return 0;
}
