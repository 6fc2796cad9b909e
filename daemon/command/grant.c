#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "grant/grant.h"
#include "sys/buf.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/member.h"

/* zayton grant, zayton consent: who may see what, and who agreed to it. */

enum { PAPER_MAX = 64 << 20, SIGNATURE_MAX = 16 << 10 };

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

/* The signature of the paper as a text of the request. */
static int
put_signature(json_t *o, const char *path, struct err *e)
{
	struct buf b;
	int rc = read_file(path, SIGNATURE_MAX, &b, e);

	if (rc == 0 && json_object_set_new(o, "signature",
			   json_stringn(b.len > 0 ? b.data : "", b.len)) == -1)
		rc = err_set(e, ERR_HOLD, "'%s' is not a text", path);
	buf_done(&b);
	return rc;
}

/* --subjects file:PATH goes beside the request, which names it by its hash. */
static int
read_list(json_t *o, struct buf *list, struct err *e)
{
	const char *subjects = member_text(o, "subjects");
	char path[4096], hex[DIGEST_TEXT];

	if (strncmp(subjects, "file:", 5) != 0)
		return 0;
	snprintf(path, sizeof(path), "%s", subjects + 5);
	buf_init(list, GRANT_LIST_BYTES);
	if (file_read(AT_FDCWD, path, list, e) == -1)
		return -1;
	hash_sha256_hex(list->len > 0 ? list->data : "", list->len, hex);
	put_text(o, "subjects", "list");
	put_text(o, "subjects_sha256", hex);
	return 0;
}

/* --- answers ------------------------------------------------------------ */

static void
print_grants(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		printf("%lld  %s  %s  %s  %s  %s  %s–%s  %s\n",
		    (long long)json_integer_value(json_object_get(v, "grant")),
		    member_text(v, "state"), member_text(v, "account"),
		    member_text(v, "dataset"), member_text(v, "purpose"),
		    member_text(v, "form"), member_text(v, "from"),
		    member_text(v, "until"), member_text(v, "subjects"));
		printf("    字段 fields: %s\n", member_text(v, "fields"));
		if (member_text(v, "full")[0] != '\0')
			printf("    不掩码 in full: %s\n",
			    member_text(v, "full"));
		printf("    %s %s: %s  [%.12s]\n", member_text(v, "at"),
		    member_text(v, "person"), member_text(v, "reason"),
		    member_text(v, "evidence"));
	}
}

static void
print_added(const json_t *answer)
{
	const json_t *v, *n;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "grants"), i, v) {
		const json_t *others = json_object_get(v, "together with");

		printf("%lld %s %s",
		    (long long)json_integer_value(json_object_get(v, "grant")),
		    member_text(v, "dataset"), member_text(v, "state"));
		if (strcmp(member_text(v, "state"), "pending") == 0)
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
	    member_text(answer, "state"));
}

/* A consent's number is one, or the R12 of a row. */
static void
print_number(const json_t *o)
{
	const json_t *n = json_object_get(o, "consent");

	if (json_is_integer(n))
		printf("%lld", (long long)json_integer_value(n));
	else
		printf("%s", member_text(o, "consent"));
}

static void
print_consents(const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		print_number(v);
		printf("  %s  %s -> %s  %s  %s  %s–%s  %s\n",
		    member_text(v, "state"), member_text(v, "enterprise"),
		    member_text(v, "account"), member_text(v, "dataset"),
		    member_text(v, "purpose"), member_text(v, "from"),
		    member_text(v, "until"), member_text(v, "reference"));
	}
}

static void
print_consent(const json_t *answer)
{
	print_number(answer);
	printf(" %s\n", member_text(answer, "state"));
}

/* --- the commands ------------------------------------------------------- */

/* What one of them asks: its verbs, and the options it alone has. */
struct verb {
	const char *name;
	const char
	    *argument; /* member that its argument is, NULL it has none */
	void (*print)(const json_t *answer);
};

struct paperwork {
	const char *word; /* "grant", "consent" */
	const struct verb *verbs;
	const char *const *texts;
	const char *const *numbers;
	const char *const *flags;
};

static void
put_flags(int *argc, char **argv, json_t *o, const char *const *names)
{
	for (; *names != NULL; names++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s", *names);
		if (command_option(argc, argv, option, 0) != NULL)
			json_object_set_new(o, *names, json_true());
	}
}

/* The verb and its argument; NULL where they are none. */
static const struct verb *
read_verb(const struct paperwork *p, int argc, char **argv, json_t *o)
{
	char what[32];

	for (const struct verb *v = p->verbs; argc > 1 && v->name != NULL; v++)
		if (strcmp(v->name, argv[1]) == 0) {
			if (argc != (v->argument != NULL ? 3 : 2))
				return NULL;
			snprintf(what, sizeof(what), "%s %s", p->word, v->name);
			put_text(o, "do", what);
			if (v->argument != NULL)
				put_text(o, v->argument, argv[2]);
			return v;
		}
	return NULL;
}

static int
run(const struct paperwork *p, int argc, char **argv)
{
	static const char *const common[] = { "account", "purpose", "from",
		"until", "reference", "person", "reason", NULL };
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *paper = command_option(&argc, argv, "--evidence", 1);
	const char *signature = command_option(&argc, argv, "--signature", 1);
	const char *datasets = command_option(&argc, argv, "--dataset", 1);
	json_t *o = json_object();
	const struct verb *verb = NULL;
	struct buf list = { .data = NULL };
	struct conf c;
	struct err e;
	int status;

	put_options(&argc, argv, o, common);
	put_options(&argc, argv, o, p->texts);
	put_flags(&argc, argv, o, p->flags);
	if (json_object_del(o, "once") == 0)
		json_object_set_new(o, "times", json_integer(1));
	put_text(o, "datasets", datasets);
	if (put_numbers(&argc, argv, o, p->numbers) == 0 &&
	    !command_unknown(argc, argv))
		verb = read_verb(p, argc, argv, o);
	if (verb == NULL) {
		json_decref(o);
		return command_usage();
	}
	/* Paths of the user's: read before the instance is entered. */
	if ((paper != NULL && put_paper(o, paper, &e) == -1) ||
	    (signature != NULL && put_signature(o, signature, &e) == -1) ||
	    read_list(o, &list, &e) == -1 || command_home(&c, &e) == -1) {
		json_decref(o);
		status = command_fail(&e);
	} else {
		status = command_ask_with(&c, o, list.len > 0 ? &list : NULL,
		    json, verb->print);
	}
	buf_done(&list);
	return status;
}

int
grant_command(int argc, char **argv)
{
	static const struct verb verbs[] = { { "list", NULL, print_grants },
		{ "add", NULL, print_added },
		{ "approve", "number", print_moved },
		{ "revoke", "number", print_moved },
		{ "suspend", "number", print_moved },
		{ "resume", "number", print_moved }, { NULL, NULL, NULL } };
	static const char *const texts[] = { "fields", "full", "subjects",
		"form", "data-from", "data-until", NULL };
	static const char *const numbers[] = { "life", "times", "every", NULL };
	static const char *const flags[] = { "all", "once", NULL };
	static const struct paperwork p = { "grant", verbs, texts, numbers,
		flags };

	return run(&p, argc, argv);
}

int
consent_command(int argc, char **argv)
{
	static const struct verb verbs[] = { { "list", NULL, print_consents },
		{ "add", "enterprise", print_consent },
		{ "confirm", "number", print_consent },
		{ "reject", "number", print_consent },
		{ "revoke", "number", print_consent }, { NULL, NULL, NULL } };
	static const char *const texts[] = { "enterprise", NULL };
	static const char *const none[] = { NULL };
	static const char *const flags[] = { "all", "pending", NULL };
	static const struct paperwork p = { "consent", verbs, texts, none,
		flags };

	return run(&p, argc, argv);
}
