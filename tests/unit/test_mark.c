#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form/mark_weigh.h"
#include "sys/mem.h"

/* Leaked files of five receivers, 200 times, and never a wrong name. */

enum { SEEDS = 200, RECEIVERS = 5, ENTERPRISES = 60, EACH = 3, CELLS = 6 };
enum { ROWS = ENTERPRISES * EACH, LINE = 256 };

struct world {
	uint64_t random;
	struct mark_weigh w;
	char line[ROWS][LINE];
	size_t n;
};

static uint64_t
next(struct world *o)
{
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return o->random;
}

static struct world *
begin(uint64_t seed)
{
	struct world *o = xcalloc(1, sizeof(*o));

	o->random = seed * 0x9e3779b97f4a7c15 + 1;
	for (int i = 0; i < RECEIVERS; i++) {
		unsigned char key[MARK_KEY];
		char name[16];

		for (int k = 0; k < MARK_KEY; k++)
			key[k] = (unsigned char)(next(o) >> 32);
		snprintf(name, sizeof(name), "bank%d", i);
		mark_weigh_add(&o->w, name, key);
	}
	return o;
}

static void
end(struct world *o)
{
	mark_weigh_done(&o->w);
	free(o);
}

struct placed {
	uint64_t order;
	unsigned no;
};

static int
by_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* The table as one receiver gets it: enterprise, bill, month, fee, paid, - */
static void
give(struct world *o, int receiver, int json)
{
	static const char *const name[CELLS] = { "_enterprise", "a", "b", "c",
		"d", "e" };
	const unsigned char *key = o->w.receiver[receiver].key;
	struct placed all[ENTERPRISES];

	for (unsigned i = 0; i < ENTERPRISES; i++) {
		char enterprise[16];

		snprintf(enterprise, sizeof(enterprise), "E%08u", i + 1);
		all[i] = (struct placed){ mark_order(key, enterprise), i };
	}
	qsort(all, ENTERPRISES, sizeof(*all), by_order);
	o->n = 0;
	for (unsigned i = 0; i < ROWS; i++) {
		char text[CELLS][32];
		struct mark_cell cell[CELLS] = { 0 };
		struct buf b;

		snprintf(text[0], 32, "E%08u", all[i / EACH].no + 1);
		snprintf(text[1], 32, "%u", 10000000 + all[i / EACH].no);
		snprintf(text[2], 32, "2015-%02u", i % EACH + 1);
		snprintf(text[3], 32, "%u.50", all[i / EACH].no * 7 + i % EACH);
		snprintf(text[4], 32, "石狮%u", all[i / EACH].no % 7);
		for (int k = 0; k < CELLS - 1; k++)
			cell[k] = (struct mark_cell){ text[k], strlen(text[k]),
				k == 3 };
		buf_init(&b, LINE);
		if (json)
			mark_json_row(&b, key, name, cell, CELLS);
		else
			mark_csv_row(&b, key, cell, CELLS);
		snprintf(o->line[o->n++], LINE, "%s", b.data);
		buf_done(&b);
	}
}

static void
leave_out(struct world *o, unsigned percent)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++)
		if (next(o) % 100 >= percent)
			memmove(o->line[kept++], o->line[i], LINE);
	o->n = kept;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
sort(struct world *o)
{
	qsort(o->line, o->n, LINE, by_text);
}

static void
shuffle(struct world *o)
{
	for (size_t i = o->n; i > 1; i--) {
		size_t k = next(o) % i;
		char line[LINE];

		memcpy(line, o->line[i - 1], LINE);
		memcpy(o->line[i - 1], o->line[k], LINE);
		memcpy(o->line[k], line, LINE);
	}
}

/* As another program would write it: no quotes, no blanks. */
static void
write_anew(struct world *o)
{
	for (size_t i = 0; i < o->n; i++) {
		int json = o->line[i][0] == '{';
		char *to = o->line[i];

		for (const char *p = o->line[i]; *p != '\0'; p++)
			if (json ? *p != ' ' : *p != '"')
				*to++ = *p;
		*to = '\0';
	}
}

static const char *
told(struct world *o)
{
	const struct mark_receiver *r;
	struct buf b;

	buf_init(&b, ROWS * LINE + LINE);
	if (o->n > 0 && o->line[0][0] != '{')
		buf_addstr(&b, "_enterprise,a,b,c,d,e\r\n");
	for (size_t i = 0; i < o->n; i++)
		buf_addstr(&b, o->line[i]);
	mark_weigh_file(&o->w);
	mark_weigh_text(&o->w, b.data, b.len);
	r = mark_weigh_found(&o->w);
	buf_done(&b);
	return r != NULL ? r->account : "";
}

/* How often nobody was named; a wrong name never. */
static int
unknown(int json, void (*change)(struct world *o))
{
	int none = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world *o = begin(seed);
		int who = (int)(seed % RECEIVERS);
		const char *name;

		give(o, who, json);
		change(o);
		name = told(o);
		if (name[0] == '\0')
			none++;
		else
			assert_string_equal(name, o->w.receiver[who].account);
		end(o);
	}
	return none;
}

static void
nothing(struct world *o)
{
	(void)o;
}

static void
cut_and_sorted(struct world *o)
{
	leave_out(o, 5);
	sort(o);
}

static void
cut_and_shuffled(struct world *o)
{
	leave_out(o, 5);
	shuffle(o);
}

static void
cut_and_written_anew(struct world *o)
{
	leave_out(o, 5);
	write_anew(o);
}

static void
sorted_and_written_anew(struct world *o)
{
	sort(o);
	write_anew(o);
}

static void
shuffled_and_written_anew(struct world *o)
{
	shuffle(o);
	write_anew(o);
}

static void
few_lines(struct world *o)
{
	shuffle(o);
	o->n = 1 + next(o) % 6;
}

static void
a_leaked_file_names_its_receiver(void **state)
{
	(void)state;
	for (int json = 0; json <= 1; json++) {
		assert_int_equal(unknown(json, nothing), 0);
		assert_int_equal(unknown(json, cut_and_sorted), 0);
		assert_int_equal(unknown(json, cut_and_shuffled), 0);
		assert_int_equal(unknown(json, cut_and_written_anew), 0);
	}
}

static void
without_its_marks_nobody_is_named(void **state)
{
	(void)state;
	for (int json = 0; json <= 1; json++) {
		assert_int_equal(unknown(json, sorted_and_written_anew), SEEDS);
		assert_int_equal(unknown(json, shuffled_and_written_anew),
		    SEEDS);
	}
}

static void
by_a_few_lines_the_right_one_or_nobody_is_named(void **state)
{
	(void)state;
	assert_true(unknown(0, few_lines) > 0);
}

/* What is said a hundred times is one coin, as is one order of many tables. */
static void
what_is_repeated_counts_once(void **state)
{
	struct world *o = begin(7);
	size_t tables = 0;
	uint64_t pairs;

	(void)state;
	give(o, 0, 0);
	for (size_t i = 1; i < ROWS; i++)
		memcpy(o->line[i], o->line[0], LINE);
	assert_string_equal(told(o), "");
	mark_weigh_file(&o->w);
	for (; tables < 20; tables++) {
		mark_weigh_table(&o->w);
		mark_weigh_row(&o->w, "E00000001");
		mark_weigh_row(&o->w, "E00000002");
		mark_weigh_row(&o->w, "E00000003");
	}
	assert_null(mark_weigh_found(&o->w));
	pairs = o->w.receiver[0].pairs;
	assert_int_equal(pairs, 2);
	end(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaked_file_names_its_receiver),
		cmocka_unit_test(without_its_marks_nobody_is_named),
		cmocka_unit_test(
		    by_a_few_lines_the_right_one_or_nobody_is_named),
		cmocka_unit_test(what_is_repeated_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
