#include <string.h>

#include "door/sftp.h"

/* --- in ------------------------------------------------------------------ */

/* A reader that, once it has asked for too much, only gives zeros. */
struct in {
	const uint8_t *p;
	size_t len;
	int bad;
	int refused; /* a name that no file can have */
};

/*
 * The form of every request behind its id: p path, u flags, a attributes,
 * h handle, o offset, l length, d data, x extension.
 */
static const struct {
	uint8_t type;
	const char *form;
} forms[] = {
	{ SFTP_OPEN, "pua" },
	{ SFTP_CLOSE, "h" },
	{ SFTP_READ, "hol" },
	{ SFTP_WRITE, "hod" },
	{ SFTP_LSTAT, "p" },
	{ SFTP_FSTAT, "h" },
	{ SFTP_SETSTAT, "pa" },
	{ SFTP_FSETSTAT, "ha" },
	{ SFTP_OPENDIR, "p" },
	{ SFTP_READDIR, "h" },
	{ SFTP_REMOVE, "p" },
	{ SFTP_MKDIR, "pa" },
	{ SFTP_RMDIR, "p" },
	{ SFTP_REALPATH, "p" },
	{ SFTP_STAT, "p" },
	{ SFTP_RENAME, "pp" },
	{ SFTP_READLINK, "p" },
	{ SFTP_SYMLINK, "pp" },
	{ SFTP_EXTENDED, "x" },
};

static const struct {
	const char *name;
	const char *form;
} extensions[] = {
	{ "limits@openssh.com", "" },
	{ "fsync@openssh.com", "h" },
	{ "statvfs@openssh.com", "p" },
	{ "posix-rename@openssh.com", "pp" },
};

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
get_u32(struct in *in)
{
	uint32_t v;

	if (in->len < 4) {
		in->bad = 1;
		in->len = 0;
		return 0;
	}
	v = u32_at(in->p);
	in->p += 4;
	in->len -= 4;
	return v;
}

static uint64_t
get_u64(struct in *in)
{
	uint64_t high = get_u32(in);

	return high << 32 | get_u32(in);
}

/* Bytes of a string, still in the packet. */
static const uint8_t *
get_string(struct in *in, uint32_t *ret_len)
{
	uint32_t len = get_u32(in);
	const uint8_t *p = in->p;

	if (len > in->len) {
		in->bad = 1;
		len = 0;
		in->len = 0;
	}
	in->p += len;
	in->len -= len;
	*ret_len = len;
	return p;
}

static void
get_path(struct in *in, char path[SFTP_PATH])
{
	uint32_t len;
	const uint8_t *p = get_string(in, &len);

	if (len >= SFTP_PATH || memchr(p, '\0', len) != NULL) {
		in->refused = 1;
		len = 0;
	}
	memcpy(path, p, len);
	path[len] = '\0';
}

static uint32_t
get_handle(struct in *in)
{
	uint32_t len;
	const uint8_t *p = get_string(in, &len);

	return len == 4 ? u32_at(p) : SFTP_NO_HANDLE;
}

static void
get_attrs(struct in *in, struct sftp_attrs *a)
{
	const uint32_t extended = UINT32_C(0x80000000);
	uint32_t n;
	uint32_t len;

	memset(a, 0, sizeof(*a));
	a->flags = get_u32(in);
	if (a->flags & SFTP_ATTR_SIZE)
		a->size = get_u64(in);
	if (a->flags & SFTP_ATTR_OWNER) {
		a->uid = get_u32(in);
		a->gid = get_u32(in);
	}
	if (a->flags & SFTP_ATTR_MODE)
		a->mode = get_u32(in);
	if (a->flags & SFTP_ATTR_TIMES) {
		a->atime = get_u32(in);
		a->mtime = get_u32(in);
	}
	/* Each pair takes 8 bytes at least, so a lie ends the loop soon. */
	n = a->flags & extended ? get_u32(in) : 0;
	for (uint32_t i = 0; i < n && !in->bad; i++) {
		(void)get_string(in, &len);
		(void)get_string(in, &len);
	}
}

/* The extension's form, NULL where we do not know it. */
static const char *
get_extension(struct in *in, char name[40])
{
	uint32_t len;
	const uint8_t *p = get_string(in, &len);

	name[0] = '\0';
	if (len >= 40 || memchr(p, '\0', len) != NULL)
		return NULL;
	memcpy(name, p, len);
	name[len] = '\0';
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (strcmp(extensions[i].name, name) == 0)
			return extensions[i].form;
	return NULL;
}

static void
get_form(struct in *in, const char *form, struct sftp_request *r)
{
	size_t paths = 0;

	for (; *form != '\0'; form++)
		switch (*form) {
		case 'p':
			get_path(in, r->path[paths++]);
			break;
		case 'u':
			r->flags = get_u32(in);
			break;
		case 'a':
			get_attrs(in, &r->attrs);
			break;
		case 'h':
			r->handle = get_handle(in);
			break;
		case 'o':
			r->offset = get_u64(in);
			break;
		case 'l':
			r->len = get_u32(in);
			break;
		case 'd':
			r->data = get_string(in, &r->len);
			break;
		default:
			break;
		}
}

int
sftp_packet(const uint8_t *p, size_t have, size_t *ret_len)
{
	uint32_t len;

	if (have < 4)
		return 0;
	len = u32_at(p);
	if (len < 5 || len > SFTP_PACKET_MAX)
		return -1;
	*ret_len = (size_t)len + 4;
	return have >= *ret_len;
}

static const char *
form_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].type == type)
			return forms[i].form;
	return "";
}

int
sftp_parse(const uint8_t *p, size_t len, struct sftp_request *r)
{
	struct in in = { .p = p + 5, .len = len - 5 };
	const char *form;

	r->type = p[4];
	r->id = get_u32(&in);
	r->path[0][0] = r->path[1][0] = '\0';
	r->name[0] = '\0';
	if (in.bad)
		return -1;
	form = form_of(r->type);
	if (*form == 'x') {
		form = get_extension(&in, r->name);
		if (form == NULL)
			return in.bad ? -1 : 1;
	}
	get_form(&in, form, r);
	if (in.bad)
		return -1;
	return in.refused ? 0 : 1;
}

/* --- out ----------------------------------------------------------------- */

static void
u32_set(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void
put(struct sftp_out *o, const void *p, size_t len)
{
	if (o->over || len > o->room - o->len) {
		o->over = 1;
		return;
	}
	memcpy(o->data + o->len, p, len);
	o->len += len;
}

static void
put_u32(struct sftp_out *o, uint32_t v)
{
	uint8_t b[4];

	u32_set(b, v);
	put(o, b, sizeof(b));
}

static void
put_u64(struct sftp_out *o, uint64_t v)
{
	put_u32(o, (uint32_t)(v >> 32));
	put_u32(o, (uint32_t)v);
}

static void
put_string(struct sftp_out *o, const char *s, size_t len)
{
	put_u32(o, (uint32_t)len);
	put(o, s, len);
}

static void
put_attrs(struct sftp_out *o, const struct sftp_attrs *a)
{
	put_u32(o, a->flags);
	if (a->flags & SFTP_ATTR_SIZE)
		put_u64(o, a->size);
	if (a->flags & SFTP_ATTR_OWNER) {
		put_u32(o, a->uid);
		put_u32(o, a->gid);
	}
	if (a->flags & SFTP_ATTR_MODE)
		put_u32(o, a->mode);
	if (a->flags & SFTP_ATTR_TIMES) {
		put_u32(o, a->atime);
		put_u32(o, a->mtime);
	}
}

/* Opens a reply and returns where it starts; its length is set by finish. */
static size_t
start(struct sftp_out *o, enum sftp_type type, uint32_t id)
{
	const uint8_t t = (uint8_t)type;
	size_t at = o->len;

	put_u32(o, 0);
	put(o, &t, 1);
	put_u32(o, id);
	return at;
}

static void
finish(struct sftp_out *o, size_t at)
{
	if (o->over)
		o->len = at;
	else
		u32_set(o->data + at, (uint32_t)(o->len - at - 4));
}

void
sftp_put_version(struct sftp_out *o, const char *const *pairs)
{
	size_t at = start(o, SFTP_VERSION_IS, SFTP_VERSION);

	for (; *pairs != NULL; pairs++)
		put_string(o, *pairs, strlen(*pairs));
	finish(o, at);
}

/* A text is cut on a whole character. */
static size_t
text_len(const char *s)
{
	size_t len = strlen(s);

	if (len <= SFTP_TEXT_MAX)
		return len;
	len = SFTP_TEXT_MAX;
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void
sftp_put_status(struct sftp_out *o, uint32_t id, enum sftp_code code,
    const char *text)
{
	size_t at = start(o, SFTP_STATUS, id);

	put_u32(o, (uint32_t)code);
	put_string(o, text, text_len(text));
	put_string(o, "", 0);
	finish(o, at);
}

void
sftp_put_handle(struct sftp_out *o, uint32_t id, uint32_t handle)
{
	size_t at = start(o, SFTP_HANDLE, id);

	put_u32(o, 4);
	put_u32(o, handle);
	finish(o, at);
}

void
sftp_put_attrs(struct sftp_out *o, uint32_t id, const struct sftp_attrs *a)
{
	size_t at = start(o, SFTP_ATTRS, id);

	put_attrs(o, a);
	finish(o, at);
}

enum { DATA_HEAD = 4 + 1 + 4 + 4 };

uint8_t *
sftp_data_begin(struct sftp_out *o, size_t len)
{
	if (o->over || len > SFTP_CHUNK_MAX ||
	    DATA_HEAD + len > o->room - o->len)
		return NULL;
	return o->data + o->len + DATA_HEAD;
}

void
sftp_data_end(struct sftp_out *o, uint32_t id, size_t len)
{
	size_t at = start(o, SFTP_DATA, id);

	put_u32(o, (uint32_t)len);
	o->len += len;
	finish(o, at);
}

void
sftp_names_begin(struct sftp_out *o, size_t *ret_at)
{
	*ret_at = start(o, SFTP_NAME, 0);
	put_u32(o, 0);
}

int
sftp_names_add(struct sftp_out *o, size_t at, const char *name,
    const char *longname, const struct sftp_attrs *a)
{
	size_t before = o->len;

	if (o->over)
		return -1;
	put_string(o, name, strlen(name));
	put_string(o, longname, strlen(longname));
	put_attrs(o, a);
	if (o->over || o->len - at > SFTP_PACKET_MAX) {
		o->over = 0;
		o->len = before;
		return -1;
	}
	return 0;
}

void
sftp_names_end(struct sftp_out *o, size_t at, uint32_t id, uint32_t n)
{
	finish(o, at);
	if (o->over)
		return;
	u32_set(o->data + at + 5, id);
	u32_set(o->data + at + 9, n);
}

void
sftp_put_numbers(struct sftp_out *o, uint32_t id, const uint64_t *v, size_t n)
{
	size_t at = start(o, SFTP_EXTENDED_REPLY, id);

	for (size_t i = 0; i < n; i++)
		put_u64(o, v[i]);
	finish(o, at);
}
