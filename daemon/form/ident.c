#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "form/date.h"
#include "form/docno.h"
#include "form/ident.h"
#include "form/phone.h"
#include "form/text.h"

static const char *const kind_names[IDENT_KINDS] = { "uscc", "org_code",
	"reg_no", "rid", "tax_id", "loan_card", "inst_credit_code", "patent_no",
	"division", "industry_2011", "industry_2017", "ent_type", "case_no",
	"doc_no", "phone" };

static const char *const verdict_names[IDENT_VERDICTS] = { "OK", "LEGACY13",
	"EMPTY", "MASKED", "SCIENTIFIC", "LEN", "CHARSET", "REGION", "CHECK",
	"ORG_CHECK", "BIRTHDATE", "FORM15", "FORM17", "FORM18", "FORM20",
	"KIND", "YEAR", "FORM", "DIVISION", "SECTION", "PROVINCE", "NOT_GB",
	"FORMAT" };

/* The first two digits of every division: bit n of a word of ten. */
static const uint16_t provinces[10] = {
	[1] = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5,
	[2] = 1 << 1 | 1 << 2 | 1 << 3,
	[3] = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7,
	[4] = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6,
	[5] = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4,
	[6] = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5,
	[7] = 1 << 1,
	[8] = 1 << 1 | 1 << 2,
};

/* The divisions of Quanzhou behind 3505. */
static const char quanzhou[] = "00 01 02 03 04 05 21 24 25 26 27 81 82 83";

/* The last division of each section, A to T. */
static const uint8_t sections_2011[] = { 5, 12, 43, 46, 50, 52, 60, 62, 65, 69,
	70, 72, 75, 78, 81, 82, 84, 89, 95, 96 };
static const uint8_t sections_2017[] = { 5, 12, 43, 46, 50, 52, 60, 62, 65, 69,
	70, 72, 75, 79, 82, 83, 85, 90, 96, 97 };

enum ident_kind
ident_kind_find(const char *name)
{
	enum ident_kind k = IDENT_USCC;

	while (k < IDENT_KINDS && strcmp(kind_names[k], name) != 0)
		k++;
	return k;
}

const char *
ident_kind_name(enum ident_kind kind)
{
	return kind < IDENT_KINDS ? kind_names[kind] : "";
}

const char *
ident_verdict_name(enum ident_verdict v)
{
	return v < IDENT_VERDICTS ? verdict_names[v] : "";
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(s[i]))
			return 0;
	return 1;
}

static void
copy(char *out, const char *s, size_t len)
{
	memcpy(out, s, len);
	out[len] = '\0';
}

/* The value of a digit or capital, 0 to 35, or -1. */
static int
value36(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

/* The value of a character of a credit code, which has no I O S V Z. */
static int
value31(char c)
{
	static const int8_t letters[26] = { 10, 11, 12, 13, 14, 15, 16, 17, -1,
		18, 19, 20, 21, 22, -1, 23, 24, 25, -1, 26, 27, -1, 28, 29, 30,
		-1 };

	if (is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'Z' ? letters[c - 'A'] : -1;
}

static int
is_province(const char *s)
{
	return is_digit(s[0]) && is_digit(s[1]) &&
	       (provinces[s[0] - '0'] >> (s[1] - '0') & 1) != 0;
}

/* GB 11714: the check character of eight valid ones. */
static char
org_check(const char *s)
{
	static const int weight[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	for (int i = 0; i < 8; i++)
		sum += value36(s[i]) * weight[i];
	return "0X987654321"[sum % 11];
}

static enum ident_verdict
check_org9(const char *s)
{
	for (int i = 0; i < 8; i++)
		if (value36(s[i]) == -1)
			return IDENT_CHARSET;
	if (!is_digit(s[8]) && s[8] != 'X')
		return IDENT_CHARSET;
	return org_check(s) == s[8] ? IDENT_OK : IDENT_CHECK;
}

static enum ident_verdict
check_org(const char *s, size_t len, char *out)
{
	char plain[9];
	size_t n = 0;
	enum ident_verdict v;

	if (len == 10 && memcmp(s, "##########", 10) == 0)
		return IDENT_EMPTY; /* the filler of credit bureau files */
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '-')
			continue;
		if (n == 9)
			return IDENT_LEN;
		plain[n++] = s[i];
	}
	if (n != 9)
		return IDENT_LEN;
	v = check_org9(plain);
	if (v == IDENT_OK)
		copy(out, plain, 9);
	return v;
}

static enum ident_verdict
check_uscc(const char *s, size_t len)
{
	static const int weight[] = { 1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25,
		13, 8, 24, 10, 30, 28 };
	int sum = 0;

	if (len != 18)
		return IDENT_LEN;
	for (int i = 0; i < 18; i++)
		if (value31(s[i]) == -1)
			return IDENT_CHARSET;
	if (!all_digits(s + 2, 6) ||
	    (!is_province(s + 2) && memcmp(s + 2, "10", 2) != 0))
		return IDENT_REGION;
	for (int i = 0; i < 17; i++)
		sum += value31(s[i]) * weight[i];
	if (value31(s[17]) != (31 - sum % 31) % 31)
		return IDENT_CHECK;
	/* With I O S V Z out of the way only the check is left to be wrong. */
	return org_check(s + 8) == s[16] ? IDENT_OK : IDENT_ORG_CHECK;
}

/* The registration of a foreign enterprise before 2007: 企合闽泉总字第…号. */
static int
is_foreign_reg(const char *s, size_t len)
{
	static const char *const heads[] = { "企合", "企独", "企作" };
	const char *sign;

	if (len < 15 || len > 60 || memcmp(s + len - 3, "号", 3) != 0 ||
	    (sign = memmem(s, len, "第", 3)) == NULL)
		return 0;
	sign += 3;
	if (!all_digits(sign, (size_t)(s + len - 3 - sign)))
		return 0;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (memcmp(s, heads[i], 6) == 0)
			return 1;
	return 0;
}

static enum ident_verdict
check_reg(const char *s, size_t len)
{
	int p = 10;

	if ((len == 13 && all_digits(s, 13)) || is_foreign_reg(s, len))
		return IDENT_LEGACY;
	if (len != 15)
		return IDENT_LEN;
	if (!all_digits(s, 15))
		return IDENT_CHARSET;
	if (!is_province(s) && memcmp(s, "100000", 6) != 0)
		return IDENT_REGION;
	/* ISO 7064 MOD 11,10 */
	for (int i = 0; i < 14; i++) {
		p = (p + s[i] - '0') % 10;
		p = (p == 0 ? 10 : p) * 2 % 11;
	}
	return (11 - p) % 10 == s[14] - '0' ? IDENT_OK : IDENT_CHECK;
}

static char
rid_check(const char *s)
{
	static const int weight[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10,
		5, 8, 4, 2 };
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += (s[i] - '0') * weight[i];
	return "10X98765432"[sum % 11];
}

/* A resident id of 15 digits as 18; the last serials were for centenarians. */
static void
rid_widen(const char *s, char *out)
{
	int old = memcmp(s + 12, "996", 3) >= 0;

	memcpy(out, s, 6);
	memcpy(out + 6, old ? "18" : "19", 2);
	memcpy(out + 8, s + 6, 9);
	out[17] = rid_check(out);
	out[18] = '\0';
}

static enum ident_verdict
check_rid(const char *s, size_t len, unsigned today, char *out)
{
	char wide[19];
	unsigned day = 0;

	if (len == 15) {
		if (!all_digits(s, 15))
			return IDENT_CHARSET;
		rid_widen(s, wide);
		s = wide;
	} else if (len != 18)
		return IDENT_LEN;
	if (!all_digits(s, 17) || (!is_digit(s[17]) && s[17] != 'X'))
		return IDENT_CHARSET;
	if (!is_province(s))
		return IDENT_REGION;
	for (int i = 6; i < 14; i++)
		day = day * 10 + (unsigned)(s[i] - '0');
	if (!date_exists(day / 10000, day / 100 % 100, day % 100) ||
	    day < 18000101 || (today != 0 && day > today))
		return IDENT_BIRTHDATE;
	if (rid_check(s) != s[17])
		return IDENT_CHECK;
	copy(out, s, 18);
	return IDENT_OK;
}

/* The organisation code and resident id in a tax identifier, or "". */
struct tax {
	const char *form; /* NULL where it is none */
	enum ident_verdict verdict;
	char org[10];
	char rid[IDENT_SIZE];
};

static void
tax_refuse(struct tax *t, enum ident_verdict v)
{
	t->form = NULL;
	t->verdict = v;
}

static void
tax_of_org(struct tax *t, const char *form, const char *org)
{
	t->form = form;
	memcpy(t->org, org, 9);
	t->org[9] = '\0';
}

static void
tax_of_rid(struct tax *t, const char *form, const char *s, size_t rid_len,
    size_t len, unsigned today, enum ident_verdict otherwise)
{
	if (all_digits(s + rid_len, len - rid_len) &&
	    check_rid(s, rid_len, today, t->rid) == IDENT_OK)
		t->form = form;
	else
		tax_refuse(t, otherwise);
}

static void
tax_read(const char *s, size_t len, unsigned today, struct tax *t)
{
	t->form = NULL;
	t->verdict = IDENT_OK;
	t->org[0] = t->rid[0] = '\0';
	switch (len) {
	case 15:
		if (all_digits(s, 6) && is_province(s) &&
		    check_org9(s + 6) == IDENT_OK)
			tax_of_org(t, "REGION6+ORG9", s + 6);
		else
			tax_of_rid(t, "RID15", s, 15, 15, today, IDENT_FORM15);
		break;
	case 17:
		tax_of_rid(t, "RID15+SEQ2", s, 15, 17, today, IDENT_FORM17);
		break;
	case 18:
		if (check_uscc(s, 18) == IDENT_OK)
			tax_of_org(t, "USCC", s + 8);
		else
			tax_of_rid(t, "RID18", s, 18, 18, today, IDENT_FORM18);
		break;
	case 20:
		tax_of_rid(t, "RID18+SEQ2", s, 18, 20, today, IDENT_FORM20);
		break;
	default:
		tax_refuse(t, IDENT_LEN);
		break;
	}
}

/* L in front is a temporary taxpayer. */
static int
is_temporary(const char *s, size_t len)
{
	return len > 10 && s[0] == 'L';
}

static enum ident_verdict
check_tax(const char *s, size_t len, unsigned today)
{
	struct tax t;
	size_t skip = (size_t)is_temporary(s, len);

	tax_read(s + skip, len - skip, today, &t);
	return t.verdict;
}

static enum ident_verdict
check_loan(const char *s, size_t len)
{
	static const int weight[] = { 1, 3, 5, 7, 11, 2, 13, 1, 1, 17, 19, 97,
		23, 29 };
	int sum = 0;

	if (len != 16)
		return IDENT_LEN;
	if (value36(s[0]) == -1 || value36(s[1]) == -1 || value36(s[2]) == -1 ||
	    !all_digits(s + 3, 13))
		return IDENT_CHARSET;
	for (int i = 0; i < 14; i++)
		sum += value36(s[i]) * weight[i];
	sum = 1 + sum % 97;
	return sum == (s[14] - '0') * 10 + s[15] - '0' ? IDENT_OK : IDENT_CHECK;
}

static enum ident_verdict
check_inst(const char *s, size_t len)
{
	int p = 36;

	if (len != 18)
		return IDENT_LEN;
	if (is_digit(s[0]) || value36(s[0]) == -1 || !all_digits(s + 1, 16) ||
	    value36(s[17]) == -1)
		return IDENT_CHARSET;
	/* ISO 7064 MOD 37,36 */
	for (int i = 0; i < 17; i++) {
		p = (p + value36(s[i])) % 36;
		p = (p == 0 ? 36 : p) * 2 % 37;
	}
	return (37 - p) % 36 == value36(s[17]) ? IDENT_OK : IDENT_CHECK;
}

/* The digits of a patent, without ZL, CN and dots. Returns how many, or 14. */
static size_t
patent_plain(const char *s, size_t len, char *plain, int *ret_granted)
{
	size_t n = 0;

	*ret_granted = len >= 2 && memcmp(s, "ZL", 2) == 0;
	if (*ret_granted || (len >= 2 && memcmp(s, "CN", 2) == 0)) {
		s += 2;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.')
			continue;
		if (n == 13)
			return 14;
		plain[n++] = s[i];
	}
	return n;
}

static enum ident_verdict
check_patent(const char *s, size_t len, char *out)
{
	char plain[13];
	int granted, kind, year, sum = 0;
	size_t n = patent_plain(s, len, plain, &granted);

	if (n != 9 && n != 13)
		return IDENT_LEN;
	if (!all_digits(plain, n - 1) ||
	    (!is_digit(plain[n - 1]) && plain[n - 1] != 'X'))
		return IDENT_CHARSET;
	kind = n == 9 ? plain[2] : plain[4];
	if (strchr("12389", kind) == NULL)
		return IDENT_KIND;
	year = (plain[0] - '0') * 10 + plain[1] - '0';
	if (n == 13)
		year = year * 100 + (plain[2] - '0') * 10 + plain[3] - '0';
	/* Two digits are 1985 to 2003, when the long form came. */
	if (n == 13 ? year < 2003 || year > 2100 : year > 3 && year < 85)
		return IDENT_YEAR;
	for (size_t i = 0; i < n - 1; i++)
		sum += (plain[i] - '0') * (int)(2 + i % 8);
	if ("0123456789X"[sum % 11] != plain[n - 1])
		return IDENT_CHECK;
	snprintf(out, IDENT_SIZE, "%s%.*s.%c", granted ? "ZL" : "",
	    (int)(n - 1), plain, plain[n - 1]);
	return IDENT_OK;
}

static enum ident_verdict
check_division(const char *s, size_t len, char *out)
{
	if ((len != 6 && len != 9 && len != 12) || !all_digits(s, len))
		return IDENT_FORM;
	if (!is_province(s))
		return IDENT_PROVINCE;
	copy(out, s, 6);
	if (memcmp(s, "3505", 4) != 0)
		return IDENT_OK;
	for (const char *q = quanzhou;; q += 3) {
		if (memcmp(q, s + 4, 2) == 0)
			return IDENT_OK;
		if (q[2] == '\0')
			return IDENT_NOT_GB;
	}
}

/* A section letter alone, or two to four digits with or without one. */
static enum ident_verdict
check_industry(const char *s, size_t len, const uint8_t *sections)
{
	int section = -1, division, i = 0;

	if (len > 0 && s[0] >= 'A' && s[0] <= 'T') {
		section = s[0] - 'A';
		s++;
		len--;
	}
	if (section != -1 && len == 0)
		return IDENT_OK;
	if (len < 2 || len > 4 || !all_digits(s, len))
		return IDENT_FORM;
	division = (s[0] - '0') * 10 + s[1] - '0';
	if (division == 0 || division > sections[19])
		return IDENT_DIVISION_RANGE;
	while (division > sections[i])
		i++;
	return section == -1 || section == i ? IDENT_OK : IDENT_SECTION;
}

static enum ident_verdict
check_phone(const char *s, size_t len, char *out, size_t size)
{
	struct phone list[PHONE_MOST];
	size_t n = phone_list(s, len, list);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int k;

		if (list[i].kind == PHONE_BAD)
			return IDENT_FORMAT;
		k = snprintf(out + at, size - at, "%s%s", i > 0 ? ";" : "",
		    list[i].number);
		if (k < 0 || (size_t)k >= size - at)
			return IDENT_FORMAT;
		at += (size_t)k;
	}
	return n > 0 ? IDENT_OK : IDENT_FORMAT;
}

static enum ident_verdict
check_kind(enum ident_kind kind, const char *s, size_t len, unsigned today,
    char *out, size_t size)
{
	switch (kind) {
	case IDENT_USCC:
		return check_uscc(s, len);
	case IDENT_ORG_CODE:
		return check_org(s, len, out);
	case IDENT_REG_NO:
		return check_reg(s, len);
	case IDENT_RID:
		return check_rid(s, len, today, out);
	case IDENT_TAX_ID:
		return check_tax(s, len, today);
	case IDENT_LOAN_CARD:
		return check_loan(s, len);
	case IDENT_INST_CREDIT_CODE:
		return check_inst(s, len);
	case IDENT_PATENT_NO:
		return check_patent(s, len, out);
	case IDENT_DIVISION:
		return check_division(s, len, out);
	case IDENT_INDUSTRY_2011:
		return check_industry(s, len, sections_2011);
	case IDENT_INDUSTRY_2017:
		return check_industry(s, len, sections_2017);
	case IDENT_ENT_TYPE:
		return len == 4 && all_digits(s, 4) ? IDENT_OK : IDENT_FORM;
	case IDENT_CASE_NO:
		return docno_case(s, len, out, size) != DOCNO_BAD
			   ? IDENT_OK
			   : IDENT_FORMAT;
	case IDENT_DOC_NO:
		return docno_decision(s, len, out, size) != DOCNO_BAD
			   ? IDENT_OK
			   : IDENT_FORMAT;
	case IDENT_PHONE:
		return check_phone(s, len, out, size);
	case IDENT_KINDS:
		break;
	}
	return IDENT_FORMAT;
}

enum ident_verdict
ident_check(enum ident_kind kind, const char *s, size_t len, unsigned today,
    char *out, size_t size)
{
	enum ident_verdict v;

	out[0] = '\0';
	if (text_is_null(s, len))
		return IDENT_EMPTY;
	if (memchr(s, '*', len) != NULL)
		return IDENT_MASKED;
	v = check_kind(kind, s, len, today, out, size);
	if (v != IDENT_OK && v != IDENT_LEGACY) {
		out[0] = '\0';
		return text_is_scientific(s, len) ? IDENT_SCIENTIFIC : v;
	}
	if (out[0] == '\0' && len < size)
		copy(out, s, len);
	return v;
}

int
ident_org_of(enum ident_kind kind, const char *s, size_t len, char out[10])
{
	char all[IDENT_SIZE];
	struct tax t;
	size_t skip;

	out[0] = '\0';
	if (kind == IDENT_ORG_CODE) {
		if (check_org(s, len, all) == IDENT_OK)
			memcpy(out, all, 10);
	} else if (kind == IDENT_USCC) {
		if (check_uscc(s, len) == IDENT_OK)
			copy(out, s + 8, 9);
	} else if (kind == IDENT_TAX_ID) {
		skip = (size_t)is_temporary(s, len);
		tax_read(s + skip, len - skip, 0, &t);
		memcpy(out, t.org, sizeof(t.org));
	}
	return out[0] != '\0';
}

int
ident_rid_of(enum ident_kind kind, const char *s, size_t len, unsigned today,
    char out[19])
{
	char all[IDENT_SIZE];
	struct tax t;
	size_t skip;

	out[0] = '\0';
	if (kind == IDENT_RID) {
		if (check_rid(s, len, today, all) == IDENT_OK)
			memcpy(out, all, 19);
	} else if (kind == IDENT_TAX_ID) {
		skip = (size_t)is_temporary(s, len);
		tax_read(s + skip, len - skip, today, &t);
		if (t.form != NULL)
			memcpy(out, t.rid, t.rid[0] != '\0' ? 19 : 1);
	}
	return out[0] != '\0';
}

const char *
ident_tax_form(const char *s, size_t len, unsigned today, int *ret_temp)
{
	struct tax t;
	int temp = is_temporary(s, len);

	tax_read(s + temp, len - (size_t)temp, today, &t);
	if (t.form != NULL)
		*ret_temp = temp;
	return t.form;
}
