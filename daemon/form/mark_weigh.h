#ifndef ZAYTON_FORM_MARK_WEIGH_H
#define ZAYTON_FORM_MARK_WEIGH_H

#include <stddef.h>
#include <stdint.h>

#include "form/mark.h"
#include "sys/message.h"

/*
 * Whose the marks in a file are. A pure part. Of the right receiver all
 * choices are as its secret says; of any other one they are coins: what says
 * the same is counted once, so that no coin is counted twice.
 *
 * A name is told where at least MARK_CHOICES choices between two ways to write
 * a cell, or at least MARK_PAIRS enterprises that follow each other in a table,
 * are to 95 in a hundred as one receiver's secret says, and no other's. Another
 * one's is that by chance in less than one of a thousand million cases.
 */
enum { MARK_CHOICES = 40, MARK_PAIRS = 15, MARK_LINES = 20000 };

struct mark_receiver {
	char account[ACCOUNT_TEXT];
	unsigned char key[MARK_KEY];
	uint64_t good, all;      /* choices between two ways to write */
	uint64_t ordered, pairs; /* of the table that has most of them */
	uint64_t now_ordered, now_pairs; /* of the one at hand */
	uint64_t last;                   /* order of the one before */
};

struct mark_weigh {
	size_t n;
	struct mark_receiver *receiver; /* owned */
	char before[64];                /* enterprise of the line before */
	uint64_t *seen;                 /* owned: lines, open addressing */
	size_t nseen;
};

void mark_weigh_done(struct mark_weigh *w);
void mark_weigh_add(struct mark_weigh *w, const char *account,
    const unsigned char key[MARK_KEY]);

/* A file, and each table in it, begins. */
void mark_weigh_file(struct mark_weigh *w);
void mark_weigh_table(struct mark_weigh *w);

/* "E00000012"; whether a text is one. */
int mark_weigh_is_enterprise(const char *s, size_t len);

/* The next row is of an enterprise. */
void mark_weigh_row(struct mark_weigh *w, const char *enterprise);
/* The next line, as it was written: of its cells and whose it is. */
void mark_weigh_line(struct mark_weigh *w, const struct mark_line *l);

/* The whole text of a table; what is behind MARK_LINES lines is not read. */
void mark_weigh_text(struct mark_weigh *w, const char *s, size_t len);

/* Whose it is, NULL it cannot be told. */
const struct mark_receiver *mark_weigh_found(struct mark_weigh *w);

#endif
