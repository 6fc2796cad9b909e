#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "door/sftp.h"

static struct sftp_request r;

/* Parses a literal packet in memory of exactly its size, for the sanitizer. */
static int
parse(const char *bytes, size_t len)
{
	uint8_t *p = malloc(len);
	size_t whole = 0;
	int rc;

	assert_non_null(p);
	memcpy(p, bytes, len);
	rc = sftp_packet(p, len, &whole);
	if (rc == 1) {
		assert_int_equal(whole, len);
		rc = sftp_parse(p, len, &r);
	} else {
		rc = 9 + rc;
	}
	free(p);
	return rc;
}

#define PARSE(literal) parse(literal, sizeof(literal) - 1)

static void
a_packet_is_waited_for_until_it_is_whole(void **state)
{
	static const uint8_t p[] = { 0, 0, 0, 5, 1, 0, 0, 0, 3, 0 };
	size_t len = 0;

	(void)state;
	for (size_t have = 0; have < 9; have++)
		assert_int_equal(sftp_packet(p, have, &len), 0);
	assert_int_equal(sftp_packet(p, 9, &len), 1);
	assert_int_equal(sftp_packet(p, 10, &len), 1);
	assert_int_equal(len, 9);
}

static void
a_packet_too_long_or_too_short_is_refused_by_its_header(void **state)
{
	size_t len;

	(void)state;
	assert_int_equal(sftp_packet((const uint8_t *)"\0\0\0\0", 4, &len), -1);
	assert_int_equal(sftp_packet((const uint8_t *)"\0\0\0\4", 4, &len), -1);
	assert_int_equal(sftp_packet((const uint8_t *)"\0\4\0\1", 4, &len), -1);
	assert_int_equal(sftp_packet((const uint8_t *)"\xff\xff\xff\xff", 4,
			     &len),
	    -1);
	assert_int_equal(sftp_packet((const uint8_t *)"\0\4\0\0", 4, &len), 0);
}

static void
open_gives_path_flags_and_attributes(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 12; cut++) {
		/* Any field missing at the end: malformed. */
		char p[] = "\0\0\0\x21\3\0\0\0\7\0\0\0\4/u/x\0\0\0\x1a"
			   "\0\0\0\5\0\0\0\1\0\0\0\2\0\0\1\xa4";

		p[3] = (char)(p[3] - (char)cut);
		assert_int_equal(parse(p, sizeof(p) - 1 - cut),
		    cut == 0 ? 1 : -1);
	}
	assert_int_equal(PARSE("\0\0\0\x21\3\0\0\0\7\0\0\0\4/u/x"
			       "\0\0\0\x1a\0\0\0\5"
			       "\0\0\0\1\0\0\0\2\0\0\1\xa4"),
	    1);
	assert_int_equal(r.type, SFTP_OPEN);
	assert_int_equal(r.id, 7);
	assert_string_equal(r.path[0], "/u/x");
	assert_int_equal(r.flags, 0x1a);
	assert_int_equal(r.attrs.flags, SFTP_ATTR_SIZE | SFTP_ATTR_MODE);
	assert_int_equal(r.attrs.size, UINT64_C(0x100000002));
	assert_int_equal(r.attrs.mode, 0644);
}

static void
write_points_into_the_packet(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\0\0\0\x1c\6\0\0\0\1\0\0\0\4\0\0\0\x80"
			       "\0\0\0\0\0\0\0\5\0\0\0\3abc"),
	    1);
	assert_int_equal(r.handle, 0x80);
	assert_int_equal(r.offset, 5);
	assert_int_equal(r.len, 3);
}

/*
 * A length inside the packet that reaches beyond it: libraries have reserved
 * hundreds of megabytes for five bytes.
 */
static void
a_length_beyond_the_packet_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\0\0\0\x1c\6\0\0\0\1\0\0\0\4\0\0\0\x80"
			       "\0\0\0\0\0\0\0\5\x10\0\0\0abc"),
	    -1);
	assert_int_equal(PARSE("\0\0\0\x0a\x11\0\0\0\1\xff\xff\xff\xff/"), -1);
	assert_int_equal(PARSE("\0\0\0\5\x11\0\0\0\1"), -1);
	assert_int_equal(PARSE("\0\0\0\x0a\xc8\0\0\0\1\0\0\0\2x"), -1);
	/* attributes that announce four billion pairs */
	assert_int_equal(PARSE("\0\0\0\x12\x09\0\0\0\1\0\0\0\1x"
			       "\x80\0\0\0\xff\xff\xff\xff"),
	    -1);
}

static void
a_path_with_a_nul_is_refused_and_not_cut(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\0\0\0\x0c\x11\0\0\0\5\0\0\0\3/\0x"), 0);
	assert_int_equal(r.id, 5);
}

static void
a_path_too_long_is_refused(void **state)
{
	uint8_t p[13 + SFTP_PATH] = { 0, 0, 4, 9, SFTP_STAT, 0, 0, 0, 1, 0, 0,
		4, 0 };

	(void)state;
	memset(p + 13, 'a', SFTP_PATH);
	assert_int_equal(parse((const char *)p, sizeof(p)), 0);
	p[3]--;
	p[11] = 3;
	p[12] = 0xff;
	assert_int_equal(parse((const char *)p, sizeof(p) - 1), 1);
	assert_int_equal(strlen(r.path[0]), SFTP_PATH - 1);
}

static void
a_handle_of_another_length_is_no_handle(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\0\0\0\x0c\4\0\0\0\1\0\0\0\3abc"), 1);
	assert_true(r.handle == SFTP_NO_HANDLE);
}

static void
an_unknown_request_keeps_its_id(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\0\0\0\7\x55\0\0\0\x2azz"), 1);
	assert_int_equal(r.id, 42);
	assert_int_equal(PARSE("\0\0\0\x0e\xc8\0\0\0\x2b"
			       "\0\0\0\3foore"),
	    1);
	assert_int_equal(r.id, 43);
	assert_string_equal(r.name, "foo");
}

/* --- replies --- */

static uint8_t bytes[SFTP_REPLY_MAX];

static void
a_status_is_as_the_protocol_says(void **state)
{
	struct sftp_out o = { bytes, 0, sizeof(bytes), 0 };

	(void)state;
	sftp_put_status(&o, 3, SFTP_FAILURE, "no");
	assert_int_equal(o.len, 23);
	assert_memory_equal(bytes,
	    "\0\0\0\x13\x65\0\0\0\3\0\0\0\4\0\0\0\2no\0\0\0\0", 23);
}

static void
a_reply_without_room_leaves_nothing_behind(void **state)
{
	(void)state;
	for (size_t room = 0; room < 23; room++) {
		struct sftp_out o = { bytes, 0, room, 0 };

		sftp_put_status(&o, 3, SFTP_FAILURE, "no");
		assert_int_equal(o.len, 0);
		assert_true(o.over);
	}
}

static void
a_long_text_is_cut_on_a_character(void **state)
{
	struct sftp_out o = { bytes, 0, sizeof(bytes), 0 };
	char text[SFTP_TEXT_MAX + 60] = "x";

	(void)state;
	for (size_t i = 1; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "泉", 4);
	sftp_put_status(&o, 1, SFTP_FAILURE, text);
	/* 1 + 3 * 366 = 1099 */
	assert_int_equal(o.len, 21 + 1099);
}

static void
data_is_read_into_its_place(void **state)
{
	struct sftp_out o = { bytes, 0, sizeof(bytes), 0 };
	uint8_t *to;

	(void)state;
	assert_null(sftp_data_begin(&o, SFTP_CHUNK_MAX + 1));
	to = sftp_data_begin(&o, SFTP_CHUNK_MAX);
	assert_non_null(to);
	memcpy(to, "hello", 5);
	sftp_data_end(&o, 9, 5);
	assert_int_equal(o.len, 18);
	assert_memory_equal(bytes, "\0\0\0\x0e\x67\0\0\0\x09\0\0\0\5hello", 18);
}

static void
a_page_that_is_full_keeps_what_it_has(void **state)
{
	struct sftp_attrs a = { .flags = SFTP_ATTR_SIZE, .size = 1 };
	struct sftp_out o = { bytes, 0, 60, 0 };
	uint32_t n = 0;
	size_t at;

	(void)state;
	sftp_names_begin(&o, &at);
	while (sftp_names_add(&o, at, "ab", "abc", &a) == 0)
		n++;
	sftp_names_end(&o, at, 4, n);
	assert_int_equal(n, 1);
	assert_false(o.over);
	assert_int_equal(o.len, 13 + 25);
	assert_memory_equal(bytes, "\0\0\0\x22\x68\0\0\0\4\0\0\0\1", 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_waited_for_until_it_is_whole),
		cmocka_unit_test(
		    a_packet_too_long_or_too_short_is_refused_by_its_header),
		cmocka_unit_test(open_gives_path_flags_and_attributes),
		cmocka_unit_test(write_points_into_the_packet),
		cmocka_unit_test(a_length_beyond_the_packet_is_malformed),
		cmocka_unit_test(a_path_with_a_nul_is_refused_and_not_cut),
		cmocka_unit_test(a_path_too_long_is_refused),
		cmocka_unit_test(a_handle_of_another_length_is_no_handle),
		cmocka_unit_test(an_unknown_request_keeps_its_id),
		cmocka_unit_test(a_status_is_as_the_protocol_says),
		cmocka_unit_test(a_reply_without_room_leaves_nothing_behind),
		cmocka_unit_test(a_long_text_is_cut_on_a_character),
		cmocka_unit_test(data_is_read_into_its_place),
		cmocka_unit_test(a_page_that_is_full_keeps_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
