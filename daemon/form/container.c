#include <string.h>
#include <strings.h>

#include "form/container.h"
#include "form/container_part.h"
#include "sys/err.h"

const struct container_limits container_limits_default = { 10000, 512,
	UINT64_C(4) << 30, 400 };

enum { HEAD = 4096, JSON_BYTES = 65536 };

int
container_get(const struct container_reader *r, void *buf, size_t len,
    uint64_t off, struct err *e)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = r->read_at(r->arg, (char *)buf + have, len - have,
		    off + have);

		if (n < 0)
			return err_errno(e, ERR_RETRY, "cannot read the file");
		if (n == 0)
			return err_set(e, ERR_RETRY,
			    "the file became shorter while it was read");
		have += (size_t)n;
	}
	return 0;
}

static const struct {
	const char *name;
	size_t off;
	const char *magic;
	size_t len;
} magics[] = {
	{ "ZIP", 0, "PK\3\4", 4 },
	{ "ZIP", 0, "PK\5\6", 4 },
	{ "ZIP", 0, "PK\7\10", 4 },
	{ "ZIP", 0, "PK00PK", 6 },
	{ "RAR", 0, "Rar!\32\7", 6 },
	{ "7z", 0, "7z\274\257\47\34", 6 },
	{ "GZ", 0, "\37\213", 2 },
	{ "XZ", 0, "\3757zXZ\0", 6 },
	{ "ZST", 0, "\50\265\57\375", 4 },
	{ "BZ2", 0, "BZh", 3 },
	{ "TAR", 257, "ustar", 5 },
	{ "XLS", 0, "\320\317\21\340\241\261\32\341", 8 },
	{ "PDF", 0, "%PDF-", 5 },
	{ "RTF", 0, "{\\rtf", 5 },
	{ "EXE", 0, "MZ\220\0", 4 },
	{ "ELF", 0, "\177ELF", 4 },
	{ "PNG", 0, "\211PNG", 4 },
	{ "JPEG", 0, "\377\330\377", 3 },
	{ "GIF", 0, "GIF8", 4 },
	{ "CAB", 0, "MSCF\0", 5 },
	{ "SQLite", 0, "SQLite format 3", 15 },
};

/* Tags that open an error page, or a table saved under a false name. */
static const char *
looks_markup(const uint8_t *p, size_t len)
{
	static const char *const tag[] = { "<!doctype html", "<html", "<head",
		"<body", "<table", "<script", "<meta", "<!--" };
	size_t i = len >= 3 && memcmp(p, "\357\273\277", 3) == 0 ? 3 : 0;

	while (i < len && strchr(" \t\r\n", p[i]) != NULL && p[i] != '\0')
		i++;
	for (size_t k = 0; k < sizeof(tag) / sizeof(*tag); k++) {
		size_t n = strlen(tag[k]);

		if (len - i >= n &&
		    strncasecmp((const char *)p + i, tag[k], n) == 0)
			return "HTML";
	}
	if (len - i >= 5 && memcmp(p + i, "<?xml", 5) == 0)
		return "XML";
	return NULL;
}

const char *
container_looks(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (len >= magics[i].off + magics[i].len &&
		    memcmp(p + magics[i].off, magics[i].magic, magics[i].len) ==
			0)
			return magics[i].name;
	return looks_markup(p, len);
}

static const char *
expected(enum container_kind kind)
{
	switch (kind) {
	case CONTAINER_ZIP:
	case CONTAINER_XLSX:
		return "ZIP";
	case CONTAINER_TAR_GZ:
	case CONTAINER_CSV_GZ:
		return "GZ";
	case CONTAINER_TAR_XZ:
		return "XZ";
	case CONTAINER_TAR_ZST:
		return "ZST";
	case CONTAINER_TAR_BZ2:
		return "BZ2";
	case CONTAINER_TAR:
		return "TAR";
	case CONTAINER_CSV:
	case CONTAINER_JSON:
	case CONTAINER_NONE:
		break;
	}
	return NULL;
}

static int
all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return 0;
	return 1;
}

/* Is it, by its first bytes, what its name says? */
static int
check_head(enum container_kind kind, const uint8_t *head, size_t len,
    struct err *e)
{
	const char *looks = container_looks(head, len);
	const char *want = expected(kind);
	const char *name = container_kind_name(kind);

	if (all_zero(head, len))
		return err_say(e, ERR_SENDER, "container_zeros", NULL);
	if (looks != NULL && strcmp(looks, "XLS") == 0 &&
	    (kind == CONTAINER_XLSX || kind == CONTAINER_CSV))
		return err_say(e, ERR_SENDER, "container_xls", name, NULL);
	if (want != NULL && (looks == NULL || strcmp(looks, want) != 0)) {
		/* A tar from before POSIX has no mark: its checksum tells. */
		if (looks == NULL && kind == CONTAINER_TAR)
			return 0;
		if (looks == NULL)
			return err_say(e, ERR_SENDER, "container_unknown", name,
			    NULL);
	}
	if (looks != NULL && (want == NULL || strcmp(looks, want) != 0))
		return err_say(e, ERR_SENDER, "container_other", name, looks,
		    NULL);
	return 0;
}

static int
check_csv(const uint8_t *head, size_t len, struct err *e)
{
	size_t nul = 0;

	if (len >= 2 && ((head[0] == 0xff && head[1] == 0xfe) ||
			    (head[0] == 0xfe && head[1] == 0xff)))
		return 0;
	for (size_t i = 0; i < len; i++)
		nul += head[i] == 0;
	/* A stray NUL spoils a row; a binary file is full of them. */
	if (nul > len / 16)
		return err_say(e, ERR_SENDER, "container_unknown", "CSV", NULL);
	return 0;
}

static int
check_json(const struct container_reader *r, const uint8_t *head, size_t len,
    struct err *e)
{
	size_t i = len >= 3 && memcmp(head, "\357\273\277", 3) == 0 ? 3 : 0;

	while (i < len && strchr(" \t\r\n", head[i]) != NULL && head[i] != 0)
		i++;
	if (r->size > JSON_BYTES || i == len || head[i] != '{')
		return err_say(e, ERR_SENDER, "container_unknown", "JSON",
		    NULL);
	return 0;
}

static int
has(const struct zip_list *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (strcasecmp(z->member[i].name, name) == 0)
			return 1;
	return 0;
}

static int
check_zip(enum container_kind kind, const struct container_reader *r,
    const struct container_limits *l, struct err *e)
{
	struct zip_list z = { NULL, 0, NULL };
	size_t data = 0;
	int rc = -1;

	if (container_zip_list(r, l, kind == CONTAINER_ZIP, &z, e) == -1)
		return -1;
	for (size_t i = 0; i < z.n; i++)
		data += z.member[i].kind <= MEMBER_JSON;
	if (kind == CONTAINER_ZIP && data == 0)
		err_say(e, ERR_SENDER, "container_no_data", NULL);
	else if (kind == CONTAINER_XLSX && !has(&z, "[Content_Types].xml"))
		err_say(e, ERR_SENDER, "container_other", "XLSX", "ZIP", NULL);
	else
		rc = 0;
	container_zip_free(&z);
	return rc;
}

int
container_check(enum container_kind kind, const struct container_reader *r,
    const struct container_limits *l, struct err *e)
{
	uint8_t head[HEAD];
	size_t len = r->size < HEAD ? (size_t)r->size : HEAD;

	if (r->size == 0)
		return err_say(e, ERR_SENDER, "container_empty", NULL);
	if (container_get(r, head, len, 0, e) == -1 ||
	    check_head(kind, head, len, e) == -1)
		return -1;
	switch (kind) {
	case CONTAINER_ZIP:
	case CONTAINER_XLSX:
		return check_zip(kind, r, l, e);
	case CONTAINER_TAR:
		return container_tar_check(r, l, e);
	case CONTAINER_TAR_GZ:
		return container_gz_check(r, 1, l, e);
	case CONTAINER_CSV_GZ:
		return container_gz_check(r, 0, l, e);
	case CONTAINER_TAR_XZ:
		return container_xz_check(r, l, e);
	case CONTAINER_TAR_ZST:
		return container_zst_check(r, e);
	case CONTAINER_TAR_BZ2:
		return container_bz2_check(r, e);
	case CONTAINER_CSV:
		return check_csv(head, len, e);
	case CONTAINER_JSON:
		return check_json(r, head, len, e);
	case CONTAINER_NONE:
		break;
	}
	return err_say(e, ERR_SENDER, "name_kind", "?", NULL);
}
