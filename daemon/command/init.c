#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/sign.h"

/*
 * zayton init DIR: an instance. Each step leaves what is there already as it
 * is, so a broken-off init is simply called again.
 */

static const struct {
	const char *path;
	enum sign_kind kind;
	const char *comment;
} keys[] = {
	{ HOME_RECEIPT_KEY, SIGN_ED25519, "zayton receipts" },
	{ HOME_HOST_ED25519, SIGN_ED25519, "zayton host" },
	{ HOME_HOST_ECDSA, SIGN_ECDSA, "zayton host" },
};

/* Only what is shipped, never a folder of something else. */
static int
make_here(const char *share, struct err *e)
{
	static const char *const shipped[] = { HOME_SCHEMAS, HOME_RULES,
		HOME_LUA };
	char from[PATH_MAX + 32];

	if (home_folders(e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
		snprintf(from, sizeof(from), "%s/%s", share, shipped[i]);
		if (file_copy_new(from, shipped[i], e) == -1)
			return -1;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (access(keys[i].path, F_OK) == -1 &&
		    sign_keygen(keys[i].kind, keys[i].path, keys[i].comment,
			e) == -1)
			return -1;
	return 0;
}

/* The configuration comes last: where it stands, the instance is whole. */
static int
make_conf(const char *share, struct err *e)
{
	enum { CONF_MAX = 65536 };
	char from[PATH_MAX + 32];
	struct buf b;
	int rc;

	if (access(HOME_CONF, F_OK) == 0)
		return 0;
	snprintf(from, sizeof(from), "%s/package/zayton.conf", share);
	if (access(from, R_OK) == -1)
		snprintf(from, sizeof(from), "%s/zayton.conf", share);
	buf_init(&b, CONF_MAX);
	rc = file_read(AT_FDCWD, from, &b, e);
	if (rc == 0)
		rc = file_publish(AT_FDCWD, HOME_CONF, b.data, b.len, 0644, e);
	buf_done(&b);
	return rc;
}

/* The first keeper makes the base and puts the shipped rules in force. */
static int
make_base(struct err *e)
{
	struct ask *a = NULL;
	struct conf c;

	if (conf_read(HOME_CONF, &c, e) == -1 || ask_open(&c, &a, e) == -1)
		return -1;
	ask_close(a);
	return 0;
}

int
init_command(int argc, char **argv)
{
	char share[PATH_MAX];
	struct err e;

	if (command_unknown(argc, argv) || argc != 2)
		return command_usage();
	if (home_share() == NULL || realpath(home_share(), share) == NULL) {
		err_set(&e, ERR_HOLD,
		    "the shipped schemas and rules are not found; set "
		    "ZAYTON_SHARE to their folder");
		return command_fail(&e);
	}
	if (file_mkdir(AT_FDCWD, argv[1], 0755, &e) == -1)
		return command_fail(&e);
	if (chdir(argv[1]) == -1) {
		err_errno(&e, ERR_HOLD, "cannot enter '%s'", argv[1]);
		return command_fail(&e);
	}
	if (make_here(share, &e) == -1 || make_conf(share, &e) == -1 ||
	    make_base(&e) == -1)
		return command_fail(&e);
	printf("%s: 实例已就绪 / an instance, ready\n", argv[1]);
	return COMMAND_DONE;
}
