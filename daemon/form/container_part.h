#ifndef ZAYTON_FORM_CONTAINER_PART_H
#define ZAYTON_FORM_CONTAINER_PART_H

#include <stddef.h>
#include <stdint.h>

#include "form/container.h"

/* Between the files container*.c and unpack only. */

static inline uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t
le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* Exactly len bytes at off, else ERR_RETRY. */
int container_get(const struct container_reader *r, void *buf, size_t len,
    uint64_t off, struct err *e);

/* CRC-32 as zip and gzip have it; starts from 0. */
uint32_t container_crc32(uint32_t crc, const void *p, size_t len);

/* One member of a zip, as the central directory has it. */
struct zip_member {
	uint64_t offset; /* of the local header */
	uint64_t csize;
	uint64_t usize;
	uint32_t crc;
	uint16_t flags;
	uint16_t method;
	enum member_kind kind;
	char *name;      /* owned, UTF-8 */
	const char *raw; /* owned by the list */
	size_t raw_len;
};

struct zip_list {
	struct zip_member *member; /* owned, in the order of offset */
	size_t n;
	uint8_t *directory; /* owned */
};

/*
 * The members of a zip whose shape was found sound. nested says whether
 * archives inside it are refused.
 */
int container_zip_list(const struct container_reader *r,
    const struct container_limits *l, int nested, struct zip_list *ret_z,
    struct err *e);
void container_zip_free(struct zip_list *z);

int container_tar_check(const struct container_reader *r,
    const struct container_limits *l, struct err *e);
int container_gz_check(const struct container_reader *r, int tar,
    const struct container_limits *l, struct err *e);
int container_xz_check(const struct container_reader *r,
    const struct container_limits *l, struct err *e);
int container_zst_check(const struct container_reader *r, struct err *e);
int container_bz2_check(const struct container_reader *r, struct err *e);

#endif
