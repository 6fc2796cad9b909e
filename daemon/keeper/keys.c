#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/act.h"
#include "base/ledger.h"
#include "base/ledger_tree.h"
#include "base/own_key.h"
#include "keeper/checkpoint.h"
#include "keeper/keys.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/log.h"
#include "sys/member.h"
#include "sys/note.h"

enum { TAG = 0x6b657973, TEXT_MAX = 65536, OVERLAP_DAYS = 30, DAYS_MAX = 3650 };

#define NEXT ".next"

/* --- the signer --------------------------------------------------------- */

/* One question; its answer is a text. */
static int
ask_signer(struct keeper *k, enum message what, int fd, struct buf *ret_text,
    struct err *e)
{
	static char text[NOTE_MAX];
	struct frame *f = &k->out;

	frame_start(f, (uint16_t)what);
	frame_put_u32(f, TAG);
	if (fd != -1)
		frame_put_fd(f, fd);
	if (frame_send(k->signer, f, e) == -1 ||
	    frame_recv(k->signer, f, e) != 1 || f->type != MESSAGE_SIGNED ||
	    frame_get_u32(f) != TAG)
		return err_set(e, ERR_RETRY, "the signer does not answer");
	frame_get_str(f, text, sizeof(text));
	if (frame_end(f, e) == -1)
		return -1;
	buf_addstr(ret_text, text);
	return 0;
}

/* The same where the answer is a public key: its wire form. */
static int
ask_key(struct keeper *k, enum message what, int fd, struct buf *ret_blob,
    struct err *e)
{
	char type[64], comment[64];
	struct buf line;
	int rc;

	buf_init(&line, TEXT_MAX);
	rc = ask_signer(k, what, fd, &line, e);
	if (rc == 0 && sign_public_line(line.data, line.len, type, sizeof(type),
			   ret_blob, comment, sizeof(comment), e) != 1)
		rc = -1;
	buf_done(&line);
	return rc;
}

/* --- base and ledger ---------------------------------------------------- */

/* From now on this key signs. */
static int
record(struct keeper *k, const struct buf *blob, const char *now, int64_t days,
    struct err *e)
{
	time_t end = time(NULL) + (time_t)(days * 86400);
	char print[64], until[40];
	struct ledger_line line;
	struct tm tm;
	json_t *o;
	char *text;
	int rc;

	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&end, &tm));
	sign_fingerprint(blob->data, blob->len, print);
	o = json_pack("{s:s, s:s}", "fingerprint", print, "before_until",
	    until);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	rc = ledger_append(k->db, now, "receipt key", "", "", text, &line, e);
	if (rc == 0)
		rc = own_keys_change(k->db, blob, line.seq, now, until, e);
	free(text);
	json_decref(o);
	return rc;
}

int
keys_start(struct keeper *k, struct err *e)
{
	struct own_keys own;
	const struct own_key *found;
	struct buf blob;
	char now[40];
	int rc = -1;

	clock_now(now, sizeof(now));
	buf_init(&blob, TEXT_MAX);
	if (own_keys_read(k->db, &own, e) == -1 ||
	    ask_key(k, MESSAGE_SIGNER_KEY, -1, &blob, e) == -1)
		goto out;
	found = own_keys_find(&own, blob.data, blob.len);
	/* The first of all is nobody's change. */
	if (own.n == 0)
		rc = own_keys_change(k->db, &blob, 0, now, "", e);
	else if (found != &own.key[0])
		rc = record(k, &blob, now, OVERLAP_DAYS, e);
	else
		rc = 0;
	if (rc == 0 && db_commit(k->db, e) == -1)
		rc = -1;
	if (rc == 0)
		rc = keys_place(k->db, e);
out:
	own_keys_done(&own);
	buf_done(&blob);
	return rc;
}

/* --- files -------------------------------------------------------------- */

static int
place(const char *name, const struct buf *b, struct err *e)
{
	char path[128];

	snprintf(path, sizeof(path), HOME_STANDARDS "/%s", name);
	return file_place(AT_FDCWD, path, b->data, b->len, 0644, e);
}

/* "2026-12-28T15:30:00Z" as ssh-keygen writes it: 20261228153000Z. */
static void
put_stamp(const char *at, struct buf *b)
{
	for (size_t i = 0; at[i] != '\0' && i < strlen("YYYY-MM-DDThh:mm:ss");
	     i++)
		if (at[i] >= '0' && at[i] <= '9')
			buf_addch(b, at[i]);
	buf_addch(b, 'Z');
}

static int
place_signers(const struct own_keys *own, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; i < own->n; i++) {
		buf_addstr(&b,
		    "zayton namespaces=\"zayton-receipt,zayton-report\"");
		if (own->key[i].until[0] != '\0') {
			buf_addstr(&b, ",valid-before=\"");
			put_stamp(own->key[i].until, &b);
			buf_addch(&b, '"');
		}
		buf_addch(&b, ' ');
		own_key_line(&own->key[i], &b);
		buf_addstr(&b, " zayton receipts\n");
	}
	rc = place("allowed_signers", &b, e);
	buf_done(&b);
	return rc;
}

static int
place_verifiers(struct db *db, const struct own_keys *own, struct err *e)
{
	char origin[LEDGER_ORIGIN];
	struct buf b;
	int rc;

	/* Without a line the ledger has no name yet. */
	if (db_int(db, 0, "SELECT count(*) FROM ledger WHERE seq = 1", "") == 0)
		return 0;
	buf_init(&b, TEXT_MAX);
	rc = ledger_origin(db, origin, e);
	for (size_t i = 0; rc == 0 && i < own->n; i++) {
		note_verifier(origin, own->key[i].public, &b);
		buf_addch(&b, '\n');
	}
	if (rc == 0)
		rc = place("ledger.vkey", &b, e);
	buf_done(&b);
	return rc;
}

/* One host key's line, where it is there. */
static int
put_host(const char *path, struct buf *b, struct err *e)
{
	struct buf line;
	int rc;

	if (access(path, F_OK) == -1)
		return 0;
	buf_init(&line, TEXT_MAX);
	rc = file_read(AT_FDCWD, path, &line, e);
	if (rc == 0) {
		buf_addstr(b, "zayton ");
		buf_add(b, line.data, line.len);
	}
	buf_done(&line);
	return rc;
}

/* For HostKeyAlias zayton: the keys of now, and those that are prepared. */
static int
place_hosts(struct err *e)
{
	static const char *const path[] = { HOME_HOST_ED25519 ".pub",
		HOME_HOST_ECDSA ".pub", HOME_HOST_ED25519 NEXT ".pub",
		HOME_HOST_ECDSA NEXT ".pub" };
	struct buf b;
	int rc = 0;

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; rc == 0 && i < sizeof(path) / sizeof(path[0]); i++)
		rc = put_host(path[i], &b, e);
	if (rc == 0)
		rc = place("known_hosts", &b, e);
	buf_done(&b);
	return rc;
}

int
keys_place(struct db *db, struct err *e)
{
	struct own_keys own;
	int rc = own_keys_read(db, &own, e);

	if (rc == 0)
		rc = place_signers(&own, e);
	if (rc == 0)
		rc = place_verifiers(db, &own, e);
	if (rc == 0)
		rc = place_hosts(e);
	own_keys_done(&own);
	return rc;
}

/* --- changing the receipt key ------------------------------------------- */

/* Steps 1 and 2. */
static int
rotate_receipt(struct keeper *k, const json_t *request, const char *now,
    json_t **ret_answer, struct err *e)
{
	int64_t days = OVERLAP_DAYS;
	const json_t *said = json_object_get(request, "overlap");
	char print[64];
	struct buf blob;
	int rc = -1;
	int fd;

	if (json_is_integer(said))
		days = json_integer_value(said);
	if (days < 0 || days > DAYS_MAX)
		return act_refuse(e, "重叠期应为 0 至 3650 天（--overlap）",
		    "the overlap is 0 to 3650 days (--overlap)", "");
	(void)unlink(HOME_RECEIPT_KEY NEXT);
	fd = open(HOME_RECEIPT_KEY NEXT,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot write the next key");
	buf_init(&blob, TEXT_MAX);
	if (ask_key(k, MESSAGE_NEXT_KEY, fd, &blob, e) == -1)
		goto out;
	if (fsync(fd) == -1) {
		err_errno(e, ERR_RETRY, "cannot write the next key");
		goto out;
	}
	if (record(k, &blob, now, days, e) == -1)
		goto out;
	k->key_turns = 1;
	sign_fingerprint(blob.data, blob.len, print);
	*ret_answer =
	    json_pack("{s:s, s:s}", "which", "receipt", "fingerprint", print);
	rc = 0;
out:
	(void)close(fd);
	buf_done(&blob);
	return rc;
}

/* Step 4: a checkpoint that names the next key, signed by both. */
static int
place_change(struct keeper *k, const struct own_key *next, struct err *e)
{
	char origin[LEDGER_ORIGIN], path[128];
	struct buf vkey, extension, note;
	int rc = -1;

	buf_init(&vkey, TEXT_MAX);
	buf_init(&extension, TEXT_MAX);
	buf_init(&note, NOTE_MAX);
	if (ledger_origin(k->db, origin, e) == -1)
		goto out;
	note_verifier(origin, next->public, &vkey);
	buf_printf(&extension, "next-key %s\n", vkey.data);
	if (checkpoint_sign(k, extension.data, &note, e) == -1 ||
	    file_mkdir(AT_FDCWD, HOME_STANDARDS "/checkpoints", 0755, e) == -1)
		goto out;
	snprintf(path, sizeof(path), HOME_STANDARDS "/checkpoints/key-%.8s",
	    vkey.data + strlen(origin) + 1);
	rc = file_publish(AT_FDCWD, path, note.data, note.len, 0644, e);
out:
	buf_done(&vkey);
	buf_done(&extension);
	buf_done(&note);
	return rc;
}

/* Step 5. The private file is the truth, the public one is for people. */
static int
put_in_place(const struct own_key *next, struct err *e)
{
	int dir = open(HOME_KEYS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf line;
	int rc;

	if (dir == -1 ||
	    rename(HOME_RECEIPT_KEY NEXT, HOME_RECEIPT_KEY) == -1 ||
	    fsync(dir) == -1) {
		rc = err_errno(e, ERR_RETRY, "cannot put the key in place");
	} else {
		buf_init(&line, TEXT_MAX);
		own_key_line(next, &line);
		buf_addstr(&line, " zayton receipts\n");
		rc = file_publish(AT_FDCWD, HOME_RECEIPT_KEY ".pub", line.data,
		    line.len, 0644, e);
		buf_done(&line);
	}
	if (dir != -1)
		(void)close(dir);
	return rc;
}

/* Steps 3 to 6, where the base names another key than the one that signs. */
static int
turn(struct keeper *k, struct err *e)
{
	struct own_keys own;
	struct buf blob, none;
	int rc = -1;

	buf_init(&blob, TEXT_MAX);
	buf_init(&none, TEXT_MAX);
	if (own_keys_read(k->db, &own, e) == -1 ||
	    ask_key(k, MESSAGE_SIGNER_KEY, -1, &blob, e) == -1)
		goto out;
	rc = 0;
	/* What was asked for did not come to be. */
	if (own_keys_find(&own, blob.data, blob.len) == &own.key[0])
		goto out;
	if (keys_place(k->db, e) == -1 ||
	    place_change(k, &own.key[0], e) == -1 ||
	    put_in_place(&own.key[0], e) == -1 ||
	    ask_signer(k, MESSAGE_USE_NEXT, -1, &none, e) == -1)
		rc = -1;
out:
	own_keys_done(&own);
	buf_done(&blob);
	buf_done(&none);
	return rc;
}

void
keys_turn(struct keeper *k)
{
	struct err e;

	if (!k->key_turns)
		return;
	k->key_turns = 0;
	/* Between two keys nothing may be signed: a new start finds its way. */
	if (turn(k, &e) == -1)
		log_fatal("- keeper ends: the receipt key: %s", e.en);
}

/* --- host keys ---------------------------------------------------------- */

static const struct {
	const char *path;
	const char *next;
	enum sign_kind kind;
} host[] = {
	{ HOME_HOST_ED25519, HOME_HOST_ED25519 NEXT, SIGN_ED25519 },
	{ HOME_HOST_ECDSA, HOME_HOST_ECDSA NEXT, SIGN_ECDSA },
};

enum { HOSTS = sizeof(host) / sizeof(host[0]) };

/* Those that are prepared already stay: somebody may know them by now. */
static int
prepare_host(struct err *e)
{
	for (size_t i = 0; i < HOSTS; i++)
		if (access(host[i].next, F_OK) == -1 &&
		    sign_keygen(host[i].kind, host[i].next, "zayton host", e) ==
			-1)
			return -1;
	return place_hosts(e);
}

static int
move_host(const char *from, const char *to, const char *suffix, struct err *e)
{
	char old[128], new[128];

	snprintf(old, sizeof(old), "%s%s", from, suffix);
	snprintf(new, sizeof(new), "%s%s", to, suffix);
	return rename(old, new) == -1
		   ? err_errno(e, ERR_RETRY, "cannot put '%s' in place", new)
		   : 0;
}

/* Broken off in between it is simply asked for again. */
static int
rotate_host(struct err *e)
{
	int moved = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		if (access(host[i].next, F_OK) == -1)
			continue;
		if (move_host(host[i].next, host[i].path, ".pub", e) == -1 ||
		    move_host(host[i].next, host[i].path, "", e) == -1)
			return -1;
		moved = 1;
	}
	return moved ? place_hosts(e)
		     : act_refuse(e,
			   "没有准备好的主机密钥，请先执行 zayton key prepare "
			   "host",
			   "no host key is prepared: 'zayton key prepare host' "
			   "first",
			   "");
}

static int
ask_host(struct keeper *k, const char *what, const char *now,
    json_t **ret_answer, struct err *e)
{
	int prepares = strcmp(what, "key prepare") == 0;

	if ((prepares ? prepare_host(e) : rotate_host(e)) == -1)
		return -1;
	*ret_answer = json_pack("{s:s, s:s}", "which", "host", "state",
	    prepares ? "prepared" : "rotated");
	return ledger_append(k->db, now,
	    prepares ? "host key prepared" : "host key", "", "", "{}", NULL, e);
}

/* --- what is asked ------------------------------------------------------ */

static int
list(struct keeper *k, json_t **ret_answer, struct err *e)
{
	json_t *all = json_array();
	struct own_keys own;
	int rc = own_keys_read(k->db, &own, e);

	for (size_t i = 0; i < own.n; i++)
		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s}", "fingerprint",
			own.key[i].fingerprint, "since", own.key[i].since,
			"until", own.key[i].until));
	own_keys_done(&own);
	*ret_answer = all;
	return rc;
}

int
keys_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e)
{
	const char *which = member_text(request, "which");

	if (strcmp(what, "key list") == 0)
		return list(k, ret_answer, e);
	if (strcmp(what, "key rotate") == 0 && strcmp(which, "receipt") == 0)
		return rotate_receipt(k, request, now, ret_answer, e);
	if (strcmp(which, "host") == 0)
		return ask_host(k, what, now, ret_answer, e);
	return act_refuse(e, "密钥应为 receipt 或 host",
	    "the key is receipt or host", which);
}
