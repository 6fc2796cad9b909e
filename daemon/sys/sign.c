#include <ctype.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/base64.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/log.h"
#include "sys/mem.h"
#include "sys/sign.h"

enum {
	ED25519_BYTES = SIGN_PUBLIC_BYTES,
	SIGNATURE_BYTES = SIGN_RAW_BYTES,
	KEY_FILE_MAX = 16384,
	ARMOR_COLUMNS = 70
};

static const char key_magic[] = "openssh-key-v1"; /* with its NUL */
static const char key_head[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char key_foot[] = "-----END OPENSSH PRIVATE KEY-----\n";
static const char sig_head[] = "-----BEGIN SSH SIGNATURE-----\n";
static const char sig_foot[] = "-----END SSH SIGNATURE-----\n";

struct sign_key {
	EVP_PKEY *pkey;
	unsigned char public[ED25519_BYTES];
};

/* --- SSH wire form ------------------------------------------------------ */

static void
put_u32(struct buf *b, uint32_t v)
{
	const unsigned char p[4] = { (unsigned char)(v >> 24),
		(unsigned char)(v >> 16), (unsigned char)(v >> 8),
		(unsigned char)v };

	buf_add(b, p, sizeof(p));
}

static void
put_string(struct buf *b, const void *p, size_t len)
{
	put_u32(b, (uint32_t)len);
	buf_add(b, p, len);
}

static void
put_text(struct buf *b, const char *s)
{
	put_string(b, s, strlen(s));
}

/* What is left to read; every length is checked against it. */
struct wire {
	const unsigned char *p;
	size_t left;
	int bad;
};

static uint32_t
get_u32(struct wire *w)
{
	uint32_t v;

	if (w->left < 4) {
		w->bad = 1;
		return 0;
	}
	v = (uint32_t)w->p[0] << 24 | (uint32_t)w->p[1] << 16 |
	    (uint32_t)w->p[2] << 8 | w->p[3];
	w->p += 4;
	w->left -= 4;
	return v;
}

static const unsigned char *
get_string(struct wire *w, size_t *ret_len)
{
	size_t len = get_u32(w);
	const unsigned char *p = w->p;

	if (w->bad || len > w->left) {
		w->bad = 1;
		*ret_len = 0;
		return p;
	}
	w->p += len;
	w->left -= len;
	*ret_len = len;
	return p;
}

/* Whether the next string is just this text. */
static int
get_text(struct wire *w, const char *text)
{
	size_t len;
	const unsigned char *p = get_string(w, &len);

	return !w->bad && len == strlen(text) && memcmp(p, text, len) == 0;
}

/* --- armour ------------------------------------------------------------- */

static void
armor(struct buf *out, const char *head, const struct buf *raw,
    const char *foot)
{
	struct buf text;

	buf_init_secret(&text, 2 * KEY_FILE_MAX);
	base64_put(&text, raw->data, raw->len);
	buf_addstr(out, head);
	for (size_t i = 0; i < text.len; i += ARMOR_COLUMNS) {
		size_t left = text.len - i;

		buf_add(out, text.data + i,
		    left < ARMOR_COLUMNS ? left : ARMOR_COLUMNS);
		buf_addch(out, '\n');
	}
	buf_addstr(out, foot);
	buf_done(&text);
}

static int
unarmor(const char *text, size_t len, const char *head, const char *foot,
    struct buf *out)
{
	const char *from = memmem(text, len, head, strlen(head) - 1);
	const char *to;

	if (from == NULL)
		return -1;
	from += strlen(head) - 1;
	to = memmem(from, len - (size_t)(from - text), foot, strlen(foot) - 1);
	return to == NULL ? -1 : base64_get(from, (size_t)(to - from), out);
}

/* --- key files ---------------------------------------------------------- */

/* The public part's wire form, and the private fields of PROTOCOL.key. */
static int
ed25519_fields(EVP_PKEY *pkey, struct buf *public, struct buf *private)
{
	unsigned char pub[ED25519_BYTES];
	unsigned char both[2 * ED25519_BYTES];
	size_t n = sizeof(pub);
	size_t m = ED25519_BYTES;

	if (EVP_PKEY_get_raw_public_key(pkey, pub, &n) != 1 ||
	    EVP_PKEY_get_raw_private_key(pkey, both, &m) != 1)
		return -1;
	memcpy(both + ED25519_BYTES, pub, sizeof(pub));
	put_text(public, "ssh-ed25519");
	put_string(public, pub, sizeof(pub));
	put_text(private, "ssh-ed25519");
	put_string(private, pub, sizeof(pub));
	put_string(private, both, sizeof(both));
	OPENSSL_cleanse(both, sizeof(both));
	return 0;
}

static int
ecdsa_fields(EVP_PKEY *pkey, struct buf *public, struct buf *private)
{
	unsigned char point[65];
	unsigned char scalar[33] = { 0 };
	BIGNUM *d = NULL;
	size_t n = 0;
	int skip;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		point, sizeof(point), &n) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
		return -1;
	(void)BN_bn2binpad(d, scalar + 1, 32);
	BN_clear_free(d);
	/* An mpint is positive: a leading zero where the top bit is set. */
	for (skip = 0; skip < 32 && scalar[skip] == 0 && scalar[skip + 1] < 128;
	     skip++)
		;
	put_text(public, "ecdsa-sha2-nistp256");
	put_text(public, "nistp256");
	put_string(public, point, n);
	buf_add(private, public->data, public->len);
	put_string(private, scalar + skip, sizeof(scalar) - (size_t)skip);
	OPENSSL_cleanse(scalar, sizeof(scalar));
	return 0;
}

static void
key_file(const struct buf *public, const struct buf *fields,
    const char *comment, struct buf *out)
{
	struct buf raw, private;
	unsigned char check[4];

	buf_init_secret(&raw, KEY_FILE_MAX);
	buf_init_secret(&private, KEY_FILE_MAX);
	if (RAND_bytes(check, sizeof(check)) != 1)
		log_fatal("no random bytes");
	buf_add(&private, check, sizeof(check));
	buf_add(&private, check, sizeof(check));
	buf_add(&private, fields->data, fields->len);
	put_text(&private, comment);
	for (char pad = 1; private.len % 8 != 0; pad++)
		buf_addch(&private, pad);
	buf_add(&raw, key_magic, sizeof(key_magic));
	put_text(&raw, "none");
	put_text(&raw, "none");
	put_text(&raw, "");
	put_u32(&raw, 1);
	put_string(&raw, public->data, public->len);
	put_string(&raw, private.data, private.len);
	armor(out, key_head, &raw, key_foot);
	buf_done(&raw);
	buf_done(&private);
}

static void
public_line(const char *type, const struct buf *blob, const char *comment,
    struct buf *out)
{
	buf_printf(out, "%s ", type);
	base64_put(out, blob->data, blob->len);
	if (comment[0] != '\0')
		buf_printf(out, " %s", comment);
}

int
sign_keygen(enum sign_kind kind, const char *path, const char *comment,
    struct err *e)
{
	const char *type =
	    kind == SIGN_ED25519 ? "ssh-ed25519" : "ecdsa-sha2-nistp256";
	EVP_PKEY *pkey = kind == SIGN_ED25519
			     ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
			     : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	char beside[512];
	struct buf public, fields, file, line;
	int rc = -1;

	buf_init(&public, KEY_FILE_MAX);
	buf_init_secret(&fields, KEY_FILE_MAX);
	buf_init_secret(&file, KEY_FILE_MAX);
	buf_init(&line, KEY_FILE_MAX);
	if (pkey == NULL ||
	    (kind == SIGN_ED25519
		    ? ed25519_fields(pkey, &public, &fields)
		    : ecdsa_fields(pkey, &public, &fields)) == -1) {
		err_set(e, ERR_HOLD, "cannot make the key '%s'", path);
		goto out;
	}
	key_file(&public, &fields, comment, &file);
	public_line(type, &public, comment, &line);
	buf_addch(&line, '\n');
	snprintf(beside, sizeof(beside), "%s.pub", path);
	if (file_publish(AT_FDCWD, path, file.data, file.len, 0600, e) == -1 ||
	    file_publish(AT_FDCWD, beside, line.data, line.len, 0644, e) == -1)
		goto out;
	rc = 0;
out:
	EVP_PKEY_free(pkey);
	buf_done(&public);
	buf_done(&fields);
	buf_done(&file);
	buf_done(&line);
	return rc;
}

/* From the raw openssh-key-v1 to the 64 bytes of private and public part. */
static int
key_parse(const struct buf *raw, unsigned char *both)
{
	struct wire w = { (const unsigned char *)raw->data, raw->len, 0 };
	struct wire inner = { NULL, 0, 0 };
	const unsigned char *p;
	size_t len;

	if (w.left < sizeof(key_magic) ||
	    memcmp(w.p, key_magic, sizeof(key_magic)) != 0)
		return -1;
	w.p += sizeof(key_magic);
	w.left -= sizeof(key_magic);
	if (!get_text(&w, "none") || !get_text(&w, "none") ||
	    !get_text(&w, "") || get_u32(&w) != 1)
		return -1;
	(void)get_string(&w, &len);
	inner.p = get_string(&w, &inner.left);
	if (w.bad || get_u32(&inner) != get_u32(&inner) ||
	    !get_text(&inner, "ssh-ed25519"))
		return -1;
	(void)get_string(&inner, &len);
	p = get_string(&inner, &len);
	if (inner.bad || len != 2 * ED25519_BYTES)
		return -1;
	memcpy(both, p, len);
	return 0;
}

void
sign_secure(void)
{
	enum { HEAP = 1 << 16, LEAST = 32 };

	(void)CRYPTO_secure_malloc_init(HEAP, LEAST);
}

int
sign_key_read(const char *path, struct sign_key **ret_k, struct err *e)
{
	unsigned char both[2 * ED25519_BYTES];
	struct sign_key *k = NULL;
	struct buf text, raw;
	int rc = -1;

	buf_init_secret(&text, KEY_FILE_MAX);
	buf_init_secret(&raw, KEY_FILE_MAX);
	if (file_read(AT_FDCWD, path, &text, e) == -1)
		goto out;
	if (unarmor(text.data, text.len, key_head, key_foot, &raw) == -1 ||
	    key_parse(&raw, both) == -1) {
		err_set(e, ERR_HOLD,
		    "'%s' is not an unencrypted Ed25519 key of OpenSSH", path);
		goto out;
	}
	k = xcalloc(1, sizeof(*k));
	k->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, both,
	    ED25519_BYTES);
	memcpy(k->public, both + ED25519_BYTES, ED25519_BYTES);
	if (k->pkey == NULL) {
		err_set(e, ERR_HOLD, "'%s' holds no usable key", path);
		goto out;
	}
	*ret_k = k;
	k = NULL;
	rc = 0;
out:
	sign_key_free(k);
	OPENSSL_cleanse(both, sizeof(both));
	buf_done(&text);
	buf_done(&raw);
	return rc;
}

void
sign_key_free(struct sign_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

static void
key_blob(const unsigned char *public, struct buf *b)
{
	put_text(b, "ssh-ed25519");
	put_string(b, public, ED25519_BYTES);
}

void
sign_public_put(const unsigned char public[SIGN_PUBLIC_BYTES], struct buf *b)
{
	struct buf blob;

	buf_init(&blob, KEY_FILE_MAX);
	key_blob(public, &blob);
	public_line("ssh-ed25519", &blob, "", b);
	buf_done(&blob);
}

void
sign_key_line(const struct sign_key *k, struct buf *b)
{
	sign_public_put(k->public, b);
}

int
sign_key_make(const char *comment, struct sign_key **ret_k,
    struct buf *ret_file, struct err *e)
{
	struct sign_key *k = xcalloc(1, sizeof(*k));
	size_t n = sizeof(k->public);
	struct buf public, fields;
	int rc = -1;

	buf_init(&public, KEY_FILE_MAX);
	buf_init_secret(&fields, KEY_FILE_MAX);
	k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (k->pkey == NULL ||
	    EVP_PKEY_get_raw_public_key(k->pkey, k->public, &n) != 1 ||
	    ed25519_fields(k->pkey, &public, &fields) == -1) {
		err_set(e, ERR_HOLD, "cannot make a key");
		sign_key_free(k);
	} else {
		key_file(&public, &fields, comment, ret_file);
		*ret_k = k;
		rc = 0;
	}
	buf_done(&public);
	buf_done(&fields);
	return rc;
}

/* --- signatures --------------------------------------------------------- */

/* What is really signed: PROTOCOL.sshsig, section 2. */
static void
signed_data(const char *name_space, const unsigned char *sha512, struct buf *b)
{
	buf_addstr(b, "SSHSIG");
	put_text(b, name_space);
	put_text(b, "");
	put_text(b, "sha512");
	put_string(b, sha512, HASH_SHA512_BYTES);
}

void
sign_raw(const struct sign_key *k, const void *p, size_t len,
    unsigned char signature[SIGN_RAW_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = SIGN_RAW_BYTES;

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, p, len) != 1)
		log_fatal("cannot sign");
	EVP_MD_CTX_free(ctx);
}

int
sign_raw_verify(const unsigned char public[SIGN_PUBLIC_BYTES], const void *p,
    size_t len, const unsigned char signature[SIGN_RAW_BYTES])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    public, SIGN_PUBLIC_BYTES);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int good =
	    pkey != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, signature, SIGN_RAW_BYTES, p, len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

const unsigned char *
sign_key_public(const struct sign_key *k)
{
	return k->public;
}

const unsigned char *
sign_blob_public(const void *blob, size_t len)
{
	struct wire w = { blob, len, 0 };
	const unsigned char *p;
	size_t n;

	if (!get_text(&w, "ssh-ed25519"))
		return NULL;
	p = get_string(&w, &n);
	return w.bad || w.left != 0 || n != SIGN_PUBLIC_BYTES ? NULL : p;
}

void
sign_sshsig(const struct sign_key *k, const char *name_space,
    const unsigned char *sha512, struct buf *b)
{
	unsigned char signature[SIGNATURE_BYTES];
	struct buf data, blob, raw, sig;

	buf_init(&data, KEY_FILE_MAX);
	buf_init(&blob, KEY_FILE_MAX);
	buf_init(&raw, KEY_FILE_MAX);
	buf_init(&sig, KEY_FILE_MAX);
	signed_data(name_space, sha512, &data);
	sign_raw(k, data.data, data.len, signature);
	key_blob(k->public, &blob);
	put_text(&sig, "ssh-ed25519");
	put_string(&sig, signature, sizeof(signature));
	buf_addstr(&raw, "SSHSIG");
	put_u32(&raw, 1);
	put_string(&raw, blob.data, blob.len);
	put_text(&raw, name_space);
	put_text(&raw, "");
	put_text(&raw, "sha512");
	put_string(&raw, sig.data, sig.len);
	armor(b, sig_head, &raw, sig_foot);
	buf_done(&data);
	buf_done(&blob);
	buf_done(&raw);
	buf_done(&sig);
}

int
sign_sshsig_verify(const char *text, size_t len, const char *name_space,
    const unsigned char *sha512, struct buf *ret_key, struct err *e)
{
	struct buf raw, data;
	struct wire w, key, sig;
	const unsigned char *public = NULL;
	const unsigned char *signature = NULL;
	size_t n = 0, m = 0;
	int good = 0;
	int rc = -1;

	buf_init(&raw, KEY_FILE_MAX);
	buf_init(&data, KEY_FILE_MAX);
	if (len > KEY_FILE_MAX ||
	    unarmor(text, len, sig_head, sig_foot, &raw) == -1 ||
	    raw.len < 10 || memcmp(raw.data, "SSHSIG", 6) != 0) {
		err_set(e, ERR_SENDER, "it is not an SSH signature");
		goto out;
	}
	w = (struct wire){ (const unsigned char *)raw.data + 6, raw.len - 6,
		0 };
	if (get_u32(&w) == 1) {
		key = (struct wire){ NULL, 0, 0 };
		sig = key;
		key.p = get_string(&w, &key.left);
		buf_add(ret_key, key.p, key.left);
		good = get_text(&w, name_space) && get_text(&w, "") &&
		       get_text(&w, "sha512");
		sig.p = get_string(&w, &sig.left);
		good = good && get_text(&key, "ssh-ed25519") &&
		       get_text(&sig, "ssh-ed25519");
		public = get_string(&key, &n);
		signature = get_string(&sig, &m);
		good = good && !w.bad && !key.bad && !sig.bad && w.left == 0 &&
		       key.left == 0 && sig.left == 0 && n == ED25519_BYTES &&
		       m == SIGNATURE_BYTES;
	}
	signed_data(name_space, sha512, &data);
	rc = good && sign_raw_verify(public, data.data, data.len, signature);
out:
	buf_done(&raw);
	buf_done(&data);
	return rc;
}

/* --- public keys -------------------------------------------------------- */

/* Whether an RSA key's wire form has a modulus of at least 2048 bits. */
static int
rsa_long_enough(const struct buf *blob)
{
	struct wire w = { (const unsigned char *)blob->data, blob->len, 0 };
	size_t len;

	(void)get_string(&w, &len);
	(void)get_string(&w, &len);
	(void)get_string(&w, &len);
	return !w.bad && len >= 256;
}

static int
blob_ok(const char *type, const struct buf *blob)
{
	static const char *const taken[] = { "ssh-ed25519",
		"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521", "ssh-rsa", NULL };
	struct wire w = { (const unsigned char *)blob->data, blob->len, 0 };

	for (size_t i = 0; taken[i] != NULL; i++)
		if (strcmp(taken[i], type) == 0)
			return get_text(&w, type) &&
			       (strcmp(type, "ssh-rsa") != 0 ||
				   rsa_long_enough(blob));
	return 0;
}

/* Of a foreign line as much as a message can hold, without its controls. */
static int
no_key(const char *line, size_t len, struct err *e)
{
	char shown[64];
	size_t n = 0;

	while (n < len && n < sizeof(shown) - 1) {
		shown[n] = iscntrl((unsigned char)line[n]) ? '?' : line[n];
		n++;
	}
	while (n < len && n > 0 && ((unsigned char)line[n] & 0xC0) == 0x80)
		n--;
	shown[n] = '\0';
	return err_set(e, ERR_SENDER,
	    "'%s' is not a public key line of type ssh-ed25519,"
	    " ecdsa-sha2-nistp256/384/521 or ssh-rsa (2048 bits or more)",
	    shown);
}

/* The next word of a line; its length, 0 at the end. */
static size_t
next_word(const char **p, const char *end)
{
	size_t n = 0;

	while (*p < end && isspace((unsigned char)**p))
		(*p)++;
	while (*p + n < end && !isspace((unsigned char)(*p)[n]))
		n++;
	return n;
}

int
sign_public_line(const char *line, size_t len, char *type, size_t size,
    struct buf *ret_blob, char *comment, size_t comment_size, struct err *e)
{
	const char *p = line;
	const char *end = line + len;
	size_t n = next_word(&p, end);

	if (n == 0 || *p == '#')
		return 0;
	snprintf(type, size, "%.*s", (int)n, p);
	p += n;
	n = next_word(&p, end);
	if (n == 0 || base64_get(p, n, ret_blob) == -1 ||
	    !blob_ok(type, ret_blob))
		return no_key(line, len, e);
	p += n;
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	snprintf(comment, comment_size, "%.*s", (int)(end - p), p);
	return 1;
}

void
sign_fingerprint(const void *blob, size_t len, char *text)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct hash *h = hash_new(HASH_SHA256);
	struct buf b;

	hash_add(h, blob, len);
	hash_end(h, digest);
	hash_free(h);
	buf_init(&b, 64);
	base64_put(&b, digest, sizeof(digest));
	/* OpenSSH shows it without padding. */
	snprintf(text, 64, "SHA256:%.43s", b.data);
	buf_done(&b);
}
