#ifndef ZAYTON_DOOR_SSH_H
#define ZAYTON_DOOR_SSH_H

#include <stddef.h>
#include <stdint.h>

#include "sys/buf.h"
#include "sys/err.h"

/*
 * The only door to libssh: transport and publickey login, one session channel
 * with the sftp subsystem. It decides nothing: whether a key is welcome is
 * asked of the caller, and what comes over the channel is handed to it. The
 * prefix is sshd_ because libssh owns ssh_.
 */

struct sshd;

struct sshd_hooks {
	/* May this key (wire form) log in as this user? 1 yes. */
	int (*key)(void *arg, const char *user, const void *blob, size_t len);
	/* Its signature held. 0, or -1 to hang up. */
	int (*logged_in)(void *arg, const char *user);
	void *arg;
};

/*
 * Everything that can be done before there is a connection: keys in PEM, one
 * behind the other, algorithms, policies. strict offers only what nobody has a
 * word against; clients that have no more than the older ones are lost. packets:
 * what a client may send until login, for libssh has no limit there and is
 * silent about bad signatures.
 */
int sshd_prepare(const char *keys, size_t len, int strict,
    const struct sshd_hooks *hooks, uint64_t packets, struct sshd **ret_s,
    struct err *e);
void sshd_done(struct sshd *s);

/* Takes the socket. */
int sshd_accept(struct sshd *s, int fd, struct err *e);

/* What to wait for on the socket: POLLIN and perhaps POLLOUT. */
short sshd_wants(const struct sshd *s);

/* Handles what is there. -1 where the connection is at its end. */
int sshd_turn(struct sshd *s, struct err *e);

/* Whether keys were exchanged. */
int sshd_exchanged(const struct sshd *s);
/* Whether more came than a login takes. */
int sshd_foul(const struct sshd *s);
/* Whether the client has begun the sftp subsystem. */
int sshd_started(const struct sshd *s);
/* What came over the channel since; taken by the caller (buf_consume). */
struct buf *sshd_incoming(struct sshd *s);
/* Whether the client will send no more. */
int sshd_at_end(const struct sshd *s);

/* Sends what the client's window takes; returns how much, or -1. */
long sshd_send(struct sshd *s, const void *p, size_t len);

/* A sentence for the person at the client: OpenSSH shows it on its terminal. */
void sshd_remark(struct sshd *s, const char *text, size_t len);

/* Says good-bye: exit status 0, end of data, close. */
void sshd_finish(struct sshd *s);

#endif
