#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "form/decode.h"
#include "link/linker.h"
#include "rule/box_link.h"
#include "sys/mem.h"

/*
 * usage: link RULES ROWS LINKS
 * Links rows as the merge does and writes what came of each: file, row, the
 * enterprise, verdict, score, evidence. ROWS has one row a line, fields with
 * tabs between them in the order of enum column.
 *
 * usage: link RULES -n ENTERPRISES
 * Memory and time of an index with so many invented enterprises.
 */

enum column {
	FILE_NAME,
	ROW,
	PROVIDER,
	DATASET,
	ADVERSE,
	DATE,
	USCC,
	ORG_CODE,
	REG_NO,
	TAX_ID,
	ANY_ID,
	ACCOUNT,
	NAME,
	LEGAL_REP,
	ADDRESS,
	PHONE,
	FORMER, /* a name that was given up on the date */
	COLUMNS
};

struct line {
	char *text; /* of the fields */
	char *field[COLUMNS];
	struct identities ids;
	struct linker_answer answer;
};

static struct link_rules rules;

static void
die(const char *what)
{
	fprintf(stderr, "link: %s\n", what);
	exit(2);
}

static void
read_rules(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	struct err e;
	size_t n;

	if (f == NULL)
		die(path);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (box_link_rules(text, n, &rules, &e) == -1)
		die(e.en);
}

static void
split(const char *row, struct line *l)
{
	static const struct {
		enum column column;
		enum identity_kind kind;
	} ids[] = { { USCC, IDENTITY_USCC }, { ORG_CODE, IDENTITY_ORG_CODE },
		{ REG_NO, IDENTITY_REG_NO }, { TAX_ID, IDENTITY_TAX_ID },
		{ ANY_ID, IDENTITY_ANY } };

	char *text = l->text = xstrdup(row);

	for (int i = 0; i < COLUMNS; i++) {
		l->field[i] = strsep(&text, "\t\n");
		if (l->field[i] == NULL)
			die("a line is too short");
	}
	identities_start(&l->ids);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		identities_add(&l->ids, ids[i].kind, l->field[ids[i].column],
		    strlen(l->field[ids[i].column]));
	identities_account(&l->ids, l->field[PROVIDER], l->field[ACCOUNT],
	    strlen(l->field[ACCOUNT]));
}

/* What a linked row says of its enterprise, as far as its source may. */
static void
learn(struct linker *x, uint32_t enterprise, const struct line *l)
{
	char *const *f = l->field;
	unsigned date = (unsigned)strtoul(f[DATE], NULL, 10);

	if (l->answer.teaches)
		linker_learn(x, enterprise, &l->ids);
	if (f[FORMER][0] != '\0') {
		linker_name(x, enterprise, f[NAME], strlen(f[NAME]), 0);
		linker_name(x, enterprise, f[FORMER], strlen(f[FORMER]), date);
	}
	if (strcmp(f[DATASET], "aic_enterprise_registration") == 0) {
		linker_name(x, enterprise, f[NAME], strlen(f[NAME]), 0);
		linker_profile(x, enterprise, f[LEGAL_REP], f[ADDRESS], NULL);
	}
	linker_profile(x, enterprise, NULL, NULL, f[PHONE]);
}

static void
link_line(struct linker *x, struct line *l, uint32_t *last)
{
	char *const *f = l->field;
	struct linker_subject s = { .dataset = f[DATASET],
		.adverse = f[ADVERSE][0] == '1',
		.date = (unsigned)strtoul(f[DATE], NULL, 10),
		.ids = &l->ids,
		.name = f[NAME],
		.name_len = strlen(f[NAME]),
		.legal_rep = f[LEGAL_REP],
		.address = f[ADDRESS],
		.phone = f[PHONE] };

	linker_link(x, &s, &l->answer);
	if (l->answer.verdict == LINKER_NEW)
		l->answer.enterprise = ++*last;
	if (l->answer.enterprise != 0)
		learn(x, l->answer.enterprise, l);
}

static void
write_links(const struct line *line, size_t n, const char *path)
{
	FILE *f = fopen(path, "w");
	char why[512];

	if (f == NULL)
		die(path);
	fprintf(f, "file,row,entity,verdict,best,score,why\n");
	for (size_t i = 0; i < n; i++) {
		const struct linker_answer *a = &line[i].answer;

		score_text(&rules, a->n > 0 ? a->candidate[0].evidence : 0, why,
		    sizeof(why));
		fprintf(f, "%s,%s,", line[i].field[FILE_NAME],
		    line[i].field[ROW]);
		if (a->enterprise != 0)
			fprintf(f, "%u", a->enterprise);
		fprintf(f, ",%s,%u,%d,\"%s\"\n",
		    linker_verdict_name(a->verdict),
		    a->n > 0 ? a->candidate[0].enterprise : 0,
		    a->n > 0 ? a->candidate[0].score : 0, why);
	}
	fclose(f);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A month at a time; what stayed open is tried again at its end. */
static void
link_rows(const char *rows, const char *links)
{
	struct linker *x = linker_new(&rules);
	struct line *line = NULL;
	size_t n = 0, room = 0;
	uint32_t last = 0;
	FILE *f = fopen(rows, "r");
	double start;
	char *text = NULL;
	size_t size = 0;

	if (f == NULL)
		die(rows);
	for (; getline(&text, &size, f) > 0; n++) {
		if (n == room)
			line = xreallocarray(line, room = room * 2 + 1024,
			    sizeof(*line));
		split(text, &line[n]);
	}
	fclose(f);
	start = now();
	for (size_t i = 0; i < n; i++) {
		const char *month = line[i].field[FILE_NAME];

		link_line(x, &line[i], &last);
		month = strchr(month, '/');
		if (i + 1 < n &&
		    strncmp(month, strchr(line[i + 1].field[FILE_NAME], '/'),
			8) == 0)
			continue;
		for (size_t k = 0; k <= i; k++)
			if (line[k].answer.enterprise == 0)
				link_line(x, &line[k], &last);
	}
	printf("%zu rows, %u enterprises, %.2f us a row, %zu KiB\n", n, last,
	    (now() - start) * 1e6 / (double)n, linker_bytes(x) / 1024);
	write_links(line, n, links);
	linker_free(x);
	for (size_t i = 0; i < n; i++)
		free(line[i].text);
	free(line);
	free(text);
}

/* A name of nine characters, never twice, that nobody bears. */
static size_t
invent(uint32_t i, char *out, size_t size)
{
	static const char *const word[] = { "安", "宝", "诚", "达", "恩", "福",
		"光", "和", "嘉", "康", "利", "美", "宁", "鹏", "庆", "瑞" };
	static const char *const trade[] = { "织造", "服饰", "机械", "食品",
		"石材", "鞋业", "陶瓷", "贸易" };
	static const char *const town[] = { "晋江市", "石狮市", "南安市",
		"惠安县", "安溪县", "泉州市" };

	return (size_t)snprintf(out, size, "%s%s%s%s%s%s%s有限公司",
	    town[i % 6], word[i >> 16 & 15], word[i >> 12 & 15],
	    word[i >> 8 & 15], word[i >> 4 & 15], word[i & 15], trade[i % 7]);
}

static void
fill(struct linker *x, uint32_t n)
{
	char name[128], address[128], value[32];

	for (uint32_t i = 1; i <= n; i++) {
		size_t len = invent(i, name, sizeof(name));

		snprintf(value, sizeof(value), "%09u", i);
		linker_identify(x, i, IDENTITY_ORG_CODE, value, NULL);
		snprintf(value, sizeof(value), "3505%011u", i);
		linker_identify(x, i, IDENTITY_REG_NO, value, NULL);
		snprintf(value, sizeof(value), "MUB:%010u", i);
		linker_identify(x, i, IDENTITY_ACCOUNT, value, NULL);
		snprintf(value, sizeof(value), "SGCC:%010u", i);
		linker_identify(x, i, IDENTITY_ACCOUNT, value, NULL);
		linker_name(x, i, name, len, 0);
		snprintf(address, sizeof(address),
		    "泉州市鲤城区新门街工业区第%u号", i % 9999);
		snprintf(value, sizeof(value), "059%08u", i);
		linker_profile(x, i, "王大明" + i % 2 * 3, address, value);
	}
}

static void
measure(uint32_t n)
{
	enum { LOOKUPS = 2000000, NAMES = 100000, WARM = 1024 };
	struct linker *x = linker_new(&rules);
	char value[WARM][16], name[128];
	struct identities none;
	struct linker_answer a;
	double start = now();
	size_t hits = 0;

	fill(x, n);
	printf("%u enterprises: built in %.1f s, %zu MiB\n", n, now() - start,
	    linker_bytes(x) >> 20);
	for (uint32_t i = 0; i < WARM; i++)
		snprintf(value[i], sizeof(value[i]), "%09u", i * 7919 % n + 1);
	start = now();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		hits +=
		    linker_lookup(x, IDENTITY_ORG_CODE, value[i % WARM]) != 0;
	printf("lookup by identifier: %.3f us (%zu found)\n",
	    (now() - start) * 1e6 / LOOKUPS, hits);
	identities_start(&none);
	start = now();
	for (uint32_t i = 0, hit = 0; i < NAMES; i++) {
		struct linker_subject s = { .dataset = "",
			.ids = &none,
			.name = name };

		s.name_len = invent(i * 7919 % n + 1, name, sizeof(name));
		linker_link(x, &s, &a);
		hit += a.verdict == LINKER_LINKED;
		if (i + 1 == NAMES)
			printf("link by name: %.2f us (%u linked)\n",
			    (now() - start) * 1e6 / NAMES, hit);
	}
	linker_free(x);
}

int
main(int argc, char **argv)
{
	struct err e;

	if (argc != 4)
		die("usage: link RULES ROWS LINKS | RULES -n ENTERPRISES");
	if (decoder_prepare(&e) == -1)
		die(e.en);
	read_rules(argv[1]);
	if (strcmp(argv[2], "-n") == 0)
		measure((uint32_t)strtoul(argv[3], NULL, 10));
	else
		link_rows(argv[2], argv[3]);
	return 0;
}
