#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "sys/base64.h"
#include "sys/mem.h"

void
base64_put(struct buf *out, const void *p, size_t len)
{
	size_t n = (len + 2) / 3 * 4;
	char *to = buf_reserve(out, n);

	if (to == NULL)
		return;
	/* It ends with a NUL, for which there is room. */
	(void)EVP_EncodeBlock((unsigned char *)to, p, (int)len);
	out->len += n;
}

int
base64_get(const char *text, size_t len, struct buf *out)
{
	char *packed = xmalloc(len + 1);
	unsigned char *raw = xmalloc(len + 4);
	size_t n = 0;
	int got = -1;

	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char)text[i]))
			packed[n++] = text[i];
	packed[n] = '\0';
	if (n > 0 && n % 4 == 0)
		got = EVP_DecodeBlock(raw, (unsigned char *)packed, (int)n);
	if (got > 0 && packed[n - 1] == '=')
		got -= packed[n - 2] == '=' ? 2 : 1;
	if (got > 0)
		buf_add(out, raw, (size_t)got);
	free(packed);
	free(raw);
	return got > 0 ? 0 : -1;
}
