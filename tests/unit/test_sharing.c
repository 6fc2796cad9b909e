#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/db.h"
#include "grant/objection.h"
#include "rule/box_sharing.h"
#include "rule/pack.h"
#include "sys/buf.h"

/* The rules that ship, and what is made of them. */
static struct pack *pack;
static struct schemas *schemas;
static const struct pack_file *file;
static struct sharing *h;
static struct err e;

static int
gather(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	(void)state;
	rc = pack_gather(dir, &pack, &e);
	close(dir);
	h = calloc(1, sizeof(*h));
	if (rc == -1 || h == NULL || schemas_read(pack, &schemas, &e) == -1)
		return -1;
	file = pack_find(pack, SHARING_FILE);
	return file != NULL ? 0 : -1;
}

static int
drop(void **state)
{
	(void)state;
	free(h);
	schemas_free(schemas);
	pack_free(pack);
	return 0;
}

/* The rules with one piece of text instead of another. */
static int
read_changed(const char *from, const char *to)
{
	struct buf b;
	const char *at = memmem(file->data, file->len, from, strlen(from));
	size_t before;
	int rc;

	assert_non_null(at);
	before = (size_t)(at - file->data);
	buf_init(&b, 1 << 20);
	buf_add(&b, file->data, before);
	buf_addstr(&b, to);
	buf_add(&b, at + strlen(from), file->len - before - strlen(from));
	rc = box_sharing_read(b.data, b.len, schemas, h, &e);
	buf_done(&b);
	return rc;
}

static void
refuses(const char *from, const char *to, const char *word)
{
	assert_int_equal(read_changed(from, to), -1);
	assert_non_null(strstr(e.en, word));
}

static void
the_shipped_rules_speak_of_every_data_set(void **state)
{
	(void)state;
	assert_int_equal(read_changed("return {", "return {"), 0);
	for (size_t i = 0; i < schemas_count(schemas); i++)
		assert_non_null(
		    sharing_find(h, schemas_at(schemas, i)->dataset));
}

static void
every_personal_field_that_ships_has_a_mask(void **state)
{
	(void)state;
	assert_int_equal(read_changed("return {", "return {"), 0);
	for (size_t i = 0; i < schemas_count(schemas); i++) {
		const struct schema *s = schemas_at(schemas, i);

		for (size_t k = 0; k < s->nfields; k++)
			if (s->field[k].sensitivity == 'X' &&
			    strcmp(s->field[k].name, "guarantor_id_type") != 0)
				assert_int_not_equal(sharing_mask(h,
							 s->field[k].name),
				    MASK_WHOLE);
	}
}

static void
bank_and_police_data_are_held_back_by_the_shipped_rules(void **state)
{
	(void)state;
	assert_int_equal(read_changed("return {", "return {"), 0);
	for (size_t i = 0; i < h->ndatasets; i++)
		assert_int_equal(h->dataset[i].consent,
		    strncmp(h->dataset[i].dataset, "cbrc_", 5) == 0);
	assert_true(sharing_find(h, "police_enterprise_case")->by_name);
	assert_int_equal(sharing_find(h, "enterprise_consent")->class,
	    SHARING_NEVER);
}

static void
persons_are_kept_five_years_at_most(void **state)
{
	(void)state;
	refuses("person = 5", "person = 6", "five years");
	assert_int_equal(read_changed("enterprise = 5", "enterprise = 10"), 0);
	assert_int_equal(h->years_enterprise, 10);
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	refuses("aic_honor = {", "aic_honour = {", "'aic_honour'");
	refuses("class = \"open\"", "class = \"opened\"", "'opened'");
	refuses("basis = basis.register", "basis = \"\"", "legal basis");
	refuses("ended = \"act_ended_on\"", "ended = \"act_ended\"",
	    "'act_ended'");
	refuses("ended = \"act_ended_on\"", "ended = \"penalty_reason\"",
	    "no date is called 'penalty_reason'");
	refuses("legal_rep_id = \"id\"", "legal_rep_id = \"ids\"", "'ids'");
	refuses("loan_approval = {", "[\"loan approval\"] = {",
	    "'loan approval'");
	refuses("keep = {", "kept = {", "'kept'");
	refuses("form = \"yes-no\"", "form = \"maybe\"", "'maybe'");
	refuses("return {", "while true do end return {", "does not end");
	refuses("return {", "return nil or 1 and {} and 7, {", "no table");
}

static void
without_the_file_nothing_is_shared(void **state)
{
	static const char empty[] = "zayton-pack 1\n";
	struct sharing *none = NULL;
	struct pack *p = NULL;
	int fd = memfd_create("pack", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, empty, sizeof(empty) - 1),
	    sizeof(empty) - 1);
	assert_int_equal(pack_map(fd, &p, &e), 0);
	close(fd);
	assert_int_equal(box_sharing_of(p, schemas, &none, &e), 0);
	assert_int_equal(none->ndatasets, 0);
	free(none);
	pack_free(p);
}

/* --- marks -------------------------------------------------------------- */

static void
marks_stand_on_the_versions_that_stand(void **state)
{
	static const struct schema s = { .dataset = "loans",
		.nfields = 2,
		.field = { { .name = "entity_name" }, { .name = "amount" } } };
	struct objection_mark *m = NULL;
	struct db *db = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(db_open_memory(&db, &e), 0);
	assert_int_equal(db_exec(db,
			     "CREATE TABLE d_loans (_id INTEGER PRIMARY KEY,"
			     " _key TEXT, _provider TEXT, _to TEXT);"
			     "INSERT INTO d_loans VALUES (1, 'a', 'P', 'x'),"
			     " (2, 'a', 'P', NULL), (3, 'a', 'Q', NULL),"
			     " (4, 'b', 'P', NULL), (5, 'c', 'P', NULL);"
			     "INSERT INTO objection_row_t VALUES"
			     " (1, 'loans', 'a', 'P'), (2, 'loans', 'b', 'P'),"
			     " (3, 'loans', 'c', 'P'), (4, 'loans', 'b', 'P');"
			     "INSERT INTO objection_t (no, row, account,"
			     " number, kind, provider, enterprise, dataset,"
			     " field, record, claimed, reason, evidence,"
			     " filed_at, due, bundle, state) VALUES"
			     " (1, 1, '', '', '', '', 0, '', 'amount', '', '',"
			     " '', '', '', '', '', 'RECEIVED'),"
			     " (2, 2, '', '', '', '', 0, '', '', '', '', '',"
			     " '', '', '', '', 'UNRESOLVED'),"
			     " (3, 3, '', '', '', '', 0, '', '', '', '', '',"
			     " '', '', '', '', 'REPAIRED'),"
			     " (4, 4, '', '', '', '', 0, '', '', '', '', '',"
			     " '', '', '', '', 'CORRECTED');",
			     &e),
	    0);
	assert_int_equal(objection_marks(db, &s, &m, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_int_equal(m[0].row, 2);
	assert_int_equal(m[0].field, 1);
	assert_int_equal(m[0].kind, OBJECTION_OPEN);
	assert_int_equal(m[1].row, 4);
	assert_int_equal(m[1].field, -1);
	assert_int_equal(m[1].kind, OBJECTION_UNRESOLVED);
	assert_int_equal(m[2].row, 5);
	assert_int_equal(m[2].kind, OBJECTION_REPAIRED);
	free(m);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_rules_speak_of_every_data_set),
		cmocka_unit_test(every_personal_field_that_ships_has_a_mask),
		cmocka_unit_test(
		    bank_and_police_data_are_held_back_by_the_shipped_rules),
		cmocka_unit_test(persons_are_kept_five_years_at_most),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(without_the_file_nothing_is_shared),
		cmocka_unit_test(marks_stand_on_the_versions_that_stand),
	};

	return cmocka_run_group_tests(tests, gather, drop);
}
