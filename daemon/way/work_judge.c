#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "way/work_file.h"

/*
 * What came of a file against what its package says, and against what is asked
 * of the quality of its rows.
 */

static int
differs(const char *path, const char *what, uint64_t said, uint64_t came,
    struct err *e)
{
	char a[24], b[24];

	snprintf(a, sizeof(a), "%" PRIu64, said);
	snprintf(b, sizeof(b), "%" PRIu64, came);
	return err_say(e, ERR_SENDER, what, path, a, b, NULL);
}

/*
 * What the package says against what came. Where the digest is right, a wrong
 * count of rows is the package's mistake and no lost row.
 */
int
work_hold_against(struct file *f, struct err *e)
{
	const struct manifest_resource *said = f->said;
	struct rowfile_file *came = f->entry;
	unsigned char digest[HASH_SHA256_BYTES];
	char a[24], b[24];

	if (f->hash != NULL) {
		hash_end(f->hash, digest);
		hash_hex(digest, sizeof(digest), came->sha256);
	}
	if (said == NULL)
		return 0;
	if (said->bytes >= 0 && (uint64_t)said->bytes != came->bytes)
		return differs(f->path, "package_bytes", (uint64_t)said->bytes,
		    came->bytes, e);
	if (said->sha256[0] != '\0' && strcmp(said->sha256, came->sha256) != 0)
		return err_say(e, ERR_SENDER, "package_sha256", f->path,
		    said->sha256, came->sha256, NULL);
	if (said->rows < 0 || (uint64_t)said->rows == came->rows ||
	    (f->sheet != NULL && !f->sheet->alone))
		return 0;
	if (said->sha256[0] == '\0')
		return differs(f->path, "package_rows", (uint64_t)said->rows,
		    came->rows, e);
	snprintf(a, sizeof(a), "%" PRId64, said->rows);
	snprintf(b, sizeof(b), "%" PRIu64, came->rows);
	return work_find(f->job, e, "package_rows_info", a, b, NULL);
}

/* Each code that no table knows, once, with how often it came. */
static int
find_unknown_codes(struct file *f, const struct clean_lane *l, struct err *e)
{
	const struct measure_unknown *u;

	for (size_t i = 0; (u = measure_unknown(&l->measure, i)) != NULL; i++) {
		int at = match_field(l->match, u->field);
		char n[24];

		snprintf(n, sizeof(n), "%" PRIu64, u->n);
		if (work_find(f->job, e, "code_unmapped", u->text,
			at != -1 ? match_column(l->match, (size_t)at)->header
				 : l->schema->field[u->field].title,
			n, NULL) == -1)
			return -1;
	}
	return 0;
}

static void
add_measures(struct rowfile_quality *to, const struct measure from[METRICS])
{
	for (int m = 0; to != NULL && m < METRICS; m++) {
		to->measure[m].numerator += from[m].numerator;
		to->measure[m].denominator += from[m].denominator;
	}
}

/* The sentence of a file that is too bad to be taken. */
static int
say_breach(const struct file *f, const struct clean_lane *l, enum metric m,
    struct err *e)
{
	const struct measure *x = &l->measure.x[m];
	const struct metric_info *info = metric_info(m);
	char name[160], value[24], bound[24], part[48];

	snprintf(name, sizeof(name), "%s %s / %s", info->id, info->zh,
	    info->en);
	snprintf(value, sizeof(value), "%.2f %%",
	    100.0 * (double)x->numerator / (double)x->denominator);
	snprintf(bound, sizeof(bound), "%.2f %%",
	    100.0 * l->measure.policy->bounds[m].block);
	snprintf(part, sizeof(part), "%" PRIu64 "/%" PRIu64, x->numerator,
	    x->denominator);
	return err_say(e, ERR_SENDER, "quality_block", f->path, name, value,
	    part, bound, l->schema->title, NULL);
}

int
work_judge(struct file *f, struct err *e)
{
	const struct manifest_resource *said = f->said;
	struct rowfile_writer *rows = f->job->rows;
	struct err why = { .code = "" };

	if (said != NULL && said->rows >= 0 && f->clean.route == -1 &&
	    (f->sheet == NULL || f->sheet->alone))
		measure_declared(&f->clean.lane[0].measure,
		    (uint64_t)said->rows, f->entry->rows);
	for (size_t i = 0; i < f->clean.nlanes; i++) {
		struct clean_lane *l = &f->clean.lane[i];
		enum metric m;

		if (l->rows == 0)
			continue;
		measure_columns(&l->measure, l->lacking);
		if (find_unknown_codes(f, l, e) == -1)
			return -1;
		add_measures(rowfile_quality(rows, l->schema->dataset),
		    l->measure.x);
		m = policy_breach(&f->job->work->policy, l->schema->dataset,
		    l->measure.x);
		if (m != METRICS && why.code[0] == '\0')
			(void)say_breach(f, l, m, &why);
	}
	/* Of returned rows some may go back once more, and the others stay. */
	if (why.code[0] != '\0' && f->of == NULL)
		rowfile_block(rows, &why);
	return 0;
}
