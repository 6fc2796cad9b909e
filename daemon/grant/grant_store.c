#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/enterprise.h"
#include "grant/consent.h"
#include "grant/grant_store.h"
#include "sys/mem.h"

#define COPY(to, st, column) snprintf(to, sizeof(to), "%s", db_text(st, column))

/* --- loading ------------------------------------------------------------ */

/* Names that the standard has; others were of an older version. */
static uint64_t
fields_of(const struct schema *s, const char *names)
{
	uint64_t bits = 0;

	for (const char *p = names; *(p += strspn(p, " ")) != '\0';) {
		size_t len = strcspn(p, " ");

		for (size_t i = 0; i < s->nfields; i++)
			if (strlen(s->field[i].name) == len &&
			    memcmp(s->field[i].name, p, len) == 0)
				bits |= UINT64_C(1) << i;
		p += len;
	}
	return bits;
}

/* Those it was merged into count. */
static int
load_list(struct db *db, struct grant *g, struct err *e)
{
	size_t room = 0;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT t.root FROM grant_list_t l JOIN enterprise_t t ON"
	    " t.no = l.enterprise WHERE l.\"grant\" = ?",
	    "i", g->no);

	for (; rc == 1; rc = db_next(db, st, e)) {
		if (g->nlist == room) {
			room = room > 0 ? 2 * room : 64;
			g->list =
			    xreallocarray(g->list, room, sizeof(*g->list));
		}
		g->list[g->nlist++] = (uint32_t)sqlite3_column_int64(st, 0);
	}
	db_done(st);
	return rc;
}

static void
read_grant(sqlite3_stmt *st, const struct schema *s, struct grant *g)
{
	memset(g, 0, sizeof(*g));
	g->schema = s;
	g->no = sqlite3_column_int64(st, 1);
	g->state = (enum grant_state)sqlite3_column_int(st, 2);
	COPY(g->account, st, 3);
	g->named = sqlite3_column_int(st, 4);
	g->fields = fields_of(s, db_text(st, 5));
	g->full = fields_of(s, db_text(st, 6));
	g->whom = (enum grant_whom)sqlite3_column_int(st, 7);
	COPY(g->division, st, 8);
	COPY(g->purpose, st, 9);
	g->form = (enum grant_form)sqlite3_column_int(st, 10);
	COPY(g->from, st, 11);
	COPY(g->until, st, 12);
	COPY(g->data_from, st, 13);
	COPY(g->data_until, st, 14);
	g->life = sqlite3_column_int(st, 15);
	g->times = sqlite3_column_int(st, 16);
	g->every = sqlite3_column_int(st, 17);
	g->used = sqlite3_column_int(st, 18);
	COPY(g->used_on, st, 19);
}

static int
load_grants(struct db *db, const struct standing *s, const char *account,
    struct grants *g, struct err *e)
{
	size_t room = 0;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    "SELECT dataset, no, state, account, named, fields, \"full\","
	    " whom, division, purpose, form, from_day, until, data_from,"
	    " data_until, life, times, every, (SELECT count(*) FROM"
	    " grant_use_t u WHERE u.\"grant\" = g.no), (SELECT"
	    " coalesce(max(day), '') FROM grant_use_t u WHERE u.\"grant\" ="
	    " g.no) FROM grant_t g WHERE account = ?",
	    "t", account);

	for (; rc == 1; rc = db_next(db, st, e)) {
		const struct schema *schema =
		    schemas_find(s->schemas, db_text(st, 0));

		if (schema == NULL)
			continue;
		if (g->n == room) {
			room = room > 0 ? 2 * room : 16;
			g->grant =
			    xreallocarray(g->grant, room, sizeof(*g->grant));
		}
		read_grant(st, schema, &g->grant[g->n++]);
	}
	db_done(st);
	for (size_t i = 0; rc != -1 && i < g->n; i++)
		if (g->grant[i].whom == GRANT_OF_LIST)
			rc = load_list(db, &g->grant[i], e);
	return rc;
}

/* What was sent in counts as long as its row says so, of that enterprise. */
#define CONSENT                                                          \
	"SELECT c.no, t.root, c.account, c.dataset, c.purpose,"          \
	" c.from_day, c.until, c.reference FROM consent_t c JOIN"        \
	" enterprise_t t ON t.no = c.enterprise WHERE c.account = ? AND" \
	" c.state = 'confirmed' AND "
static const char entered_by_hand[] = CONSENT "c.row IS NULL";
static const char entered_or_sent[] = CONSENT
    "(c.row IS NULL OR EXISTS (SELECT 1 FROM d_" CONSENT_DATASET " r JOIN"
    " enterprise_t u ON u.no = r._enterprise WHERE r._id = c.row AND"
    " r._to IS NULL AND u.root = t.root))";

static int
load_consents(struct db *db, const struct standing *s, const char *account,
    struct grants *g, struct err *e)
{
	size_t room = 0;
	sqlite3_stmt *st;
	int rc = db_query(db, &st, e,
	    schemas_find(s->schemas, CONSENT_DATASET) != NULL ? entered_or_sent
							      : entered_by_hand,
	    "t", account);

	for (; rc == 1; rc = db_next(db, st, e)) {
		struct grant_consent *c;

		if (g->nconsents == room) {
			room = room > 0 ? 2 * room : 64;
			g->consent = xreallocarray(g->consent, room,
			    sizeof(*g->consent));
		}
		c = &g->consent[g->nconsents++];
		memset(c, 0, sizeof(*c));
		c->no = sqlite3_column_int64(st, 0);
		c->enterprise = (uint32_t)sqlite3_column_int64(st, 1);
		COPY(c->account, st, 2);
		COPY(c->dataset, st, 3);
		COPY(c->purpose, st, 4);
		COPY(c->from, st, 5);
		COPY(c->until, st, 6);
		COPY(c->reference, st, 7);
	}
	db_done(st);
	return rc;
}

int
grant_load(struct db *db, const struct standing *s, const char *account,
    struct grants *ret_g, struct err *e)
{
	memset(ret_g, 0, sizeof(*ret_g));
	ret_g->sharing = s->sharing;
	if (load_grants(db, s, account, ret_g, e) == -1 ||
	    load_consents(db, s, account, ret_g, e) == -1) {
		grants_free(ret_g);
		return -1;
	}
	grants_order(ret_g);
	return 0;
}

/* --- subjects ----------------------------------------------------------- */

/* A sole trader by its type, else by the class digit of its numbers. */
static int
is_person(const char *type, const char *uscc, const char *reg_no)
{
	if (type[0] != '\0')
		return strcmp(type, "9500") == 0;
	if (strlen(uscc) == 18)
		return strncmp(uscc, "92", 2) == 0;
	return strlen(reg_no) == 15 && reg_no[6] >= '6';
}

int
grant_subject(struct db *db, uint32_t enterprise, char buf[GRANT_DIVISION],
    struct grant_subject *ret_w, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	ret_w->enterprise = enterprise;
	ret_w->division = buf;
	ret_w->person = 0;
	buf[0] = '\0';
	rc = db_query(db, &st, e,
	    "SELECT division_code, ent_type, uscc, reg_no FROM record_t"
	    " WHERE no = ?",
	    "i", (int64_t)enterprise);
	if (rc == 1) {
		snprintf(buf, GRANT_DIVISION, "%.6s", db_text(st, 0));
		ret_w->person =
		    is_person(db_text(st, 1), db_text(st, 2), db_text(st, 3));
	}
	db_done(st);
	return rc == -1 ? -1 : 0;
}

/* --- use ---------------------------------------------------------------- */

int
grant_used(struct db *db, int64_t grant, const char *query, const char *day,
    struct err *e)
{
	return db_run(db, e, "INSERT OR IGNORE INTO grant_use_t VALUES (?,?,?)",
	    "itt", grant, query, day);
}
