#ifndef ZAYTON_FORM_CONTAINER_H
#define ZAYTON_FORM_CONTAINER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * The shape of a bundle, looked at before anything is unpacked: is the file
 * what its name says, is it whole, does it hide, overlap or escape. Only
 * directories, headers and trailers are read, so a file of 2 GB takes
 * milliseconds; what is inside the members is unpack's to verify.
 */

enum container_kind {
	CONTAINER_NONE,
	CONTAINER_ZIP,
	CONTAINER_TAR,
	CONTAINER_TAR_GZ,
	CONTAINER_TAR_XZ,
	CONTAINER_TAR_ZST,
	CONTAINER_TAR_BZ2,
	CONTAINER_CSV,
	CONTAINER_CSV_GZ,
	CONTAINER_XLSX,
	CONTAINER_JSON /* nil.json */
};

/* What a member is for, by its name alone. */
enum member_kind {
	MEMBER_CSV,
	MEMBER_CSV_GZ,
	MEMBER_XLSX,
	MEMBER_JSON,   /* datapackage.json, nil.json */
	MEMBER_SIG,    /* *.sig */
	MEMBER_JUNK,   /* what systems leave behind: skipped without a word */
	MEMBER_OTHER,  /* a note, a picture: not data, said once */
	MEMBER_WRONG,  /* data in a format not taken, such as .xls */
	MEMBER_NESTED, /* an archive in the archive: refused */
	MEMBER_DIR
};

/*
 * read_at fills buf from an offset and returns how many bytes there were, or
 * -1 with errno.
 */
struct container_reader {
	ssize_t (*read_at)(void *arg, void *buf, size_t size, uint64_t off);
	void *arg;
	uint64_t size;
};

struct container_limits {
	size_t members;
	size_t path;       /* bytes of a member's name in UTF-8 */
	uint64_t unpacked; /* bytes, all members together */
	uint64_t ratio;    /* unpacked to packed, above CONTAINER_SMALL */
};

/* Below this many unpacked bytes no ratio makes a bomb. */
#define CONTAINER_SMALL (UINT64_C(64) << 20)

/* 10000 members, 512 bytes, 4 GiB, 400. */
extern const struct container_limits container_limits_default;

/* By extension, in either case; CONTAINER_NONE where it is not taken. */
enum container_kind container_kind_of(const char *name);

/*
 * Refuses a file whose name is of no kind: a table in another format (.xls,
 * .dbf ...) with the advice to save it as one we read. Returns -1.
 */
int container_kind_refuse(const char *name, struct err *e);

/* "ZIP", "TAR.GZ" ... the same in both languages. */
const char *container_kind_name(enum container_kind kind);

/*
 * Refuses (ERR_SENDER) a file that is damaged, cut off, not what its name
 * says, or dangerous. ERR_RETRY where it cannot be read. Names in a message
 * are readable Chinese only if gbk_prepare was called; otherwise bytes of GBK
 * stand there as %XX.
 */
int container_check(enum container_kind kind, const struct container_reader *r,
    const struct container_limits *l, struct err *e);

/* What the first bytes look like: "RAR", "HTML" ...; NULL for text. */
const char *container_looks(const uint8_t *p, size_t len);

/* What a member is for. */
enum member_kind container_member_kind(const char *path);

/*
 * A member's name as UTF-8: taken as it is where utf8 is set or it can be
 * nothing else, else as GB18030. Returns 0, or -1 where it does not fit.
 */
int container_name(const char *raw, size_t len, int utf8, char *buf,
    size_t size);

/* Refuses names that lead out of the bundle or cannot be shown. */
int container_path_check(const char *path, const struct container_limits *l,
    struct err *e);

/* Refuses totals that only a bomb reaches. */
int container_total_check(uint64_t unpacked, uint64_t packed,
    const struct container_limits *l, struct err *e);

#endif
