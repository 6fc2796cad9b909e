#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "door/filer.h"
#include "door/gate.h"
#include "door/session.h"
#include "extract/extract.h"
#include "keeper/keeper.h"
#include "sys/log.h"
#include "sys/messenger.h"
#include "sys/proc.h"
#include "sys/signer.h"
#include "way/pattern.h"
#include "way/reporter.h"
#include "way/watch.h"

/* Roles of the one binary: zayton -x ROLE descriptors arguments. */
static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} roles[] = {
	{ "gate", gate_role },
	{ "sessions", session_role },
	{ "filers", filer_role },
	{ "watch", watch_role },
	{ "workers", pattern_role },
	{ "extract", extract_role },
	{ "keeper", keeper_role },
	{ "signer", signer_role },
	{ "reporter", reporter_role },
	{ "messenger", messenger_role },
};

static const struct command commands[] = {
	{ "init", init_command, "DIR", "make an instance" },
	{ "serve", serve_command, "[--listen ADDR:PORT]",
	    "run until SIGTERM; SIGHUP reloads rules, schemas, accounts" },
	{ "account", account_command,
	    "add NAME --role ROLE --provider CODE --key FILE | list | "
	    "disable NAME | enable NAME | key add|remove NAME FILE",
	    "who may log in" },
	{ "ingest", ingest_command, "--account NAME FILE...",
	    "take bundles in without SFTP" },
	{ "extract", ingest_query_command, "--account NAME QUERY...",
	    "answer queries without SFTP" },
	{ "trace", trace_command, "FILE...",
	    "whose a leaked file was, by the marks in it" },
	{ "status", status_command, "", "the queue" },
	{ "show", show_command, "ID", "one bundle's life" },
	{ "retry", retry_command, "ID", "put a bundle on its way again" },
	{ "release", release_command, "ID",
	    "let a quarantined bundle go on its way" },
	{ "standards", standards_command,
	    "list | show DATASET [VERSION] | diff DATASET V1 V2 | publish "
	    "DATASET VERSION [--from DATE] [--old-until DATE] --person NAME "
	    "--reason TEXT [--breaking] | analyze [DATASET] [--html] | "
	    "template DATASET [VERSION] [--format csv|xlsx|html|json] "
	    "[--example]",
	    "data standards" },
	{ "rules", rules_command,
	    "check | test | try DATASET FILE | replay [--limit N] [--apply "
	    "--person NAME --reason TEXT] | publish --person NAME --reason "
	    "TEXT",
	    "rule scripts" },
	{ "enterprise", enterprise_command,
	    "find TEXT | show ID | explain ID FIELD [--as-of DATE] "
	    "[--known DATE]",
	    "golden records, and where each value came from" },
	{ "review", review_command,
	    "list [--kind links|conflicts|doubts|merges|decisions] [--limit N] "
	    "| "
	    "accept ITEM [--enterprise ID] | reject ITEM [--enterprise ID] | "
	    "undo NUMBER, with --person NAME --reason TEXT",
	    "uncertain links, merges and conflicts" },
	{ "quality", quality_command,
	    "list | run [TASK] [--on DATE] | task add --provider CODE "
	    "--dataset D --period P --reason TEXT --person NAME "
	    "[--until DATE] | city [--month M] [--out DIR] | objections "
	    "[--all] | accept OBJECTION "
	    "[--until DATE] | refuse OBJECTION, with --person NAME --reason "
	    "TEXT",
	    "what is due of whom, and what was found beyond bundles" },
	{ "grant", grant_command,
	    "add --account NAME --dataset ID[,ID]|all --fields NAMES "
	    "[--full NAMES] --subjects all|division:CODE|consented|ID,ID|"
	    "file:PATH --purpose CODE --until DATE --evidence FILE [...] | "
	    "list [--account NAME] [--dataset ID] [--all] | approve NUMBER | "
	    "revoke NUMBER | suspend NUMBER | resume NUMBER, with --person "
	    "NAME --reason TEXT",
	    "who may see what, of whom, for what, until when" },
	{ "consent", consent_command,
	    "add ENTERPRISE --account NAME --dataset ID|all --purpose CODE "
	    "--until DATE --reference TEXT --evidence FILE [...] | list "
	    "[--account NAME] [--enterprise ID] [--pending] [--all] | confirm "
	    "NUMBER | reject NUMBER | revoke NUMBER, with --person NAME "
	    "--reason TEXT",
	    "what enterprises agreed to" },
	{ "objection", objection_command,
	    "list [--all] | answer NUMBER --verdict corrected|confirmed|"
	    "unresolved|repaired --person NAME --reason TEXT",
	    "what is objected to, and the answers" },
	{ "needs", needs_command, "[--all]",
	    "who needs which data, and what nobody supplies" },
	{ "access", access_command, "--subject ID | --month YYYY-MM",
	    "who looked at an enterprise, how data were used" },
	{ "admin", admin_command,
	    "add NAME --role admin|security|audit --key FILE.pub --reason "
	    "TEXT | remove NAME --reason TEXT | list",
	    "the administrators: who signs what" },
	{ "act", act_command,
	    "list [--all] | approve NUMBER --reason TEXT | reject NUMBER "
	    "--reason TEXT",
	    "what administrators signed, and what waits for a second one" },
	{ "key", key_command,
	    "list | rotate receipt [--overlap DAYS] | prepare host | rotate "
	    "host, with --reason TEXT",
	    "the instance's own keys, and their change" },
	{ "verify", verify_command, "[RECEIPT...]",
	    "the ledger chain, or receipts" },
	{ "prove", prove_command, "RECEIPT --row FILE:N",
	    "one row of a receipt, for others to check" },
	{ "check", check_command, "FILE...",
	    "the verdict on a bundle, without an instance" },
	{ "health", health_command, "[--json]",
	    "whether the server answers and nobody has to see to anything" },
	{ "erase", erase_command,
	    "NUMBER|ENTERPRISE --basis TEXT --person NAME --reason TEXT "
	    "[--dry-run]",
	    "erase personal data by law; all proofs of others hold" },
	{ "tidy", tidy_command, "[--dry-run] [--json]",
	    "remove what need not be kept any longer" },
	{ "backup", backup_command, "DIR [--json]",
	    "a consistent copy of a running instance; again: what is new" },
	{ "restore", restore_command, "BACKUP DIR",
	    "a new instance out of a backup" },
	{ "errors", errors_command, "list", "the catalogue of stable codes" },
	{ "filer", filer_command, "[--account NAME]",
	    "SFTP on standard input and output, for ForceCommand" },
};

enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
run_role(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";

	argc--;
	argv++;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, name) != 0)
			continue;
		proc_start(&argc, &argv);
		log_init(roles[i].name,
		    getenv("ZAYTON_DEBUG") != NULL   ? LOG_DEBUG
		    : getenv("ZAYTON_QUIET") != NULL ? LOG_WARN
						     : LOG_INFO);
		return roles[i].main(argc, argv);
	}
	fprintf(stderr, "zayton: '%s' is not a role\n", name);
	return COMMAND_USAGE;
}

static int
help(FILE *to, int status)
{
	fprintf(to, "usage: zayton [-C DIR] COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
	fprintf(to,
	    "\nThe instance is -C DIR, else $ZAYTON_HOME, else the current "
	    "directory.\n'zayton COMMAND --help' tells more; so do zayton(1) "
	    "and its pages.\n");
	return status;
}

int
main(int argc, char **argv)
{
	const char *home = NULL;

	argc--;
	argv++;
	if (argc > 0 && strcmp(argv[0], "-x") == 0)
		return run_role(argc - 1, argv + 1);
	while (argc > 1 && strcmp(argv[0], "-C") == 0) {
		home = argv[1];
		argc -= 2;
		argv += 2;
	}
	if (argc == 0)
		return help(stderr, COMMAND_USAGE);
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0)
		return help(stdout, COMMAND_DONE);
	if (strcmp(argv[0], "--version") == 0) {
		printf("zayton %s\n", ZAYTON_VERSION);
		return COMMAND_DONE;
	}
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return command_run(&commands[i], home, argc, argv);
	fprintf(stderr, "zayton: '%s' is not a command\n\n", argv[0]);
	return help(stderr, COMMAND_USAGE);
}
