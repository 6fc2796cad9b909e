#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/container.h"
#include "form/gbk.h"
#include "sys/err.h"
#include "sys/mem.h"

#define FOLDER "tests/data/containers/"

struct file {
	uint8_t *p;
	size_t len;
};

static ssize_t
file_at(void *arg, void *buf, size_t size, uint64_t off)
{
	const struct file *f = arg;

	if (off >= f->len)
		return 0;
	if (size > f->len - off)
		size = f->len - (size_t)off;
	memcpy(buf, f->p + off, size);
	return (ssize_t)size;
}

static struct file
file_load(const char *name)
{
	struct file f = { xmalloc(1 << 20), 0 };
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	in = fopen(path, "rb");
	if (in == NULL)
		fail_msg("no fixture %s", path);
	f.len = fread(f.p, 1, 1 << 20, in);
	fclose(in);
	return f;
}

static const char *
verdict_limits(const struct file *f, enum container_kind kind,
    const struct container_limits *l)
{
	static struct err e;
	struct file copy = *f;
	struct container_reader r = { file_at, &copy, f->len };

	memset(&e, 0, sizeof(e));
	if (container_check(kind, &r, l, &e) == 0)
		return "fine";
	if (e.kind != ERR_SENDER)
		fail_msg("kind %d: %s", e.kind, e.en);
	if (e.zh[0] == '\0' || strcmp(e.zh, e.code) == 0)
		fail_msg("no sentence for %s", e.code);
	return e.code;
}

static const char *
verdict(const struct file *f, enum container_kind kind)
{
	return verdict_limits(f, kind, &container_limits_default);
}

static void
expect(const char *name, const char *want)
{
	struct file f = file_load(name);
	const char *slash = strrchr(name, '/');
	const char *is = verdict(&f, container_kind_of(slash + 1));

	if (strcmp(is, want) != 0)
		fail_msg("%s: %s, not %s", name, is, want);
	free(f.p);
}

static const char *const good[] = { "7z-BZip2.zip", "7z-LZMA.zip",
	"7z-PPMd.zip", "7z-XZ.zip", "7z.zip", "a.tar.bz2", "a.tar.gz",
	"a.tar.xz", "a.tar.zst", "bare.csv", "bare.csv.gz", "comment.zip",
	"dot.tgz", "gbk.tar", "gbk.zip", "gnu.tar", "infozip-stream.zip",
	"infozip-zip64.zip", "infozip.zip", "java.zip", "macos.zip", "nil.json",
	"pax.tar", "python.zip", "stored.zip", "unicode-extra.zip",
	"utf8-flag.zip", "utf8-noflag.zip", "utf8-pax.tar", "v7.tar", "x.xlsx",
	"xls-beside.zip" };

static const struct {
	const char *name;
	const char *code;
} bad[] = {
	{ "empty.csv", "container_empty" },
	{ "zeros.zip", "container_zeros" },
	{ "password.zip", "zip_encrypted" },
	{ "aes.zip", "zip_encrypted" },
	{ "deflate64.zip", "zip_method" },
	{ "was7z.zip", "container_other" },
	{ "wasrar.zip", "container_other" },
	{ "page.csv", "container_other" },
	{ "old.xlsx", "container_xls" },
	{ "old.csv", "container_xls" },
	{ "plain-zip.xlsx", "container_other" },
	{ "text.zip", "container_unknown" },
	{ "onlytext.zip", "container_no_data" },
	{ "symlink.zip", "member_special" },
	{ "device.zip", "member_special" },
	{ "symlink.tar", "member_special" },
	{ "nested.zip", "member_nested" },
	{ "path0.zip", "member_path" },
	{ "path1.zip", "member_path" },
	{ "path2.zip", "member_path" },
	{ "path3.zip", "member_path" },
	{ "path4.zip", "member_path" },
	{ "path5.zip", "member_path" },
	{ "twice.zip", "member_twice" },
	{ "overlap.zip", "zip_overlap" },
	{ "disagree.zip", "zip_disagree" },
	{ "hidden.zip", "zip_hidden" },
	{ "prefix.zip", "zip_hidden" },
	{ "tail.zip", "zip_damaged" },
	{ "inner-end.zip", "zip_damaged" },
};

static void
container_takes_what_the_usual_tools_make(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(name, sizeof(name), "good/%s", good[i]);
		expect(name, "fine");
	}
}

static void
container_refuses_what_is_damaged_false_or_dangerous(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(name, sizeof(name), "bad/%s", bad[i].name);
		expect(name, bad[i].code);
	}
}

/* Truncated uploads taken as whole ones are the oldest complaint there is. */
static void
container_refuses_a_file_cut_off_anywhere(void **state)
{
	static const char *const name[] = { "infozip.zip", "infozip-stream.zip",
		"infozip-zip64.zip", "gbk.zip", "7z.zip", "java.zip", "gnu.tar",
		"a.tar.xz", "a.tar.zst", "a.tar.bz2", "x.xlsx" };

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		char path[64];
		struct file f;
		size_t end;

		snprintf(path, sizeof(path), "good/%s", name[i]);
		f = file_load(path);
		/* A tar is whole with the first of its blocks of zeros. */
		end = strcmp(name[i], "gnu.tar") == 0 ? 3072 : f.len;
		for (size_t n = 0; n < end; n++) {
			struct file part = { xmalloc(n), n };

			memcpy(part.p, f.p, n);
			if (strcmp(verdict(&part, container_kind_of(name[i])),
				"fine") == 0)
				fail_msg("%s cut to %zu", name[i], n);
			free(part.p);
		}
		free(f.p);
	}
}

static void
container_calls_a_half_zip_truncated(void **state)
{
	struct file f = file_load("good/infozip.zip");

	(void)state;
	f.len /= 2;
	assert_string_equal(verdict(&f, CONTAINER_ZIP), "zip_truncated");
	free(f.p);
}

static void
container_survives_any_changed_byte(void **state)
{
	struct file f = file_load("good/infozip.zip");

	(void)state;
	for (size_t i = 0; i < f.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			f.p[i] ^= (uint8_t)(1 << bit);
			verdict(&f, CONTAINER_ZIP);
			f.p[i] ^= (uint8_t)(1 << bit);
		}
	free(f.p);
}

static void
container_knows_a_bomb_by_what_it_declares(void **state)
{
	struct container_limits l = container_limits_default;
	struct file f = file_load("good/infozip.zip");
	struct err e;

	(void)state;
	l.unpacked = 50;
	assert_string_equal(verdict_limits(&f, CONTAINER_ZIP, &l),
	    "unpacked_size");
	l.unpacked = UINT64_MAX;
	l.members = 1;
	assert_string_equal(verdict_limits(&f, CONTAINER_ZIP, &l),
	    "container_members");
	assert_int_equal(container_total_check(UINT64_C(1) << 30, 1 << 20, &l,
			     &e),
	    -1);
	assert_string_equal(e.code, "unpacked_ratio");
	free(f.p);
}

static void
container_kind_goes_by_the_longest_extension_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(container_kind_of("A.CSV.GZ"), CONTAINER_CSV_GZ);
	assert_int_equal(container_kind_of("月报.Tar.Gz"), CONTAINER_TAR_GZ);
	assert_int_equal(container_kind_of("a.tgz"), CONTAINER_TAR_GZ);
	assert_int_equal(container_kind_of("a.zip.csv"), CONTAINER_CSV);
	assert_int_equal(container_kind_of("nil.json"), CONTAINER_JSON);
	assert_int_equal(container_kind_of("other.json"), CONTAINER_NONE);
	assert_int_equal(container_kind_of(".zip"), CONTAINER_NONE);
	assert_int_equal(container_kind_of("a.gz"), CONTAINER_NONE);
	assert_int_equal(container_kind_of("a.rar"), CONTAINER_NONE);
}

static void
container_member_kind_knows_data_junk_and_archives(void **state)
{
	(void)state;
	assert_int_equal(container_member_kind("a/b.CSV"), MEMBER_CSV);
	assert_int_equal(container_member_kind("b.csv.gz"), MEMBER_CSV_GZ);
	assert_int_equal(container_member_kind("b.sql.gz"), MEMBER_NESTED);
	assert_int_equal(container_member_kind("x/datapackage.json"),
	    MEMBER_JSON);
	assert_int_equal(container_member_kind("a.json"), MEMBER_OTHER);
	assert_int_equal(container_member_kind("~$a.xlsx"), MEMBER_JUNK);
	assert_int_equal(container_member_kind("__MACOSX/a/._b.csv"),
	    MEMBER_JUNK);
	assert_int_equal(container_member_kind("a.XLS"), MEMBER_WRONG);
	assert_int_equal(container_member_kind("a/"), MEMBER_DIR);
}

/* 乗 is 0x81 0x5C in GBK: its second byte is that of a backslash. */
static void
container_name_decodes_gbk_unless_it_is_utf8(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(container_name("\xc4\xea\xbc\xec.csv", 8, 0, name,
			     sizeof(name)),
	    0);
	assert_string_equal(name, "年检.csv");
	assert_int_equal(container_name("\x81\\a", 3, 0, name, sizeof(name)),
	    0);
	assert_string_equal(name, "乗a");
	assert_int_equal(container_name("年检", strlen("年检"), 0, name,
			     sizeof(name)),
	    0);
	assert_string_equal(name, "年检");
	/* 联通: valid UTF-8 by accident, if overlong were taken */
	assert_int_equal(container_name("\xc1\xaa\xcd\xa8", 4, 0, name,
			     sizeof(name)),
	    0);
	assert_string_equal(name, "联通");
	assert_int_equal(container_name("a\0b", 3, 0, name, sizeof(name)), -1);
	assert_int_equal(container_name("abcdef", 6, 0, name, 6), -1);
}

static int
prepare(void **state)
{
	struct err e;

	(void)state;
	return gbk_prepare(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(container_takes_what_the_usual_tools_make),
		cmocka_unit_test(
		    container_refuses_what_is_damaged_false_or_dangerous),
		cmocka_unit_test(container_refuses_a_file_cut_off_anywhere),
		cmocka_unit_test(container_calls_a_half_zip_truncated),
		cmocka_unit_test(container_survives_any_changed_byte),
		cmocka_unit_test(container_knows_a_bomb_by_what_it_declares),
		cmocka_unit_test(
		    container_kind_goes_by_the_longest_extension_in_any_case),
		cmocka_unit_test(
		    container_member_kind_knows_data_junk_and_archives),
		cmocka_unit_test(container_name_decodes_gbk_unless_it_is_utf8),
	};

	return cmocka_run_group_tests_name("container", tests, prepare, NULL);
}
