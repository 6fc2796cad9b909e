#ifndef ZAYTON_FORM_ROWFILE_H
#define ZAYTON_FORM_ROWFILE_H

#include <stdint.h>

#include "quality/metric.h"
#include "rule/row.h"
#include "sys/err.h"

/*
 * What a worker leaves for the keeper: the clean rows and the findings of a
 * bundle in one temporary file, with a summary at its end. The writer trusts
 * its own process; the reader trusts nothing: lengths, field counts, kinds and
 * UTF-8 are checked. Without a complete summary there is no verdict.
 *
 * Form: "ZAYTONRF"; records (u8 kind, u32 length, body); summary; u64 offset of
 * the summary; "ZAYTONRF". Integers little-endian, texts with their length
 * before and a NUL behind them.
 */

enum {
	ROWFILE_RULES = 200,
	ROWFILE_SAMPLES = 20,    /* rows as sent that are kept of each rule */
	ROWFILE_DATASETS = 1000, /* of a bundle, with a quality of their own */
	ROWFILE_CELLS = 1 << 20, /* bytes of a row as sent */
	/* of a row: days that follow each other, and that they do not */
	ROWFILE_EVENTS = 2,
	ROWFILE_BACKWARDS = 4
};

struct rowfile_count {
	char rule[40];
	uint8_t severity;
	uint64_t count;
};

/* What a file is to what its sender said before. */
enum rowfile_mode {
	ROWFILE_DELTA,
	ROWFILE_FULL,   /* what it lacks of its period has ended */
	ROWFILE_RETRACT /* its rows are taken back */
};

/* One file of a bundle, as its receipt will tell it. */
struct rowfile_file {
	char path[512];
	char dataset[64]; /* "" where it was not known; of most rows */
	char
	    standard[96]; /* dataset id and version: "water_bill_monthly 1.0" */
	char rules[65];   /* sha256 of the script */
	char encoding[16];
	char sha256[65]; /* of the member's bytes */
	char period[16];
	enum rowfile_mode mode;
	char columns[4096]; /* JSON: the header of each field as sent, or "" */
	char of_bundle[27]; /* returned rows: what they were rows of */
	char of_path[512];
	char header[8192]; /* JSON: all headers as sent, or "" where too many */
	uint64_t bytes;
	uint64_t rows;
	uint64_t accepted;
	uint64_t rejected;
	uint64_t begin; /* offsets of its records */
	uint64_t end;
	/* why the whole file was refused: code "" where it was not */
	struct err error;
	size_t nrules;
	struct rowfile_count rule[ROWFILE_RULES];
};

/* What the worker can say of the quality of a dataset, over all files. */
struct rowfile_quality {
	char dataset[64];
	struct measure measure[METRICS];
};

/* The verdict on a bundle. */
struct rowfile_summary {
	struct err error; /* why the bundle was refused; code "" if not */
	int nil;          /* a nil report */
	char nil_dataset[64];
	char nil_period[16];
	char nil_reason[256];
	size_t nfiles;
	struct rowfile_file *file; /* owned */
	size_t nqualities;
	struct rowfile_quality *quality; /* owned */
};

struct rowfile_writer;

/* Writes from the start of fd, which stays the caller's. */
int rowfile_create(int fd, struct rowfile_writer **ret_w, struct err *e);
/* Begins a file; f belongs to the writer until the next begin or finish. */
struct rowfile_file *rowfile_begin(struct rowfile_writer *w, const char *path);
/* Adds a cleaned row: its values if accepted, and all its findings. */
int rowfile_row(struct rowfile_writer *w, const struct row *r, struct err *e);
/* Whether the last row is among the first with one of its findings. */
int rowfile_is_sample(const struct rowfile_writer *w);
/*
 * Such a row as it was sent, a JSON array of texts, and what became of the
 * fields with findings, a JSON object ("" of a rejected row).
 */
int rowfile_sent(struct rowfile_writer *w, uint64_t line, const char *cells,
    const char *mended, struct err *e);
/* The row that was added last corrects one of a file of an earlier bundle. */
int rowfile_corrects(struct rowfile_writer *w, const struct row *r,
    uint64_t origin, struct err *e);
/* A finding about the whole file (counts towards its rules). */
int rowfile_find(struct rowfile_writer *w, const struct finding *f,
    struct err *e);
/*
 * Refuses the file that was begun, whatever rows it had so far: they are not
 * told any more.
 */
void rowfile_refuse(struct rowfile_writer *w, const struct err *why);
/*
 * Refuses it for the quality of its rows: none is taken, but what was found
 * is told.
 */
void rowfile_block(struct rowfile_writer *w, const struct err *why);
struct rowfile_summary *rowfile_summary(struct rowfile_writer *w);
/* The quality of a dataset, to be added to; NULL where there are too many. */
struct rowfile_quality *rowfile_quality(struct rowfile_writer *w,
    const char *dataset);
/* Writes the summary. Without it the file is worth nothing. */
int rowfile_finish(struct rowfile_writer *w, struct err *e);
void rowfile_free(struct rowfile_writer *w);

struct rowfile_reader;

enum rowfile_kind {
	ROWFILE_END, /* of this file */
	ROWFILE_ROW,
	ROWFILE_FINDING,
	ROWFILE_SENT,
	ROWFILE_CORRECTS
};

struct rowfile_record {
	enum rowfile_kind kind;
	uint64_t line;
	/* a row */
	char op;
	const char *key;
	const char *as_of;
	const char *dataset; /* "": that of the file */
	uint8_t marks;       /* ROWFILE_EVENTS, ROWFILE_BACKWARDS */
	size_t nvalues;
	struct value value[SCHEMA_FIELDS];
	uint8_t open_ended[SCHEMA_FIELDS];
	/* a finding; field is the field's name, "" for the whole row */
	const char *field;
	const char *header;
	const char *rule;
	const char *text; /* value as sent */
	const char *zh;
	const char *en;
	uint8_t severity;
	uint8_t effect;
	/* a row as sent */
	const char *cells;
	const char *mended;
	/* a row that corrects another: which, and whether it was accepted */
	uint64_t origin;
	uint8_t accepted;
};

/* Maps it and checks the summary; fd may be closed then. ERR_RETRY where it is not complete. */
int rowfile_open(int fd, struct rowfile_reader **ret_r, struct err *e);
const struct rowfile_summary *rowfile_verdict(const struct rowfile_reader *r);
/*
 * Reads the records of a file from an offset of it (begin to end): 1 and the
 * next offset, 0 at its end, -1 where it is not of its form. Texts live until
 * the next call.
 */
int rowfile_next(struct rowfile_reader *r, const struct rowfile_file *f,
    uint64_t *offset, struct rowfile_record *ret_rec, struct err *e);
void rowfile_close(struct rowfile_reader *r);

#endif
