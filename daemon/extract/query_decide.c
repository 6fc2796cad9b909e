#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/query.h"
#include "extract/query_part.h"
#include "form/query.h"
#include "form/text.h"
#include "golden/enterprise.h"
#include "golden/linking.h"
#include "grant/grant_store.h"
#include "keeper/jobs.h"
#include "sys/mem.h"
#include "way/work.h"

/*
 * Subject by subject and data set by data set. A subject that is not found is
 * decided like one that nobody knows, and hears that it was not found only
 * where the grants would have given it: else it hears what one that exists
 * would hear, so that the difference tells nothing.
 */

enum { CANDIDATES = 4, SUBJECT_WORDS = 8 };

struct subject {
	int64_t n;
	uint32_t enterprise; /* root; 0 nobody */
	const char *why;     /* it is nobody: a code */
	int again;           /* the same as an earlier one */
	int given;
};

/* An answer of the grants, and how many it holds for. */
struct give {
	int64_t n;
	const struct schema *schema;
	struct grant_answer answer; /* fields: those asked for */
	const char *why;            /* nothing is given: a code, else "" */
	int64_t subjects;
};

struct decision {
	struct keeper *k;
	const struct standing *standing;
	const struct bundle *bundle;
	const struct query *q;
	const char *now;
	const struct linker *linker; /* NULL: nothing is linked here */
	char day[16];
	struct grants grants;
	struct grant_ask ask;
	size_t nsubjects;
	struct subject *subject; /* owned */
	size_t ngives, room;
	struct give *give; /* owned */
	size_t dataset;    /* gives from here on are of the one at hand */
	int given;
};

/* ---- what for, until when ---- */

static void
purposes(const struct sharing *h, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < h->npurposes && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s %s",
		    i > 0 ? ", " : "", h->purpose[i].code, h->purpose[i].zh);
}

/* By its code or its name; of a list the one that its name holds. */
static int
find_purpose(struct decision *d, struct err *e)
{
	const struct sharing *h = d->grants.sharing;
	const char *said = d->q->purpose != NULL ? d->q->purpose : d->q->list;
	const struct sharing_purpose *found = NULL;
	char all[1024];

	for (size_t i = 0; i < h->npurposes; i++) {
		const struct sharing_purpose *p = &h->purpose[i];
		int is = d->q->purpose != NULL
			     ? strcmp(said, p->code) == 0 ||
				   strcmp(said, p->zh) == 0 ||
				   strcmp(said, p->en) == 0
			     : strstr(said, p->code) != NULL ||
				   strstr(said, p->zh) != NULL;

		if (is && found != NULL)
			found = NULL, i = h->npurposes;
		else if (is)
			found = p;
	}
	if (found != NULL) {
		d->ask.purpose = found->code;
		return 0;
	}
	purposes(h, all, sizeof(all));
	return err_say(e, ERR_SENDER, "query_purpose", said, all, NULL);
}

/* Limits of the account's day; the query itself is in the base already. */
static int
check_day(struct decision *d, struct err *e)
{
	struct db *db = d->k->db;
	const char *account = d->bundle->name.account;
	char most[32];
	int64_t n;

	if (d->q->as_of != NULL && strcmp(d->q->as_of, d->day) > 0)
		return err_say(e, ERR_SENDER, "query_future", d->q->as_of,
		    NULL);
	/* Numbers of standing extracts are not asked for one by one. */
	if (d->bundle->name.kind != 'q')
		return 0;
	n = db_int(db, 0,
	    "SELECT count(*) FROM query_t WHERE account = ? AND day = ?"
	    " AND seq IS NULL AND no <> ?",
	    "tti", account, d->day, d->bundle->no);
	if (n < d->k->conf.queries_per_day)
		return 0;
	snprintf(most, sizeof(most), "%d", d->k->conf.queries_per_day);
	return err_say(e, ERR_SENDER, "query_daily", most, NULL);
}

/* ---- of whom ---- */

static void
add_candidate(struct decision *d, uint32_t no, uint32_t *found, size_t *n)
{
	uint32_t root = enterprises_root(d->k->db, no);

	for (size_t i = 0; i < *n && root != 0; i++)
		if (found[i] == root)
			root = 0;
	if (root != 0 && *n < CANDIDATES)
		found[(*n)++] = root;
}

static void
by_name(struct decision *d, const char *text, uint32_t *found, size_t *n)
{
	uint32_t named[CANDIDATES];
	size_t k =
	    linker_named(d->linker, text, strlen(text), named, CANDIDATES);

	for (size_t i = 0; i < k && i < CANDIDATES; i++)
		add_candidate(d, named[i], found, n);
}

/* 1 the text is an identifier with a good check character, 0 it is none. */
static int
by_number(struct decision *d, const struct query_word *w, uint32_t *found,
    size_t *n)
{
	struct identities ids;
	int is = 0;

	identities_start(&ids);
	identities_add(&ids, w->kind, w->text, strlen(w->text));
	for (size_t i = 0; i < ids.n && !ids.contradicts; i++) {
		uint32_t who;

		if (!ids.id[i].key || ids.id[i].kind == IDENTITY_ACCOUNT)
			continue;
		is = 1;
		who = linker_lookup(d->linker, ids.id[i].kind, ids.id[i].value);
		if (who != 0)
			add_candidate(d, who, found, n);
	}
	return is;
}

/* Whoever a word may mean; NULL, or why it means nobody. */
static const char *
by_word(struct decision *d, const struct query_word *w, uint32_t *found,
    size_t *n)
{
	uint32_t no;

	*n = 0;
	no = w->said == QUERY_SAID_NAME ? 0 : enterprise_id_parse(w->text);
	if (no != 0)
		add_candidate(d, no, found, n);
	else if (w->said == QUERY_SAID_RECORD)
		return "query_not_found";
	else if (w->said == QUERY_SAID_NAME)
		by_name(d, w->text, found, n);
	else if (!by_number(d, w, found, n)) {
		/* An identifier was said and it is none, or it is a name. */
		if (w->kind != IDENTITY_ANY)
			return "query_number";
		by_name(d, w->text, found, n);
	}
	return *n == 0 ? "query_not_found" : *n > 1 ? "query_several" : NULL;
}

/*
 * Everything said of a subject has to mean one and the same enterprise. A name
 * beside a number that finds one only has to be not another's.
 */
static void
find_subject(struct decision *d, const json_t *said, struct subject *s)
{
	struct query_word word[SUBJECT_WORDS];
	size_t n = query_words(said, word, SUBJECT_WORDS);
	int numbers = 0;

	s->why = "query_not_found";
	if (d->linker == NULL)
		return;
	/* Names come first in word: the numbers are looked at before them. */
	for (size_t k = n; k > 0; k--) {
		const struct query_word *w = &word[k - 1];
		uint32_t found[CANDIDATES];
		size_t m;
		const char *why = by_word(d, w, found, &m);

		if (w->said == QUERY_SAID_NAME && numbers && m == 0)
			continue;
		if (w->said == QUERY_SAID_NAME && numbers && m > 1) {
			for (size_t i = 0; i < m; i++)
				if (found[i] == s->enterprise)
					why = NULL;
			found[0] = s->enterprise;
		}
		if (why == NULL && s->enterprise != 0 &&
		    found[0] != s->enterprise)
			why = "query_differs";
		s->why = why;
		if (why != NULL) {
			s->enterprise = 0;
			return;
		}
		s->enterprise = found[0];
		numbers |= w->said != QUERY_SAID_NAME;
	}
}

static int
keep_subject(struct decision *d, const struct subject *s, const char *said,
    struct err *e)
{
	return db_run(d->k->db, e,
	    "INSERT INTO query_subject_t VALUES (?,?,?,?,?)", "iitit",
	    d->bundle->no, s->n, said, (int64_t)s->enterprise,
	    s->why != NULL ? s->why : "");
}

static int
compare_subjects(const void *a, const void *b)
{
	const struct subject *x = *(const struct subject *const *)a;
	const struct subject *y = *(const struct subject *const *)b;

	if (x->enterprise != y->enterprise)
		return x->enterprise < y->enterprise ? -1 : 1;
	return x->n < y->n ? -1 : 1;
}

/* Who is asked for twice gets its rows once. */
static void
mark_again(struct decision *d)
{
	struct subject **sorted =
	    xreallocarray(NULL, d->nsubjects + 1, sizeof(*sorted));

	for (size_t i = 0; i < d->nsubjects; i++)
		sorted[i] = &d->subject[i];
	qsort(sorted, d->nsubjects, sizeof(*sorted), compare_subjects);
	for (size_t i = 1; i < d->nsubjects; i++)
		sorted[i]->again =
		    sorted[i]->enterprise != 0 &&
		    sorted[i]->enterprise == sorted[i - 1]->enterprise;
	free(sorted);
}

static int
find_subjects(struct decision *d, struct err *e)
{
	char said[QUERY_TEXT * 2];
	size_t i;
	json_t *one;

	d->nsubjects = query_subjects(d->q);
	d->subject = xcalloc(d->nsubjects + 1, sizeof(*d->subject));
	json_array_foreach(d->q->subjects, i, one)
	{
		struct subject *s = &d->subject[i];

		s->n = (int64_t)i + 1;
		find_subject(d, one, s);
		query_subject_text(one, said, sizeof(said));
		if (keep_subject(d, s, said, e) == -1)
			return -1;
	}
	mark_again(d);
	return 0;
}

/* All that there are, each its own number. */
static int
find_all(struct decision *d, struct err *e)
{
	size_t n = (size_t)db_int(d->k->db, 0,
	    "SELECT count(*) FROM enterprise_t WHERE root = no", "");
	sqlite3_stmt *st;
	int rc;

	d->subject = xcalloc(n + 1, sizeof(*d->subject));
	rc = db_query(d->k->db, &st, e,
	    "SELECT no FROM enterprise_t WHERE root = no ORDER BY no", "");
	for (; rc == 1 && d->nsubjects < n; rc = db_next(d->k->db, st, e)) {
		struct subject *s = &d->subject[d->nsubjects++];

		s->n = sqlite3_column_int64(st, 0);
		s->enterprise = (uint32_t)s->n;
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* ---- which data ---- */

/* Answers are alike but for the consent. */
static int
same_answer(const struct give *g, const struct grant_answer *a, const char *why)
{
	const struct grant_answer *b = &g->answer;

	return strcmp(g->why, why) == 0 && a->form == b->form &&
	       a->full == b->full && a->masked == b->masked &&
	       strcmp(a->from, b->from) == 0 &&
	       strcmp(a->until, b->until) == 0 && a->ngrants == b->ngrants &&
	       memcmp(a->grant, b->grant, a->ngrants * sizeof(a->grant[0])) ==
		   0;
}

static struct give *
give_of(struct decision *d, const struct schema *s,
    const struct grant_answer *a, const char *why)
{
	struct give *g;

	for (size_t i = d->dataset; i < d->ngives; i++)
		if (same_answer(&d->give[i], a, why))
			return &d->give[i];
	if (d->ngives == d->room) {
		d->room = d->room * 2 + 32;
		d->give = xreallocarray(d->give, d->room, sizeof(*d->give));
	}
	g = &d->give[d->ngives];
	memset(g, 0, sizeof(*g));
	g->n = (int64_t)++d->ngives;
	g->schema = s;
	g->answer = *a;
	g->why = why;
	return g;
}

static int
keep_pass(struct decision *d, const struct give *g, const struct subject *s,
    const struct grant_answer *a, int person, struct err *e)
{
	return db_run(d->k->db, e,
	    "INSERT INTO query_pass_t VALUES (?,?,?,?,?,?)", "iiiiii",
	    d->bundle->no, g->n, s->n, (int64_t)s->enterprise, a->consent,
	    (int64_t)person);
}

/* One subject's answer of one data set, cut down to what was asked for. */
static int
decide_one(struct decision *d, const struct schema *schema, uint64_t fields,
    struct subject *s, struct err *e)
{
	char division[GRANT_DIVISION] = "";
	struct grant_subject who = { 0, division, 0 };
	struct grant_answer a;
	struct give *g;
	const char *why;

	if (s->enterprise != 0 &&
	    (linking_current(d->k, s->enterprise, e) == -1 ||
		grant_subject(d->k->db, s->enterprise, division, &who, e) ==
		    -1))
		return -1;
	grant_decide(&d->grants, &d->ask, schema, &who, &a);
	if (a.why == GRANT_GIVEN && a.form >= GRANT_LATEST) {
		a.full &= fields;
		a.masked &= fields;
		if ((a.full | a.masked) == 0)
			a.why = GRANT_NOT_GRANTED;
	}
	why = grant_refusal_code(a.why);
	if (a.why == GRANT_GIVEN && s->enterprise == 0) {
		a.why = GRANT_OTHER_WHOM;
		why = s->why;
	}
	if (why[0] != '\0') {
		a.form = GRANT_NONE;
		a.full = a.masked = 0;
		a.ngrants = 0;
		a.consent = 0;
		a.from = a.until = "";
	}
	g = give_of(d, schema, &a, why);
	g->subjects++;
	if (why[0] == '\0') {
		s->given = 1;
		d->given = 1;
	} else if (d->q->all) {
		return 0;
	}
	return keep_pass(d, g, s, &a, who.person, e);
}

/* Where the data sets were not named, what is not granted is not told. */
static int
is_worth_telling(const struct decision *d)
{
	const char *none = grant_refusal_code(GRANT_NOT_GRANTED);

	if (d->q->datasets != NULL)
		return 1;
	for (size_t i = d->dataset; i < d->ngives; i++)
		if (strcmp(d->give[i].why, none) != 0 &&
		    strcmp(d->give[i].why,
			grant_refusal_code(GRANT_NOT_SHARED)) != 0)
			return 1;
	return 0;
}

static int
forget_gives(struct decision *d, struct err *e)
{
	d->ngives = d->dataset;
	return db_run(d->k->db, e,
	    "DELETE FROM query_pass_t WHERE query = ? AND give > ?", "ii",
	    d->bundle->no, (int64_t)d->ngives);
}

static int
decide_dataset(struct decision *d, const struct schema *s, uint64_t fields,
    struct err *e)
{
	d->dataset = d->ngives;
	for (size_t i = 0; i < d->nsubjects; i++)
		if (!d->subject[i].again &&
		    decide_one(d, s, fields, &d->subject[i], e) == -1)
			return -1;
	return is_worth_telling(d) ? 0 : forget_gives(d, e);
}

static int
fields_of(const struct schema *s, const json_t *names, uint64_t *ret_fields,
    struct err *e)
{
	size_t i;
	json_t *one;

	*ret_fields = names == NULL ? UINT64_MAX : 0;
	json_array_foreach(names, i, one)
	{
		int f = schema_field(s, json_string_value(one));

		if (f == -1)
			return err_say(e, ERR_SENDER, "query_field", s->dataset,
			    json_string_value(one), NULL);
		*ret_fields |= UINT64_C(1) << f;
	}
	return 0;
}

static int
decide_datasets(struct decision *d, struct err *e)
{
	const struct schemas *all = d->standing->schemas;
	size_t n = json_array_size(d->q->datasets);

	for (size_t i = 0; i < n; i++) {
		const json_t *names;
		const char *dataset = query_dataset(d->q, i, &names);
		const struct schema *s = schemas_find(all, dataset);
		uint64_t fields;

		if (s == NULL)
			return err_say(e, ERR_SENDER, "query_dataset", dataset,
			    NULL);
		if (fields_of(s, names, &fields, e) == -1 ||
		    decide_dataset(d, s, fields, e) == -1)
			return -1;
	}
	for (size_t i = 0; n == 0 && i < schemas_count(all); i++) {
		const struct schema *s = schemas_at(all, i);

		if (schemas_find(all, s->dataset) == s &&
		    decide_dataset(d, s, UINT64_MAX, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- what is kept ---- */

/* Their names as a JSON list; the caller's. */
static char *
names_of(const struct schema *s, uint64_t fields)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < s->nfields; i++)
		if ((fields >> i & 1) != 0)
			json_array_append_new(list,
			    json_string(s->field[i].name));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static char *
numbers_of(const struct grant_answer *a)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < a->ngrants; i++)
		json_array_append_new(list, json_integer(a->grant[i]));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static int
keep_give(struct decision *d, const struct give *g, struct err *e)
{
	const struct grant_answer *a = &g->answer;
	char *grants = numbers_of(a);
	char *full = names_of(g->schema, a->full);
	char *masked = names_of(g->schema, a->masked);
	int rc = db_run(d->k->db, e,
	    "INSERT INTO query_give_t (query, n, dataset, version, form, full,"
	    " masked, full_fields, masked_fields, from_day, until_day, grants,"
	    " why, refusal, subjects) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	    "iittiiitttt"
	    "ttii",
	    d->bundle->no, g->n, g->schema->dataset, g->schema->version,
	    (int64_t)a->form, (int64_t)a->full, (int64_t)a->masked, full,
	    masked, a->from, a->until, grants, g->why, (int64_t)a->why,
	    g->subjects);

	for (size_t i = 0; rc == 0 && i < a->ngrants; i++)
		rc = grant_used(d->k->db, a->grant[i], d->bundle->name.id,
		    d->day, e);
	free(grants);
	free(full);
	free(masked);
	return rc;
}

/* Days until an extract is removed: the shortest of its grants, or ours. */
static int
life_of(const struct decision *d)
{
	int life = d->k->conf.extract_days;

	for (size_t i = 0; i < d->ngives; i++)
		if (d->give[i].answer.life > 0 && d->give[i].answer.life < life)
			life = d->give[i].answer.life;
	return life;
}

static int
keep(struct decision *d, struct err *e)
{
	char life[32];

	for (size_t i = 0; i < d->ngives; i++)
		if (keep_give(d, &d->give[i], e) == -1)
			return -1;
	if (db_run(d->k->db, e,
		"INSERT OR IGNORE INTO mark_t VALUES (?, randomblob(32))", "t",
		d->bundle->name.account) == -1)
		return -1;
	snprintf(life, sizeof(life), "+%d days", life_of(d));
	return db_run(d->k->db, e,
	    "UPDATE query_t SET state = ?, purpose = ?, day = ?, known_at = ?,"
	    " upto = ?, expires = date(?, ?) WHERE no = ?",
	    "tttttt"
	    "ti",
	    d->given ? "decided" : "refused", d->ask.purpose, d->day, d->now,
	    jobs_since(d->k, d->now), d->day, life, d->bundle->no);
}

static int
decide(struct decision *d, struct err *e)
{
	if (find_purpose(d, e) == -1 || check_day(d, e) == -1 ||
	    query_check_key(d->k->db, d->bundle->name.account, d->q, e) == -1)
		return -1;
	if (d->q->all ? find_all(d, e) == -1 : find_subjects(d, e) == -1)
		return -1;
	if (decide_datasets(d, e) == -1)
		return -1;
	return keep(d, e);
}

int
query_decide(struct keeper *k, const struct standing *s, const struct bundle *b,
    const struct query *q, const char *now, struct err *e)
{
	struct decision d = { .k = k,
		.standing = s,
		.bundle = b,
		.q = q,
		.now = now };
	int rc = query_forget_decision(k->db, b->no, e);

	work_day(now, d.day);
	if (linking_enterprises(k) != NULL)
		d.linker = enterprises_linker(linking_enterprises(k));
	d.ask.account = b->name.account;
	d.ask.today = d.day;
	d.ask.consent = q->consent;
	if (rc == 0)
		rc = grant_load(k->db, s, b->name.account, &d.grants, e);
	if (rc == 0)
		rc = decide(&d, e);
	if (rc == 0)
		rc = d.given;
	grants_free(&d.grants);
	free(d.subject);
	free(d.give);
	return rc;
}
