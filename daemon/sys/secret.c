#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/home.h"
#include "sys/secret.h"

static int
check(const char *path, mode_t kind, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return err_errno(e, ERR_HOLD, "the key '%s' is missing", path);
	if ((st.st_mode & S_IFMT) != kind)
		return err_set(e, ERR_HOLD, "'%s' is not what it has to be",
		    path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_HOLD,
		    "'%s' belongs to user %u, and not to user %u who serves: "
		    "chown it",
		    path, st.st_uid, geteuid());
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(e, ERR_HOLD,
		    "'%s' can be read by others than its owner (mode %04o): "
		    "chmod %s it, and think of a new key",
		    path, st.st_mode & 07777u, kind == S_IFDIR ? "700" : "600");
	return 0;
}

int
secret_files(struct err *e)
{
	static const char *const key[] = { HOME_RECEIPT_KEY, HOME_HOST_ED25519,
		HOME_HOST_ECDSA };

	if (check(HOME_KEYS, S_IFDIR, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		if (check(key[i], S_IFREG, e) == -1)
			return -1;
	return 0;
}

void
secret_process(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}
