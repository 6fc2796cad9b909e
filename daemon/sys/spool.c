#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys/log.h"
#include "sys/spool.h"

static const char *const state_name[] = { [SPOOL_UPLOADING] = "uploading",
	[SPOOL_RECEIVED] = "received",
	[SPOOL_CLAIMED] = "claimed",
	[SPOOL_APPLIED] = "applied",
	[SPOOL_REJECTED] = "rejected",
	[SPOOL_QUARANTINED] = "quarantined" };

/*
 * Every move there is. received -> rejected is a container refused at CLOSE,
 * received -> applied a bundle sent twice (its effect is the first one's),
 * received -> quarantined one that could not even be handed out,
 * back to received what an operator retries or releases.
 */
static const struct {
	enum spool_state from;
	enum spool_state to;
} legal_move[] = {
	{ SPOOL_UPLOADING, SPOOL_RECEIVED },
	{ SPOOL_RECEIVED, SPOOL_CLAIMED },
	{ SPOOL_RECEIVED, SPOOL_REJECTED },
	{ SPOOL_RECEIVED, SPOOL_APPLIED },
	{ SPOOL_RECEIVED, SPOOL_QUARANTINED },
	{ SPOOL_CLAIMED, SPOOL_APPLIED },
	{ SPOOL_CLAIMED, SPOOL_REJECTED },
	{ SPOOL_CLAIMED, SPOOL_QUARANTINED },
	{ SPOOL_CLAIMED, SPOOL_RECEIVED },
	{ SPOOL_QUARANTINED, SPOOL_RECEIVED },
	{ SPOOL_REJECTED, SPOOL_RECEIVED },
};

const char *
spool_state_name(enum spool_state s)
{
	return state_name[s];
}

/* A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32. */
void
spool_new_id(char id[ID_TEXT])
{
	static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char bits[16];
	struct timespec now;
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 10; i++)
		id[i] = digit[ms >> (45 - 5 * i) & 31];
	if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		log_fatal("no random bytes from the kernel");
	for (int i = 0; i < 16; i++)
		id[10 + i] = digit[bits[i] & 31];
	id[26] = '\0';
}

static int
account_ok(const char *s, size_t len)
{
	if (len < 1 || len >= ACCOUNT_TEXT)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)s[i]) &&
		    !isdigit((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return 0;
	return 1;
}

/* Bytes of the UTF-8 character at s, 0 where it is none. */
static size_t
utf8_char(const unsigned char *s)
{
	size_t n = s[0] < 0x80                    ? 1
		   : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		   : s[0] >= 0xe0 && s[0] <= 0xef ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

int
spool_name_check(const char *name, struct err *e)
{
	size_t len = strlen(name);
	size_t n;

	if (len == 0)
		return err_say(e, ERR_SENDER, "name_bad", name,
		    "空 / it is empty", NULL);
	if (len >= NAME_TEXT)
		return err_say(e, ERR_SENDER, "name_bad", name,
		    "超过180字节(60个汉字) / longer than 180 bytes", NULL);
	if (name[0] == '.')
		return err_say(e, ERR_SENDER, "name_bad", name,
		    "不能以点开头 / it starts with a dot", NULL);
	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)name[i];

		n = utf8_char((const unsigned char *)name + i);
		if (n == 0)
			return err_say(e, ERR_SENDER, "name_bad", name,
			    "不是UTF-8 / it is not UTF-8", NULL);
		if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
			return err_say(e, ERR_SENDER, "name_bad", name,
			    "含有不允许的字符 / a character is not allowed",
			    NULL);
	}
	return 0;
}

int
spool_name_format(const struct spool_name *n, char *file)
{
	struct err e;
	int len;

	if (strlen(n->id) != ID_TEXT - 1 ||
	    strchr(SPOOL_KINDS, n->kind) == NULL ||
	    !account_ok(n->account, strlen(n->account)) ||
	    spool_name_check(n->name, &e) == -1)
		return -1;
	len = snprintf(file, SPOOL_TEXT, "%s.%c.%s.%s", n->id, n->kind,
	    n->account, n->name);
	return len > 0 && len < SPOOL_TEXT ? 0 : -1;
}

int
spool_name_parse(const char *file, struct spool_name *ret_n)
{
	const char *account;
	const char *dot;
	struct err e;

	if (strlen(file) < ID_TEXT + 4 || file[ID_TEXT - 1] != '.' ||
	    file[ID_TEXT + 1] != '.' || file[ID_TEXT] == '\0' ||
	    strchr(SPOOL_KINDS, file[ID_TEXT]) == NULL)
		return -1;
	for (size_t i = 0; i < ID_TEXT - 1; i++)
		if (!isdigit((unsigned char)file[i]) &&
		    !isupper((unsigned char)file[i]))
			return -1;
	account = file + ID_TEXT + 2;
	dot = strchr(account, '.');
	if (dot == NULL || !account_ok(account, (size_t)(dot - account)) ||
	    spool_name_check(dot + 1, &e) == -1)
		return -1;
	memset(ret_n, 0, sizeof(*ret_n));
	memcpy(ret_n->id, file, ID_TEXT - 1);
	ret_n->kind = file[ID_TEXT];
	memcpy(ret_n->account, account, (size_t)(dot - account));
	snprintf(ret_n->name, sizeof(ret_n->name), "%s", dot + 1);
	return 0;
}

int
spool_create(int uploading, const struct spool_name *n, struct err *e)
{
	char file[SPOOL_TEXT];
	int fd;

	if (spool_name_format(n, file) == -1)
		return err_say(e, ERR_SENDER, "name_bad", n->name,
		    "不能用作文件名 / it cannot be used", NULL);
	fd = openat(uploading, file,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd == -1 && (errno == ENOSPC || errno == EDQUOT))
		return err_say(e, ERR_RETRY, "disk_full", NULL);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot create an upload");
	return fd;
}

/* After a failed fsync the kernel may have dropped the pages: no retry. */
static void
sync_or_die(int fd, const char *what)
{
	if (fsync(fd) == -1)
		log_fatal("fsync of %s failed: %s", what, strerror(errno));
}

/*
 * What the kernel dropped it would say is on disk the next time: nobody is to
 * find the file under its name again.
 */
static void
sync_or_hide(int fd, int dir, const char *file)
{
	char hidden[SPOOL_TEXT + 1];
	int was;

	if (fsync(fd) == 0)
		return;
	was = errno;
	snprintf(hidden, sizeof(hidden), ".%s", file);
	(void)renameat2(dir, file, dir, hidden, RENAME_NOREPLACE);
	log_fatal("fsync of %s failed: %s; it is set aside as %s: send it "
		  "again",
	    log_quote(file), strerror(was), log_quote(hidden));
}

int
spool_publish(int fd, int uploading, const char *file, int received,
    const char *as_file, struct err *e)
{
	sync_or_hide(fd, uploading, file);
	if (renameat2(uploading, file, received, as_file, RENAME_NOREPLACE) ==
	    -1)
		return err_errno(e, ERR_RETRY, "cannot publish '%s'", as_file);
	/* A crash here: a received file without a ledger line. */
	sync_or_die(received, "received");
	return 0;
}

static int
move_legal(enum spool_state from, enum spool_state to)
{
	for (size_t i = 0; i < sizeof(legal_move) / sizeof(legal_move[0]); i++)
		if (legal_move[i].from == from && legal_move[i].to == to)
			return 1;
	return 0;
}

int
spool_move(int spool, const char *file, enum spool_state from,
    enum spool_state to, struct err *e)
{
	char source[SPOOL_TEXT + 16];
	char target[SPOOL_TEXT + 16];
	int dir = -1;
	int rc = -1;

	if (from == SPOOL_UPLOADING || !move_legal(from, to))
		return err_set(e, ERR_HOLD, "no move from %s to %s",
		    state_name[from], state_name[to]);
	snprintf(source, sizeof(source), "%s/%s", state_name[from], file);
	snprintf(target, sizeof(target), "%s/%s", state_name[to], file);
	if (renameat2(spool, source, spool, target, RENAME_NOREPLACE) == -1 &&
	    (errno != ENOENT || faccessat(spool, target, F_OK, 0) == -1)) {
		err_errno(e, ERR_HOLD, "cannot move '%s' to %s", source,
		    state_name[to]);
		goto out;
	}
	dir = openat(spool, state_name[to], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		err_errno(e, ERR_HOLD, "cannot open %s", state_name[to]);
		goto out;
	}
	sync_or_die(dir, state_name[to]);
	rc = 0;
out:
	if (dir != -1)
		(void)close(dir);
	return rc;
}
