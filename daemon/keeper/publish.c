#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/ledger.h"
#include "keeper/publish.h"
#include "keeper/standing.h"
#include "rule/diff.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/member.h"

/* ---- the file ---- */

static json_t *
list_of(const struct pack *p)
{
	const struct pack_file *f = pack_find(p, PUBLISHED_FILE);
	json_t *list = f != NULL ? json_loadb(f->data, f->len, 0, NULL) : NULL;

	return list != NULL ? list : json_array();
}

/* Takes the list. */
static int
write_list(json_t *list, struct err *e)
{
	char *body = json_dumps(list, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	int rc = -1;

	json_decref(list);
	if (body == NULL)
		return err_set(e, ERR_HOLD, "a text that is not UTF-8");
	rc =
	    file_publish(AT_FDCWD, PUBLISHED_FILE, body, strlen(body), 0644, e);
	free(body);
	return rc;
}

static json_t *
publication(const struct schema *s, const char *from, const char *person,
    const char *reason)
{
	char now[40];

	clock_now(now, sizeof(now));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "dataset",
	    s->dataset, "version", s->version, "from", from, "until", "",
	    "person", person, "reason", reason, "at", now);
}

/* Where no publication speaks of a dataset, its newest is in force as such. */
static int
is_unpublished(const struct schemas *all, const struct schema *s)
{
	return s->state == SCHEMA_IN_FORCE &&
	       !schemas_is_published(all, s->dataset);
}

int
publish_lacks(const struct schemas *all)
{
	for (size_t i = 0; i < schemas_count(all); i++)
		if (is_unpublished(all, schemas_at(all, i)))
			return 1;
	return 0;
}

int
publish_first(const struct schemas *all, const struct pack *p, struct err *e)
{
	json_t *list;

	if (!publish_lacks(all))
		return 0;
	list = list_of(p);
	for (size_t i = 0; i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		if (is_unpublished(all, s))
			json_array_append_new(list,
			    publication(s,
				s->effective_from != NULL ? s->effective_from
							  : "",
				"zayton", "首次发布 first version"));
	}
	return write_list(list, e) == -1 ? -1 : 1;
}

/* ---- base and ledger ---- */

static int
tell_ledger(struct keeper *k, const char *kind, const json_t *o,
    const char *now, struct err *e)
{
	char *detail = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = ledger_append(k->db, now, kind, "", "",
	    detail != NULL ? detail : "{}", NULL, e);

	free(detail);
	return rc;
}

static int
record_one(struct keeper *k, const json_t *o, const char *now, struct err *e)
{
	const char *dataset = member_text(o, "dataset");
	const char *version = member_text(o, "version");
	const char *until = member_text(o, "until");
	const char *at = member_text(o, "at");

	if (db_int(k->db, 0,
		"SELECT count(*) FROM publication_t WHERE dataset = ? AND"
		" version = ? AND at = ?",
		"ttt", dataset, version, at) == 0)
		return db_run(k->db, e,
			   "INSERT INTO publication_t (dataset, version,"
			   " from_day, until, person, reason, at) VALUES"
			   " (?,?,?,?,?,?,?)",
			   "ttttttt", dataset, version, member_text(o, "from"),
			   until, member_text(o, "person"),
			   member_text(o, "reason"), at) == -1
			   ? -1
			   : tell_ledger(k, "standard published", o, now, e);
	if (db_int(k->db, 0,
		"SELECT count(*) FROM publication_t WHERE dataset = ? AND"
		" version = ? AND at = ? AND until <> ?",
		"tttt", dataset, version, at, until) == 0)
		return 0;
	return db_run(k->db, e,
		   "UPDATE publication_t SET until = ? WHERE dataset = ? AND"
		   " version = ? AND at = ?",
		   "tttt", until, dataset, version, at) == -1
		   ? -1
		   : tell_ledger(k, "standard accepted until", o, now, e);
}

int
publish_record(struct keeper *k, const struct pack *p, const char *now,
    struct err *e)
{
	json_t *list = list_of(p);
	size_t i;
	json_t *o;
	int rc = 0;

	json_array_foreach(list, i, o) {
		if (rc == 0)
			rc = record_one(k, o, now, e);
	}
	json_decref(list);
	return rc;
}

/* ---- the request ---- */

/* The version published last before this one; NULL where there is none. */
static const struct schema *
before(const struct schemas *all, const json_t *list, const char *dataset)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *o = json_array_get(list, i);

		if (strcmp(member_text(o, "dataset"), dataset) == 0)
			return schemas_version(all, dataset,
			    member_text(o, "version"));
	}
	return NULL;
}

static int
check_words(const json_t *request, struct err *e)
{
	static const char *const wanted[] = { "dataset", "version", "person",
		"reason", "from", "pack" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (member_text(request, wanted[i])[0] == '\0')
			return err_set(e, ERR_HOLD, "a publication needs '%s'",
			    wanted[i]);
	return 0;
}

/* Whether the new version may follow the old one; the difference with it. */
static int
check_diff(const struct schema *old, const struct schema *s,
    const json_t *request, json_t **ret_diff, struct err *e)
{
	const char *until = member_text(request, "old_until");
	json_t *diff;
	int rc = 0;

	if (old == NULL)
		return until[0] == '\0'
			   ? 0
			   : err_say(e, ERR_SENDER, "publish_no_older",
				 s->dataset, NULL);
	if (old == s)
		return err_say(e, ERR_SENDER, "publish_again", s->dataset,
		    s->version, NULL);
	diff = schema_diff(old, s);
	if (!json_is_true(json_object_get(diff, "compatible")) &&
	    !json_is_true(json_object_get(request, "breaking")))
		rc = err_say(e, ERR_SENDER, "publish_breaking", s->dataset,
		    old->version, s->version, NULL);
	else if (until[0] != '\0' &&
		 !json_is_true(json_object_get(diff, "side_by_side")))
		rc = err_say(e, ERR_SENDER, "publish_apart", s->dataset,
		    old->version, s->version, NULL);
	if (rc == -1)
		json_decref(diff);
	else
		*ret_diff = diff;
	return rc;
}

/* The list as it will be: a last day for the old one, a line for the new. */
static json_t *
new_list(const json_t *list, const struct schema *old, const struct schema *s,
    const json_t *request)
{
	json_t *copy = json_deep_copy(list);
	json_t *o;
	size_t i;

	json_array_foreach(copy, i, o) {
		if (old != NULL &&
		    strcmp(member_text(o, "dataset"), old->dataset) == 0 &&
		    strcmp(member_text(o, "version"), old->version) == 0)
			json_object_set_new(o, "until",
			    json_string(member_text(request, "old_until")));
	}
	json_array_append_new(copy, publication(s, member_text(request, "from"),
					member_text(request, "person"),
					member_text(request, "reason")));
	return copy;
}

/* The file comes first; where the whole does not pass, it is as it was. */
static int
put_in_force(struct keeper *k, const json_t *was, json_t *is, struct err *e)
{
	struct err late;

	if (write_list(is, e) == -1)
		return -1;
	if (standing_adopt(k, NULL, e) == 0)
		return 0;
	(void)write_list(json_deep_copy(was), &late);
	return -1;
}

int
publish_ask(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	const char *dataset = member_text(request, "dataset");
	const char *version = member_text(request, "version");
	const struct schema *s, *old;
	struct standing *now = NULL;
	json_t *list = NULL;
	json_t *diff = NULL;
	int rc = -1;

	if (check_words(request, e) == -1 || standing_gather(&now, e) == -1)
		return -1;
	if (strcmp(pack_sha256(now->pack), member_text(request, "pack")) != 0) {
		standing_other(e);
		goto out;
	}
	list = list_of(now->pack);
	s = schemas_version(now->schemas, dataset, version);
	old = before(now->schemas, list, dataset);
	if (s == NULL) {
		err_say(e, ERR_HOLD, "publish_none", dataset, version, NULL);
		goto out;
	}
	if (check_diff(old, s, request, &diff, e) == -1 ||
	    put_in_force(k, list, new_list(list, old, s, request), e) == -1)
		goto out;
	*ret_answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o?}",
	    "dataset", dataset, "version", version, "from",
	    member_text(request, "from"), "old_until",
	    member_text(request, "old_until"), "person",
	    member_text(request, "person"), "reason",
	    member_text(request, "reason"), "diff", diff);
	diff = NULL;
	rc = 0;
out:
	json_decref(diff);
	json_decref(list);
	standing_drop(now);
	return rc;
}

int
publish_rules(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	const char *pack = member_text(request, "pack");
	struct act a;
	char now[40];

	clock_now(now, sizeof(now));
	if (act_begin(&a, request, now, e) == -1 ||
	    standing_adopt(k, pack, e) == -1)
		return -1;
	*ret_answer =
	    json_pack("{s:s}", "pack", pack_sha256(k->standing->pack));
	return act_note(k->db, &a, "rules published", "",
	    json_pack("{s:s}", "pack", pack), e);
}
