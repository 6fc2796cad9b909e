#ifndef ZAYTON_SYS_FRAME_H
#define ZAYTON_SYS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "sys/err.h"

/*
 * Typed messages between roles over SOCK_SEQPACKET socket pairs: one packet is
 * one frame, with up to FRAME_FDS descriptors beside it. What is put in by
 * frame_put_* comes out in the same order by frame_get_*; a frame that is too
 * short, or has bytes left at frame_end, is a protocol fault and the reader
 * hangs up. Integers travel in host order: both ends are the same binary.
 */

enum { FRAME_MAX = 61440, FRAME_FDS = 5 };

struct frame {
	uint16_t type; /* enum message, see message.h */
	size_t len;
	size_t pos;
	int bad; /* something did not fit, or was not there */
	int nfds;
	int fds[FRAME_FDS]; /* owned after frame_recv until taken */
	unsigned char data[FRAME_MAX];
};

/* A pair of connected ends, both close-on-exec. */
int frame_pair(int ret_fd[2], struct err *e);

void frame_start(struct frame *f, uint16_t type);
void frame_put_u8(struct frame *f, uint8_t v);
void frame_put_u32(struct frame *f, uint32_t v);
void frame_put_u64(struct frame *f, uint64_t v);
void frame_put_bytes(struct frame *f, const void *p, size_t len);
void frame_put_str(struct frame *f, const char *s);
/* The descriptor stays the caller's; the peer gets a copy. */
void frame_put_fd(struct frame *f, int fd);

/*
 * Sends it whole, waiting where the socket is full. ERR_RETRY when the peer
 * is gone.
 */
int frame_send(int sock, const struct frame *f, struct err *e);
/* The same without waiting: 1 sent, 0 the socket is full, -1. */
int frame_offer(int sock, const struct frame *f, struct err *e);

/*
 * 1 a frame, 0 the peer has closed, -1 failed. Descriptors that arrive are
 * close-on-exec and belong to f until frame_get_fd hands them over.
 */
int frame_recv(int sock, struct frame *f, struct err *e);

uint8_t frame_get_u8(struct frame *f);
uint32_t frame_get_u32(struct frame *f);
uint64_t frame_get_u64(struct frame *f);
/* Copies a NUL-terminated string; longer than size, or with a NUL inside: bad. */
void frame_get_str(struct frame *f, char *buf, size_t size);
/* Copies at most size bytes and returns how many there were. */
size_t frame_get_bytes(struct frame *f, void *buf, size_t size);
/* Exactly len bytes, else bad. */
void frame_get_exact(struct frame *f, void *buf, size_t len);
/* The next descriptor, now the caller's; -1 and bad where there is none. */
int frame_get_fd(struct frame *f);

/* 0 where everything was there and nothing is left; closes unclaimed fds. */
int frame_end(struct frame *f, struct err *e);

#endif
