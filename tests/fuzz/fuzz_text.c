#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "form/decode.h"
#include "form/name.h"
#include "form/text.h"
#include "sys/buf.h"
#include "sys/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes in pieces of the given size into what is never over the ceiling. */
static void
decode(const uint8_t *s, size_t len, enum encoding enc, size_t step,
    struct buf *out)
{
	struct decoder d;

	decoder_init(&d, enc);
	for (size_t i = 0; i < len; i += step)
		decoder_feed(&d, s + i, len - i < step ? len - i : step, 0,
		    out);
	decoder_feed(&d, NULL, 0, 1, out);
	decoder_done(&d);
}

/* Folding twice is folding once, and nothing is written behind the end. */
static void
fold(size_t (*f)(const char *, size_t, char *, size_t), const char *s,
    size_t len, size_t size)
{
	char *once = malloc(size), *twice = malloc(size);
	size_t n = f(s, len, once, size);

	if (n >= size || once[n] != '\0')
		abort();
	if (f(once, n, twice, size) > n && f != text_name_fold)
		abort();
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct name_keys keys;
	static int ready;
	struct buf whole, pieces;
	struct err e;
	enum encoding enc;

	if (size < 2 || size > 8192)
		return 0;
	if (!ready && decoder_prepare(&e) == -1)
		abort();
	ready = 1;
	enc = data[0] % 6 == 5 ? encoding_detect(data + 2, size - 2, 1)
			       : (enum encoding)(data[0] % 6);
	buf_init(&whole, 1 << 20);
	buf_init(&pieces, 1 << 20);
	decode(data + 2, size - 2, enc, size, &whole);
	decode(data + 2, size - 2, enc, data[1] % 16 + 1u, &pieces);
	if (whole.len != pieces.len ||
	    (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	if (encoding_detect((const uint8_t *)whole.data, whole.len, 1) ==
	    ENCODING_GB18030)
		abort(); /* what comes out is UTF-8 */
	if (whole.len > 0) {
		fold(text_fold, whole.data, whole.len, whole.len + 1);
		fold(text_code_fold, whole.data, whole.len, data[1] + 1u);
		fold(text_name_fold, whole.data, whole.len, data[1] + 1u);
		text_is_null(whole.data, whole.len);
		text_is_sheet_error(whole.data, whole.len);
		text_is_scientific(whole.data, whole.len);
		text_is_dirty(whole.data, whole.len);
		text_is_dirty((const char *)data, size);
		text_is_lossy((const char *)data, size);
		fold(text_fold, (const char *)data, size, size + 1);
		name_keys(whole.data, whole.len, &keys);
		name_keys((const char *)data, size, &keys);
	}
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
