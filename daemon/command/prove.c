#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/act.h"
#include "base/bundle.h"
#include "base/row_leaf.h"
#include "command/command.h"
#include "form/tlog.h"
#include "sys/base64.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/mem.h"

/*
 * zayton prove: one row of a receipt, with what it takes to check it against
 * the receipt and nothing of the other rows (zayton-receipt(5), ROW PROOFS).
 */

enum { RECEIPT_MAX = 64 << 20, TEXT_MAX = 16 << 20 };

struct prove {
	struct db *db;
	json_t *receipt; /* owned */
	const char *path;
	uint64_t line;
	const char *root; /* as the receipt has it */
	struct row_leaf_at at;
	uint64_t size; /* of the tree */
	uint64_t index;
	unsigned char salt[SALT_BYTES];
	struct buf text;
};

/* --- what is asked for ---------------------------------------------------- */

/* FILE:N, or N where the receipt has one file. */
static int
read_row(struct prove *p, char *word)
{
	char *colon = strrchr(word, ':');
	const char *number = colon != NULL ? colon + 1 : word;
	char *end;

	p->path = NULL;
	if (colon != NULL) {
		*colon = '\0';
		p->path = word;
	}
	p->line = strtoull(number, &end, 10);
	return number[0] >= '1' && number[0] <= '9' && *end == '\0' ? 0 : -1;
}

/* The file of the receipt: its root and how many rows it is over. */
static int
find_in_receipt(struct prove *p, struct err *e)
{
	const json_t *files = json_object_get(p->receipt, "files");
	const json_t *f;
	size_t i;

	if (p->path == NULL && json_array_size(files) == 1)
		p->path = json_string_value(
		    json_object_get(json_array_get(files, 0), "path"));
	if (p->path == NULL)
		return act_refuse(e, "请写明文件：--row 文件名:行号",
		    "say which file: --row FILE:N", "");
	json_array_foreach(files, i, f) {
		const char *path =
		    json_string_value(json_object_get(f, "path"));

		if (path == NULL || strcmp(path, p->path) != 0)
			continue;
		p->root = json_string_value(json_object_get(f, "rows_root"));
		p->size = (uint64_t)json_integer_value(
		    json_object_get(f, "accepted"));
		if (p->root == NULL)
			return act_refuse(e, "该文件没有受理的行",
			    "no row of this file was accepted", p->path);
		return 0;
	}
	return act_refuse(e, "回执里没有这个文件",
	    "the receipt has no such file", p->path);
}

static int
find_in_base(struct prove *p, struct err *e)
{
	const char *id = json_string_value(json_object_get(p->receipt, "id"));
	struct bundle b;
	int rc = bundle_find(p->db, id != NULL ? id : "", &b, e);

	if (rc == 0)
		return act_refuse(e, "这不是本平台的回执",
		    "it is not a receipt of this instance", id ? id : "");
	if (rc == -1)
		return -1;
	p->at = (struct row_leaf_at){ p->db, b.no,
		db_int(p->db, -1,
		    "SELECT no FROM bundle_file_t WHERE bundle = ? AND path = ?"
		    " AND rows_root = ?",
		    "itt", b.no, p->path, p->root) };
	if (p->at.file == -1)
		return act_refuse(e, "回执与库内记录不符",
		    "the receipt is not the one that the base has", p->path);
	return 0;
}

/* --- the row --------------------------------------------------------------- */

/* Its salt and text, as the leaf was made of them. */
static int
find_row(struct prove *p, struct err *e)
{
	struct row_leaf leaf;
	int rc = row_leaf_find(&p->at, p->line, &p->index, &leaf, e);

	if (rc == 0)
		return act_refuse(e, "该行未被受理，或文件没有这一行",
		    "this row was not accepted, or the file has none such",
		    p->path);
	if (rc == 1)
		rc = row_leaf_text(&p->at, p->index, &leaf, &p->text, p->salt,
		    e);
	if (rc == 0)
		return act_refuse(e, "该行已依法删除，不能再出具证明",
		    "this row was erased by law and cannot be proved any more",
		    p->path);
	return rc == -1 ? -1 : 0;
}

/* What is not as it was receipted is not told as if it were. */
static int
make_proof(struct prove *p, struct merkle_proof *ret_proof, struct err *e)
{
	const struct merkle tree = row_leaf_tree(&p->at);
	unsigned char leaf[MERKLE_HASH], root[MERKLE_HASH];
	char hex[2 * MERKLE_HASH + 1];

	if (p->index >= p->size)
		return err_set(e, ERR_HOLD, "the receipt has fewer rows");
	if (merkle_root(&tree, p->size, root, e) == -1 ||
	    merkle_inclusion(&tree, p->index, p->size, ret_proof, e) == -1)
		return -1;
	hash_hex(root, sizeof(root), hex);
	merkle_salted_leaf(p->salt, SALT_BYTES, p->text.data, p->text.len,
	    leaf);
	if (strcmp(hex, p->root) != 0 ||
	    !merkle_includes(ret_proof, p->index, p->size, leaf, root))
		return err_set(e, ERR_HOLD,
		    "the base does not hold what row %" PRIu64
		    " of '%s' was receipted as",
		    p->line, p->path);
	return 0;
}

static int
print_proof(struct prove *p, struct err *e)
{
	json_t *path = json_string(p->path);
	char *quoted = json_dumps(path, JSON_ENCODE_ANY);
	struct merkle_proof proof;
	struct buf b;
	int rc = make_proof(p, &proof, e);

	buf_init(&b, TEXT_MAX);
	if (rc == 0) {
		buf_printf(&b,
		    "zayton-row-proof v1\nfile %s\nindex %" PRIu64 "\nsalt ",
		    quoted, p->index);
		base64_put(&b, p->salt, SALT_BYTES);
		buf_printf(&b, "\nrow %s\n\n", p->text.data);
		tlog_hashes_put(&proof, &b);
		(void)fwrite(b.data, 1, b.len, stdout);
		if (fflush(stdout) != 0)
			rc = err_errno(e, ERR_RETRY, "cannot write the proof");
	}
	buf_done(&b);
	free(quoted);
	json_decref(path);
	return rc;
}

static int
read_receipt(struct prove *p, const char *file, struct err *e)
{
	struct buf body;
	int rc;

	buf_init(&body, RECEIPT_MAX);
	rc = file_read(AT_FDCWD, file, &body, e);
	if (rc == 0)
		p->receipt = json_loadb(body.data, body.len, 0, NULL);
	buf_done(&body);
	if (rc == 0 && p->receipt == NULL)
		return err_set(e, ERR_HOLD, "'%s' is no receipt", file);
	return rc;
}

int
prove_command(int argc, char **argv)
{
	const char *row = command_option(&argc, argv, "--row", 1);
	char *word = row != NULL ? xstrdup(row) : NULL;
	struct prove p = { .db = NULL };
	struct conf c;
	struct err e;
	int status = COMMAND_DONE;

	if (command_unknown(argc, argv) || argc != 2 || word == NULL ||
	    read_row(&p, word) == -1) {
		free(word);
		return command_usage();
	}
	buf_init(&p.text, TEXT_MAX);
	/* Its path is relative to where the command was called. */
	if (read_receipt(&p, argv[1], &e) == -1 || command_home(&c, &e) == -1 ||
	    find_in_receipt(&p, &e) == -1 ||
	    db_open_read(HOME_BASE, &p.db, &e) == -1 ||
	    find_in_base(&p, &e) == -1 || find_row(&p, &e) == -1 ||
	    print_proof(&p, &e) == -1)
		status = command_fail(&e);
	db_close(p.db);
	json_decref(p.receipt);
	buf_done(&p.text);
	free(word);
	return status;
}
