#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "form/text.h"
#include "golden/records.h"
#include "sys/member.h"

/*
 * zayton enterprise find, show, explain: golden records, and where each value
 * came from. All of it is read beside a running server.
 */

/* A value of any kind as a text in a rotating buffer. */
static const char *
value_of(const json_t *o)
{
	static char text[4][64];
	static int at;
	const json_t *v = json_object_get(o, "value");

	if (json_is_string(v))
		return json_string_value(v);
	at = (at + 1) % 4;
	snprintf(text[at], sizeof(text[at]), "%.2f", json_real_value(v));
	return json_is_real(v) ? text[at] : "";
}

static int
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(o);
	return COMMAND_DONE;
}

/* --- find --------------------------------------------------------------- */

static int
find_rows(struct records *r, const char *text, json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(r->db, &st, e,
	    "SELECT e.id, e.entity_name, e.reg_no, e.uscc, e.status, min(m.why)"
	    " FROM (SELECT enterprise, name || CASE WHEN valid_to <> '' THEN"
	    " '（至/until ' || valid_to || '）' ELSE '' END AS why FROM"
	    " enterprise_alias WHERE instr(name, ?1) > 0 UNION ALL SELECT"
	    " enterprise, kind || ' ' || value FROM enterprise_id WHERE value ="
	    " upper(?1) OR value LIKE '%:' || ?1) m JOIN enterprise e ON"
	    " e.id = m.enterprise GROUP BY e.id ORDER BY e.id LIMIT 200",
	    "t", text);

	for (; rc == 1; rc = db_next(r->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id",
			db_text(st, 0), "entity_name", db_text(st, 1), "reg_no",
			db_text(st, 2), "uscc", db_text(st, 3), "status",
			db_text(st, 4), "match", db_text(st, 5)));
	db_done(st);
	return rc;
}

static int
find(const char *asked, int json)
{
	json_t *list = json_array();
	struct records r;
	char text[512];
	struct err e;
	json_t *v;
	size_t i;

	text_code_fold(asked, strlen(asked), text, sizeof(text));
	if (records_open(NULL, &r, &e) == -1)
		return command_fail(&e);
	if (find_rows(&r, asked, list, &e) == -1 ||
	    (json_array_size(list) == 0 && strcmp(text, asked) != 0 &&
		find_rows(&r, text, list, &e) == -1)) {
		records_close(&r);
		return command_fail(&e);
	}
	records_close(&r);
	if (json)
		return print_json(list);
	json_array_foreach(list, i, v)
		printf("%s  %s  %s  %s  %s\n", member_text(v, "id"),
		    member_text(v, "entity_name"), member_text(v, "reg_no"),
		    member_text(v, "status"), member_text(v, "match"));
	if (json_array_size(list) == 0)
		printf("没有找到“%s”\nnothing is found for '%s'\n", asked,
		    asked);
	i = json_array_size(list);
	json_decref(list);
	return i > 0 ? COMMAND_DONE : COMMAND_FAULTS;
}

/* --- show --------------------------------------------------------------- */

static void
print_record(const json_t *record)
{
	json_t *v;
	size_t i;

	printf("%s", member_text(record, "id"));
	if (strcmp(member_text(record, "id"), member_text(record, "asked")) !=
	    0)
		printf("（%s 已并入/is part of it）",
		    member_text(record, "asked"));
	if (member_text(record, "as_of")[0] != '\0')
		printf("  业务日期截至/as of %s", member_text(record, "as_of"));
	if (member_text(record, "known")[0] != '\0')
		printf("  平台所知截至/known on %s",
		    member_text(record, "known"));
	putchar('\n');
	json_array_foreach(json_object_get(record, "fields"), i, v) {
		const json_t *w = json_object_get(v, "winner");

		if (w == NULL)
			continue;
		printf("  %s %s: %s%s%s%s  [%s %s%s]\n",
		    member_text(v, "title"), member_text(v, "field"),
		    value_of(w), member_text(w, "label")[0] != '\0' ? "（" : "",
		    member_text(w, "label"),
		    member_text(w, "label")[0] != '\0' ? "）" : "",
		    member_text(w, "provider"), member_text(w, "as_of"),
		    json_is_true(json_object_get(v, "provisional"))
			? " 暂定/provisional"
			: "");
	}
}

/* Of the members in the list ?1, by bundles that were known on ?2. */
#define OF_MEMBERS                                                            \
	" JOIN bundle_t b ON b.no = n.bundle WHERE n.enterprise IN (SELECT"   \
	" value FROM json_each(?1)) AND (?2 = '' OR substr(b.received_at, 1," \
	" length(?2)) <= ?2)"

static int
add_names(struct records *r, const char *members, const char *known,
    json_t *list, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(r->db, &st, e,
	    "SELECT n.name, n.since, n.until FROM enterprise_name_t "
	    "n" OF_MEMBERS " ORDER BY n.until = '' DESC, n.until DESC, n.name",
	    "tt", members, known);

	for (; rc == 1; rc = db_next(r->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "name", db_text(st, 0),
			"valid_from", db_text(st, 1), "valid_to",
			db_text(st, 2)));
	db_done(st);
	return rc;
}

static int
add_ids(struct records *r, const char *members, const char *known, json_t *list,
    struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_query(r->db, &st, e,
	    "SELECT n.kind, n.value FROM enterprise_ident_t n" OF_MEMBERS
	    " ORDER BY n.kind, n.value",
	    "tt", members, known);

	for (; rc == 1; rc = db_next(r->db, st, e))
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "kind",
			identity_kind_name(
			    (enum identity_kind)sqlite3_column_int(st, 0)),
			"value", db_text(st, 1)));
	db_done(st);
	return rc;
}

/* Names and identifiers that are not of the record's fields. */
static int
add_known(struct records *r, const char *known, json_t *record, struct err *e)
{
	char *members = json_dumps(json_object_get(record, "members"), 0);
	json_t *names = json_array();
	json_t *ids = json_array();
	int rc = add_names(r, members, known, names, e);

	if (rc == 0)
		rc = add_ids(r, members, known, ids, e);
	free(members);
	json_object_set_new(record, "names", names);
	json_object_set_new(record, "ids", ids);
	return rc;
}

static void
print_known(const json_t *record)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(record, "names"), i, v)
		printf("  名称 name: %s  %s–%s\n", member_text(v, "name"),
		    member_text(v, "valid_from"), member_text(v, "valid_to"));
	json_array_foreach(json_object_get(record, "ids"), i, v)
		printf("  号码 %s: %s\n", member_text(v, "kind"),
		    member_text(v, "value"));
}

static int
record_of(struct records *r, const char *id, const struct golden_when *when,
    json_t **ret_record, struct err *e)
{
	uint32_t no = enterprise_id_parse(id);

	if (no == 0)
		return err_set(e, ERR_SENDER,
		    "'%s' is no id of an enterprise (E and digits): see "
		    "'zayton enterprise find'",
		    id);
	return golden_show(r->golden, no, when, ret_record, e);
}

static int
show(const char *id, const struct golden_when *when, int json)
{
	struct records r;
	json_t *record;
	struct err e;

	if (records_open(NULL, &r, &e) == -1)
		return command_fail(&e);
	if (record_of(&r, id, when, &record, &e) == -1 ||
	    add_known(&r, when->known, record, &e) == -1) {
		records_close(&r);
		return command_fail(&e);
	}
	records_close(&r);
	if (json)
		return print_json(record);
	print_record(record);
	print_known(record);
	json_decref(record);
	return COMMAND_DONE;
}

/* --- explain ------------------------------------------------------------ */

static void
print_said_zh(const json_t *w)
{
	printf("“%s”%s%s%s，由 %s 报送：包 %s（%s），文件 %s，第 %lld 行，"
	       "业务日期 %s，数据标准 %s，清洗规则 %.12s",
	    value_of(w), member_text(w, "label")[0] != '\0' ? "（" : "",
	    member_text(w, "label"),
	    member_text(w, "label")[0] != '\0' ? "）" : "",
	    member_text(w, "provider"), member_text(w, "bundle"),
	    member_text(w, "bundle_name"), member_text(w, "file"),
	    (long long)json_integer_value(json_object_get(w, "row")),
	    member_text(w, "as_of")[0] != '\0' ? member_text(w, "as_of")
					       : "不详",
	    member_text(w, "standard"), member_text(w, "rules"));
	if (json_is_true(json_object_get(w, "derived")))
		printf("（由该行的其他号码推导）");
}

static void
print_said_en(const json_t *w)
{
	printf("'%s', sent by %s: bundle %s (%s), file %s, row %lld, date %s, "
	       "standard %s, cleansing rules %.12s",
	    value_of(w), member_text(w, "provider"), member_text(w, "bundle"),
	    member_text(w, "bundle_name"), member_text(w, "file"),
	    (long long)json_integer_value(json_object_get(w, "row")),
	    member_text(w, "as_of")[0] != '\0' ? member_text(w, "as_of")
					       : "unknown",
	    member_text(w, "standard"), member_text(w, "rules"));
	if (json_is_true(json_object_get(w, "derived")))
		printf(" (derived from other numbers of that row)");
}

static void
print_explanation(const json_t *record, const json_t *field)
{
	const json_t *w = json_object_get(field, "winner");
	const json_t *others = json_object_get(field, "others");
	json_t *v;
	size_t i;

	printf("%s 的“%s”（%s）", member_text(record, "id"),
	    member_text(field, "title"), member_text(field, "field"));
	if (w != NULL) {
		printf("为");
		print_said_zh(w);
		printf("。%s。", member_text(w, "reason_zh"));
	} else {
		printf("没有值：没有单位报送可采用的值。");
	}
	if (json_array_size(others) > 0)
		printf("未采用的有 %zu 个：", json_array_size(others));
	json_array_foreach(others, i, v) {
		print_said_zh(v);
		printf("，%s；", member_text(v, "reason_zh"));
	}
	printf("\n\n'%s' of %s", member_text(field, "field"),
	    member_text(record, "id"));
	if (w != NULL) {
		printf(" is ");
		print_said_en(w);
		printf(": %s.", member_text(w, "reason_en"));
	} else {
		printf(" has no value: nobody sent one that may stand.");
	}
	json_array_foreach(others, i, v) {
		printf(" Not taken: ");
		print_said_en(v);
		printf(": %s.", member_text(v, "reason_en"));
	}
	putchar('\n');
}

/* The record's fields, for one that was not known. */
static void
print_fields(const json_t *record)
{
	json_t *v;
	size_t i;

	fprintf(stderr, "zayton: 字段有/fields are:");
	json_array_foreach(json_object_get(record, "fields"), i, v)
		fprintf(stderr, " %s", member_text(v, "field"));
	fputc('\n', stderr);
}

static int
explain(const char *id, const char *name, const struct golden_when *when,
    int json)
{
	struct records r;
	json_t *record, *v;
	json_t *found = NULL;
	struct err e;
	size_t i;

	if (records_open(NULL, &r, &e) == -1)
		return command_fail(&e);
	if (record_of(&r, id, when, &record, &e) == -1) {
		records_close(&r);
		return command_fail(&e);
	}
	records_close(&r);
	json_array_foreach(json_object_get(record, "fields"), i, v) {
		if (strcmp(member_text(v, "field"), name) == 0 ||
		    strcmp(member_text(v, "title"), name) == 0)
			found = v;
	}
	if (found == NULL)
		print_fields(record);
	else if (json)
		(void)print_json(json_incref(found));
	else
		print_explanation(record, found);
	json_decref(record);
	return found != NULL ? COMMAND_DONE : COMMAND_USAGE;
}

int
enterprise_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	const char *as_of = command_option(&argc, argv, "--as-of", 1);
	const char *known = command_option(&argc, argv, "--known", 1);
	struct golden_when when = { as_of != NULL ? as_of : "",
		known != NULL ? known : "" };
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc < 3)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (strcmp(argv[1], "find") == 0 && argc == 3)
		return find(argv[2], json);
	if (strcmp(argv[1], "show") == 0 && argc == 3)
		return show(argv[2], &when, json);
	if (strcmp(argv[1], "explain") == 0 && argc == 4)
		return explain(argv[2], argv[3], &when, json);
	return command_usage();
}
