#ifndef ZAYTON_WAY_LINK_PART_H
#define ZAYTON_WAY_LINK_PART_H

#include "way/link.h"

/*
 * Link inside: what a row says (link_row.c), whose it is (link.c), rows that
 * are tried again (link_retry.c).
 */

enum { LINK_NOT_THESE = 64 };

struct remembered;

struct link {
	struct db *db;
	struct enterprises *enterprises;
	const struct link_rules *rules;
	const struct overwrite *overwrite;
	struct remembered *memory;    /* owned: MEMORY of them */
	const struct schema *untried; /* whose rows were left last */
	uint32_t not_these[LINK_NOT_THESE];
};

#endif
