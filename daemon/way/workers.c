#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/copies.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "way/work.h"
#include "way/workers.h"

struct worker {
	pid_t pid; /* 0: free */
	char id[ID_TEXT];
	int progress;    /* our end of its frame socket */
	int64_t overdue; /* ms */
	int killed;
	int extracts; /* not a bundle's: the extract role */
};

struct workers {
	const struct conf *conf;
	int keeper;
	/* Of which they are copies: for one pack, and one day's standards. */
	struct pattern pattern;
	char pack[DIGEST_TEXT];
	char day[16];
	struct frame frame; /* what we say */
	struct worker worker[WORKERS_MAX];
};

struct workers *
workers_new(const struct conf *c, int keeper)
{
	struct workers *w = xcalloc(1, sizeof(*w));

	w->conf = c;
	w->keeper = keeper;
	w->pattern.role = "workers";
	return w;
}

void
workers_free(struct workers *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (w->worker[i].pid > 0)
			(void)kill(w->worker[i].pid, SIGKILL);
	pattern_end(&w->pattern);
	free(w);
}

int
workers_room(struct workers *w, unsigned int n, struct err *e)
{
	frame_start(&w->frame, MESSAGE_ROOM);
	frame_put_u32(&w->frame, n);
	return frame_send(w->keeper, &w->frame, e);
}

/* What a MESSAGE_WORK says. */
struct work {
	char id[ID_TEXT];
	char name[NAME_TEXT];
	char kind;
	char provider[33];
	uint64_t bytes;
	char received_at[40];
	char keys[2048];
	char exceptions[4096];
	char pack[DIGEST_TEXT];
	uint8_t fifth; /* enum work_fifth */
	int fd[5];     /* bundle, pack, rows, rejected, a fifth or -1 */
};

static int
work_get(struct frame *f, struct work *k, struct err *e)
{
	frame_get_str(f, k->id, sizeof(k->id));
	frame_get_str(f, k->name, sizeof(k->name));
	k->kind = (char)frame_get_u8(f);
	frame_get_str(f, k->provider, sizeof(k->provider));
	k->bytes = frame_get_u64(f);
	frame_get_str(f, k->received_at, sizeof(k->received_at));
	frame_get_str(f, k->keys, sizeof(k->keys));
	frame_get_str(f, k->exceptions, sizeof(k->exceptions));
	frame_get_str(f, k->pack, sizeof(k->pack));
	k->fifth = frame_get_u8(f);
	for (int i = 0, n = k->fifth != WORK_NOTHING ? 5 : 4; i < n; i++)
		k->fd[i] = frame_get_fd(f);
	return frame_end(f, e);
}

/* There is a pattern for this bundle: the one that is, or a new one. */
static int
pattern_for(struct workers *w, const struct work *k, struct err *e)
{
	char day[16];
	char unpacked[24];
	char memory[24];
	const char *const args[] = { day, unpacked, memory, NULL };

	work_day(k->received_at, day);
	if (strcmp(w->pack, k->pack) != 0 || strcmp(w->day, day) != 0)
		pattern_end(&w->pattern);
	memcpy(w->pack, k->pack, sizeof(w->pack));
	memcpy(w->day, day, sizeof(w->day));
	snprintf(unpacked, sizeof(unpacked), "%lld",
	    (long long)w->conf->unpacked_bytes_max);
	snprintf(memory, sizeof(memory), "%lld",
	    (long long)w->conf->worker_bytes);
	return pattern_start(&w->pattern,
	    (struct proc_fd[]){ { "pack", k->fd[1] } }, 1, args, e);
}

/* A copy of the pattern for a bundle. Returns its pid, or -1. */
static pid_t
order(struct workers *w, const struct work *k, int progress, struct err *e)
{
	struct frame *f = &w->frame;

	frame_start(f, MESSAGE_ORDER);
	frame_put_str(f, k->id);
	frame_put_str(f, k->name);
	frame_put_u8(f, (uint8_t)k->kind);
	frame_put_str(f, k->provider);
	frame_put_str(f, k->received_at);
	frame_put_str(f, k->keys);
	frame_put_str(f, k->exceptions);
	frame_put_u8(f, k->fifth);
	frame_put_fd(f, k->fd[0]);
	frame_put_fd(f, k->fd[2]);
	frame_put_fd(f, k->fd[3]);
	frame_put_fd(f, progress);
	if (k->fd[4] != -1)
		frame_put_fd(f, k->fd[4]);
	return pattern_copy(&w->pattern, f, e);
}

/* Too much processor time ends it by SIGXCPU, which tells itself. */
static void
begin_watch(const struct workers *w, struct worker *slot)
{
	(void)prlimit(slot->pid, RLIMIT_CPU,
	    &(struct rlimit){ (rlim_t)w->conf->worker_seconds,
		(rlim_t)w->conf->worker_seconds + 5 },
	    NULL);
	slot->killed = 0;
	slot->overdue = clock_milliseconds() +
			(2 * (int64_t)w->conf->worker_seconds + 60) * 1000;
}

static int
spawn(struct workers *w, struct worker *slot, const struct work *k,
    struct err *e)
{
	int pair[2];
	pid_t pid;

	if (pattern_for(w, k, e) == -1 || frame_pair(pair, e) == -1)
		return -1;
	pid = order(w, k, pair[1], e);
	(void)close(pair[1]);
	if (pid == -1) {
		(void)close(pair[0]);
		return -1;
	}
	slot->pid = pid;
	begin_watch(w, slot);
	slot->extracts = 0;
	slot->progress = pair[0];
	memcpy(slot->id, k->id, sizeof(slot->id));
	return 0;
}

/* How one ended, or that it could not even start. */
static int
tell(struct workers *w, const char *id, int status, int sig, const char *words,
    struct err *e)
{
	frame_start(&w->frame, MESSAGE_WORKED);
	frame_put_str(&w->frame, id);
	frame_put_u32(&w->frame, (uint32_t)status);
	frame_put_u32(&w->frame, (uint32_t)sig);
	frame_put_str(&w->frame, words);
	return frame_send(w->keeper, &w->frame, e);
}

static struct worker *
free_slot(struct workers *w)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (w->worker[i].pid == 0)
			return &w->worker[i];
	return NULL;
}

int
workers_start(struct workers *w, struct frame *f, struct err *e)
{
	struct worker *slot = free_slot(w);
	struct work k = { .fd = { -1, -1, -1, -1, -1 } };
	struct err why;
	int rc;

	rc = work_get(f, &k, e);
	if (rc == 0 && (slot == NULL || spawn(w, slot, &k, &why) == -1))
		rc = tell(w, k.id, WORKED_NEVER, 0,
		    slot == NULL ? "no room" : why.en, e);
	for (int i = 0; i < 5; i++)
		if (k.fd[i] != -1)
			(void)close(k.fd[i]);
	return rc;
}

static int
spawn_extract(struct workers *w, struct worker *slot, const char *const *args,
    const int fd[2], struct err *e)
{
	slot->pid = proc_spawn("extract",
	    (struct proc_fd[]){ { "pack", fd[0] }, { "summary", fd[1] } }, 2,
	    args, e);
	if (slot->pid == -1) {
		slot->pid = 0;
		return -1;
	}
	begin_watch(w, slot);
	slot->progress = -1;
	slot->extracts = 1;
	return 0;
}

int
workers_extract(struct workers *w, struct frame *f, struct err *e)
{
	struct worker *slot = free_slot(w);
	char id[ID_TEXT], query[24], account[ACCOUNT_TEXT], day[16], memory[24];
	const char *const args[] = { query, account, day, memory, NULL };
	int fd[2] = { -1, -1 };
	struct err why;
	int rc;

	frame_get_str(f, id, sizeof(id));
	snprintf(query, sizeof(query), "%llu",
	    (unsigned long long)frame_get_u64(f));
	frame_get_str(f, account, sizeof(account));
	frame_get_str(f, day, sizeof(day));
	fd[0] = frame_get_fd(f);
	fd[1] = frame_get_fd(f);
	snprintf(memory, sizeof(memory), "%lld",
	    (long long)w->conf->worker_bytes);
	rc = frame_end(f, e);
	if (rc == 0 && slot == NULL)
		rc = tell(w, id, WORKED_NEVER, 0, "no room", e);
	else if (rc == 0 && spawn_extract(w, slot, args, fd, &why) == -1)
		rc = tell(w, id, WORKED_NEVER, 0, why.en, e);
	else if (rc == 0)
		memcpy(slot->id, id, sizeof(slot->id));
	for (int i = 0; i < 2; i++)
		if (fd[i] != -1)
			(void)close(fd[i]);
	return rc;
}

static int
pass_on(struct workers *w, struct worker *worker, struct err *e)
{
	struct frame *f = &w->frame;
	char id[ID_TEXT];
	uint64_t bytes, rows;

	if (frame_recv(worker->progress, f, e) != 1)
		return 1;
	frame_get_str(f, id, sizeof(id));
	bytes = frame_get_u64(f);
	rows = frame_get_u64(f);
	/* A worker reads foreign bytes: it may speak for itself only. */
	if (frame_end(f, e) == -1 || strcmp(id, worker->id) != 0)
		return 1;
	frame_start(f, MESSAGE_PROGRESS);
	frame_put_str(f, worker->id);
	frame_put_u64(f, bytes);
	frame_put_u64(f, rows);
	return frame_send(w->keeper, f, e);
}

size_t
workers_poll(const struct workers *w, struct pollfd *p)
{
	size_t n = 0;

	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (w->worker[i].pid > 0 && w->worker[i].progress != -1)
			p[n++] = (struct pollfd){ .fd = w->worker[i].progress,
				.events = POLLIN };
	return n;
}

int
workers_progress(struct workers *w, const struct pollfd *p, size_t n,
    struct err *e)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		for (size_t k = 0; k < n; k++) {
			struct worker *worker = &w->worker[i];
			int rc;

			if (worker->pid == 0 || worker->progress == -1 ||
			    p[k].fd != worker->progress || p[k].revents == 0)
				continue;
			rc = pass_on(w, worker, e);
			if (rc == -1)
				return -1;
			if (rc == 1) {
				(void)close(worker->progress);
				worker->progress = -1;
			}
		}
	return 0;
}

static int
bury(struct workers *w, struct worker *worker, int status, struct err *e)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	const char *words = worker->killed   ? "it took too long"
			    : sig == SIGXCPU ? "it used too much processor time"
			    : sig == SIGSYS
				? "it tried a system call it may not"
				: "";

	if (worker->progress != -1)
		(void)close(worker->progress);
	worker->pid = 0;
	worker->progress = -1;
	return tell(w, worker->id, code, sig, words, e);
}

/* What it took, for who wonders why the machine is busy. */
static void
tell_use(const struct worker *worker, const struct rusage *used)
{
	log_info("%s %s ended processor_ms=%ld memory_kb=%ld", worker->id,
	    worker->extracts ? "extract" : "worker",
	    (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000L +
		(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000L,
	    used->ru_maxrss);
}

int
workers_tend(struct workers *w, struct err *e)
{
	int64_t now = clock_milliseconds();

	if (w->pattern.pid != 0)
		(void)pattern_was(&w->pattern,
		    waitpid(w->pattern.pid, NULL, WNOHANG));
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct worker *worker = &w->worker[i];
		struct rusage used;
		int status;

		if (worker->pid == 0)
			continue;
		if (wait4(worker->pid, &status, WNOHANG, &used) ==
		    worker->pid) {
			tell_use(worker, &used);
			if (pattern_betrayed(status))
				pattern_end(&w->pattern);
			if (bury(w, worker, status, e) == -1)
				return -1;
		} else if (now > worker->overdue && !worker->killed) {
			worker->killed = 1;
			(void)kill(worker->pid, SIGKILL);
		}
	}
	return 0;
}
