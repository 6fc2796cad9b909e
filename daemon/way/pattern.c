#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "form/container.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/copies.h"
#include "sys/frame.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "way/pattern.h"
#include "way/work.h"

enum { ARG_DAY, ARG_UNPACKED, ARG_MEMORY, ARGS };
enum { EXIT_HOLD = 1, EXIT_USAGE = 2, EXIT_RETRY = 75 };

struct model {
	long long memory;
	unsigned long long unpacked;
	struct pack *pack;
	struct schemas *schemas;
	struct err why; /* the pack cannot be read: each copy says so */
	struct frame frame;
};

/* One bundle's, in the order of the frame. */
struct order {
	char id[ID_TEXT];
	char name[NAME_TEXT];
	char kind;
	char provider[33];
	char received_at[40];
	char keys[2048];
	char exceptions[4096];
	int bundle;
	int rows;
	int rejected;
	int progress;
	enum work_fifth fifth;
	int fifth_fd;
};

static int
order_get(struct frame *f, struct order *o, struct err *e)
{
	frame_get_str(f, o->id, sizeof(o->id));
	frame_get_str(f, o->name, sizeof(o->name));
	o->kind = (char)frame_get_u8(f);
	frame_get_str(f, o->provider, sizeof(o->provider));
	frame_get_str(f, o->received_at, sizeof(o->received_at));
	frame_get_str(f, o->keys, sizeof(o->keys));
	frame_get_str(f, o->exceptions, sizeof(o->exceptions));
	o->fifth = (enum work_fifth)frame_get_u8(f);
	o->bundle = frame_get_fd(f);
	o->rows = frame_get_fd(f);
	o->rejected = frame_get_fd(f);
	o->progress = frame_get_fd(f);
	o->fifth_fd = o->fifth != WORK_NOTHING ? frame_get_fd(f) : -1;
	return frame_end(f, e);
}

/* --- a copy -------------------------------------------------------------- */

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

/* A workbook is laid down on disk: it may be larger than our memory. */
static int
open_spill(const char *name)
{
	switch (container_kind_of(name)) {
	case CONTAINER_NONE:
	case CONTAINER_CSV:
	case CONTAINER_CSV_GZ:
	case CONTAINER_JSON:
		return -1;
	default:
		return open("spool", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
}

static int
run(const struct model *p, const struct order *o, struct work **work,
    struct err *e)
{
	static struct teller teller;
	const struct jail_limits limits = { .memory = p->memory };
	const struct work_job job = {
		.bundle = o->bundle,
		.rows = o->rows,
		.rejected = o->rejected,
		.spool = open_spill(o->name),
		.id = o->id,
		.name = o->name,
		.keys = o->keys[0] != '\0' ? o->keys : NULL,
		.signed_bundle = o->fifth == WORK_SIGNED ? o->fifth_fd : -1,
		.corrects = o->fifth == WORK_CORRECTED ? WORK_TOLD : WORK_ASK,
		.corrected = o->fifth_fd,
		.query = o->kind == 'q',
		.received_at = o->received_at,
		.unpacked_max = p->unpacked,
		.exceptions = o->exceptions,
		.progress = tell,
		.arg = &teller,
	};

	teller.sock = o->progress;
	teller.id = o->id;
	if (p->schemas == NULL) {
		*e = p->why;
		return -1;
	}
	if (work_open_with(p->pack, o->provider, p->schemas, work, e) == -1)
		return -1;
	/* From here on every byte is the sender's. */
	if (jail_enter(JAIL_WORKER, &limits, e) == -1)
		return -1;
	return work_run(*work, &job, e);
}

/* Ends the copy. What it shares with the pattern is left to the kernel. */
static void
be_worker(const struct model *p, const struct order *o)
{
	struct work *work = NULL;
	struct err e;
	int rc = run(p, o, &work, &e);

	if (rc == -1)
		log_error("%s worker failed why=%s", o->id, log_quote(e.en));
	work_close(work);
	_exit(rc == 0 ? 0 : e.kind == ERR_RETRY ? EXIT_RETRY : EXIT_HOLD);
}

/* --- the pattern --------------------------------------------------------- */

static void
prepare(struct model *p, const char *day)
{
	if (pack_map(proc_fd("pack"), &p->pack, &p->why) == -1 ||
	    work_prepare(&p->why) == -1 ||
	    schemas_read_on(p->pack, day, &p->schemas, &p->why) == -1)
		p->schemas = NULL;
	(void)close(proc_fd("pack"));
}

int
pattern_role(int argc, char **argv)
{
	static struct model p;
	struct order o;
	struct err e;
	int rc;

	if (argc != ARGS) {
		log_error("- workers have %d arguments, not %d", argc, ARGS);
		return EXIT_USAGE;
	}
	p.unpacked = strtoull(argv[ARG_UNPACKED], NULL, 10);
	p.memory = strtoll(argv[ARG_MEMORY], NULL, 10);
	prepare(&p, argv[ARG_DAY]);
	rc = copies_make("worker", &p.frame, &e);
	if (rc == 1)
		rc = order_get(&p.frame, &o, &e) == -1 ? -1 : 1;
	if (rc == -1)
		log_fatal("- worker cannot begin: %s", e.en);
	if (rc == 1)
		be_worker(&p, &o);
	schemas_free(p.schemas);
	pack_free(p.pack);
	return 0;
}
