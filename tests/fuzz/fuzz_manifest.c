#include <stdint.h>

#include "form/manifest.h"
#include "sys/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct manifest m;
	struct manifest_nil n;
	struct err e;

	if (manifest_parse(text, size, &m, &e) == 0)
		manifest_done(&m);
	if (manifest_nil_parse(text, size, &n, &e) == 0)
		manifest_nil_done(&n);
	return 0;
}
