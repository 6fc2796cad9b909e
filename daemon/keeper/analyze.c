#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "keeper/analyze.h"
#include "sys/buf.h"

enum { SQL_MAX = 64 * 1024, SENTENCE = 400 };

struct analyze {
	struct db *db;
	struct codes *codes;
	const struct schema *s;
	int64_t rows; /* current ones in the base */
	json_t *proposals;
};

static const char *
presence_name(enum field_required r)
{
	static const char *const name[] = { "M", "C", "O" };

	return name[r];
}

static void
propose(struct analyze *a, const char *kind, const char *field,
    const char *value, int64_t count, const char *zh, const char *en)
{
	json_array_append_new(a->proposals,
	    json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "kind", kind, "field",
		field, "value", value, "count", (json_int_t)count, "zh", zh,
		"en", en));
}

/* ---- what stands in the base ---- */

/* How long a value is, where that says anything. */
static const char *
length_of(const struct field *f)
{
	return f->type == FIELD_TEXT || f->type == FIELD_CODE ? "length"
							      : "0 *";
}

/* One pass over the table: for each field filled, distinct, longest. */
static int
measure(struct analyze *a, json_t *fields, struct err *e)
{
	const struct schema *s = a->s;
	sqlite3_stmt *st;
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	buf_addstr(&sql, "SELECT count(*)");
	for (size_t i = 0; i < s->nfields; i++)
		buf_printf(&sql,
		    ", count(%s), count(DISTINCT %s),"
		    " coalesce(max(%s(%s)), 0)",
		    s->field[i].name, s->field[i].name, length_of(&s->field[i]),
		    s->field[i].name);
	buf_printf(&sql, " FROM d_%s WHERE _to IS NULL", s->dataset);
	rc = db_query(a->db, &st, e, sql.data, "");
	if (rc == 1)
		a->rows = sqlite3_column_int64(st, 0);
	for (size_t i = 0; rc == 1 && i < s->nfields; i++) {
		const struct field *f = &s->field[i];
		int at = 1 + 3 * (int)i;
		int64_t filled = sqlite3_column_int64(st, at);

		json_array_append_new(fields,
		    json_pack("{s:s, s:s, s:s, s:s, s:I, s:f, s:I, s:I, s:i}",
			"name", f->name, "title", f->title, "type",
			field_type_name(f->type), "presence",
			presence_name(f->required), "filled",
			(json_int_t)filled, "fill_rate",
			a->rows > 0 ? (double)filled / (double)a->rows : 0.0,
			"distinct",
			(json_int_t)sqlite3_column_int64(st, at + 1), "longest",
			(json_int_t)sqlite3_column_int64(st, at + 2),
			"max_chars", f->max_chars));
	}
	db_done(st);
	buf_done(&sql);
	return rc == -1 ? -1 : 0;
}

/* Codes of the list that no row of the base has. */
static int
find_unused(struct analyze *a, const struct field *f, json_t *to, struct err *e)
{
	json_t *used = json_object();
	json_t *unused = json_array();
	const char *code;
	sqlite3_stmt *st;
	char sql[256];
	int rc;

	snprintf(sql, sizeof(sql),
	    "SELECT DISTINCT %s FROM d_%s WHERE _to IS NULL", f->name,
	    a->s->dataset);
	rc = db_query(a->db, &st, e, sql, "");
	for (; rc == 1; rc = db_next(a->db, st, e))
		json_object_set_new(used, db_text(st, 0), json_true());
	db_done(st);
	for (size_t i = 0; (code = codes_at(a->codes, f->code_list, i)) != NULL;
	     i++)
		if (json_object_get(used, code) == NULL)
			json_array_append_new(unused, json_string(code));
	json_decref(used);
	json_object_set_new(to, "unused", unused);
	return rc;
}

/* ---- what the findings say ---- */

/* Findings of a field by value, the most frequent first. */
#define FINDINGS                                                 \
	"SELECT q.value, q.rule, count(*), max(length(q.value))" \
	" FROM quality_issue_t q JOIN bundle_file_t f"           \
	" ON f.bundle = q.bundle AND f.no = q.file"              \
	" WHERE f.dataset = ?1 AND q.field = ?2 AND "
#define BY_VALUE " GROUP BY q.value, q.rule ORDER BY 3 DESC, 1"

static int
find_outside(struct analyze *a, const struct field *f, json_t *to,
    struct err *e)
{
	struct code_set *set =
	    codes_set(a->codes, a->s->provider, f->code_list, NULL);
	json_t *list = json_array();
	char zh[SENTENCE], en[SENTENCE];
	sqlite3_stmt *st;
	int rc =
	    db_query(a->db, &st, e, FINDINGS "q.rule = 'code_unknown'" BY_VALUE,
		"tt", a->s->dataset, f->name);

	for (; rc == 1; rc = db_next(a->db, st, e)) {
		struct code_hit hit = { NULL, NULL, NULL };
		const char *value = db_text(st, 0);
		int64_t count = sqlite3_column_int64(st, 2);

		if (set != NULL)
			(void)code_find(set, value, strlen(value), "", &hit);
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s}", "value", value, "count",
			(json_int_t)count, "nearest",
			hit.nearest != NULL ? hit.nearest : ""));
		snprintf(zh, sizeof(zh),
		    "“%s”的代码表 %s "
		    "增加“%.120s”，或转换到已有代码（最接近“%s”）",
		    f->title, f->code_list, value,
		    hit.nearest != NULL ? hit.nearest : "");
		snprintf(en, sizeof(en),
		    "add '%.120s' to the list %s of %s, or convert it (nearest "
		    "'%s')",
		    value, f->code_list, f->name,
		    hit.nearest != NULL ? hit.nearest : "");
		propose(a, "add_code", f->name, value, count, zh, en);
	}
	db_done(st);
	json_object_set_new(to, "outside", list);
	return rc;
}

static int
find_failing(struct analyze *a, const struct field *f, json_t *to,
    struct err *e)
{
	json_t *list = json_array();
	sqlite3_stmt *st;
	int rc = db_query(a->db, &st, e,
	    FINDINGS "(q.rule LIKE 'id\\_%' ESCAPE '\\' OR q.rule LIKE"
		     " '%\\_check' ESCAPE '\\')" BY_VALUE,
	    "tt", a->s->dataset, f->name);

	for (; rc == 1; rc = db_next(a->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:I}", "value", db_text(st, 0),
			"rule", db_text(st, 1), "count",
			(json_int_t)sqlite3_column_int64(st, 2)));
	db_done(st);
	json_object_set_new(to, "failing", list);
	return rc;
}

/* Texts that were too long, and how long a field would have to be. */
static int
find_narrow(struct analyze *a, const struct field *f, struct err *e)
{
	char zh[SENTENCE], en[SENTENCE], width[24];
	int64_t count = 0;
	int64_t longest = 0;
	sqlite3_stmt *st;
	int rc = db_query(a->db, &st, e,
	    FINDINGS "q.rule = 'text_too_long'" BY_VALUE, "tt", a->s->dataset,
	    f->name);

	for (; rc == 1; rc = db_next(a->db, st, e)) {
		count += sqlite3_column_int64(st, 2);
		if (sqlite3_column_int64(st, 3) > longest)
			longest = sqlite3_column_int64(st, 3);
	}
	db_done(st);
	if (rc == -1 || count == 0)
		return rc;
	longest = (longest + 9) / 10 * 10;
	snprintf(width, sizeof(width), "%" PRId64, longest);
	snprintf(zh, sizeof(zh),
	    "“%s”由 %d 个字符加宽到 %s（%" PRId64 " 行超长）", f->title,
	    f->max_chars, width, count);
	snprintf(en, sizeof(en),
	    "widen %s from %d to %s characters (%" PRId64 " rows were longer)",
	    f->name, f->max_chars, width, count);
	propose(a, "widen", f->name, width, count, zh, en);
	return 0;
}

static void
find_empty(struct analyze *a, const struct field *f, const json_t *o)
{
	double rate = json_real_value(json_object_get(o, "fill_rate"));
	int64_t filled = json_integer_value(json_object_get(o, "filled"));
	char zh[SENTENCE], en[SENTENCE];

	if (f->required != FIELD_MANDATORY || a->rows == 0 || rate >= 0.5)
		return;
	snprintf(zh, sizeof(zh), "“%s”改为选填：只有 %.1f%% 的行填写", f->title,
	    rate * 100);
	snprintf(en, sizeof(en),
	    "make %s optional: filled in %.1f%% of the rows only", f->name,
	    rate * 100);
	propose(a, "make_optional", f->name, "", a->rows - filled, zh, en);
}

static int
look_at_field(struct analyze *a, const struct field *f, json_t *o,
    struct err *e)
{
	find_empty(a, f, o);
	if (f->max_chars > 0 && find_narrow(a, f, e) == -1)
		return -1;
	if (f->code_list != NULL &&
	    (find_outside(a, f, o, e) == -1 || find_unused(a, f, o, e) == -1))
		return -1;
	return f->identifier != NULL ? find_failing(a, f, o, e) : 0;
}

/* ---- headers ---- */

/* How far a header is from what a field is called, in hundredths. */
static size_t
distance_to(const struct field *f, const char *header)
{
	size_t best = 100;

	for (int i = -1; i == -1 || f->synonyms[i] != NULL; i++) {
		const char *name = i == -1 ? f->title : f->synonyms[i];
		size_t len = codes_distance(name, "");
		size_t n = codes_distance(header, "");
		size_t most = len > n ? len : n;
		size_t d = codes_distance(name, header);

		if (most > 0 && 100 * d / most < best)
			best = 100 * d / most;
	}
	return best;
}

static const struct field *
nearest_field(const struct schema *s, const char *header)
{
	const struct field *found = NULL;
	size_t best = 60;

	for (size_t i = 0; i < s->nfields; i++) {
		size_t d = distance_to(&s->field[i], header);

		if (d < best) {
			best = d;
			found = &s->field[i];
		}
	}
	return found;
}

static int
find_headers(struct analyze *a, json_t *list, struct err *e)
{
	char zh[SENTENCE], en[SENTENCE];
	sqlite3_stmt *st;
	int rc = db_query(a->db, &st, e,
	    "SELECT q.value, count(DISTINCT q.bundle || ' ' || q.file)"
	    " FROM quality_issue_t q JOIN bundle_file_t f"
	    " ON f.bundle = q.bundle AND f.no = q.file WHERE f.dataset = ?"
	    " AND q.rule = 'column_unknown' AND q.value <> ''"
	    " GROUP BY 1 ORDER BY 2 DESC, 1",
	    "t", a->s->dataset);

	for (; rc == 1; rc = db_next(a->db, st, e)) {
		const char *header = db_text(st, 0);
		int64_t files = sqlite3_column_int64(st, 1);
		const struct field *f = nearest_field(a->s, header);

		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s}", "header", header, "files",
			(json_int_t)files, "field", f != NULL ? f->name : ""));
		snprintf(zh, sizeof(zh), "表头“%.120s”列为“%s”的同义词", header,
		    f != NULL ? f->title : "（请指定字段）");
		snprintf(en, sizeof(en), "make '%.120s' a synonym of %s",
		    header, f != NULL ? f->name : "a field to be chosen");
		propose(a, "add_synonym", f != NULL ? f->name : "", header,
		    files, zh, en);
	}
	db_done(st);
	return rc;
}

/* ---- the whole ---- */

static int
count_files(struct analyze *a, json_t *o, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(a->db, &st, e,
	    "SELECT count(*), coalesce(sum(f.rows), 0),"
	    " coalesce(sum(f.accepted), 0) FROM bundle_file_t f"
	    " JOIN bundle_t b ON b.no = f.bundle WHERE f.dataset = ?"
	    " AND b.kind = 'u'",
	    "t", a->s->dataset);

	for (int i = 0; rc == 1 && i < 3; i++) {
		static const char *const name[] = { "files", "rows",
			"accepted" };

		json_object_set_new(o, name[i],
		    json_integer(sqlite3_column_int64(st, i)));
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

int
analyze_dataset(struct db *db, struct codes *codes, const struct schema *s,
    json_t **ret_o, struct err *e)
{
	struct analyze a = { db, codes, s, 0, json_array() };
	json_t *fields = json_array();
	json_t *headers = json_array();
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "dataset",
	    s->dataset, "version", s->version, "title", s->title, "fields",
	    fields, "unknown_headers", headers, "proposals", a.proposals);
	int rc = count_files(&a, o, e);

	if (rc == 0)
		rc = measure(&a, fields, e);
	for (size_t i = 0; rc == 0 && i < s->nfields; i++)
		rc = look_at_field(&a, &s->field[i], json_array_get(fields, i),
		    e);
	if (rc == 0)
		rc = find_headers(&a, headers, e);
	if (rc == -1)
		json_decref(o);
	else
		*ret_o = o;
	return rc;
}
