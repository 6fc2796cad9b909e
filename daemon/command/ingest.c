#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "door/arrival.h"
#include "form/gbk.h"
#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/spool.h"

/* zayton ingest, zayton extract: the way of an upload, without SFTP. */

struct ingest {
	struct ask *ask;
	const char *account;
	int asks;                   /* zayton extract: for queries */
	const struct folder *inbox; /* of the account's role */
	int json;
	int uploading; /* spool/uploading/ACCOUNT */
	int received;
	struct frame frame;
};

static int
open_spool(struct ingest *in, struct err *e)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/uploading/%s", HOME_SPOOL,
	    in->account);
	in->uploading = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	in->received =
	    open(HOME_SPOOL "/received", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->uploading == -1 || in->received == -1)
		return err_errno(e, ERR_HOLD, "no spool for the account '%s'",
		    in->account);
	return 0;
}

/* The keeper takes uploads only from those who said for whom they speak. */
static int
hello(struct ingest *in, struct err *e)
{
	struct frame *f = &in->frame;
	char account[ACCOUNT_TEXT];
	int yes;

	frame_start(f, MESSAGE_FILER_HELLO);
	frame_put_str(f, in->account);
	if (frame_send(ask_socket(in->ask), f, e) == -1)
		return -1;
	if (frame_recv(ask_socket(in->ask), f, e) != 1 ||
	    f->type != MESSAGE_FILER_WELCOME)
		return err_set(e, ERR_RETRY, "the keeper hung up; try again");
	yes = frame_get_u8(f);
	frame_get_str(f, account, sizeof(account));
	in->inbox = tree_inbox((enum account_role)frame_get_u8(f));
	if (frame_end(f, e) == -1)
		return -1;
	if (!yes || in->inbox == NULL)
		return err_set(e, ERR_HOLD, "there is no enabled account '%s'",
		    in->account);
	if (in->asks && in->inbox->kind != 'q')
		return err_set(e, ERR_HOLD,
		    "'%s' is no institution: it has no queries", in->account);
	return 0;
}

/* Whoever runs the command, the spool's owner owns the file. */
static void
give_to_owner(int fd, int dir)
{
	struct stat st;

	if (geteuid() == 0 && fstat(dir, &st) == 0)
		(void)!fchown(fd, st.st_uid, st.st_gid);
}

static int
copy(int from, int to, uint64_t *ret_bytes, unsigned char *ret_digest,
    struct err *e)
{
	enum { CHUNK = 1 << 20 };
	char *chunk = xmalloc(CHUNK);
	struct hash *h = hash_new(HASH_SHA256);
	ssize_t n;

	*ret_bytes = 0;
	while ((n = read(from, chunk, CHUNK)) > 0) {
		hash_add(h, chunk, (size_t)n);
		*ret_bytes += (uint64_t)n;
		if (write(to, chunk, (size_t)n) != n) {
			n = -1;
			break;
		}
	}
	hash_end(h, ret_digest);
	hash_free(h);
	free(chunk);
	return n == -1 ? err_errno(e, ERR_RETRY, "cannot copy the bundle") : 0;
}

static ssize_t
read_at(void *arg, void *buf, size_t size, uint64_t off)
{
	return pread(*(int *)arg, buf, size, (off_t)off);
}

static int
tell(struct ingest *in, const char *file, uint64_t bytes,
    const unsigned char *digest, const struct err *why, struct err *e)
{
	struct frame *f = &in->frame;

	frame_start(f, MESSAGE_UPLOADED);
	frame_put_u32(f, 1);
	frame_put_str(f, file);
	frame_put_u64(f, bytes);
	for (int i = 0; i < DIGEST_BYTES; i++)
		frame_put_u8(f, digest[i]);
	frame_put_str(f, why->code);
	frame_put_str(f, why->zh);
	frame_put_str(f, why->en);
	if (frame_send(ask_socket(in->ask), f, e) == -1)
		return -1;
	if (frame_recv(ask_socket(in->ask), f, e) != 1 ||
	    f->type != MESSAGE_TAKEN)
		return err_set(e, ERR_RETRY,
		    "the keeper hung up before the bundle was taken");
	(void)frame_get_u32(f);
	return frame_end(f, e);
}

/* From the open source to a taken bundle; its id in n. */
static int
take_in(struct ingest *in, int source, struct spool_name *n, struct err *e)
{
	unsigned char digest[DIGEST_BYTES];
	char file[SPOOL_TEXT];
	uint64_t bytes;
	struct err why;
	int fd = spool_create(in->uploading, n, e);
	int rc = -1;

	if (fd == -1)
		return -1;
	give_to_owner(fd, in->uploading);
	if (spool_name_format(n, file) == 0 &&
	    copy(source, fd, &bytes, digest, e) == 0) {
		arrival_look(in->inbox, n->name,
		    &(struct container_reader){ read_at, &fd, bytes }, &why);
		rc = spool_publish(fd, in->uploading, file, in->received, file,
		    e);
	}
	(void)close(fd);
	return rc == 0 ? tell(in, file, bytes, digest, &why, e) : -1;
}

static void
show_progress(const json_t *answer, int end)
{
	enum { WIDTH = 30 };
	json_int_t total = json_integer_value(
	    json_object_get(json_object_get(answer, "bundle"), "bytes"));
	json_t *p = json_object_get(answer, "progress");
	json_int_t done = json_integer_value(json_object_get(p, "bytes"));
	json_int_t rows = json_integer_value(json_object_get(p, "rows"));
	char bar[WIDTH + 1];

	if (!isatty(STDERR_FILENO))
		return;
	if (end || done > total)
		done = total;
	for (int i = 0; i < WIDTH; i++)
		bar[i] = total > 0 && i < done * WIDTH / total ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r[%s] %3d%%  %" JSON_INTEGER_FORMAT " 行/rows%s", bar,
	    total > 0 ? (int)(done * 100 / total) : 100, rows, end ? "\n" : "");
}

/* At its end, and what there is to read of it stands. */
static int
ended(const char *state, const json_t *answer)
{
	return (strcmp(state, "applied") == 0 ||
		   strcmp(state, "rejected") == 0 ||
		   strcmp(state, "quarantined") == 0) &&
	       !json_is_true(json_object_get(answer, "report_owed"));
}

/* Waits for the result and leaves the last answer, the caller's. */
static int
follow(struct ingest *in, const char *id, json_t **ret_answer, struct err *e)
{
	const struct timespec step = { 0, 20 * 1000000 };

	for (;;) {
		json_t *answer = NULL;
		const char *state;
		int status;

		if (ask_keeper(in->ask,
			json_pack("{s:s, s:s}", "do", "show", "id", id),
			&answer, &status, e) == -1)
			return -1;
		state = json_string_value(
		    json_object_get(json_object_get(answer, "bundle"),
			"state"));
		if (state == NULL || ended(state, answer)) {
			show_progress(answer, 1);
			*ret_answer = answer;
			return 0;
		}
		show_progress(answer, 0);
		json_decref(answer);
		(void)nanosleep(&step, NULL);
	}
}

/* Where the answer to a query lies. */
static void
print_extract(const struct ingest *in, const json_t *receipt)
{
	const json_t *query = json_object_get(receipt, "query");
	const char *file = json_string_value(
	    json_object_get(json_object_get(query, "extract"), "file"));

	if (file != NULL)
		printf("  %s/%s/extracts/%s\n", HOME_ACCOUNTS, in->account,
		    file);
}

static int
print_outcome(const struct ingest *in, const char *path, const json_t *answer)
{
	json_t *receipt = json_object_get(answer, "receipt");
	json_t *message = json_object_get(receipt, "message");
	const char *outcome =
	    json_string_value(json_object_get(receipt, "outcome"));

	if (in->json) {
		json_dumpf(receipt != NULL ? receipt : answer, stdout,
		    JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (outcome == NULL) {
		printf("%s: quarantined\n", path);
	} else {
		printf("%s: %s\n  %s\n  %s\n", path, outcome,
		    json_string_value(json_object_get(message, "zh")),
		    json_string_value(json_object_get(message, "en")));
		print_extract(in, receipt);
		command_quality(json_object_get(answer, "quality"));
	}
	if (outcome == NULL)
		return COMMAND_AGAIN;
	return strcmp(outcome, "rejected") == 0 ? COMMAND_FAULTS : COMMAND_DONE;
}

static int
ingest_one(struct ingest *in, const char *path, int source)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	struct spool_name n = { .kind = arrival_kind(in->inbox, name) };
	json_t *answer = NULL;
	struct err e;
	int status;

	spool_new_id(n.id);
	snprintf(n.account, sizeof(n.account), "%s", in->account);
	snprintf(n.name, sizeof(n.name), "%s", name);
	if (spool_name_check(name, &e) == -1 ||
	    take_in(in, source, &n, &e) == -1 ||
	    follow(in, n.id, &answer, &e) == -1)
		return command_fail(&e);
	status = print_outcome(in, path, answer);
	json_decref(answer);
	return status;
}

static int
run(struct ingest *in, const struct conf *c, char **path, const int *source,
    int n)
{
	int worst = COMMAND_DONE;
	struct err e;

	if (ask_open(c, &in->ask, &e) == -1)
		return command_fail(&e);
	if (hello(in, &e) == -1 || open_spool(in, &e) == -1)
		worst = command_fail(&e);
	for (int i = 0;
	     i < n && (worst == COMMAND_DONE || worst == COMMAND_FAULTS); i++) {
		int status = ingest_one(in, path[i], source[i]);

		if (status > worst)
			worst = status;
	}
	ask_close(in->ask);
	return worst;
}

static int
take_all(int argc, char **argv, int asks)
{
	const char *account = command_option(&argc, argv, "--account", 1);
	struct ingest *in = xcalloc(1, sizeof(*in));
	int *source = xcalloc((size_t)argc, sizeof(*source));
	struct conf c;
	struct err e;
	int status = COMMAND_USAGE;

	in->json = command_option(&argc, argv, "--json", 0) != NULL;
	in->account = account;
	in->asks = asks;
	if (account == NULL || command_unknown(argc, argv) || argc < 2) {
		status = command_usage();
		goto out;
	}
	status = gbk_prepare(&e) == -1 ? command_fail(&e) : COMMAND_DONE;
	/* Paths are relative to where the command was called: open first. */
	for (int i = 1; i < argc && status == COMMAND_DONE; i++) {
		source[i - 1] = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (source[i - 1] == -1) {
			err_errno(&e, ERR_HOLD, "cannot open '%s'", argv[i]);
			status = command_fail(&e);
		}
	}
	if (status == COMMAND_DONE)
		status = command_home(&c, &e) == -1
			     ? command_fail(&e)
			     : run(in, &c, argv + 1, source, argc - 1);
out:
	free(source);
	free(in);
	return status;
}

int
ingest_command(int argc, char **argv)
{
	return take_all(argc, argv, 0);
}

int
ingest_query_command(int argc, char **argv)
{
	return take_all(argc, argv, 1);
}
