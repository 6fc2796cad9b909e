#ifndef ZAYTON_WAY_WORK_PART_H
#define ZAYTON_WAY_WORK_PART_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "form/manifest.h"
#include "form/returned.h"
#include "form/rowfile.h"
#include "quality/policy.h"
#include "rule/row.h"
#include "rule/script.h"
#include "way/report.h"
#include "way/unpack.h"
#include "way/work.h"

/* What the files of the worker share. Not for others. */

struct work {
	const struct schemas *schemas;
	struct schemas *own; /* the same, NULL where they are lent */
	struct script *script;
	struct policy policy; /* of quality */
	char provider[16];
};

/* One bundle on its way. */
struct job {
	struct work *work;
	const struct work_job *said;
	char today[16]; /* of receipt, China's time */
	enum container_kind kind;
	struct container_limits limits;
	struct rowfile_writer *rows;
	struct report *report;
	json_t *corrected; /* owned: of WORK_TOLD, else NULL */
	struct unpack *unpack;
	struct row row;
	/* datapackage.json; resources that came are marked */
	int has_manifest;
	struct manifest manifest;
	char folder[MEMBER_PATH]; /* it stands in, with its '/' */
	uint8_t *came;
	uint64_t bundle_bytes;
	uint64_t books_bytes;    /* unpacked, of workbooks */
	uint64_t unpacked_bytes; /* all members as declared, 0 unknown */
	uint64_t nrows;
	struct timespec told; /* of progress */
	json_t *list;         /* owned: subjects of a query's list, NULL none */
};

struct xlsx;

/*
 * A data file among the members: begun, read, cleaned and held against what
 * the data package says. A file that is refused is no error here; -1 where the
 * bundle cannot go on.
 */
int work_file(struct job *j, const struct member *m, struct err *e);

/* A bundle's signature: who signed, and whether it is good. */
int work_signature(struct job *j, struct err *e);

/* A workbook: each of its sheets with data is a file, book.xlsx#Sheet. */
int work_book(struct job *j, const struct member *m, struct err *e);

/* One of them. */
struct work_sheet {
	struct xlsx *x;
	size_t i;
	int alone;        /* there is no other with data */
	const char *path; /* with the sheet's name */
	const struct manifest_resource *said;
	uint64_t bytes; /* of the workbook */
	const char *sha256;
};
int work_sheet(struct job *j, const struct work_sheet *s, struct err *e);

/* A query: read, judged and left as one row, by query.h's text. */
int work_query(struct job *j, struct err *e);
/* Of a list: those of a sheet or of a member. */
int work_list_file(struct job *j, const struct member *m, struct err *e);
int work_list_sheet(struct job *j, struct xlsx *x, size_t i, struct err *e);

/* Opens the bundle by its kind; then its members, one after the other. */
int work_open_members(struct job *j, struct err *e);
int work_members(struct job *j, struct err *e);

/*
 * A list of objections to findings, objection.csv, is told by its name: with
 * the column of the finding's id and that of the reason. Each is left as a
 * finding objection_raised: its value is the id, its message the reason.
 */
int work_is_dispute(const char *path);
int work_dispute(struct job *j, const char *path, struct err *e);

/* What is left of a member, 1 MiB at most. */
struct buf;
int work_read_whole(struct job *j, struct buf *b, struct err *e);

/* The dataset somebody declared, NULL where nobody did. */
const char *work_declared(const struct job *j,
    const struct manifest_resource *said);

/* Reads what the keeper told of them. */
int work_read_corrected(struct job *j, struct err *e);

/*
 * What is known of the file that returned rows are of: 1 and its facts, which
 * are the job's; 0 it has to be guessed, or asked for; -1 nobody returned such
 * rows to this sender.
 */
int work_corrected(const struct job *j, const struct returned *of,
    const json_t **ret_facts, struct err *e);

/* The resource the data package has for a member, NULL where none. */
const struct manifest_resource *work_resource(struct job *j, const char *path);

/* A finding about the whole file that was begun; arguments end in a NULL. */
int work_find(struct job *j, struct err *e, const char *code, ...)
    __attribute__((sentinel));

/* Tells how far it is, now and then. */
void work_tell(struct job *j);

#endif
