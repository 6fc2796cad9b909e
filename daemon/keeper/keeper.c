#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/account.h"
#include "base/db.h"
#include "extract/recall.h"
#include "form/decode.h"
#include "golden/linking.h"
#include "keeper/answers.h"
#include "keeper/checkpoint.h"
#include "keeper/intake.h"
#include "keeper/jobs.h"
#include "keeper/keeper.h"
#include "keeper/keys.h"
#include "keeper/metrics.h"
#include "keeper/retention.h"
#include "keeper/standing.h"
#include "quality/reports.h"
#include "sys/clock.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/spool.h"

/* Heard in one round from one peer, so that nobody is drowned out. */
enum {
	FRAMES_PER_ROUND = 64,
	SERIES = 3,     /* uploads one after the other that make a series */
	SERIES_MS = 20, /* the next of a series comes within */
	TURN_MS = 250,  /* of these, in a series ... */
	WORK_MS = 25,   /* ... so many are for work */
	COMMIT_MS = 50  /* what nobody waits for is committed within */
};

static struct peer *
peer_add(struct keeper *k, int fd, enum peer_kind kind)
{
	struct peer *p;

	if (k->npeers == PEERS_MAX) {
		(void)close(fd);
		return NULL;
	}
	p = &k->peer[k->npeers++];
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->kind = kind;
	return p;
}

/* The place is taken up again by peers_sweep at the end of the round. */
static void
peer_drop(struct keeper *k, struct peer *p)
{
	intake_forget(k, p->fd);
	(void)close(p->fd);
	p->fd = -1;
}

static void
peers_sweep(struct keeper *k)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->npeers; i++)
		if (k->peer[i].fd != -1)
			k->peer[kept++] = k->peer[i];
	k->npeers = kept;
}

static void
tell_gate(struct keeper *k, const struct peer *gate, const char *account)
{
	struct err e;

	frame_start(&k->out, MESSAGE_HANG_UP);
	frame_put_str(&k->out, account);
	/* Where it has gone, so have all that came by it. */
	(void)frame_send(gate->fd, &k->out, &e);
}

void
keeper_hang_up(struct keeper *k, const char *account)
{
	for (size_t i = 0; i < k->npeers; i++) {
		struct peer *p = &k->peer[i];

		if (p->kind == PEER_GATE && p->fd != -1)
			tell_gate(k, p, account);
		else if (p->kind == PEER_FILER &&
			 strcmp(p->account, account) == 0)
			(void)shutdown(p->fd, SHUT_RDWR);
	}
}

/* gate: may this key log in as this user? */
static int
on_login(struct keeper *k, struct peer *p, struct err *e)
{
	unsigned char key[8192];
	char user[ACCOUNT_TEXT];
	char address[64];
	char account[ACCOUNT_TEXT] = "";
	enum account_role role = ACCOUNT_DEPARTMENT;
	uint32_t tag = frame_get_u32(&k->in);
	size_t len;
	int yes;

	frame_get_str(&k->in, user, sizeof(user));
	len = frame_get_bytes(&k->in, key, sizeof(key));
	frame_get_str(&k->in, address, sizeof(address));
	if (frame_end(&k->in, e) == -1)
		return -1;
	yes = account_login(k->db, user, key, len, &role, e);
	if (yes == -1)
		return -1;
	if (yes)
		snprintf(account, sizeof(account), "%s", user);
	frame_start(&k->out, MESSAGE_LOGIN_ANSWER);
	frame_put_u32(&k->out, tag);
	frame_put_u8(&k->out, (uint8_t)yes);
	frame_put_str(&k->out, account);
	frame_put_u8(&k->out, (uint8_t)role);
	return frame_send(p->fd, &k->out, e);
}

static int
on_filer(struct keeper *k, struct err *e)
{
	char account[ACCOUNT_TEXT];
	char address[64];
	struct peer *p;
	int fd;

	frame_get_str(&k->in, account, sizeof(account));
	frame_get_str(&k->in, address, sizeof(address));
	fd = frame_get_fd(&k->in);
	if (frame_end(&k->in, e) == -1)
		return -1;
	p = peer_add(k, fd, PEER_FILER);
	if (p == NULL)
		return 0;
	snprintf(p->account, sizeof(p->account), "%s", account);
	snprintf(p->address, sizeof(p->address), "%s", address);
	return 0;
}

/* A filer behind another SSH server, or zayton ingest. */
static int
on_hello(struct keeper *k, struct peer *p, struct err *e)
{
	char account[ACCOUNT_TEXT];
	enum account_role role = ACCOUNT_DEPARTMENT;
	int yes;

	frame_get_str(&k->in, account, sizeof(account));
	if (frame_end(&k->in, e) == -1)
		return -1;
	yes = account_enabled(k->db, account, &role, e);
	if (yes == -1)
		return -1;
	if (yes) {
		p->kind = PEER_FILER;
		snprintf(p->account, sizeof(p->account), "%s", account);
		snprintf(p->address, sizeof(p->address), "local");
	}
	frame_start(&k->out, MESSAGE_FILER_WELCOME);
	frame_put_u8(&k->out, (uint8_t)yes);
	frame_put_str(&k->out, account);
	frame_put_u8(&k->out, (uint8_t)role);
	return frame_send(p->fd, &k->out, e);
}

/* Who may say what; anything else hangs up. */
static int
dispatch(struct keeper *k, struct peer *p, struct err *e)
{
	enum message type = (enum message)k->in.type;
	enum peer_kind who = p->kind;

	if (who == PEER_GATE && type == MESSAGE_LOGIN)
		return on_login(k, p, e);
	if (who == PEER_GATE && type == MESSAGE_FILER)
		return on_filer(k, e);
	if (who == PEER_GATE && type == MESSAGE_CALLERS)
		return metrics_callers(k, e);
	if ((who == PEER_FILER || who == PEER_WATCH) &&
	    type == MESSAGE_UPLOADED)
		return intake_uploaded(k, p, e);
	if (who == PEER_FILER && type == MESSAGE_ACCESS)
		return intake_access(k, p, e);
	if (who == PEER_WATCH && type == MESSAGE_SEEN)
		return intake_seen(k, p, e);
	if (who == PEER_WATCH && type == MESSAGE_ROOM)
		return jobs_room(k, e);
	if (who == PEER_WATCH && type == MESSAGE_PROGRESS)
		return jobs_progress(k, e);
	if (who == PEER_WATCH && type == MESSAGE_WORKED)
		return jobs_worked(k, e);
	if (who == PEER_REPORTER && type == MESSAGE_REPORTED)
		return reports_done(k, e);
	if (who == PEER_COMMAND && type == MESSAGE_FILER_HELLO)
		return on_hello(k, p, e);
	if ((who == PEER_COMMAND || who == PEER_FILER) && type == MESSAGE_ASK)
		return answers_give(k, p, e);
	return err_set(e, ERR_HOLD, "frame %u from a %u", k->in.type, who);
}

static int
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/*
 * Hears one peer. A fault in what a filer or command says ends that peer; one
 * of the gate or watch ends the keeper, and with it the generation.
 */
static void
hear(struct keeper *k, struct peer *p)
{
	struct err e = { .kind = ERR_NONE };
	int standing = p->kind == PEER_GATE || p->kind == PEER_WATCH ||
		       p->kind == PEER_REPORTER;

	for (int i = 0; i < FRAMES_PER_ROUND && p->fd != -1; i++) {
		int rc = frame_recv(p->fd, &k->in, &e);

		if (rc == 1)
			rc = dispatch(k, p, &e) == -1 ? -1 : 1;
		if (rc == -1 && (standing || db_broken(k->db)))
			log_fatal("- keeper ends: %s", e.en);
		if (rc == -1)
			log_warn("- hung up on account=%s: %s",
			    p->account[0] != '\0' ? p->account : "-", e.en);
		if (rc != 1 && standing)
			k->stopping = 1;
		if (rc != 1) {
			peer_drop(k, p);
			return;
		}
		if (!readable(p->fd))
			return;
	}
}

static void
on_control(struct keeper *k, int control)
{
	int fd;

	while ((fd = accept4(control, NULL, NULL, SOCK_CLOEXEC)) != -1)
		(void)peer_add(k, fd, PEER_COMMAND);
}

static void
on_signals(struct keeper *k, int signals)
{
	struct signalfd_siginfo info;
	struct err e;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			k->stopping = 1;
			continue;
		}
		if (standing_reload(k, &e) == -1)
			log_error("- rules stay as they are: %s", e.en);
		else if (db_commit(k->db, &e) == -1)
			log_fatal("- keeper ends: %s", e.en);
		else
			log_info("- reloaded pack=%s%s",
			    pack_sha256(k->standing->pack),
			    linking_is_behind(k)
				? " records=by the rules before, until zayton "
				  "rules replay"
				: "");
	}
}

/*
 * A client that sends one small bundle after the other waits for each answer:
 * in such a series uploads come first, and work gets its share of the time.
 */
static int
uploads_first(struct keeper *k)
{
	int64_t now = clock_milliseconds();

	if (intake_waits()) {
		k->series =
		    now - k->uploaded_at < SERIES_MS ? k->series + 1 : 0;
		k->uploaded_at = now;
	}
	return k->series >= SERIES && now - k->uploaded_at < SERIES_MS &&
	       now % TURN_MS >= WORK_MS;
}

/*
 * A round's writes are committed, and only then told. What nobody waits for,
 * lines of the access log, goes with the next commit.
 */
static int
commit(struct keeper *k, int work, struct err *e)
{
	int64_t now = clock_milliseconds();

	if (!intake_waits() && !(work && (jobs_busy(k) || reports_busy(k))) &&
	    now - k->committed_at < COMMIT_MS)
		return 0;
	k->committed_at = now;
	return db_commit(k->db, e);
}

/*
 * The end of a round. Without a commit nothing was promised, and the next
 * start finds out.
 */
static void
end_round(struct keeper *k)
{
	struct err e;
	int work = !uploads_first(k);

	if ((work &&
		(jobs_slice(k, &e) == -1 || reports_choose(k, &e) == -1)) ||
	    commit(k, work, &e) == -1 || intake_answer(k, &e) == -1)
		log_fatal("- keeper ends: %s", e.en);
	if (reports_send(k, &e) == -1 ||
	    (work && (jobs_after(k, &e) == -1 || jobs_hand_out(k, &e) == -1)))
		log_fatal("- keeper ends: %s", e.en);
	if (work &&
	    (retention_remove(k, &e) == -1 || checkpoints_slice(k, &e) == -1 ||
		metrics_slice(k, &e) == -1))
		log_fatal("- keeper ends: %s", e.en);
	k->later = !work;
}

/* How long the next round may be waited for, in milliseconds. */
static int
patience(const struct keeper *k)
{
	if (k->later)
		return SERIES_MS;
	if (jobs_busy(k) || reports_busy(k))
		return 0;
	return db_writing(k->db) ? COMMIT_MS : 1000;
}

static void
round_once(struct keeper *k, int control, int signals)
{
	static struct pollfd p[PEERS_MAX + 2];
	size_t n = k->npeers;
	struct err e;

	p[0] = (struct pollfd){ .fd = control, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = signals, .events = POLLIN };
	for (size_t i = 0; i < n; i++)
		p[2 + i] =
		    (struct pollfd){ .fd = k->peer[i].fd, .events = POLLIN };
	if (poll(p, (nfds_t)(2 + n), patience(k)) == -1 && errno != EINTR)
		log_fatal("- keeper ends: poll: %s", strerror(errno));
	for (size_t i = 0; i < n; i++)
		if (p[2 + i].revents != 0)
			hear(k, &k->peer[i]);
	if (p[0].revents != 0)
		on_control(k, control);
	if (p[1].revents != 0)
		on_signals(k, signals);
	if (standing_tick(k, &e) == -1)
		log_fatal("- keeper ends: %s", e.en);
	end_round(k);
	peers_sweep(k);
}

static int
open_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_errno(e, ERR_HOLD, "cannot watch signals");
	return fd;
}

static int
open_all(struct keeper *k, struct err *e)
{
	if (conf_read(HOME_CONF, &k->conf, e) == -1)
		return -1;
	boot_now(k->boot);
	k->signer = proc_fd("signer");
	k->watch = proc_fd("watch");
	k->messenger = proc_fd("messenger");
	k->spool = open(HOME_SPOOL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->spool == -1)
		return err_errno(e, ERR_HOLD, "cannot open the spool");
	if (db_open(HOME_BASE, &k->db, e) == -1)
		return -1;
	(void)peer_add(k, k->watch, PEER_WATCH);
	(void)peer_add(k, proc_fd("reporter"), PEER_REPORTER);
	if (proc_fd("gate") != -1)
		(void)peer_add(k, proc_fd("gate"), PEER_GATE);
	/* Names are compared by their GBK forms; its tables are not in the jail. */
	if (decoder_prepare(e) == -1)
		return -1;
	return jail_enter(JAIL_KEEPER, NULL, e);
}

int
keeper_role(int argc, char **argv)
{
	struct keeper *k = xcalloc(1, sizeof(*k));
	int control = proc_fd("control");
	int ready = proc_fd("ready");
	struct err e;
	int signals;

	(void)argv;
	k->reports = reports_new(proc_fd("reporter"));
	k->drops_wait = 1;
	signals = open_signals(&e);
	if (signals == -1 || open_all(k, &e) == -1 || keys_start(k, &e) == -1 ||
	    standing_start(k, &e) == -1 || linking_start(k, &e) == -1 ||
	    jobs_recover(k, &e) == -1 ||
	    /* An argument says that the reporter itself failed. */
	    (argc == 0 && reports_pardon(k, &e) == -1) ||
	    db_commit(k->db, &e) == -1)
		log_fatal("- keeper cannot start: %s", e.en);
	(void)!write(ready, "+", 1);
	(void)close(ready);
	while (!k->stopping)
		round_once(k, control, signals);
	json_decref(k->notices);
	jobs_free(k->jobs);
	reports_free(k->reports);
	checkpoints_free(k->checkpoints);
	metrics_free(k->metrics);
	linking_free(k->linking);
	recall_free(k->recall);
	db_close(k->db);
	standing_drop(k->standing);
	free(k);
	return 0;
}
