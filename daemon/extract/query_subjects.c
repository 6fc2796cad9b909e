#include <stdlib.h>
#include <string.h>

#include "extract/query_part.h"
#include "golden/enterprise.h"
#include "golden/linking.h"
#include "grant/grant_store.h"
#include "sys/mem.h"

/* Of whom a query is: which enterprise each of its words means, if any. */

enum { CANDIDATES = 4, SUBJECT_WORDS = 8 };

static void
add_candidate(struct query_decide *d, uint32_t no, uint32_t *found, size_t *n)
{
	uint32_t root = enterprises_root(d->k->db, no);

	for (size_t i = 0; i < *n && root != 0; i++)
		if (found[i] == root)
			root = 0;
	if (root != 0 && *n < CANDIDATES)
		found[(*n)++] = root;
}

static void
by_name(struct query_decide *d, const char *text, uint32_t *found, size_t *n)
{
	uint32_t named[CANDIDATES];
	size_t k =
	    linker_named(d->linker, text, strlen(text), named, CANDIDATES);

	for (size_t i = 0; i < k && i < CANDIDATES; i++)
		add_candidate(d, named[i], found, n);
}

/* 1 the text is an identifier with a good check character, 0 it is none. */
static int
by_kind(struct query_decide *d, enum identity_kind kind, const char *text,
    uint32_t *found, size_t *n)
{
	struct identities ids;
	int is = 0;

	identities_start(&ids);
	identities_add(&ids, kind, text, strlen(text));
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

/*
 * A number without its kind is looked up as each kind it can be: one in eleven
 * registration numbers passes as a tax number too.
 */
static int
by_number(struct query_decide *d, const struct query_word *w, uint32_t *found,
    size_t *n)
{
	static const enum identity_kind kinds[] = { IDENTITY_USCC,
		IDENTITY_ORG_CODE, IDENTITY_TAX_ID, IDENTITY_REG_NO };
	int is = 0;

	if (w->kind != IDENTITY_ANY)
		return by_kind(d, w->kind, w->text, found, n);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		is |= by_kind(d, kinds[i], w->text, found, n);
	return is;
}

/* Whoever a word may mean; NULL, or why it means nobody. */
static const char *
by_word(struct query_decide *d, const struct query_word *w, uint32_t *found,
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
find_subject(struct query_decide *d, const json_t *said,
    struct query_subject *s)
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
keep_subject(struct query_decide *d, const struct query_subject *s,
    const char *said, struct err *e)
{
	return db_run(d->k->db, e,
	    "INSERT INTO query_subject_t VALUES (?,?,?,?,?)", "iitit",
	    d->bundle->no, s->n, said, (int64_t)s->enterprise,
	    s->why != NULL ? s->why : "");
}

static int
compare_subjects(const void *a, const void *b)
{
	const struct query_subject *x = *(const struct query_subject *const *)a;
	const struct query_subject *y = *(const struct query_subject *const *)b;

	if (x->enterprise != y->enterprise)
		return x->enterprise < y->enterprise ? -1 : 1;
	return x->n < y->n ? -1 : 1;
}

/* Who is asked for twice gets its rows once. */
static void
mark_again(struct query_decide *d)
{
	struct query_subject **sorted =
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

static struct query_subject *
add(struct query_decide *d, int64_t n)
{
	struct query_subject *s;

	if (d->nsubjects == d->subjects_room) {
		d->subjects_room = d->subjects_room * 2 + QUERY_AT_ONCE;
		d->subject = xreallocarray(d->subject, d->subjects_room,
		    sizeof(*d->subject));
	}
	s = &d->subject[d->nsubjects++];
	memset(s, 0, sizeof(*s));
	s->n = n;
	return s;
}

/* Those that are named, as they stand in the query. */
static int
find_named(struct query_decide *d, struct err *e)
{
	char said[QUERY_TEXT * 2];

	for (int i = 0; i < QUERY_AT_ONCE; i++) {
		const json_t *one = json_array_get(d->q.subjects, d->nsubjects);
		struct query_subject *s;

		if (one == NULL) {
			mark_again(d);
			return 0;
		}
		s = add(d, (int64_t)d->nsubjects + 1);
		find_subject(d, one, s);
		query_subject_text(one, said, sizeof(said));
		if (keep_subject(d, s, said, e) == -1)
			return -1;
	}
	return 1;
}

/* All that there are, each its own number. */
static int
find_all(struct query_decide *d, struct err *e)
{
	int64_t last = d->nsubjects > 0 ? d->subject[d->nsubjects - 1].n : 0;
	sqlite3_stmt *st;
	int n = 0;
	int rc = db_query(d->k->db, &st, e,
	    "SELECT no FROM enterprise_t WHERE root = no AND no > ? ORDER BY no"
	    " LIMIT ?",
	    "ii", last, (int64_t)QUERY_AT_ONCE);

	for (; rc == 1; rc = db_next(d->k->db, st, e), n++) {
		struct query_subject *s = add(d, sqlite3_column_int64(st, 0));

		s->enterprise = (uint32_t)s->n;
	}
	db_done(st);
	return rc == -1 ? -1 : n > 0;
}

int
query_subjects_find(struct query_decide *d, struct err *e)
{
	return d->q.all ? find_all(d, e) : find_named(d, e);
}

int
query_subjects_know(struct query_decide *d, struct err *e)
{
	struct grant_subject who;

	/* One lock of the base for all of them. */
	if (db_begin(d->k->db, e) == -1)
		return -1;
	for (int i = 0; i < QUERY_AT_ONCE; i++) {
		struct query_subject *s = &d->subject[d->at];

		if (d->at == d->nsubjects) {
			d->at = 0;
			return 0;
		}
		d->at++;
		if (s->enterprise == 0)
			continue;
		if (linking_current(d->k, s->enterprise, e) == -1 ||
		    grant_subject(d->k->db, s->enterprise, s->division, &who,
			e) == -1)
			return -1;
		s->person = (uint8_t)who.person;
	}
	return 1;
}
