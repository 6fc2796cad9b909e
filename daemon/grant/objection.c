#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/db.h"
#include "base/ledger.h"
#include "base/rows.h"
#include "extract/recall.h"
#include "grant/objection_part.h"
#include "keeper/standing.h"
#include "sys/mem.h"
#include "sys/member.h"
#include "way/work.h"

const char *const objection_verdicts[] = { "CORRECTED", "CONFIRMED",
	"UNRESOLVED", "REPAIRED", NULL };

/* --- marks -------------------------------------------------------------- */

static enum objection_mark_kind
kind_of(const char *state)
{
	if (strcmp(state, "REPAIRED") == 0)
		return OBJECTION_REPAIRED;
	return strcmp(state, "UNRESOLVED") == 0 ? OBJECTION_UNRESOLVED
						: OBJECTION_OPEN;
}

int
objection_marks(struct db *db, const struct schema *s,
    struct objection_mark **ret_list, size_t *ret_n, struct err *e)
{
	size_t room = 0;
	sqlite3_stmt *st;
	char sql[512];
	int rc;

	*ret_list = NULL;
	*ret_n = 0;
	snprintf(sql, sizeof(sql),
	    "SELECT d._id, o.field, o.state, o.no FROM objection_row_t r JOIN"
	    " objection_t o ON o.no = r.objection JOIN d_%s d ON d._key ="
	    " r.\"key\" AND d._provider = r.provider AND d._to IS NULL WHERE"
	    " r.dataset = ? AND o.state IN ('RECEIVED', 'UNRESOLVED',"
	    " 'REPAIRED') ORDER BY d._id, o.no",
	    s->dataset);
	rc = db_query(db, &st, e, sql, "t", s->dataset);
	for (; rc == 1; rc = db_next(db, st, e)) {
		const char *field = db_text(st, 1);
		struct objection_mark *m;

		if (*ret_n == room) {
			room = room > 0 ? 2 * room : 16;
			*ret_list =
			    xreallocarray(*ret_list, room, sizeof(**ret_list));
		}
		m = &(*ret_list)[(*ret_n)++];
		m->row = sqlite3_column_int64(st, 0);
		m->field = field[0] != '\0' ? schema_field(s, field) : -1;
		m->kind = kind_of(db_text(st, 2));
		m->number = sqlite3_column_int64(st, 3);
	}
	db_done(st);
	return rc;
}

/* --- answers ------------------------------------------------------------ */

/* What it marked is another row now to whoever was given it. */
static int
unmark(struct db *db, int64_t no, struct err *e)
{
	return recall_marked(db,
	    (uint32_t)db_int(db, 0,
		"SELECT enterprise FROM objection_t WHERE no = ?", "i", no),
	    e);
}

int
objection_close(struct keeper *k, int64_t no, const char *verdict,
    const char *answer, const char *by, const char *now, struct err *e)
{
	json_t *detail;
	char *text;
	int rc = db_run(k->db, e,
	    "UPDATE objection_t SET state = ?, answer = ?, answered_by = ?,"
	    " answered_at = ? WHERE no = ? AND state = 'RECEIVED'",
	    "tttti", verdict, answer, by, now, no);

	if (rc == -1 || sqlite3_changes(k->db->handle) == 0)
		return rc;
	detail = json_pack("{s:I, s:s, s:s, s:s}", "objection", (json_int_t)no,
	    "verdict", verdict, "answer", answer, "by", by);
	text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(k->db, now, "objection answered", "", "", text, NULL,
	    e);
	free(text);
	json_decref(detail);
	return rc == -1 || unmark(k->db, no, e) == -1 ||
		       objection_tell(k, no, now, e) == -1
		   ? -1
		   : 1;
}

int
objection_grant(struct keeper *k, int64_t grant, const char *verdict,
    const struct act *a, struct err *e)
{
	for (;;) {
		int64_t no = db_int(k->db, 0,
		    "SELECT min(no) FROM objection_t WHERE \"grant\" = ? AND"
		    " state = 'RECEIVED'",
		    "i", grant);

		if (no == 0)
			return 0;
		if (objection_close(k, no, verdict, a->reason, a->person,
			a->now, e) == -1)
			return -1;
	}
}

/* --- what is asked ------------------------------------------------------ */

static int
list(struct keeper *k, const json_t *request, json_t **ret_answer,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	*ret_answer = json_array();
	rc = db_query(k->db, &st, e,
	    "SELECT * FROM data_objection WHERE ?1 OR state = 'RECEIVED'"
	    " ORDER BY objection",
	    "i", (int64_t)json_is_true(json_object_get(request, "all")));
	return rows_take(k->db, st, rc, *ret_answer, e);
}

/* Its verdict in capitals; NULL where it is none. */
static const char *
verdict_of(const char *word)
{
	for (const char *const *v = objection_verdicts; *v != NULL; v++)
		if (strcasecmp(*v, word) == 0)
			return *v;
	return NULL;
}

static int
answer(struct keeper *k, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	int64_t no = json_integer_value(json_object_get(request, "number"));
	const char *verdict = verdict_of(member_text(request, "verdict"));
	struct act a;
	int rc;

	if (act_begin(&a, request, now, e) == -1)
		return -1;
	if (verdict == NULL)
		return act_refuse(e,
		    "结果应为 corrected、confirmed、unresolved 或 repaired",
		    "the verdict is corrected, confirmed, unresolved or "
		    "repaired",
		    member_text(request, "verdict"));
	if (db_int(k->db, 0,
		"SELECT count(*) FROM objection_t WHERE no = ? AND kind ="
		" 'GRANT'",
		"i", no) > 0)
		return act_refuse(e,
		    "对授权的异议以 grant resume 或 grant revoke 答复",
		    "an objection to a grant is answered by 'grant resume' or "
		    "'grant revoke'",
		    "");
	rc = objection_close(k, no, verdict, a.reason, a.person, now, e);
	*ret_answer = json_pack("{s:I, s:s}", "objection", (json_int_t)no,
	    "state", verdict);
	return rc == 0    ? act_refuse(e, "没有这一待答复的异议",
				"there is no such objection to answer", "")
	       : rc == -1 ? -1
			  : 0;
}

int
objection_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	if (strcmp(what, "objection list") == 0)
		return list(k, request, ret_answer, e);
	if (strcmp(what, "objection answer") == 0)
		return answer(k, request, now, ret_answer, e);
	return err_set(e, ERR_HOLD, "unknown request '%s'", what);
}
