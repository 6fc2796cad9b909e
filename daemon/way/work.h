#ifndef ZAYTON_WAY_WORK_H
#define ZAYTON_WAY_WORK_H

#include <stdint.h>

struct err;
struct pack;
struct schemas;

/*
 * A worker's work: one bundle from its descriptor to clean rows, findings and
 * a verdict in a rowfile, and its rejected rows in a CSV. Unpack, read and
 * clean happen in here, one row at a time. The same code runs in a process of
 * its own (way/pattern.h), in zayton check and in tests.
 */

/* Standards and rules of a provider, ready for any bundle of it. */
struct work;

/* Who knows what corrected rows were rows of. */
enum work_corrects {
	WORK_GUESS, /* nobody: the file's name and header tell */
	WORK_ASK,   /* the keeper, when he has heard of which files */
	WORK_TOLD   /* the keeper has said it */
};

struct work_job {
	int bundle; /* read by offset */
	int rows;
	int rejected;
	int spool;        /* a file without a name, for workbooks; -1 none */
	const char *id;   /* of the bundle; NULL: it has none */
	const char *name; /* of the bundle, as sent */
	/* A bundle's signature: fingerprints of the keys that may sign, and
	 * the bundle, -1 where it is not there. keys is NULL for a bundle. */
	const char *keys;
	int signed_bundle;
	int query; /* it is one, and not a bundle of data */
	enum work_corrects corrects;
	/* WORK_TOLD: a JSON array of {bundle, path, dataset, period, header,
	 * refused}, in a file read by offset */
	int corrected;
	const char *dataset; /* of all its files; NULL: each tells by itself */
	const char *received_at; /* RFC 3339; the only clock rules see */
	uint64_t unpacked_max;   /* bytes; 0: as much as is usual */
	/* Exceptions, lines "dataset field rule" that each end in \n; NULL. */
	const char *exceptions;
	/* Called at most ten times a second; bytes are those of the bundle. */
	void (*progress)(void *arg, uint64_t bytes, uint64_t rows);
	void *arg;
};

/*
 * Opens everything that needs files: tables, schemas, the provider's script.
 * After it no file is opened, so a jail may follow. p must outlive the result.
 */
int work_open(const struct pack *p, const char *provider, struct work **ret_w,
    struct err *e);
/* The same in two parts: what all providers share, and what is one's own. */
int work_prepare(struct err *e);
/* With standards that were read, which must outlive the result too. */
int work_open_with(const struct pack *p, const char *provider,
    const struct schemas *all, struct work **ret_w, struct err *e);
void work_close(struct work *w);

/* The day of a receipt in China, YYYY-MM-DD: rules see no other clock. */
void work_day(const char *received_at, char today[16]);

/*
 * Takes a bundle to its verdict. 0 the rowfile holds it, be it a refusal; -1
 * there is none: ERR_HOLD where a script failed, ERR_RETRY for the rest. The
 * descriptors stay the caller's.
 */
int work_run(struct work *w, const struct work_job *j, struct err *e);

#endif
