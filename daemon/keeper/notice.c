#include <stdlib.h>
#include <string.h>

#include "keeper/notice.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { NOTICES_MAX = 1024 /* of one round */ };

void
notice_add(struct keeper *k, const char *event, json_t *members)
{
	char now[40];

	if (k->messenger == -1 || json_array_size(k->notices) >= NOTICES_MAX) {
		json_decref(members);
		return;
	}
	clock_now(now, sizeof(now));
	json_object_set_new(members, "event", json_string(event));
	json_object_set_new(members, "at", json_string(now));
	if (k->notices == NULL)
		k->notices = json_array();
	json_array_append_new(k->notices, members);
}

void
notice_bundle(struct keeper *k, const struct bundle *b)
{
	int rejected = strcmp(b->outcome, "rejected") == 0;
	json_t *o;

	if (k->messenger == -1)
		return;
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "account",
	    b->name.account, "bundle", b->name.id, "name", b->name.name,
	    "outcome", b->outcome, "received_at", b->received_at, "check",
	    b->name.kind == 'c');
	if (b->refusal.code[0] != '\0')
		json_object_set_new(o, "error",
		    json_pack("{s:s, s:s, s:s}", "code", b->refusal.code, "zh",
			b->refusal.zh, "en", b->refusal.en));
	notice_add(k, rejected ? "rejection" : "receipt", o);
}

int
notice_conflicts(struct keeper *k, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	if (k->messenger == -1)
		return 0;
	rc = db_query(k->db, &st, e,
	    "SELECT provider, (SELECT count(*) FROM conflict c WHERE c.status ="
	    " 'open' AND (c.master_provider = n.provider OR c.other_provider ="
	    " n.provider)) FROM conflict_news_t n ORDER BY provider",
	    "");
	for (; rc == 1; rc = db_next(k->db, st, e))
		notice_add(k, "conflict",
		    json_pack("{s:s, s:I}", "provider", db_text(st, 0), "open",
			(json_int_t)sqlite3_column_int64(st, 1)));
	db_done(st);
	return rc;
}

void
notice_send(struct keeper *k)
{
	struct frame *f = &k->out;
	const json_t *o;
	struct err e;
	size_t i;

	json_array_foreach(k->notices, i, o) {
		char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
		int rc;

		frame_start(f, MESSAGE_NOTIFY);
		frame_put_str(f, text != NULL ? text : "{}");
		rc = frame_offer(k->messenger, f, &e);
		if (rc != 1)
			log_error("- notify drops %.200s: %s", text,
			    rc == 0 ? "the messenger is busy" : e.en);
		free(text);
	}
	json_decref(k->notices);
	k->notices = NULL;
}
