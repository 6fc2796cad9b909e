#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/act.h"
#include "base/ledger.h"
#include "base/views.h"
#include "golden/linking.h"
#include "keeper/acts.h"
#include "keeper/authority.h"
#include "keeper/keeper.h"
#include "keeper/publish.h"
#include "keeper/shelf.h"
#include "keeper/standing.h"
#include "rule/box_calendar.h"
#include "rule/box_quality.h"
#include "rule/box_sharing.h"
#include "rule/codes.h"
#include "rule/script.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/work.h"

static const struct script_limits limits = { .memory = 64 << 20,
	.instructions = 10000000 };

static void
today(char day[16])
{
	char now[40];

	clock_now(now, sizeof(now));
	work_day(now, day);
}

void
standing_drop(struct standing *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	schemas_free(s->schemas);
	pack_free(s->pack);
	free(s->calendar);
	policy_done(&s->policy);
	free(s->sharing);
	free(s);
}

/* Takes the pack. */
static int
standing_new(struct pack *p, const char *day, struct standing **ret_s,
    struct err *e)
{
	struct standing *s = xcalloc(1, sizeof(*s));
	const struct pack_file *map = pack_find(p, "schemas/code_map.csv");

	s->pack = p;
	s->refs = 1;
	if (map != NULL)
		snprintf(s->code_tables, sizeof(s->code_tables), "%s",
		    map->sha256);
	s->calendar = xcalloc(1, sizeof(*s->calendar));
	policy_init(&s->policy);
	if (schemas_read_on(p, day, &s->schemas, e) == -1 ||
	    box_quality(p, s->schemas, &s->policy, e) == -1 ||
	    box_calendar(p, s->calendar, e) == -1 ||
	    box_sharing_of(p, s->schemas, &s->sharing, e) == -1) {
		standing_drop(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

/* --- what may come in force --------------------------------------------- */

struct trial {
	const char *provider;
	char first[512]; /* what the first failed example says */
};

static void
note_failure(void *ctx, const char *dataset, int line, int failed,
    const char *sentence)
{
	struct trial *t = ctx;

	if (failed && t->first[0] == '\0')
		snprintf(t->first, sizeof(t->first), "%s.lua:%d %s: %s",
		    t->provider, line, dataset, sentence);
}

static int
try_script(const struct standing *s, const char *provider, struct err *e)
{
	struct trial t = { .provider = provider };
	struct script *script = NULL;
	int failed;

	if (script_load(s->pack, s->schemas, provider, &limits, &script, e) ==
	    -1)
		return -1;
	failed = script_examples(script, note_failure, &t, e);
	script_free(script);
	if (failed > 0)
		return err_set(e, ERR_HOLD, "%d examples fail, first %s",
		    failed, t.first);
	return failed;
}

/*
 * The code tables have to hold, every department's script has to load and pass
 * its own examples.
 */
static int
try_all(const struct standing *s, struct err *e)
{
	if (codes_check(s->pack, e) == -1 || linking_check(s, e) == -1)
		return -1;
	for (size_t i = 0; i < pack_count(s->pack); i++) {
		char provider[64];

		if (script_provider(pack_at(s->pack, i)->name, provider,
			sizeof(provider)) &&
		    try_script(s, provider, e) == -1)
			return -1;
	}
	return 0;
}

/* --- coming in force ---------------------------------------------------- */

/* The bytes of a pack, as its memory file holds them. */
static int
pack_bytes(const struct pack *p, struct buf *b, struct err *e)
{
	int fd = -1;
	char chunk[65536];
	ssize_t n;
	off_t at = 0;

	if (pack_memfd(p, &fd, e) == -1)
		return -1;
	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		buf_add(b, chunk, (size_t)n);
		at += n;
	}
	(void)close(fd);
	return n == -1 ? err_errno(e, ERR_RETRY, "cannot read a pack") : 0;
}

/* Records the pack in base and ledger where it was never in force before. */
static int
record(struct keeper *k, const struct standing *s, struct err *e)
{
	enum { PACK_MAX = 128 << 20 };
	const char *sha256 = pack_sha256(s->pack);
	char now[40];
	char detail[128];
	struct buf b;
	int rc;

	clock_now(now, sizeof(now));
	snprintf(detail, sizeof(detail), "{\"pack\":\"%s\"}", sha256);
	if (views_labels(k->db, s->pack, e) == -1 ||
	    views_make(k->db, s->schemas, e) == -1 ||
	    publish_record(k, s->pack, now, e) == -1 ||
	    ledger_append(k->db, now, "rules in force", "", "", detail, NULL,
		e) == -1)
		return -1;
	buf_init(&b, PACK_MAX);
	rc = pack_bytes(s->pack, &b, e);
	if (rc == 0)
		rc = db_run(k->db, e,
		    "INSERT OR REPLACE INTO pack_t (sha256, at, body) VALUES"
		    " (?1, ?2, ?3)",
		    "ttb", sha256, now, b.data, b.len);
	buf_done(&b);
	return rc;
}

static void
take_office(struct keeper *k, struct standing *s)
{
	standing_drop(k->standing);
	k->standing = s;
}

int
standing_gather(struct standing **ret_s, struct err *e)
{
	struct pack *p = NULL;
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char day[16];
	int rc;

	if (dir == -1)
		return err_errno(e, ERR_HOLD, "cannot open the instance");
	rc = pack_gather(dir, &p, e);
	(void)close(dir);
	today(day);
	return rc == -1 ? -1 : standing_new(p, day, ret_s, e);
}

/*
 * What passed comes in force. A dataset that nobody published yet is published
 * now, so that its next version waits until somebody does.
 */
static int
come_in_force(struct keeper *k, struct standing *s, struct err *e)
{
	int wrote = publish_first(s->schemas, s->pack, e);

	if (wrote == 1) {
		standing_drop(s);
		if (standing_gather(&s, e) == -1)
			return -1;
	}
	if (wrote == -1 || shelf_fill(s, e) == -1 ||
	    authority_news_all(k->db, e) == -1 || record(k, s, e) == -1) {
		standing_drop(s);
		return -1;
	}
	take_office(k, s);
	return 0;
}

static int
is_in_force(const struct keeper *k, const struct standing *s)
{
	return k->standing != NULL && !publish_lacks(s->schemas) &&
	       strcmp(pack_sha256(k->standing->pack), pack_sha256(s->pack)) ==
		   0;
}

/* Takes it. */
static int
adopt(struct keeper *k, struct standing *s, struct err *e)
{
	if (try_all(s, e) == -1) {
		standing_drop(s);
		return -1;
	}
	return come_in_force(k, s, e);
}

int
standing_reload(struct keeper *k, struct err *e)
{
	struct standing *s = NULL;

	if (standing_gather(&s, e) == -1)
		return -1;
	if (is_in_force(k, s)) {
		standing_drop(s);
		return 0;
	}
	if (acts_wanted(k->db)) {
		standing_drop(s);
		return err_set(e, ERR_HOLD,
		    "the folders hold other rules than those in force; "
		    "administrators have to publish them: zayton rules "
		    "publish");
	}
	return adopt(k, s, e);
}

int
standing_adopt(struct keeper *k, const char *sha256, struct err *e)
{
	struct standing *s = NULL;

	if (standing_gather(&s, e) == -1)
		return -1;
	if (sha256 != NULL && strcmp(pack_sha256(s->pack), sha256) != 0) {
		standing_drop(s);
		return standing_other(e);
	}
	if (is_in_force(k, s)) {
		standing_drop(s);
		return 0;
	}
	return adopt(k, s, e);
}

int
standing_other(struct err *e)
{
	return act_refuse(e, "schemas/、rules/ 或 lua/ 此后有改动，请重新提出",
	    "schemas/, rules/ or lua/ have changed since: propose it again",
	    "");
}

int
standing_pack(struct db *db, const char *sha256, struct pack **ret_p,
    struct err *e)
{
	sqlite3_stmt *st;
	int fd = -1;
	int rc = db_query(db, &st, e,
	    "SELECT body FROM pack_t WHERE sha256 = ?", "t", sha256);

	if (rc == 1) {
		const char *body = sqlite3_column_blob(st, 0);
		size_t len = (size_t)sqlite3_column_bytes(st, 0);

		fd = memfd_create("pack", MFD_CLOEXEC);
		rc = fd == -1 || write(fd, body, len) != (ssize_t)len
			 ? err_errno(e, ERR_RETRY, "cannot hold a pack")
			 : pack_map(fd, ret_p, e);
	} else if (rc == 0) {
		rc = err_set(e, ERR_HOLD, "no pack %s in the base", sha256);
	}
	db_done(st);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/* A pack that was in force before, out of the base. */
static int
load(struct keeper *k, const char *sha256, const char *day,
    struct standing **ret_s, struct err *e)
{
	struct pack *p = NULL;

	return standing_pack(k->db, sha256, &p, e) == -1
		   ? -1
		   : standing_new(p, day, ret_s, e);
}

int
standing_get(struct keeper *k, const char *sha256, const char *day,
    struct standing **ret_s, struct err *e)
{
	if (k->standing != NULL &&
	    strcmp(pack_sha256(k->standing->pack), sha256) == 0 &&
	    strcmp(schemas_day(k->standing->schemas), day) == 0) {
		k->standing->refs++;
		*ret_s = k->standing;
		return 0;
	}
	return load(k, sha256, day, ret_s, e);
}

/* Views of the versions in force, before anybody is told of them. */
static int
make_views(struct keeper *k, const struct standing *s, struct err *e)
{
	return views_make(k->db, s->schemas, e) == -1 ? -1
						      : db_commit(k->db, e);
}

int
standing_tick(struct keeper *k, struct err *e)
{
	struct standing *s = NULL;
	struct err late;
	char day[16];

	today(day);
	if (strcmp(schemas_day(k->standing->schemas), day) == 0)
		return 0;
	if (load(k, pack_sha256(k->standing->pack), day, &s, e) == -1)
		return -1;
	if (make_views(k, s, e) == -1) {
		standing_drop(s);
		return -1;
	}
	/* Nobody's data waits for it; the next start tries again. */
	if (shelf_fill(s, &late) == -1)
		log_warn("- /standards stays as it was: %s", late.en);
	log_info("- versions in force on %s", day);
	take_office(k, s);
	return 0;
}

int
standing_start(struct keeper *k, struct err *e)
{
	struct standing *s = NULL;
	char last[65] = "";
	char day[16];
	sqlite3_stmt *st;
	struct err why;
	int rc;

	rc = db_query(k->db, &st, e,
	    "SELECT sha256 FROM pack_t ORDER BY rowid DESC LIMIT 1", "");
	if (rc == 1)
		snprintf(last, sizeof(last), "%s", db_text(st, 0));
	db_done(st);
	if (rc == -1)
		return -1;
	if (standing_gather(&s, &why) == 0 &&
	    strcmp(pack_sha256(s->pack), last) == 0 &&
	    !publish_lacks(s->schemas)) {
		/* Proven when it came in force, but maybe on another day. */
		take_office(k, s);
		if (!shelf_is_made(s) && make_views(k, s, e) == -1)
			return -1;
		return shelf_fill(s, e);
	}
	standing_drop(s);
	if (standing_reload(k, &why) == 0)
		return db_commit(k->db, e);
	if (last[0] == '\0') {
		*e = why;
		return -1;
	}
	log_error("- rules stay as they were: %s", why.en);
	today(day);
	if (load(k, last, day, &s, e) == -1)
		return -1;
	take_office(k, s);
	return 0;
}
