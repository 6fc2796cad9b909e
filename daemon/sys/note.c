#include <string.h>

#include "sys/base64.h"
#include "sys/hash.h"
#include "sys/note.h"

enum {
	ID_BYTES = 4,
	KIND_ED25519 = 1, /* of a signature, as signed-note numbers them */
	LINE_BYTES = ID_BYTES + SIGN_RAW_BYTES
};

#define DASH "\xe2\x80\x94 "

static void
key_id(const char *name, const unsigned char *public, unsigned char *ret_id)
{
	const unsigned char kind = KIND_ED25519;
	unsigned char digest[HASH_SHA256_BYTES];
	struct hash *h = hash_new(HASH_SHA256);

	hash_add(h, name, strlen(name));
	hash_add(h, "\n", 1);
	hash_add(h, &kind, 1);
	hash_add(h, public, SIGN_PUBLIC_BYTES);
	hash_end(h, digest);
	hash_free(h);
	memcpy(ret_id, digest, ID_BYTES);
}

void
note_verifier(const char *name, const unsigned char public[SIGN_PUBLIC_BYTES],
    struct buf *b)
{
	unsigned char key[1 + SIGN_PUBLIC_BYTES] = { KIND_ED25519 };
	unsigned char id[ID_BYTES];
	char hex[2 * ID_BYTES + 1];

	memcpy(key + 1, public, SIGN_PUBLIC_BYTES);
	key_id(name, public, id);
	hash_hex(id, sizeof(id), hex);
	buf_printf(b, "%s+%s+", name, hex);
	base64_put(b, key, sizeof(key));
}

void
note_sign(const struct sign_key *k, const char *name, const char *text,
    size_t len, struct buf *b)
{
	unsigned char line[LINE_BYTES];

	key_id(name, sign_key_public(k), line);
	sign_raw(k, text, len, line + ID_BYTES);
	buf_printf(b, DASH "%s ", name);
	base64_put(b, line, sizeof(line));
	buf_addch(b, '\n');
}

/* The signature of a line, where it is by this name and key: 1, else 0. */
static int
line_by(const char *line, size_t len, const char *name,
    const unsigned char *public, unsigned char *ret_signature)
{
	size_t head = strlen(DASH), n = strlen(name);
	unsigned char id[ID_BYTES];
	struct buf raw;
	int by = 0;

	if (len < head + n + 1 || memcmp(line, DASH, head) != 0 ||
	    memcmp(line + head, name, n) != 0 || line[head + n] != ' ')
		return 0;
	head += n + 1;
	key_id(name, public, id);
	buf_init(&raw, NOTE_MAX);
	if (base64_get(line + head, len - head, &raw) == 0 &&
	    raw.len == LINE_BYTES && memcmp(raw.data, id, sizeof(id)) == 0) {
		memcpy(ret_signature, raw.data + ID_BYTES, SIGN_RAW_BYTES);
		by = 1;
	}
	buf_done(&raw);
	return by;
}

/* Where the last empty line is: the text ends before it. */
static const char *
text_end(const char *note, size_t len)
{
	for (const char *p = note + len; p - note >= 2; p--)
		if (p[-1] == '\n' && p[-2] == '\n')
			return p - 1;
	return NULL;
}

int
note_check(const char *note, size_t len, const char *name,
    const unsigned char public[SIGN_PUBLIC_BYTES], size_t *ret_len,
    struct err *e)
{
	unsigned char signature[SIGN_RAW_BYTES];
	const char *end = len <= NOTE_MAX ? text_end(note, len) : NULL;
	const char *line, *next;

	for (line = end != NULL ? end + 1 : NULL; line != NULL; line = next) {
		size_t left = len - (size_t)(line - note);

		next = memchr(line, '\n', left);
		if (next == NULL)
			break;
		if (line_by(line, (size_t)(next - line), name, public,
			signature)) {
			*ret_len = (size_t)(end - note);
			if (sign_raw_verify(public, note, *ret_len, signature))
				return 1;
			(void)err_set(e, ERR_SENDER,
			    "its signature does not hold");
			return 0;
		}
		next++;
	}
	(void)err_set(e, ERR_SENDER, "it is not a note signed by '%s'", name);
	return 0;
}
