#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/decode.h"
#include "form/html_report.h"
#include "keeper/standing.h"
#include "quality/report_bundle.h"
#include "sys/file.h"
#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/message.h"
#include "sys/proc.h"
#include "way/reporter.h"
#include "way/reporter_part.h"
#include "way/work.h"

enum { PAGE_MAX = 8 << 20, JSON_MAX = 64 << 20 };

#define DUMP (JSON_INDENT(1) | JSON_SORT_KEYS)

/* ---- files of any report ---- */

/* The folder below the account's reports, made where it is not there. */
static int
open_folder(struct reporter *r, struct err *e)
{
	char path[2 * SPOOL_TEXT + 64];
	const char *slash;

	snprintf(path, sizeof(path), "%s/%s/reports/%s", HOME_ACCOUNTS,
	    r->account, r->folder);
	slash = strrchr(r->folder, '/');
	if (slash != NULL) {
		char *above = path + strlen(path) - strlen(slash);

		*above = '\0';
		if (file_mkdir(AT_FDCWD, path, 0755, e) == -1)
			return -1;
		*above = '/';
	}
	if (file_mkdir(AT_FDCWD, path, 0755, e) == -1)
		return -1;
	r->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return r->dir == -1 ? err_errno(e, ERR_RETRY, "cannot open '%s'", path)
			    : 0;
}

int
reporter_place(struct reporter *r, const char *name, const struct buf *b,
    json_t *digests, struct err *e)
{
	char hex[DIGEST_TEXT];

	if (!buf_ok(b))
		return err_set(e, ERR_HOLD, "%s would be too large", name);
	hash_sha256_hex(b->data, b->len, hex);
	json_object_set_new(digests, name, json_string(hex));
	return file_publish(r->dir, name, b->data, b->len, 0644, e);
}

int
reporter_place_json(struct reporter *r, const json_t *o, struct err *e)
{
	char *text = json_dumps(o, DUMP);
	struct buf b;
	int rc;

	buf_init(&b, JSON_MAX);
	buf_addstr(&b, text != NULL ? text : "");
	buf_addch(&b, '\n');
	free(text);
	if (!buf_ok(&b)) {
		rc = err_set(e, ERR_HOLD, "report.json would be too large");
	} else {
		struct hash *h = hash_new(HASH_SHA256);

		hash_add(h, b.data, b.len);
		hash_end(h, r->sha256);
		hash_free(h);
		hash_sha512(b.data, b.len, r->sha512);
		rc =
		    file_publish(r->dir, "report.json", b.data, b.len, 0644, e);
	}
	buf_done(&b);
	return rc;
}

/* ---- a bundle ---- */

int
reporter_standards(struct reporter *r, const char *pack, const char *day,
    struct err *e)
{
	if (r->schemas != NULL && strcmp(r->day, day) == 0 &&
	    strcmp(r->sha256_of_pack, pack) == 0)
		return 0;
	schemas_free(r->schemas);
	pack_free(r->pack);
	r->schemas = NULL;
	r->pack = NULL;
	if (standing_pack(r->db, pack, &r->pack, e) == -1 ||
	    schemas_read_on(r->pack, day, &r->schemas, e) == -1)
		return -1;
	snprintf(r->day, sizeof(r->day), "%s", day);
	snprintf(r->sha256_of_pack, sizeof(r->sha256_of_pack), "%s", pack);
	return 0;
}

static int
read_standards(struct reporter *r, const struct bundle *b, struct err *e)
{
	char day[16];

	work_day(b->received_at, day);
	return reporter_standards(r, b->pack, day, e);
}

static int
write_bundle(struct reporter *r, json_t *o, struct err *e)
{
	json_t *digests = json_object();
	struct buf page;
	int rc;

	buf_init(&page, PAGE_MAX);
	html_quality(o, &page);
	rc = reporter_rows(r, digests, e);
	if (rc == 0)
		rc = reporter_place(r, "report.html", &page, digests, e);
	buf_done(&page);
	json_object_set_new(o, "digests", digests);
	return rc == -1 ? -1 : reporter_place_json(r, o, e);
}

static int
make_bundle(struct reporter *r, struct err *e)
{
	json_t *o = NULL;
	struct bundle b;
	int rc = bundle_find(r->db, r->what, &b, e);

	if (rc == 0)
		rc = err_set(e, ERR_HOLD, "there is no bundle '%s'", r->what);
	if (rc == 1)
		rc = read_standards(r, &b, e);
	if (rc == 0)
		rc = report_bundle(r->db, r->schemas, &b, &o, e);
	if (rc == 0)
		rc = write_bundle(r, o, e);
	json_decref(o);
	return rc;
}

/* ---- the role ---- */

static int (*const make[])(struct reporter *r,
    struct err *e) = { [REPORT_BUNDLE] = make_bundle,
	[REPORT_TASK] = reporter_task,
	[REPORT_CITY] = reporter_city };

enum { KINDS = sizeof(make) / sizeof(make[0]) };

/* All of a report is read of one state of the base. */
static int
make_one(struct reporter *r, unsigned int kind, struct err *e)
{
	int rc = -1;

	if (kind >= KINDS)
		return err_set(e, ERR_HOLD, "no report of kind %u", kind);
	if (open_folder(r, e) == -1)
		return -1;
	if (db_exec(r->db, "BEGIN", e) == 0) {
		struct err why;

		rc = make[kind](r, e);
		(void)db_exec(r->db, "COMMIT", &why);
	}
	(void)close(r->dir);
	return rc;
}

static int
answer(struct reporter *r, struct err *e)
{
	struct frame *f = &r->frame;
	struct err why = { .kind = ERR_NONE };
	uint32_t tag = frame_get_u32(f);
	unsigned int kind = frame_get_u8(f);
	enum report_end end = REPORT_STANDS;

	r->findings = 0;
	r->nothing = 0;
	frame_get_str(f, r->what, sizeof(r->what));
	frame_get_str(f, r->account, sizeof(r->account));
	frame_get_str(f, r->folder, sizeof(r->folder));
	if (frame_end(f, e) == -1)
		return -1;
	memset(r->sha512, 0, sizeof(r->sha512));
	memset(r->sha256, 0, sizeof(r->sha256));
	if (make_one(r, kind, &why) == -1)
		end = why.kind == ERR_RETRY ? REPORT_AGAIN : REPORT_CANNOT;
	else if (r->nothing)
		end = REPORT_NOTHING;
	frame_start(f, MESSAGE_REPORTED);
	frame_put_u32(f, tag);
	frame_put_u8(f, (uint8_t)end);
	frame_put_u64(f, (uint64_t)r->findings);
	for (size_t i = 0; i < sizeof(r->sha512); i++)
		frame_put_u8(f, r->sha512[i]);
	for (size_t i = 0; i < sizeof(r->sha256); i++)
		frame_put_u8(f, r->sha256[i]);
	frame_put_str(f, end != REPORT_STANDS ? why.en : "");
	return frame_send(r->keeper, f, e);
}

/*
 * The keeper makes the base, and asks only when it stands: opened by the first
 * order, before the jail.
 */
static int
get_ready(struct reporter *r, struct err *e)
{
	if (decoder_prepare(e) == -1 ||
	    db_open_read(HOME_BASE, &r->db, e) == -1)
		return -1;
	/* Opens what SQLite opens late. */
	(void)db_int(r->db, 0, "SELECT count(*) FROM report_t", "");
	return jail_enter(JAIL_REPORTER, NULL, e);
}

int
reporter_role(int argc, char **argv)
{
	static struct reporter r;
	struct err e;
	int rc;

	(void)argc;
	(void)argv;
	r.keeper = proc_fd("keeper");
	while ((rc = frame_recv(r.keeper, &r.frame, &e)) == 1) {
		if (r.frame.type != MESSAGE_REPORT)
			log_fatal("- reporter ends: frame %u", r.frame.type);
		if (r.db == NULL && get_ready(&r, &e) == -1)
			log_fatal("- reporter cannot start: %s", e.en);
		if (answer(&r, &e) == -1)
			log_fatal("- reporter ends: %s", e.en);
	}
	schemas_free(r.schemas);
	pack_free(r.pack);
	db_close(r.db);
	return rc == 0 ? 0 : 75;
}
