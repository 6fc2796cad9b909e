#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys/frame.h"

int
frame_pair(int ret_fd[2], struct err *e)
{
	int room = 4 * FRAME_MAX;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fd) == -1)
		return err_errno(e, ERR_RETRY, "cannot make a socket pair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(ret_fd[i], SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof(room));
	return 0;
}

void
frame_start(struct frame *f, uint16_t type)
{
	f->type = type;
	f->len = 0;
	f->pos = 0;
	f->bad = 0;
	f->nfds = 0;
}

static void
put(struct frame *f, const void *p, size_t len)
{
	if (len > FRAME_MAX - f->len) {
		f->bad = 1;
		return;
	}
	memcpy(f->data + f->len, p, len);
	f->len += len;
}

void
frame_put_u8(struct frame *f, uint8_t v)
{
	put(f, &v, sizeof(v));
}

void
frame_put_u32(struct frame *f, uint32_t v)
{
	put(f, &v, sizeof(v));
}

void
frame_put_u64(struct frame *f, uint64_t v)
{
	put(f, &v, sizeof(v));
}

void
frame_put_bytes(struct frame *f, const void *p, size_t len)
{
	frame_put_u32(f, (uint32_t)len);
	put(f, p, len);
}

void
frame_put_str(struct frame *f, const char *s)
{
	frame_put_bytes(f, s, strlen(s));
}

void
frame_put_fd(struct frame *f, int fd)
{
	if (f->nfds == FRAME_FDS || fd < 0)
		f->bad = 1;
	else
		f->fds[f->nfds++] = fd;
}

/* 1 sent, 0 the socket is full and wait is not set, -1. */
static int
send_one(int sock, const struct frame *f, int wait, struct err *e)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * FRAME_FDS)];
		struct cmsghdr align;
	} control;
	uint16_t type = f->type;
	struct iovec iov[2] = { { &type, sizeof(type) }, { NULL, f->len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (f->bad)
		return err_set(e, ERR_HOLD, "frame %u does not fit", f->type);
	memcpy(&iov[1].iov_base, &(const void *){ f->data }, sizeof(void *));
	if (f->nfds > 0) {
		struct cmsghdr *c = &control.align;

		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)f->nfds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)f->nfds);
		memcpy(CMSG_DATA(c), f->fds, sizeof(int) * (size_t)f->nfds);
	}
	while (sendmsg(sock, &msg, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)) ==
	       -1) {
		struct pollfd p = { .fd = sock, .events = POLLOUT };

		if (errno == EAGAIN && !wait)
			return 0;
		if (errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (errno != EINTR)
			return err_errno(e, ERR_RETRY, "cannot send frame %u",
			    f->type);
	}
	return 1;
}

int
frame_send(int sock, const struct frame *f, struct err *e)
{
	return send_one(sock, f, 1, e) == -1 ? -1 : 0;
}

int
frame_offer(int sock, const struct frame *f, struct err *e)
{
	return send_one(sock, f, 0, e);
}

static void
take_fds(struct frame *f, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		f->nfds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(f->fds, CMSG_DATA(c), sizeof(int) * (size_t)f->nfds);
	}
}

int
frame_recv(int sock, struct frame *f, struct err *e)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * FRAME_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec iov[2] = { { &f->type, sizeof(f->type) },
		{ f->data, sizeof(f->data) } };
	struct msghdr msg = { .msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n;

	frame_start(f, 0);
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		return 0;
	if (n == -1)
		return err_errno(e, ERR_RETRY, "cannot receive a frame");
	take_fds(f, &msg);
	if (n < (ssize_t)sizeof(f->type) ||
	    (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		f->bad = 1;
		return frame_end(f, e);
	}
	f->len = (size_t)n - sizeof(f->type);
	return 1;
}

void
frame_get_exact(struct frame *f, void *buf, size_t len)
{
	if (f->bad || len > f->len - f->pos) {
		f->bad = 1;
		memset(buf, 0, len);
		return;
	}
	memcpy(buf, f->data + f->pos, len);
	f->pos += len;
}

uint8_t
frame_get_u8(struct frame *f)
{
	uint8_t v;

	frame_get_exact(f, &v, sizeof(v));
	return v;
}

uint32_t
frame_get_u32(struct frame *f)
{
	uint32_t v;

	frame_get_exact(f, &v, sizeof(v));
	return v;
}

uint64_t
frame_get_u64(struct frame *f)
{
	uint64_t v;

	frame_get_exact(f, &v, sizeof(v));
	return v;
}

size_t
frame_get_bytes(struct frame *f, void *buf, size_t size)
{
	size_t len = frame_get_u32(f);

	if (len > size)
		f->bad = 1;
	if (f->bad)
		return 0;
	frame_get_exact(f, buf, len);
	return f->bad ? 0 : len;
}

void
frame_get_str(struct frame *f, char *buf, size_t size)
{
	size_t len = frame_get_bytes(f, buf, size - 1);

	buf[len] = '\0';
	if (memchr(buf, '\0', len) != NULL)
		f->bad = 1;
}

int
frame_get_fd(struct frame *f)
{
	int fd = -1;

	for (int i = 0; i < f->nfds && fd == -1; i++) {
		fd = f->fds[i];
		f->fds[i] = -1;
	}
	if (fd == -1)
		f->bad = 1;
	return fd;
}

int
frame_end(struct frame *f, struct err *e)
{
	for (int i = 0; i < f->nfds; i++)
		if (f->fds[i] != -1)
			(void)close(f->fds[i]);
	f->nfds = 0;
	if (f->bad || f->pos != f->len)
		return err_set(e, ERR_HOLD, "frame %u is not of its form",
		    f->type);
	return 0;
}
