#ifndef ZAYTON_WAY_REPORTER_PART_H
#define ZAYTON_WAY_REPORTER_PART_H

#include <jansson.h>

#include "base/bundle.h"
#include "base/db.h"
#include "rule/pack.h"
#include "rule/schema.h"
#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/message.h"

/* What the files of the reporter share. Not for others. */

/* The report that is written. */
struct reporter {
	struct db *db;
	int keeper;
	char what[SPOOL_TEXT];
	char account[ACCOUNT_TEXT];
	char folder[SPOOL_TEXT];
	int dir; /* that folder, opened */
	/* Standards by which the last bundle was read; the next is often too. */
	struct pack *pack;
	struct schemas *schemas;
	char sha256_of_pack[DIGEST_TEXT];
	char day[16];
	unsigned char sha512[HASH_SHA512_BYTES];
	unsigned char sha256[HASH_SHA256_BYTES];
	struct frame frame;
	int64_t findings; /* of a task */
	int nothing;      /* it found too little to be told: no files */
};

/* Places a file, and notes its digest for report.json. */
int reporter_place(struct reporter *r, const char *name, const struct buf *b,
    json_t *digests, struct err *e);
/* The last file: what was said, and the digests of the others. */
int reporter_place_json(struct reporter *r, const json_t *o, struct err *e);
/* The standards of a pack on a day. */
int reporter_standards(struct reporter *r, const char *pack, const char *day,
    struct err *e);

/* rejected.xlsx of the bundle, where rows went back; notes their digests. */
int reporter_rows(struct reporter *r, json_t *digests, struct err *e);
/* What a task found: what is "task@day". */
int reporter_task(struct reporter *r, struct err *e);
/* The city report: what is "month@day". */
int reporter_city(struct reporter *r, struct err *e);

#endif
