#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "grant/sharing.h"

static const char *const form_name[] = { [GRANT_NONE] = "none",
	[GRANT_COUNT] = "count",
	[GRANT_YES_NO] = "yes-no",
	[GRANT_LATEST] = "latest",
	[GRANT_ROWS] = "rows" };

const char *
grant_form_name(enum grant_form f)
{
	return form_name[f];
}

int
grant_form_find(const char *name)
{
	for (int f = GRANT_COUNT; f <= GRANT_ROWS; f++)
		if (strcmp(form_name[f], name) == 0)
			return f;
	return -1;
}

const char *
sharing_class_name(enum sharing_class c)
{
	static const char *const name[] = { [SHARING_OPEN] = "无条件共享",
		[SHARING_CONDITIONAL] = "有条件共享",
		[SHARING_NEVER] = "不予共享" };

	return name[c];
}

const struct sharing_dataset *
sharing_find(const struct sharing *h, const char *dataset)
{
	size_t low = 0, high = h->ndatasets;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = strcmp(h->dataset[mid].dataset, dataset);

		if (d == 0)
			return &h->dataset[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct sharing_purpose *
sharing_purpose(const struct sharing *h, const char *code)
{
	for (size_t i = 0; i < h->npurposes; i++)
		if (strcmp(h->purpose[i].code, code) == 0)
			return &h->purpose[i];
	return NULL;
}

enum mask_kind
sharing_mask(const struct sharing *h, const char *field)
{
	for (size_t i = 0; i < h->nmasks; i++)
		if (strcmp(h->mask[i].field, field) == 0)
			return h->mask[i].kind;
	return MASK_WHOLE;
}

/* --- masks -------------------------------------------------------------- */

/* All but the first and last characters; ASCII, long enough for it. */
static int
hide_middle(const char *value, size_t head, size_t tail, size_t least,
    char *out, size_t size)
{
	size_t len = strlen(value);

	if (len < least || len >= size)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)value[i]) && value[i] != '-')
			return 0;
		out[i] = i < head || i >= len - tail ? value[i] : '*';
	}
	out[len] = '\0';
	return 1;
}

/* The first character and, whatever the length, two stars. */
static int
hide_name(const char *value, char *out, size_t size)
{
	size_t n = 1;

	while (((unsigned char)value[n] & 0xc0) == 0x80)
		n++;
	if (value[n] == '\0' || n + 3 > size)
		return 0;
	memcpy(out, value, n);
	memcpy(out + n, "**", 3);
	return 1;
}

void
sharing_hide(enum mask_kind kind, const char *value, char *out, size_t size)
{
	int done = 0;

	if (value[0] == '\0') {
		out[0] = '\0';
		return;
	}
	switch (kind) {
	case MASK_WHOLE:
		break;
	case MASK_ID:
		done = hide_middle(value, 6, 4, 15, out, size);
		break;
	case MASK_PHONE:
		done = hide_middle(value, 3, 4, 11, out, size);
		break;
	case MASK_NAME:
		done = hide_name(value, out, size);
		break;
	}
	if (!done)
		snprintf(out, size, "***");
}
