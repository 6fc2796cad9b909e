#include "way/merge_part.h"

static int
open_leaves(struct merge *m, struct err *e)
{
	if (m->leaves_open)
		return 0;
	if (row_leaves_open(m->db, m->bundle, (int64_t)m->file, &m->leaves,
		e) == -1)
		return -1;
	m->leaves_open = 1;
	return 0;
}

int
merge_leaf_hash(struct merge *m, const struct rowfile_record *r, struct err *e)
{
	struct target *t = m->target;
	struct row_said said = { .line = r->line,
		.op = r->op,
		.key = r->key,
		.fields =
		    row_text_fields(&t->layout, r->op, r->value, r->open_ended),
		.value = r->value };

	m->version = 0;
	if (m->mode != MERGE_APPLY)
		return 0;
	if (open_leaves(m, e) == -1 ||
	    (t->layout_no == 0 &&
		row_leaf_layout(m->db, &t->layout, &t->layout_no, e) == -1))
		return -1;
	buf_clear(&m->text);
	row_text_put(&t->layout, &said, &m->text);
	m->leaf = (struct row_leaf){ .line = r->line,
		.op = r->op,
		.layout = t->layout_no,
		.fields = said.fields };
	return row_leaves_hash(&m->leaves, &m->text, m->leaf_hash, e);
}

int
merge_leaf_keep(struct merge *m, int64_t version, struct err *e)
{
	if (m->mode != MERGE_APPLY)
		return 0;
	m->leaf.version = version;
	return row_leaves_add(&m->leaves, &m->leaf, m->leaf_hash, e);
}

int
merge_leaf_save(struct merge *m, struct err *e)
{
	return m->leaves_open ? row_leaves_save(&m->leaves, e) : 0;
}

int
merge_leaf_end(struct merge *m, struct err *e)
{
	int rc;

	if (m->mode != MERGE_APPLY)
		return 0;
	/* All its rows may have been in before a crash. */
	rc = open_leaves(m, e);
	if (rc == 0)
		rc = row_leaves_end(&m->leaves, e);
	row_leaves_done(&m->leaves);
	m->leaves_open = 0;
	return rc;
}
