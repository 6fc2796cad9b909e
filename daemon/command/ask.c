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
#include "sys/frame.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/supervisor.h"

struct ask {
	int sock;
	pid_t own; /* our own supervisor, 0: a server runs */
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

int
ask_keeper(struct ask *a, json_t *request, json_t **ret_answer, int *ret_status,
    struct err *e)
{
	struct frame *f = xmalloc(sizeof(*f));
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = -1;
	int rc = -1;

	json_decref(request);
	frame_start(f, MESSAGE_ASK);
	frame_put_str(f, text != NULL ? text : "{}");
	if (frame_send(a->sock, f, e) == -1)
		goto out;
	if (frame_recv(a->sock, f, e) != 1 || f->type != MESSAGE_ANSWER) {
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
	free(text);
	free(f);
	return rc;
}

int
command_ask(const struct conf *c, json_t *request, int as_json,
    void (*print)(const json_t *answer))
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
	} else {
		print(answer);
	}
out:
	json_decref(answer);
	ask_close(a);
	return status;
}

const char *
command_text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}
