#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "sys/member.h"

/* zayton quality: what is looked at beyond a bundle, and what came of it. */

static void
print_overdue(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *from = member_text(v, "from");
		const char *to = member_text(v, "to");

		printf("    %s  %-6s %s %s  %s%s%s (%lld)  应报/due %s\n",
		    strcmp(member_text(v, "state"), "missing") == 0
			? "漏报/missing"
			: "到期/due    ",
		    member_text(v, "provider"), member_text(v, "dataset"),
		    member_text(v, "title"), from,
		    strcmp(from, to) == 0 ? "" : " … ",
		    strcmp(from, to) == 0 ? "" : to,
		    member_number(v, "periods"), member_text(v, "due"));
	}
}

static void
print_run(const json_t *answer)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(answer, "tasks"), i, v) {
		const char *error = member_text(v, "error");

		if (error[0] != '\0')
			printf("%s  跳过/skipped: %s\n", member_text(v, "task"),
			    error);
		if (json_object_get(v, "overdue") == NULL)
			continue;
		printf("%s  %s  %lld\n", member_text(v, "task"),
		    member_text(v, "day"),
		    member_number(v, "due") + member_number(v, "missing"));
		print_overdue(json_object_get(v, "overdue"));
	}
	json_array_foreach(json_object_get(answer, "results"), i, v) {
		const char *error = member_text(v, "error");

		printf("%s  %s  %lld%s%s\n", member_text(v, "task"),
		    member_text(v, "account"), member_number(v, "findings"),
		    error[0] != '\0' ? "  跳过/skipped: " : "", error);
	}
}

/* Whether a task was skipped. */
static int
any_error(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (member_text(v, "error")[0] != '\0')
			return 1;
	return 0;
}

/* Runs, and waits until the reports of the tasks stand. */
static int
run_and_wait(struct ask *a, const char *task, const char *day,
    json_t **ret_answer, int *ret_status, struct err *e)
{
	enum { TRIES = 6000 };
	const struct timespec step = { 0, 50 * 1000000 };
	json_t *done = NULL;
	int status = COMMAND_DONE;

	if (ask_keeper(a,
		json_pack("{s:s, s:s, s:s}", "do", "quality run", "task", task,
		    "day", day),
		ret_answer, ret_status, e) == -1)
		return -1;
	if (*ret_status != COMMAND_DONE)
		return 0;
	for (int i = 0; i < TRIES; i++) {
		json_decref(done);
		if (ask_keeper(a,
			json_pack("{s:s, s:O}", "do", "quality done", "day",
			    json_object_get(*ret_answer, "day")),
			&done, &status, e) == -1)
			return -1;
		if (!json_is_true(json_object_get(done, "wait")))
			break;
		(void)nanosleep(&step, NULL);
	}
	json_object_set(*ret_answer, "results",
	    json_object_get(done, "results"));
	json_decref(done);
	if (any_error(json_object_get(*ret_answer, "tasks")) ||
	    any_error(json_object_get(*ret_answer, "results")))
		*ret_status = COMMAND_FAULTS;
	return 0;
}

static int
run_command(const struct conf *c, const char *task, const char *day, int json)
{
	json_t *answer = NULL;
	json_t *refusal;
	struct ask *a = NULL;
	struct err e;
	int status = COMMAND_USAGE;

	if (ask_open(c, &a, &e) == -1)
		return command_fail(&e);
	if (run_and_wait(a, task, day, &answer, &status, &e) == -1) {
		status = command_fail(&e);
		goto out;
	}
	refusal = json_object_get(answer, "refused");
	if (json) {
		json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (refusal != NULL) {
		fprintf(stderr, "zayton: %s\nzayton: %s\n",
		    member_text(refusal, "zh"), member_text(refusal, "en"));
	} else {
		print_run(answer);
	}
out:
	json_decref(answer);
	ask_close(a);
	return status;
}

static void
print_task(const json_t *v)
{
	printf("%lld  %s %s %s  %s  %s  %s%s\n", member_number(v, "task"),
	    member_text(v, "provider"), member_text(v, "dataset"),
	    member_text(v, "period"), member_text(v, "reason"),
	    member_text(v, "at"),
	    member_text(v, "closed_at")[0] != '\0' ? "已收到/came "
						   : "未收到/open",
	    member_text(v, "closed_at"));
}

static void
print_list(const json_t *answer)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(answer, "tasks"), i, v)
		printf("%s  %s  %s  %lld\n", member_text(v, "task"),
		    member_text(v, "schedule"), member_text(v, "day"),
		    member_number(v, "findings"));
	print_overdue(json_object_get(answer, "overdue"));
	json_array_foreach(json_object_get(answer, "resupply"), i, v)
		print_task(v);
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* zayton quality task add: a provider is asked to send a period again. */
static int
task_command(int argc, char **argv, int json)
{
	static const char *const names[] = { "provider", "dataset", "period",
		"reason", "person", "until" };
	json_t *request = json_pack("{s:s}", "do", "quality task add");
	struct conf c;
	struct err e;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char option[16];

		snprintf(option, sizeof(option), "--%s", names[i]);
		json_object_set_new(request, names[i],
		    json_string(
			or_empty(command_option(&argc, argv, option, 1))));
	}
	if (command_unknown(argc, argv) || argc != 3 ||
	    strcmp(argv[2], "add") != 0) {
		json_decref(request);
		return command_usage();
	}
	if (command_home(&c, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	return command_ask(&c, request, json, print_task);
}

static void
print_objection(const json_t *v)
{
	printf("%lld  %s  %s  #%lld %s %s  %s\n    %s\n",
	    member_number(v, "objection"), member_text(v, "state"),
	    member_text(v, "account"), member_number(v, "finding"),
	    member_text(v, "rule"), member_text(v, "field"),
	    member_text(v, "value"), member_text(v, "reason"));
	if (member_text(v, "answer")[0] != '\0')
		printf("    %s: %s  %s\n", member_text(v, "person"),
		    member_text(v, "answer"), member_text(v, "until"));
}

static void
print_objections(const json_t *answer)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(answer, "objections"), i, v)
		print_objection(v);
}

/* quality objections, accept, refuse. */
static int
dispute_command(int argc, char **argv, int json)
{
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *until = command_option(&argc, argv, "--until", 1);
	int list = strcmp(argv[1], "objections") == 0;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != (list ? 2 : 3))
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (list)
		return command_ask(&c,
		    json_pack("{s:s, s:b}", "do", "quality objections", "all",
			all),
		    json, print_objections);
	return command_ask(&c,
	    json_pack("{s:s, s:I, s:s, s:s, s:s}", "do",
		strcmp(argv[1], "accept") == 0 ? "quality accept"
					       : "quality refuse",
		"objection", (json_int_t)strtoll(argv[2], NULL, 10), "person",
		or_empty(person), "reason", or_empty(reason), "until",
		or_empty(until)),
	    json, print_objection);
}

int
quality_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *verb = argc > 1 ? argv[1] : "";
	const char *day;
	struct conf c;
	struct err e;

	if (strcmp(verb, "task") == 0)
		return task_command(argc, argv, json);
	if (strcmp(verb, "city") == 0)
		return quality_city(argc - 1, argv + 1, json);
	if (strcmp(verb, "objections") == 0 || strcmp(verb, "accept") == 0 ||
	    strcmp(verb, "refuse") == 0)
		return dispute_command(argc, argv, json);
	day = command_option(&argc, argv, "--on", 1);
	if (command_unknown(argc, argv) ||
	    (strcmp(verb, "list") == 0     ? argc != 2
		: strcmp(verb, "run") == 0 ? argc > 3
					   : 1))
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (strcmp(verb, "list") == 0)
		return command_ask(&c, json_pack("{s:s}", "do", "quality list"),
		    json, print_list);
	return run_command(&c, argc > 2 ? argv[2] : "", or_empty(day), json);
}
