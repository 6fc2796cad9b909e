#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/buf.h"
#include "sys/file.h"
#include "sys/hash.h"

/* zayton grant, zayton consent: who may see what, and who agreed to it. */

enum { PAPER_MAX = 64 << 20, LIST_MAX = 48 * 1024 };

/* --- requests ----------------------------------------------------------- */

static void
put_text(json_t *o, const char *name, const char *value)
{
	if (value != NULL)
		json_object_set_new(o, name, json_string(value));
}

/* Options that are texts of the request under their names. */
static void
put_options(int *argc, char **argv, json_t *o, const char *const *names)
{
	for (; *names != NULL; names++) {
		char option[32], member[32];
		size_t i = 0;

		snprintf(option, sizeof(option), "--%s", *names);
		do
			member[i] = (*names)[i] == '-' ? '_' : (*names)[i];
		while ((*names)[i++] != '\0');
		put_text(o, member, command_option(argc, argv, option, 1));
	}
}

/* Whole numbers; -1 and a word where one is none. */
static int
put_numbers(int *argc, char **argv, json_t *o, const char *const *names)
{
	for (; *names != NULL; names++) {
		char option[32];
		const char *said;
		char *end;
		long long n;

		snprintf(option, sizeof(option), "--%s", *names);
		said = command_option(argc, argv, option, 1);
		if (said == NULL)
			continue;
		n = strtoll(said, &end, 10);
		if (*end != '\0' || end == said || n < 1 || n > 100000) {
			fprintf(stderr, "zayton: %s %s: 1 – 100000\n", option,
			    said);
			return -1;
		}
		json_object_set_new(o, *names, json_integer(n));
	}
	return 0;
}

static int
read_file(const char *path, size_t max, struct buf *b, struct err *e)
{
	buf_init(b, max);
	return file_read(AT_FDCWD, path, b, e);
}

/* The paper by its hashes; it stays where it is. */
static int
put_paper(json_t *o, const char *path, struct err *e)
{
	unsigned char digest[HASH_SHA512_BYTES];
	char hex[HASH_HEX];
	struct buf b;
	int rc;

	if (strlen(path) == 64 && strspn(path, "0123456789abcdef") == 64) {
		put_text(o, "evidence", path);
		return 0;
	}
	rc = read_file(path, PAPER_MAX, &b, e);
	if (rc == 0) {
		hash_sha256_hex(b.data, b.len, hex);
		put_text(o, "evidence", hex);
		hash_sha512(b.data, b.len, digest);
		hash_hex(digest, sizeof(digest), hex);
		put_text(o, "sha512", hex);
	}
	buf_done(&b);
	return rc;
}

/* What a file holds as a text of the request. */
static int
put_file(json_t *o, const char *name, const char *path, struct err *e)
{
	struct buf b;
	int rc = read_file(path, LIST_MAX, &b, e);

	if (rc == 0 && json_object_set_new(o, name,
			   json_stringn(b.len > 0 ? b.data : "", b.len)) == -1)
		rc = err_set(e, ERR_HOLD, "'%s' is not a text", path);
	buf_done(&b);
	return rc;
}

/* --evidence, --signature, --subjects file:PATH: paths of the user's. */
static int
put_files(json_t *o, const char *paper, const char *signature, struct err *e)
{
	const char *subjects = command_text(o, "subjects");

	if (paper != NULL && put_paper(o, paper, e) == -1)
		return -1;
	if (signature != NULL && put_file(o, "signature", signature, e) == -1)
		return -1;
	if (strncmp(subjects, "file:", 5) == 0) {
		char path[4096];

		snprintf(path, sizeof(path), "%s", subjects + 5);
		return put_file(o, "subjects", path, e);
	}
	return 0;
}

/* --- answers ------------------------------------------------------------ */

static void
print_grants(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		printf("%lld  %s  %s  %s  %s  %s  %s–%s  %s\n",
		    (long long)json_integer_value(json_object_get(v, "grant")),
		    command_text(v, "state"), command_text(v, "account"),
		    command_text(v, "dataset"), command_text(v, "purpose"),
		    command_text(v, "form"), command_text(v, "from"),
		    command_text(v, "until"), command_text(v, "subjects"));
		printf("    字段 fields: %s\n", command_text(v, "fields"));
		if (command_text(v, "full")[0] != '\0')
			printf("    不掩码 in full: %s\n",
			    command_text(v, "full"));
		printf("    %s %s: %s  [%.12s]\n", command_text(v, "at"),
		    command_text(v, "person"), command_text(v, "reason"),
		    command_text(v, "evidence"));
	}
}

static void
print_added(const json_t *answer)
{
	const json_t *v, *n;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "grants"), i, v)
	{
		const json_t *others = json_object_get(v, "together with");

		printf("%lld %s %s",
		    (long long)json_integer_value(json_object_get(v, "grant")),
		    command_text(v, "dataset"), command_text(v, "state"));
		if (strcmp(command_text(v, "state"), "pending") == 0)
			printf("  须由另一人批准 another person has to "
			       "approve it");
		if (json_array_size(others) > 0)
			printf("  以最严者为准，同时有效 together with:");
		json_array_foreach(others, k, n)
		    printf(" %lld", (long long)json_integer_value(n));
		putchar('\n');
	}
}

static void
print_moved(const json_t *answer)
{
	printf("%lld %s\n",
	    (long long)json_integer_value(json_object_get(answer, "grant")),
	    command_text(answer, "state"));
}

/* A consent's number is one, or the R12 of a row. */
static void
print_number(const json_t *o)
{
	const json_t *n = json_object_get(o, "consent");

	if (json_is_integer(n))
		printf("%lld", (long long)json_integer_value(n));
	else
		printf("%s", command_text(o, "consent"));
}

static void
print_consents(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		print_number(v);
		printf("  %s  %s -> %s  %s  %s  %s–%s  %s\n",
		    command_text(v, "state"), command_text(v, "enterprise"),
		    command_text(v, "account"), command_text(v, "dataset"),
		    command_text(v, "purpose"), command_text(v, "from"),
		    command_text(v, "until"), command_text(v, "reference"));
	}
}

static void
print_consent(const json_t *answer)
{
	print_number(answer);
	printf(" %s\n", command_text(answer, "state"));
}

/* --- the commands ------------------------------------------------------- */

static int
ask(json_t *request, int json, void (*print)(const json_t *answer))
{
	struct conf c;
	struct err e;

	if (command_home(&c, &e) == -1) {
		json_decref(request);
		return command_fail(&e);
	}
	return command_ask(&c, request, json, print);
}

static const char *const people[] = { "person", "reason", NULL };

int
grant_command(int argc, char **argv)
{
	static const char *const texts[] = { "account", "fields", "full",
		"subjects", "purpose", "form", "from", "until", "data-from",
		"data-until", "reference", NULL };
	static const char *const numbers[] = { "life", "times", "every", NULL };
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	int once = command_option(&argc, argv, "--once", 0) != NULL;
	const char *paper = command_option(&argc, argv, "--evidence", 1);
	const char *signature = command_option(&argc, argv, "--signature", 1);
	const char *datasets = command_option(&argc, argv, "--dataset", 1);
	json_t *o = json_object();
	const char *verb;
	char what[32];
	struct err e;

	put_options(&argc, argv, o, texts);
	put_options(&argc, argv, o, people);
	put_text(o, "datasets", datasets);
	verb = argc > 1 ? argv[1] : "";
	snprintf(what, sizeof(what), "grant %.20s", verb);
	put_text(o, "do", what);
	if (put_numbers(&argc, argv, o, numbers) == -1 ||
	    command_unknown(argc, argv))
		goto usage;
	if (once)
		json_object_set_new(o, "times", json_integer(1));
	if (all)
		json_object_set_new(o, "all", json_true());
	if (put_files(o, paper, signature, &e) == -1) {
		json_decref(o);
		return command_fail(&e);
	}
	if (strcmp(verb, "list") == 0 && argc == 2)
		return ask(o, json, print_grants);
	if (strcmp(verb, "add") == 0 && argc == 2)
		return ask(o, json, print_added);
	if (argc == 3 &&
	    (strcmp(verb, "approve") == 0 || strcmp(verb, "revoke") == 0 ||
		strcmp(verb, "suspend") == 0 || strcmp(verb, "resume") == 0)) {
		json_object_set_new(o, "number",
		    json_integer(strtoll(argv[2], NULL, 10)));
		return ask(o, json, print_moved);
	}
usage:
	json_decref(o);
	return command_usage();
}

int
consent_command(int argc, char **argv)
{
	static const char *const texts[] = { "account", "enterprise", "purpose",
		"from", "until", "reference", NULL };
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	int pending = command_option(&argc, argv, "--pending", 0) != NULL;
	const char *paper = command_option(&argc, argv, "--evidence", 1);
	const char *signature = command_option(&argc, argv, "--signature", 1);
	const char *datasets = command_option(&argc, argv, "--dataset", 1);
	json_t *o = json_object();
	const char *verb;
	char what[32];
	struct err e;

	put_options(&argc, argv, o, texts);
	put_options(&argc, argv, o, people);
	put_text(o, "datasets", datasets);
	verb = argc > 1 ? argv[1] : "";
	snprintf(what, sizeof(what), "consent %.20s", verb);
	put_text(o, "do", what);
	if (command_unknown(argc, argv))
		goto usage;
	if (all)
		json_object_set_new(o, "all", json_true());
	if (pending)
		json_object_set_new(o, "pending", json_true());
	if (put_files(o, paper, signature, &e) == -1) {
		json_decref(o);
		return command_fail(&e);
	}
	if (strcmp(verb, "list") == 0 && argc == 2)
		return ask(o, json, print_consents);
	if (strcmp(verb, "add") == 0 && argc == 3) {
		put_text(o, "enterprise", argv[2]);
		return ask(o, json, print_consent);
	}
	if (argc == 3 &&
	    (strcmp(verb, "confirm") == 0 || strcmp(verb, "reject") == 0 ||
		strcmp(verb, "revoke") == 0)) {
		put_text(o, "number", argv[2]);
		return ask(o, json, print_consent);
	}
usage:
	json_decref(o);
	return command_usage();
}
