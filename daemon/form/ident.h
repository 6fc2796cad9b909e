#ifndef ZAYTON_FORM_IDENT_H
#define ZAYTON_FORM_IDENT_H

#include <stddef.h>

/*
 * Identifiers: form, check characters and the one spelling in which they are
 * compared. Input is the value after text_code_fold. Names of kinds are those
 * of the data standards, words of verdicts those of the published vectors.
 */

enum ident_kind {
	IDENT_USCC,
	IDENT_ORG_CODE,
	IDENT_REG_NO,
	IDENT_RID,
	IDENT_TAX_ID,
	IDENT_LOAN_CARD,
	IDENT_INST_CREDIT_CODE,
	IDENT_PATENT_NO,
	IDENT_DIVISION,
	IDENT_INDUSTRY_2011,
	IDENT_INDUSTRY_2017,
	IDENT_ENT_TYPE, /* form only: the list of codes is data */
	IDENT_CASE_NO,
	IDENT_DOC_NO,
	IDENT_PHONE,
	IDENT_KINDS
};

enum ident_verdict {
	IDENT_OK,
	IDENT_LEGACY,     /* a right form of old, an alias but never a key */
	IDENT_EMPTY,      /* nothing, or a filler for nothing */
	IDENT_MASKED,     /* covered with asterisks: not bad, not a key */
	IDENT_SCIENTIFIC, /* a spreadsheet dropped digits: ask again */
	IDENT_LEN,
	IDENT_CHARSET,
	IDENT_REGION,    /* no province begins so */
	IDENT_CHECK,     /* the check character is wrong */
	IDENT_ORG_CHECK, /* that of the organisation code inside is */
	IDENT_BIRTHDATE, /* no such day, or in the future */
	IDENT_FORM15,    /* none of the tax identifiers of that length */
	IDENT_FORM17,
	IDENT_FORM18,
	IDENT_FORM20,
	IDENT_KIND, /* a kind of patent that does not exist */
	IDENT_YEAR,
	IDENT_FORM,           /* not the pattern of such a code */
	IDENT_DIVISION_RANGE, /* the industry has no such division */
	IDENT_SECTION,        /* which belongs to another section */
	IDENT_PROVINCE,
	IDENT_NOT_GB, /* not, or no longer, in the standard */
	IDENT_FORMAT,
	IDENT_VERDICTS
};

/* Room for any canonical form, with the NUL. */
enum { IDENT_SIZE = 256 };

/* The kind of a name such as "uscc", or IDENT_KINDS where there is none. */
enum ident_kind ident_kind_find(const char *name);
const char *ident_kind_name(enum ident_kind kind);

/* The stable word of a verdict: "OK", "CHARSET", "ORG_CHECK" and so on. */
const char *ident_verdict_name(enum ident_verdict v);

/*
 * Checks a value and, for IDENT_OK and IDENT_LEGACY, writes the canonical form
 * to out (else ""): organisation codes without dash, resident ids of 15 digits
 * as 18, patents as ZL or bare digits with the dot before the check, divisions
 * cut to six digits, case and document numbers in their own brackets, phone
 * numbers in a list with semicolons. today is YYYYMMDD, the last day on which
 * somebody can be born; 0 for no such limit. size >= IDENT_SIZE.
 */
enum ident_verdict ident_check(enum ident_kind kind, const char *s, size_t len,
    unsigned today, char *out, size_t size);

/*
 * The organisation code inside a valid uscc or tax_id, or an org_code itself,
 * in canonical form. Returns 1, or 0 and "" where there is none.
 */
int ident_org_of(enum ident_kind kind, const char *s, size_t len, char out[10]);

/*
 * The resident id inside a valid tax_id, or a rid itself, as 18 characters:
 * such a value is personal as a whole. Returns 1, or 0 and "".
 */
int ident_rid_of(enum ident_kind kind, const char *s, size_t len,
    unsigned today, char out[19]);

/*
 * What a tax identifier is made of, such as "REGION6+ORG9", "USCC" or
 * "RID18+SEQ2"; *ret_temp is set for a temporary taxpayer, whose identifier
 * begins with L. NULL where it is not valid.
 */
const char *ident_tax_form(const char *s, size_t len, unsigned today,
    int *ret_temp);

#endif
