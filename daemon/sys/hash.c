#include <openssl/evp.h>
#include <stdlib.h>

#include "sys/hash.h"
#include "sys/log.h"
#include "sys/mem.h"

struct hash {
	EVP_MD_CTX *ctx;
	const EVP_MD *md;
};

/* Fetched once: libcrypto looks for it in its providers every time else. */
static const EVP_MD *
digest_of(enum hash_kind kind)
{
	static EVP_MD *md[2];
	size_t i = kind == HASH_SHA256 ? 0 : 1;

	if (md[i] == NULL)
		md[i] = EVP_MD_fetch(NULL, i == 0 ? "SHA256" : "SHA512", NULL);
	if (md[i] == NULL)
		log_fatal("no digest");
	return md[i];
}

struct hash *
hash_new(enum hash_kind kind)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->md = digest_of(kind);
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx == NULL || EVP_DigestInit_ex(h->ctx, h->md, NULL) != 1)
		log_fatal("no digest");
	return h;
}

void
hash_add(struct hash *h, const void *p, size_t len)
{
	if (EVP_DigestUpdate(h->ctx, p, len) != 1)
		log_fatal("digest failed");
}

void
hash_end(struct hash *h, unsigned char *digest)
{
	if (EVP_DigestFinal_ex(h->ctx, digest, NULL) != 1 ||
	    EVP_DigestInit_ex(h->ctx, h->md, NULL) != 1)
		log_fatal("digest failed");
}

void
hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void
hash_hex(const unsigned char *digest, size_t len, char *hex)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digit[digest[i] >> 4];
		hex[2 * i + 1] = digit[digest[i] & 15];
	}
	hex[2 * len] = '\0';
}

void
hash_sha256_hex(const void *p, size_t len, char *hex)
{
	unsigned char digest[HASH_SHA256_BYTES];

	if (EVP_Digest(p, len, digest, NULL, digest_of(HASH_SHA256), NULL) != 1)
		log_fatal("digest failed");
	hash_hex(digest, sizeof(digest), hex);
}

void
hash_sha512(const void *p, size_t len, unsigned char *digest)
{
	if (EVP_Digest(p, len, digest, NULL, digest_of(HASH_SHA512), NULL) != 1)
		log_fatal("digest failed");
}
