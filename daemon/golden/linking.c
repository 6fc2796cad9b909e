#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"
#include "golden/golden.h"
#include "golden/linking.h"
#include "quality/quality.h"
#include "rule/box_link.h"
#include "rule/box_overwrite.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "way/link.h"

/*
 * A bundle does not wait for more rows than that to be tried again, or for more
 * records: the rest is for a quiet time. Records wait for that no longer than
 * half a minute, then a bundle makes them all.
 */
enum {
	AT_A_TIME = 64,
	TRIES_MAX = 20000,
	MADE_MAX = 5000,
	PATIENCE_MS = 30000
};

struct linking {
	struct standing *standing; /* whose rules these are */
	struct record_rules rules;
	struct enterprises *enterprises;
	struct link *link;
	struct golden *golden;
	int waits;       /* rows or records were left for a quiet time */
	int64_t left_at; /* since when there are such records; 0: none */
};

int
record_rules_read(const struct pack *p, const struct schemas *s,
    struct record_rules *ret_r, struct err *e)
{
	const struct pack_file *link = pack_find(p, "rules/link.lua");
	const struct pack_file *over = pack_find(p, "rules/overwrite.lua");

	memset(ret_r, 0, sizeof(*ret_r));
	if (link == NULL || over == NULL)
		return 0;
	ret_r->link = xcalloc(1, sizeof(*ret_r->link));
	if (box_link_rules(link->data, link->len, ret_r->link, e) == -1 ||
	    overwrite_read(over->data, over->len, s, &ret_r->overwrite, e) ==
		-1) {
		record_rules_free(ret_r);
		return -1;
	}
	return 1;
}

void
record_rules_free(struct record_rules *r)
{
	overwrite_free(r->overwrite);
	free(r->link);
	memset(r, 0, sizeof(*r));
}

int
linking_check(const struct standing *s, struct err *e)
{
	struct record_rules r;

	if (record_rules_read(s->pack, s->schemas, &r, e) == -1)
		return -1;
	record_rules_free(&r);
	return 0;
}

void
linking_free(struct linking *l)
{
	if (l == NULL)
		return;
	golden_free(l->golden);
	link_free(l->link);
	enterprises_close(l->enterprises);
	record_rules_free(&l->rules);
	standing_drop(l->standing);
	free(l);
}

int
linking_pack(struct db *db, char sha256[65], struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT pack FROM record_rules_t ORDER BY no DESC LIMIT 1", "");

	sha256[0] = '\0';
	if (rc == 1)
		snprintf(sha256, 65, "%s", db_text(st, 0));
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* The first rules of an instance are in force at once. */
static int
first_rules(struct keeper *k, struct err *e)
{
	char now[40];

	clock_now(now, sizeof(now));
	return db_run(k->db, e,
	    "INSERT INTO record_rules_t (pack, at, person, reason) VALUES"
	    " (?,?,'','the first')",
	    "tt", pack_sha256(k->standing->pack), now);
}

static int
place_disputed(const struct overwrite *o, const char *field)
{
	int at = overwrite_field(o, field);

	for (size_t i = 0; i < o->ndisputed; i++)
		if (o->disputed[i] == at)
			return (int)i;
	return -1;
}

/*
 * Records can wait while it is known what they will say, at least of what rows
 * are measured by.
 */
static size_t
count_agreed(const struct overwrite *o)
{
	for (int i = 0; i < QUALITY_SAME; i++)
		if (overwrite_field(o, quality_same[i]) != -1 &&
		    place_disputed(o, quality_same[i]) == -1)
			return 0;
	return o->ndisputed;
}

static int
open_all(struct keeper *k, struct linking *l, struct err *e)
{
	if (golden_views(k->db, l->rules.overwrite, l->standing->schemas, e) ==
		-1 ||
	    db_commit(k->db, e) == -1 ||
	    enterprises_open(k->db, l->rules.link, &l->enterprises, e) == -1)
		return -1;
	l->golden = golden_new(k->db, l->rules.overwrite, l->standing->schemas);
	l->link =
	    link_new(k->db, l->enterprises, l->rules.link, l->rules.overwrite);
	enterprises_agree_on(l->enterprises, count_agreed(l->rules.overwrite));
	/*
	 * What was left before is made up for, unless it is of a bundle that
	 * is not at its end yet.
	 */
	l->waits = !enterprises_hurries(l->enterprises);
	return 0;
}

int
linking_start(struct keeper *k, struct err *e)
{
	struct linking *l = xcalloc(1, sizeof(*l));
	char pack[65];
	int first;
	int rc;

	if (linking_pack(k->db, pack, e) == -1)
		goto fail;
	first = pack[0] == '\0';
	if (first)
		snprintf(pack, sizeof(pack), "%s",
		    pack_sha256(k->standing->pack));
	if (standing_get(k, pack, schemas_day(k->standing->schemas),
		&l->standing, e) == -1)
		goto fail;
	rc = record_rules_read(l->standing->pack, l->standing->schemas,
	    &l->rules, e);
	if (rc == 0) {
		linking_free(l);
		return 0;
	}
	if (rc == -1 || (first && first_rules(k, e) == -1) ||
	    open_all(k, l, e) == -1)
		goto fail;
	k->linking = l;
	return 0;
fail:
	linking_free(l);
	return -1;
}

struct link *
linking_link(const struct keeper *k)
{
	return k->linking != NULL ? k->linking->link : NULL;
}

struct enterprises *
linking_enterprises(const struct keeper *k)
{
	return k->linking != NULL ? k->linking->enterprises : NULL;
}

const struct link_rules *
linking_rules(const struct keeper *k)
{
	return k->linking != NULL ? k->linking->rules.link : NULL;
}

static int
is_late(const struct linking *l)
{
	return l->left_at != 0 &&
	       clock_milliseconds() - l->left_at > PATIENCE_MS;
}

/* Whether a bundle makes records that could wait. */
static int
makes_all(const struct linking *l, const struct linking_share *s)
{
	return s->made < MADE_MAX || is_late(l);
}

/* Records, some: 1 there are more to be made now, 0 none, -1. */
static int
make(struct keeper *k, struct linking_share *s, const char *now, struct err *e)
{
	struct linking *l = k->linking;
	int all = makes_all(l, s);
	int rc =
	    golden_refresh(l->golden, l->enterprises, now, AT_A_TIME, all, e);

	if (all)
		s->made += AT_A_TIME;
	if (enterprises_pending(l->enterprises) == 0)
		l->left_at = 0;
	else if (rc == 0) {
		l->waits = 1;
		if (l->left_at == 0)
			l->left_at = clock_milliseconds();
	}
	return rc;
}

/* Tries some rows, or makes some records: 1 did, 0 nothing is left, -1. */
static int
step(struct keeper *k, struct linking_share *share, struct err *e)
{
	struct linking *l = k->linking;
	const struct schemas *s = k->standing->schemas;
	char now[40];
	int rc = 0;

	clock_now(now, sizeof(now));
	if (share->tried < TRIES_MAX) {
		rc = link_retry(l->link, s, now, AT_A_TIME, e);
		if (rc == 0)
			rc = link_untried(l->link, s, now, AT_A_TIME, e);
		if (rc != 0)
			share->tried += AT_A_TIME;
	} else {
		l->waits = 1;
	}
	return rc != 0 ? rc : make(k, share, now, e);
}

int
linking_some(struct keeper *k, int milliseconds, struct linking_share *s,
    struct err *e)
{
	int64_t until = clock_milliseconds() + milliseconds;
	int rc;

	if (k->linking == NULL)
		return 0;
	do
		rc = step(k, s, e);
	while (rc == 1 && clock_milliseconds() < until);
	return rc;
}

int
linking_slice(struct keeper *k, int milliseconds, struct err *e)
{
	struct linking_share s = { .made = INT_MIN };
	int rc = linking_some(k, milliseconds, &s, e);

	if (rc == 0 && k->linking != NULL)
		k->linking->waits = s.tried >= TRIES_MAX;
	return rc == 0 ? linking_waits(k) : rc;
}

int
linking_disputed(const struct keeper *k, const char *field)
{
	return place_disputed(k->linking->rules.overwrite, field);
}

int
linking_current(struct keeper *k, uint32_t enterprise, struct err *e)
{
	struct linking *l = k->linking;
	char now[40];

	if (l == NULL || !enterprises_waits(l->enterprises, enterprise))
		return 0;
	clock_now(now, sizeof(now));
	return golden_refresh_one(l->golden, l->enterprises, enterprise, now,
	    e);
}

int
linking_waits(const struct keeper *k)
{
	return k->linking != NULL && k->linking->waits;
}

int
linking_is_late(const struct keeper *k)
{
	return k->linking != NULL && is_late(k->linking);
}

/* --- other rules -------------------------------------------------------- */

static int
same_file(const struct pack *a, const struct pack *b, const char *name)
{
	const struct pack_file *x = pack_find(a, name);
	const struct pack_file *y = pack_find(b, name);

	return (x == NULL) == (y == NULL) &&
	       (x == NULL || strcmp(x->sha256, y->sha256) == 0);
}

int
linking_is_behind(const struct keeper *k)
{
	if (k->linking == NULL)
		return 0;
	return !same_file(k->linking->standing->pack, k->standing->pack,
		   "rules/link.lua") ||
	       !same_file(k->linking->standing->pack, k->standing->pack,
		   "rules/overwrite.lua");
}

/* Swaps the rules under the index, which stays. */
static int
change_rules(struct keeper *k, struct record_rules *r, struct err *e)
{
	struct linking *l = k->linking;

	if (golden_views(k->db, r->overwrite, k->standing->schemas, e) == -1)
		return -1;
	golden_free(l->golden);
	link_free(l->link);
	l->golden = golden_new(k->db, r->overwrite, k->standing->schemas);
	l->link = link_new(k->db, l->enterprises, r->link, r->overwrite);
	enterprises_agree_on(l->enterprises, count_agreed(r->overwrite));
	if (enterprises_rules(l->enterprises, r->link, e) == -1)
		return -1;
	record_rules_free(&l->rules);
	l->rules = *r;
	memset(r, 0, sizeof(*r));
	standing_drop(l->standing);
	l->standing = k->standing;
	l->standing->refs++;
	return 0;
}

static int
note_replay(struct keeper *k, const char *person, const char *reason,
    int64_t changed, struct err *e)
{
	char now[40];
	json_t *detail = json_pack("{s:s, s:s, s:s, s:I}", "pack",
	    pack_sha256(k->standing->pack), "person", person, "reason", reason,
	    "records", (json_int_t)changed);
	char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	int rc;

	clock_now(now, sizeof(now));
	rc = db_run(k->db, e,
		 "INSERT INTO record_rules_t (pack, at, person, reason) VALUES"
		 " (?,?,?,?)",
		 "tttt", pack_sha256(k->standing->pack), now, person,
		 reason) == -1
		 ? -1
		 : ledger_append(k->db, now, "rules replay", "", "", text, NULL,
		       e);
	free(text);
	json_decref(detail);
	return rc;
}

int
linking_replay(struct keeper *k, const char *person, const char *reason,
    int64_t *ret_changed, struct err *e)
{
	struct record_rules r;
	int rc;

	if (k->linking == NULL)
		return err_set(e, ERR_HOLD, "nothing is linked by these rules");
	rc = record_rules_read(k->standing->pack, k->standing->schemas, &r, e);
	if (rc != 1)
		return rc == -1 ? -1
				: err_set(e, ERR_HOLD,
				      "there are no rules/link.lua and "
				      "rules/overwrite.lua");
	rc = db_begin(k->db, e);
	if (rc == 0 && change_rules(k, &r, e) == -1)
		rc = -1;
	if (rc == 0)
		rc = db_exec(k->db,
		    "CREATE TEMP TABLE before_t AS SELECT * FROM record_t", e);
	while (rc == 0 && (rc = linking_slice(k, 1000, e)) == 1)
		rc = 0;
	record_rules_free(&r);
	if (rc == -1)
		return -1;
	*ret_changed = db_int(k->db, 0,
	    "SELECT count(*) FROM (SELECT * FROM record_t EXCEPT SELECT * FROM"
	    " temp.before_t)",
	    "");
	return db_exec(k->db, "DROP TABLE temp.before_t", e) == -1
		   ? -1
		   : note_replay(k, person, reason, *ret_changed, e);
}
