#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "rule/pack.h"
#include "sys/home.h"
#include "sys/log.h"

static const struct command *running;
static const char *home_dir;

int
command_usage(void)
{
	fprintf(stderr, "usage: zayton [-C DIR] %s %s\n", running->name,
	    running->arguments);
	return COMMAND_USAGE;
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

	json_array_foreach(quality, i, d)
	{
		const json_t *poor = json_object_get(d, "poor");

		printf("  质量/quality %s %.2f %s", command_text(d, "dataset"),
		    100 * json_real_value(json_object_get(d, "score")),
		    command_text(d, "grade"));
		json_array_foreach(poor, n,
		    m) printf("%s%s %" JSON_INTEGER_FORMAT
			      "/%" JSON_INTEGER_FORMAT,
		    n == 0 ? "  差/poor: " : ", ", command_text(m, "metric"),
		    json_integer_value(json_object_get(m, "numerator")),
		    json_integer_value(json_object_get(m, "denominator")));
		putchar('\n');
	}
}
