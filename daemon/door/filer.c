#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "door/filer.h"
#include "door/filer_part.h"
#include "form/gbk.h"
#include "sys/catalog.h"
#include "sys/conf.h"
#include "sys/copies.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"

enum {
	INPUT = 2 << 20,
	GULP = 256 << 10, /* read at once: stays in the cache until written */
	/* What the keeper's answers may need beside any other reply. */
	SPARE = FILER_HANDLES * (SFTP_TEXT_MAX + 64) +
		FILER_BATCH * (SFTP_TEXT_MAX + 64),
	REPLIES = (1 << 20) + SFTP_REPLY_MAX + SPARE
};

static volatile sig_atomic_t stopping;

static void
stop(int number)
{
	(void)number;
	stopping = 1;
}

/* --- answers ------------------------------------------------------------- */

void
filer_refuse(struct filer *f, uint32_t id, enum sftp_code code,
    const struct err *e)
{
	char text[sizeof(e->zh) + sizeof(e->en) + 8];

	if (e->code[0] == '\0') {
		log_warn("- account=%s %s", f->tree.account, e->en);
		filer_say(f, id, code, "door_again", NULL);
		return;
	}
	snprintf(text, sizeof(text), "%s；%s", e->zh, e->en);
	sftp_put_status(&f->reply, id, code, text);
	/* Many a client shows the code alone. */
	if (f->remarks != -1 &&
	    (code == SFTP_FAILURE || code == SFTP_PERMISSION_DENIED)) {
		(void)!write(f->remarks, text, strlen(text));
		(void)!write(f->remarks, "\r\n", 2);
	}
}

void
filer_say(struct filer *f, uint32_t id, enum sftp_code code,
    const char *catalog, const char *arg)
{
	struct err e;

	err_say(&e, ERR_SENDER, catalog, arg != NULL ? arg : "", NULL);
	filer_refuse(f, id, code, &e);
}

void
filer_ok(struct filer *f, uint32_t id)
{
	sftp_put_status(&f->reply, id, SFTP_OK, "");
}

/* --- the access log ------------------------------------------------------ */

static void
note(struct filer *f, const char *operation, const char *path, uint64_t bytes,
    const char *sha256, const char *outcome)
{
	enum { SHOWN = 400 };
	char cut[SHOWN + 1];
	struct err e;

	snprintf(cut, sizeof(cut), "%s", path);
	log_info("- access account=%s op=%s name=%s bytes=%" PRIu64
		 " sha256=%s outcome=%s",
	    f->tree.account, operation, log_quote(cut), bytes, sha256, outcome);
	frame_start(&f->frame, MESSAGE_ACCESS);
	frame_put_str(&f->frame, operation);
	frame_put_str(&f->frame, cut);
	frame_put_u64(&f->frame, bytes);
	frame_put_str(&f->frame, sha256);
	frame_put_str(&f->frame, outcome);
	if (frame_send(f->keeper, &f->frame, &e) == -1)
		log_fatal("- account=%s %s", f->tree.account, e.en);
}

void
filer_note(struct filer *f, const char *operation, const char *path,
    const char *outcome)
{
	note(f, operation, path, 0, "", outcome);
}

/* --- handles ------------------------------------------------------------- */

struct handle *
filer_handle(struct filer *f, uint32_t id, enum handle_kind kind,
    const char *operation)
{
	for (size_t i = 0; i < FILER_HANDLES; i++) {
		struct handle *h = &f->handle[i];
		uint32_t turn = h->turn + 1;

		if (h->kind != HANDLE_FREE)
			continue;
		memset(h, 0, sizeof(*h));
		h->turn = turn & 0xffffff;
		h->kind = kind;
		h->operation = operation;
		h->fd = -1;
		return h;
	}
	filer_say(f, id, SFTP_FAILURE, "door_handles", NULL);
	return NULL;
}

uint32_t
filer_number(const struct filer *f, const struct handle *h)
{
	return h->turn << 7 | (uint32_t)(h - f->handle);
}

struct handle *
filer_find(struct filer *f, uint32_t number)
{
	struct handle *h = &f->handle[number % FILER_HANDLES];

	if (h->kind == HANDLE_FREE || filer_number(f, h) != number)
		return NULL;
	return h;
}

void
filer_end(struct filer *f, struct handle *h, const char *outcome)
{
	char sha256[DIGEST_TEXT] = "";
	uint64_t bytes = h->sent;

	if (h->upload != NULL) {
		bytes = h->upload->size;
		if (h->upload->digested)
			hash_hex(h->upload->digest, DIGEST_BYTES, sha256);
	}
	/* Who lists what is of no interest; who takes and brings it is. */
	if (h->kind != HANDLE_DIR)
		note(f, h->operation, h->path, bytes, sha256, outcome);
	upload_close(h->upload);
	if (h->fd != -1)
		(void)close(h->fd);
	if (h->dir != NULL)
		(void)closedir(h->dir);
	free(h->list);
	h->upload = NULL;
	h->dir = NULL;
	h->list = NULL;
	h->kind = HANDLE_FREE;
}

/* The connection is over: what is not finished stays as it is. */
static void
end_all(struct filer *f)
{
	for (size_t i = 0; i < FILER_HANDLES; i++) {
		struct handle *h = &f->handle[i];

		if (h->kind == HANDLE_FILE && h->sent >= h->size)
			filer_end(f, h, "complete");
		else if (h->kind != HANDLE_FREE && h->kind != HANDLE_TAKING)
			filer_end(f, h, "partial");
	}
}

static int
taking(const struct filer *f)
{
	for (size_t i = 0; i < FILER_HANDLES; i++)
		if (f->handle[i].kind == HANDLE_TAKING)
			return 1;
	return 0;
}

/* --- the keeper ---------------------------------------------------------- */

void
filer_uploaded(struct filer *f, struct handle *h)
{
	const struct upload *u = h->upload;
	struct err e;

	frame_start(&f->frame, MESSAGE_UPLOADED);
	frame_put_u32(&f->frame, filer_number(f, h));
	frame_put_str(&f->frame, u->file);
	frame_put_u64(&f->frame, u->size);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		frame_put_u8(&f->frame, u->digest[i]);
	frame_put_str(&f->frame, u->why.code);
	frame_put_str(&f->frame, u->why.zh);
	frame_put_str(&f->frame, u->why.en);
	if (frame_send(f->keeper, &f->frame, &e) == -1)
		log_fatal("- account=%s %s", f->tree.account, e.en);
}

/* It stands in the ledger: now the client may be told. */
static void
taken(struct filer *f, uint32_t tag)
{
	struct handle *h = filer_find(f, tag);

	if (h == NULL || h->kind != HANDLE_TAKING)
		return;
	if (h->upload->why.kind == ERR_NONE) {
		filer_ok(f, h->request);
		filer_end(f, h, "taken");
	} else {
		filer_refuse(f, h->request, SFTP_FAILURE, &h->upload->why);
		filer_end(f, h, "refused");
	}
}

static int
hear_keeper(struct filer *f)
{
	struct pollfd p = { .fd = f->keeper, .events = POLLIN };
	struct err e;
	uint32_t tag;
	int rc;

	do {
		rc = frame_recv(f->keeper, &f->frame, &e);
		if (rc == 0)
			err_set(&e, ERR_RETRY, "the keeper hung up");
		if (rc != 1)
			break;
		tag = frame_get_u32(&f->frame);
		if (f->frame.type != MESSAGE_TAKEN ||
		    frame_end(&f->frame, &e) == -1) {
			err_set(&e, ERR_HOLD, "frame %u from the keeper",
			    f->frame.type);
			rc = -1;
			break;
		}
		taken(f, tag);
	} while (poll(&p, 1, 0) == 1);
	if (rc != 1)
		log_warn("- account=%s %s", f->tree.account, e.en);
	return rc == 1 ? 0 : -1;
}

/* --- the client ---------------------------------------------------------- */

static int
room(const struct filer *f)
{
	return f->reply.room - f->reply.len >= SFTP_REPLY_MAX + SPARE;
}

/* Answers what was read, as long as there is room for answers. */
static void
serve(struct filer *f)
{
	size_t len;
	int rc = 0;

	while (!f->bad && room(f)) {
		rc = sftp_packet(f->input + f->from, f->to - f->from, &len);
		if (rc != 1)
			break;
		rc = sftp_parse(f->input + f->from, len, &f->request);
		if (rc == -1)
			break;
		f->from += len;
		if (rc == 1) {
			verbs_dispatch(f);
			continue;
		}
		verbs_flush(f);
		filer_say(f, f->request.id, SFTP_FAILURE, "door_name", NULL);
	}
	/* The gathered pieces lie in the input. */
	verbs_flush(f);
	f->stalled = !room(f);
	if (rc == -1)
		f->bad = 1;
	if (f->from == f->to) {
		f->from = f->to = 0;
	} else if (INPUT - f->to < SFTP_REPLY_MAX) {
		memmove(f->input, f->input + f->from, f->to - f->from);
		f->to -= f->from;
		f->from = 0;
	}
}

/* 1 more came, 0 the end, -1 failed. */
static int
hear_client(struct filer *f)
{
	size_t room = INPUT - f->to;
	ssize_t n = read(f->in, f->input + f->to, room < GULP ? room : GULP);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 1 : -1;
	f->to += (size_t)n;
	return n > 0;
}

static int
answer_client(struct filer *f)
{
	struct sftp_out *o = &f->reply;

	while (f->flushed < o->len) {
		ssize_t n =
		    write(f->out, o->data + f->flushed, o->len - f->flushed);

		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n == -1)
			break;
		f->flushed += (size_t)n;
	}
	if (f->flushed == o->len || f->flushed > o->room / 2) {
		memmove(o->data, o->data + f->flushed, o->len - f->flushed);
		o->len -= f->flushed;
		f->flushed = 0;
	}
	return 0;
}

enum { AT_KEEPER, AT_IN, AT_OUT };

/* Waits for whoever speaks or can be spoken to. */
static int
wait_for(struct filer *f, int over, struct pollfd p[3], const sigset_t *mask)
{
	p[AT_KEEPER] = (struct pollfd){ .fd = f->keeper, .events = POLLIN };
	p[AT_IN] = (struct pollfd){ .fd = !over && !f->stalled ? f->in : -1,
		.events = POLLIN };
	p[AT_OUT] =
	    (struct pollfd){ .fd = f->flushed < f->reply.len ? f->out : -1,
		    .events = POLLOUT };
	if (ppoll(p, 3, NULL, mask) == -1) {
		p[AT_KEEPER].revents = p[AT_IN].revents = p[AT_OUT].revents = 0;
		return errno == EINTR ? 0 : -1;
	}
	return 0;
}

/* Serves and answers, again where answering made room. -1: hang up. */
static int
converse(struct filer *f)
{
	do {
		serve(f);
		if (answer_client(f) == -1) {
			f->reply.len = f->flushed = 0;
			return -1;
		}
	} while (f->stalled && room(f) && !f->bad);
	if (!f->bad)
		return 0;
	log_warn("- account=%s the client broke the protocol", f->tree.account);
	f->from = f->to = 0;
	f->bad = 0;
	return -1;
}

/*
 * Until the client has gone and all it gave is in the ledger. Returns the
 * exit status.
 */
static int
loop(struct filer *f, const sigset_t *mask)
{
	struct pollfd p[3];
	int over = 0; /* the client says no more */

	while (!stopping && (!over || taking(f))) {
		if (wait_for(f, over, p, mask) == -1)
			return 75;
		if (p[AT_KEEPER].revents != 0 && hear_keeper(f) == -1)
			return 75;
		if (p[AT_IN].revents != 0 && hear_client(f) <= 0)
			over = 1;
		if (converse(f) == -1)
			over = 1;
		if (over)
			end_all(f);
	}
	(void)answer_client(f);
	end_all(f);
	return 0;
}

/* --- start --------------------------------------------------------------- */

static void
set_up_stream(const struct filer *f)
{
	const int size = 2 << 20;

	(void)fcntl(f->in, F_SETFL, fcntl(f->in, F_GETFL) | O_NONBLOCK);
	(void)fcntl(f->out, F_SETFL, fcntl(f->out, F_GETFL) | O_NONBLOCK);
	(void)setsockopt(f->out, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* SIGTERM is taken only while waiting. */
static void
set_up_signals(sigset_t *ret_mask)
{
	struct sigaction sa = { .sa_handler = stop };
	sigset_t term;

	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, ret_mask);
	sigdelset(ret_mask, SIGTERM);
}

/* Reads files of the system, which are out of reach in the jail. */
static int
prepare(struct conf *ret_c, struct err *e)
{
	tzset();
	return conf_read(HOME_CONF, ret_c, e) == -1 ? -1 : gbk_prepare(e);
}

/* Opens the account's, enters the jail, serves. The status of the process. */
static int
run(struct filer *f, const struct conf *c, const char *account,
    enum account_role role)
{
	const struct jail_limits limits = { .account = account };
	sigset_t mask;
	struct err e;
	int status;

	set_up_signals(&mask);
	f->limits.bytes_max = (uint64_t)c->upload_bytes_max;
	f->limits.disk_reserve = (uint64_t)c->disk_reserve;
	f->uploads_max = (size_t)c->uploads_open_max;
	f->input = xmalloc(INPUT);
	f->reply.data = xmalloc(REPLIES);
	f->reply.room = REPLIES;
	if (tree_open(&f->tree, account, role, &e) == -1 ||
	    jail_enter(JAIL_FILER, &limits, &e) == -1) {
		log_error("- account=%s %s", account, e.en);
		status = 2;
	} else {
		set_up_stream(f);
		status = loop(f, &mask);
		tree_close(&f->tree);
	}
	free(f->input);
	free(f->reply.data);
	return status;
}

/* What the gate ordered this copy for. */
static int
take_order(struct filer *f, char account[ACCOUNT_TEXT],
    enum account_role *ret_role, struct err *e)
{
	frame_get_str(&f->frame, account, ACCOUNT_TEXT);
	*ret_role = (enum account_role)frame_get_u8(&f->frame);
	f->in = f->out = frame_get_fd(&f->frame);
	f->keeper = frame_get_fd(&f->frame);
	f->remarks = frame_get_fd(&f->frame);
	if (frame_end(&f->frame, e) == -1)
		return -1;
	if (*ret_role > ACCOUNT_UPSTREAM)
		return err_set(e, ERR_HOLD, "role %u", *ret_role);
	(void)fcntl(f->remarks, F_SETFL, O_NONBLOCK);
	return 0;
}

int
filer_role(int argc, char **argv)
{
	struct filer *f = xcalloc(1, sizeof(*f));
	enum account_role role;
	char account[ACCOUNT_TEXT];
	struct conf c;
	struct err e;
	int status = 0;
	int rc;

	(void)argc;
	(void)argv;
	if (prepare(&c, &e) == -1)
		log_fatal("- filers cannot start: %s", e.en);
	rc = copies_make("filer", &f->frame, &e);
	if (rc == -1 || (rc == 1 && take_order(f, account, &role, &e) == -1))
		log_fatal("- filer cannot begin: %s", e.en);
	if (rc == 1)
		status = run(f, &c, account, role);
	free(f);
	return status;
}

static int
dial(struct filer *f, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	f->keeper = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", HOME_SOCKET);
	if (f->keeper == -1 ||
	    connect(f->keeper, (struct sockaddr *)&at, sizeof(at)) == -1)
		return err_errno(e, ERR_RETRY,
		    "no server runs on this instance ('zayton serve')");
	return 0;
}

/* Run by root it becomes the spool's owner, who has to read what we write. */
static int
become_owner(struct err *e)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(HOME_SPOOL, &st) == -1 || setgroups(0, NULL) == -1 ||
	    setgid(st.st_gid) == -1 || setuid(st.st_uid) == -1)
		return err_errno(e, ERR_HOLD,
		    "cannot become the spool's owner");
	return 0;
}

static int
hello(struct filer *f, const char *account, enum account_role *ret_role,
    struct err *e)
{
	char as[ACCOUNT_TEXT];
	int yes;

	frame_start(&f->frame, MESSAGE_FILER_HELLO);
	frame_put_str(&f->frame, account);
	if (frame_send(f->keeper, &f->frame, e) == -1)
		return -1;
	if (frame_recv(f->keeper, &f->frame, e) != 1 ||
	    f->frame.type != MESSAGE_FILER_WELCOME)
		return err_set(e, ERR_RETRY, "the keeper hung up; try again");
	yes = frame_get_u8(&f->frame);
	frame_get_str(&f->frame, as, sizeof(as));
	*ret_role = (enum account_role)frame_get_u8(&f->frame);
	if (frame_end(&f->frame, e) == -1)
		return -1;
	if (!yes || strcmp(as, account) != 0 || *ret_role > ACCOUNT_UPSTREAM)
		return err_set(e, ERR_HOLD, "there is no enabled account '%s'",
		    account);
	return 0;
}

int
filer_command(int argc, char **argv)
{
	const char *account = command_option(&argc, argv, "--account", 1);
	struct filer *f = xcalloc(1, sizeof(*f));
	enum account_role role = ACCOUNT_DEPARTMENT;
	struct conf c;
	struct err e;
	int status;

	if (account == NULL)
		account = getenv("ZAYTON_ACCOUNT");
	if (account == NULL)
		account = getenv("LOGNAME");
	f->in = STDIN_FILENO;
	f->out = STDOUT_FILENO;
	f->remarks = STDERR_FILENO;
	if (command_unknown(argc, argv) || argc > 1 || account == NULL)
		status = command_usage();
	else if (command_home(&c, &e) == -1 || dial(f, &e) == -1 ||
		 become_owner(&e) == -1 || hello(f, account, &role, &e) == -1 ||
		 prepare(&c, &e) == -1)
		status = command_fail(&e);
	else
		status = run(f, &c, account, role);
	free(f);
	return status;
}
