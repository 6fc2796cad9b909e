#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/buf.h"
#include "sys/err.h"
#include "sys/mem.h"
#include "way/unpack.h"

#define FOLDER "tests/data/containers/"

static int
load(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		fail_msg("no fixture %s", path);
	return fd;
}

/* Reads one member in steps of an odd length; says how long it was. */
static void
read_member(struct unpack *u, const struct member *m, struct buf *b)
{
	char piece[37];
	size_t all = 0;
	ssize_t n;
	struct err e;

	while ((n = unpack_read(u, piece, sizeof(piece), &e)) > 0)
		all += (size_t)n;
	if (n < 0)
		buf_printf(b, "%s!%s ", m->path, e.code);
	else
		buf_printf(b, "%s=%zu ", m->path, all);
}

/*
 * The whole bundle in one line: path=bytes, path!code for a refused member,
 * !code where it ended.
 */
static const char *
story_limits(int fd, enum container_kind kind, const struct container_limits *l)
{
	static char line[4096];
	struct buf b;
	struct err e;
	struct member m;
	struct unpack *u = unpack_open(fd, kind, l, &e);
	int rc = 0;

	buf_init(&b, sizeof(line) - 1);
	if (u == NULL)
		buf_printf(&b, "!%s", e.code);
	while (u != NULL && (rc = unpack_next(u, &m, &e)) != 0) {
		if (rc == 1)
			read_member(u, &m, &b);
		else if (unpack_over(u))
			buf_printf(&b, "!%s", e.code);
		else
			buf_printf(&b, "%s!%s ", m.path, e.code);
	}
	if (u != NULL && !unpack_over(u))
		buf_addstr(&b, "end");
	unpack_close(u);
	close(fd);
	snprintf(line, sizeof(line), "%s", b.data);
	buf_done(&b);
	return line;
}

static const char *
story(int fd, enum container_kind kind)
{
	return story_limits(fd, kind, &container_limits_default);
}

#define LONG                                                                                            \
	"很长的文件夹名称很长的文件夹名称很长的文件夹名称很长的文件夹名" \
	"称很长的文件夹名称很长的文件夹名称很长的文件夹名称很长的文件夹" \
	"名称很长的文件夹名称很长的文件夹名称很长的文件夹名称很长的文件" \
	"夹名称很长的文件夹名称很长的文件夹名称很长的文件夹名称很长的文" \
	"件夹名称很长的文件夹名称很长的文件夹名称很长的文件夹名称很长的" \
	"文件夹名称"
#define BOTH "2016-01/df.csv.gz=24 2016-01/nj.csv=70 end"

static const struct {
	const char *name;
	const char *story;
} cases[] = {
	{ "good/7z.zip", BOTH },
	{ "good/7z-BZip2.zip", "big.csv=108894 end" },
	{ "good/7z-LZMA.zip", "big.csv=108894 end" },
	{ "good/7z-XZ.zip", "big.csv=108894 end" },
	{ "good/7z-PPMd.zip", "big.csv=108894 end" },
	{ "good/java.zip", BOTH },
	{ "good/stored.zip", BOTH },
	{ "good/infozip.zip",
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 readme.txt=6 end" },
	{ "good/infozip-stream.zip",
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 readme.txt=6 end" },
	{ "good/infozip-zip64.zip", BOTH },
	{ "good/comment.zip", BOTH },
	{ "good/python.zip", "年检.csv=70 zip64.csv=70 end" },
	{ "good/gbk.zip", "企业年检/年检|一.csv=70 乗乗.csv=70 end" },
	{ "good/utf8-flag.zip", "企业年检.csv=70 end" },
	{ "good/utf8-noflag.zip", "企业年检.csv=70 end" },
	{ "good/unicode-extra.zip", "年检公示.csv=70 end" },
	{ "good/macos.zip", "月报/nj.csv=70 end" },
	{ "good/xls-beside.zip", "a.xls!member_kind b.csv=70 end" },
	{ "good/a.tar.gz", BOTH },
	{ "good/a.tar.xz", BOTH },
	{ "good/a.tar.zst", BOTH },
	{ "good/a.tar.bz2", BOTH },
	{ "good/v7.tar", BOTH },
	{ "good/pax.tar", BOTH },
	{ "good/gnu.tar",
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 readme.txt=6 end" },
	{ "good/gbk.tar", "年检.csv=70 " LONG "/年检.csv=70 end" },
	{ "good/utf8-pax.tar", LONG "/年检.csv=70 end" },
	{ "good/bare.csv", "=70 end" },
	{ "good/bare.csv.gz", "=24 end" },
	{ "good/nil.json", "=50 end" },
	{ "good/crc-of-one.zip",
	    "a.csv!member_damaged b.csv=70 c.csv.gz=24 end" },
	{ "good/crc-of-gz.zip", "a.csv.gz!container_checksum b.csv=70 end" },
	{ "bad/crc.csv.gz", "!container_checksum end" },
	{ "bad/joined.csv.gz", "!container_checksum end" },
	{ "bad/crc.tar.gz",
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 !container_checksum" },
	{ "bad/joined.tar.gz",
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 !member_twice" },
	{ "bad/symlink.tar.gz", "!member_special" },
	{ "bad/hardlink.tar.gz", "hard.csv=70 !member_special" },
	{ "bad/nested.tar.gz", "!member_nested" },
	{ "bad/twice.tar.gz", "2016-01/nj.csv=70 !member_special" },
	{ "bad/up.tar.gz", "!member_path" },
	{ "bad/password.zip", "!zip_encrypted" },
};

static void
unpack_tells_every_member_of_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *is = story(load(cases[i].name),
		    container_kind_of(strchr(cases[i].name, '/') + 1));

		if (strcmp(is, cases[i].story) != 0)
			fail_msg("%s:\nis     %s\nwanted %s", cases[i].name, is,
			    cases[i].story);
	}
}

static int
cut(const char *name, size_t *len)
{
	int in = load(name);
	int fd = memfd_create("cut", MFD_CLOEXEC);
	char buf[65536];
	ssize_t n = read(in, buf, sizeof(buf));

	close(in);
	if (*len == 0)
		*len = (size_t)n;
	assert_int_equal(write(fd, buf, *len), *len);
	return fd;
}

/* libarchive says nothing of a tar.gz or .csv.gz that lost its tail. */
static void
unpack_never_ends_well_on_a_file_cut_off(void **state)
{
	static const char *const name[] = { "good/a.tar.gz", "good/a.tar.xz",
		"good/a.tar.zst", "good/a.tar.bz2", "good/bare.csv.gz",
		"good/infozip.zip" };

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		size_t whole = 0;

		close(cut(name[i], &whole));
		for (size_t n = 1; n < whole; n++) {
			const char *is = story(cut(name[i], &n),
			    container_kind_of(strchr(name[i], '/') + 1));

			if (strchr(is, '!') == NULL)
				fail_msg("%s cut to %zu: %s", name[i], n, is);
		}
	}
}

static void
unpack_counts_what_it_hands_out(void **state)
{
	struct container_limits l = container_limits_default;

	(void)state;
	l.unpacked = 40;
	assert_string_equal(story_limits(load("good/bare.csv"), CONTAINER_CSV,
				&l),
	    "!unpacked_size ");
	l.unpacked = 12000;
	l.members = 3;
	assert_string_equal(story_limits(load("good/a.tar.bz2"),
				CONTAINER_TAR_BZ2, &l),
	    "2016-01/df.csv.gz=24 2016-01/nj.csv=70 end");
	l.unpacked = 9000;
	assert_string_equal(story_limits(load("good/a.tar.bz2"),
				CONTAINER_TAR_BZ2, &l),
	    "!unpacked_size");
}

static void
unpack_skips_what_nobody_reads(void **state)
{
	int fd = load("good/infozip.zip");
	struct err e;
	struct member m;
	struct unpack *u =
	    unpack_open(fd, CONTAINER_ZIP, &container_limits_default, &e);
	int n = 0;

	(void)state;
	assert_non_null(u);
	while (unpack_next(u, &m, &e) == 1)
		n++;
	assert_int_equal(n, 3);
	assert_int_equal(m.path[0], '\0');
	unpack_close(u);
	close(fd);
}

static int
prepare(void **state)
{
	struct err e;

	(void)state;
	return unpack_prepare(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpack_tells_every_member_of_every_kind),
		cmocka_unit_test(unpack_never_ends_well_on_a_file_cut_off),
		cmocka_unit_test(unpack_counts_what_it_hands_out),
		cmocka_unit_test(unpack_skips_what_nobody_reads),
	};

	return cmocka_run_group_tests_name("unpack", tests, prepare, NULL);
}
