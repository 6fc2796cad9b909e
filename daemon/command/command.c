#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"
#include "form/statement.h"
#include "rule/pack.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/member.h"

static const struct command *running;
static const char *home_dir;
static char *sign_key; /* NULL: there is none */

int
command_usage(void)
{
	fprintf(stderr, "usage: zayton [-C DIR] %s %s\n", running->name,
	    running->arguments);
	return COMMAND_USAGE;
}

static void
sign_with(const char *key)
{
	if (key == NULL)
		key = getenv("ZAYTON_SIGN_KEY");
	if (key == NULL || key[0] == '\0')
		return;
	sign_key = realpath(key, NULL);
	if (sign_key == NULL)
		sign_key = xstrdup(key);
}

int
command_run(const struct command *c, const char *home, int argc, char **argv)
{
	running = c;
	home_dir = home;
	log_init(c->name, LOG_WARN);
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0) {
			printf("usage: zayton [-C DIR] %s %s\n\n%s\n", c->name,
			    c->arguments, c->what);
			return COMMAND_DONE;
		}
	/* Its path is the user's: known before we go home. */
	sign_with(command_option(&argc, argv, "--sign-with", 1));
	return c->main(argc, argv);
}

const char *
command_dir(void)
{
	return home_dir;
}

int
command_home(struct conf *ret_c, struct err *e)
{
	if (home_enter(home_dir, e) == -1)
		return -1;
	return conf_read(HOME_CONF, ret_c, e);
}

int
command_fail(const struct err *e)
{
	if (strcmp(e->zh, e->en) != 0)
		fprintf(stderr, "zayton: %s\n", e->zh);
	fprintf(stderr, "zayton: %s\n", e->en);
	switch (e->kind) {
	case ERR_SENDER:
		return COMMAND_FAULTS;
	case ERR_RETRY:
		return COMMAND_AGAIN;
	case ERR_NONE:
	case ERR_HOLD:
		break;
	}
	return COMMAND_USAGE;
}

static void
take_out(int *argc, char **argv, int at, int n)
{
	memmove(argv + at, argv + at + n,
	    (size_t)(*argc - at - n + 1) * sizeof(*argv));
	*argc -= n;
}

const char *
command_option(int *argc, char **argv, const char *name, int with_value)
{
	size_t len = strlen(name);

	for (int i = 1; i < *argc; i++) {
		const char *value = NULL;
		int n = 0;

		if (!with_value && strcmp(argv[i], name) == 0) {
			value = name;
			n = 1;
		} else if (with_value && strncmp(argv[i], name, len) == 0 &&
			   argv[i][len] == '=') {
			value = argv[i] + len + 1;
			n = 1;
		} else if (with_value && strcmp(argv[i], name) == 0 &&
			   i + 1 < *argc) {
			value = argv[i + 1];
			n = 2;
		}
		if (n == 0)
			continue;
		take_out(argc, argv, i, n);
		return value;
	}
	return NULL;
}

int
command_unknown(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			fprintf(stderr, "zayton: unknown option '%s'\n",
			    argv[i]);
			return 1;
		}
	return 0;
}

int
command_pack(const char *dir, struct pack **ret_p, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return err_errno(e, ERR_HOLD, "cannot open '%s'", dir);
	rc = pack_gather(fd, ret_p, e);
	(void)close(fd);
	return rc;
}

void
command_quality(const json_t *quality)
{
	size_t i, n;
	json_t *d, *m;

	json_array_foreach(quality, i, d) {
		const json_t *poor = json_object_get(d, "poor");

		printf("  质量/quality %s %.2f %s", member_text(d, "dataset"),
		    100 * json_real_value(json_object_get(d, "score")),
		    member_text(d, "grade"));
		json_array_foreach(poor, n, m)
			printf("%s%s %" JSON_INTEGER_FORMAT
			       "/%" JSON_INTEGER_FORMAT,
			    n == 0 ? "  差/poor: " : ", ",
			    member_text(m, "metric"),
			    json_integer_value(json_object_get(m, "numerator")),
			    json_integer_value(
				json_object_get(m, "denominator")));
		putchar('\n');
	}
}

/* --- signing ------------------------------------------------------------ */

int
command_has_key(void)
{
	return sign_key != NULL;
}

const char *
command_person(int *argc, char **argv)
{
	const char *person = command_option(argc, argv, "--person", 1);

	return person == NULL && command_has_key() ? "" : person;
}

/* In the child. Its words and questions are for the person. */
static void
run_keygen(int in, int out)
{
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(127);
	(void)execlp("ssh-keygen", "ssh-keygen", "-q", "-Y", "sign", "-n",
	    STATEMENT_NAMESPACE, "-f", sign_key, (char *)NULL);
	_exit(127);
}

static void
close_both(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			(void)close(pair[i]);
}

/* It reads all of the statement before it writes a word. */
static int
talk(int to, int from, const char *statement, size_t len, struct buf *b)
{
	char chunk[4096];
	ssize_t n = write(to, statement, len);

	(void)close(to);
	if (n != (ssize_t)len)
		return -1;
	while ((n = read(from, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t)n);
	return n == -1 || !buf_ok(b) ? -1 : 0;
}

int
command_sign(const char *statement, size_t len, struct buf *ret_signature,
    struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int status = -1;
	int rc = -1;
	pid_t pid;

	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1 ||
	    (pid = fork()) == -1) {
		err_errno(e, ERR_RETRY, "cannot start ssh-keygen");
		goto out;
	}
	if (pid == 0)
		run_keygen(in[0], out[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	rc = talk(in[1], out[0], statement, len, ret_signature);
	in[0] = in[1] = out[1] = -1;
	if (waitpid(pid, &status, 0) != pid || status != 0 || rc == -1)
		rc = err_set(e, ERR_HOLD, "ssh-keygen could not sign with '%s'",
		    sign_key);
out:
	close_both(in);
	close_both(out);
	return rc;
}

json_t *
command_keys(const char *path, size_t max, struct err *e)
{
	struct buf b;
	json_t *text = NULL;

	buf_init(&b, max);
	if (file_read(AT_FDCWD, path, &b, e) == 0) {
		text = json_stringn(b.len > 0 ? b.data : "", b.len);
		if (text == NULL)
			err_set(e, ERR_HOLD, "'%s' is not a text", path);
	}
	buf_done(&b);
	return text;
}
