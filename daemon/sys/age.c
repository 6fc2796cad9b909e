#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys/age.h"
#include "sys/base64.h"
#include "sys/buf.h"
#include "sys/hash.h"
#include "sys/mem.h"

/* age-encryption.org/v1, with the recipients of its agessh package. */

#define INTRO    "age-encryption.org/v1\n"
#define KEY_TYPE "ssh-ed25519"
#define LABEL    "age-encryption.org/v1/ssh-ed25519"

enum {
	KEY = 32, /* bytes of X25519, HKDF, ChaCha20 and HMAC keys */
	FILE_KEY = 16,
	NONCE = 16,
	TAG = 16,
	CHUNK = 64 << 10,
	IV = 12
};

struct age {
	age_sink_fn *sink;
	void *arg;
	unsigned char key[KEY]; /* of the payload */
	uint64_t counter;
	size_t n; /* waiting in chunk */
	unsigned char chunk[CHUNK];
	unsigned char sealed[CHUNK + TAG];
};

static int
fault(struct err *e)
{
	return err_set(e, ERR_RETRY, "encryption failed");
}

/* ---- primitives ---- */

static int
hkdf(const void *secret, size_t secret_len, const void *salt, size_t salt_len,
    const char *info, unsigned char out[KEY])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	unsigned char none[1] = { 0 };
	char digest[] = "SHA256";
	char label[64];
	unsigned char key[64], from[128];
	OSSL_PARAM p[5];
	int rc;

	memcpy(key, secret, secret_len);
	memcpy(from, salt_len > 0 ? salt : none, salt_len);
	memcpy(label, info, strlen(info) + 1);
	p[0] =
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key,
	    secret_len);
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, from,
	    salt_len);
	p[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, label,
	    strlen(info));
	p[4] = OSSL_PARAM_construct_end();
	rc = ctx != NULL && EVP_KDF_derive(ctx, out, KEY, p) == 1 ? 0 : -1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

/* scalar times a point. */
static int
x25519(const unsigned char scalar[KEY], const unsigned char point[KEY],
    unsigned char out[KEY])
{
	EVP_PKEY *mine =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, KEY);
	EVP_PKEY *theirs =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, KEY);
	EVP_PKEY_CTX *ctx = mine != NULL ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
	size_t len = KEY;
	int rc = ctx != NULL && theirs != NULL &&
			 EVP_PKEY_derive_init(ctx) == 1 &&
			 EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
			 EVP_PKEY_derive(ctx, out, &len) == 1 && len == KEY
		     ? 0
		     : -1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);
	return rc;
}

/* One message with its tag behind it, under a key and a nonce. */
static int
seal(const unsigned char key[KEY], const unsigned char iv[IV], const void *p,
    size_t len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	int rc = ctx != NULL &&
			 EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL,
			     key, iv) == 1 &&
			 EVP_EncryptUpdate(ctx, out, &n, p, (int)len) == 1 &&
			 EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
			 EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
			     out + len) == 1
		     ? 0
		     : -1;

	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/*
 * A point of Ed25519 as one of X25519: u = (1 + y) / (1 - y) modulo
 * 2^255 - 19, where the key is y with the sign of x in its highest bit.
 */
static int
montgomery(const unsigned char ed[KEY], unsigned char u[KEY])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_new(), *y, *a = BN_new(), *b = BN_new();
	unsigned char plain[KEY];
	int rc = -1;

	memcpy(plain, ed, KEY);
	plain[KEY - 1] &= 0x7f;
	y = BN_lebin2bn(plain, KEY, NULL);
	if (ctx != NULL && p != NULL && y != NULL && a != NULL && b != NULL &&
	    BN_set_bit(p, 255) == 1 && BN_sub_word(p, 19) == 1 &&
	    BN_mod_add(a, y, BN_value_one(), p, ctx) == 1 &&
	    BN_mod_sub(b, BN_value_one(), y, p, ctx) == 1 &&
	    BN_mod_inverse(b, b, p, ctx) != NULL &&
	    BN_mod_mul(a, a, b, p, ctx) == 1 &&
	    BN_bn2lebinpad(a, u, KEY) == KEY)
		rc = 0;
	BN_free(b);
	BN_free(a);
	BN_free(y);
	BN_free(p);
	BN_CTX_free(ctx);
	return rc;
}

/* ---- the header ---- */

static void
put_base64(struct buf *b, const void *p, size_t len)
{
	base64_put(b, p, len);
	while (b->len > 0 && b->data[b->len - 1] == '=')
		b->data[--b->len] = '\0';
}

/* string "ssh-ed25519", string of 32 bytes. */
static const unsigned char *
point_of(const struct age_recipient *r)
{
	static const unsigned char head[] = "\0\0\0\x0b" KEY_TYPE "\0\0\0\x20";
	enum { HEAD = sizeof(head) - 1 };

	if (r->len != HEAD + KEY || memcmp(r->blob, head, HEAD) != 0)
		return NULL;
	return (const unsigned char *)r->blob + HEAD;
}

/*
 * The file key for one recipient. Besides the exchange with its point the
 * secret is tweaked by the whole key, so that it serves nothing but this.
 */
static int
wrap(const struct age_recipient *r, const unsigned char file_key[FILE_KEY],
    struct buf *b, struct err *e)
{
	static const unsigned char base[KEY] = { 9 };
	static const unsigned char iv[IV] = { 0 };
	const unsigned char *ed = point_of(r);
	unsigned char secret[KEY], shared[KEY], tweak[KEY], key[KEY];
	unsigned char salt[2 * KEY]; /* our share, their point */
	unsigned char body[FILE_KEY + TAG], print[HASH_SHA256_BYTES];
	struct hash *h;

	if (ed == NULL)
		return err_set(e, ERR_HOLD, "a recipient is no " KEY_TYPE);
	if (montgomery(ed, salt + KEY) == -1 ||
	    RAND_bytes(secret, sizeof(secret)) != 1 ||
	    x25519(secret, base, salt) == -1 ||
	    x25519(secret, salt + KEY, shared) == -1 ||
	    hkdf("", 0, r->blob, r->len, LABEL, tweak) == -1 ||
	    x25519(tweak, shared, shared) == -1 ||
	    hkdf(shared, KEY, salt, sizeof(salt), LABEL, key) == -1 ||
	    seal(key, iv, file_key, FILE_KEY, body) == -1)
		return fault(e);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(shared, sizeof(shared));
	OPENSSL_cleanse(key, sizeof(key));
	h = hash_new(HASH_SHA256);
	hash_add(h, r->blob, r->len);
	hash_end(h, print);
	hash_free(h);
	buf_addstr(b, "-> " KEY_TYPE " ");
	put_base64(b, print, 4);
	buf_addch(b, ' ');
	put_base64(b, salt, KEY);
	buf_addch(b, '\n');
	put_base64(b, body, sizeof(body));
	buf_addch(b, '\n');
	return 0;
}

/* HMAC-SHA256, which every reader checks before anything else. */
static int
authenticate(struct buf *b, const unsigned char file_key[FILE_KEY],
    struct err *e)
{
	unsigned char key[KEY], mac[KEY];
	size_t len = 0;

	buf_addstr(b, "---");
	if (hkdf(file_key, FILE_KEY, NULL, 0, "header", key) == -1 ||
	    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, KEY,
		(const unsigned char *)b->data, b->len, mac, sizeof(mac),
		&len) == NULL ||
	    len != sizeof(mac))
		return fault(e);
	buf_addch(b, ' ');
	put_base64(b, mac, sizeof(mac));
	buf_addch(b, '\n');
	return 0;
}

int
age_open(age_sink_fn *sink, void *arg, const struct age_recipient *r, size_t n,
    struct age **ret_a, struct err *e)
{
	struct age *a = xcalloc(1, sizeof(*a));
	unsigned char file_key[FILE_KEY], nonce[NONCE];
	struct buf head;
	int rc = RAND_bytes(file_key, sizeof(file_key)) == 1 &&
			 RAND_bytes(nonce, sizeof(nonce)) == 1
		     ? 0
		     : fault(e);

	a->sink = sink;
	a->arg = arg;
	buf_init(&head, 1 << 16);
	buf_addstr(&head, INTRO);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = wrap(&r[i], file_key, &head, e);
	if (rc == 0)
		rc = authenticate(&head, file_key, e);
	if (rc == 0 &&
	    hkdf(file_key, FILE_KEY, nonce, NONCE, "payload", a->key) == -1)
		rc = fault(e);
	buf_add(&head, nonce, NONCE);
	OPENSSL_cleanse(file_key, sizeof(file_key));
	if (rc == 0)
		rc = sink(arg, head.data, head.len, e);
	buf_done(&head);
	if (rc == -1) {
		age_drop(a);
		return -1;
	}
	*ret_a = a;
	return 0;
}

/* ---- the payload ---- */

/* The nonce counts the chunks and says which is the last. */
static int
flush(struct age *a, int last, struct err *e)
{
	unsigned char iv[IV] = { 0 };

	for (int i = 0; i < 8; i++)
		iv[IV - 2 - i] = (unsigned char)(a->counter >> (8 * i));
	iv[IV - 1] = (unsigned char)last;
	if (seal(a->key, iv, a->chunk, a->n, a->sealed) == -1)
		return fault(e);
	if (a->sink(a->arg, a->sealed, a->n + TAG, e) == -1)
		return -1;
	a->counter++;
	a->n = 0;
	return 0;
}

int
age_put(void *arg, const void *p, size_t len, struct err *e)
{
	struct age *a = arg;
	const unsigned char *from = p;

	while (len > 0) {
		size_t k = CHUNK - a->n < len ? CHUNK - a->n : len;

		/* A full one waits: it may be the last. */
		if (k == 0) {
			if (flush(a, 0, e) == -1)
				return -1;
			continue;
		}
		memcpy(a->chunk + a->n, from, k);
		a->n += k;
		from += k;
		len -= k;
	}
	return 0;
}

int
age_close(struct age *a, struct err *e)
{
	int rc = flush(a, 1, e);

	age_drop(a);
	return rc;
}

void
age_drop(struct age *a)
{
	if (a == NULL)
		return;
	OPENSSL_cleanse(a, sizeof(*a));
	free(a);
}
