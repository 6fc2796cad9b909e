#include <stdio.h>
#include <string.h>

#include "form/date.h"
#include "form/number.h"
#include "form/numeral.h"
#include "form/text.h"
#include "form/utf8.h"

enum {
	LONGEST = 63,
	FIRST_YEAR = 1800,
	SERIAL_FIRST = 10000, /* 1927: below it is more likely a mere number */
	SERIAL_LAST = 73050,  /* 2099-12-31 */
	SERIAL_NEVER = 2958465,   /* 9999-12-31 */
	SERIAL_NEVER_2 = 2958352, /* 9999-09-09 */
	SERIAL_1904 = 1462 /* days between the two systems of workbooks */
};

static const char *const open_words[] = { "长期", "永久", "永续", "无固定期限",
	"无期限", "不约定期限", "长期有效", NULL };

static const unsigned open_days[] = { 99991231, 99990909, 29991231, 20991231,
	99991230, 0 };

/* Default days of databases and spreadsheets for no date at all. */
static const char *const fillers[] = { "0", "0000-00-00", "0000/00/00",
	"0000.00.00", "00000000", "1900-01-00", "1899-12-30", "1900-01-01",
	NULL };

/* A date while it is read. */
struct date {
	unsigned year, month, day;
	unsigned hour, minute, second;
	int has_time;
	enum date_precision precision;
};

/* What it is read from. */
struct cursor {
	const char *p;
	const char *end;
};

int
date_exists(unsigned year, unsigned month, unsigned day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	unsigned last;

	if (year == 0 || year > 9999 || month == 0 || month > 12 || day == 0)
		return 0;
	last = days[month - 1];
	if (month == 2 && (year % 4 == 0) &&
	    (year % 100 != 0 || year % 400 == 0))
		last = 29;
	return day <= last;
}

static int
is_word(const char *const *words, const char *s)
{
	for (; *words != NULL; words++)
		if (**words == *s && strcmp(*words, s) == 0)
			return 1;
	return 0;
}

static size_t
take_digits(struct cursor *c, size_t max, unsigned *ret_n)
{
	size_t n = 0;
	unsigned v = 0;

	while (n < max && c->p < c->end && *c->p >= '0' && *c->p <= '9') {
		v = v * 10 + (unsigned)(*c->p++ - '0');
		n++;
	}
	*ret_n = v;
	return n;
}

static int
take(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return 0;
	c->p += n;
	return 1;
}

static int
take_char(struct cursor *c, const char *set)
{
	if (c->p == c->end || *c->p == '\0' || strchr(set, *c->p) == NULL)
		return 0;
	c->p++;
	return 1;
}

static void
take_space(struct cursor *c)
{
	while (take_char(c, " "))
		;
}

/* A time of day at the end, if there is one; 0 where there is rubbish. */
static int
take_time(struct cursor *c, struct date *d)
{
	unsigned ignored;

	take_space(c);
	if (c->p == c->end)
		return 1;
	take_char(c, "T");
	if (take_digits(c, 2, &d->hour) == 0 || !take(c, ":") ||
	    take_digits(c, 2, &d->minute) != 2)
		return 0;
	if (take(c, ":")) {
		if (take_digits(c, 2, &d->second) != 2)
			return 0;
		if (take(c, ".") && take_digits(c, 9, &ignored) == 0)
			return 0;
	}
	if (!take(c, "Z") && !take(c, "+08:00"))
		take(c, "+0800");
	d->has_time = 1;
	return c->p == c->end && d->hour < 24 && d->minute < 60 &&
	       d->second < 61;
}

/* 2014-1-8, 2014/01/08, 2014.1.8 and 2014-1 */
static int
read_separated(struct cursor c, struct date *d)
{
	if (take_digits(&c, 4, &d->year) != 4 || !take_char(&c, "-/.") ||
	    take_digits(&c, 2, &d->month) == 0)
		return 0;
	if (c.p == c.end || take(&c, "月")) {
		d->precision = DATE_MONTH;
		return c.p == c.end;
	}
	if (!take_char(&c, "-/.") || take_digits(&c, 2, &d->day) == 0)
		return 0;
	d->precision = DATE_DAY;
	return take_time(&c, d);
}

/* 2014年1月8日, 2014年1月 and 2014年, with spaces anywhere */
static int
read_words(struct cursor c, struct date *d)
{
	if (take_digits(&c, 4, &d->year) != 4)
		return 0;
	take_space(&c);
	if (!take(&c, "年"))
		return 0;
	take_space(&c);
	d->precision = DATE_YEAR;
	if (c.p == c.end)
		return 1;
	if (take_digits(&c, 2, &d->month) == 0)
		return 0;
	take_space(&c);
	d->precision = DATE_MONTH;
	if (take(&c, "月")) {
		take(&c, "份");
		take_space(&c);
	}
	if (c.p == c.end)
		return 1;
	if (take_digits(&c, 2, &d->day) == 0)
		return 0;
	take_space(&c);
	if (!take(&c, "日"))
		take(&c, "号");
	d->precision = DATE_DAY;
	return take_time(&c, d);
}

/* 20140108, 20140108093000, 201401 and 2014 */
static int
read_compact(struct cursor c, struct date *d)
{
	size_t n = (size_t)(c.end - c.p);
	struct cursor rest = c;
	unsigned all;

	if (n > 8 && (c.p[8] == ' ' || c.p[8] == 'T'))
		n = 8;
	if ((n != 4 && n != 6 && n != 8 && n != 14) ||
	    take_digits(&rest, n < 8 ? n : 8, &all) != (n < 8 ? n : 8))
		return 0;
	d->precision = n == 4 ? DATE_YEAR : n == 6 ? DATE_MONTH : DATE_DAY;
	d->day = n >= 8 ? all % 100 : 0;
	all = n >= 8 ? all / 100 : all;
	d->month = n >= 6 ? all % 100 : 0;
	d->year = n >= 6 ? all / 100 : all;
	/* Four and six digits are too many other things besides. */
	if (n == 4)
		return d->year >= 1900 && d->year < 2100;
	if (n == 6)
		return d->year >= 1900 && d->year <= 2100 && d->month >= 1 &&
		       d->month <= 12;
	if (n == 8)
		return take_time(&rest, d);
	d->has_time = 1;
	return take_digits(&rest, 2, &d->hour) == 2 &&
	       take_digits(&rest, 2, &d->minute) == 2 &&
	       take_digits(&rest, 2, &d->second) == 2 && d->hour < 24 &&
	       d->minute < 60 && d->second < 61;
}

/* A numeral up to a word, such as 十二 before 月. */
static int
take_numeral(struct cursor *c, const char *until, unsigned *ret_n)
{
	const char *at = memmem(c->p, (size_t)(c->end - c->p), until, 3);
	const char *p = c->p;
	char text[32];
	size_t n = 0;
	uint64_t v;

	if (at == NULL || at - p > 9)
		return 0;
	for (; p < at; p += 3) {
		if (strncmp(p, "廿", 3) == 0)
			n += (size_t)snprintf(text + n, 7, "二十");
		else if (strncmp(p, "卅", 3) == 0)
			n += (size_t)snprintf(text + n, 7, "三十");
		else if ((unsigned char)*p < 0xE0)
			return 0;
		else {
			memcpy(text + n, p, 3);
			n += 3;
		}
	}
	if (numeral_read(text, n, &v) == -1 || v > 99)
		return 0;
	*ret_n = (unsigned)v;
	c->p = at + 3;
	return 1;
}

/* 二〇一四年一月八日, where O stands for zero as well */
static int
read_numerals(struct cursor c, struct date *d)
{
	uint32_t cp;

	d->year = 0;
	for (int i = 0; i < 4; i++) {
		int digit;

		if (c.p == c.end)
			return 0;
		c.p += utf8_get(c.p, (size_t)(c.end - c.p), &cp);
		digit = cp == 'O' ? 0 : numeral_digit(cp);
		if (digit < 0)
			return 0;
		d->year = d->year * 10 + (unsigned)digit;
	}
	if (!take(&c, "年"))
		return 0;
	d->precision = DATE_YEAR;
	if (c.p == c.end)
		return 1;
	if (!take_numeral(&c, "月", &d->month))
		return 0;
	d->precision = DATE_MONTH;
	if (c.p == c.end)
		return 1;
	d->precision = DATE_DAY;
	return (take_numeral(&c, "日", &d->day) ||
		   take_numeral(&c, "号", &d->day)) &&
	       c.p == c.end;
}

/* The day a number of days after 1899-12-30, by the civil calendar. */
static void
from_serial(unsigned serial, struct date *d)
{
	/* Days since 0000-03-01: years that end in February need no table. */
	unsigned z = serial + 693899;
	unsigned era = z / 146097;
	unsigned doe = z % 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	d->day = doy - (153 * mp + 2) / 5 + 1;
	d->month = mp < 10 ? mp + 3 : mp - 9;
	d->year = yoe + era * 400 + (d->month <= 2);
	d->precision = DATE_DAY;
}

/* 41647 and 41647.5 */
static int
read_serial(struct cursor c, enum date_serial serial, struct date *d)
{
	unsigned n, ignored, day;
	size_t digits = take_digits(&c, 7, &n);

	if (serial == DATE_SERIAL_NO || digits < 5)
		return 0;
	if (take(&c, ".")) {
		const char *from = c.p;
		double part = 0, scale = 0.1;

		take_digits(&c, 20, &ignored);
		if (c.p == from)
			return 0;
		for (; from < c.p; from++, scale /= 10)
			part += (*from - '0') * scale;
		day = (unsigned)(part * 86400 + 0.5);
		d->has_time = day > 0 && day < 86400;
		d->hour = day / 3600 % 24;
		d->minute = day / 60 % 60;
		d->second = day % 60;
	}
	if (c.p != c.end)
		return 0;
	if (serial == DATE_SERIAL_1904)
		n += SERIAL_1904;
	if ((n < SERIAL_FIRST || n > SERIAL_LAST) && n != SERIAL_NEVER &&
	    n != SERIAL_NEVER_2)
		return 0;
	from_serial(n, d);
	return 1;
}

/* Whether a text that is no date has the shape of one with a short year. */
static int
is_short_year(const char *s, size_t len)
{
	struct cursor c = { s, s + len };
	unsigned n;
	size_t digits;

	if (take(&c, "民国"))
		return 1;
	digits = take_digits(&c, 4, &n);
	return (digits == 2 || digits == 3) &&
	       (take_char(&c, "-/.") || take(&c, "年")) &&
	       take_digits(&c, 2, &n) > 0;
}

/* Reads the text in any form there is. */
static enum value_verdict
read_date(const char *s, size_t len, enum date_serial serial, struct date *d)
{
	struct cursor c = { s, s + len };
	unsigned day;

	memset(d, 0, sizeof(*d));
	if (is_word(open_words, s))
		return VALUE_OPEN;
	if (is_word(fillers, s))
		return VALUE_FILLER;
	if (!read_separated(c, d) && !read_words(c, d) && !read_compact(c, d) &&
	    !read_numerals(c, d) && !read_serial(c, serial, d))
		return is_short_year(s, len) ? VALUE_SHORT_YEAR : VALUE_FORMAT;
	if (d->precision == DATE_DAY ? !date_exists(d->year, d->month, d->day)
				     : d->precision == DATE_MONTH &&
					   (d->month == 0 || d->month > 12))
		return VALUE_NO_DAY;
	if (d->year < FIRST_YEAR)
		return VALUE_YEAR_RANGE;
	day = (d->year * 100 + d->month) * 100 + d->day;
	for (size_t i = 0; open_days[i] != 0; i++)
		if (open_days[i] == day)
			return VALUE_OPEN;
	return VALUE_OK;
}

static enum value_verdict
begin(const char *s, size_t len, enum date_serial serial, struct date *d)
{
	char text[LONGEST + 1];
	enum value_verdict v;

	v = value_begin(s, len, text, sizeof(text), &len);
	return v == VALUE_OK ? read_date(text, len, serial, d) : v;
}

/* The n digits of v. */
static char *
put(char *out, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
	return out + n;
}

static char *
put_date(const struct date *d, char *out)
{
	out = put(out, d->year, 4);
	if (d->precision != DATE_YEAR) {
		*out++ = '-';
		out = put(out, d->month, 2);
	}
	if (d->precision == DATE_DAY) {
		*out++ = '-';
		out = put(out, d->day, 2);
	}
	*out = '\0';
	return out;
}

enum value_verdict
value_date(const char *s, size_t len, enum date_serial serial,
    char out[DATE_SIZE], enum date_precision *ret_p)
{
	struct date d;
	enum value_verdict v = begin(s, len, serial, &d);

	out[0] = '\0';
	if (v != VALUE_OK)
		return v;
	put_date(&d, out);
	*ret_p = d.precision;
	return VALUE_OK;
}

enum value_verdict
value_datetime(const char *s, size_t len, enum date_serial serial,
    char out[DATE_SIZE], enum date_precision *ret_p)
{
	struct date d;
	enum value_verdict v = begin(s, len, serial, &d);
	char *p;

	out[0] = '\0';
	if (v != VALUE_OK)
		return v;
	p = put_date(&d, out);
	*ret_p = d.precision;
	if (!d.has_time)
		return VALUE_OK;
	*p++ = ' ';
	p = put(p, d.hour, 2);
	*p++ = ':';
	p = put(p, d.minute, 2);
	*p++ = ':';
	p = put(p, d.second, 2);
	*p = '\0';
	return VALUE_OK;
}

enum value_verdict
value_period(const char *s, size_t len, enum date_serial serial,
    char out[DATE_SIZE])
{
	struct date d;
	enum value_verdict v = begin(s, len, serial, &d);

	out[0] = '\0';
	if (v != VALUE_OK)
		return v;
	if (d.precision == DATE_YEAR)
		return VALUE_FORMAT;
	d.precision = DATE_MONTH;
	put_date(&d, out);
	return VALUE_OK;
}

enum value_verdict
value_quarter(const char *s, size_t len, char out[DATE_SIZE])
{
	char text[LONGEST + 1];
	struct cursor c;
	unsigned year, quarter = 0;
	enum value_verdict v;

	out[0] = '\0';
	v = value_begin(s, len, text, sizeof(text), &len);
	if (v != VALUE_OK)
		return v;
	len = text_code_fold(text, len, text, sizeof(text));
	c.p = text;
	c.end = text + len;
	if (take_digits(&c, 4, &year) != 4)
		return VALUE_FORMAT;
	if (take(&c, "年"))
		take(&c, "第");
	else
		take_char(&c, "-/.");
	if (take(&c, "Q"))
		take_digits(&c, 1, &quarter);
	else if (take_digits(&c, 1, &quarter) == 0
		     ? !take_numeral(&c, "季", &quarter)
		     : !take(&c, "季"))
		return VALUE_FORMAT;
	else
		take(&c, "度");
	if (quarter < 1 || quarter > 4 || c.p != c.end)
		return VALUE_FORMAT;
	if (year < FIRST_YEAR)
		return VALUE_YEAR_RANGE;
	snprintf(out, DATE_SIZE, "%04u-Q%u", year % 10000, quarter % 10);
	return VALUE_OK;
}

enum value_verdict
value_year(const char *s, size_t len, int *ret_year)
{
	char text[LONGEST + 1];
	struct cursor c;
	struct number n;
	unsigned year;
	enum value_verdict v;
	size_t took;

	v = value_begin(s, len, text, sizeof(text), &len);
	if (v != VALUE_OK)
		return v;
	c.p = text;
	c.end = text + len;
	took = number_read(text, len, &n);
	if (took == 0 || n.whole != 4 || take_digits(&c, 4, &year) != 4)
		return is_short_year(text, len) ? VALUE_SHORT_YEAR
						: VALUE_FORMAT;
	if (number_has_fraction(&n))
		return VALUE_FRACTION;
	c.p = text + took;
	take_space(&c);
	if (take(&c, "年"))
		take(&c, "度");
	if (c.p != c.end)
		return VALUE_FORMAT;
	if (year < FIRST_YEAR)
		return VALUE_YEAR_RANGE;
	*ret_year = (int)year;
	return VALUE_OK;
}
