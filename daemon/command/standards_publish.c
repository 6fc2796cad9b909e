#include <stdio.h>
#include <string.h>

#include "command/standards.h"
#include "rule/diff.h"
#include "rule/pack.h"
#include "sys/member.h"

/* zayton standards diff, publish: from one version to the next. */

static void
print_diff(const json_t *diff)
{
	int fine = json_is_true(json_object_get(diff, "compatible"));
	size_t i;
	json_t *c;

	printf("%s %s -> %s: %s\n", member_text(diff, "dataset"),
	    member_text(diff, "from"), member_text(diff, "to"),
	    fine ? "兼容 compatible" : "不兼容 not compatible");
	json_array_foreach(json_object_get(diff, "changes"), i, c)
		printf("  %c %-22s %-16s %s%s%s\n",
		    json_is_true(json_object_get(c, "compatible")) ? ' ' : '!',
		    member_text(c, "field")[0] != '\0' ? member_text(c, "field")
						       : "-",
		    member_text(c, "change"), member_text(c, "was"),
		    member_text(c, "was")[0] != '\0' &&
			    member_text(c, "is")[0] != '\0'
			? " -> "
			: "",
		    member_text(c, "is"));
}

int
standards_diff(struct standards *all)
{
	const struct schema *a =
	    standards_find(all, all->argument[0], all->argument[1]);
	const struct schema *b =
	    standards_find(all, all->argument[0], all->argument[2]);
	json_t *diff;

	if (a == NULL || b == NULL)
		return COMMAND_USAGE;
	diff = schema_diff(a, b);
	if (all->json) {
		standards_print(diff);
		return COMMAND_DONE;
	}
	print_diff(diff);
	json_decref(diff);
	return COMMAND_DONE;
}

static void
print_published(const json_t *answer)
{
	const json_t *diff = json_object_get(answer, "diff");
	const char *until = member_text(answer, "old_until");

	printf("%s %s: 自 %s 起施行 / in force from %s\n",
	    member_text(answer, "dataset"), member_text(answer, "version"),
	    member_text(answer, "from"), member_text(answer, "from"));
	if (until[0] != '\0')
		printf("  旧版受理至 %s / the older one is taken until %s\n",
		    until, until);
	if (json_is_object(diff))
		print_diff(diff);
}

int
standards_publish(struct standards *all)
{
	const char *from =
	    all->from != NULL ? all->from : schemas_day(all->schemas);
	const char *until = all->old_until != NULL ? all->old_until : "";
	json_t *request;

	if (all->person == NULL || all->reason == NULL) {
		fprintf(stderr,
		    "zayton: 发布须写明责任人和理由（--person、--reason）\n"
		    "zayton: a publication names who does it and why: --person "
		    "and --reason\n");
		return COMMAND_USAGE;
	}
	request = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
	    "do", "standards publish", "dataset", all->argument[0], "version",
	    all->argument[1], "from", from, "old_until", until, "person",
	    all->person, "reason", all->reason, "pack", pack_sha256(all->pack),
	    "breaking", all->breaking);
	return command_ask(&all->conf, request, all->json, print_published);
}
