#ifndef ZAYTON_FORM_MANIFEST_H
#define ZAYTON_FORM_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * What a sender says about a bundle: datapackage.json (Frictionless Data
 * Package, with our dataset, period, mode, sequence and rows), and nil.json
 * for a period without data. Bounded in size and depth; what it does not know
 * it lists and leaves alone.
 */

enum { MANIFEST_BYTES = 1 << 20, MANIFEST_DEPTH = 16 };

enum manifest_mode {
	MANIFEST_UNSAID,
	MANIFEST_FULL,   /* replaces what the sender reported for the period */
	MANIFEST_DELTA,  /* adds and changes */
	MANIFEST_RETRACT /* takes the rows back */
};

/* Where nothing was said: NULL, -1, 0. Strings are owned. */
struct manifest_resource {
	char *path;
	char *dataset;
	char *encoding;
	char *period;
	char sha256[65]; /* lower case, "" where unsaid */
	char delimiter;
	enum manifest_mode mode;
	int64_t bytes;
	int64_t rows;
	int64_t sequence;
};

/* period, mode and sequence of the package are already in its resources. */
struct manifest {
	char *name;
	struct manifest_resource *resource; /* owned */
	size_t n;
	char **unknown; /* owned: members that are not used, as paths */
	size_t unknown_n;
};

struct manifest_nil {
	char *dataset;
	char *period;
	char *reason; /* NULL where unsaid */
};

/*
 * Reads datapackage.json. ERR_SENDER names the member that is wrong. ret_m is
 * to be freed by manifest_done, and untouched on failure.
 */
int manifest_parse(const char *text, size_t len, struct manifest *ret_m,
    struct err *e);
void manifest_done(struct manifest *m);

/* The resource of a member's path, relative to the data package; NULL. */
const struct manifest_resource *manifest_find(const struct manifest *m,
    const char *path);

/* Reads nil.json. */
int manifest_nil_parse(const char *text, size_t len, struct manifest_nil *ret_n,
    struct err *e);
void manifest_nil_done(struct manifest_nil *n);

#endif
