#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "form/date.h"
#include "form/ident.h"
#include "form/text.h"
#include "form/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A canonical form is its own canonical form. */
static void
check_ident(const char *s, size_t len)
{
	char out[IDENT_SIZE], again[IDENT_SIZE], org[10], rid[19];
	int temp;

	for (int k = 0; k < IDENT_KINDS; k++) {
		enum ident_kind kind = (enum ident_kind)k;
		enum ident_verdict v =
		    ident_check(kind, s, len, 20260101, out, sizeof(out));

		if (ident_verdict_name(v)[0] == '\0')
			abort();
		ident_org_of(kind, s, len, org);
		ident_rid_of(kind, s, len, 0, rid);
		if (v != IDENT_OK)
			continue;
		if (ident_check(kind, out, strlen(out), 20260101, again,
			sizeof(again)) != IDENT_OK ||
		    strcmp(out, again) != 0)
			abort();
	}
	ident_tax_form(s, len, 0, &temp);
}

static void
check_date(const char *s, size_t len)
{
	char out[DATE_SIZE], again[DATE_SIZE];
	enum date_precision p, q;
	int year;

	if (value_date(s, len, DATE_SERIAL_1900, out, &p) == VALUE_OK &&
	    (value_date(out, strlen(out), DATE_SERIAL_1900, again, &q) !=
		    VALUE_OK ||
		p != q || strcmp(out, again) != 0) &&
	    p != DATE_YEAR)
		abort();
	value_datetime(s, len, DATE_SERIAL_1904, out, &p);
	value_period(s, len, DATE_SERIAL_NO, out);
	value_quarter(s, len, out);
	value_year(s, len, &year);
}

static void
check_money(const char *s, size_t len)
{
	char text[VALUE_MONEY_SIZE], currency[4];
	int64_t fen = 0, again = 0;

	if (value_money(s, len, 10000, &fen, currency) == VALUE_OK) {
		size_t n = value_money_text(fen, text, sizeof(text));

		if (value_money(text, n, 1, &again, currency) != VALUE_OK ||
		    fen != again)
			abort();
	}
	value_unit_of(s, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No NUL behind it, so that reading too far is seen. */
	char *s = malloc(size > 0 ? size : 1);
	char folded[512];
	int64_t n;
	double x;
	int yes;
	size_t len;

	if (size > 0)
		memcpy(s, data, size);
	check_date(s, size);
	check_money(s, size);
	value_int(s, size, &n);
	value_decimal(s, size, &x);
	value_bool(s, size, &yes);
	check_ident(s, size);
	len = text_code_fold(s, size, folded, sizeof(folded));
	check_ident(folded, len);
	free(s);
	return 0;
}
