#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db.h"
#include "command/command.h"
#include "form/mark.h"
#include "sys/home.h"
#include "sys/mem.h"
#include "sys/message.h"

/*
 * zayton trace: the marks in a file against those of each receiver. Of the
 * right one all choices are as its secret says, of another one a half.
 */

enum {
	LINES_MAX = 20000, /* more tell nothing more */
	SURE = 40,         /* choices below which nothing is said */
	NUMBERS_MAX = 64
};

struct receiver {
	char account[ACCOUNT_TEXT];
	unsigned char key[MARK_KEY];
	uint64_t good, all;      /* choices between two ways to write */
	uint64_t ordered, pairs; /* enterprises that follow each other */
	uint64_t last;           /* order of the one before */
};

struct trace {
	struct receiver *receiver; /* owned */
	size_t n;
};

static int
read_receivers(struct trace *t, struct err *e)
{
	struct db *db = NULL;
	sqlite3_stmt *st;
	int rc;

	if (db_open_read(HOME_BASE, &db, e) == -1)
		return -1;
	rc = db_query(db, &st, e,
	    "SELECT account, key FROM mark_t ORDER BY account", "");
	for (; rc == 1; rc = db_next(db, st, e)) {
		struct receiver *r;

		if (sqlite3_column_bytes(st, 1) != MARK_KEY)
			continue;
		t->receiver =
		    xreallocarray(t->receiver, t->n + 1, sizeof(*t->receiver));
		r = &t->receiver[t->n++];
		memset(r, 0, sizeof(*r));
		snprintf(r->account, sizeof(r->account), "%s", db_text(st, 0));
		memcpy(r->key, sqlite3_column_blob(st, 1), MARK_KEY);
	}
	db_done(st);
	db_close(db);
	return rc;
}

static int
is_enterprise(const char *s)
{
	return s[0] == 'E' && strlen(s) >= 9 &&
	       strspn(s + 1, "0123456789") == strlen(s + 1);
}

static void
weigh(struct receiver *r, const struct mark_line *l, const char *enterprise,
    int is_new)
{
	unsigned n;

	r->good += mark_agrees(r->key, l, &n);
	r->all += n;
	if (enterprise != NULL) {
		uint64_t order = mark_order(r->key, enterprise);

		if (!is_new) {
			r->ordered += r->last < order;
			r->pairs++;
		}
		r->last = order;
	}
}

/* JSON quotes its texts: what the mark knows is what stands between. */
static void
bare(const char *first, char *out, size_t size)
{
	size_t n = strlen(first);

	if (n > 1 && first[0] == '"' && first[n - 1] == '"')
		snprintf(out, size, "%.*s", (int)(n - 2), first + 1);
	else
		snprintf(out, size, "%s", first);
}

static void
read_lines(struct trace *t, const char *s, size_t len)
{
	struct mark_line l = { .first = "" };
	char before[64] = "";
	size_t used, lines = 0;
	int json = len > 0 && s[0] == '{';

	buf_init(&l.said, 1 << 20);
	while (len > 0 && lines < LINES_MAX &&
	       (used = json ? mark_json_read(s, len, &l)
			    : mark_csv_read(s, len, &l)) > 0) {
		char first[64];
		int enterprise;

		bare(l.first, first, sizeof(first));
		enterprise = is_enterprise(first) && strcmp(first, before) != 0;
		/* The head of a CSV is not marked. */
		for (size_t i = 0; i < t->n && (json || lines > 0); i++)
			weigh(&t->receiver[i], &l, enterprise ? first : NULL,
			    before[0] == '\0');
		if (enterprise)
			snprintf(before, sizeof(before), "%s", first);
		s += used;
		len -= used;
		lines++;
	}
	buf_done(&l.said);
}

/* Per mille of all choices that are as the receiver's secret says. */
static unsigned
share(const struct receiver *r)
{
	uint64_t all = r->all + r->pairs;

	return all == 0 ? 0 : (unsigned)(1000 * (r->good + r->ordered) / all);
}

/*
 * What was sorted anew has lost its order, what was saved anew its quotes: the
 * one that is left is enough.
 */
static int
is_whole(uint64_t good, uint64_t all)
{
	return all >= SURE && good * 100 >= all * 95;
}

static const struct receiver *
found(const struct trace *t)
{
	const struct receiver *best = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const struct receiver *r = &t->receiver[i];

		if (!is_whole(r->good, r->all) &&
		    !is_whole(r->ordered, r->pairs))
			continue;
		/* Two that fit are none. */
		if (best != NULL)
			return NULL;
		best = r;
	}
	return best;
}

static void
print(const struct trace *t, const char *path, const struct receiver *best)
{
	printf("%s: %s\n", path,
	    best != NULL ? best->account : "无法确定 / cannot be told");
	for (size_t i = 0; i < t->n; i++) {
		const struct receiver *r = &t->receiver[i];

		printf("  %-32s %3u.%u %%  %llu/%llu  %llu/%llu\n", r->account,
		    share(r) / 10, share(r) % 10, (unsigned long long)r->good,
		    (unsigned long long)r->all, (unsigned long long)r->ordered,
		    (unsigned long long)r->pairs);
	}
}

static int
trace_one(struct trace *t, const char *path, int fd, struct err *e)
{
	const struct receiver *best;
	struct stat st;
	void *at;

	if (fstat(fd, &st) == -1 || st.st_size == 0)
		return err_set(e, ERR_SENDER, "'%s' is empty", path);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return err_errno(e, ERR_HOLD, "cannot read '%s'", path);
	for (size_t i = 0; i < t->n; i++) {
		struct receiver *r = &t->receiver[i];

		r->good = r->all = r->ordered = r->pairs = r->last = 0;
	}
	read_lines(t, at, (size_t)st.st_size);
	(void)munmap(at, (size_t)st.st_size);
	best = found(t);
	print(t, path, best);
	return best != NULL;
}

int
trace_command(int argc, char **argv)
{
	struct trace t = { NULL, 0 };
	int file[NUMBERS_MAX];
	int status = COMMAND_DONE;
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc < 2 || argc > NUMBERS_MAX)
		return command_usage();
	/* Paths are relative to where the command was called: open first. */
	for (int i = 1; i < argc; i++) {
		file[i] = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (file[i] == -1) {
			err_errno(&e, ERR_HOLD, "cannot open '%s'", argv[i]);
			return command_fail(&e);
		}
	}
	if (command_home(&c, &e) == -1 || read_receivers(&t, &e) == -1)
		status = command_fail(&e);
	for (int i = 1; i < argc && status != COMMAND_USAGE; i++) {
		int rc = trace_one(&t, argv[i], file[i], &e);

		if (rc == -1)
			status = command_fail(&e);
		else if (rc == 0)
			status = COMMAND_FAULTS;
	}
	for (int i = 1; i < argc; i++)
		(void)close(file[i]);
	free(t.receiver);
	return status;
}
