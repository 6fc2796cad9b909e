#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <xlsxwriter.h>

#include "form/xlsx.h"
#include "form/xlsx_cell.h"
#include "form/xlsx_text.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "way/unpack.h"

/* ---- a workbook in memory ---- */

enum { PARTS = 8, STEP_WHOLE = 1 << 20 };

struct parts {
	struct {
		const char *path;
		const char *text;
		size_t len; /* 0: up to the NUL */
	} part[PARTS];
	size_t step; /* bytes of a read at most */
	const char *now;
	size_t left;
};

static int
part_open(void *arg, const char *path, struct err *e)
{
	struct parts *p = arg;

	(void)e;
	for (size_t i = 0; i < PARTS && p->part[i].path != NULL; i++)
		if (strcmp(p->part[i].path, path) == 0) {
			p->now = p->part[i].text;
			p->left = p->part[i].len > 0 ? p->part[i].len
						     : strlen(p->now);
			return 1;
		}
	return 0;
}

static ssize_t
part_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct parts *p = arg;
	size_t n = p->left < size ? p->left : size;

	(void)e;
	if (n > p->step)
		n = p->step;
	memcpy(buf, p->now, n);
	p->now += n;
	p->left -= n;
	return (ssize_t)n;
}

#define RELS                                                                  \
	"<Relationships>"                                                     \
	"<Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"s1.xml\"/>"     \
	"<Relationship Id=\"b\" Type=\"x/worksheet\" Target=\"/xl/s2.xml\"/>" \
	"<Relationship Id=\"c\" Type=\"x/styles\" Target=\"styles.xml\"/>"    \
	"<Relationship Id=\"d\" Type=\"x/sharedStrings\" "                    \
	"Target=\"strings.xml\"/>"                                            \
	"<Relationship Id=\"e\" Type=\"x/chartsheet\" Target=\"c.xml\"/>"     \
	"</Relationships>"
#define BOOK                                                              \
	"<workbook><workbookPr/><sheets>"                                 \
	"<sheet name=\"甲&amp;乙\" sheetId=\"1\" r:id=\"a\"/></sheets>" \
	"</workbook>"
#define STYLES                                                                 \
	"<styleSheet><numFmts><numFmt numFmtId=\"164\" "                       \
	"formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/>" \
	"</numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs>"          \
	"<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>"                   \
	"<xf numFmtId=\"164\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"
#define STRINGS                                                             \
	"<sst><si><t>甲公司</t></si><si><r><rPr><b/></rPr><t>泉州</t>" \
	"</r><r><t xml:space=\"preserve\"> &lt;乙&gt;</t></r>"             \
	"<rPh><t>quanzhou</t></rPh></si><si><t/></si>"                      \
	"<si><t>一_x000D_二_x0041</t></si></sst>"

static struct parts
book(const char *sheet)
{
	return (struct parts){ .part = { { "xl/workbook.xml", BOOK, 0 },
				   { "xl/_rels/workbook.xml.rels", RELS, 0 },
				   { "xl/styles.xml", STYLES, 0 },
				   { "xl/strings.xml", STRINGS, 0 },
				   { "xl/s1.xml", sheet, 0 } },
		.step = STEP_WHOLE };
}

static void
tell_rows(struct buf *b, struct xlsx *x)
{
	struct csv_row row;
	struct err e;
	int rc;

	while ((rc = xlsx_next(x, &row, &e)) == 1) {
		buf_printf(b, " %d:", (int)row.record);
		for (size_t i = 0; i < row.n; i++)
			buf_printf(b, "%s%.*s", i > 0 ? "|" : "",
			    (int)row.field[i].len, row.field[i].data);
		if (row.fault != CSV_FINE)
			buf_printf(b, "!%s", csv_fault_code(row.fault));
	}
	if (rc == -1)
		buf_printf(b, " !%s", e.code);
}

/* "name 1:cell|cell 2:...", a sheet a line; !code where it ended. */
static const char *
story(struct parts *p)
{
	static char text[4096];
	struct xlsx_parts source = { part_open, part_read, p, 1000, -1, 0 };
	struct xlsx *x = NULL;
	struct buf b;
	struct err e;

	buf_init(&b, 1 << 20);
	buf_addstr(&b, "");
	if (xlsx_open(&source, &container_limits_default, &x, &e) == -1)
		buf_printf(&b, "!%s", e.code);
	for (size_t i = 0; x != NULL && i < xlsx_count(x); i++) {
		buf_printf(&b, "%s%s%s", i > 0 ? "\n" : "", xlsx_name(x, i),
		    xlsx_is_hidden(x, i) ? " hidden" : "");
		if (xlsx_sheet(x, i, &e) == -1)
			buf_printf(&b, " !%s", e.code);
		else
			tell_rows(&b, x);
	}
	snprintf(text, sizeof(text), "%s", b.data);
	xlsx_close(x);
	buf_done(&b);
	return text;
}

#define ROWS(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"

static const char *
story_rows(const char *sheet)
{
	struct parts p = book(sheet);

	return story(&p);
}

/* ---- cells ---- */

static void
strings_of_every_kind(void **state)
{
	(void)state;
	assert_string_equal(
	    story_rows(
		ROWS("<row r=\"1\">"
		     "<c r=\"A1\" t=\"s\"><v>0</v></c>"
		     "<c r=\"B1\" t=\"s\"><v>1</v></c>"
		     "<c r=\"C1\" t=\"inlineStr\"><is><r><t>丙</t></r>"
		     "<r><t>&#x4E01;</t></r><rPh><t>x</t></rPh></is></c>"
		     "<c r=\"D1\" t=\"str\"><f>A1&amp;B1</f><v>合</v></c>"
		     "<c r=\"E1\" t=\"b\"><v>1</v></c>"
		     "<c r=\"F1\" t=\"e\"><v>#DIV/0!</v></c>"
		     "<c r=\"G1\" t=\"s\"><v>3</v></c>"
		     "<c r=\"H1\"><f>1+1</f></c>"
		     "<c r=\"I1\"><f>1+1</f><v>2</v></c>"
		     "<c r=\"J1\"><v><![CDATA[7]]></v></c>"
		     "</row>")),
	    "甲&乙 1:甲公司|泉州 <乙>|丙丁|合|TRUE|#DIV/0!|一\r二_x0041||2|7");
}

static void
days_count_from_1900_or_1904(void **state)
{
	const char *rows =
	    ROWS("<row><c s=\"1\"><v>42441</v></c><c s=\"2\"><v>42441.75</v>"
		 "</c><c s=\"3\"><v>42441.75</v></c><c><v>42441</v></c>"
		 "<c t=\"d\"><v>2016-03-12T00:00:00Z</v></c></row>");
	struct parts p = book(rows);

	(void)state;
	assert_string_equal(story(&p), "甲&乙 1:2016-03-12|2016-03-12|"
				       "2016-03-12 18:00:00|42441|2016-03-12");
	p.part[0].text = "<workbook><workbookPr date1904=\"1\"/><sheets>"
			 "<sheet name=\"x\" r:id=\"a\"/></sheets></workbook>";
	assert_string_equal(story(&p), "x 1:2020-03-13|2020-03-13|"
				       "2020-03-13 18:00:00|42441|2016-03-12");
}

static const struct {
	const char *code; /* "#14": one that is known by number */
	const char *number;
	const char *text;
} numbers[] = {
	{ "General", "0.30000000000000004", "0.3" },
	{ "General", "41.300000000000004", "41.3" },
	{ "General", "-12.5", "-12.5" },
	{ "General", "1E-3", "0.001" },
	{ "General", "1.0000000000000001E-5", "0.00001" },
	{ "General", "1.5E6", "1500000" },
	{ "General", "123456789012345", "123456789012345" },
	/* More digits than a spreadsheet keeps: as it shows them. */
	{ "General", "350583199001011230", "3.50583199001011E+17" },
	{ "0", "3.5058319900101101E+17", "3.50583199001011E+17" },
	{ "0.00", "3.14159", "3.14159" },
	{ "#,##0.00", "1234567.891", "1234567.891" },
	{ "0.00E+00", "123456", "123456" },
	{ "000000", "1234", "001234" },
	{ "000000", "1234567", "1234567" },
	{ "000000", "-5", "-5" },
	{ "#9", "0.125", "12.5%" },
	{ "0.0%", "0.07", "7%" },
	{ "@", "7", "7" },
	{ "#14", "42441", "2016-03-12" },
	{ "#14", "1", "1900-01-01" },
	{ "#14", "59", "1900-02-28" },
	{ "#14", "60", "1900-02-29" },
	{ "#14", "61", "1900-03-01" },
	{ "#14", "2958465", "9999-12-31" },
	/* No days. */
	{ "#14", "2958466", "2958466" },
	{ "#14", "0", "0" },
	{ "#14", "-3", "-3" },
	{ "#14", "1E300", "1E+300" },
	{ "#22", "42441.999999999", "2016-03-13" },
	{ "#21", "0.5", "12:00:00" },
	{ "[h]:mm:ss", "1.5", "36:00:00" },
	{ "yyyy/m/d;@", "42441", "2016-03-12" },
	{ "[$-804]yyyy\"年\"m\"月\"d\"日\";@", "42441", "2016-03-12" },
	{ "m\"月\"d\"日\"", "42441", "2016-03-12" },
	{ "[DBNum1][$-804]yyyy\"年\"m\"月\"", "42430", "2016-03" },
	{ "#57", "42430", "2016-03" },
	{ "#57", "42441", "2016-03-12" },
	{ "yyyy\"年\"", "42370", "2016" },
	{ "e\"年\"m\"月\"d\"日\"", "42441", "2016-03-12" },
	{ "yyyy\\-mm\\-dd\\ hh:mm:ss", "42441.5", "2016-03-12 12:00:00" },
	{ "\"共\"0\"天\"", "30", "30" },
	{ "General", "nan", "nan" },
	{ "General", "0x10", "0x10" },
};

static void
numbers_are_what_a_person_sees(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const char *code = numbers[i].code;
		struct xlsx_format f =
		    code[0] == '#' && code[1] != ','
			? xlsx_format_known((unsigned)atoi(code + 1))
			: xlsx_format_of(code);
		struct buf b;

		buf_init(&b, 100);
		xlsx_number(numbers[i].number, strlen(numbers[i].number), f, 0,
		    &b);
		if (strcmp(b.data, numbers[i].text) != 0)
			fail_msg("%s of %s: %s, not %s", code,
			    numbers[i].number, b.data, numbers[i].text);
		buf_done(&b);
	}
}

/* ---- rows ---- */

static void
rows_keep_the_number_at_their_left(void **state)
{
	(void)state;
	assert_string_equal(
	    story_rows(ROWS(
		"<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"C2\"><v>3</v></c>"
		"</row><row r=\"3\"><c r=\"A3\" s=\"1\"/></row>"
		"<row r=\"7\" hidden=\"1\"><c r=\"B7\"><v>2</v></c>"
		"<c r=\"E7\" s=\"1\"/></row><row r=\"8\"/>"
		"<row r=\"9\"><c r=\"A9\" t=\"s\"><v>2</v></c></row>")),
	    "甲&乙 2:1||3 7:|2|");
}

static void
prefixes_comments_and_marks_are_passed_over(void **state)
{
	struct parts p =
	    book("\357\273\277<?xml version=\"1.0\"?><!-- <row> -->"
		 "<x:worksheet><x:sheetData><x:row r='1'><x:c r='A1'>"
		 "<!-- -- ><v>9</v> --><x:v>1</x:v></x:c></x:row></x:sheetData>"
		 "</x:worksheet>");
	static const char wide[] =
	    "\377\376<\0s\0h\0e\0e\0t\0D\0a\0t\0a\0>\0<\0r\0o\0w\0>\0<\0c\0>\0"
	    "<\0v\0>\0005\0<\0/\0v\0>\0<\0/\0c\0>\0<\0/\0r\0o\0w\0>\0"
	    "<\0/\0s\0h\0e\0e\0t\0D\0a\0t\0a\0>";

	(void)state;
	assert_string_equal(story(&p), "甲&乙 1:1");
	p.part[4].text = wide;
	p.part[4].len = sizeof(wide);
	assert_string_equal(story(&p), "甲&乙 1:5");
}

static void
pieces_make_no_difference(void **state)
{
	const char *sheet =
	    ROWS("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\" "
		 "t=\"inlineStr\"><is><t>a &amp;&#60; 中</t></is></c></row>");
	struct parts p = book(sheet);

	(void)state;
	for (p.step = 1; p.step < 20; p.step++)
		assert_string_equal(story(&p), "甲&乙 1:泉州 <乙>|a &< 中");
}

static void
sheets_in_the_order_of_their_tabs(void **state)
{
	struct parts p = book(ROWS("<row><c><v>1</v></c></row>"));

	(void)state;
	p.part[0].text = "<workbook><sheets><sheet name=\"c\" r:id=\"e\"/>"
			 "<sheet name=\"b/\" r:id=\"b\" state=\"hidden\"/>"
			 "<sheet name=\"a\" r:id=\"a\"/></sheets></workbook>";
	p.part[5].path = "xl/s2.xml";
	p.part[5].text = "<worksheet><sheetData/></worksheet>";
	assert_string_equal(story(&p), "b_ hidden\na 1:1");
}

/* ---- what is refused ---- */

static void
no_document_type_is_ever_read(void **state)
{
	struct parts p = book(
	    "<!DOCTYPE x [<!ENTITY a SYSTEM "
	    "\"file:///etc/passwd\">]>" ROWS("<row><c><v>&a;</v></c></row>"));

	(void)state;
	assert_string_equal(story(&p), "甲&乙 !xlsx_doctype");
	p.part[3].text = "<!DOCTYPE sst><sst/>";
	assert_string_equal(story(&p), "!xlsx_doctype");
	/* Without one there is no such entity. */
	assert_string_equal(story_rows(ROWS("<row><c t=\"str\"><v>&a;</v></c>"
					    "</row>")),
	    "甲&乙 1:\357\277\275");
}

static void
broken_sheets_are_refused(void **state)
{
	static const char *const bad[] = {
		"<worksheet><sheetData>",
		"<worksheet><sheetData></sheetData></worksheet></x>",
		ROWS("<row r=\"2\"/><row r=\"2\"/>"),
		ROWS("<row r=\"1048577\"/>"),
		ROWS("<row r=\"-1\"/>"),
		ROWS("<row><c t=\"s\"><v>4</v></c></row>"),
		ROWS("<row><c r=\"B1\"/><c r=\"A1\"/></row>"),
		ROWS("<row><c r=\"XFE1\"/></row>"),
		ROWS("<row><c r=A1/></row>"),
		"<worksheet><sheetData><row r=\"1",
		"<worksheet><!-- ",
		"<>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (strcmp(story_rows(bad[i]), "甲&乙 !xlsx_damaged") != 0)
			fail_msg("%s: %s", bad[i], story_rows(bad[i]));
}

static void
depth_and_length_of_tags_have_a_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100; i++)
		buf_addstr(&b, "<a>");
	for (int i = 0; i < 100; i++)
		buf_addstr(&b, "</a>");
	assert_string_equal(story_rows(b.data), "甲&乙 !xlsx_damaged");
	buf_clear(&b);
	buf_addstr(&b, "<a b=\"");
	for (int i = 0; i < 200000; i++)
		buf_addch(&b, 'x');
	buf_addstr(&b, "\"/>");
	assert_string_equal(story_rows(b.data), "甲&乙 !xlsx_damaged");
	buf_done(&b);
}

static void
parts_that_lack_are_missed(void **state)
{
	struct parts p = book("");

	(void)state;
	p.part[4].path = NULL;
	assert_string_equal(story(&p), "甲&乙 !xlsx_damaged");
	p.part[0].path = "other";
	assert_string_equal(story(&p), "!xlsx_damaged");
}

static void
row_of_too_many_cells_has_a_fault(void **state)
{
	const char *text = story_rows(ROWS("<row r=\"1\"><c r=\"A1\"><v>1</v>"
					   "</c><c r=\"XFD1\"><v>2</v></c>"
					   "</row>"));

	(void)state;
	assert_string_equal(text, "甲&乙 1:1!csv_fields");
}

/* A string of 90 KB, asked for by cells of a few bytes. */
static void
strings_cannot_be_a_bomb(void **state)
{
	struct buf strings, rows;
	struct parts p = book("");
	struct xlsx_parts source = { part_open, part_read, &p, 1000, -1, 0 };
	struct csv_row row;
	struct xlsx *x;
	struct err e;
	size_t n = 0;

	(void)state;
	buf_init(&strings, 1 << 20);
	buf_init(&rows, 1 << 20);
	buf_addstr(&strings, "<sst><si><t>");
	for (int i = 0; i < 90000; i++)
		buf_addch(&strings, 'x');
	buf_addstr(&strings, "</t></si></sst>");
	buf_addstr(&rows, "<worksheet><sheetData>");
	for (int i = 0; i < 2000; i++)
		buf_addstr(&rows, "<row><c t=\"s\"><v>0</v></c></row>");
	buf_addstr(&rows, "</sheetData></worksheet>");
	p.part[3].text = strings.data;
	p.part[4].text = rows.data;
	assert_int_equal(xlsx_open(&source, &container_limits_default, &x, &e),
	    0);
	assert_int_equal(xlsx_sheet(x, 0, &e), 0);
	while (xlsx_next(x, &row, &e) == 1)
		n++;
	assert_string_equal(e.code, "unpacked_ratio");
	assert_int_equal(n, (64 << 20) / 90000);
	xlsx_close(x);
	buf_done(&strings);
	buf_done(&rows);
}

/* ---- the table of strings ---- */

static size_t
make_text(size_t i, char *to)
{
	size_t len = i % 5000 == 7 ? XLSX_TEXT_LONGEST : 100 + i % 400;

	memset(to, 'a' + (int)(i % 26), len);
	memcpy(to, &i, sizeof(i));
	return len;
}

static void
strings_beyond_memory_come_back(void **state)
{
	enum { N = 80000 };
	static char want[XLSX_TEXT_LONGEST + 1];
	int fd = memfd_create("spill", MFD_CLOEXEC);
	struct xlsx_texts *t = xlsx_texts_new(fd, 1000);
	struct stat st;
	struct err e;
	const char *s;
	size_t len;

	(void)state;
	for (size_t i = 0; i < N; i++)
		assert_int_equal(xlsx_texts_add(t, want, make_text(i, want),
				     &e),
		    0);
	for (size_t k = 0; k < 3 * N; k++) {
		size_t i = k < N ? k : k * 7919 % N;

		assert_int_equal(xlsx_texts_get(t, i, &s, &len, &e), 1);
		assert_int_equal(len, make_text(i, want));
		assert_memory_equal(s, want, len);
	}
	assert_int_equal(xlsx_texts_get(t, N, &s, &len, &e), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 4 << 20);
	xlsx_texts_free(t);
	close(fd);
}

static void
strings_without_a_file_have_a_limit(void **state)
{
	static char text[1000];
	struct xlsx_texts *t = xlsx_texts_new(-1, 0);
	struct err e;
	size_t n = 0;

	(void)state;
	while (xlsx_texts_add(t, text, sizeof(text), &e) == 0)
		n++;
	assert_string_equal(e.code, "xlsx_large");
	assert_in_range(n, 10000, 17000);
	xlsx_texts_free(t);
}

/* ---- a workbook of another writer ---- */

static int
write_book(void)
{
	char path[] = "/tmp/test_xlsx.XXXXXX";
	int fd = mkstemp(path);
	lxw_workbook *w = workbook_new(path);
	lxw_worksheet *one = workbook_add_worksheet(w, "用水");
	lxw_worksheet *two = workbook_add_worksheet(w, "代码's");

	worksheet_write_string(one, 0, 0, "用户编号", NULL);
	worksheet_write_string(one, 0, 1, "金额<元>", NULL);
	worksheet_write_string(one, 1, 0, "007", NULL);
	worksheet_write_string(one, 1, 2, "a&\"b\"", NULL);
	worksheet_write_string(two, 0, 0, "正常", NULL);
	worksheet_hide(two);
	assert_int_equal(workbook_close(w), LXW_NO_ERROR);
	(void)close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	return fd;
}

static struct unpack *unpacked;

static int
file_open(void *arg, const char *part, struct err *e)
{
	const int *fd = arg;
	struct member m;
	struct stat st;
	int rc;

	unpack_close(unpacked);
	assert_int_equal(fstat(*fd, &st), 0);
	unpacked = unpack_parts(*fd, (uint64_t)st.st_size,
	    &container_limits_default, e);
	if (unpacked == NULL)
		fail_msg("%s", e->en);
	while ((rc = unpack_next(unpacked, &m, e)) == 1)
		if (strcmp(m.path, part) == 0)
			break;
	return rc;
}

static ssize_t
file_read(void *arg, void *buf, size_t size, struct err *e)
{
	(void)arg;
	return unpack_read(unpacked, buf, size, e);
}

static void
what_another_program_wrote_is_read(void **state)
{
	int fd = write_book();
	struct xlsx_parts p = { file_open, file_read, &fd, 1000, -1, 0 };
	struct xlsx *x;
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(xlsx_open(&p, &container_limits_default, &x, &e), 0);
	assert_int_equal(xlsx_count(x), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(xlsx_sheet(x, i, &e), 0);
		buf_printf(&b, " %s%s", xlsx_name(x, i),
		    xlsx_is_hidden(x, i) ? "-" : "");
		tell_rows(&b, x);
	}
	assert_string_equal(b.data,
	    " 用水 1:用户编号|金额<元> 2:007||a&\"b\" 代码's- 1:正常");
	xlsx_close(x);
	unpack_close(unpacked);
	unpacked = NULL;
	buf_done(&b);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_every_kind),
		cmocka_unit_test(days_count_from_1900_or_1904),
		cmocka_unit_test(numbers_are_what_a_person_sees),
		cmocka_unit_test(rows_keep_the_number_at_their_left),
		cmocka_unit_test(prefixes_comments_and_marks_are_passed_over),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(sheets_in_the_order_of_their_tabs),
		cmocka_unit_test(no_document_type_is_ever_read),
		cmocka_unit_test(broken_sheets_are_refused),
		cmocka_unit_test(depth_and_length_of_tags_have_a_limit),
		cmocka_unit_test(parts_that_lack_are_missed),
		cmocka_unit_test(row_of_too_many_cells_has_a_fault),
		cmocka_unit_test(strings_cannot_be_a_bomb),
		cmocka_unit_test(strings_beyond_memory_come_back),
		cmocka_unit_test(strings_without_a_file_have_a_limit),
		cmocka_unit_test(what_another_program_wrote_is_read),
	};
	struct err e;

	if (unpack_prepare(&e) == -1) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
