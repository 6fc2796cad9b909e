#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "form/utf8.h"
#include "form/xlsx_cell.h"

enum {
	DIGITS = 15, /* that a spreadsheet keeps of a number */
	NUMBER_BYTES = 64,
	DAY_LEAP = 60,      /* 1900-02-29, which never was */
	DAY_LAST = 2958465, /* 9999-12-31 */
	DAYS_1904 = 1462,
	SECONDS = 86400
};

/* ---- formats ---- */

struct xlsx_format
xlsx_format_known(unsigned id)
{
	/* From 27 on as Chinese workbooks have them. */
	static const uint8_t kind[] = { [9] = XLSX_PERCENT,
		[10] = XLSX_PERCENT,
		[14] = XLSX_DAY,
		[15] = XLSX_DAY,
		[16] = XLSX_DAY,
		[17] = XLSX_MONTH,
		[18] = XLSX_TIME,
		[19] = XLSX_TIME,
		[20] = XLSX_TIME,
		[21] = XLSX_TIME,
		[22] = XLSX_MOMENT,
		[27] = XLSX_MONTH,
		[28] = XLSX_DAY,
		[29] = XLSX_DAY,
		[30] = XLSX_DAY,
		[31] = XLSX_DAY,
		[32] = XLSX_TIME,
		[33] = XLSX_TIME,
		[34] = XLSX_TIME,
		[35] = XLSX_TIME,
		[36] = XLSX_MONTH,
		[45] = XLSX_TIME,
		[46] = XLSX_TIME,
		[47] = XLSX_TIME,
		[50] = XLSX_MONTH,
		[51] = XLSX_DAY,
		[52] = XLSX_MONTH,
		[53] = XLSX_DAY,
		[54] = XLSX_DAY,
		[55] = XLSX_TIME,
		[56] = XLSX_TIME,
		[57] = XLSX_MONTH,
		[58] = XLSX_DAY };
	struct xlsx_format f = { XLSX_PLAIN, 0 };

	if (id < sizeof(kind))
		f.kind = kind[id];
	return f;
}

/* What a code asks for, letter by letter. */
struct asked {
	int year, month, day, hour, second, number, percent;
	size_t zeros;
	size_t other;
};

static void
ask(struct asked *a, char c, char before)
{
	switch (c) {
	case 'E':
	case 'e':
		/* The year in Chinese formats, else of 0.00E+00. */
		a->year += before != '0' && before != '#';
		break;
	case 'y':
	case 'Y':
		a->year++;
		break;
	case 'm':
	case 'M':
		a->month++;
		break;
	case 'd':
	case 'D':
		a->day++;
		break;
	case 'h':
	case 'H':
		a->hour++;
		break;
	case 's':
	case 'S':
		a->second++;
		break;
	case '%':
		a->percent++;
		break;
	case '0':
		a->zeros++;
		a->number++;
		return;
	case '#':
	case '?':
		a->number++;
		break;
	}
	a->other++;
}

/* The first section; what is quoted, escaped or in brackets asks nothing. */
static void
read_code(const char *code, struct asked *a)
{
	char before = '\0';

	for (const char *p = code; *p != '\0' && *p != ';'; p++) {
		if (*p == '"' || *p == '[') {
			const char *close =
			    strchr(p + 1, *p == '"' ? '"' : ']');

			/* [h] counts hours beyond a day. */
			if (*p == '[' && strchr("hHsS", p[1]) != NULL)
				a->hour++;
			if (close == NULL)
				return;
			p = close;
			continue;
		}
		if ((*p == '\\' || *p == '_' || *p == '*') && p[1] != '\0') {
			p++;
			continue;
		}
		ask(a, *p, before);
		before = *p;
	}
}

struct xlsx_format
xlsx_format_of(const char *code)
{
	struct xlsx_format f = { XLSX_PLAIN, 0 };
	struct asked a = { 0 };

	if (strcasestr(code, "general") != NULL)
		return f;
	read_code(code, &a);
	if (a.percent > 0)
		f.kind = XLSX_PERCENT;
	else if (a.year + a.day > 0 && a.hour > 0)
		f.kind = XLSX_MOMENT;
	else if (a.day > 0 ||
		 (a.month > 0 && a.year + a.hour + a.second + a.number == 0))
		f.kind = XLSX_DAY;
	else if (a.year > 0)
		f.kind = a.month > 0 ? XLSX_MONTH : XLSX_YEAR;
	else if (a.hour > 0 || a.second > 0)
		f.kind = XLSX_TIME;
	else if (a.zeros > 1 && a.other == 0 && a.zeros < NUMBER_BYTES) {
		f.kind = XLSX_ZEROS;
		f.width = (uint8_t)a.zeros;
	}
	return f;
}

/* ---- numbers ---- */

static size_t
without_zeros(const char *s, size_t len)
{
	if (memchr(s, '.', len) == NULL)
		return len;
	while (s[len - 1] == '0')
		len--;
	return s[len - 1] == '.' ? len - 1 : len;
}

/* With the digits that count, and without the noise behind them. */
static void
add_real(double v, struct buf *out)
{
	char s[NUMBER_BYTES];
	int n = snprintf(s, sizeof(s), "%.*g", DIGITS, v);
	const char *e = strchr(s, 'e');
	int power = e != NULL ? atoi(e + 1) : 0;

	if (power >= DIGITS || power < -DIGITS) {
		buf_printf(out, "%.*G", DIGITS, v);
		return;
	}
	if (power < 0)
		n = snprintf(s, sizeof(s), "%.*f", DIGITS - 1 - power, v);
	buf_add(out, s, without_zeros(s, (size_t)n));
}

/* Digits, perhaps with a point, and few enough to be exact as they stand. */
static int
is_exact(const char *s, size_t len)
{
	size_t digits = 0;

	for (size_t i = s[0] == '-'; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			digits++;
		else if (s[i] != '.' || digits == 0)
			return 0;
	}
	return digits > 0 && digits <= DIGITS;
}

/* ---- days ---- */

static void
add_day(long day, int kind, struct buf *out)
{
	/* Days from 0000-03-01; Howard Hinnant's arithmetic of eras. */
	long z = day - 25569 + (day < DAY_LEAP) + 719468;
	long era = z / 146097;
	long doe = z - era * 146097;
	long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	long doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	long mp = (5 * doy + 2) / 153;
	long d = doy - (153 * mp + 2) / 5 + 1;
	long m = mp < 10 ? mp + 3 : mp - 9;
	long y = yoe + era * 400 + (m <= 2);
	char s[12] = "0000-00-00";

	if (day == DAY_LEAP) {
		y = 1900;
		m = 2;
		d = 29;
	}
	for (int i = 3; i >= 0; i--, y /= 10)
		s[i] = (char)('0' + y % 10);
	s[5] = (char)('0' + m / 10);
	s[6] = (char)('0' + m % 10);
	s[8] = (char)('0' + d / 10);
	s[9] = (char)('0' + d % 10);
	/* A month is kept as its first day; any other is a day shown short. */
	if (kind == XLSX_YEAR && m == 1 && d == 1)
		buf_add(out, s, 4);
	else if (kind == XLSX_MONTH && d == 1)
		buf_add(out, s, 7);
	else
		buf_add(out, s, 10);
}

static int
add_moment(double v, int kind, int from_1904, struct buf *out)
{
	double day = floor(v);
	long seconds;

	if (!(day >= 0 && day <= DAY_LAST))
		return -1;
	seconds = lround((v - day) * SECONDS);
	if (from_1904 && kind != XLSX_TIME)
		day += DAYS_1904;
	if (kind != XLSX_MOMENT && kind != XLSX_TIME)
		seconds = 0;
	day += (double)(seconds / SECONDS);
	seconds %= SECONDS;
	if (day > DAY_LAST || (kind != XLSX_TIME && day < 1))
		return -1;
	if (kind != XLSX_TIME)
		add_day((long)day, kind, out);
	if (kind == XLSX_TIME)
		seconds += (long)day * SECONDS;
	else if (seconds == 0)
		return 0;
	buf_printf(out, "%s%02ld:%02ld:%02ld", kind == XLSX_TIME ? "" : " ",
	    seconds / 3600, seconds / 60 % 60, seconds % 60);
	return 0;
}

/* Most days are whole numbers of five digits: quick. */
static int
add_short_day(const char *s, size_t len, int kind, int from_1904,
    struct buf *out)
{
	long day = 0;

	if (len > 6 || kind == XLSX_TIME)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		day = day * 10 + (s[i] - '0');
	}
	day += from_1904 ? DAYS_1904 : 0;
	if (day < 1)
		return -1;
	add_day(day, kind, out);
	return 0;
}

static int
is_day(int kind)
{
	return kind >= XLSX_DAY && kind <= XLSX_YEAR;
}

void
xlsx_number(const char *s, size_t len, struct xlsx_format f, int from_1904,
    struct buf *out)
{
	char copy[NUMBER_BYTES];
	double v;

	if (f.kind == XLSX_PLAIN && is_exact(s, len)) {
		buf_add(out, s, len);
		return;
	}
	if (is_day(f.kind) &&
	    add_short_day(s, len, f.kind, from_1904, out) == 0)
		return;
	if (len >= sizeof(copy) || memchr(s, '\0', len) != NULL) {
		buf_add(out, s, len);
		return;
	}
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (strspn(copy, "0123456789+-.eE") != len) {
		buf_add(out, s, len);
		return;
	}
	v = strtod(copy, NULL);
	if (is_day(f.kind) && add_moment(v, f.kind, from_1904, out) == 0)
		return;
	if (f.kind == XLSX_ZEROS && is_exact(s, len) &&
	    strspn(copy, "0123456789") == len)
		for (size_t i = len; i < f.width; i++)
			buf_addch(out, '0');
	if (f.kind == XLSX_PERCENT) {
		add_real(v * 100, out);
		buf_addch(out, '%');
	} else if (is_exact(s, len)) {
		buf_add(out, s, len);
	} else {
		add_real(v, out);
	}
}

/* ---- text ---- */

static int
hex4(const char *s, uint32_t *ret_cp)
{
	uint32_t cp = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			cp = cp * 16 + (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			cp = cp * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	*ret_cp = cp;
	return 0;
}

size_t
xlsx_unescape(char *s, size_t len)
{
	size_t put = 0;

	if (memmem(s, len, "_x", 2) == NULL)
		return len;
	for (size_t i = 0; i < len;) {
		uint32_t cp;

		if (len - i < 7 || s[i] != '_' || s[i + 1] != 'x' ||
		    s[i + 6] != '_' || hex4(s + i + 2, &cp) == -1) {
			s[put++] = s[i++];
			continue;
		}
		if (cp == 0 || (cp >= 0xD800 && cp < 0xE000))
			cp = 0xFFFD;
		put += utf8_put(s + put, cp);
		i += 7;
	}
	return put;
}
