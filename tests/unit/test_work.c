#include <fcntl.h>
#include <inttypes.h>
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
#include <xlsxwriter.h>

#include "form/rowfile.h"
#include "rule/pack.h"
#include "rules.h"
#include "sys/buf.h"
#include "sys/err.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "way/work.h"

#define WATER                                                                                  \
	"用户编号,户名,抄表年月,用水量(吨),应缴金额(元),实缴金额(元)," \
	"欠费金额(元),缴费日期\n"

static struct pack *pack;
static const char *provider = "MUB";

static int
memory_file(const void *p, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, len), len);
	return fd;
}

/* ---- a tar of a few members ---- */

static void
tar_add(struct buf *b, const char *name, const char *text, size_t len)
{
	char head[512] = { 0 };
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644", 7);
	memcpy(head + 108, "0000000", 7);
	memcpy(head + 116, "0000000", 7);
	snprintf(head + 124, 12, "%011o", (unsigned)len & 0xffffff);
	memcpy(head + 136, "00000000000", 11);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum & 0777777);
	buf_add(b, head, sizeof(head));
	buf_add(b, text, len);
	while (b->len % 512 != 0)
		buf_addch(b, '\0');
}

static int
tar_end(struct buf *b)
{
	static const char zeros[1024];
	int fd;

	buf_add(b, zeros, sizeof(zeros));
	fd = memory_file(b->data, b->len);
	buf_done(b);
	return fd;
}

static void
tar_text(struct buf *b, const char *name, const char *text)
{
	tar_add(b, name, text, strlen(text));
}

/* ---- what became of a bundle ---- */

static char rejected[1 << 16]; /* the CSV of the last story */

static void
tell_value(struct buf *b, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		buf_addstr(b, "-");
		break;
	case VALUE_TEXT:
		buf_add(b, v->text, v->len);
		break;
	case VALUE_INT:
		buf_printf(b, "%" PRId64, v->num);
		break;
	case VALUE_MONEY:
		buf_printf(b, "%" PRId64 "fen", v->num);
		break;
	case VALUE_REAL:
		buf_printf(b, "%g", v->real);
		break;
	}
}

/* " 2:account|name|..." of a row, " 2!rule" of what rejects or warns. */
static void
tell_record(struct buf *b, const struct rowfile_record *rec)
{
	if (rec->kind == ROWFILE_SENT)
		return;
	if (rec->kind == ROWFILE_FINDING) {
		if (rec->severity != SEVERITY_INFO)
			buf_printf(b, " %" PRIu64 "%s%s", rec->line,
			    rec->severity == SEVERITY_ERROR ? "!" : "?",
			    rec->rule);
		return;
	}
	buf_printf(b, " %" PRIu64 "%s%s:", rec->line,
	    rec->dataset[0] != '\0' ? "=" : "", rec->dataset);
	for (size_t i = 0; i < 2; i++) {
		if (i > 0)
			buf_addch(b, '|');
		tell_value(b, &rec->value[i]);
	}
}

static void
tell_file(struct buf *b, struct rowfile_reader *r, const struct rowfile_file *f)
{
	struct rowfile_record rec;
	uint64_t at = f->begin;
	struct err e;
	int rc;

	buf_printf(b, "%s %s %s %" PRIu64 "=%" PRIu64 "+%" PRIu64 "%s%s",
	    f->path, f->standard, f->period, f->rows, f->accepted, f->rejected,
	    f->error.code[0] != '\0' ? " !" : "", f->error.code);
	while ((rc = rowfile_next(r, f, &at, &rec, &e)) == 1)
		tell_record(b, &rec);
	assert_int_equal(rc, 0);
	buf_addch(b, '\n');
}

static const char *
story_at(const char *name, int fd, const char *received_at)
{
	static char text[1 << 16];
	struct rowfile_reader *r = NULL;
	const struct rowfile_summary *s;
	struct work *w = NULL;
	struct err e = { .en = "" };
	struct work_job j = { .bundle = fd, .id = "B1", .name = name };
	struct buf b;
	ssize_t n;

	j.rows = memfd_create("rows", MFD_CLOEXEC);
	j.rejected = memfd_create("rejected", MFD_CLOEXEC);
	j.spool = memfd_create("spool", MFD_CLOEXEC);
	j.received_at = received_at;
	assert_int_equal(work_open(pack, provider, &w, &e), 0);
	if (work_run(w, &j, &e) == -1)
		fail_msg("%s", e.en);
	if (rowfile_open(j.rows, &r, &e) == -1)
		fail_msg("%s", e.en);
	s = rowfile_verdict(r);
	buf_init(&b, sizeof(text) - 1);
	if (s->error.code[0] != '\0')
		buf_printf(&b, "!%s\n", s->error.code);
	if (s->nil)
		buf_printf(&b, "nil %s %s %s\n", s->nil_dataset, s->nil_period,
		    s->nil_reason);
	for (size_t i = 0; i < s->nfiles; i++)
		tell_file(&b, r, &s->file[i]);
	snprintf(text, sizeof(text), "%s", b.len > 0 ? b.data : "");
	n = pread(j.rejected, rejected, sizeof(rejected) - 1, 0);
	rejected[n > 0 ? n : 0] = '\0';
	buf_done(&b);
	rowfile_close(r);
	work_close(w);
	close(j.rows);
	close(j.rejected);
	close(fd);
	return text;
}

static const char *
story(const char *name, int fd)
{
	return story_at(name, fd, "2016-04-01T09:00:00+08:00");
}

static const char *
story_csv(const char *text)
{
	return story("ysjf.csv", memory_file(text, strlen(text)));
}

/* ---- rows ---- */

static void
bare_csv_becomes_clean_rows(void **state)
{
	(void)state;
	assert_string_equal(story_csv(WATER "34,泉州 甲公司,201603,38 "
					    ",108.3元,108.30,0.00,2016/3/12\n"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 1=1+0 "
	    "2:泉州甲公司|34 0?column_missing\n");
}

static void
titles_totals_and_repeated_headers_are_no_data(void **state)
{
	(void)state;
	assert_string_equal(
	    story_csv("泉州市自来水公司缴费情况表\n" WATER
		      "34,甲公司,201603,1,2.85,2.85,0,2016/3/12\n" WATER
		      "35,乙公司,201603,1,2.85,2.85,0,2016/3/12\n"
		      "合计,,,2,5.70,5.70,0,\n制表人:王某,,,,,,,\n"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 2=2+0 3:甲公司|34 "
	    "5:乙公司|35 0?column_missing\n");
}

/* A spreadsheet shows a cell with two lines as one row. */
static void
line_break_in_a_cell_does_not_count_as_a_row(void **state)
{
	(void)state;
	assert_string_equal(
	    story_csv(WATER "34,\"甲\n公司\",201603,1,2.85,2.85,0,2016/3/12\n"
			    "35,乙公司,201613,1,2.85,2.85,0,2016/3/12\n"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 2=1+1 2:甲公司|34 "
	    "3!period_format 0?column_missing\n");
}

static void
row_with_too_many_cells_is_sent_back(void **state)
{
	(void)state;
	assert_string_equal(
	    story_csv(WATER "34,甲公司,福建,201603,1,2.85,2.85,0,2016/3/12\n"
			    "35,乙公司,201603,1,2.85,2.85,0,2016/3/12,,\n"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 2=1+1 2!long_row "
	    "3:乙公司|35 0?column_missing\n");
	assert_string_equal(rejected, "\xef\xbb\xbf包编号,文件,行号,字段,规则,"
				      "原因,reason," /* header as sent */
				      "用户编号,户名,抄表年月,用水量(吨),"
				      "应缴金额(元),实缴金额(元),"
				      "欠费金额(元),缴费日期\r\n"
				      "B1,ysjf.csv,2,户名,long_row,"
				      "这一行有 9 列，表头只有 8 "
				      "列；请检查是否有未加引号的分隔符,"
				      "\"the row has 9 cells, the header only "
				      "8; look for a separator "
				      "that is not in quotes\","
				      "34,甲公司,福建,201603,1,2.85,2.85,0,"
				      "2016/3/12\r\n");
}

/* Where a cell slipped in, the first that should not be empty says so. */
static void
row_that_slipped_names_where(void **state)
{
	(void)state;
	(void)story_csv(WATER "34,甲公司,201603,1,,2.85,2.85,0,2016/3/12\n");
	assert_non_null(
	    strstr(rejected, "\r\nB1,ysjf.csv,2,应缴金额(元),long_row,"));
}

static void
row_with_too_few_cells_is_told(void **state)
{
	(void)state;
	assert_string_equal(story_csv(WATER "34,甲公司,201603,1\n"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 1=1+0 2:甲公司|34 "
	    "2?short_row 2?required_missing 2?required_missing "
	    "0?column_missing 0?column_missing\n");
}

static void
cells_that_a_spreadsheet_would_compute_are_guarded(void **state)
{
	(void)state;
	story_csv(
	    WATER ",=HYPERLINK(1),@x,-5,+1-cmd|x,\"a\"\"b\",0,2016/3/12\n");
	assert_non_null(strstr(rejected,
	    ",'=HYPERLINK(1),'@x,-5,'+1-cmd|x,\"a\"\"b\",0,2016/3/12\r\n"));
}

static void
every_rejected_row_is_sent_back(void **state)
{
	enum { ROWS = 300 };
	struct buf b;
	const char *s = rejected;
	size_t lines = 0;
	char head[64];

	(void)state;
	buf_init(&b, 1 << 20);
	buf_addstr(&b, WATER);
	for (int i = 0; i < ROWS; i++)
		buf_addstr(&b, ",甲,201603,1,1,1,0,\n");
	snprintf(head, sizeof(head), "%s", story_csv(b.data));
	assert_non_null(strstr(head, " 300=0+300 "));
	while ((s = strstr(s, "\r\n")) != NULL) {
		s += 2;
		lines++;
	}
	assert_int_equal(lines, ROWS + 1);
	buf_done(&b);
}

static void
rows_stand_below_the_headers_of_their_file(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	tar_text(&b, "a.csv",
	    WATER ",甲,201603,1,1,1,0,\n,乙,201603,1,1,1,0,\n");
	tar_text(&b, "b.csv", "燃气户号,户名,抄表年月\n,丙,201603\n");
	story("x.tar", tar_end(&b));
	assert_int_equal(memcmp(rejected, "\xef\xbb\xbf包编号,", 13), 0);
	assert_null(strstr(strstr(rejected, "包编号,") + 1, "\xef\xbb\xbf"));
	assert_non_null(strstr(rejected, ",甲,201603,1,1,1,0,\r\nB1,a.csv,3,"));
	assert_non_null(strstr(rejected,
	    ",乙,201603,1,1,1,0,\r\n包编号,文件,行号,字段,规则,原因,reason,"
	    "燃气户号,户名,抄表年月\r\nB1,b.csv,2,"));
}

/* 17:00 in London is already the next day in Quanzhou. */
static void
day_of_receipt_is_that_of_china(void **state)
{
	const char *text = WATER "34,甲公司,201603,1,2.85,2.85,0,2016-04-01\n";

	(void)state;
	assert_null(strstr(story_at("ysjf.csv", memory_file(text, strlen(text)),
			       "2016-03-31T17:00:00Z"),
	    "date_future"));
	assert_non_null(
	    strstr(story_at("ysjf.csv", memory_file(text, strlen(text)),
		       "2016-03-31T15:00:00Z"),
		"date_future"));
}

/* ---- files of a bundle ---- */

static void
refused_file_does_not_sink_the_bundle(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	tar_text(&b, "a.csv", "甲,乙,丙\n1,2,3\n");
	tar_text(&b, "b.xlsx", "PK\003\004");
	tar_text(&b, "201603/c.csv", WATER "34,甲公司,,1,1,1,0,2016/3/12\n");
	assert_string_equal(story("x.tar", tar_end(&b)),
	    "a.csv   0=0+0 !dataset_unknown\n"
	    "b.xlsx   0=0+0 !zip_truncated\n"
	    "201603/c.csv water_bill_monthly 1.0 2016-03 1=0+1 "
	    "2!required_missing 0?column_missing\n");
}

static void
package_is_read_wherever_it_stands(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	tar_text(&b, "in/x.csv", "用户编号,户名,应缴金额(元)\n34,甲公司,1\n");
	tar_text(&b, "in/datapackage.json",
	    "{\"resources\":[{\"path\":\"x.csv\",\"rows\":1,"
	    "\"schema\":\"gas_bill_monthly\",\"period\":\"2016-02\"},"
	    "{\"path\":\"y.csv\"}]}");
	assert_string_equal(story("x.tar", tar_end(&b)),
	    "in/x.csv gas_bill_monthly 1.0 2016-02 1=1+0 2:甲公司|34 "
	    "0?column_missing 0?column_missing 0?column_missing "
	    "0?column_missing\n"
	    "y.csv   0=0+0 !package_missing\n");
}

static const char *
story_package(const char *says)
{
	static const char csv[] = WATER "34,甲公司,201603,1,1,1,0,2016/3/12\n";
	char hex[65], json[512];
	struct buf b;

	hash_sha256_hex(csv, strlen(csv), hex);
	snprintf(json, sizeof(json),
	    "{\"resources\":[{\"path\":\"ysjf.csv\",\"hash\":\"sha256:%s\"%s}]"
	    "}",
	    says[0] == '!' ? "00000000000000000000000000000000"
			     "00000000000000000000000000000000"
			   : hex,
	    says[0] == '!' ? "" : says);
	buf_init(&b, 1 << 20);
	tar_text(&b, "ysjf.csv", csv);
	tar_text(&b, "datapackage.json", json);
	return story("x.tar", tar_end(&b));
}

static void
bytes_that_are_not_those_packed_are_refused(void **state)
{
	(void)state;
	assert_non_null(strstr(story_package(""), " 1=1+0 2:甲公司|34"));
	assert_string_equal(story_package("!"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 0=0+0 !package_sha256\n");
	assert_string_equal(story_package(",\"bytes\":5"),
	    "ysjf.csv water_bill_monthly 1.0 2016-03 0=0+0 !package_bytes\n");
	/* A wrong count over the right bytes loses no row. */
	assert_non_null(
	    strstr(story_package(",\"rows\":7"), " 1=1+0 2:甲公司|34"));
}

static void
header_without_rows_is_a_nil_report(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	tar_text(&b, "ysjf-2016-03.csv", WATER);
	assert_string_equal(story("x.tar", tar_end(&b)),
	    "nil water_bill_monthly 2016-03 \n"
	    "ysjf-2016-03.csv water_bill_monthly 1.0 2016-03 0=0+0\n");
}

static void
nil_json_is_a_nil_report(void **state)
{
	static const char nil[] = "{\"dataset\":\"gas_bill_monthly\","
				  "\"period\":\"2016-03\",\"reason\":\"无\"}";

	(void)state;
	assert_string_equal(story("nil.json", memory_file(nil, strlen(nil))),
	    "nil gas_bill_monthly 2016-03 无\n"
	    "nil.json gas_bill_monthly 1.0 2016-03 0=0+0\n");
}

static void
broken_bundle_has_a_verdict(void **state)
{
	(void)state;
	assert_string_equal(story("x.zip", memory_file("PK\003\004abc", 7)),
	    "!zip_truncated\n");
	assert_string_equal(story("x.csv", memory_file("\n\n", 2)),
	    "x.csv   0=0+0 !file_no_header\n");
	assert_string_equal(story("x.exe", memory_file("MZ", 2)),
	    "!name_kind\n");
}

/* ---- files that mix datasets ---- */

#define DEMO                                                                 \
	"local z = require 'zayton'\n"                                       \
	"z.dataset 'demo_bill' { route = { column = '种类', ['账单'] = " \
	"'demo_bill', ['公告'] = 'demo_note'%s } }\n"                      \
	"z.dataset 'demo_note' { clean = { content = { z.upper } } }"

/* As story_csv, by the rules of DEM; other goes into the route. */
static const char *
story_mixed(const char *other, const char *text)
{
	struct pack *mub = pack;
	const char *told;
	char script[1024];

	snprintf(script, sizeof(script), DEMO, other);
	pack = rules_pack(script);
	provider = "DEM";
	told = story("demo_bill.csv", memory_file(text, strlen(text)));
	pack_free(pack);
	pack = mub;
	provider = "MUB";
	return told;
}

static void
each_row_is_cleaned_by_the_dataset_it_is_of(void **state)
{
	(void)state;
	assert_string_equal(story_mixed("", "种类,户名,户号,账期,应缴金额,"
					    "实缴金额,发布日期,主要内容,x\n"
					    "账单,甲,1,2016-03,5,5,,,\n"
					    "公告,乙,,,,,2016/3/9,ab,\n"
					    "公告,丙,,,,,2016/13/9,ab,\n"),
	    "demo_bill.csv demo_bill 1.0 2016-03 3=2+1 2:甲|1 "
	    "3=demo_note:乙|2016-03-09 4!date_impossible\n");
}

static void
rows_that_no_dataset_takes_are_sent_back(void **state)
{
	static const char text[] =
	    "种类,户名,户号,账期,应缴金额,实缴金额,发布日期,主要内容\n"
	    "其他,甲,1,2016-03,5,5,2016-03-01,a\n"
	    ",乙,1,2016-03,5,5,2016-03-01,a\n";

	(void)state;
	assert_string_equal(story_mixed("", text),
	    "demo_bill.csv demo_bill 1.0  2=0+2 2!route_unknown "
	    "3!route_unknown\n");
	assert_non_null(strstr(rejected,
	    "demo_bill.csv,2,种类,route_unknown,"
	    "“种类”的值“其他”不能确定该行属于哪个数据集；"
	    "请改为规则所列的值，或申请增加该值: 公告、账单,"));
	assert_string_equal(story_mixed(", otherwise = 'demo_note'", text),
	    "demo_bill.csv demo_bill 1.0  2=2+0 2=demo_note:甲|2016-03-01 "
	    "3=demo_note:乙|2016-03-01\n");
}

/* The bills are taken although the header would not do for a notice. */
static void
header_that_does_for_some_rows_does_not_sink_them(void **state)
{
	(void)state;
	assert_string_equal(story_mixed("", "种类,户名,户号,账期,应缴金额\n"
					    "账单,甲,1,2016-03,5\n"
					    "公告,乙,,,\n"),
	    "demo_bill.csv demo_bill 1.0 2016-03 2=1+1 2:甲|1 "
	    "3!column_key_missing 0?column_missing\n");
}

/* ---- workbooks ---- */

/* Sheets "name\nrow\nrow", cells with commas between; '-' before the name: a
 * hidden one. */
static int
workbook(const char *const *sheet, size_t n)
{
	char path[] = "/tmp/test_work.XXXXXX";
	int fd = mkstemp(path);
	lxw_workbook *w = workbook_new(path);

	for (size_t i = 0; i < n; i++) {
		char *text = xstrdup(sheet[i]);
		char *rest = text;
		char *line = strsep(&rest, "\n");
		int hidden = line[0] == '-';
		lxw_worksheet *s = workbook_add_worksheet(w, line + hidden);

		if (hidden)
			worksheet_hide(s);
		for (lxw_row_t r = 0; (line = strsep(&rest, "\n")) != NULL; r++)
			for (lxw_col_t c = 0; line != NULL; c++) {
				const char *cell = strsep(&line, ",");

				if (cell[0] != '\0')
					worksheet_write_string(s, r, c, cell,
					    NULL);
			}
		free(text);
	}
	assert_int_equal(workbook_close(w), LXW_NO_ERROR);
	(void)close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	return fd;
}

#define BOOK(...)                                      \
	workbook((const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
tar_book(struct buf *b, const char *name, int fd)
{
	static char bytes[1 << 16];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	assert_in_range(n, 1, sizeof(bytes) - 1);
	tar_add(b, name, bytes, (size_t)n);
	close(fd);
}

#define WATER_SHEET                                                                            \
	"用户编号,户名,抄表年月,用水量(吨),应缴金额(元),实缴金额(元)," \
	"欠费金额(元),缴费日期"

static void
workbook_is_a_file_for_each_table(void **state)
{
	(void)state;
	assert_string_equal(
	    story("water_bill_monthly_2015-01.xlsx",
		BOOK("填报说明\n户名,写全称",
		    "2016-03\n缴费情况表\n\n" WATER_SHEET
		    "\n34,甲公司,201603,1,2.85,2.85,0,2016/3/12\n合计,,,1,2.85",
		    "Sheet3", "气\n燃气户号,户名,抄表年月\n,丙,201603\n",
		    "-码\n1\n2", "草稿\n甲,乙\n1,2")),
	    "water_bill_monthly_2015-01.xlsx#2016-03 "
	    "water_bill_monthly 1.0 2016-03 1=1+0 4:甲公司|34 "
	    "0?column_missing\n"
	    "water_bill_monthly_2015-01.xlsx#气 gas_bill_monthly 1.0 2015-01 "
	    "1=0+1 2!required_missing "
	    "0?column_missing 0?column_missing 0?column_missing "
	    "0?column_missing 0?column_missing 0?sheet_ignored\n");
	assert_non_null(strstr(rejected, "-01.xlsx#气,2,"));
}

static void
workbook_of_one_table_may_be_told_by_its_name(void **state)
{
	(void)state;
	assert_string_equal(story("water_bill_monthly_201603.xlsx",
				BOOK("Sheet1\n用户编号,其他\n34,1")),
	    "water_bill_monthly_201603.xlsx#Sheet1 water_bill_monthly 1.0 "
	    "2016-03 1=1+0 2:-|34 0?column_missing 0?column_missing "
	    "0?column_missing 0?column_missing 0?column_missing "
	    "0?column_missing\n");
}

static void
workbook_in_an_archive(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	tar_text(&b, "x/datapackage.json",
	    "{\"resources\":[{\"path\":\"a.xlsx\",\"bytes\":7},"
	    "{\"path\":\"b.xlsx#s\",\"schema\":\"water_bill_monthly\","
	    "\"period\":\"2016-02\"}]}");
	tar_book(&b, "x/a.xlsx",
	    BOOK("s\n" WATER_SHEET "\n34,甲,201603,1,1,1,0,"));
	tar_book(&b, "x/b.xlsx",
	    BOOK("s\n用户编号,户名,应缴金额(元)\n34,甲,1"));
	tar_book(&b, "x/c.xlsx", BOOK("Sheet1", "Sheet2"));
	tar_book(&b, "x/d.xlsx", BOOK("s\n甲,乙\n1,2", "t\n丙,丁\n1,2"));
	assert_string_equal(story("x.tar", tar_end(&b)),
	    "x/a.xlsx#s water_bill_monthly 1.0 2016-03 0=0+0 !package_bytes\n"
	    "x/b.xlsx#s water_bill_monthly 1.0 2016-02 1=1+0 2:甲|34 "
	    "0?column_missing 0?column_missing "
	    "0?column_missing 0?column_missing\n"
	    "x/c.xlsx   0=0+0 !file_no_header\n"
	    "x/d.xlsx#s   0=0+0 !dataset_unknown\n"
	    "x/d.xlsx#t   0=0+0 !dataset_unknown\n");
}

static void
workbook_with_a_header_alone_is_a_nil_report(void **state)
{
	(void)state;
	assert_string_equal(story("b-2016-03.xlsx", BOOK("s\n" WATER_SHEET)),
	    "nil water_bill_monthly 2016-03 \n"
	    "b-2016-03.xlsx#s water_bill_monthly 1.0 2016-03 0=0+0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_csv_becomes_clean_rows),
		cmocka_unit_test(
		    titles_totals_and_repeated_headers_are_no_data),
		cmocka_unit_test(line_break_in_a_cell_does_not_count_as_a_row),
		cmocka_unit_test(row_with_too_many_cells_is_sent_back),
		cmocka_unit_test(row_that_slipped_names_where),
		cmocka_unit_test(row_with_too_few_cells_is_told),
		cmocka_unit_test(
		    cells_that_a_spreadsheet_would_compute_are_guarded),
		cmocka_unit_test(every_rejected_row_is_sent_back),
		cmocka_unit_test(rows_stand_below_the_headers_of_their_file),
		cmocka_unit_test(day_of_receipt_is_that_of_china),
		cmocka_unit_test(refused_file_does_not_sink_the_bundle),
		cmocka_unit_test(package_is_read_wherever_it_stands),
		cmocka_unit_test(bytes_that_are_not_those_packed_are_refused),
		cmocka_unit_test(header_without_rows_is_a_nil_report),
		cmocka_unit_test(nil_json_is_a_nil_report),
		cmocka_unit_test(broken_bundle_has_a_verdict),
		cmocka_unit_test(each_row_is_cleaned_by_the_dataset_it_is_of),
		cmocka_unit_test(rows_that_no_dataset_takes_are_sent_back),
		cmocka_unit_test(
		    header_that_does_for_some_rows_does_not_sink_them),
		cmocka_unit_test(workbook_is_a_file_for_each_table),
		cmocka_unit_test(workbook_of_one_table_may_be_told_by_its_name),
		cmocka_unit_test(workbook_in_an_archive),
		cmocka_unit_test(workbook_with_a_header_alone_is_a_nil_report),
	};
	struct err e;
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (pack_gather(dir, &pack, &e) == -1) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	pack_free(pack);
	close(dir);
	return rc;
}
