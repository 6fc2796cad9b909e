#include "form/numeral.h"
#include "form/utf8.h"

static const uint64_t WAN = 10000;
static const uint64_t YI = 100000000;

int
numeral_digit(uint32_t cp)
{
	switch (cp) {
	case '0':
	case 0x25CB: /* ○ */
	case 0x3007: /* 〇 */
	case 0x96F6: /* 零 */
		return 0;
	case 0x4E00: /* 一 */
	case 0x58F9: /* 壹 */
	case 0x5F0C: /* 弌 */
		return 1;
	case 0x4E8C: /* 二 */
	case 0x8D30: /* 贰 */
	case 0x8CB3: /* 貳 */
	case 0x4E24: /* 两 */
	case 0x5169: /* 兩 */
		return 2;
	case 0x4E09: /* 三 */
	case 0x53C1: /* 叁 */
	case 0x53C3: /* 參 */
	case 0x53C4: /* 叄 */
		return 3;
	case 0x56DB: /* 四 */
	case 0x8086: /* 肆 */
		return 4;
	case 0x4E94: /* 五 */
	case 0x4F0D: /* 伍 */
		return 5;
	case 0x516D: /* 六 */
	case 0x9646: /* 陆 */
	case 0x9678: /* 陸 */
		return 6;
	case 0x4E03: /* 七 */
	case 0x67D2: /* 柒 */
		return 7;
	case 0x516B: /* 八 */
	case 0x634C: /* 捌 */
		return 8;
	case 0x4E5D: /* 九 */
	case 0x7396: /* 玖 */
		return 9;
	}
	return -1;
}

/* Ten, a hundred or a thousand, else 0. */
static uint64_t
small_unit(uint32_t cp)
{
	switch (cp) {
	case 0x5341: /* 十 */
	case 0x62FE: /* 拾 */
		return 10;
	case 0x767E: /* 百 */
	case 0x4F70: /* 佰 */
		return 100;
	case 0x5343: /* 千 */
	case 0x4EDF: /* 仟 */
		return 1000;
	}
	return 0;
}

static uint64_t
large_unit(uint32_t cp)
{
	switch (cp) {
	case 0x4E07: /* 万 */
	case 0x842C: /* 萬 */
		return WAN;
	case 0x4EBF: /* 亿 */
	case 0x5104: /* 億 */
		return YI;
	}
	return 0;
}

/* What has been read: total, and the parts below the last large unit. */
struct reading {
	uint64_t total;
	uint64_t section; /* below ten thousand */
	uint64_t num;     /* the last digit, not yet placed */
	uint64_t plain;   /* all digits one after the other */
	int units;
	int digits; /* in a row */
};

static int
read_large(struct reading *r, uint64_t unit)
{
	uint64_t part;

	r->section += r->num;
	r->num = 0;
	if (unit == YI) {
		/* Everything so far counts in it: 一万亿. */
		if (__builtin_add_overflow(r->total, r->section, &part) ||
		    __builtin_mul_overflow(part, unit, &r->total))
			return -1;
	} else if (__builtin_mul_overflow(r->section, unit, &part) ||
		   __builtin_add_overflow(r->total, part, &r->total))
		return -1;
	r->section = 0;
	return 0;
}

static int
read_one(struct reading *r, uint32_t cp)
{
	int digit = numeral_digit(cp);
	uint64_t unit = small_unit(cp);

	if (digit >= 0) {
		r->digits++;
		if (r->plain > UINT64_MAX / 10 - 1)
			return -1;
		r->plain = r->plain * 10 + (uint64_t)digit;
		/* Two digits in a row make a number only without units. */
		if (r->num != 0)
			r->digits = 100;
		r->num = (uint64_t)digit;
		return 0;
	}
	if (r->digits >= 100)
		return -1;
	r->units = 1;
	r->digits = 0;
	if (unit != 0) {
		/* The ten of 十五 stands alone. */
		if (r->num == 0 && unit == 10 && r->section == 0)
			r->num = 1;
		r->section += r->num * unit;
		r->num = 0;
		return 0;
	}
	unit = large_unit(cp);
	return unit != 0 ? read_large(r, unit) : -1;
}

int
numeral_read(const char *s, size_t len, uint64_t *ret_n)
{
	struct reading r = { 0 };
	uint64_t sum;
	uint32_t cp;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len;) {
		i += utf8_get(s + i, len - i, &cp);
		if (read_one(&r, cp) == -1)
			return -1;
	}
	if (!r.units) {
		*ret_n = r.plain;
		return 0;
	}
	if (r.digits >= 100 ||
	    __builtin_add_overflow(r.total, r.section + r.num, &sum))
		return -1;
	*ret_n = sum;
	return 0;
}
