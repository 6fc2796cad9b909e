#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "form/query.h"
#include "sys/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 16 };

static void
look_at(const struct query *q)
{
	struct query_word word[WORDS];
	const json_t *fields, *subject;
	char text[256];
	size_t i;

	for (i = 0; i < query_subjects(q); i++) {
		subject = json_array_get(q->subjects, i);
		if (query_words(subject, word, WORDS) > WORDS)
			abort();
		query_subject_text(subject, text, sizeof(text));
	}
	for (i = 0; q->datasets != NULL && query_dataset(q, i, &fields) != NULL;
	     i++)
		;
}

/* A query that was taken is, as text, taken again, and that text is the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *once, *twice;
	struct query q, again;
	struct err e;

	if (query_parse((const char *)data, size, &q, &e) == -1)
		return 0;
	look_at(&q);
	once = query_text(&q);
	if (query_parse(once, strlen(once), &again, &e) == -1)
		abort();
	twice = query_text(&again);
	if (strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	query_done(&q);
	query_done(&again);
	return 0;
}
