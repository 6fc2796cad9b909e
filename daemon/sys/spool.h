#ifndef ZAYTON_SYS_SPOOL_H
#define ZAYTON_SYS_SPOOL_H

#include <stdint.h>

#include "sys/err.h"
#include "sys/message.h"

/*
 * The spool: a directory is a state, a file is a bundle, a rename is a move.
 * All moves are made here and nowhere else; zayton-spool(5) lists every legal
 * combination and what a crash leaves.
 *
 *   uploading/<account>/ -> received -> claimed -> applied
 *                                               -> rejected
 *                                               -> quarantined
 *
 * A file's name is <id>.<kind>.<account>.<name as sent>, so that the directory
 * alone tells whose bundle it is and what it was called.
 */

enum spool_state {
	SPOOL_UPLOADING,
	SPOOL_RECEIVED,
	SPOOL_CLAIMED,
	SPOOL_APPLIED,
	SPOOL_REJECTED,
	SPOOL_QUARANTINED
};

/*
 * 'u' an upload, 'c' a dry run (/check), 's' a bundle's own signature, 'q' a
 * query. A bundle of kind 'x', a number of a standing extract, has no file.
 */
#define SPOOL_KINDS "ucsq"

struct spool_name {
	char id[ID_TEXT];
	char kind;
	char account[ACCOUNT_TEXT];
	char name[NAME_TEXT];
};

/* The directory and ledger word of a state: "uploading", "received" ... */
const char *spool_state_name(enum spool_state s);

/* A new bundle id: 26 characters, time first, so that names sort by age. */
void spool_new_id(char id[ID_TEXT]);

/* file needs SPOOL_TEXT bytes. -1 where the parts do not make a legal name. */
int spool_name_format(const struct spool_name *n, char *file);
int spool_name_parse(const char *file, struct spool_name *ret_n);

/*
 * Whether a name a client sends can be a bundle's: 1 to 180 bytes of UTF-8,
 * no '/', no control characters, not starting with '.'. ERR_SENDER otherwise.
 */
int spool_name_check(const char *name, struct err *e);

/*
 * An empty upload, open for reading and writing, in the account's uploading
 * directory. Returns the descriptor. A crash leaves a partial upload, kept
 * for resumption.
 */
int spool_create(int uploading, const struct spool_name *n, struct err *e);

/*
 * Publication: fsync of the file, rename from the account's uploading
 * directory into received, fsync of received. A crash before the rename
 * leaves an upload; after it, a received file that the next rescan finds.
 * A failed fsync ends the process; the file is then hidden (.FILE), for what
 * the kernel dropped it would take for written if it was asked again.
 */
int spool_publish(int fd, int uploading, const char *file, int received,
    const char *as_file, struct err *e);

/*
 * One of the legal moves between two state directories of the spool, durable
 * on return. Already moved is success. Anything else is ERR_HOLD.
 */
int spool_move(int spool, const char *file, enum spool_state from,
    enum spool_state to, struct err *e);

#endif
