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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "form/rowfile.h"
#include "sys/err.h"
#include "sys/mem.h"

static const struct schema schema = {
	.dataset = "bill",
	.nfields = 5,
	.field = {
	    { .name = "account" },
	    { .name = "amount" },
	    { .name = "usage" },
	    { .name = "times" },
	    { .name = "term_to" },
	},
};

static int
fresh(void)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

static void
set_row(struct row *r, uint64_t line, const char *account)
{
	row_start(r, &schema, line);
	r->value[0] = (struct value){ .kind = VALUE_TEXT,
		.text = account,
		.len = strlen(account) };
	r->value[1] = (struct value){ .kind = VALUE_MONEY, .num = -12345 };
	r->value[2] = (struct value){ .kind = VALUE_REAL, .real = 1.5 };
	r->value[3] = (struct value){ .kind = VALUE_INT, .num = INT64_MIN };
	r->open_ended[4] = 1;
	r->key = "0\x1f"
		 "1234";
	r->as_of = "2016-03";
	r->op = 'C';
}

static void
add(struct rowfile_writer *w, struct row *r, int rejected)
{
	struct finding f = { .rule = "money_negative",
		.severity = SEVERITY_WARN,
		.effect = rejected ? EFFECT_REJECT : EFFECT_KEEP,
		.field = 1,
		.header = "金额",
		.value = "-123.45",
		.zh = "负",
		.en = "negative" };
	struct err e;

	row_add(r, &f);
	assert_int_equal(rowfile_row(w, r, &e), 0);
}

/* Two files: two rows and a rejected one; one that was refused. */
static int
sample(void)
{
	struct rowfile_writer *w;
	struct rowfile_file *f;
	struct row r;
	struct err e;
	struct err why;
	int fd = fresh();

	row_init(&r);
	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	f = rowfile_begin(w, "一月/水费.csv");
	snprintf(f->dataset, sizeof(f->dataset), "bill");
	snprintf(f->encoding, sizeof(f->encoding), "GB18030");
	set_row(&r, 2, "1234");
	add(w, &r, 0);
	set_row(&r, 3, "1235");
	add(w, &r, 1);
	(void)rowfile_begin(w, "bad.csv");
	set_row(&r, 9, "1236");
	add(w, &r, 0);
	err_say(&why, ERR_SENDER, "file_no_header", NULL);
	rowfile_refuse(w, &why);
	snprintf(rowfile_summary(w)->nil_period, 16, "2016-03");
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	row_done(&r);
	return fd;
}

static void
rows_come_back_as_they_were_written(void **state)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_file *f;
	struct rowfile_record rec;
	struct err e;
	uint64_t at;
	int fd = sample();

	(void)state;
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	assert_int_equal(rowfile_verdict(r)->nfiles, 2);
	f = &rowfile_verdict(r)->file[0];
	assert_string_equal(f->path, "一月/水费.csv");
	assert_string_equal(f->encoding, "GB18030");
	assert_int_equal(f->rows, 2);
	assert_int_equal(f->accepted, 1);
	assert_int_equal(f->rejected, 1);
	at = f->begin;
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 1);
	assert_int_equal(rec.kind, ROWFILE_ROW);
	assert_int_equal(rec.line, 2);
	assert_int_equal(rec.op, 'C');
	assert_string_equal(rec.key, "0\x1f"
				     "1234");
	assert_string_equal(rec.as_of, "2016-03");
	assert_string_equal(rec.dataset, "");
	assert_int_equal(rec.nvalues, 5);
	assert_string_equal(rec.value[0].text, "1234");
	assert_int_equal(rec.value[1].num, -12345);
	assert_true(rec.value[2].real == 1.5);
	assert_true(rec.value[3].num == INT64_MIN);
	assert_int_equal(rec.value[4].kind, VALUE_NULL);
	assert_int_equal(rec.open_ended[4], 1);
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 1);
	assert_int_equal(rec.kind, ROWFILE_FINDING);
	assert_string_equal(rec.field, "amount");
	assert_string_equal(rec.header, "金额");
	assert_string_equal(rec.text, "-123.45");
	assert_int_equal(rec.severity, SEVERITY_WARN);
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 1);
	assert_int_equal(rec.effect, EFFECT_REJECT);
	assert_int_equal(rec.severity, SEVERITY_ERROR);
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 0);
	rowfile_close(r);
	close(fd);
}

static void
refused_file_tells_none_of_its_rows(void **state)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_file *f;
	struct rowfile_record rec;
	struct err e;
	uint64_t at;
	int fd = sample();

	(void)state;
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	f = &rowfile_verdict(r)->file[1];
	assert_string_equal(f->error.code, "file_no_header");
	assert_int_equal(f->rows + f->accepted + f->nrules, 0);
	at = f->begin;
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 0);
	rowfile_close(r);
	close(fd);
}

static void
rules_are_counted_by_severity(void **state)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_file *f;
	struct err e;
	int fd = sample();

	(void)state;
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	f = &rowfile_verdict(r)->file[0];
	assert_int_equal(f->nrules, 2);
	assert_string_equal(f->rule[0].rule, "money_negative");
	assert_int_equal(f->rule[0].severity, SEVERITY_WARN);
	assert_int_equal(f->rule[1].severity, SEVERITY_ERROR);
	assert_int_equal(f->rule[1].count, 1);
	rowfile_close(r);
	close(fd);
}

/* A worker may die at any byte: nothing but the whole is a verdict. */
static void
no_shorter_file_is_a_verdict(void **state)
{
	int fd = sample();
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t n = st.st_size - 1; n >= 0; n--) {
		struct rowfile_reader *r = NULL;
		struct err e;

		assert_int_equal(ftruncate(fd, n), 0);
		assert_int_equal(rowfile_open(fd, &r, &e), -1);
		assert_int_equal(e.kind, ERR_RETRY);
	}
	close(fd);
}

static void
read_all(int fd)
{
	struct rowfile_reader *r = NULL;
	struct rowfile_record rec;
	struct err e;

	if (rowfile_open(fd, &r, &e) == -1)
		return;
	for (size_t i = 0; i < rowfile_verdict(r)->nfiles; i++) {
		const struct rowfile_file *f = &rowfile_verdict(r)->file[i];
		uint64_t at = f->begin;

		while (rowfile_next(r, f, &at, &rec, &e) == 1)
			for (size_t k = 0;
			     rec.kind == ROWFILE_ROW && k < rec.nvalues; k++)
				if (rec.value[k].kind == VALUE_TEXT)
					assert_int_equal(strlen(
							     rec.value[k].text),
					    rec.value[k].len);
	}
	rowfile_close(r);
}

/* Under the sanitizers: a hostile worker may write any byte. */
static void
no_changed_byte_leads_outside(void **state)
{
	int fd = sample();
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		static const unsigned char to[] = { 0, 1, 0x7f, 0x80, 0xff };
		unsigned char was;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		for (size_t i = 0; i < sizeof(to); i++) {
			assert_int_equal(pwrite(fd, &to[i], 1, at), 1);
			read_all(fd);
		}
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
}

/* Replaces the only place where the bytes stand. */
static void
replace(int fd, const char *old, const char *new, size_t len)
{
	char all[8192];
	ssize_t n = pread(fd, all, sizeof(all), 0);
	char *at = memmem(all, (size_t)n, old, len);

	assert_non_null(at);
	assert_int_equal(pwrite(fd, new, len, at - all), len);
}

static int
first_fails(int fd)
{
	struct rowfile_reader *r = NULL;
	struct rowfile_record rec;
	struct err e;
	uint64_t at;
	int rc = rowfile_open(fd, &r, &e);

	if (rc == 0) {
		const struct rowfile_file *f = &rowfile_verdict(r)->file[0];

		at = f->begin;
		rc = rowfile_next(r, f, &at, &rec, &e) == 1 ? 0 : -1;
	}
	rowfile_close(r);
	close(fd);
	return rc;
}

static void
what_is_no_text_is_refused(void **state)
{
	int fd = sample();

	(void)state;
	replace(fd, "2016-03\0\0\0\0\0\0\0\5", "2016-0\xff\0\0\0\0\0\0\0\5",
	    15);
	assert_int_equal(first_fails(fd), -1);
	fd = sample();
	replace(fd, "2016-03\0\0\0\0\0\0\0\5", "2016\0-3\0\0\0\0\0\0\0\5", 15);
	assert_int_equal(first_fails(fd), -1);
	fd = sample();
	replace(fd, "file_no_header", "file_no_h';--r", 14);
	assert_int_equal(first_fails(fd), -1);
	assert_int_equal(first_fails(sample()), 0);
}

/* What was counted of a data set, and a row as sent. */
static int
counted(uint64_t numerator)
{
	struct rowfile_writer *w;
	struct rowfile_quality *q;
	struct row r;
	struct err e;
	int fd = fresh();

	row_init(&r);
	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	(void)rowfile_begin(w, "a.csv");
	set_row(&r, 2, "1234");
	add(w, &r, 1);
	assert_int_equal(rowfile_is_sample(w), 1);
	assert_int_equal(rowfile_sent(w, 2, "[\"1234\"]", "", &e), 0);
	q = rowfile_quality(w, "bill");
	assert_ptr_equal(q, rowfile_quality(w, "bill"));
	q->measure[METRIC_V2] = (struct measure){ numerator, 4 };
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	row_done(&r);
	return fd;
}

static void
metrics_and_rows_as_sent_come_back(void **state)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_summary *v;
	struct rowfile_record rec;
	struct err e;
	uint64_t at;

	(void)state;
	assert_int_equal(rowfile_open(counted(3), &r, &e), 0);
	v = rowfile_verdict(r);
	assert_int_equal(v->nqualities, 1);
	assert_string_equal(v->quality[0].dataset, "bill");
	assert_int_equal(v->quality[0].measure[METRIC_V2].numerator, 3);
	at = v->file[0].begin;
	assert_int_equal(rowfile_next(r, &v->file[0], &at, &rec, &e), 1);
	assert_int_equal(rowfile_next(r, &v->file[0], &at, &rec, &e), 1);
	assert_int_equal(rec.kind, ROWFILE_SENT);
	assert_string_equal(rec.cells, "[\"1234\"]");
	rowfile_close(r);
	/* More good ones than there are: somebody else wrote that. */
	assert_int_equal(rowfile_open(counted(5), &r, &e), -1);
}

/* Only the first rows with a finding are kept as sent. */
static void
there_are_few_samples_of_a_rule(void **state)
{
	struct rowfile_writer *w;
	struct row r;
	struct err e;
	int n = 0;

	(void)state;
	row_init(&r);
	assert_int_equal(rowfile_create(fresh(), &w, &e), 0);
	(void)rowfile_begin(w, "a.csv");
	for (uint64_t i = 0; i < 50; i++) {
		set_row(&r, i + 2, "1234");
		add(w, &r, 0);
		n += rowfile_is_sample(w);
	}
	assert_int_equal(n, ROWFILE_SAMPLES);
	rowfile_free(w);
	row_done(&r);
}

/* Refused for its quality, a file keeps what was found. */
static void
a_blocked_file_keeps_its_findings(void **state)
{
	struct rowfile_reader *r = NULL;
	struct rowfile_writer *w;
	const struct rowfile_file *f;
	struct row row;
	struct err e, why;
	int fd = fresh();

	(void)state;
	row_init(&row);
	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	(void)rowfile_begin(w, "a.csv");
	set_row(&row, 2, "1234");
	add(w, &row, 0);
	err_say(&why, ERR_SENDER, "quality_block", NULL);
	rowfile_block(w, &why);
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	row_done(&row);
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	f = &rowfile_verdict(r)->file[0];
	assert_string_equal(f->error.code, "quality_block");
	assert_int_equal(f->rows, 1);
	assert_int_equal(f->accepted, 0);
	assert_int_equal(f->rejected, 1);
	assert_int_equal(f->nrules, 1);
	assert_true(f->end > f->begin);
	rowfile_close(r);
}

/* A row of a file that mixes datasets. */
static int
mixed(void)
{
	struct rowfile_writer *w;
	struct rowfile_file *f;
	struct row r;
	struct err e;
	int fd = fresh();

	row_init(&r);
	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	f = rowfile_begin(w, "mixed.csv");
	snprintf(f->dataset, sizeof(f->dataset), "other");
	set_row(&r, 2, "1234");
	add(w, &r, 0);
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	row_done(&r);
	return fd;
}

static void
a_row_names_its_dataset_where_it_is_not_the_files(void **state)
{
	struct rowfile_reader *r = NULL;
	const struct rowfile_file *f;
	struct rowfile_record rec;
	struct err e;
	uint64_t at;
	int fd = mixed();

	(void)state;
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	f = &rowfile_verdict(r)->file[0];
	at = f->begin;
	assert_int_equal(rowfile_next(r, f, &at, &rec, &e), 1);
	assert_string_equal(rec.dataset, "bill");
	assert_int_equal(rec.nvalues, 5);
	rowfile_close(r);
	replace(fd, "bill", "bi;l", 4);
	assert_int_equal(first_fails(fd), -1);
}

/* One file less than there are, and a second one that lies over the first. */
static void
summary_that_does_not_add_up_is_no_verdict(void **state)
{
	static const unsigned char eight[8] = { 8 };
	struct rowfile_reader *r = NULL;
	const struct rowfile_file *f;
	unsigned char range[16], over[16];
	struct err e;
	int fd = sample();

	(void)state;
	replace(fd,
	    "\7\0\0\0"
	    "2016-03\0\0\0\0\0\0\2",
	    "\7\0\0\0"
	    "2016-03\0\0\0\0\0\0\1",
	    18);
	assert_int_equal(rowfile_open(fd, &r, &e), -1);
	close(fd);
	fd = sample();
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	f = &rowfile_verdict(r)->file[1];
	for (size_t i = 0; i < 8; i++)
		range[i] = range[8 + i] = (unsigned char)(f->begin >> 8 * i);
	rowfile_close(r);
	memcpy(over, eight, 8);
	memcpy(over + 8, range + 8, 8);
	replace(fd, (const char *)range, (const char *)over, 16);
	assert_int_equal(rowfile_open(fd, &r, &e), -1);
	close(fd);
}

static void
large_bundles_pass_through_blocks(void **state)
{
	enum { ROWS = 30000 };
	struct rowfile_writer *w;
	struct rowfile_reader *r = NULL;
	struct rowfile_record rec;
	struct row row;
	struct err e;
	uint64_t at, n = 0;
	int fd = fresh();

	(void)state;
	row_init(&row);
	assert_int_equal(rowfile_create(fd, &w, &e), 0);
	(void)rowfile_begin(w, "x.csv");
	for (uint64_t i = 0; i < ROWS; i++) {
		set_row(&row, i + 2, "1234567890");
		assert_int_equal(rowfile_row(w, &row, &e), 0);
	}
	assert_int_equal(rowfile_finish(w, &e), 0);
	rowfile_free(w);
	assert_int_equal(rowfile_open(fd, &r, &e), 0);
	at = rowfile_verdict(r)->file[0].begin;
	while (
	    rowfile_next(r, &rowfile_verdict(r)->file[0], &at, &rec, &e) == 1)
		assert_int_equal(rec.line, ++n + 1);
	assert_int_equal(n, ROWS);
	rowfile_close(r);
	row_done(&row);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back_as_they_were_written),
		cmocka_unit_test(refused_file_tells_none_of_its_rows),
		cmocka_unit_test(rules_are_counted_by_severity),
		cmocka_unit_test(no_shorter_file_is_a_verdict),
		cmocka_unit_test(no_changed_byte_leads_outside),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(
		    a_row_names_its_dataset_where_it_is_not_the_files),
		cmocka_unit_test(metrics_and_rows_as_sent_come_back),
		cmocka_unit_test(there_are_few_samples_of_a_rule),
		cmocka_unit_test(a_blocked_file_keeps_its_findings),
		cmocka_unit_test(summary_that_does_not_add_up_is_no_verdict),
		cmocka_unit_test(large_bundles_pass_through_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
