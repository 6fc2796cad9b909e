#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rule/arena.h"
#include "rule/pack.h"
#include "sys/buf.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/mem.h"

#define MAGIC "zayton-pack 1\n"

enum { MAX_FILES = 4096, MAX_BYTES = 64 << 20, MAX_NAME = 120 };

struct pack {
	struct buf own; /* the text, where it was gathered */
	void *map;      /* the text, where it was mapped */
	size_t map_len;
	const char *text;
	size_t len;
	size_t n;
	struct pack_file *file; /* owned */
	struct arena *names;
	char sha256[DIGEST_TEXT];
};

/* The names that belong: folder, what a file name ends with. */
static const struct {
	const char *folder;
	const char *suffix;
} kinds[] = {
	{ "schemas", ".json" },
	{ "schemas", "/code_list.csv" },
	{ "schemas", "/code_map.csv" },
	{ "schemas", "/divisions.csv" },
	{ "lua", ".lua" },
	{ "rules", ".lua" },
};

static int
ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s);
	size_t k = strlen(suffix);

	return n > k && strcmp(s + n - k, suffix) == 0;
}

static int
name_belongs(const char *name)
{
	const char *slash = strchr(name, '/');
	size_t ok = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-/");

	if (slash == NULL || strchr(slash + 1, '/') != NULL ||
	    slash[1] == '.' || name[ok] != '\0' || ok > MAX_NAME)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].folder) == (size_t)(slash - name) &&
		    strncmp(name, kinds[i].folder, (size_t)(slash - name)) ==
			0 &&
		    ends_with(name, kinds[i].suffix))
			return 1;
	return 0;
}

/* Reads the line "<name> <bytes>\n" at *at. */
static int
parse_head(const struct pack *p, size_t *at, char *name, size_t *ret_len)
{
	const char *line = p->text + *at;
	const char *end = memchr(line, '\n', p->len - *at);
	char copy[MAX_NAME + 24];
	char *space, *stop;

	if (end == NULL || (size_t)(end - line) >= sizeof(copy))
		return -1;
	memcpy(copy, line, (size_t)(end - line));
	copy[end - line] = '\0';
	space = strchr(copy, ' ');
	if (space == NULL || space[1] < '0' || space[1] > '9')
		return -1;
	*space = '\0';
	if (!name_belongs(copy))
		return -1;
	errno = 0;
	*ret_len = strtoul(space + 1, &stop, 10);
	*at += (size_t)(end - line) + 1;
	if (*stop != '\0' || errno != 0 || *at >= p->len ||
	    *ret_len > p->len - *at - 1)
		return -1;
	memcpy(name, copy, strlen(copy) + 1);
	return 0;
}

static int
parse_file(struct pack *p, size_t *at)
{
	char name[MAX_NAME + 24];
	struct pack_file *f = &p->file[p->n];

	if (parse_head(p, at, name, &f->len) == -1)
		return -1;
	if (p->text[*at + f->len] != '\n')
		return -1;
	if (p->n > 0 && strcmp(p->file[p->n - 1].name, name) >= 0)
		return -1;
	f->data = p->text + *at;
	f->name = arena_text(p->names, name, strlen(name));
	hash_sha256_hex(f->data, f->len, f->sha256);
	*at += f->len + 1;
	p->n++;
	return 0;
}

static int
parse(struct pack *p, struct err *e)
{
	const size_t head = strlen(MAGIC);
	size_t at = head;

	if (p->len < head || memcmp(p->text, MAGIC, head) != 0)
		return err_set(e, ERR_HOLD, "not a pack of rules");
	p->file = xcalloc(MAX_FILES, sizeof(*p->file));
	p->names = arena_new();
	while (at < p->len)
		if (p->n == MAX_FILES || parse_file(p, &at) == -1)
			return err_set(e, ERR_HOLD,
			    "the pack of rules is damaged at byte %zu", at);
	hash_sha256_hex(p->text, p->len, p->sha256);
	return 0;
}

struct names {
	char **name;
	size_t n;
};

static int
gather_folder(int dir, const char *folder, struct names *names, struct err *e)
{
	int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *d;
	DIR *list;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || (list = fdopendir(fd)) == NULL) {
		err_errno(e, ERR_HOLD, "cannot read '%s'", folder);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((d = readdir(list)) != NULL && names->n <= MAX_FILES) {
		char *name = xasprintf("%s/%s", folder, d->d_name);

		if (name_belongs(name))
			names->name[names->n++] = name;
		else
			free(name);
	}
	closedir(list);
	if (names->n > MAX_FILES)
		return err_set(e, ERR_HOLD, "more than %d files of rules",
		    MAX_FILES);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static int
gather_file(int dir, const char *name, struct buf *out, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, MAX_BYTES);
	rc = file_read(dir, name, &b, e);
	if (rc == 0) {
		buf_printf(out, "%s %zu\n", name, b.len);
		buf_add(out, b.data, b.len);
		buf_addch(out, '\n');
	}
	buf_done(&b);
	return rc;
}

static int
gather(int dir, struct names *names, struct pack *p, struct err *e)
{
	if (gather_folder(dir, "schemas", names, e) == -1 ||
	    gather_folder(dir, "lua", names, e) == -1 ||
	    gather_folder(dir, "rules", names, e) == -1)
		return -1;
	qsort(names->name, names->n, sizeof(*names->name), by_name);
	buf_addstr(&p->own, MAGIC);
	for (size_t i = 0; i < names->n; i++)
		if (gather_file(dir, names->name[i], &p->own, e) == -1)
			return -1;
	if (!buf_ok(&p->own))
		return err_set(e, ERR_HOLD, "rules larger than %d MiB",
		    MAX_BYTES >> 20);
	p->text = p->own.data;
	p->len = p->own.len;
	return parse(p, e);
}

int
pack_gather(int dir, struct pack **ret_p, struct err *e)
{
	struct pack *p = xcalloc(1, sizeof(*p));
	struct names names = { xcalloc(MAX_FILES + 1, sizeof(char *)), 0 };
	int rc;

	buf_init(&p->own, MAX_BYTES);
	rc = gather(dir, &names, p, e);
	for (size_t i = 0; i < names.n; i++)
		free(names.name[i]);
	free(names.name);
	if (rc == -1)
		pack_free(p);
	else
		*ret_p = p;
	return rc;
}

int
pack_map(int fd, struct pack **ret_p, struct err *e)
{
	struct pack *p;
	struct stat st;
	void *map;

	if (fstat(fd, &st) == -1)
		return err_errno(e, ERR_HOLD, "cannot look at the pack");
	if (st.st_size <= 0 || st.st_size > 2 * (off_t)MAX_BYTES)
		return err_set(e, ERR_HOLD, "not a pack of rules");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_errno(e, ERR_RETRY, "cannot map the pack");
	p = xcalloc(1, sizeof(*p));
	p->map = map;
	p->map_len = (size_t)st.st_size;
	p->text = map;
	p->len = p->map_len;
	if (parse(p, e) == -1) {
		pack_free(p);
		return -1;
	}
	*ret_p = p;
	return 0;
}

static int
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
pack_memfd(const struct pack *p, int *ret_fd, struct err *e)
{
	int fd = memfd_create("pack", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return err_errno(e, ERR_RETRY, "cannot make a memory file");
	if (write_all(fd, p->text, p->len) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
		-1) {
		err_errno(e, ERR_RETRY, "cannot fill the pack's memory file");
		close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

void
pack_free(struct pack *p)
{
	if (p == NULL)
		return;
	arena_free(p->names);
	free(p->file);
	buf_done(&p->own);
	if (p->map != NULL)
		munmap(p->map, p->map_len);
	free(p);
}

const char *
pack_sha256(const struct pack *p)
{
	return p->sha256;
}

size_t
pack_count(const struct pack *p)
{
	return p->n;
}

const struct pack_file *
pack_at(const struct pack *p, size_t i)
{
	return &p->file[i];
}

const struct pack_file *
pack_find(const struct pack *p, const char *name)
{
	size_t low = 0;
	size_t high = p->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = strcmp(name, p->file[mid].name);

		if (c == 0)
			return &p->file[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
