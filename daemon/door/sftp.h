#ifndef ZAYTON_DOOR_SFTP_H
#define ZAYTON_DOOR_SFTP_H

#include <stddef.h>
#include <stdint.h>

/*
 * SFTP version 3 as bytes: packets in, requests out; replies in, bytes out.
 * No descriptor, no clock, no log. Nothing is allocated for a packet: what a
 * request holds is copied or points into the packet it was read from, and
 * every length is checked against the packet before it is used.
 */

enum {
	SFTP_VERSION = 3,
	SFTP_PACKET_MAX = 256 * 1024,            /* body of one packet */
	SFTP_CHUNK_MAX = SFTP_PACKET_MAX - 1024, /* data in one packet */
	SFTP_PATH = 1024,                        /* bytes of a path, with NUL */
	SFTP_TEXT_MAX = 1100,                    /* bytes of a status' text */
	SFTP_REPLY_MAX = SFTP_PACKET_MAX + 4
};

/* On the wire. */
enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION_IS = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_LSTAT = 7,
	SFTP_FSTAT = 8,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_OPENDIR = 11,
	SFTP_READDIR = 12,
	SFTP_REMOVE = 13,
	SFTP_MKDIR = 14,
	SFTP_RMDIR = 15,
	SFTP_REALPATH = 16,
	SFTP_STAT = 17,
	SFTP_RENAME = 18,
	SFTP_READLINK = 19,
	SFTP_SYMLINK = 20,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_NAME = 104,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY = 201
};

enum sftp_code {
	SFTP_OK,
	SFTP_EOF,
	SFTP_NO_SUCH_FILE,
	SFTP_PERMISSION_DENIED,
	SFTP_FAILURE,
	SFTP_BAD_MESSAGE,
	SFTP_NO_CONNECTION,
	SFTP_CONNECTION_LOST,
	SFTP_OP_UNSUPPORTED
};

/* Of SFTP_OPEN. */
enum {
	SFTP_OPEN_READ = 1,
	SFTP_OPEN_WRITE = 2,
	SFTP_OPEN_APPEND = 4,
	SFTP_OPEN_CREAT = 8,
	SFTP_OPEN_TRUNC = 16,
	SFTP_OPEN_EXCL = 32
};

/* Which attributes are there. */
enum {
	SFTP_ATTR_SIZE = 1,
	SFTP_ATTR_OWNER = 2,
	SFTP_ATTR_MODE = 4,
	SFTP_ATTR_TIMES = 8
};

struct sftp_attrs {
	uint32_t flags;
	uint64_t size;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t atime;
	uint32_t mtime;
};

/* What does not fit a handle of ours. */
#define SFTP_NO_HANDLE UINT32_MAX

/*
 * One request. Only the fields its type has are set; name is the extension's
 * for SFTP_EXTENDED, "" where it is longer than any we know.
 */
struct sftp_request {
	uint8_t type;
	uint32_t id; /* of SFTP_INIT: the version */
	char name[40];
	char path[2][SFTP_PATH];
	uint32_t handle;
	uint32_t flags;
	uint64_t offset;
	uint32_t len;
	const uint8_t *data; /* points into the packet */
	struct sftp_attrs attrs;
};

/*
 * Looks at the front of a stream: 1 and the length of the packet (with its
 * length field) when it is there whole, 0 when more has to come, -1 when it is
 * empty or longer than allowed.
 */
int sftp_packet(const uint8_t *p, size_t have, size_t *ret_len);

/*
 * Reads one whole packet: 1 a request (of a type we may not know: then only
 * type and id are set), 0 one whose path holds a NUL or is too long (id is
 * set: refuse it), -1 not of its form (hang up).
 */
int sftp_parse(const uint8_t *p, size_t len, struct sftp_request *r);

/*
 * Where replies are put. data and room are the caller's; what does not fit
 * sets over and leaves no half reply.
 */
struct sftp_out {
	uint8_t *data;
	size_t len;
	size_t room;
	int over;
};

void sftp_put_version(struct sftp_out *o, const char *const *pairs);
void sftp_put_status(struct sftp_out *o, uint32_t id, enum sftp_code code,
    const char *text);
void sftp_put_handle(struct sftp_out *o, uint32_t id, uint32_t handle);
void sftp_put_attrs(struct sftp_out *o, uint32_t id,
    const struct sftp_attrs *a);

/*
 * Data is read straight into the reply: begin returns where len bytes may go
 * (NULL: no room), end takes how many there were.
 */
uint8_t *sftp_data_begin(struct sftp_out *o, size_t len);
void sftp_data_end(struct sftp_out *o, uint32_t id, size_t len);

/* Names: begin, add each (-1: this page is full), end with their number. */
void sftp_names_begin(struct sftp_out *o, size_t *ret_at);
int sftp_names_add(struct sftp_out *o, size_t at, const char *name,
    const char *longname, const struct sftp_attrs *a);
void sftp_names_end(struct sftp_out *o, size_t at, uint32_t id, uint32_t n);

/* A reply of 64-bit numbers: limits@ and statvfs@openssh.com. */
void sftp_put_numbers(struct sftp_out *o, uint32_t id, const uint64_t *v,
    size_t n);

#endif
