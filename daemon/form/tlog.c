#include <inttypes.h>
#include <string.h>

#include "form/tlog.h"
#include "sys/base64.h"

static const char proof_head[] = "c2sp.org/tlog-proof@v1";
static const char index_head[] = "index ";
static const char extra_head[] = "extra ";

/* A text, line by line. */
struct lines {
	const char *at;
	const char *end;
	const char *line;
	size_t len;
};

/* 1 a line, without its newline; 0 there is none that ends. */
static int
next_line(struct lines *l)
{
	const char *nl = memchr(l->at, '\n', (size_t)(l->end - l->at));

	if (nl == NULL)
		return 0;
	l->line = l->at;
	l->len = (size_t)(nl - l->at);
	l->at = nl + 1;
	return 1;
}

static int
begins(const struct lines *l, const char *with)
{
	return l->len >= strlen(with) &&
	       memcmp(l->line, with, strlen(with)) == 0;
}

/* A decimal without leading zeros: 0, or -1. */
static int
number(const char *s, size_t len, uint64_t *ret_n)
{
	uint64_t n = 0;

	if (len == 0 || len > 18 || (len > 1 && s[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	*ret_n = n;
	return 0;
}

static int
hash_line(const struct lines *l, unsigned char *ret_hash)
{
	struct buf raw;
	int rc = -1;

	buf_init(&raw, 2 * MERKLE_HASH);
	if (base64_get(l->line, l->len, &raw) == 0 && buf_ok(&raw) &&
	    raw.len == MERKLE_HASH) {
		memcpy(ret_hash, raw.data, MERKLE_HASH);
		rc = 0;
	}
	buf_done(&raw);
	return rc;
}

void
tlog_checkpoint_put(const struct tlog_checkpoint *c, struct buf *b)
{
	buf_printf(b, "%s\n%" PRIu64 "\n", c->origin, c->size);
	base64_put(b, c->root, MERKLE_HASH);
	buf_addch(b, '\n');
}

int
tlog_checkpoint_read(const char *text, size_t len,
    struct tlog_checkpoint *ret_c, struct err *e)
{
	struct lines l = { text, text + len, NULL, 0 };
	struct tlog_checkpoint c = { .size = 0 };

	if (!next_line(&l) || l.len == 0 || l.len >= sizeof(c.origin))
		return err_set(e, ERR_SENDER, "a checkpoint has an origin");
	memcpy(c.origin, l.line, l.len);
	if (!next_line(&l) || number(l.line, l.len, &c.size) == -1)
		return err_set(e, ERR_SENDER, "a checkpoint has a size");
	if (!next_line(&l) || hash_line(&l, c.root) == -1)
		return err_set(e, ERR_SENDER, "a checkpoint has a root");
	*ret_c = c;
	return 0;
}

int
tlog_countersigned_day(const char *name, char ret_day[TLOG_DAY])
{
	static const char form[] = "dddd-dd-dd.checkpoint.sig";

	if (strlen(name) != sizeof(form) - 1)
		return 0;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (i < TLOG_DAY - 1 && form[i] == 'd'
			? name[i] < '0' || name[i] > '9'
			: name[i] != form[i])
			return 0;
	memcpy(ret_day, name, TLOG_DAY - 1);
	ret_day[TLOG_DAY - 1] = '\0';
	return 1;
}

void
tlog_hashes_put(const struct merkle_proof *p, struct buf *b)
{
	for (size_t i = 0; i < p->n; i++) {
		base64_put(b, p->hash[i], MERKLE_HASH);
		buf_addch(b, '\n');
	}
}

void
tlog_proof_put(uint64_t index, const struct merkle_proof *p, const char *note,
    size_t note_len, struct buf *b)
{
	buf_printf(b, "%s\n%s%" PRIu64 "\n", proof_head, index_head, index);
	tlog_hashes_put(p, b);
	buf_addch(b, '\n');
	buf_add(b, note, note_len);
}

int
tlog_proof_read(const char *text, size_t len, uint64_t *ret_index,
    struct merkle_proof *ret_p, const char **ret_note, size_t *ret_note_len,
    struct err *e)
{
	struct lines l = { text, text + len, NULL, 0 };
	size_t head = strlen(index_head);
	int more = next_line(&l);

	ret_p->n = 0;
	if (!more || l.len != strlen(proof_head) || !begins(&l, proof_head))
		return err_set(e, ERR_SENDER, "it is not a tlog-proof");
	more = next_line(&l);
	if (more && begins(&l, extra_head))
		more = next_line(&l);
	if (!more || !begins(&l, index_head) ||
	    number(l.line + head, l.len - head, ret_index) == -1)
		return err_set(e, ERR_SENDER, "the proof has no index");
	while ((more = next_line(&l)) && l.len > 0)
		if (ret_p->n == MERKLE_PROOF ||
		    hash_line(&l, ret_p->hash[ret_p->n++]) == -1)
			return err_set(e, ERR_SENDER,
			    "the proof has a line that is no hash");
	if (!more)
		return err_set(e, ERR_SENDER, "the proof has no checkpoint");
	*ret_note = l.at;
	*ret_note_len = (size_t)(l.end - l.at);
	return 0;
}
