#ifndef ZAYTON_TESTS_VECTORS_H
#define ZAYTON_TESTS_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads the published vectors: CSV with four columns, quotes where needed, no
 * line breaks inside a cell.
 */

struct vector {
	char cell[4][256];
};

static inline FILE *
vectors_open(const char *name)
{
	const char *dir = getenv("ZAYTON_TESTDATA");
	char path[512];
	char head[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir != NULL ? dir : "tests/data",
	    name);
	f = fopen(path, "r");
	if (f != NULL && fgets(head, sizeof(head), f) == NULL) {
		fclose(f);
		return NULL;
	}
	return f;
}

/* The next vector; 0 at the end. */
static inline int
vectors_next(FILE *f, struct vector *v)
{
	char line[1024];
	int quoted = 0, k = 0;
	size_t n = 0;

	memset(v, 0, sizeof(*v));
	if (fgets(line, sizeof(line), f) == NULL)
		return 0;
	line[strcspn(line, "\r\n")] = '\0';
	for (const char *p = line; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == ',' && !quoted && k < 3) {
			k++;
			n = 0;
		} else if (n < sizeof(v->cell[0]) - 1)
			v->cell[k][n++] = *p;
	}
	return 1;
}

#endif
