#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/conf.h"
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "sys/spool.h"
#include "way/adopt.h"
#include "way/watch.h"
#include "way/workers.h"

enum {
	RESCAN_MS = 5000,
	SETTLED_SECONDS = 2, /* younger files are a session's own affair */
	FOREIGN_SECONDS = 60,
	DROPS_MAX = 1024
};

struct drop {
	int watch; /* inotify's number */
	char account[ACCOUNT_TEXT];
};

struct watch {
	struct conf conf;
	int keeper;
	int inotify;
	int signals;
	int spool;
	struct adopt *adopt;
	struct workers *workers;
	struct drop drop[DROPS_MAX];
	size_t ndrops;
	int drop_root; /* inotify's number of drop/ itself */
	int64_t rescanned;
	int64_t epoch;  /* what the wall clock is ahead of the true one, in s */
	int64_t set_at; /* when somebody set it, in s of the true one */
	int stopping;
	struct frame frame;
};

/* Names that say the file is not finished, or is nobody's bundle. */
static int
unfinished(const char *file)
{
	static const char *const ending[] = { ".filepart", ".partial", ".part",
		".tmp", NULL };
	size_t len = strlen(file);

	if (file[0] == '.' || file[len - 1] == '~')
		return 1;
	for (size_t i = 0; ending[i] != NULL; i++) {
		size_t n = strlen(ending[i]);

		if (len > n && strcmp(file + len - n, ending[i]) == 0)
			return 1;
	}
	return 0;
}

static void
watch_account(struct watch *w, const char *account)
{
	char path[128];
	int n;

	if (account[0] == '.' || strlen(account) >= ACCOUNT_TEXT ||
	    w->ndrops == DROPS_MAX)
		return;
	snprintf(path, sizeof(path), "%s/%s", HOME_DROP, account);
	n = inotify_add_watch(w->inotify, path,
	    IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
	if (n == -1)
		return;
	for (size_t i = 0; i < w->ndrops; i++)
		if (w->drop[i].watch == n)
			return;
	w->drop[w->ndrops].watch = n;
	snprintf(w->drop[w->ndrops].account, ACCOUNT_TEXT, "%s", account);
	w->ndrops++;
}

static DIR *
open_dir(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL && errno != ENOENT)
		log_warn("- cannot read '%s': %s", path, strerror(errno));
	return d;
}

/*
 * The kernel gives no lease on another user's file, so whether it is still
 * being written is not to be known: a rescan waits until it was left alone. A
 * file that is younger than now was, before the clock was set back.
 */
static int
settled(const struct watch *w, DIR *d, const char *file)
{
	int64_t least, age;
	struct stat st;

	if (fstatat(dirfd(d), file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return 0;
	least = st.st_uid == geteuid() ? SETTLED_SECONDS : FOREIGN_SECONDS;
	age = time(NULL) - st.st_ctime;
	return (age >= least || age <= -least) &&
	       clock_milliseconds() / 1000 - w->set_at >= least;
}

/* A clock that was just set says nothing about how long a file was alone. */
static void
look_at_clock(struct watch *w)
{
	int64_t now = clock_milliseconds() / 1000;
	int64_t epoch = time(NULL) - now;

	if (w->rescanned != 0 && llabs(epoch - w->epoch) > 1)
		w->set_at = now;
	w->epoch = epoch;
}

static void
rescan_drop(struct watch *w, const char *account)
{
	char path[128];
	struct dirent *entry;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", HOME_DROP, account);
	d = open_dir(path);
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (!unfinished(entry->d_name) && settled(w, d, entry->d_name))
			adopt_drop(w->adopt, account, entry->d_name);
	if (d != NULL)
		(void)closedir(d);
}

static void
rescan_drops(struct watch *w)
{
	DIR *d = open_dir(HOME_DROP);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		watch_account(w, entry->d_name);
	if (d != NULL)
		(void)closedir(d);
	for (size_t i = 0; i < w->ndrops; i++)
		rescan_drop(w, w->drop[i].account);
}

/* The keeper answers MESSAGE_UNKNOWN for those it has no line of. */
static int
rescan_received(struct watch *w, struct err *e)
{
	DIR *d = open_dir(HOME_SPOOL "/received");
	struct dirent *entry;
	int rc = 0;

	while (d != NULL && rc == 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' || !settled(w, d, entry->d_name))
			continue;
		frame_start(&w->frame, MESSAGE_SEEN);
		frame_put_str(&w->frame, entry->d_name);
		rc = frame_send(w->keeper, &w->frame, e);
	}
	if (d != NULL)
		(void)closedir(d);
	return rc;
}

/* Files of a folder that nobody has touched for so long. */
static void
sweep(const char *above, const char *account, const char *folder, int hours)
{
	time_t oldest = time(NULL) - (time_t)hours * 3600;
	char path[160];
	struct dirent *entry;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s/%s", above, account, folder);
	d = open_dir(path);
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(d), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ctime < oldest)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
}

static int
rescan(struct watch *w, struct err *e)
{
	look_at_clock(w);
	rescan_drops(w);
	for (size_t i = 0; i < w->ndrops; i++) {
		const char *account = w->drop[i].account;

		/* Names that stayed visible, and uploads nobody finished. */
		sweep(HOME_ACCOUNTS, account, "upload", w->conf.visible_hours);
		sweep(HOME_ACCOUNTS, account, "check", w->conf.visible_hours);
		sweep(HOME_ACCOUNTS, account, "queries", w->conf.visible_hours);
		sweep(HOME_SPOOL "/uploading", account, ".",
		    w->conf.unfinished_hours);
	}
	w->rescanned = clock_milliseconds();
	return rescan_received(w, e);
}

static void
on_event(struct watch *w, const struct inotify_event *event)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		w->rescanned = 0;
		return;
	}
	if (event->len == 0)
		return;
	if (event->wd == w->drop_root) {
		watch_account(w, event->name);
		return;
	}
	for (size_t i = 0; i < w->ndrops; i++)
		if (w->drop[i].watch == event->wd && !unfinished(event->name))
			adopt_drop(w->adopt, w->drop[i].account, event->name);
}

static void
on_inotify(struct watch *w)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	while ((n = read(w->inotify, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			struct inotify_event event;

			memcpy(&event, p, sizeof(event));
			on_event(w,
			    (const struct inotify_event *)(const void *)p);
			p += sizeof(event) + event.len;
		}
}

static int
on_keeper(struct watch *w, struct err *e)
{
	char file[SPOOL_TEXT];

	switch (frame_recv(w->keeper, &w->frame, e)) {
	case 0:
		w->stopping = 1;
		return 0;
	case 1:
		break;
	default:
		return -1;
	}
	switch (w->frame.type) {
	case MESSAGE_WORK:
		return workers_start(w->workers, &w->frame, e);
	case MESSAGE_EXTRACT:
		return workers_extract(w->workers, &w->frame, e);
	case MESSAGE_UNKNOWN:
		frame_get_str(&w->frame, file, sizeof(file));
		if (frame_end(&w->frame, e) == -1)
			return -1;
		adopt_received(w->adopt, file);
		return 0;
	case MESSAGE_TAKEN:
		(void)frame_get_u32(&w->frame);
		return frame_end(&w->frame, e);
	default:
		return err_set(e, ERR_HOLD, "the keeper sent frame %u",
		    w->frame.type);
	}
}

static int
on_signal(struct watch *w, struct err *e)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			w->stopping = 1;
	return workers_tend(w->workers, e);
}

static int
open_all(struct watch *w, struct err *e)
{
	sigset_t set;

	if (conf_read(HOME_CONF, &w->conf, e) == -1)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	w->keeper = proc_fd("keeper");
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->spool = open(HOME_SPOOL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->keeper == -1 || w->inotify == -1 || w->spool == -1 ||
	    sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_errno(e, ERR_HOLD, "cannot watch the spool");
	w->set_at = -FOREIGN_SECONDS;
	w->drop_root = inotify_add_watch(w->inotify, HOME_DROP,
	    IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	w->adopt = adopt_new(w->spool, w->keeper);
	w->workers = workers_new(&w->conf, w->keeper);
	return 0;
}

static unsigned int
workers_allowed(const struct conf *c)
{
	long n =
	    c->workers_max > 0 ? c->workers_max : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned int)n;
}

static int
loop(struct watch *w, struct err *e)
{
	struct pollfd p[3 + WORKERS_MAX] = {
		{ .fd = w->keeper, .events = POLLIN },
		{ .fd = w->inotify, .events = POLLIN },
		{ .fd = w->signals, .events = POLLIN },
	};

	while (!w->stopping) {
		int more = adopt_step(w->adopt, e);
		size_t n = workers_poll(w->workers, p + 3);

		if (more == -1)
			return -1;
		if (poll(p, (nfds_t)(3 + n), more ? 0 : 1000) == -1 &&
		    errno != EINTR)
			return err_errno(e, ERR_RETRY, "poll");
		if (workers_progress(w->workers, p + 3, n, e) == -1 ||
		    (p[2].revents != 0 && on_signal(w, e) == -1) ||
		    (p[0].revents != 0 && on_keeper(w, e) == -1))
			return -1;
		if (p[1].revents != 0)
			on_inotify(w);
		if (clock_milliseconds() - w->rescanned >= RESCAN_MS &&
		    (workers_tend(w->workers, e) == -1 || rescan(w, e) == -1))
			return -1;
	}
	return 0;
}

int
watch_role(int argc, char **argv)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	struct err e;

	(void)argc;
	(void)argv;
	if (open_all(w, &e) == -1 || jail_enter(JAIL_WATCH, NULL, &e) == -1 ||
	    workers_room(w->workers, workers_allowed(&w->conf), &e) == -1 ||
	    rescan(w, &e) == -1 || loop(w, &e) == -1)
		log_fatal("- watch ends: %s", e.en);
	workers_free(w->workers);
	adopt_free(w->adopt);
	free(w);
	return 0;
}
