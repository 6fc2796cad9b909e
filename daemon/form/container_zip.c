#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "form/container_part.h"
#include "sys/err.h"
#include "sys/mem.h"

/*
 * A zip can be read by its central directory or by its local headers, and an
 * attacker lives off the difference. Here both must tell the same: every
 * member of the directory has its local header, none lies over another, and
 * no local header stands between them that the directory does not know.
 */

enum {
	EOCD_SIZE = 22,
	LOCATOR_SIZE = 20,
	EOCD64_SIZE = 56,
	CENTRAL_SIZE = 46,
	LOCAL_SIZE = 30,
	/* libarchive looks for the end of the directory no further back. */
	COMMENT_MAX = 16000,
	DESCRIPTOR_MAX = 24,
	GAP_MAX = 65536,
	DIRECTORY_MAX = 32 << 20
};

enum zip_flag {
	FLAG_ENCRYPTED = 1 << 0,
	FLAG_DESCRIPTOR = 1 << 3,
	FLAG_PATCH = 1 << 5,
	FLAG_STRONG = 1 << 6,
	FLAG_UTF8 = 1 << 11,
	FLAG_MASKED = 1 << 13
};

struct directory {
	uint64_t off;
	uint64_t size;
	uint64_t n;
	uint64_t end; /* where the records that close the file begin */
};

static int
damaged(struct err *e)
{
	return err_say(e, ERR_SENDER, "zip_damaged", NULL);
}

static int
sig(const uint8_t *p, const char *s)
{
	return memcmp(p, s, 4) == 0;
}

/* Finds the record that ends the file, whose comment reaches the last byte. */
static int
find_end(const struct container_reader *r, uint8_t *ret_eocd, uint64_t *ret_off,
    struct err *e)
{
	uint8_t *tail = NULL;
	size_t len = r->size < COMMENT_MAX ? (size_t)r->size : COMMENT_MAX;
	int seen = 0;
	int rc = -1;

	tail = xmalloc(len);
	if (container_get(r, tail, len, r->size - len, e) == -1)
		goto out;
	for (size_t i = len < EOCD_SIZE ? 0 : len - EOCD_SIZE + 1; i-- > 0;) {
		size_t all;

		if (!sig(tail + i, "PK\5\6"))
			continue;
		all = (size_t)EOCD_SIZE + le16(tail + i + 20);
		/* A second one further in makes the end a matter of taste. */
		if (seen++ > 0 || i + all != len)
			break;
		memcpy(ret_eocd, tail + i, EOCD_SIZE);
		*ret_off = r->size - len + i;
		rc = 0;
		goto out;
	}
	if (seen > 0)
		damaged(e);
	else
		err_say(e, ERR_SENDER, "zip_truncated", NULL);
out:
	free(tail);
	return rc;
}

/* The larger record that stands before the end of a large or streamed zip. */
static int
read_end64(const struct container_reader *r, uint64_t off, struct directory *d,
    struct err *e)
{
	uint8_t loc[LOCATOR_SIZE];
	uint8_t rec[EOCD64_SIZE];
	uint64_t at;

	if (off < LOCATOR_SIZE)
		return 0;
	if (container_get(r, loc, sizeof(loc), off - sizeof(loc), e) == -1)
		return -1;
	if (!sig(loc, "PK\6\7"))
		return 0;
	at = le64(loc + 8);
	if (le32(loc + 4) != 0 || le32(loc + 16) > 1)
		return err_say(e, ERR_SENDER, "zip_split", NULL);
	if (at > off || off - at < LOCATOR_SIZE + EOCD64_SIZE)
		return damaged(e);
	if (container_get(r, rec, sizeof(rec), at, e) == -1)
		return -1;
	if (!sig(rec, "PK\6\6") ||
	    le64(rec + 4) != off - at - LOCATOR_SIZE - 12)
		return damaged(e);
	d->n = le64(rec + 32);
	d->size = le64(rec + 40);
	d->off = le64(rec + 48);
	d->end = at;
	return 0;
}

static int
read_end(const struct container_reader *r, const struct container_limits *l,
    struct directory *d, struct err *e)
{
	uint8_t p[EOCD_SIZE];
	uint64_t off;

	if (find_end(r, p, &off, e) == -1)
		return -1;
	if (le16(p + 4) != le16(p + 6) || le16(p + 8) != le16(p + 10) ||
	    (le16(p + 4) != 0 && le16(p + 4) != 0xffff))
		return err_say(e, ERR_SENDER, "zip_split", NULL);
	d->n = le16(p + 10);
	d->size = le32(p + 12);
	d->off = le32(p + 16);
	d->end = off;
	if (read_end64(r, off, d, e) == -1)
		return -1;
	if (d->n == 0)
		return err_say(e, ERR_SENDER, "container_no_data", NULL);
	if (d->n > l->members)
		return err_say(e, ERR_SENDER, "container_members", NULL);
	if (d->size > DIRECTORY_MAX || d->off > d->end ||
	    d->size != d->end - d->off)
		return damaged(e);
	return 0;
}

/* Sizes and offset from the zip64 extra field, where 32 bits were too few. */
static int
extra_zip64(const uint8_t *x, size_t len, struct zip_member *m)
{
	uint64_t *const field[] = { &m->usize, &m->csize, &m->offset };

	for (size_t i = 0; i < 3; i++) {
		if (*field[i] != 0xffffffffu)
			continue;
		if (len < 8)
			return -1;
		*field[i] = le64(x);
		x += 8;
		len -= 8;
	}
	return 0;
}

/*
 * Walks the extra fields. A name in Unicode (0x7075) counts as long as it
 * belongs to the name beside it.
 */
static int
read_extra(const uint8_t *x, size_t len, struct zip_member *m, int *utf8)
{
	const char *name = m->raw;
	size_t name_len = m->raw_len;
	int wide = 0;

	while (len >= 4) {
		uint16_t id = le16(x);
		size_t n = le16(x + 2);

		x += 4;
		len -= 4;
		/* Some writers pad; what is cut off says nothing. */
		if (n > len)
			break;
		if (id == 1 && wide++ == 0 && extra_zip64(x, n, m) == -1)
			return -1;
		if (id == 0x7075 && n > 5 && x[0] == 1 &&
		    le32(x + 1) == container_crc32(0, name, name_len)) {
			m->raw = (const char *)x + 5;
			m->raw_len = n - 5;
			*utf8 = 1;
		}
		x += n;
		len -= n;
	}
	if (wide == 0 && (m->usize == 0xffffffffu || m->csize == 0xffffffffu ||
			     m->offset == 0xffffffffu))
		return -1;
	return 0;
}

/* What libarchive of Debian 12 unpacks. */
static const struct {
	uint16_t method;
	const char *name;
	int taken;
} methods[] = {
	{ 0, "Store", 1 },
	{ 8, "Deflate", 1 },
	{ 9, "Deflate64", 0 },
	{ 12, "BZip2", 1 },
	{ 14, "LZMA", 1 },
	{ 93, "Zstandard", 0 },
	{ 95, "XZ", 1 },
	{ 98, "PPMd", 1 },
};

static int
check_method(const struct zip_member *m, struct err *e)
{
	const char *name = "?";

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (methods[i].method == m->method) {
			if (methods[i].taken)
				return 0;
			name = methods[i].name;
		}
	return err_say(e, ERR_SENDER, "zip_method", m->name, name, NULL);
}

static int
check_member(const struct zip_member *m, const uint8_t *central, int nested,
    const struct container_limits *l, struct err *e)
{
	mode_t type = (mode_t)(le32(central + 38) >> 16) & S_IFMT;
	int host = central[5];

	if ((m->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) != 0 ||
	    m->method == 99)
		return err_say(e, ERR_SENDER, "zip_encrypted", m->name, NULL);
	if ((m->flags & FLAG_PATCH) != 0)
		return damaged(e);
	if (nested && container_path_check(m->name, l, e) == -1)
		return -1;
	if ((host == 3 || host == 19) && type != 0 && type != S_IFREG &&
	    type != S_IFDIR)
		return err_say(e, ERR_SENDER, "member_special", m->name, NULL);
	if (nested && m->kind == MEMBER_NESTED)
		return err_say(e, ERR_SENDER, "member_nested", m->name, NULL);
	if (m->kind == MEMBER_DIR && m->usize != 0)
		return damaged(e);
	if (m->method == 0 && m->csize != m->usize)
		return damaged(e);
	return check_method(m, e);
}

/* One record of the directory. Returns its length, or 0. */
static size_t
read_central(const uint8_t *p, size_t len, int nested,
    const struct container_limits *l, struct zip_member *m, struct err *e)
{
	char name[1024];
	size_t all;
	int utf8;

	if (len < CENTRAL_SIZE || !sig(p, "PK\1\2"))
		return damaged(e), (size_t)0;
	m->flags = le16(p + 8);
	m->method = le16(p + 10);
	m->crc = le32(p + 16);
	m->csize = le32(p + 20);
	m->usize = le32(p + 24);
	m->offset = le32(p + 42);
	m->raw_len = le16(p + 28);
	m->raw = (const char *)p + CENTRAL_SIZE;
	all = CENTRAL_SIZE + m->raw_len + le16(p + 30) + le16(p + 32);
	utf8 = (m->flags & FLAG_UTF8) != 0;
	if (all > len || read_extra(p + CENTRAL_SIZE + m->raw_len, le16(p + 30),
			     m, &utf8) == -1)
		return damaged(e), (size_t)0;
	if (container_name(m->raw, m->raw_len, utf8, name, sizeof(name)) ==
	    -1) {
		err_say(e, ERR_SENDER, "member_path_long", "?", NULL);
		return 0;
	}
	m->name = xstrdup(name);
	m->kind = container_member_kind(name);
	m->raw = (const char *)p + CENTRAL_SIZE;
	m->raw_len = le16(p + 28);
	return check_member(m, p, nested, l, e) == -1 ? 0 : all;
}

static int
by_offset(const void *a, const void *b)
{
	const struct zip_member *x = a;
	const struct zip_member *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int
by_name(const void *a, const void *b)
{
	const struct zip_member *const *x = a;
	const struct zip_member *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
check_twice(const struct zip_list *z, struct err *e)
{
	const struct zip_member **by = xreallocarray(NULL, z->n, sizeof(*by));
	int rc = 0;

	for (size_t i = 0; i < z->n; i++)
		by[i] = &z->member[i];
	qsort(by, z->n, sizeof(*by), by_name);
	for (size_t i = 1; i < z->n && rc == 0; i++)
		if (strcmp(by[i - 1]->name, by[i]->name) == 0)
			rc = err_say(e, ERR_SENDER, "member_twice", by[i]->name,
			    NULL);
	free(by);
	return rc;
}

/* Bytes between members: a few are padding, a header in them is a secret. */
static int
check_gap(const struct container_reader *r, uint64_t from, uint64_t to,
    int descriptor, struct err *e)
{
	uint8_t *gap;
	int rc;

	if (to == from || (descriptor && to - from <= DESCRIPTOR_MAX))
		return 0;
	if (to - from > GAP_MAX)
		return err_say(e, ERR_SENDER, "zip_hidden", NULL);
	gap = xmalloc((size_t)(to - from));
	rc = container_get(r, gap, (size_t)(to - from), from, e);
	if (rc == 0 && memmem(gap, (size_t)(to - from), "PK\3\4", 4) != NULL)
		rc = err_say(e, ERR_SENDER, "zip_hidden", NULL);
	free(gap);
	return rc;
}

/* The header in front of the data must say what the directory says. */
static int
check_local(const struct container_reader *r, const struct zip_member *m,
    uint64_t end, uint64_t *ret_end, int *ret_descriptor, struct err *e)
{
	uint8_t p[LOCAL_SIZE + 65535];
	size_t name_len;
	uint64_t data;

	if (end < LOCAL_SIZE || m->offset > end - LOCAL_SIZE)
		return damaged(e);
	/* Names are short: header and name come with one read. */
	if (m->raw_len > end - m->offset - LOCAL_SIZE)
		return damaged(e);
	if (container_get(r, p, LOCAL_SIZE + m->raw_len, m->offset, e) == -1)
		return -1;
	name_len = le16(p + 26);
	data = m->offset + LOCAL_SIZE + name_len + le16(p + 28);
	if (!sig(p, "PK\3\4"))
		return damaged(e);
	if (name_len != m->raw_len ||
	    memcmp(p + LOCAL_SIZE, m->raw, name_len) != 0 ||
	    le16(p + 8) != m->method ||
	    ((le16(p + 6) ^ m->flags) & FLAG_ENCRYPTED) != 0)
		return err_say(e, ERR_SENDER, "zip_disagree", m->name, NULL);
	*ret_descriptor = (le16(p + 6) & FLAG_DESCRIPTOR) != 0;
	if (!*ret_descriptor &&
	    (le32(p + 14) != m->crc ||
		(le32(p + 18) != 0xffffffffu && le32(p + 18) != m->csize) ||
		(le32(p + 22) != 0xffffffffu && le32(p + 22) != m->usize)))
		return err_say(e, ERR_SENDER, "zip_disagree", m->name, NULL);
	if (data > end || m->csize > end - data)
		return damaged(e);
	*ret_end = data + m->csize;
	return 0;
}

static int
check_locals(const struct container_reader *r, const struct zip_list *z,
    uint64_t directory, struct err *e)
{
	uint64_t end = 0;
	int descriptor = 0;

	for (size_t i = 0; i < z->n; i++) {
		const struct zip_member *m = &z->member[i];

		if (m->offset < end)
			return err_say(e, ERR_SENDER, "zip_overlap", m->name,
			    NULL);
		if (m->offset > directory)
			return damaged(e);
		if (check_gap(r, end, m->offset, descriptor, e) == -1 ||
		    check_local(r, m, directory, &end, &descriptor, e) == -1)
			return -1;
	}
	return check_gap(r, end, directory, descriptor, e);
}

static int
check_total(const struct container_reader *r, const struct zip_list *z,
    const struct container_limits *l, struct err *e)
{
	uint64_t total = 0;

	for (size_t i = 0; i < z->n; i++) {
		uint64_t more = z->member[i].usize;

		total = more > UINT64_MAX - total ? UINT64_MAX : total + more;
	}
	return container_total_check(total, r->size, l, e);
}

int
container_zip_list(const struct container_reader *r,
    const struct container_limits *l, int nested, struct zip_list *ret_z,
    struct err *e)
{
	struct zip_list z = { NULL, 0, NULL };
	struct directory d = { 0, 0, 0, 0 };
	uint64_t at = 0;
	int rc = -1;

	if (read_end(r, l, &d, e) == -1)
		goto out;
	z.directory = xmalloc((size_t)d.size + 1);
	z.member = xcalloc((size_t)d.n, sizeof(*z.member));
	if (container_get(r, z.directory, (size_t)d.size, d.off, e) == -1)
		goto out;
	while (z.n < d.n) {
		size_t len = read_central(z.directory + at,
		    (size_t)(d.size - at), nested, l, &z.member[z.n], e);

		z.n++;
		if (len == 0)
			goto out;
		at += len;
	}
	if (at != d.size) {
		damaged(e);
		goto out;
	}
	qsort(z.member, z.n, sizeof(*z.member), by_offset);
	if (check_locals(r, &z, d.off, e) == -1 || check_twice(&z, e) == -1 ||
	    check_total(r, &z, l, e) == -1)
		goto out;
	*ret_z = z;
	memset(&z, 0, sizeof(z));
	rc = 0;
out:
	container_zip_free(&z);
	return rc;
}

void
container_zip_free(struct zip_list *z)
{
	for (size_t i = 0; i < z->n; i++)
		free(z->member[i].name);
	free(z->member);
	free(z->directory);
	memset(z, 0, sizeof(*z));
}
