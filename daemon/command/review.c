#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/member.h"

/* zayton review: what people decide about links, merges and conflicts. */

static void
print_pair(const char *what, const json_t *o)
{
	static const char *const names[] = { "name", "uscc", "org_code",
		"reg_no", "tax_id", "loan_card", "any_id", "account_no",
		"legal_rep", "address", "phone" };

	printf("    %s", what);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (member_text(o, names[i])[0] != '\0')
			printf("  %s=%s", names[i], member_text(o, names[i]));
	putchar('\n');
}

static void
print_link(const json_t *o)
{
	const json_t *v;
	size_t i;

	printf("%s  %s\n    %s %s 第/row %lld 行\n", member_text(o, "item"),
	    member_text(o, "finding"), member_text(o, "bundle"),
	    member_text(o, "file"),
	    (long long)json_integer_value(json_object_get(o, "row")));
	print_pair("该行 the row     ", json_object_get(o, "says"));
	json_array_foreach(json_object_get(o, "candidates"), i, v) {
		print_pair(member_text(v, "id"), v);
		printf("      %lld: %s\n",
		    (long long)json_integer_value(json_object_get(v, "score")),
		    member_text(v, "evidence"));
	}
}

static void
print_said(const char *what, const json_t *o)
{
	printf("    %s “%s”  %s %s  %s %s %lld\n", what,
	    member_text(o, "value"), member_text(o, "provider"),
	    member_text(o, "as_of"), member_text(o, "bundle"),
	    member_text(o, "file"),
	    (long long)json_integer_value(json_object_get(o, "row")));
}

static void
print_conflict(const json_t *o)
{
	printf("%s  %s %s\n", member_text(o, "item"),
	    member_text(o, "enterprise"), member_text(o, "field"));
	print_said("采用 stands ", json_object_get(o, "stands"));
	print_said("不同 differs", json_object_get(o, "differs"));
}

/* A merge that cannot be right. */
static void
print_doubt(const json_t *o)
{
	printf("%s  %s <- %s  %s %s  %s\n    %s\n", member_text(o, "item"),
	    member_text(o, "enterprise"), member_text(o, "merged"),
	    member_text(o, "at"), member_text(o, "by"),
	    member_text(o, "reason"), member_text(o, "field"));
	print_said("采用 stands ", json_object_get(o, "stands"));
	print_said("不同 differs", json_object_get(o, "differs"));
}

static void
print_list(const json_t *answer)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(answer, "links"), i, v)
		print_link(v);
	json_array_foreach(json_object_get(answer, "conflicts"), i, v)
		print_conflict(v);
	json_array_foreach(json_object_get(answer, "doubts"), i, v)
		print_doubt(v);
	json_array_foreach(json_object_get(answer, "merges"), i, v)
		printf("%s  %s <- %s  %s %s  %s\n", member_text(v, "item"),
		    member_text(json_object_get(v, "enterprise"), "id"),
		    member_text(v, "merged"), member_text(v, "at"),
		    member_text(v, "by"), member_text(v, "reason"));
	json_array_foreach(json_object_get(answer, "decisions"), i, v)
		printf("%lld  %s  %s  %s  %s  %s%s%s\n",
		    (long long)json_integer_value(json_object_get(v, "number")),
		    member_text(v, "at"), member_text(v, "person"),
		    member_text(v, "verdict"), member_text(v, "item"),
		    member_text(v, "reason"),
		    member_text(v, "undone_at")[0] != '\0' ? "  已撤销/undone "
							   : "",
		    member_text(v, "undone_at"));
}

static void
print_done(const json_t *answer)
{
	printf("%lld %s\n",
	    (long long)json_integer_value(json_object_get(answer, "number")),
	    member_text(answer, "item"));
}

int
review_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *kind = command_option(&argc, argv, "--kind", 1);
	const char *limit = command_option(&argc, argv, "--limit", 1);
	const char *to = command_option(&argc, argv, "--enterprise", 1);
	const char *person = command_person(&argc, argv);
	const char *reason = command_option(&argc, argv, "--reason", 1);
	const char *verb = argc > 1 ? argv[1] : "";
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv))
		return command_usage();
	if (strcmp(verb, "list") == 0
		? argc != 2
		: argc != 3 || person == NULL || reason == NULL)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (strcmp(verb, "list") == 0)
		return command_ask(&c,
		    json_pack("{s:s, s:s, s:I}", "do", "review list", "kind",
			kind != NULL ? kind : "", "limit",
			(json_int_t)(limit != NULL ? strtoll(limit, NULL, 10)
						   : 0)),
		    json, print_list);
	if (strcmp(verb, "undo") == 0)
		return command_ask(&c,
		    json_pack("{s:s, s:I, s:s, s:s}", "do", "review undo",
			"number", (json_int_t)strtoll(argv[2], NULL, 10),
			"person", person, "reason", reason),
		    json, print_done);
	if (strcmp(verb, "accept") != 0 && strcmp(verb, "reject") != 0)
		return command_usage();
	return command_ask(&c,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "do", "review decide",
		"verdict", verb, "item", argv[2], "enterprise",
		to != NULL ? to : "", "person", person, "reason", reason),
	    json, print_done);
}
