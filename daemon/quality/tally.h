#ifndef ZAYTON_QUALITY_TALLY_H
#define ZAYTON_QUALITY_TALLY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Findings of a bundle, counted by rule and by field, in one pass: counts are
 * complete, whoever adds them keeps as many samples as he likes.
 */

struct tally_rule {
	char rule[64];
	int severity;
	uint64_t count;
	uint64_t rejected; /* of these, that rejected the row */
	void *samples;     /* the caller's */
};

struct tally_field {
	char dataset[64];
	char field[64];  /* "": the whole row, or the file */
	char title[256]; /* as sent, of the first finding */
	uint64_t count;
	uint64_t *by_rule; /* owned, nrules */
	size_t nrules;
};

struct tally {
	struct tally_rule **rule; /* owned */
	size_t nrules;
	struct tally_field *field; /* owned */
	size_t nfields;
	size_t last_rule; /* where the last finding was counted */
	size_t last_field;
};

struct tally_finding {
	const char *dataset;
	const char *field;
	const char *header;
	const char *rule;
	int severity;
	int rejects;
};

struct tally *tally_new(void);
void tally_free(struct tally *t);

/* Counts one; its rule lives as long as t. */
struct tally_rule *tally_add(struct tally *t, const struct tally_finding *f);

/*
 * The worst first: what rejected rows, then by severity and number. Fields by
 * number. by_rule follows.
 */
void tally_sort(struct tally *t);

#endif
