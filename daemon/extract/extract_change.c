#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract_part.h"
#include "sys/mem.h"

/*
 * A further number against the one before: rows that are given now are held
 * against those that the receiver has. Why they differ does not matter: a new
 * version, a link found late or undone, enterprises merged or split, a clock,
 * a consent, other fields granted, a mark. All come out by the same comparison.
 */

enum { TABLE_NAME = 64, KEY_TEXT = 1024, CORRECTIONS = 10000 };

/* What is held of a data set. */
struct holding {
	char dataset[TABLE_NAME];
	int by_rows;   /* its rows were told, not mere answers */
	uint8_t *seen; /* owned: which were compared */
	struct held held;
};

struct extract_change {
	size_t n;
	struct holding *holding; /* owned */
	size_t room;
	struct extract_row **row; /* owned: what is told of one subject */
};

/* ---- what is held ---- */

static struct holding *
find(struct extract_change *c, const char *dataset, int by_rows)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->holding[i].by_rows == by_rows &&
		    strcmp(c->holding[i].dataset, dataset) == 0)
			return &c->holding[i];
	return NULL;
}

static struct holding *
find_or_add(struct extract_change *c, const char *dataset, int by_rows)
{
	struct holding *h = find(c, dataset, by_rows);

	if (h != NULL)
		return h;
	c->holding = xreallocarray(c->holding, c->n + 1, sizeof(*c->holding));
	h = &c->holding[c->n++];
	memset(h, 0, sizeof(*h));
	snprintf(h->dataset, sizeof(h->dataset), "%s", dataset);
	h->by_rows = by_rows;
	return h;
}

int
extract_change_open(struct extract *x, struct err *e)
{
	struct extract_change *c = xcalloc(1, sizeof(*c));
	sqlite3_stmt *st;
	int rc;

	x->change = c;
	if (x->before == 0)
		return 0;
	rc = db_query(x->db, &st, e,
	    "SELECT g.dataset, g.form, h.rows FROM held_t h JOIN query_give_t g"
	    " ON g.query = h.query AND g.n = h.give WHERE h.query = ?"
	    " ORDER BY h.give",
	    "i", x->before);
	for (; rc == 1; rc = db_next(x->db, st, e)) {
		struct holding *h = find_or_add(c, db_text(st, 0),
		    sqlite3_column_int(st, 1) >= GRANT_LATEST);

		extract_sight_rows(x, h->dataset);
		if (held_unpack(&h->held, sqlite3_column_blob(st, 2),
			(size_t)sqlite3_column_bytes(st, 2), e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	for (size_t i = 0; i < c->n; i++) {
		struct holding *h = &c->holding[i];

		held_sort(&h->held);
		h->seen = xcalloc(h->held.n + 1, 1);
	}
	return rc;
}

void
extract_change_free(struct extract_change *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++) {
		held_done(&c->holding[i].held);
		free(c->holding[i].seen);
	}
	free(c->holding);
	free(c->row);
	free(c);
}

/* All that a receiver sees of a row, but for its date: that only goes on. */
static uint32_t
digest_of(const struct extract_give *g, const struct extract_row *row)
{
	uint32_t d = HELD_DIGEST;

	for (size_t i = 0; i < g->schema->nfields; i++)
		d = held_digest(d, row->cell[i].text, row->cell[i].len);
	return held_digest(d, row->objection,
	    row->objection != NULL ? strlen(row->objection) : 0);
}

/* ---- one subject ---- */

struct comparing {
	struct extract *x;
	struct extract_give *g;
	const struct held_row *had; /* of the subject, by row */
	size_t nhad;
	uint8_t *still; /* which of them are given now */
	size_t n;       /* rows told */
};

static void
tell(struct comparing *c, struct extract_row *row, const char *change)
{
	struct extract_change *to = c->x->change;

	if (c->n == to->room) {
		to->room = to->room * 2 + 64;
		to->row = xreallocarray(to->row, to->room, sizeof(*to->row));
	}
	row->change = change;
	to->row[c->n++] = row;
}

static size_t
find_had(const struct comparing *c, int64_t row)
{
	size_t low = 0, high = c->nhad;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->had[mid].row < row)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->nhad && c->had[low].row == row ? low : c->nhad;
}

struct version {
	char key[KEY_TEXT]; /* with its provider */
	char as_of[32];
	int corrected;
};

static int
read_version(const struct comparing *c, int64_t row, struct version *v,
    struct err *e)
{
	sqlite3_stmt *st;
	char sql[192];
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT _key || char(30) || _provider, _as_of, _reason IS"
	    " 'corrected' FROM d_%s WHERE _id = ?",
	    c->g->schema->dataset);
	rc = db_query(c->x->db, &st, e, sql, "i", row);
	memset(v, 0, sizeof(*v));
	if (rc == 1) {
		snprintf(v->key, sizeof(v->key), "%s", db_text(st, 0));
		snprintf(v->as_of, sizeof(v->as_of), "%s", db_text(st, 1));
		v->corrected = sqlite3_column_int(st, 2);
	}
	db_done(st);
	return rc;
}

/*
 * How a row came that was not held: it takes the place of one that is held and
 * no longer given, or of none. Of the latest row alone each takes the place of
 * the one before it.
 */
static int
how_it_came(struct comparing *c, const struct extract_row *row,
    const char **ret_how, struct err *e)
{
	int latest = c->g->answer.form == GRANT_LATEST;
	struct version was, now = { .key = "" };

	*ret_how = "added";
	for (size_t i = 0; i < c->nhad; i++) {
		if (c->still[i])
			continue;
		if (now.key[0] == '\0' &&
		    read_version(c, row->id, &now, e) == -1)
			return -1;
		if (read_version(c, c->had[i].row, &was, e) == -1)
			return -1;
		if (!latest && strcmp(was.key, now.key) != 0)
			continue;
		c->still[i] = 1;
		*ret_how =
		    was.corrected || (strcmp(was.key, now.key) == 0 &&
					 strcmp(now.as_of, was.as_of) <= 0)
			? "corrected"
			: "changed";
		return 0;
	}
	return 0;
}

static int
tell_came(struct comparing *c, struct extract_row *const *row, int64_t n,
    struct err *e)
{
	for (int64_t i = 0; i < n; i++) {
		size_t at = find_had(c, row[i]->id);
		const char *how = NULL;

		if (at == c->nhad && how_it_came(c, row[i], &how, e) == -1)
			return -1;
		if (at < c->nhad &&
		    c->had[at].digest != digest_of(c->g, row[i]))
			how = "changed";
		if (how != NULL)
			tell(c, row[i], how);
	}
	return 0;
}

static int
tell_left(struct comparing *c, struct err *e)
{
	for (size_t i = 0; i < c->nhad; i++) {
		struct extract_row *row;
		int rc;

		if (c->still[i])
			continue;
		rc = extract_rows_left(c->x->rows, c->had[i].row, &row, e);
		if (rc == -1)
			return -1;
		if (rc == 1)
			tell(c, row, "withdrawn");
	}
	return 0;
}

static int
compare(struct comparing *c, struct extract_row *const *row, int64_t n,
    struct err *e)
{
	for (int64_t i = 0; i < n; i++) {
		size_t at = find_had(c, row[i]->id);

		if (at < c->nhad)
			c->still[at] = 1;
	}
	return tell_came(c, row, n, e) == -1 ? -1 : tell_left(c, e);
}

int64_t
extract_change_rows(struct extract *x, struct extract_give *g,
    const struct extract_who *who, struct extract_row *const *row, int64_t n,
    struct extract_row *const **ret_row, struct err *e)
{
	struct holding *h = find(x->change, g->schema->dataset, 1);
	struct comparing c = { .x = x, .g = g };
	size_t at = 0;
	int rc;

	*ret_row = row;
	for (int64_t i = 0; i < n; i++)
		held_add(&g->held, who->enterprise, row[i]->id,
		    digest_of(g, row[i]));
	if (x->before == 0) {
		x->changes += n;
		return n;
	}
	if (h != NULL) {
		c.nhad = held_of(&h->held, who->enterprise, &at);
		c.had = &h->held.row[at];
		memset(&h->seen[at], 1, c.nhad);
	}
	c.still = xcalloc(c.nhad + 1, 1);
	rc = compare(&c, row, n, e);
	free(c.still);
	x->changes += (int64_t)c.n;
	*ret_row = x->change->row;
	return rc == -1 ? -1 : (int64_t)c.n;
}

/* ---- mere answers ---- */

static uint32_t
marks_of(const struct extract_row *row)
{
	return held_digest(HELD_DIGEST, row->objection,
	    row->objection != NULL ? strlen(row->objection) : 0);
}

/* What is held of an answer: its first row, NULL none. */
static const struct held_row *
held_answer(struct extract *x, const struct extract_give *g,
    uint32_t enterprise)
{
	struct holding *h = find(x->change, g->schema->dataset, 0);
	size_t at, n;

	if (h == NULL || (n = held_of(&h->held, enterprise, &at)) == 0)
		return NULL;
	memset(&h->seen[at], 1, n);
	return &h->held.row[at];
}

void
extract_change_answer(struct extract *x, struct extract_give *g,
    uint32_t enterprise, struct extract_row *const *row, int64_t n)
{
	const struct held_row *had = held_answer(x, g, enterprise);
	int differs = (had != NULL) != (n > 0);

	for (int64_t i = 0; i < n; i++)
		held_add(&g->held, enterprise, row[i]->id, marks_of(row[i]));
	if (had != NULL && n > 0)
		differs = had->digest != marks_of(row[0]);
	x->changes += x->before == 0 || differs;
}

/* Of all of them together: held as the number it was. */
void
extract_change_count(struct extract *x, struct extract_give *g, int64_t found)
{
	const struct held_row *had = held_answer(x, g, 0);

	held_add(&g->held, 0, found, 0);
	x->changes += x->before == 0 || had == NULL || had->row != found;
}

/* ---- tables ---- */

static struct mark_cell
text_cell(const char *s)
{
	return (struct mark_cell){ s, strlen(s), 0 };
}

static int
put_withdrawn(struct extract *x, const struct holding *h,
    const struct held_row *r, struct err *e)
{
	const struct schema *s = schemas_likeliest(x->schemas, h->dataset);
	struct mark_cell cell[5];
	char enterprise[16], sql[128];
	sqlite3_stmt *st = NULL;
	int rc = 1;

	snprintf(sql, sizeof(sql),
	    "SELECT _provider, _as_of FROM d_%s WHERE _id = ?", h->dataset);
	if (h->by_rows)
		rc = db_query(x->db, &st, e, sql, "i", r->row);
	if (rc == 1) {
		extract_enterprise(r->enterprise, enterprise);
		cell[0] = text_cell(enterprise);
		cell[1] = text_cell(h->dataset);
		cell[2] = text_cell(s != NULL ? s->title : "");
		cell[3] = text_cell(h->by_rows ? db_text(st, 0) : "");
		cell[4] = text_cell(h->by_rows ? db_text(st, 1) : "");
		rc = extract_put_row(x->put, cell, e);
		x->changes++;
	}
	if (st != NULL)
		db_done(st);
	return rc == -1 ? -1 : 0;
}

/* Of a mere answer it is told once, however many rows it rested on. */
static int
is_to_tell(const struct holding *h, size_t i)
{
	const struct held_row *r = &h->held.row[i];

	return !h->seen[i] && r->enterprise != 0 &&
	       (h->by_rows || i == 0 || r[-1].enterprise != r->enterprise);
}

/* What was given of those that nothing is given of now: not by its values. */
static int
put_all_withdrawn(struct extract *x, struct err *e)
{
	static const struct extract_column column[] = {
		{ "_enterprise", "企业编号", FIELD_TEXT },
		{ "dataset", "数据集", FIELD_TEXT },
		{ "title", "数据集名称", FIELD_TEXT },
		{ "_provider", "提供单位", FIELD_TEXT },
		{ "_as_of", "数据日期", FIELD_DATE },
	};
	const struct extract_change *c = x->change;
	size_t left = 0;

	for (size_t k = 0; k < c->n; k++)
		for (size_t i = 0; i < c->holding[k].held.n; i++)
			left += (size_t)is_to_tell(&c->holding[k], i);
	if (left == 0)
		return 0;
	if (extract_put_table(x->put, "withdrawn", "已撤回，不再提供", column,
		5, e) == -1)
		return -1;
	for (size_t k = 0; k < c->n; k++)
		for (size_t i = 0; i < c->holding[k].held.n; i++)
			if (is_to_tell(&c->holding[k], i) &&
			    put_withdrawn(x, &c->holding[k],
				&c->holding[k].held.row[i], e) == -1)
				return -1;
	return extract_put_end(x->put, e);
}

/* Of anything that was ever given, and not told of in a package yet. */
static int
put_corrections(struct extract *x, struct err *e)
{
	static const struct extract_column column[] = {
		{ "_enterprise", "企业编号", FIELD_TEXT },
		{ "dataset", "数据集", FIELD_TEXT },
		{ "title", "数据集名称", FIELD_TEXT },
		{ "_provider", "提供单位", FIELD_TEXT },
		{ "_as_of", "数据日期", FIELD_DATE },
		{ "what", "变动", FIELD_TEXT },
		{ "given", "此前提供于", FIELD_TEXT },
		{ "at", "更正时间", FIELD_TEXT },
	};
	sqlite3_stmt *st;
	int rc;

	x->recalled = db_int(x->db, 0,
	    "SELECT coalesce(max(no), 0) FROM (SELECT no FROM recall_t WHERE"
	    " account = ? AND told_in = 0 ORDER BY no LIMIT ?)",
	    "ti", x->account, (int64_t)CORRECTIONS);
	if (x->recalled == 0)
		return 0;
	if (extract_put_table(x->put, "corrections", "更正和撤回通知", column,
		8, e) == -1)
		return -1;
	rc = db_query(x->db, &st, e,
	    "SELECT printf('E%08d', r.enterprise), r.dataset, r.dataset,"
	    " r.provider, r.as_of, r.what, group_concat(q.id, ' '), max(r.at)"
	    " FROM recall_t r JOIN query_t q ON q.no = r.query WHERE r.account"
	    " = ?1 AND r.told_in = 0 AND r.no <= ?2 GROUP BY r.enterprise,"
	    " r.dataset, r.row ORDER BY r.enterprise, r.dataset, r.row",
	    "ti", x->account, x->recalled);
	for (; rc == 1; rc = db_next(x->db, st, e)) {
		const struct schema *s =
		    schemas_likeliest(x->schemas, db_text(st, 1));
		struct mark_cell cell[8];

		for (int i = 0; i < 8; i++)
			cell[i] = text_cell(db_text(st, i));
		cell[2] = text_cell(s != NULL ? s->title : "");
		if (extract_put_row(x->put, cell, e) == -1) {
			rc = -1;
			break;
		}
	}
	db_done(st);
	return rc == -1 ? -1 : extract_put_end(x->put, e);
}

int
extract_change_tables(struct extract *x, struct err *e)
{
	return put_all_withdrawn(x, e) == -1 ? -1 : put_corrections(x, e);
}
