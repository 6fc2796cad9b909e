#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "form/statement.h"
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/member.h"
#include "sys/message.h"
#include "sys/supervisor.h"

struct ask {
	int sock;
	pid_t own; /* our own supervisor, 0: a server runs */
	const struct buf
	    *beside; /* what goes with each request; NULL nothing */
};

static int
dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", HOME_SOCKET);
	if (sock != -1 &&
	    connect(sock, (struct sockaddr *)&at, sizeof(at)) == -1) {
		(void)close(sock);
		sock = -1;
	}
	return sock;
}

int
ask_is_served(void)
{
	int sock = dial();

	if (sock != -1)
		(void)close(sock);
	return sock != -1;
}

int
ask_open(const struct conf *c, struct ask **ret_a, struct err *e)
{
	enum { TRIES = 300 };
	const struct timespec step = { 0, 100 * 1000000 };
	pid_t own = 0;
	int sock;

	/* Another command may hold the instance for a moment: wait for it. */
	for (int i = 0; (sock = dial()) == -1; i++) {
		own = supervisor_start(c, e);
		if (own > 0)
			continue;
		own = 0;
		if (e->kind != ERR_RETRY || i == TRIES)
			return -1;
		(void)nanosleep(&step, NULL);
	}
	*ret_a = xcalloc(1, sizeof(**ret_a));
	(*ret_a)->sock = sock;
	(*ret_a)->own = own;
	return 0;
}

int
ask_socket(const struct ask *a)
{
	return a->sock;
}

void
ask_close(struct ask *a)
{
	if (a == NULL)
		return;
	(void)close(a->sock);
	if (a->own > 0) {
		(void)kill(a->own, SIGTERM);
		while (waitpid(a->own, NULL, 0) == -1 && errno == EINTR)
			;
	}
	free(a);
}

/* The answer travels as a memory file: a list may be longer than a frame. */
static json_t *
read_answer(int fd, struct err *e)
{
	struct stat st;
	json_error_t je;
	json_t *answer;
	void *at;

	if (fstat(fd, &st) == -1 || st.st_size == 0) {
		err_set(e, ERR_RETRY, "the keeper gave an empty answer");
		return NULL;
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		err_errno(e, ERR_RETRY, "cannot read the answer");
		return NULL;
	}
	answer = json_loadb(at, (size_t)st.st_size, JSON_DECODE_ANY, &je);
	(void)munmap(at, (size_t)st.st_size);
	if (answer == NULL)
		err_set(e, ERR_HOLD, "the keeper's answer: %s", je.text);
	return answer;
}

/* What goes beside it, as a memory file; -1 nothing does, or it failed. */
static int
put_beside(const struct ask *a, struct frame *f, struct err *e)
{
	int fd = -1;

	frame_put_u8(f, a->beside != NULL);
	if (a->beside == NULL)
		return -1;
	fd = memfd_create("beside", MFD_CLOEXEC);
	if (fd == -1 || write(fd, a->beside->data, a->beside->len) !=
			    (ssize_t)a->beside->len)
		(void)err_errno(e, ERR_RETRY, "cannot hand over the list");
	frame_put_fd(f, fd);
	return fd;
}

/* One request and its answer. */
static int
exchange(struct ask *a, const json_t *request, json_t **ret_answer,
    int *ret_status, struct err *e)
{
	struct frame *f = xmalloc(sizeof(*f));
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = -1;
	int rc = -1;
	int beside;
	int got;

	frame_start(f, MESSAGE_ASK);
	frame_put_str(f, text != NULL ? text : "{}");
	beside = put_beside(a, f, e);
	if (frame_send(a->sock, f, e) == -1)
		goto out;
	got = frame_recv(a->sock, f, e);
	if (got == -1 && errno == EAGAIN) {
		err_set(e, ERR_HOLD, "the server does not answer");
		goto out;
	}
	if (got != 1 || f->type != MESSAGE_ANSWER) {
		err_set(e, ERR_RETRY, "the keeper hung up; try again");
		goto out;
	}
	*ret_status = (int)frame_get_u32(f);
	fd = frame_get_fd(f);
	if (frame_end(f, e) == -1)
		goto out;
	*ret_answer = read_answer(fd, e);
	rc = *ret_answer != NULL ? 0 : -1;
out:
	if (fd != -1)
		(void)close(fd);
	if (beside != -1)
		(void)close(beside);
	free(text);
	free(f);
	return rc;
}

/* The request as an act, signed by the user's key; the caller's. */
static json_t *
signed_request(const json_t *request, const json_t *sign, struct err *e)
{
	enum { TEXT_MAX = 1 << 20 };
	char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
	struct statement s = { .seq = json_integer_value(
				   json_object_get(sign, "seq")) };
	struct buf statement, signature;
	json_t *o = NULL;

	snprintf(s.ledger, sizeof(s.ledger), "%s", member_text(sign, "ledger"));
	snprintf(s.hash, sizeof(s.hash), "%s", member_text(sign, "hash"));
	snprintf(s.at, sizeof(s.at), "%s", member_text(sign, "at"));
	s.request = text != NULL ? text : "{}";
	s.request_len = strlen(s.request);
	buf_init(&statement, TEXT_MAX);
	buf_init(&signature, TEXT_MAX);
	statement_put(&s, &statement);
	if (command_sign(statement.data, statement.len, &signature, e) == 0)
		o = json_pack("{s:s, s:s, s:s}", "do", "act", "statement",
		    statement.data, "signature", signature.data);
	buf_done(&statement);
	buf_done(&signature);
	free(text);
	return o;
}

int
ask_keeper(struct ask *a, json_t *request, json_t **ret_answer, int *ret_status,
    struct err *e)
{
	int rc = exchange(a, request, ret_answer, ret_status, e);
	json_t *sign = rc == 0 ? json_object_get(*ret_answer, "sign") : NULL;

	if (sign != NULL && command_has_key()) {
		json_t *act = signed_request(request, sign, e);

		json_decref(*ret_answer);
		*ret_answer = NULL;
		rc = act == NULL ? -1
				 : exchange(a, act, ret_answer, ret_status, e);
		json_decref(act);
	}
	json_decref(request);
	return rc;
}

/* An act that waits for another administrator. */
static void
print_pending(const json_t *answer)
{
	long long n = json_integer_value(json_object_get(answer, "pending"));

	printf("%lld 等待另一名管理员批准: zayton act approve %lld\n"
	       "%lld waits for another administrator: zayton act approve "
	       "%lld\n",
	    n, n, n, n);
}

int
command_ask(const struct conf *c, json_t *request, int as_json,
    void (*print)(const json_t *answer))
{
	return command_ask_with(c, request, NULL, as_json, print);
}

int
command_ask_with(const struct conf *c, json_t *request,
    const struct buf *beside, int as_json, void (*print)(const json_t *answer))
{
	json_t *answer = NULL;
	json_t *refusal;
	struct ask *a = NULL;
	struct err e;
	int status = COMMAND_USAGE;

	if (ask_open(c, &a, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	a->beside = beside;
	if (ask_keeper(a, request, &answer, &status, &e) == -1) {
		status = command_fail(&e);
		goto out;
	}
	refusal = json_object_get(answer, "refused");
	if (as_json) {
		json_dumpf(answer, stdout,
		    JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
		putchar('\n');
	} else if (refusal != NULL) {
		fprintf(stderr, "zayton: %s\nzayton: %s\n",
		    json_string_value(json_object_get(refusal, "zh")),
		    json_string_value(json_object_get(refusal, "en")));
	} else if (json_object_get(answer, "pending") != NULL) {
		print_pending(answer);
	} else {
		print(answer);
	}
out:
	json_decref(answer);
	ask_close(a);
	return status;
}
