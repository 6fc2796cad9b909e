#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/xlsx_text.h"
#include "sys/err.h"
#include "sys/mem.h"

/*
 * A block: the strings from the front, and where each ends from the back (of
 * its size). One that is longer than a block has a larger block to itself.
 */

struct block {
	uint64_t first; /* number of its first string */
	uint64_t at;    /* in the file, where it went there */
	uint32_t size;
	uint32_t n;
};

struct frame {
	size_t block; /* plus 1; 0 is empty */
	char *data;   /* owned */
	size_t room;
};

struct xlsx_texts {
	int fd;
	uint64_t end; /* of the file */
	uint64_t bytes;
	uint64_t n;
	struct block *block; /* owned */
	size_t nblocks;
	size_t room;
	struct frame frame[XLSX_TEXT_FRAMES];
	struct frame large;         /* for what is longer than a block */
	char *kept[XLSX_TEXT_KEPT]; /* owned */
	char *last;                 /* owned: the block that is being filled */
	uint32_t used;              /* of its front */
	size_t found;               /* the block of the last question */
};

struct xlsx_texts *
xlsx_texts_new(int fd, uint64_t from)
{
	struct xlsx_texts *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->end = from;
	return t;
}

void
xlsx_texts_free(struct xlsx_texts *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < XLSX_TEXT_FRAMES; i++)
		free(t->frame[i].data);
	free(t->large.data);
	for (size_t i = 0; i < XLSX_TEXT_KEPT; i++)
		free(t->kept[i]);
	free(t->last);
	free(t->block);
	free(t);
}

static uint32_t
end_of(const char *data, uint32_t size, uint32_t i)
{
	uint32_t v;

	memcpy(&v, data + size - (i + 1) * sizeof(v), sizeof(v));
	return v;
}

/* ---- filling ---- */

static int
write_out(struct xlsx_texts *t, const char *data, size_t len, struct err *e)
{
	if (t->fd == -1)
		return err_say(e, ERR_SENDER, "xlsx_large", "16 MiB", NULL);
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(t->fd, data + done, len - done,
		    (off_t)(t->end + done));

		if (n == -1 && errno != EINTR)
			return err_errno(e, ERR_RETRY,
			    "cannot keep the strings of a workbook");
		done += n > 0 ? (size_t)n : 0;
	}
	t->end += len;
	return 0;
}

/* The block that was being filled is put where it will be found. */
static int
put_away(struct xlsx_texts *t, struct err *e)
{
	struct block *b;
	int rc = 0;

	if (t->last == NULL)
		return 0;
	b = &t->block[t->nblocks - 1];
	if (t->nblocks <= XLSX_TEXT_KEPT && b->size == XLSX_TEXT_BLOCK) {
		t->kept[t->nblocks - 1] = t->last;
	} else {
		b->at = t->end;
		rc = write_out(t, t->last, b->size, e);
		free(t->last);
	}
	t->last = NULL;
	return rc;
}

static int
start_block(struct xlsx_texts *t, size_t len, struct err *e)
{
	size_t size = len + sizeof(uint32_t);
	struct block *b;

	if (put_away(t, e) == -1)
		return -1;
	if (size < XLSX_TEXT_BLOCK)
		size = XLSX_TEXT_BLOCK;
	t->bytes += size;
	if (t->bytes > XLSX_TEXT_MAX)
		return err_say(e, ERR_SENDER, "xlsx_large", "1 GiB", NULL);
	if (t->nblocks == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 64;
		t->block = xreallocarray(t->block, t->room, sizeof(*t->block));
	}
	b = &t->block[t->nblocks++];
	*b = (struct block){ t->n, 0, (uint32_t)size, 0 };
	t->last = xmalloc(size);
	t->used = 0;
	return 0;
}

int
xlsx_texts_add(struct xlsx_texts *t, const char *s, size_t len, struct err *e)
{
	struct block *b = t->nblocks > 0 ? &t->block[t->nblocks - 1] : NULL;

	if (len > XLSX_TEXT_LONGEST)
		len = XLSX_TEXT_LONGEST;
	if (b == NULL || t->last == NULL ||
	    t->used + len + (b->n + 1) * sizeof(uint32_t) > b->size) {
		if (start_block(t, len, e) == -1)
			return -1;
		b = &t->block[t->nblocks - 1];
	}
	if (len > 0)
		memcpy(t->last + t->used, s, len);
	t->used += (uint32_t)len;
	b->n++;
	memcpy(t->last + b->size - b->n * sizeof(uint32_t), &t->used,
	    sizeof(uint32_t));
	t->n++;
	return 0;
}

/* ---- asking ---- */

static int
holds(const struct xlsx_texts *t, size_t block, uint64_t i)
{
	const struct block *b = &t->block[block];

	return i >= b->first && i - b->first < b->n;
}

static size_t
block_of(struct xlsx_texts *t, uint64_t i)
{
	size_t low = 0, high = t->nblocks;

	if (holds(t, t->found, i))
		return t->found;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (t->block[mid].first <= i)
			low = mid;
		else
			high = mid;
	}
	t->found = low;
	return low;
}

static const char *
read_in(struct xlsx_texts *t, size_t at, struct err *e)
{
	const struct block *b = &t->block[at];
	struct frame *f = b->size > XLSX_TEXT_BLOCK
			      ? &t->large
			      : &t->frame[at % XLSX_TEXT_FRAMES];

	if (f->block == at + 1)
		return f->data;
	f->block = 0;
	if (f->room < b->size) {
		free(f->data);
		f->data = xmalloc(b->size);
		f->room = b->size;
	}
	for (size_t done = 0; done < b->size;) {
		ssize_t n = pread(t->fd, f->data + done, b->size - done,
		    (off_t)(b->at + done));

		if (n == 0)
			errno = EIO;
		if (n == 0 || (n == -1 && errno != EINTR)) {
			err_errno(e, ERR_RETRY,
			    "cannot read the strings of a workbook");
			return NULL;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	f->block = at + 1;
	return f->data;
}

int
xlsx_texts_get(struct xlsx_texts *t, uint64_t i, const char **ret_s,
    size_t *ret_len, struct err *e)
{
	const struct block *b;
	const char *data;
	uint32_t from, to;
	size_t at;

	if (i >= t->n)
		return 0;
	at = block_of(t, i);
	b = &t->block[at];
	if (at == t->nblocks - 1 && t->last != NULL)
		data = t->last;
	else if (at < XLSX_TEXT_KEPT && t->kept[at] != NULL)
		data = t->kept[at];
	else
		data = read_in(t, at, e);
	if (data == NULL)
		return -1;
	from = i == b->first
		   ? 0
		   : end_of(data, b->size, (uint32_t)(i - b->first) - 1);
	to = end_of(data, b->size, (uint32_t)(i - b->first));
	*ret_s = data + from;
	*ret_len = to - from;
	return 1;
}
