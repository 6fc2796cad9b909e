#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "rule/box_calendar.h"
#include "rule/box_link.h"
#include "rule/box_overwrite.h"
#include "rule/box_quality.h"
#include "rule/box_sharing.h"
#include "rule/box_task.h"
#include "rule/codes.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "rule/script.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/member.h"

/* zayton rules check, test, try: the administrator's rule scripts. */

/* As much as a worker gives a script. */
static const struct script_limits limits = { .memory = 64 << 20,
	.instructions = 10000000 };

struct tally {
	const char *provider;
	int passed;
	int failed;
};

static void
report(void *ctx, const char *dataset, int line, int failed,
    const char *sentence)
{
	struct tally *t = ctx;

	if (failed) {
		t->failed++;
		printf("not ok  rules/%s.lua:%d %s: %s\n", t->provider, line,
		    dataset, sentence);
	} else {
		t->passed++;
	}
}

/* One department's script: that it loads, and if asked its examples. */
static int
check_one(const struct pack *p, const struct schemas *all, const char *provider,
    int examples, struct tally *t)
{
	struct script *s = NULL;
	struct err e;
	int status = COMMAND_DONE;

	t->provider = provider;
	if (script_load(p, all, provider, &limits, &s, &e) == -1) {
		(void)command_fail(&e);
		return COMMAND_FAULTS;
	}
	if (examples && script_examples(s, report, t, &e) == -1) {
		(void)command_fail(&e);
		status = COMMAND_FAULTS;
	}
	if (!examples)
		printf("ok  rules/%s.lua  %s\n", provider, script_sha256(s));
	script_free(s);
	return status;
}

/* Weights and thresholds of links. */
static int
check_link(const struct pack_file *f, struct err *e)
{
	struct link_rules r;

	return box_link_rules(f->data, f->len, &r, e);
}

static int
check_overwrite(const struct pack_file *f, const struct schemas *all,
    struct err *e)
{
	struct overwrite *o = NULL;
	int rc = overwrite_read(f->data, f->len, all, &o, e);

	overwrite_free(o);
	return rc;
}

/* A task that is not of its form is skipped while others run. */
static int
check_tasks(const struct pack *p, struct err *e)
{
	struct tasks *t = NULL;
	int rc = box_tasks(p, &t, e);

	for (size_t i = 0; rc == 0 && i < box_tasks_count(t); i++)
		if (box_tasks_at(t, i)->error[0] != '\0')
			rc = err_set(e, ERR_HOLD,
			    "rules/quality.lua: task %s is skipped: %s",
			    box_tasks_at(t, i)->name,
			    box_tasks_at(t, i)->error);
	box_tasks_free(t);
	return rc;
}

/* What is asked of the data, and when they are due. */
static int
check_quality(const struct pack *p, const struct schemas *all, struct err *e)
{
	struct calendar *c = xcalloc(1, sizeof(*c));
	struct policy policy;
	int rc = box_quality(p, all, &policy, e);

	if (rc == 0)
		rc = box_calendar(p, c, e);
	if (rc == 0)
		rc = check_tasks(p, e);
	policy_done(&policy);
	free(c);
	return rc;
}

/* How data sets may be shared; those it does not speak of are named. */
static int
check_sharing(const struct pack *p, const struct schemas *all, struct err *e)
{
	struct sharing *h = NULL;

	if (box_sharing_of(p, all, &h, e) == -1)
		return -1;
	for (size_t i = 0; i < schemas_count(all); i++)
		if (schemas_at(all, i)->state == SCHEMA_IN_FORCE &&
		    sharing_find(h, schemas_at(all, i)->dataset) == NULL)
			printf("%s 未定共享类别，不予共享 has no sharing "
			       "class: it is not shared\n",
			    schemas_at(all, i)->dataset);
	free(h);
	return 0;
}

/* One of the files that are no department's. */
static int
check_common(const struct pack *p, const struct schemas *all, const char *name)
{
	const struct pack_file *f = pack_find(p, name);
	struct err e;
	int rc;

	if (f == NULL)
		return COMMAND_DONE;
	if (strcmp(name, "rules/link.lua") == 0)
		rc = check_link(f, &e);
	else if (strcmp(name, "rules/overwrite.lua") == 0)
		rc = check_overwrite(f, all, &e);
	else if (strcmp(name, SHARING_FILE) == 0)
		rc = check_sharing(p, all, &e);
	else
		rc = check_quality(p, all, &e);
	if (rc == -1) {
		(void)command_fail(&e);
		return COMMAND_FAULTS;
	}
	printf("ok  %s  %s\n", name, f->sha256);
	return COMMAND_DONE;
}

static int
check_all(const struct pack *p, const struct schemas *all, int examples)
{
	static const char *const common[] = { "rules/link.lua",
		"rules/overwrite.lua", "rules/quality.lua", SHARING_FILE };
	struct tally t = { .passed = 0 };
	int worst = COMMAND_DONE;
	char provider[64];

	for (size_t i = 0; i < pack_count(p); i++)
		if (script_provider(pack_at(p, i)->name, provider,
			sizeof(provider)) &&
		    check_one(p, all, provider, examples, &t) != COMMAND_DONE)
			worst = COMMAND_FAULTS;
	for (size_t i = 0; !examples && i < 4; i++)
		if (check_common(p, all, common[i]) != COMMAND_DONE)
			worst = COMMAND_FAULTS;
	if (examples)
		printf("%d passed, %d failed\n", t.passed, t.failed);
	return t.failed > 0 ? COMMAND_FAULTS : worst;
}

static void
print_published(const json_t *answer)
{
	printf("规则已施行 / these rules are in force: %s\n",
	    member_text(answer, "pack"));
}

/* zayton rules publish: what the folders hold comes in force. */
static int
publish(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	struct pack *p = NULL;
	struct conf c;
	struct err e;
	json_t *request;

	if (command_unknown(argc, argv) || argc != 1 || person == NULL ||
	    reason == NULL)
		return command_usage();
	if (command_home(&c, &e) == -1 || command_pack(".", &p, &e) == -1)
		return command_fail(&e);
	request = json_pack("{s:s, s:s, s:s, s:s}", "do", "rules publish",
	    "pack", pack_sha256(p), "person", person, "reason", reason);
	pack_free(p);
	return command_ask(&c, request, json, print_published);
}

int
rules_command(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct schemas *all = NULL;
	struct pack *p = NULL;
	struct conf c;
	struct err e;
	int status;

	if (strcmp(verb, "try") == 0)
		return rules_try(argc - 1, argv + 1);
	if (strcmp(verb, "replay") == 0)
		return rules_replay(argc - 1, argv + 1);
	if (strcmp(verb, "publish") == 0)
		return publish(argc - 1, argv + 1);
	if (command_unknown(argc, argv) || argc != 2 ||
	    (strcmp(verb, "check") != 0 && strcmp(verb, "test") != 0))
		return command_usage();
	if (command_home(&c, &e) == -1 || command_pack(".", &p, &e) == -1 ||
	    schemas_read(p, &all, &e) == -1 || codes_check(p, &e) == -1)
		status = command_fail(&e);
	else
		status = check_all(p, all, verb[0] == 't');
	schemas_free(all);
	pack_free(p);
	return status;
}
