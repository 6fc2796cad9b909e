#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "command/command.h"
#include "sys/member.h"

/*
 * zayton health: whether the server answers and nobody has to see to
 * anything. Starts no server of its own.
 */

static void
print(const json_t *answer)
{
	const json_t *p;
	size_t i;

	if (json_is_true(json_object_get(answer, "healthy")))
		printf("正常 / healthy\n");
	json_array_foreach(json_object_get(answer, "problems"), i, p)
		printf("%s  %s / %s\n", member_text(p, "code"),
		    member_text(p, "zh"), member_text(p, "en"));
}

static int
ask_health(const struct conf *c, json_t **ret_answer, struct err *e)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct ask *a = NULL;
	int status;
	int rc;

	if (!ask_is_served())
		return err_set(e, ERR_HOLD, "no server runs on this instance");
	if (ask_open(c, &a, e) == -1)
		return -1;
	(void)setsockopt(ask_socket(a), SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	rc = ask_keeper(a, json_pack("{s:s}", "do", "health"), ret_answer,
	    &status, e);
	ask_close(a);
	return rc;
}

int
health_command(int argc, char **argv)
{
	int as_json = command_option(&argc, argv, "--json", 0) != NULL;
	json_t *answer = NULL;
	struct conf c;
	struct err e;
	int healthy;

	if (command_unknown(argc, argv) || argc != 1)
		return command_usage();
	if (command_home(&c, &e) == -1 || ask_health(&c, &answer, &e) == -1)
		return command_fail(&e);
	if (as_json)
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	else
		print(answer);
	healthy = json_is_true(json_object_get(answer, "healthy"));
	json_decref(answer);
	return healthy ? COMMAND_DONE : COMMAND_FAULTS;
}
