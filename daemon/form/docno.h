#ifndef ZAYTON_FORM_DOCNO_H
#define ZAYTON_FORM_DOCNO_H

#include <stddef.h>

/*
 * Numbers of court cases and of administrative decisions in the one spelling
 * in which they are compared: no leading zeros, brackets of one kind.
 */

enum docno {
	DOCNO_BAD,
	DOCNO_CASE_OLD, /* (2014)泉执字第123号, before 2016 */
	DOCNO_CASE_NEW, /* (2016)闽05执123号 */
	DOCNO_DECISION  /* 泉环罚〔2014〕12号 */
};

/*
 * Writes the canonical form to out and says which it is. Width, spaces and
 * brackets of the input do not matter. size >= 256; out is "" for DOCNO_BAD.
 */
enum docno docno_case(const char *s, size_t len, char *out, size_t size);
enum docno docno_decision(const char *s, size_t len, char *out, size_t size);

#endif
