#include <stdio.h>
#include <string.h>

#include "form/query.h"
#include "sys/err.h"

enum { SUBJECT_WORDS = 8 };

static const char *const format_name[] = { "csv", "xlsx", "jsonl", "sqlite",
	NULL };
static const char *const every_name[] = { "", "change", "day", "week", "month",
	NULL };

static const char *const query_known[] = { "query", "purpose", "list",
	"consent", "as_of", "format", "encrypt", "report", "subjects",
	"datasets", "subscribe", "again", NULL };
static const char *const dataset_known[] = { "dataset", "fields", NULL };
static const char *const subscribe_known[] = { "name", "every", "end", NULL };
static const char *const again_known[] = { "name", "seq", NULL };

/* What may be said of a subject; every word of identity.h is one. */
static const char *const subject_known[] = { "name", "enterprise", "uscc",
	"org_code", "tax_id", "reg_no", "loan_card", NULL };

static int
index_of(const char *const *list, const char *s)
{
	for (int i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], s) == 0)
			return i;
	return -1;
}

/* "a, b, c" of a list, without its "". */
static void
join(const char *const *list, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; list[i] != NULL && n < size; i++)
		if (list[i][0] != '\0')
			n += (size_t)snprintf(buf + n, size - n, "%s%s",
			    n > 0 ? ", " : "", list[i]);
}

static int
wrong(const char *member, const json_t *found, const char *want, struct err *e)
{
	char *text = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
	int rc = err_say(e, ERR_SENDER, "query_value", member,
	    text != NULL ? text : "?", want, NULL);

	free(text);
	return rc;
}

static int
wrong_word(const char *member, const json_t *found, const char *const *list,
    struct err *e)
{
	char want[256];

	join(list, want, sizeof(want));
	return wrong(member, found, want, e);
}

/* No member but the known ones. */
static int
check_members(json_t *o, const char *at, const char *const *known,
    struct err *e)
{
	char want[256];
	const char *name;
	json_t *v;

	json_object_foreach(o, name, v) {
		char where[QUERY_TEXT];

		if (index_of(known, name) != -1)
			continue;
		snprintf(where, sizeof(where), "%s%s", at, name);
		join(known, want, sizeof(want));
		return err_say(e, ERR_SENDER, "query_member", where, want,
		    NULL);
	}
	return 0;
}

/* A text of 1 to QUERY_TEXT - 1 bytes without control characters. */
static int
is_text(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);

	if (s == NULL || len == 0 || len >= QUERY_TEXT)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return 0;
	return 1;
}

/* A member that may be left out, or be null. */
static json_t *
member(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return json_is_null(v) ? NULL : v;
}

static int
get_text(const json_t *o, const char *at, const char *name, const char **ret,
    struct err *e)
{
	const json_t *v = member(o, name);
	char where[QUERY_TEXT];

	*ret = NULL;
	if (v == NULL)
		return 0;
	snprintf(where, sizeof(where), "%s%s", at, name);
	if (!is_text(v))
		return wrong(where, v, "\"...\"", e);
	*ret = json_string_value(v);
	return 0;
}

static int
get_flag(const json_t *o, const char *name, int *ret, struct err *e)
{
	const json_t *v = member(o, name);

	if (v != NULL && !json_is_boolean(v))
		return wrong(name, v, "true, false", e);
	*ret = json_is_true(v);
	return 0;
}

static int
get_word(const json_t *o, const char *at, const char *name,
    const char *const *list, int *ret, struct err *e)
{
	const json_t *v = member(o, name);
	char where[QUERY_TEXT];
	int n;

	if (v == NULL)
		return 0;
	snprintf(where, sizeof(where), "%s%s", at, name);
	n = is_text(v) ? index_of(list, json_string_value(v)) : -1;
	if (n == -1)
		return wrong_word(where, v, list, e);
	*ret = n;
	return 0;
}

/* A day that the calendar has. */
static int
is_day(const char *s)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int y, m, d, n = 0;

	return sscanf(s, "%4d-%2d-%2d%n", &y, &m, &d, &n) == 3 && n == 10 &&
	       s[10] == '\0' && y >= 1900 && m >= 1 && m <= 12 && d >= 1 &&
	       d <= days[m - 1] &&
	       (m != 2 || d < 29 ||
		   (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)));
}

static int
get_day(struct query *q, struct err *e)
{
	if (get_text(q->json, "", "as_of", &q->as_of, e) == -1)
		return -1;
	if (q->as_of != NULL && !is_day(q->as_of))
		return wrong("as_of", json_object_get(q->json, "as_of"),
		    "\"YYYY-MM-DD\"", e);
	return 0;
}

/* ---- of whom ---- */

static int
check_subject(json_t *v, size_t n, struct err *e)
{
	char where[64];
	const char *name;
	json_t *word;

	snprintf(where, sizeof(where), "subjects[%zu]", n);
	if (json_is_string(v))
		return is_text(v) ? 0 : wrong(where, v, "\"...\"", e);
	if (!json_is_object(v) || json_object_size(v) == 0)
		return wrong(where, v,
		    "\"...\", {\"name\": \"...\", \"uscc\": \"...\"}", e);
	snprintf(where, sizeof(where), "subjects[%zu].", n);
	if (check_members(v, where, subject_known, e) == -1)
		return -1;
	json_object_foreach(v, name, word) {
		char at[QUERY_TEXT];

		snprintf(at, sizeof(at), "%s%s", where, name);
		if (!is_text(word))
			return wrong(at, word, "\"...\"", e);
	}
	return 0;
}

static int
get_subjects(struct query *q, struct err *e)
{
	const json_t *v = member(q->json, "subjects");
	char n[32], most[32];
	size_t i;
	json_t *one;

	if (v == NULL)
		return err_say(e, ERR_SENDER, "query_missing", "subjects",
		    NULL);
	if (json_is_string(v) && strcmp(json_string_value(v), "all") == 0) {
		q->all = 1;
		return 0;
	}
	if (!json_is_array(v) || json_array_size(v) == 0)
		return wrong("subjects", v, "\"all\", [\"...\"]", e);
	if (json_array_size(v) > QUERY_SUBJECTS) {
		snprintf(n, sizeof(n), "%zu", json_array_size(v));
		snprintf(most, sizeof(most), "%d", QUERY_SUBJECTS);
		return err_say(e, ERR_SENDER, "query_limit", "subjects", n,
		    most, NULL);
	}
	json_array_foreach(v, i, one)
		if (check_subject(one, i, e) == -1)
			return -1;
	q->subjects = v;
	return 0;
}

size_t
query_subjects(const struct query *q)
{
	return json_array_size(q->subjects);
}

size_t
query_words(const json_t *subject, struct query_word word[], size_t max)
{
	size_t n = 0;

	if (json_is_string(subject)) {
		word[0] = (struct query_word){ QUERY_SAID_NUMBER, IDENTITY_ANY,
			json_string_value(subject) };
		return 1;
	}
	for (size_t i = 0; subject_known[i] != NULL && n < max; i++) {
		const char *s = json_string_value(
		    json_object_get(subject, subject_known[i]));

		if (s == NULL)
			continue;
		word[n].text = s;
		word[n].said = i == 0   ? QUERY_SAID_NAME
			       : i == 1 ? QUERY_SAID_RECORD
					: QUERY_SAID_NUMBER;
		word[n++].kind = identity_kind_find(subject_known[i]);
	}
	return n;
}

void
query_subject_text(const json_t *subject, char *buf, size_t size)
{
	struct query_word word[SUBJECT_WORDS];
	size_t n = query_words(subject, word, SUBJECT_WORDS);
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s",
		    i > 0 ? " " : "", word[i].text);
}

/* ---- which data ---- */

static int
check_dataset(json_t *v, size_t n, struct err *e)
{
	const json_t *fields = member(v, "fields");
	char where[64];
	size_t i;
	json_t *one;

	snprintf(where, sizeof(where), "datasets[%zu]", n);
	if (is_text(v))
		return 0;
	if (!json_is_object(v) || !is_text(json_object_get(v, "dataset")))
		return wrong(where, v,
		    "\"...\", {\"dataset\": \"...\", \"fields\": [\"...\"]}",
		    e);
	snprintf(where, sizeof(where), "datasets[%zu].", n);
	if (check_members(v, where, dataset_known, e) == -1)
		return -1;
	if (fields != NULL &&
	    (!json_is_array(fields) || json_array_size(fields) == 0))
		return wrong("fields", fields, "[\"...\"]", e);
	json_array_foreach(fields, i, one)
		if (!is_text(one))
			return wrong("fields", one, "\"...\"", e);
	return 0;
}

const char *
query_dataset(const struct query *q, size_t n, const json_t **ret_fields)
{
	const json_t *v = json_array_get(q->datasets, n);

	*ret_fields = member(v, "fields");
	return json_string_value(
	    json_is_string(v) ? v : json_object_get(v, "dataset"));
}

static int
get_datasets(struct query *q, struct err *e)
{
	const json_t *v = member(q->json, "datasets");
	const json_t *fields;
	size_t i;
	json_t *one;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || json_array_size(v) == 0 ||
	    json_array_size(v) > QUERY_DATASETS)
		return wrong("datasets", v, "[\"...\"] (1-64)", e);
	q->datasets = v;
	json_array_foreach(v, i, one) {
		if (check_dataset(one, i, e) == -1)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(query_dataset(q, i, &fields),
				query_dataset(q, k, &fields)) == 0)
				return err_say(e, ERR_SENDER, "query_twice",
				    query_dataset(q, i, &fields), NULL);
	}
	return 0;
}

/* ---- how ---- */

static int
get_report(struct query *q, struct err *e)
{
	static const char *const reports[] = { "credit", NULL };
	int n = -1;

	if (get_word(q->json, "", "report", reports, &n, e) == -1)
		return -1;
	q->report = n == 0;
	return 0;
}

/* [a-z0-9_-]: it becomes part of a file's name. */
static int
is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= 32 && s[n] == '\0';
}

static int
get_standing(struct query *q, struct err *e)
{
	json_t *s = member(q->json, "subscribe");
	json_t *a = member(q->json, "again");
	const json_t *seq = member(a, "seq");
	int every = QUERY_CHANGE;

	if (s != NULL &&
	    (check_members(s, "subscribe.", subscribe_known, e) == -1 ||
		get_text(s, "subscribe.", "name", &q->subscribe, e) == -1 ||
		get_word(s, "subscribe.", "every", every_name, &every, e) ==
		    -1 ||
		get_flag(s, "end", &q->end, e) == -1))
		return -1;
	if (s != NULL && (q->subscribe == NULL || !is_name(q->subscribe)))
		return wrong("subscribe", s, "{\"name\": \"[a-z0-9_-]{1,32}\"}",
		    e);
	if (s != NULL)
		q->every = (enum query_every)every;
	if (a == NULL)
		return 0;
	if (check_members(a, "again.", again_known, e) == -1 ||
	    get_text(a, "again.", "name", &q->again, e) == -1)
		return -1;
	if (q->again == NULL || !json_is_integer(seq) ||
	    json_integer_value(seq) < 1)
		return wrong("again", a, "{\"name\": \"...\", \"seq\": 1}", e);
	q->seq = json_integer_value(seq);
	return 0;
}

/* What asks for no data needs no subjects and no purpose. */
static int
asks_for_data(const struct query *q)
{
	return q->again == NULL && !q->end;
}

static int
take(struct query *q, struct err *e)
{
	const json_t *version = member(q->json, "query");
	int format = QUERY_CSV;

	if (!json_is_object(q->json))
		return wrong("query", q->json, "{...}", e);
	if (check_members(q->json, "", query_known, e) == -1)
		return -1;
	if (version != NULL && json_integer_value(version) != 1)
		return wrong("query", version, "1", e);
	if (get_standing(q, e) == -1 ||
	    get_text(q->json, "", "purpose", &q->purpose, e) == -1 ||
	    get_text(q->json, "", "list", &q->list, e) == -1 ||
	    get_text(q->json, "", "consent", &q->consent, e) == -1 ||
	    get_day(q, e) == -1 ||
	    get_word(q->json, "", "format", format_name, &format, e) == -1 ||
	    get_flag(q->json, "encrypt", &q->encrypt, e) == -1 ||
	    get_report(q, e) == -1 || get_datasets(q, e) == -1)
		return -1;
	q->format = (enum query_format)format;
	if (!asks_for_data(q))
		return 0;
	if (q->purpose == NULL && q->list == NULL)
		return err_say(e, ERR_SENDER, "query_missing", "purpose", NULL);
	return get_subjects(q, e);
}

int
query_of(json_t *json, struct query *ret_q, struct err *e)
{
	struct query q = { .json = json };

	if (take(&q, e) == -1) {
		query_done(&q);
		return -1;
	}
	*ret_q = q;
	return 0;
}

int
query_parse(const char *text, size_t len, struct query *ret_q, struct err *e)
{
	json_error_t why;
	char where[256];
	json_t *json;

	if (len >= 3 && memcmp(text, "\357\273\277", 3) == 0) {
		text += 3;
		len -= 3;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (json == NULL) {
		snprintf(where, sizeof(where), "%d:%d: %s", why.line,
		    why.column, why.text);
		return err_say(e, ERR_SENDER, "query_json", where, NULL);
	}
	return query_of(json, ret_q, e);
}

void
query_done(struct query *q)
{
	json_decref(q->json);
	memset(q, 0, sizeof(*q));
}

char *
query_text(const struct query *q)
{
	return json_dumps(q->json, JSON_COMPACT | JSON_SORT_KEYS);
}

const char *
query_format_name(enum query_format f)
{
	return format_name[f];
}
