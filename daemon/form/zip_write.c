#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "form/zip_write.h"
#include "sys/err.h"
#include "sys/hash.h"
#include "sys/mem.h"

struct zip_write {
	struct archive *a;
	zip_sink_fn *sink;
	void *arg;
	time_t when;
	struct hash *hash; /* of the member */
	uint64_t bytes;
	struct err why; /* of the sink */
	int failed;
};

static la_ssize_t
put(struct archive *a, void *arg, const void *p, size_t len)
{
	struct zip_write *z = arg;

	if (z->sink(z->arg, p, len, &z->why) == 0)
		return (la_ssize_t)len;
	z->failed = 1;
	archive_set_error(a, EIO, "the sink is full");
	return -1;
}

static int
fault(struct zip_write *z, struct err *e)
{
	if (z->failed) {
		*e = z->why;
		return -1;
	}
	return err_set(e, ERR_RETRY, "cannot write a zip: %s",
	    archive_error_string(z->a));
}

int
zip_write_open(zip_sink_fn *sink, void *arg, time_t when,
    struct zip_write **ret_z, struct err *e)
{
	struct zip_write *z = xcalloc(1, sizeof(*z));

	z->sink = sink;
	z->arg = arg;
	z->when = when;
	z->hash = hash_new(HASH_SHA256);
	z->a = archive_write_new();
	/*
	 * Sizes are told behind each member; none comes near 4 GB. The last
	 * tenth of the size costs more than all the rest of the work.
	 */
	if (z->a == NULL || archive_write_set_format_zip(z->a) != ARCHIVE_OK ||
	    archive_write_set_options(z->a,
		"zip:!zip64,zip:compression-level=3") != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(z->a, 1) != ARCHIVE_OK ||
	    archive_write_open(z->a, z, NULL, put, NULL) != ARCHIVE_OK) {
		(void)fault(z, e);
		zip_write_drop(z);
		return -1;
	}
	*ret_z = z;
	return 0;
}

int
zip_write_begin(struct zip_write *z, const char *name, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	int rc;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, z->when, 0);
	rc = archive_write_header(z->a, entry);
	archive_entry_free(entry);
	z->bytes = 0;
	return rc == ARCHIVE_OK ? 0 : fault(z, e);
}

int
zip_write_add(struct zip_write *z, const void *p, size_t len, struct err *e)
{
	if (len == 0)
		return 0;
	hash_add(z->hash, p, len);
	z->bytes += len;
	return archive_write_data(z->a, p, len) == (la_ssize_t)len
		   ? 0
		   : fault(z, e);
}

int
zip_write_end(struct zip_write *z, uint64_t *ret_bytes, char *ret_sha256,
    struct err *e)
{
	unsigned char digest[HASH_SHA256_BYTES];

	hash_end(z->hash, digest);
	hash_hex(digest, sizeof(digest), ret_sha256);
	*ret_bytes = z->bytes;
	return archive_write_finish_entry(z->a) == ARCHIVE_OK ? 0 : fault(z, e);
}

int
zip_write_file(struct zip_write *z, const char *name, int fd,
    uint64_t *ret_bytes, char *ret_sha256, struct err *e)
{
	enum { PIECE = 1 << 16 };
	char *piece = xmalloc(PIECE);
	off_t at = 0;
	ssize_t n = 0;
	int rc = zip_write_begin(z, name, e);

	while (rc == 0 && (n = pread(fd, piece, PIECE, at)) > 0) {
		rc = zip_write_add(z, piece, (size_t)n, e);
		at += n;
	}
	free(piece);
	if (rc == 0 && n == -1)
		rc = err_errno(e, ERR_RETRY, "cannot read '%s'", name);
	return rc == 0 ? zip_write_end(z, ret_bytes, ret_sha256, e) : -1;
}

int
zip_write_close(struct zip_write *z, struct err *e)
{
	int rc = archive_write_close(z->a) == ARCHIVE_OK ? 0 : fault(z, e);

	zip_write_drop(z);
	return rc;
}

void
zip_write_drop(struct zip_write *z)
{
	if (z == NULL)
		return;
	if (z->a != NULL)
		(void)archive_write_free(z->a);
	hash_free(z->hash);
	free(z);
}
