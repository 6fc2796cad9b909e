#include <sys/stat.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "form/container_part.h"
#include "form/gbk.h"
#include "sys/err.h"
#include "sys/mem.h"
#include "way/unpack.h"

/*
 * Layers, each reading from the one below: the file, the stream (gzip, xz,
 * zstd, bzip2: a libarchive filter alone), the box (tar or zip: a libarchive
 * format alone), and a stream again for .csv.gz members. Filters and formats
 * are kept apart so that the end of a stream can be verified after the tar in
 * it has ended.
 *
 * Names of zip members come from our own list, in the order of offset, which
 * is the order in which libarchive visits them.
 */

enum { CHUNK = 65536, SEEN_SLOTS = 32768, REOPENS_MAX = 16 };

typedef ssize_t source_fn(void *arg, void *buf, size_t size, struct err *e);

struct stream {
	struct archive *a; /* owned */
	const char *name;
	source_fn *source;
	void *arg;
	int gzip;
	int ended;
	int failed; /* fault says why the source could not go on */
	struct err fault;
	uint32_t crc;
	uint64_t out;
	uint64_t in;
	uint8_t tail[8]; /* the last bytes that came in */
	uint8_t buf[CHUNK];
};

struct unpack {
	int fd;
	enum container_kind kind;
	struct container_limits limits;
	uint64_t size;
	uint64_t off; /* in the file */
	uint64_t given;
	size_t members;
	int parts; /* of a workbook */
	int over;
	int broken; /* the zip must be opened again before it goes on */
	int reopens;
	int bare_done;
	struct stream *stream; /* owned: the whole bundle's */
	struct stream *inner;  /* owned: that of a .csv.gz member */
	struct archive *box;   /* owned */
	struct zip_list zip;
	size_t at; /* the zip member whose header comes next */
	const struct zip_member *now;
	char path[MEMBER_PATH];
	uint32_t crc;
	uint64_t got;
	int failed;
	struct err fault;
	char **seen; /* owned: names met in a tar, hashed */
	uint8_t buf[CHUNK];
};

int
unpack_prepare(struct err *e)
{
	/* With any other, libarchive makes '?' of names in pax headers. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return err_set(e, ERR_HOLD, "there is no locale C.UTF-8");
	/*
	 * The times of zip members are local ones, and with no TZ set the C
	 * library looks at its file again for each of them [strace].
	 */
	if (setenv("TZ", ":/etc/localtime", 0) == -1)
		return err_errno(e, ERR_RETRY, "cannot set TZ");
	tzset();
	return gbk_prepare(e);
}

/* The stream. */

static la_ssize_t
stream_fill(struct archive *a, void *arg, const void **ret_buf)
{
	struct stream *s = arg;
	ssize_t n = s->source(s->arg, s->buf, sizeof(s->buf), &s->fault);

	if (n < 0) {
		s->failed = 1;
		archive_set_error(a, EIO, "source");
		return -1;
	}
	if (n >= 8) {
		memcpy(s->tail, s->buf + n - 8, 8);
	} else if (n > 0) {
		memmove(s->tail, s->tail + n, 8 - (size_t)n);
		memcpy(s->tail + 8 - n, s->buf, (size_t)n);
	}
	s->in += (uint64_t)n;
	*ret_buf = s->buf;
	return n;
}

static int
stream_damaged(struct stream *s, struct err *e)
{
	const char *why = s->a == NULL ? NULL : archive_error_string(s->a);

	if (s->failed) {
		*e = s->fault;
		return -1;
	}
	if (why != NULL && strcasestr(why, "truncated") != NULL)
		return err_say(e, ERR_SENDER, "container_truncated", s->name,
		    NULL);
	return err_say(e, ERR_SENDER, "container_damaged", s->name, NULL);
}

static void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	archive_read_free(s->a);
	free(s);
}

static struct stream *
stream_open(enum container_kind kind, source_fn *source, void *arg,
    struct err *e)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	struct archive_entry *entry;
	int rc = ARCHIVE_OK;

	s->a = archive_read_new();
	s->name = container_kind_name(kind);
	s->source = source;
	s->arg = arg;
	s->gzip = kind == CONTAINER_TAR_GZ || kind == CONTAINER_CSV_GZ;
	if (s->gzip)
		rc = archive_read_support_filter_gzip(s->a);
	else if (kind == CONTAINER_TAR_XZ)
		rc = archive_read_support_filter_xz(s->a);
	else if (kind == CONTAINER_TAR_ZST)
		rc = archive_read_support_filter_zstd(s->a);
	else
		rc = archive_read_support_filter_bzip2(s->a);
	/* WARN here would mean that a program is to be run for it. */
	if (rc != ARCHIVE_OK ||
	    archive_read_support_format_raw(s->a) != ARCHIVE_OK ||
	    archive_read_support_format_empty(s->a) != ARCHIVE_OK) {
		err_set(e, ERR_HOLD, "libarchive cannot read %s", s->name);
		stream_close(s);
		return NULL;
	}
	rc = archive_read_open(s->a, s, NULL, stream_fill, NULL);
	if (rc == ARCHIVE_OK)
		rc = archive_read_next_header(s->a, &entry);
	/* Without a filter on it, the file itself would be handed out. */
	if ((rc != ARCHIVE_OK && rc != ARCHIVE_EOF) ||
	    archive_filter_count(s->a) != 2) {
		stream_damaged(s, e);
		stream_close(s);
		return NULL;
	}
	s->ended = rc == ARCHIVE_EOF;
	return s;
}

/*
 * libarchive passes over the trailer of gzip unseen. Where several gzips are
 * joined their checksums cannot be told apart from outside, and are refused.
 */
static int
stream_verify(struct stream *s, struct err *e)
{
	const void *p;
	la_ssize_t n;

	if (!s->gzip)
		return 0;
	while ((n = stream_fill(s->a, s, &p)) > 0)
		continue;
	if (n < 0)
		return stream_damaged(s, e);
	if (le32(s->tail) != s->crc || le32(s->tail + 4) != (uint32_t)s->out)
		return err_say(e, ERR_SENDER, "container_checksum", s->name,
		    NULL);
	return 0;
}

static ssize_t
stream_read(struct stream *s, void *buf, size_t size, struct err *e)
{
	la_ssize_t n = 0;

	if (!s->ended) {
		n = archive_read_data(s->a, buf, size);
		if (n < 0)
			return stream_damaged(s, e);
		s->ended = n == 0;
	}
	if (n == 0)
		return stream_verify(s, e);
	if (s->gzip)
		s->crc = container_crc32(s->crc, buf, (size_t)n);
	s->out += (uint64_t)n;
	return n;
}

/* The file. */

static ssize_t
file_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct unpack *u = arg;
	ssize_t n;

	if (u->off >= u->size)
		return 0;
	if (size > u->size - u->off)
		size = (size_t)(u->size - u->off);
	do
		n = pread(u->fd, buf, size, (off_t)u->off);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(e, ERR_RETRY, "cannot read the bundle");
	u->off += (uint64_t)n;
	return n;
}

static ssize_t
file_read_at(void *arg, void *buf, size_t size, uint64_t off)
{
	struct unpack *u = arg;

	return pread(u->fd, buf, size, (off_t)off);
}

/* The box. */

/* Members that are passed over are counted here too. */
static ssize_t
box_stream(struct unpack *u)
{
	ssize_t n = stream_read(u->stream, u->buf, sizeof(u->buf), &u->fault);

	if (n > 0 && container_total_check(u->stream->out, u->size, &u->limits,
			 &u->fault) == -1)
		return -1;
	return n;
}

static la_ssize_t
box_fill(struct archive *a, void *arg, const void **ret_buf)
{
	struct unpack *u = arg;
	ssize_t n;

	if (u->stream != NULL)
		n = box_stream(u);
	else
		n = file_read(u, u->buf, sizeof(u->buf), &u->fault);
	if (n < 0) {
		u->failed = 1;
		archive_set_error(a, EIO, "source");
	}
	*ret_buf = u->buf;
	return n;
}

static la_int64_t
box_seek(struct archive *a, void *arg, la_int64_t off, int whence)
{
	struct unpack *u = arg;

	(void)a;
	if (whence == SEEK_CUR)
		off += (la_int64_t)u->off;
	else if (whence == SEEK_END)
		off += (la_int64_t)u->size;
	if (off < 0)
		return ARCHIVE_FATAL;
	u->off = (uint64_t)off;
	return off;
}

static int
box_open(struct unpack *u, struct err *e)
{
	int rc;

	u->box = archive_read_new();
	/* A stream has read ahead already and goes on where it is. */
	if (u->stream == NULL)
		u->off = 0;
	if (u->kind == CONTAINER_ZIP) {
		rc = archive_read_support_format_zip_seekable(u->box);
		archive_read_set_seek_callback(u->box, box_seek);
		/* We verify them ourselves, against the directory. */
		if (rc == ARCHIVE_OK)
			rc = archive_read_set_format_option(u->box, "zip",
			    "ignorecrc32", "1");
	} else {
		rc = archive_read_support_format_tar(u->box);
		/* What stands behind the end of a tar must not hide there. */
		if (rc == ARCHIVE_OK)
			rc = archive_read_set_format_option(u->box, "tar",
			    "read_concatenated_archives", "1");
	}
	if (rc == ARCHIVE_OK)
		rc = archive_read_open(u->box, u, NULL, box_fill, NULL);
	if (rc == ARCHIVE_OK)
		return 0;
	if (u->failed) {
		*e = u->fault;
		return -1;
	}
	return err_say(e, ERR_SENDER, "container_damaged",
	    container_kind_name(u->kind), NULL);
}

static int
over(struct unpack *u)
{
	u->over = 1;
	return -1;
}

static int
box_damaged(struct unpack *u, struct err *e)
{
	if (u->failed)
		*e = u->fault;
	else
		err_say(e, ERR_SENDER, "container_damaged",
		    container_kind_name(u->kind), NULL);
	return over(u);
}

/* After a fault in its data a zip is opened again, at the next member. */
static int
box_reopen(struct unpack *u, struct err *e)
{
	struct archive_entry *entry;

	u->broken = 0;
	archive_read_free(u->box);
	u->box = NULL;
	if (u->reopens++ == REOPENS_MAX)
		return box_damaged(u, e);
	if (box_open(u, e) == -1)
		return over(u);
	for (size_t i = 0; i < u->at; i++)
		if (archive_read_next_header(u->box, &entry) < ARCHIVE_WARN)
			return box_damaged(u, e);
	return 0;
}

static struct unpack *
new_unpack(int fd, enum container_kind kind, const struct container_limits *l)
{
	struct unpack *u = xcalloc(1, sizeof(*u));

	u->fd = fd;
	u->kind = kind;
	u->limits = *l;
	if (u->limits.path >= MEMBER_PATH)
		u->limits.path = MEMBER_PATH - 1;
	if (u->limits.members > SEEN_SLOTS / 2)
		u->limits.members = SEEN_SLOTS / 2;
	return u;
}

/* The layers that the kind needs, over a file whose shape is sound. */
static int
open_layers(struct unpack *u, struct err *e)
{
	struct container_reader r = { file_read_at, u, u->size };
	enum container_kind kind = u->kind;

	if (container_check(u->parts ? CONTAINER_XLSX : kind, &r, &u->limits,
		e) == -1)
		return -1;
	if (kind == CONTAINER_ZIP &&
	    container_zip_list(&r, &u->limits, !u->parts, &u->zip, e) == -1)
		return -1;
	if (kind == CONTAINER_TAR_GZ || kind == CONTAINER_TAR_XZ ||
	    kind == CONTAINER_TAR_ZST || kind == CONTAINER_TAR_BZ2 ||
	    kind == CONTAINER_CSV_GZ) {
		u->stream = stream_open(kind, file_read, u, e);
		if (u->stream == NULL)
			return -1;
	}
	if (kind >= CONTAINER_ZIP && kind <= CONTAINER_TAR_BZ2)
		return box_open(u, e);
	return 0;
}

struct unpack *
unpack_open(int fd, enum container_kind kind, const struct container_limits *l,
    struct err *e)
{
	struct unpack *u = new_unpack(fd, kind, l);
	struct stat st;

	if (fstat(fd, &st) == -1) {
		err_errno(e, ERR_RETRY, "cannot look at the bundle");
		unpack_close(u);
		return NULL;
	}
	u->size = (uint64_t)st.st_size;
	if (open_layers(u, e) == 0)
		return u;
	unpack_close(u);
	return NULL;
}

struct unpack *
unpack_parts(int fd, uint64_t size, const struct container_limits *l,
    struct err *e)
{
	struct unpack *u = new_unpack(fd, CONTAINER_ZIP, l);

	u->size = size;
	u->parts = 1;
	if (open_layers(u, e) == 0)
		return u;
	unpack_close(u);
	return NULL;
}

/* Whether this name was met before; remembers it. */
static int
seen(struct unpack *u, const char *path)
{
	uint32_t h = 2166136261u;

	if (u->seen == NULL)
		u->seen = xcalloc(SEEN_SLOTS, sizeof(*u->seen));
	for (const char *p = path; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	for (;; h++) {
		char **slot = &u->seen[h % SEEN_SLOTS];

		if (*slot == NULL) {
			*slot = xstrdup(path);
			return 0;
		}
		if (strcmp(*slot, path) == 0)
			return 1;
	}
}

static int
next_bare(struct unpack *u, struct member *m)
{
	if (u->bare_done)
		return 0;
	u->bare_done = 1;
	m->path[0] = '\0';
	m->size = u->stream == NULL ? u->size : UINT64_MAX;
	m->kind = u->kind == CONTAINER_XLSX   ? MEMBER_XLSX
		  : u->kind == CONTAINER_JSON ? MEMBER_JSON
					      : MEMBER_CSV;
	return 1;
}

/* 1 with the member, 0 at the end. */
static int
next_zip(struct unpack *u, struct member *m, struct err *e)
{
	struct archive_entry *entry;
	int rc;

	if (u->broken && box_reopen(u, e) == -1)
		return -1;
	rc = archive_read_next_header(u->box, &entry);
	if (rc == ARCHIVE_EOF)
		return u->at == u->zip.n ? 0 : box_damaged(u, e);
	/* WARN speaks of names, and those are ours. */
	if (rc < ARCHIVE_WARN || u->at == u->zip.n)
		return box_damaged(u, e);
	u->now = &u->zip.member[u->at++];
	if (archive_entry_size_is_set(entry) &&
	    (uint64_t)archive_entry_size(entry) != u->now->usize) {
		err_say(e, ERR_SENDER, "zip_disagree", u->now->name, NULL);
		return over(u);
	}
	memcpy(m->path, u->now->name, strlen(u->now->name) + 1);
	m->size = u->now->usize;
	m->kind = u->parts ? MEMBER_OTHER : u->now->kind;
	return 1;
}

static int
tar_name(struct unpack *u, const char *raw, struct member *m, struct err *e)
{
	if (raw == NULL)
		return err_say(e, ERR_SENDER, "member_path", "?", NULL);
	while (raw[0] == '.' && raw[1] == '/')
		raw += 2;
	if (container_name(raw, strlen(raw), 0, m->path, sizeof(m->path)) == -1)
		return err_say(e, ERR_SENDER, "member_path_long", raw, NULL);
	if (m->path[0] == '\0')
		return 0;
	return container_path_check(m->path, &u->limits, e);
}

static int
next_tar(struct unpack *u, struct member *m, struct err *e)
{
	struct archive_entry *entry;
	int rc = archive_read_next_header(u->box, &entry);
	ssize_t n;

	if (rc == ARCHIVE_EOF && u->stream != NULL)
		while ((n = stream_read(u->stream, u->buf, CHUNK, e)) != 0)
			if (n < 0)
				return over(u);
	if (rc == ARCHIVE_EOF)
		return u->members > 0 ? 0 : box_damaged(u, e);
	if (rc < ARCHIVE_WARN)
		return box_damaged(u, e);
	u->now = NULL;
	if (tar_name(u, archive_entry_pathname(entry), m, e) == -1)
		return over(u);
	m->size = (uint64_t)archive_entry_size(entry);
	m->kind = container_member_kind(m->path);
	if (archive_entry_filetype(entry) == AE_IFDIR)
		m->kind = MEMBER_DIR;
	else if (archive_entry_filetype(entry) != AE_IFREG ||
		 archive_entry_hardlink(entry) != NULL ||
		 archive_entry_sparse_count(entry) > 0)
		err_say(e, ERR_SENDER, "member_special", m->path, NULL);
	else if (m->kind == MEMBER_NESTED)
		err_say(e, ERR_SENDER, "member_nested", m->path, NULL);
	else if (seen(u, m->path))
		err_say(e, ERR_SENDER, "member_twice", m->path, NULL);
	else if (rc == ARCHIVE_WARN && m->kind <= MEMBER_SIG)
		return err_say(e, ERR_SENDER, "member_damaged", m->path, NULL);
	else
		return 1;
	return m->kind == MEMBER_DIR ? 1 : over(u);
}

/* Bytes of the member as it stands in the box. */
static ssize_t
member_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct unpack *u = arg;
	la_ssize_t n;

	if (u->box == NULL)
		return u->stream != NULL ? stream_read(u->stream, buf, size, e)
					 : file_read(u, buf, size, e);
	n = archive_read_data(u->box, buf, size);
	if (n < 0) {
		if (u->now == NULL || u->failed)
			return box_damaged(u, e);
		u->broken = 1;
		return err_say(e, ERR_SENDER, "member_damaged", u->path, NULL);
	}
	if (u->now == NULL)
		return n;
	u->crc = container_crc32(u->crc, buf, (size_t)n);
	u->got += (uint64_t)n;
	if (u->got > u->now->usize ||
	    (n == 0 && (u->got != u->now->usize || u->crc != u->now->crc))) {
		u->broken = 1;
		return err_say(e, ERR_SENDER, "member_damaged", u->path, NULL);
	}
	return n;
}

/* What the member's kind means for the bundle. 1 to be handed out. */
static int
admit(struct unpack *u, struct member *m, struct err *e)
{
	memcpy(u->path, m->path, sizeof(u->path));
	u->crc = 0;
	u->got = 0;
	if (m->kind == MEMBER_WRONG)
		return err_say(e, ERR_SENDER, "member_kind", m->path, NULL);
	if (m->kind != MEMBER_CSV_GZ)
		return 1;
	m->size = UINT64_MAX;
	u->inner = stream_open(CONTAINER_CSV_GZ, member_read, u, e);
	return u->inner != NULL ? 1 : err_in(e, "%s", m->path);
}

int
unpack_next(struct unpack *u, struct member *m, struct err *e)
{
	int rc;

	stream_close(u->inner);
	u->inner = NULL;
	m->path[0] = '\0';
	if (u->over)
		return 0;
	do {
		if (u->box == NULL && !u->broken)
			return next_bare(u, m);
		rc = u->kind == CONTAINER_ZIP ? next_zip(u, m, e)
					      : next_tar(u, m, e);
		if (rc != 1)
			return rc;
		if (++u->members > u->limits.members) {
			err_say(e, ERR_SENDER, "container_members", NULL);
			return over(u);
		}
	} while (m->kind == MEMBER_JUNK || m->kind == MEMBER_DIR);
	return admit(u, m, e);
}

int
unpack_part(int fd, uint64_t size, const struct container_limits *l,
    const char *part, struct unpack **ret_u, struct err *e)
{
	struct member m;
	int rc;

	*ret_u = unpack_parts(fd, size, l, e);
	if (*ret_u == NULL)
		return -1;
	while ((rc = unpack_next(*ret_u, &m, e)) == 1)
		if (strcasecmp(m.path, part) == 0)
			break;
	return rc;
}

ssize_t
unpack_read(struct unpack *u, void *buf, size_t size, struct err *e)
{
	ssize_t n;

	if (u->inner != NULL) {
		n = stream_read(u->inner, buf, size, e);
		if (n < 0 && !u->over && e->kind == ERR_SENDER)
			err_in(e, "%s", u->path);
	} else {
		n = member_read(u, buf, size, e);
	}
	if (n <= 0)
		return n;
	u->given += (uint64_t)n;
	if (container_total_check(u->given, u->size, &u->limits, e) == -1)
		return over(u);
	return n;
}

int
unpack_over(const struct unpack *u)
{
	return u->over;
}

uint64_t
unpack_bytes(const struct unpack *u)
{
	return u->given;
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	stream_close(u->inner);
	archive_read_free(u->box);
	stream_close(u->stream);
	container_zip_free(&u->zip);
	for (size_t i = 0; u->seen != NULL && i < SEEN_SLOTS; i++)
		free(u->seen[i]);
	free(u->seen);
	free(u);
}
