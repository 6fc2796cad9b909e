#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "form/container_part.h"
#include "form/gbk.h"
#include "form/utf8.h"
#include "sys/err.h"

static const struct {
	const char *end;
	enum container_kind kind;
} kind_ends[] = {
	{ ".zip", CONTAINER_ZIP },
	{ ".tar", CONTAINER_TAR },
	{ ".tar.gz", CONTAINER_TAR_GZ },
	{ ".tgz", CONTAINER_TAR_GZ },
	{ ".tar.xz", CONTAINER_TAR_XZ },
	{ ".txz", CONTAINER_TAR_XZ },
	{ ".tar.zst", CONTAINER_TAR_ZST },
	{ ".tzst", CONTAINER_TAR_ZST },
	{ ".tar.bz2", CONTAINER_TAR_BZ2 },
	{ ".tbz2", CONTAINER_TAR_BZ2 },
	{ ".csv", CONTAINER_CSV },
	{ ".csv.gz", CONTAINER_CSV_GZ },
	{ ".xlsx", CONTAINER_XLSX },
};

/* The first that fits counts. */
static const struct {
	const char *end;
	enum member_kind kind;
} member_ends[] = {
	{ ".csv", MEMBER_CSV },
	{ ".csv.gz", MEMBER_CSV_GZ },
	{ ".xlsx", MEMBER_XLSX },
	{ ".sig", MEMBER_SIG },
	{ ".xls", MEMBER_WRONG },
	{ ".xlsm", MEMBER_WRONG },
	{ ".xlsb", MEMBER_WRONG },
	{ ".et", MEMBER_WRONG },
	{ ".ods", MEMBER_WRONG },
	{ ".dbf", MEMBER_WRONG },
	{ ".mdb", MEMBER_WRONG },
	{ ".accdb", MEMBER_WRONG },
	{ ".tsv", MEMBER_WRONG },
	{ ".zip", MEMBER_NESTED },
	{ ".zipx", MEMBER_NESTED },
	{ ".7z", MEMBER_NESTED },
	{ ".rar", MEMBER_NESTED },
	{ ".tar", MEMBER_NESTED },
	{ ".tgz", MEMBER_NESTED },
	{ ".txz", MEMBER_NESTED },
	{ ".tzst", MEMBER_NESTED },
	{ ".tbz2", MEMBER_NESTED },
	{ ".gz", MEMBER_NESTED },
	{ ".xz", MEMBER_NESTED },
	{ ".zst", MEMBER_NESTED },
	{ ".bz2", MEMBER_NESTED },
	{ ".lzma", MEMBER_NESTED },
	{ ".z", MEMBER_NESTED },
	{ ".lzh", MEMBER_NESTED },
	{ ".arj", MEMBER_NESTED },
	{ ".cab", MEMBER_NESTED },
	{ ".iso", MEMBER_NESTED },
	{ ".jar", MEMBER_NESTED },
};

static int
ends(const char *name, const char *end)
{
	size_t n = strlen(name);
	size_t k = strlen(end);

	return n > k && strcasecmp(name + n - k, end) == 0;
}

enum container_kind
container_kind_of(const char *name)
{
	enum container_kind found = CONTAINER_NONE;
	size_t best = 0;

	if (strcasecmp(name, "nil.json") == 0)
		return CONTAINER_JSON;
	for (size_t i = 0; i < sizeof(kind_ends) / sizeof(*kind_ends); i++) {
		size_t k = strlen(kind_ends[i].end);

		if (k > best && ends(name, kind_ends[i].end)) {
			found = kind_ends[i].kind;
			best = k;
		}
	}
	return found;
}

int
container_kind_refuse(const char *name, struct err *e)
{
	const char *dot = strrchr(name, '.');

	if (dot != NULL && container_member_kind(name) == MEMBER_WRONG)
		return err_say(e, ERR_SENDER, "name_table", name, dot, NULL);
	return err_say(e, ERR_SENDER, "name_kind", name, NULL);
}

const char *
container_kind_name(enum container_kind kind)
{
	static const char *const name[] = { "?", "ZIP", "TAR", "TAR.GZ",
		"TAR.XZ", "TAR.ZST", "TAR.BZ2", "CSV", "CSV.GZ", "XLSX",
		"JSON" };

	return name[kind];
}

/* Left by macOS, Windows, Office and version control. */
static int
junk(const char *path, const char *base)
{
	return strncmp(path, "__MACOSX/", 9) == 0 ||
	       strstr(path, "/__MACOSX/") != NULL ||
	       strcasecmp(base, "Thumbs.db") == 0 ||
	       strcasecmp(base, "desktop.ini") == 0 || base[0] == '.' ||
	       strncmp(base, "~$", 2) == 0;
}

enum member_kind
container_member_kind(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;

	if (base[0] == '\0')
		return MEMBER_DIR;
	if (junk(path, base))
		return MEMBER_JUNK;
	if (strcasecmp(base, "datapackage.json") == 0 ||
	    strcasecmp(base, "nil.json") == 0)
		return MEMBER_JSON;
	for (size_t i = 0; i < sizeof(member_ends) / sizeof(*member_ends); i++)
		if (ends(base, member_ends[i].end))
			return member_ends[i].kind;
	return MEMBER_OTHER;
}

/*
 * Valid, and not only made of two-byte sequences: those are far more often
 * pairs of GBK characters than Latin letters with accents.
 */
static int
is_utf8(const char *s, size_t len)
{
	size_t two = 0;
	size_t more = 0;

	while (len > 0) {
		uint32_t cp;
		size_t k = utf8_get(s, len, &cp);

		if (cp == UTF8_STRAY || cp > 0x10FFFF ||
		    (cp >= 0xD800 && cp < 0xE000) || (k == 3 && cp < 0x800) ||
		    (k == 4 && cp < 0x10000))
			return 0;
		two += k == 2;
		more += k > 2;
		s += k;
		len -= k;
	}
	return two == 0 || more > 0;
}

/* One GB18030 character; stands as %XX where there is no table for it. */
static size_t
gbk_get(const uint8_t *p, size_t len, char *out, size_t *ret_put)
{
	uint32_t cp = 0;
	size_t k = 1;

	if (len >= 4 && p[1] >= 0x30 && p[1] <= 0x39) {
		cp = gbk_four(p);
		k = 4;
	} else if (len >= 2 && p[1] >= 0x40) {
		cp = gbk_two(p[0], p[1]);
		k = 2;
	}
	if (cp != 0) {
		*ret_put = utf8_put(out, cp);
		return k;
	}
	*ret_put = 0;
	for (size_t i = 0; i < k; i++)
		*ret_put += (size_t)snprintf(out + *ret_put, 4, "%%%02X", p[i]);
	return k;
}

int
container_name(const char *raw, size_t len, int utf8, char *buf, size_t size)
{
	size_t used = 0;

	if (memchr(raw, '\0', len) != NULL)
		return -1;
	if (is_utf8(raw, len) || (utf8 && len < size)) {
		if (len >= size)
			return -1;
		memcpy(buf, raw, len);
		buf[len] = '\0';
		return 0;
	}
	for (size_t i = 0; i < len;) {
		char one[16];
		size_t put = 1;

		if ((uint8_t)raw[i] < 0x80)
			one[0] = raw[i++];
		else
			i += gbk_get((const uint8_t *)raw + i, len - i, one,
			    &put);
		if (used + put >= size)
			return -1;
		memcpy(buf + used, one, put);
		used += put;
	}
	buf[used] = '\0';
	return 0;
}

int
container_path_check(const char *path, const struct container_limits *l,
    struct err *e)
{
	size_t len = strlen(path);
	const char *p = path;

	if (len > l->path)
		return err_say(e, ERR_SENDER, "member_path_long", path, NULL);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
			return err_say(e, ERR_SENDER, "member_path", path,
			    NULL);
	if (len == 0 || path[0] == '/' || strchr(path, '\\') != NULL ||
	    (path[1] == ':' && path[0] > 0))
		return err_say(e, ERR_SENDER, "member_path", path, NULL);
	for (;;) {
		size_t k = strcspn(p, "/");

		if (k == 2 && p[0] == '.' && p[1] == '.')
			return err_say(e, ERR_SENDER, "member_path", path,
			    NULL);
		if (p[k] == '\0')
			return 0;
		p += k + 1;
	}
}

int
container_total_check(uint64_t unpacked, uint64_t packed,
    const struct container_limits *l, struct err *e)
{
	char have[24];
	char most[24];

	if (unpacked > l->unpacked) {
		snprintf(have, sizeof(have), "%llu",
		    (unsigned long long)(unpacked >> 20));
		snprintf(most, sizeof(most), "%llu",
		    (unsigned long long)(l->unpacked >> 20));
		return err_say(e, ERR_SENDER, "unpacked_size", have, most,
		    NULL);
	}
	if (unpacked > CONTAINER_SMALL && unpacked / l->ratio > packed) {
		snprintf(most, sizeof(most), "%llu",
		    (unsigned long long)l->ratio);
		return err_say(e, ERR_SENDER, "unpacked_ratio", most, NULL);
	}
	return 0;
}
