#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "form/decode.h"
#include "form/text.h"
#include "sys/buf.h"
#include "sys/err.h"

struct sample {
	const char *bytes;
	size_t len;
	enum encoding enc;
	const char *text;
	unsigned bad;
};

#define BYTES(s) s, sizeof(s) - 1

static const struct sample samples[] = {
	/* 泉州東方,1|誠信\ : the trail bytes of the third are | and \ */
	{ BYTES("\xC8\xAA\xD6\xDD\x96\x7C\xB7\xBD,1|\xD5\x5C\xD0\xC5\n"),
	    ENCODING_GB18030, "泉州東方,1|誠信\n", 0 },
	{ BYTES("\xC1\xAA\xCD\xA8"), ENCODING_GB18030, "联通", 0 },
	/* names that GBK cannot hold: two bytes beyond it, and four */
	{ BYTES("\xC1\xF5\xFE\x9F,x"), ENCODING_GB18030, "刘䶮,x", 0 },
	{ BYTES("\xC1\xF5\x82\x30\xB7\x31\x99\x33\xA9\x32,x"), ENCODING_GB18030,
	    "刘㛃𬭎,x", 0 },
	{ BYTES("\xEF\xBB\xBF\xE6\xB3\x89,1"), ENCODING_UTF8_BOM, "泉,1", 0 },
	{ BYTES("\xE6\xB3\x89\xF0\xAC\xAD\x8E,1"), ENCODING_UTF8, "泉𬭎,1",
	    0 },
	{ BYTES("\xFF\xFE\xC9\x6C,\0\x72\xD8\x4E\xDF"), ENCODING_UTF16LE,
	    "泉,\xF0\xAC\xAD\x8E", 0 },
	{ BYTES("\xFE\xFF\x6C\xC9\0,"), ENCODING_UTF16BE, "泉,", 0 },
	{ BYTES("plain,1\n"), ENCODING_UTF8, "plain,1\n", 0 },
	{ BYTES("\xC8\xAA\x81,\xFF\x80\xC8"), ENCODING_GB18030,
	    "泉\xEF\xBF\xBD,\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 4 },
	{ BYTES("\xEF\xBB\xBF\xE6\xB3,\xC0\x80\xED\xA0\x80\xE6"),
	    ENCODING_UTF8_BOM,
	    "\xEF\xBF\xBD\xEF\xBF\xBD,\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
	    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
	    8 },
	{ BYTES("\xE6\xB3\x89\xE5\xB7\x9E\xE6\xB0\xB4\xE8\xB4\xB9,\xFF"),
	    ENCODING_UTF8, "泉州水费,\xEF\xBF\xBD", 1 },
	{ BYTES("\xFF\xFE\x00\xD8,\0x"), ENCODING_UTF16LE,
	    "\xEF\xBF\xBD,\xEF\xBF\xBD", 2 },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static int
prepare(void **state)
{
	struct err e;

	(void)state;
	return decoder_prepare(&e);
}

static const uint8_t *
bytes_of(const struct sample *s)
{
	return (const uint8_t *)s->bytes;
}

static void
an_encoding_is_told_from_the_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		assert_string_equal(encoding_name(
					encoding_detect(bytes_of(&samples[i]),
					    samples[i].len, 1)),
		    encoding_name(samples[i].enc));
}

static void
a_character_cut_off_by_the_sample_is_no_fault(void **state)
{
	const uint8_t s[] = "\xE6\xB3\x89\xE5\xB7\x9E";

	(void)state;
	for (size_t n = 0; n <= 6; n++) {
		assert_int_equal(encoding_detect(s, n, 0), ENCODING_UTF8);
		assert_int_equal(encoding_detect(s, n, 1),
		    n % 3 == 0 ? ENCODING_UTF8 : ENCODING_GB18030);
	}
}

/* Decodes in pieces of at most step bytes, with a cut at a place besides. */
static void
decode(const uint8_t *s, size_t len, enum encoding enc, size_t step, size_t cut,
    struct decoder *d, struct buf *out)
{
	decoder_init(d, enc);
	buf_clear(out);
	for (size_t i = 0; i < len;) {
		size_t n = len - i < step ? len - i : step;

		if (i < cut && cut - i < n)
			n = cut - i;
		decoder_feed(d, s + i, n, 0, out);
		i += n;
	}
	decoder_feed(d, NULL, 0, 1, out);
	decoder_done(d);
}

static void
pieces_of_any_size_make_the_same_text(void **state)
{
	struct decoder d;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];

		for (size_t step = 1; step <= s->len; step++)
			for (size_t cut = 0; cut < s->len; cut++) {
				decode(bytes_of(s), s->len, s->enc, step, cut,
				    &d, &out);
				assert_string_equal(out.data, s->text);
				assert_int_equal(d.bad, s->bad);
			}
	}
	buf_done(&out);
}

/*
 * The header of a million rows may be ASCII, and the first Chinese far behind
 * what detection looks at.
 */
static void
a_file_that_was_ascii_so_far_may_turn_out_gb18030(void **state)
{
	uint8_t s[3000];
	struct decoder d;
	struct buf out, whole;

	(void)state;
	memset(s, 'a', sizeof(s));
	/* 模 in GBK is a valid character of UTF-8, 块 is not */
	memcpy(s + 100, "\xC4\xA3\xBF\xE9", 4);
	buf_init(&out, 10000);
	buf_init(&whole, 10000);
	decoder_init(&d, ENCODING_UTF8);
	decoder_feed(&d, s, sizeof(s), 1, &whole);
	assert_true(d.switched);
	assert_int_equal(d.enc, ENCODING_GB18030);
	assert_int_equal(d.bad, 0);
	assert_memory_equal(whole.data + 100, "模块", 6);
	for (size_t step = 1; step < sizeof(s); step += 97) {
		decode(s, sizeof(s), ENCODING_UTF8, step, 102, &d, &out);
		assert_string_equal(out.data, whole.data);
	}
	/* Once there was UTF-8, a stray byte is a stray byte. */
	memcpy(s + 100, "\xE6\xB3\x89\x2C", 4);
	s[2500] = 0xC4;
	for (size_t step = 1; step < sizeof(s); step += 97) {
		decode(s, sizeof(s), ENCODING_UTF8, step, 101, &d, &out);
		assert_int_equal(d.enc, ENCODING_UTF8);
		assert_int_equal(d.bad, 1);
		assert_int_equal(out.len, sizeof(s) + 2);
	}
	buf_done(&out);
	buf_done(&whole);
}

static void
every_gb18030_code_survives_the_way_back(void **state)
{
	struct decoder d;
	struct buf out;
	size_t n = 0;

	(void)state;
	buf_init(&out, 100);
	for (unsigned lead = 0x81; lead <= 0xFE; lead++)
		for (unsigned trail = 0x40; trail <= 0xFE; trail++) {
			uint8_t s[2] = { (uint8_t)lead, (uint8_t)trail };

			decode(s, 2, ENCODING_GB18030, 2, 0, &d, &out);
			if (d.bad == 0)
				n++;
			assert_true(out.len >= 2);
		}
	assert_int_equal(n, 23940); /* all of the two-byte part */
	buf_done(&out);
}

static void
check_fold(size_t (*fold)(const char *, size_t, char *, size_t), const char *in,
    const char *want)
{
	char out[256];
	size_t len = fold(in, strlen(in), out, sizeof(out));

	assert_string_equal(out, want);
	assert_int_equal(len, strlen(want));
	/* Twice is once. */
	fold(want, strlen(want), out, sizeof(out));
	assert_string_equal(out, want);
}

static void
text_is_folded_to_what_a_reader_sees(void **state)
{
	(void)state;
	check_fold(text_fold, "　泉 州 市　ＡＢ１２", "泉州市AB12");
	check_fold(text_fold, "①开业", "①开业");
	check_fold(text_fold, "面积 ㎡", "面积㎡");
	check_fold(text_fold, "青阳下陈13\n2号", "青阳下陈132号");
	check_fold(text_fold, "ABC  Trading Co. 公司", "ABC Trading Co.公司");
	check_fold(text_fold, " two \t words\xE2\x80\x8B ", "two words");
	check_fold(text_fold, "⼀⾦豈", "一金豈");
	check_fold(text_fold, "a–b—c・d", "a-b-c·d");
	check_fold(text_fold, "=\"00123\"", "00123");
	check_fold(text_fold, "", "");
}

static void
an_identifier_is_folded_to_capitals_without_spaces(void **state)
{
	(void)state;
	check_fold(text_code_fold, " ９１350100m000100y43 ",
	    "91350100M000100Y43");
	check_fold(text_code_fold, "'350583753220665", "350583753220665");
	check_fold(text_code_fold, "=\"350502100181468\"", "350502100181468");
	check_fold(text_code_fold, "３１５６５３２６－８", "31565326-8");
}

static void
a_name_has_one_kind_of_bracket(void **state)
{
	(void)state;
	check_fold(text_name_fold, "石狮市 某某[福建]有限公司",
	    "石狮市某某（福建）有限公司");
	check_fold(text_name_fold, "ABC  (China) Ltd", "ABC (China) Ltd");
}

static void
a_small_buffer_cuts_between_characters(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(text_fold("泉州市", 9, out, sizeof(out)), 6);
	assert_string_equal(out, "泉州");
	assert_int_equal(text_name_fold("甲(乙)", 8, out, sizeof(out)), 6);
	assert_int_equal(text_len("泉a州", 7), 3);
}

static void
nothing_is_written_in_many_ways(void **state)
{
	static const char *const nothing[] = { "", "  ", "-", "—", "——", "/",
		"\\N", "NULL", "null", "无", "暂无", " 不详", "Ｎ／Ａ",
		"#N/A" };
	static const char *const something[] = { "0", "无锡", "#VALUE!", "a" };

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
		assert_true(text_is_null(nothing[i], strlen(nothing[i])));
	for (size_t i = 0; i < sizeof(something) / sizeof(*something); i++)
		assert_false(text_is_null(something[i], strlen(something[i])));
	assert_true(text_is_sheet_error("#REF!", 5));
	assert_true(text_is_sheet_error("####", 4));
	assert_false(text_is_sheet_error("#12", 3));
	assert_true(text_is_masked("330222****", 10));
	assert_false(text_is_masked("330222", 6));
	assert_true(text_is_lossy("陈?有限公司", 16));
	assert_false(text_is_lossy("陈有限公司", 15));
}

static void
dirt_is_told_from_rare_names(void **state)
{
	static const struct {
		const char *text;
		enum text_dirt dirt;
	} cases[] = {
		{ "娉夊窞甯傚唴鍧戠毊濉戞湁闄愬叕鍙?", TEXT_MOJIBAKE },
		{ "娉夊窞甯傝吘婧愯揪缁囬?犲嵃鏌撴湁闄愬叕鍙?", TEXT_MOJIBAKE },
		{ "绂忓缓鐪佹儬瀹夊幙閭數瀵嗚兒鍒跺搧鏈夐檺鍏徃",
		    TEXT_MOJIBAKE },
		{ "¸£½¨Ê¡½ú½»ÍÉË®ÄàÓÐÏÞ¹«Ë¾", TEXT_MOJIBAKE },
		{ "锟斤拷锟斤拷", TEXT_MOJIBAKE },
		{ "锘夸紒涓氬悕绉?", TEXT_MOJIBAKE },
		{ "鍙舵檽鎴?", TEXT_MOJIBAKE },
		{ "鏉庢槑", TEXT_MOJIBAKE },
		{ "a\xEF\xBF\xBD", TEXT_REPLACED },
		{ "\xEE\x80\x80", TEXT_PRIVATE },
		{ "a\x01", TEXT_CONTROL },
		{ "李锟", TEXT_CLEAN },
		{ "刘䶮", TEXT_CLEAN },
		{ "鑫淼焱垚有限公司", TEXT_CLEAN },
		{ "café Müller", TEXT_CLEAN },
		{ "泉州·甲\n乙", TEXT_CLEAN },
		{ "①②㎡℃±×÷°", TEXT_CLEAN },
		{ "合格?", TEXT_CLEAN },
		{ "", TEXT_CLEAN },
		{ "联通", TEXT_CLEAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (text_is_dirty(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].dirt)
			fail_msg("%s", cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_encoding_is_told_from_the_first_bytes),
		cmocka_unit_test(a_character_cut_off_by_the_sample_is_no_fault),
		cmocka_unit_test(pieces_of_any_size_make_the_same_text),
		cmocka_unit_test(
		    a_file_that_was_ascii_so_far_may_turn_out_gb18030),
		cmocka_unit_test(every_gb18030_code_survives_the_way_back),
		cmocka_unit_test(text_is_folded_to_what_a_reader_sees),
		cmocka_unit_test(
		    an_identifier_is_folded_to_capitals_without_spaces),
		cmocka_unit_test(a_name_has_one_kind_of_bracket),
		cmocka_unit_test(a_small_buffer_cuts_between_characters),
		cmocka_unit_test(nothing_is_written_in_many_ways),
		cmocka_unit_test(dirt_is_told_from_rare_names),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
