#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extract/extract.h"
#include "extract/extract_part.h"
#include "extract/query.h"
#include "rule/box_sharing.h"
#include "rule/pack.h"
#include "sys/age.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/proc.h"

enum { ARG_QUERY, ARG_ACCOUNT, ARG_DAY, ARG_MEMORY, ARGS };
enum { EXIT_HOLD = 1, EXIT_USAGE = 2, EXIT_RETRY = 75 };
enum { HELD_MAX = 256 << 20 };

/* ---- the file ---- */

static int
put_all(void *arg, const void *p, size_t len, struct err *e)
{
	const int *fd = arg;
	const char *from = p;

	while (len > 0) {
		ssize_t n = write(*fd, from, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(e, ERR_RETRY,
			    "cannot write the extract");
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int
extract_member(struct extract *x, const char *name, const void *p, size_t len,
    struct err *e)
{
	char sha256[DIGEST_TEXT];
	uint64_t bytes;

	if (zip_write_begin(x->zip, name, e) == -1 ||
	    zip_write_add(x->zip, p, len, e) == -1)
		return -1;
	return zip_write_end(x->zip, &bytes, sha256, e);
}

/* ---- the package ---- */

static int
put_package(struct extract *x, struct err *e)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}",
	    "profile", "data-package", "name", "zayton-extract", "id", x->id,
	    "created", x->known_at, "account", x->account, "purpose",
	    x->purpose, "as_of", x->as_of, "resources", x->resources);
	char *text;
	int rc;

	if (x->seq > 0)
		json_object_set_new(o, "standing",
		    json_pack("{s:s, s:I, s:s}", "name", x->standing, "seq",
			(json_int_t)x->seq, "since", x->since));
	text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	rc = extract_member(x, "datapackage.json", text, strlen(text), e);

	json_decref(o);
	free(text);
	return rc;
}

/* The rows of each subject, for the looks: by give, in the order of n. */
static int
by_n(const void *a, const void *b)
{
	const struct extract_who *x = a, *y = b;

	return (x->n > y->n) - (x->n < y->n);
}

/* Its rows and what its receiver holds with it; both go behind the line. */
static json_t *
sum_up(struct extract_give *g, struct buf *behind)
{
	size_t before;

	qsort(g->who, g->nwho, sizeof(*g->who), by_n);
	for (size_t k = 0; k < g->nwho; k++) {
		uint32_t rows = (uint32_t)g->who[k].rows;

		buf_add(behind, &rows, sizeof(rows));
	}
	before = behind->len;
	held_sort(&g->held);
	held_pack(&g->held, behind);
	return json_pack("{s:I, s:I, s:I}", "n", (json_int_t)g->n, "whom",
	    (json_int_t)g->nwho, "held", (json_int_t)(behind->len - before));
}

/* One line of JSON, and behind it each give's rows of each and what is held. */
static int
put_summary(struct extract *x, int fd, struct err *e)
{
	json_t *gives = json_array();
	json_t *all = json_pack("{s:o, s:s, s:I, s:I}", "gives", gives, "ends",
	    x->ends, "changes", (json_int_t)x->changes, "recalled",
	    (json_int_t)x->recalled);
	struct buf behind;
	char *text;
	int rc;

	buf_init(&behind, HELD_MAX);
	for (size_t i = 0; i < x->ngives; i++)
		json_array_append_new(gives, sum_up(&x->give[i], &behind));
	text = json_dumps(all, JSON_COMPACT);
	rc = buf_ok(&behind) ? put_all(&fd, text, strlen(text), e)
			     : err_set(e, ERR_HOLD, "too many rows");
	if (rc == 0)
		rc = put_all(&fd, "\n", 1, e);
	if (rc == 0)
		rc = put_all(&fd, behind.data, behind.len, e);
	buf_done(&behind);
	json_decref(all);
	free(text);
	return rc;
}

static int
write_zip(struct extract *x, zip_sink_fn *sink, void *arg, struct err *e)
{
	int rc;

	if (zip_write_open(sink, arg, x->when, &x->zip, e) == -1)
		return -1;
	x->put = extract_put_new(x);
	x->rows = extract_rows_new(x);
	rc = extract_tables(x, e) == -1 ||
		     extract_put_finish(x->put, e) == -1 ||
		     (x->report && extract_reports(x, e) == -1) ||
		     put_package(x, e) == -1
		 ? -1
		 : 0;
	extract_put_free(x->put);
	extract_rows_free(x->rows);
	if (rc == -1) {
		zip_write_drop(x->zip);
		return -1;
	}
	return zip_write_close(x->zip, e);
}

/* To all keys of the account: any of them opens it. */
static int
write_age(struct extract *x, int fd, struct err *e)
{
	struct age_recipient to[EXTRACT_KEYS];
	struct age *age;

	for (size_t i = 0; i < x->nkeys; i++)
		to[i] = (struct age_recipient){ x->key[i].data, x->key[i].len };
	if (age_open(put_all, &fd, to, x->nkeys, &age, e) == -1)
		return -1;
	if (write_zip(x, age_put, age, e) == -1) {
		age_drop(age);
		return -1;
	}
	return age_close(age, e);
}

/* Hidden and durable: the keeper may promise it. */
static int
write_file(struct extract *x, struct err *e)
{
	char hidden[64];
	char path[192];
	int fd, rc;

	query_hidden(x->id, hidden, sizeof(hidden));
	snprintf(path, sizeof(path), "%s/%s", x->folder, hidden);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    0640);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot make '%s'", path);
	rc = x->encrypt ? write_age(x, fd, e) : write_zip(x, put_all, &fd, e);
	if (rc == 0 && fsync(fd) == -1)
		rc = err_errno(e, ERR_RETRY, "cannot keep '%s'", path);
	(void)close(fd);
	if (rc == -1)
		(void)unlink(path);
	return rc;
}

/* ---- the role ---- */

/* The base is opened in the jail, where it can only be read. */
static int
open_all(struct extract *x, char **argv, struct pack **pack, struct err *e)
{
	const struct jail_limits limits = { .account = x->account,
		.memory = strtoll(argv[ARG_MEMORY], NULL, 10) };

	if (pack_map(proc_fd("pack"), pack, e) == -1 ||
	    schemas_read_on(*pack, argv[ARG_DAY], &x->schemas, e) == -1 ||
	    box_sharing_of(*pack, x->schemas, &x->sharing, e) == -1 ||
	    jail_enter(JAIL_EXTRACT, &limits, e) == -1 ||
	    db_open_read(HOME_BASE, &x->db, e) == -1)
		return -1;
	x->grants.sharing = x->sharing;
	/*
	 * One look at the base for all that follows. Rows are read in the order
	 * of the receiver's mark, which goes to and fro: with pages in hand.
	 */
	if (db_exec(x->db,
		"PRAGMA cache_size=-20480; BEGIN; SELECT count(*) FROM "
		"query_t;",
		e) == -1)
		return -1;
	return extract_sight(x, e);
}

static int
run(struct extract *x, char **argv, struct pack **pack, struct err *e)
{
	x->query = strtoll(argv[ARG_QUERY], NULL, 10);
	snprintf(x->account, sizeof(x->account), "%s", argv[ARG_ACCOUNT]);
	snprintf(x->folder, sizeof(x->folder), "%s/%s/extracts", HOME_ACCOUNTS,
	    x->account);
	x->resources = json_array();
	if (open_all(x, argv, pack, e) == -1 || extract_orders(x, e) == -1 ||
	    extract_change_open(x, e) == -1)
		return -1;
	/* The orders name whose they are: it has to be ours. */
	if (strcmp(x->account, argv[ARG_ACCOUNT]) != 0)
		return err_set(e, ERR_HOLD, "an order for another account");
	if (write_file(x, e) == -1)
		return -1;
	return put_summary(x, proc_fd("summary"), e);
}

int
extract_role(int argc, char **argv)
{
	struct extract *x = xcalloc(1, sizeof(*x));
	struct pack *pack = NULL;
	struct err e;
	int rc;

	if (argc != ARGS) {
		log_error("- extract has %d arguments, not %d", argc, ARGS);
		return EXIT_USAGE;
	}
	rc = run(x, argv, &pack, &e);
	if (rc == -1)
		log_error("%s extract failed why=%s",
		    x->id[0] != '\0' ? x->id : "-", log_quote(e.en));
	for (size_t i = 0; i < x->ngives; i++) {
		free(x->give[i].who);
		held_done(&x->give[i].held);
	}
	extract_change_free(x->change);
	free(x->give);
	for (size_t i = 0; i < x->nkeys; i++)
		buf_done(&x->key[i]);
	json_decref(x->resources);
	db_close(x->db);
	sight_free(x->sight);
	schemas_free(x->schemas);
	free(x->sharing);
	pack_free(pack);
	free(x);
	if (rc == 0)
		return 0;
	return e.kind == ERR_RETRY ? EXIT_RETRY : EXIT_HOLD;
}
