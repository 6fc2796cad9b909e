#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

static struct pack *
map_text(const char *text, size_t len, struct err *e)
{
	struct pack *p = NULL;
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, len), len);
	if (pack_map(fd, &p, e) == -1)
		p = NULL;
	close(fd);
	return p;
}

static void
refuses(const char *text)
{
	struct err e;

	assert_null(map_text(text, strlen(text), &e));
	assert_int_equal(e.kind, ERR_HOLD);
}

static void
pack_survives_its_memory_file(void **state)
{
	struct pack *p = rules_pack("return 1");
	struct pack *q;
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(pack_memfd(p, &fd, &e), 0);
	assert_int_equal(pack_map(fd, &q, &e), 0);
	assert_string_equal(pack_sha256(p), pack_sha256(q));
	assert_int_equal(pack_count(q), 9);
	assert_int_equal(pack_find(q, "rules/dem.lua")->len, 8);
	assert_memory_equal(pack_find(q, "rules/dem.lua")->data, "return 1", 8);
	assert_int_equal(strlen(pack_find(q, "rules/dem.lua")->sha256), 64);
	assert_null(pack_find(q, "rules/none.lua"));
	/* Sealed: nobody changes it behind a worker's back. */
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	pack_free(p);
	pack_free(q);
}

static void
pack_hash_is_of_the_content(void **state)
{
	struct pack *p = rules_pack("return 1");
	struct pack *q = rules_pack("return 2");

	(void)state;
	assert_string_not_equal(pack_sha256(p), pack_sha256(q));
	pack_free(p);
	pack_free(q);
}

static void
gather_takes_what_belongs_and_no_more(void **state)
{
	char dir[] = "/tmp/zayton-pack.XXXXXX";
	struct pack *p;
	struct err e;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_mkdir(fd, "rules", 0755, &e), 0);
	assert_int_equal(file_mkdir(fd, "schemas", 0755, &e), 0);
	assert_int_equal(file_place(fd, "rules/dem.lua", "x", 1, 0644, &e), 0);
	assert_int_equal(file_place(fd, "rules/.swp.lua", "x", 1, 0644, &e), 0);
	assert_int_equal(file_place(fd, "rules/dem.lua~", "x", 1, 0644, &e), 0);
	assert_int_equal(file_place(fd, "schemas/other.csv", "x", 1, 0644, &e),
	    0);
	assert_int_equal(pack_gather(fd, &p, &e), 0);
	assert_int_equal(pack_count(p), 1);
	assert_string_equal(pack_at(p, 0)->name, "rules/dem.lua");
	pack_free(p);
	unlinkat(fd, "rules/dem.lua", 0);
	unlinkat(fd, "rules/.swp.lua", 0);
	unlinkat(fd, "rules/dem.lua~", 0);
	unlinkat(fd, "schemas/other.csv", 0);
	unlinkat(fd, "rules", AT_REMOVEDIR);
	unlinkat(fd, "schemas", AT_REMOVEDIR);
	close(fd);
	rmdir(dir);
}

static void
damaged_packs_are_refused(void **state)
{
	(void)state;
	refuses("x");
	refuses("zayton-pack 2\n");
	refuses("zayton-pack 1\nrules/a.lua 1\nx");
	refuses("zayton-pack 1\nrules/a.lua 2\nx\n");
	refuses("zayton-pack 1\nrules/a.lua 1\nxy\n");
	refuses("zayton-pack 1\nrules/a.lua 1\nxy");
	refuses("zayton-pack 1\nrules/a.lua -1\nx\n");
	refuses("zayton-pack 1\nrules/a.lua 99999999999999999999\nx\n");
	refuses("zayton-pack 1\nrules/a.lua 18446744073709551615\nx\n");
	refuses("zayton-pack 1\nrules/a.lua\nx\n");
	refuses("zayton-pack 1\nrules/../a.lua 1\nx\n");
	refuses("zayton-pack 1\nother/a.lua 1\nx\n");
	refuses("zayton-pack 1\nrules/b.lua 1\nx\nrules/a.lua 1\nx\n");
	refuses("zayton-pack 1\nrules/a.lua 1\nx\nrules/a.lua 1\nx\n");
}

static void
pack_without_files_is_one(void **state)
{
	struct err e;
	struct pack *p = map_text("zayton-pack 1\n", 14, &e);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pack_count(p), 0);
	pack_free(p);
	pack_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pack_survives_its_memory_file),
		cmocka_unit_test(pack_hash_is_of_the_content),
		cmocka_unit_test(gather_takes_what_belongs_and_no_more),
		cmocka_unit_test(damaged_packs_are_refused),
		cmocka_unit_test(pack_without_files_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
