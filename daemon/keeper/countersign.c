#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "form/tlog.h"
#include "keeper/countersign.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"

enum { SIGNATURE_MAX = 16384 };

#define CHECKPOINTS HOME_STANDARDS "/checkpoints"

int
countersign_is(const struct bundle *b)
{
	char day[TLOG_DAY];

	return b->name.kind == 's' && tlog_countersigned_day(b->name.name, day);
}

int
countersign_open(const struct bundle *b)
{
	char day[TLOG_DAY], now[CLOCK_TEXT], path[128];

	clock_now(now, sizeof(now));
	now[sizeof(day) - 1] = '\0';
	/* That of today gives way to a later one. */
	if (!tlog_countersigned_day(b->name.name, day) || strcmp(day, now) >= 0)
		return -1;
	snprintf(path, sizeof(path), CHECKPOINTS "/%s.checkpoint", day);
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

int
countersign_publish(struct keeper *k, const struct bundle *b, struct err *e)
{
	char day[TLOG_DAY], file[SPOOL_TEXT], path[SPOOL_TEXT + 16];
	struct buf text;
	int rc;

	if (!tlog_countersigned_day(b->name.name, day) ||
	    spool_name_format(&b->name, file) == -1)
		return err_set(e, ERR_HOLD, "no signature of a checkpoint");
	buf_init(&text, SIGNATURE_MAX);
	snprintf(path, sizeof(path), "claimed/%s", file);
	rc = file_read(k->spool, path, &text, e);
	snprintf(path, sizeof(path), CHECKPOINTS "/%s.checkpoint.%s.sig", day,
	    b->name.account);
	if (rc == 0)
		rc = file_place(AT_FDCWD, path, text.data, text.len, 0644, e);
	buf_done(&text);
	return rc;
}
