#ifndef ZAYTON_FORM_TLOG_H
#define ZAYTON_FORM_TLOG_H

#include "form/merkle.h"
#include "sys/buf.h"

/*
 * The texts of transparency logs (C2SP tlog-checkpoint, tlog-proof), read and
 * written. Signatures are those of the note around them (sys/note.h).
 */

enum { TLOG_ORIGIN = 80 };

/* A tree head: origin, size and root, a line each. */
struct tlog_checkpoint {
	char origin[TLOG_ORIGIN];
	uint64_t size;
	unsigned char root[MERKLE_HASH];
};

void tlog_checkpoint_put(const struct tlog_checkpoint *c, struct buf *b);
/* 0, or -1 where it is none, with the reason. */
int tlog_checkpoint_read(const char *text, size_t len,
    struct tlog_checkpoint *ret_c, struct err *e);

/*
 * Whether a file name is that of a signature of a day's checkpoint,
 * "2016-03-01.checkpoint.sig": of which day.
 */
enum { TLOG_DAY = 11 };
int tlog_countersigned_day(const char *name, char ret_day[TLOG_DAY]);

/* Lines of base 64, one for each hash. */
void tlog_hashes_put(const struct merkle_proof *p, struct buf *b);

/* An inclusion proof, and behind it the signed checkpoint as it is. */
void tlog_proof_put(uint64_t index, const struct merkle_proof *p,
    const char *note, size_t note_len, struct buf *b);
/* *ret_note points into text. 0, or -1 where it is none. */
int tlog_proof_read(const char *text, size_t len, uint64_t *ret_index,
    struct merkle_proof *ret_p, const char **ret_note, size_t *ret_note_len,
    struct err *e);

#endif
