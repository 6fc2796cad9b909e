#ifndef ZAYTON_COMMAND_COMMAND_H
#define ZAYTON_COMMAND_COMMAND_H

#include <jansson.h>

#include "sys/buf.h"
#include "sys/conf.h"
#include "sys/err.h"

#define ZAYTON_VERSION "0.1.0"

/*
 * Operator commands, one file each. A command reads the base itself, but
 * writes only through the keeper: the running server's, or one started for
 * the moment.
 */

enum {
	COMMAND_DONE = 0,
	COMMAND_FAULTS = 1, /* faults in the data: a rejected bundle ... */
	COMMAND_USAGE = 2,  /* usage or environment */
	COMMAND_AGAIN = 75  /* try again */
};

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *arguments;
	const char *what;
};

/*
 * Runs a command with -C DIR noted for command_home. argv[0] is its name;
 * "--help" anywhere prints its usage, "--sign-with KEY" anywhere names the key
 * that acts are signed with.
 */
int command_run(const struct command *c, const char *home, int argc,
    char **argv);

/* Enters the instance of -C and reads its configuration. */
int command_home(struct conf *ret_c, struct err *e);

/* The directory named by -C, or NULL. */
const char *command_dir(void);

/* Prints the error and returns the exit status that follows from its kind. */
int command_fail(const struct err *e);

/* Prints "usage: ..." for the command and returns COMMAND_USAGE. */
int command_usage(void);

/*
 * Takes "--name VALUE", "--name=VALUE" out of argv; returns the value, or
 * NULL. A switch (with_value 0) returns its own name where it is there.
 */
const char *command_option(int *argc, char **argv, const char *name,
    int with_value);

/* Whether an argument that begins with '-' is left; prints which. */
int command_unknown(int argc, char **argv);

/*
 * The keeper's ear: the running server's, or one of our own for as long as it
 * is open.
 */
struct ask;
int ask_open(const struct conf *c, struct ask **ret_a, struct err *e);
/* The request's answer as JSON (the caller's), exit status in ret_status. */
int ask_keeper(struct ask *a, json_t *request, json_t **ret_answer,
    int *ret_status, struct err *e);
/*
 * The signature of a statement by the key of --sign-with or ZAYTON_SIGN_KEY,
 * made by ssh-keygen, which asks for a passphrase or an agent where it has to.
 */
int command_sign(const char *statement, size_t len, struct buf *ret_signature,
    struct err *e);
/* Whether there is such a key. */
int command_has_key(void);
/* --person; "" without it where a key says who it is, else NULL. */
const char *command_person(int *argc, char **argv);
/* Whether a server runs on the instance. */
int ask_is_served(void);
/* The socket itself, for typed frames. */
int ask_socket(const struct ask *a);
void ask_close(struct ask *a);

/*
 * The whole of a command that only asks: opens, asks, prints the answer by
 * print or as JSON, or the keeper's refusal; returns the exit status. Takes
 * the request.
 */
int command_ask(const struct conf *c, json_t *request, int as_json,
    void (*print)(const json_t *answer));
/* The same with a text beside it that is too long for a request. */
int command_ask_with(const struct conf *c, json_t *request,
    const struct buf *beside, int as_json, void (*print)(const json_t *answer));

/* The text of a file of public keys, max bytes at most; the caller's, or NULL. */
json_t *command_keys(const char *path, size_t max, struct err *e);

/* A line for each data set of a bundle: its score, grade, and what is poor. */
void command_quality(const json_t *quality);

/* The pack of schemas, Lua library and rules below a directory. */
struct pack;
int command_pack(const char *dir, struct pack **ret_p, struct err *e);

/* zayton rules try DATASET FILE; argv[0] is "try". */
int rules_try(int argc, char **argv);
/* zayton rules replay; argv[0] is "replay". */
int rules_replay(int argc, char **argv);

int init_command(int argc, char **argv);
int serve_command(int argc, char **argv);
int account_command(int argc, char **argv);
int ingest_command(int argc, char **argv);
int ingest_query_command(int argc, char **argv);
int trace_command(int argc, char **argv);
int status_command(int argc, char **argv);
int show_command(int argc, char **argv);
int retry_command(int argc, char **argv);
int release_command(int argc, char **argv);
int standards_command(int argc, char **argv);
int rules_command(int argc, char **argv);
int enterprise_command(int argc, char **argv);
int review_command(int argc, char **argv);
int quality_command(int argc, char **argv);
/* zayton quality city; argv[0] is "city". */
int quality_city(int argc, char **argv, int json);
int grant_command(int argc, char **argv);
int access_command(int argc, char **argv);
int objection_command(int argc, char **argv);
int needs_command(int argc, char **argv);
int consent_command(int argc, char **argv);
int admin_command(int argc, char **argv);
int key_command(int argc, char **argv);
int act_command(int argc, char **argv);
int verify_command(int argc, char **argv);
int prove_command(int argc, char **argv);
int check_command(int argc, char **argv);
int errors_command(int argc, char **argv);
int health_command(int argc, char **argv);
int erase_command(int argc, char **argv);
int tidy_command(int argc, char **argv);
int backup_command(int argc, char **argv);
int restore_command(int argc, char **argv);

#endif
