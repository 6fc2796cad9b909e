#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/decode.h"
#include "rule/pack.h"
#include "sys/frame.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "way/work_part.h"

/* A script has its share of the worker's memory. */
static const struct script_limits script_limits = { .memory = 64 << 20,
	.instructions = 2000000 };

/* Takes the schemas. */
static int
open_with(const struct pack *p, const char *provider, struct schemas *all,
    struct work **ret_w, struct err *e)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->schemas = all;

	for (size_t i = 0; i < sizeof(w->provider) - 1 && provider[i] != '\0';
	     i++)
		w->provider[i] = (char)toupper((unsigned char)provider[i]);
	if (unpack_prepare(e) == -1 || decoder_prepare(e) == -1 ||
	    script_load(p, w->schemas, w->provider, &script_limits, &w->script,
		e) == -1) {
		work_close(w);
		return -1;
	}
	*ret_w = w;
	return 0;
}

int
work_open(const struct pack *p, const char *provider, struct work **ret_w,
    struct err *e)
{
	struct schemas *all = NULL;

	if (schemas_read(p, &all, e) == -1)
		return -1;
	return open_with(p, provider, all, ret_w, e);
}

int
work_open_on(const struct pack *p, const char *provider, const char *day,
    struct work **ret_w, struct err *e)
{
	struct schemas *all = NULL;

	if (schemas_read_on(p, day, &all, e) == -1)
		return -1;
	return open_with(p, provider, all, ret_w, e);
}

void
work_close(struct work *w)
{
	if (w == NULL)
		return;
	script_free(w->script);
	schemas_free(w->schemas);
	free(w);
}

/* ---- the role ---- */

enum {
	ARG_ID,
	ARG_NAME,
	ARG_PROVIDER,
	ARG_RECEIVED,
	ARG_UNPACKED,
	ARG_MEMORY,
	ARG_KEYS
};
enum { ARGS = 7, EXIT_HOLD = 1, EXIT_USAGE = 2, EXIT_RETRY = 75 };

struct teller {
	int sock;
	const char *id;
	struct frame frame;
};

/* Nobody waits for a progress that could not be told. */
static void
tell(void *arg, uint64_t bytes, uint64_t rows)
{
	struct teller *t = arg;
	struct err e;

	frame_start(&t->frame, MESSAGE_PROGRESS);
	frame_put_str(&t->frame, t->id);
	frame_put_u64(&t->frame, bytes);
	frame_put_u64(&t->frame, rows);
	(void)frame_send(t->sock, &t->frame, &e);
}

static int
run(char **argv, struct pack **pack, struct work **work, struct err *e)
{
	static struct teller teller;
	const struct jail_limits limits = {
		.memory = strtoll(argv[ARG_MEMORY], NULL, 10),
	};
	const struct work_job job = {
		.bundle = proc_fd("bundle"),
		.rows = proc_fd("rows"),
		.rejected = proc_fd("rejected"),
		/* On disk: a workbook may be larger than our memory. */
		.spool = open("spool", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600),
		.name = argv[ARG_NAME],
		.keys = argv[ARG_KEYS][0] != '\0' ? argv[ARG_KEYS] : NULL,
		.signed_bundle = proc_fd("signed"),
		.received_at = argv[ARG_RECEIVED],
		.unpacked_max = strtoull(argv[ARG_UNPACKED], NULL, 10),
		.progress = proc_fd("progress") != -1 ? tell : NULL,
		.arg = &teller,
	};
	char day[16];

	work_day(job.received_at, day);
	teller.sock = proc_fd("progress");
	teller.id = argv[ARG_ID];
	if (pack_map(proc_fd("pack"), pack, e) == -1 ||
	    work_open_on(*pack, argv[ARG_PROVIDER], day, work, e) == -1)
		return -1;
	/* From here on every byte is the sender's. */
	if (jail_enter(JAIL_WORKER, &limits, e) == -1)
		return -1;
	return work_run(*work, &job, e);
}

int
work_role(int argc, char **argv)
{
	struct pack *pack = NULL;
	struct work *work = NULL;
	struct err e;
	int rc;

	if (argc != ARGS) {
		log_error("- worker has %d arguments, not %d", argc, ARGS);
		return EXIT_USAGE;
	}
	rc = run(argv, &pack, &work, &e);
	if (rc == -1)
		log_error("%s worker failed why=%s", argv[ARG_ID],
		    log_quote(e.en));
	work_close(work);
	pack_free(pack);
	if (rc == 0)
		return 0;
	return e.kind == ERR_RETRY ? EXIT_RETRY : EXIT_HOLD;
}
