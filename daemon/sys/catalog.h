#ifndef ZAYTON_SYS_CATALOG_H
#define ZAYTON_SYS_CATALOG_H

#include <stddef.h>

/*
 * The catalogue of stable codes: every refusal and every finding a sender can
 * meet, with its sentence and what to do, in Chinese and English. The table
 * itself is catalog.def, in sections by module. Codes are never reused.
 */

enum { CATALOG_ARGS = 6 };

enum severity {
	SEVERITY_ERROR, /* row, file or bundle refused; a register: the value */
	SEVERITY_WARN,  /* taken, but counted and sent back */
	SEVERITY_INFO   /* said once, changes nothing */
};

struct catalog_entry {
	const char *code; /* lower_snake, stable */
	enum severity severity;
	const char *zh; /* sentence, {1} {2} ... are arguments */
	const char *en;
	const char *zh_fix; /* what to do */
	const char *en_fix;
};

/* The n-th entry, NULL after the last one. */
const struct catalog_entry *catalog_at(size_t n);

/* The entry of a code, NULL where there is none. */
const struct catalog_entry *catalog_find(const char *code);

/*
 * The sentence of a code with its arguments put in and the advice behind it,
 * cut at size on a whole UTF-8 character. Foreign text in an argument is
 * made harmless: control characters become '?', more than 120 bytes are cut.
 */
void catalog_zh(const char *code, const char *const *arg, size_t n, char *buf,
    size_t size);
void catalog_en(const char *code, const char *const *arg, size_t n, char *buf,
    size_t size);

const char *severity_name(enum severity s);

#endif
