#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ledger_tree.h"
#include "keeper/checkpoint.h"
#include "keeper/jobs.h"
#include "keeper/keys.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/note.h"

enum {
	QUIET_MS = 1000, /* between two, where nothing is at work */
	BUSY_MS = 60000, /* and where work goes on all the time */
	PROOFS_AT_ONCE = 16,
	TAG = 0x70726f66
};

#define CHECKPOINTS HOME_STANDARDS "/checkpoints"

/* The last one. */
struct checkpoints {
	uint64_t size; /* 0: none yet */
	char note[NOTE_MAX];
	int64_t looked_at; /* when it was last seen to be the newest */
	int proofs_wait;
};

static uint64_t
ledger_size(struct db *db)
{
	return (uint64_t)db_int(db, 0, "SELECT max(seq) FROM ledger", "");
}

/* --- signing ------------------------------------------------------------ */

/* Adds the signature line that the signer answers with. */
static int
sign(struct keeper *k, const char *text, struct buf *note, struct err *e)
{
	struct frame *f = &k->out;
	char line[NOTE_MAX];

	frame_start(f, MESSAGE_SIGN_NOTE);
	frame_put_u32(f, TAG);
	frame_put_str(f, text);
	if (frame_send(k->signer, f, e) == -1 ||
	    frame_recv(k->signer, f, e) != 1 || f->type != MESSAGE_SIGNED ||
	    frame_get_u32(f) != TAG)
		return err_set(e, ERR_RETRY, "the signer does not answer");
	frame_get_str(f, line, sizeof(line));
	if (frame_end(f, e) == -1)
		return -1;
	buf_printf(note, "%s\n%s", text, line);
	return 0;
}

static int
head_of(struct db *db, uint64_t size, struct buf *text, struct err *e)
{
	const struct merkle tree = ledger_tree(db);
	struct tlog_checkpoint c = { .size = size };

	if (ledger_origin(db, c.origin, e) == -1 ||
	    ledger_tree_keep(db, size, e) == -1 ||
	    merkle_root(&tree, size, c.root, e) == -1)
		return -1;
	tlog_checkpoint_put(&c, text);
	return 0;
}

/* --- files -------------------------------------------------------------- */

/* That the last one of an earlier day grew into this one. */
static int
place_growth(struct db *db, const char *day, uint64_t size, struct err *e)
{
	const struct merkle tree = ledger_tree(db);
	uint64_t old = (uint64_t)db_int(db, 0,
	    "SELECT max(size) FROM checkpoint_t WHERE day < ?", "t", day);
	struct merkle_proof p;
	char path[128];
	struct buf b;
	int rc;

	if (old == 0)
		return 0;
	if (merkle_consistency(&tree, old, size, &p, e) == -1)
		return -1;
	buf_init(&b, NOTE_MAX + (MERKLE_PROOF * 2 * MERKLE_HASH));
	buf_printf(&b, "%" PRIu64 " %" PRIu64 "\n", old, size);
	tlog_hashes_put(&p, &b);
	snprintf(path, sizeof(path), CHECKPOINTS "/%s.consistency", day);
	rc = file_place(AT_FDCWD, path, b.data, b.len, 0644, e);
	buf_done(&b);
	return rc;
}

static int
place_note(struct db *db, const char *day, const struct checkpoints *c,
    struct err *e)
{
	size_t len = strlen(c->note);
	char path[128];

	snprintf(path, sizeof(path), CHECKPOINTS "/%s.checkpoint", day);
	if (file_mkdir(AT_FDCWD, CHECKPOINTS, 0755, e) == -1 ||
	    (access(HOME_VERIFIER, F_OK) == -1 && keys_place(db, e) == -1) ||
	    place_growth(db, day, c->size, e) == -1 ||
	    file_place(AT_FDCWD, path, c->note, len, 0644, e) == -1)
		return -1;
	return file_place(AT_FDCWD, HOME_STANDARDS "/checkpoint", c->note, len,
	    0644, e);
}

/* --- making one --------------------------------------------------------- */

static int
make(struct keeper *k, uint64_t size, struct err *e)
{
	struct checkpoints *c = k->checkpoints;
	struct buf text, note;
	char now[40];
	int rc = -1;

	clock_now(now, sizeof(now));
	buf_init(&text, NOTE_MAX);
	buf_init(&note, NOTE_MAX - 1);
	if (head_of(k->db, size, &text, e) == -1 ||
	    sign(k, text.data, &note, e) == -1)
		goto out;
	c->size = size;
	memcpy(c->note, note.data, note.len + 1);
	c->proofs_wait = 1;
	now[10] = '\0'; /* the day */
	if (db_run(k->db, e,
		"INSERT OR REPLACE INTO checkpoint_t VALUES (?,?,?)", "tit",
		now, (int64_t)size, c->note) == -1)
		goto out;
	rc = place_note(k->db, now, c, e);
out:
	buf_done(&text);
	buf_done(&note);
	return rc;
}

int
checkpoint_sign(struct keeper *k, const char *extension, struct buf *note,
    struct err *e)
{
	struct buf text;
	int rc = -1;

	buf_init(&text, NOTE_MAX);
	if (head_of(k->db, ledger_size(k->db), &text, e) == 0) {
		buf_addstr(&text, extension);
		rc = sign(k, text.data, note, e);
	}
	buf_done(&text);
	return rc;
}

/* --- proofs of receipts -------------------------------------------------- */

static int
place_proof(struct db *db, const struct checkpoints *c, uint64_t seq,
    const char *path, struct err *e)
{
	const struct merkle tree = ledger_tree(db);
	struct merkle_proof p;
	struct buf b;
	int rc;

	if (merkle_inclusion(&tree, seq - 1, c->size, &p, e) == -1)
		return -1;
	buf_init(&b, 2 * NOTE_MAX);
	tlog_proof_put(seq - 1, &p, c->note, strlen(c->note), &b);
	rc = file_place(AT_FDCWD, path, b.data, b.len, 0644, e);
	buf_done(&b);
	return rc;
}

/* Some of the receipts that have none: 1 there may be more, 0, -1. */
static int
place_proofs(struct keeper *k, struct err *e)
{
	sqlite3_stmt *st;
	int n = 0;
	int rc = db_query(k->db, &st, e,
	    "SELECT f.no, r.seq, f.account || '/receipts/' || f.name || '.' ||"
	    " b.id || CASE f.kind WHEN 'received' THEN '.received' ELSE"
	    " '.receipt' END FROM receipt_file_t f JOIN receipt_t r ON"
	    " r.bundle = f.bundle AND r.kind = f.kind JOIN bundle_t b ON"
	    " b.no = f.bundle WHERE f.proved = 0 AND f.placed = 1 AND"
	    " r.seq <= ? ORDER BY f.no LIMIT ?",
	    "ii", (int64_t)k->checkpoints->size, (int64_t)PROOFS_AT_ONCE);

	for (; rc == 1; rc = db_next(k->db, st, e), n++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s.json.tlog-proof",
		    HOME_ACCOUNTS, db_text(st, 2));
		if (place_proof(k->db, k->checkpoints,
			(uint64_t)sqlite3_column_int64(st, 1), path, e) == -1 ||
		    db_run(k->db, e,
			"UPDATE receipt_file_t SET proved = 1 WHERE no = ?",
			"i", sqlite3_column_int64(st, 0)) == -1) {
			db_done(st);
			return -1;
		}
	}
	db_done(st);
	return rc == -1 ? -1 : n == PROOFS_AT_ONCE;
}

/* --- between rounds ----------------------------------------------------- */

static int
begin(struct keeper *k, struct err *e)
{
	struct checkpoints *c = xcalloc(1, sizeof(*c));
	sqlite3_stmt *st;
	int rc = db_query(k->db, &st, e,
	    "SELECT size, note, day FROM checkpoint_t ORDER BY size DESC"
	    " LIMIT 1",
	    "");

	if (rc == 1) {
		c->size = (uint64_t)sqlite3_column_int64(st, 0);
		snprintf(c->note, sizeof(c->note), "%s", db_text(st, 1));
		c->proofs_wait = 1;
		/*
		 * Placed without fsync: a power cut may have emptied it. Where
		 * it cannot be, the next one will: nobody waits for this one.
		 */
		if (place_note(k->db, db_text(st, 2), c, e) == -1)
			log_warn("- checkpoint not placed: %s", e->en);
	}
	db_done(st);
	k->checkpoints = c;
	return rc == -1 ? -1 : 0;
}

int
checkpoints_slice(struct keeper *k, struct err *e)
{
	struct checkpoints *c = k->checkpoints;
	int64_t now = clock_milliseconds();
	int busy = jobs_busy(k);
	uint64_t size;

	if (c == NULL)
		return begin(k, e);
	if (!busy && c->proofs_wait) {
		c->proofs_wait = place_proofs(k, e);
		return c->proofs_wait;
	}
	/* What is signed has to stand. */
	if (db_writing(k->db) ||
	    now - c->looked_at < (busy ? BUSY_MS : QUIET_MS))
		return 0;
	c->looked_at = now;
	size = ledger_size(k->db);
	if (size <= c->size || make(k, size, e) == 0)
		return 0;
	/* Without a signer, as at the end of all roles, nothing was promised. */
	return e->kind == ERR_RETRY ? 0 : -1;
}

void
checkpoints_free(struct checkpoints *c)
{
	free(c);
}

/* --- checking ----------------------------------------------------------- */

/*
 * A note of ours and what it says: 1, 0 why not. A key that signs no more may
 * have signed heads of its time only.
 */
static int
open_note(const struct own_keys *own, const char *origin, const char *note,
    size_t len, struct tlog_checkpoint *ret_c, struct err *e)
{
	int good = 0;
	size_t text;

	for (size_t i = 0; i < own->n && !good; i++) {
		if (note_check(note, len, origin, own->key[i].public, &text,
			e) == 0)
			continue;
		if (tlog_checkpoint_read(note, text, ret_c, e) == -1)
			return 0;
		good = ret_c->size <= (uint64_t)own->key[i].until_seq;
		if (!good)
			(void)err_set(e, ERR_SENDER,
			    "a key signed it that signed no more by then");
	}
	if (!good || strcmp(ret_c->origin, origin) == 0)
		return good;
	(void)err_set(e, ERR_SENDER, "it is of another ledger, '%s'",
	    ret_c->origin);
	return 0;
}

/* f is a tree of the first lines, up to the size of an earlier one. */
static int
stands(struct db *db, const struct tlog_checkpoint *c,
    struct merkle_frontier *f, struct err *e)
{
	unsigned char root[MERKLE_HASH];

	if (c->size > ledger_size(db)) {
		(void)err_set(e, ERR_SENDER,
		    "it saw %" PRIu64 " lines; the ledger has fewer", c->size);
		return 0;
	}
	if (ledger_tree_grow(db, f, c->size, e) == -1)
		return -1;
	merkle_frontier_root(f, root);
	if (memcmp(root, c->root, sizeof(root)) == 0)
		return 1;
	(void)err_set(e, ERR_SENDER,
	    "the first %" PRIu64 " lines are not those it saw", c->size);
	return 0;
}

int
checkpoints_verify(struct db *db, const struct own_keys *own, int64_t *ret_n,
    struct err *e)
{
	struct merkle_frontier f = { 0 };
	char origin[LEDGER_ORIGIN];
	struct tlog_checkpoint c;
	sqlite3_stmt *st;
	int good = 1;
	int rc;

	*ret_n = 0;
	if (ledger_origin(db, origin, e) == -1)
		return -1;
	rc = db_query(db, &st, e, "SELECT note FROM checkpoint_t ORDER BY size",
	    "");
	for (; rc == 1 && good == 1; rc = db_next(db, st, e)) {
		const char *note = db_text(st, 0);

		good = open_note(own, origin, note, strlen(note), &c, e);
		if (good == 1)
			good = stands(db, &c, &f, e);
		*ret_n += good == 1;
		if (good != 1)
			break;
	}
	db_done(st);
	return rc == -1 ? -1 : good;
}

int
checkpoint_check(struct db *db, const struct own_keys *own, const char *note,
    size_t len, struct err *e)
{
	struct merkle_frontier f = { 0 };
	char origin[LEDGER_ORIGIN];
	struct tlog_checkpoint c;

	if (ledger_origin(db, origin, e) == -1)
		return -1;
	return open_note(own, origin, note, len, &c, e) == 1
		   ? stands(db, &c, &f, e)
		   : 0;
}

int
checkpoint_proves(const struct own_keys *own, const char *proof, size_t len,
    const char *head, struct err *e)
{
	unsigned char leaf[MERKLE_HASH];
	struct tlog_checkpoint c;
	struct merkle_proof p;
	const char *note;
	size_t note_len;
	uint64_t index;

	if (tlog_proof_read(proof, len, &index, &p, &note, &note_len, e) ==
		-1 ||
	    tlog_checkpoint_read(note, note_len, &c, e) == -1 ||
	    open_note(own, c.origin, note, note_len, &c, e) == 0)
		return 0;
	merkle_leaf(head, strlen(head), leaf);
	if (merkle_includes(&p, index, c.size, leaf, c.root))
		return 1;
	(void)err_set(e, ERR_SENDER,
	    "its checkpoint does not hold the line it names");
	return 0;
}
