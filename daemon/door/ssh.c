#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "door/ssh.h"
#include "sys/mem.h"
#include "sys/sign.h"

enum {
	GOOD_BYE_MS = 2000,
	READS_PER_TURN = 64,  /* of 4 KiB each: libssh reads no more at once */
	KEYS_REFUSED_MAX = 6, /* then the client is shown out */
	PACKET_BYTES = 4096,  /* of one until login, on the average */
	INCOMING_MAX = 64 << 20 /* far above the window: never reached */
};

struct sshd {
	struct sshd_hooks hooks;
	ssh_bind bind;
	ssh_session session;
	ssh_event event;
	ssh_channel channel;
	struct ssh_server_callbacks_struct server;
	struct ssh_channel_callbacks_struct channel_callbacks;
	struct buf incoming;
	struct ssh_counter_struct bytes, packets; /* kept by libssh */
	uint64_t packets_max;
	int logged_in;
	int refused;
	int exchanged;
	int started;
	int at_end;
	int over;
};

/* --- policies ----------------------------------------------------------- */

/*
 * A DHE exchange costs a hundred times an elliptic one, and compression feeds
 * decompression bombs: neither is offered.
 */
#define CIPHERS                                          \
	"aes128-gcm@openssh.com,aes256-gcm@openssh.com," \
	"chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr"
#define CURVE25519 "curve25519-sha256,curve25519-sha256@libssh.org"
#define ETM        "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com"

/*
 * strict: without the curves of NIST and MACs of the plain text. libssh2, of
 * which curl is made, has no MAC of the other kind.
 */
static const struct {
	enum ssh_bind_options_e option;
	const char *value;
	const char *strict; /* NULL: the same */
} policy[] = {
	{ SSH_BIND_OPTIONS_KEY_EXCHANGE, CURVE25519 ",ecdh-sha2-nistp256",
	    CURVE25519 },
	{ SSH_BIND_OPTIONS_CIPHERS_C_S, CIPHERS, NULL },
	{ SSH_BIND_OPTIONS_CIPHERS_S_C, CIPHERS, NULL },
	{ SSH_BIND_OPTIONS_HMAC_C_S, ETM ",hmac-sha2-256,hmac-sha2-512", ETM },
	{ SSH_BIND_OPTIONS_HMAC_S_C, ETM ",hmac-sha2-256,hmac-sha2-512", ETM },
	{ SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES,
	    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
	    "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256",
	    NULL },
	{ SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS,
	    "ssh-ed25519,ecdsa-sha2-nistp256", "ssh-ed25519" },
	{ SSH_BIND_OPTIONS_BANNER, "Zayton", NULL },
};

static int
set_policy(struct sshd *s, int strict, struct err *e)
{
	bool no = false;

	if (ssh_bind_options_set(s->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG,
		&no) != SSH_OK)
		return err_set(e, ERR_HOLD, "libssh insists on its files");
	for (size_t i = 0; i < sizeof(policy) / sizeof(policy[0]); i++) {
		const char *value = strict && policy[i].strict != NULL
					? policy[i].strict
					: policy[i].value;

		if (ssh_bind_options_set(s->bind, policy[i].option, value) !=
		    SSH_OK)
			return err_set(e, ERR_HOLD, "libssh refuses '%s'",
			    value);
	}
	return 0;
}

/* Each "-----BEGIN ... END ...-----" of the text is one host key. */
static int
import_keys(struct sshd *s, const char *keys, struct err *e)
{
	static const char end[] = "-----END OPENSSH PRIVATE KEY-----";
	const char *p = keys;
	const char *stop;

	while ((stop = strstr(p, end)) != NULL) {
		char *pem = xstrndup(p, (size_t)(stop - p) + strlen(end) + 1);
		ssh_key key = NULL;
		int rc =
		    ssh_pki_import_privkey_base64(pem, NULL, NULL, NULL, &key);

		explicit_bzero(pem, strlen(pem));
		free(pem);
		/* The bind takes the key. */
		if (rc != SSH_OK ||
		    ssh_bind_options_set(s->bind, SSH_BIND_OPTIONS_IMPORT_KEY,
			key) != SSH_OK)
			return err_set(e, ERR_HOLD, "a host key is no key");
		p = stop + strlen(end);
		p += *p == '\n';
	}
	return 0;
}

/* --- what libssh calls -------------------------------------------------- */

/* A public key in its wire form, which libssh gives only in base 64. */
static int
key_blob(ssh_key key, struct buf *blob)
{
	enum ssh_keytypes_e type = ssh_key_type(key);
	const char *name = type == SSH_KEYTYPE_ECDSA_P256 ||
				   type == SSH_KEYTYPE_ECDSA_P384 ||
				   type == SSH_KEYTYPE_ECDSA_P521
			       ? ssh_pki_key_ecdsa_name(key)
			       : ssh_key_type_to_char(type);
	char *base64 = NULL;
	char *line;
	char word[64];
	char comment[8];
	struct err e;
	int rc;

	if (name == NULL ||
	    ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK)
		return -1;
	line = xasprintf("%s %s", name, base64);
	ssh_string_free_char(base64);
	rc = sign_public_line(line, strlen(line), word, sizeof(word), blob,
	    comment, sizeof(comment), &e);
	free(line);
	return rc == 1 ? 0 : -1;
}

static int
on_key(ssh_session session, const char *user, struct ssh_key_struct *pubkey,
    char signature_state, void *arg)
{
	enum { BLOB_MAX = 8192 };
	struct sshd *s = arg;
	struct buf blob;
	int yes;

	(void)session;
	if (s->over || (signature_state != SSH_PUBLICKEY_STATE_NONE &&
			   signature_state != SSH_PUBLICKEY_STATE_VALID))
		return SSH_AUTH_DENIED;
	buf_init(&blob, BLOB_MAX);
	yes = key_blob(pubkey, &blob) == 0 &&
	      s->hooks.key(s->hooks.arg, user, blob.data, blob.len) == 1;
	buf_done(&blob);
	if (!yes) {
		s->over = ++s->refused >= KEYS_REFUSED_MAX;
		return SSH_AUTH_DENIED;
	}
	if (signature_state == SSH_PUBLICKEY_STATE_NONE)
		return SSH_AUTH_SUCCESS;
	if (s->hooks.logged_in(s->hooks.arg, user) == -1) {
		s->over = 1;
		return SSH_AUTH_DENIED;
	}
	s->logged_in = 1;
	return SSH_AUTH_SUCCESS;
}

static ssh_string
no_gssapi(ssh_session session, const char *user, int n, ssh_string *oids,
    void *arg)
{
	(void)session;
	(void)user;
	(void)n;
	(void)oids;
	(void)arg;
	return NULL;
}

static int
on_subsystem(ssh_session session, ssh_channel channel, const char *name,
    void *arg)
{
	struct sshd *s = arg;

	(void)session;
	(void)channel;
	if (strcmp(name, "sftp") != 0 || s->started)
		return 1;
	s->started = 1;
	return 0;
}

/* Only copied here: writing to the channel would call back again. */
static int
on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
    int is_stderr, void *arg)
{
	struct sshd *s = arg;

	(void)session;
	(void)channel;
	if (!is_stderr)
		buf_add(&s->incoming, data, len);
	return (int)len;
}

static void
on_end(ssh_session session, ssh_channel channel, void *arg)
{
	struct sshd *s = arg;

	(void)session;
	(void)channel;
	s->at_end = 1;
}

static int
on_exec(ssh_session session, ssh_channel channel, const char *command,
    void *arg)
{
	static const char text[] =
	    "只提供 SFTP 服务 / this server speaks SFTP only "
	    "(scp: use a version that does, or sftp)\r\n";

	(void)session;
	(void)command;
	(void)arg;
	(void)ssh_channel_write_stderr(channel, text, sizeof(text) - 1);
	return 1;
}

static ssh_channel
on_channel(ssh_session session, void *arg)
{
	struct sshd *s = arg;

	if (s->channel != NULL)
		return NULL;
	s->channel = ssh_channel_new(session);
	if (s->channel != NULL)
		(void)ssh_set_channel_callbacks(s->channel,
		    &s->channel_callbacks);
	return s->channel;
}

/* What no callback took is refused, not left waiting. */
static int
refuse(ssh_session session, ssh_message message, void *arg)
{
	(void)session;
	(void)message;
	(void)arg;
	return 1;
}

static void
set_callbacks(struct sshd *s)
{
	s->server.userdata = s;
	s->server.auth_pubkey_function = on_key;
	s->server.gssapi_select_oid_function = no_gssapi;
	s->server.channel_open_request_session_function = on_channel;
	ssh_callbacks_init(&s->server);
	s->channel_callbacks.userdata = s;
	s->channel_callbacks.channel_subsystem_request_function = on_subsystem;
	s->channel_callbacks.channel_exec_request_function = on_exec;
	s->channel_callbacks.channel_data_function = on_data;
	s->channel_callbacks.channel_eof_function = on_end;
	s->channel_callbacks.channel_close_function = on_end;
	ssh_callbacks_init(&s->channel_callbacks);
}

/* --- the life of a connection ------------------------------------------- */

int
sshd_prepare(const char *keys, size_t len, int strict,
    const struct sshd_hooks *hooks, uint64_t packets, struct sshd **ret_s,
    struct err *e)
{
	struct sshd *s = xcalloc(1, sizeof(*s));
	char *text = xstrndup(keys, len);
	int rc = -1;

	s->hooks = *hooks;
	s->packets_max = packets;
	buf_init(&s->incoming, INCOMING_MAX);
	set_callbacks(s);
	s->bind = ssh_bind_new();
	s->session = ssh_new();
	s->event = ssh_event_new();
	if (s->bind == NULL || s->session == NULL || s->event == NULL)
		err_set(e, ERR_RETRY, "no memory for libssh");
	else if (set_policy(s, strict, e) == 0)
		rc = import_keys(s, text, e);
	explicit_bzero(text, len);
	free(text);
	if (rc == -1) {
		sshd_done(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

void
sshd_done(struct sshd *s)
{
	if (s == NULL)
		return;
	if (s->event != NULL)
		ssh_event_free(s->event);
	ssh_free(s->session);
	ssh_bind_free(s->bind);
	buf_done(&s->incoming);
	free(s);
}

static int
fault(struct sshd *s, struct err *e)
{
	return err_set(e, ERR_SENDER, "%.200s", ssh_get_error(s->session));
}

int
sshd_accept(struct sshd *s, int fd, struct err *e)
{
	if (ssh_bind_accept_fd(s->bind, s->session, fd) != SSH_OK)
		return err_set(e, ERR_RETRY, "%.200s%.200s",
		    ssh_get_error(s->bind), ssh_get_error(s->session));
	(void)ssh_set_server_callbacks(s->session, &s->server);
	ssh_set_message_callback(s->session, refuse, s);
	ssh_set_auth_methods(s->session, SSH_AUTH_METHOD_PUBLICKEY);
	ssh_set_counters(s->session, &s->bytes, &s->packets);
	ssh_set_blocking(s->session, 0);
	/* The session has no poll context until the exchange has begun. */
	if (ssh_handle_key_exchange(s->session) == SSH_ERROR ||
	    ssh_event_add_session(s->event, s->session) != SSH_OK)
		return fault(s, e);
	return 0;
}

/* Its poll flags ask for POLLOUT after every write: what is left counts. */
short
sshd_wants(const struct sshd *s)
{
	int left = ssh_get_status(s->session) & SSH_WRITE_PENDING;

	return (short)(POLLIN | (left != 0 ? POLLOUT : 0));
}

/* Reads and writes what can be, for a turn's worth. */
static int
pump(struct sshd *s, struct err *e)
{
	int rc = SSH_OK;

	for (int i = 0; rc == SSH_OK && !s->over && i < READS_PER_TURN; i++) {
		rc = ssh_event_dopoll(s->event, 0);
		if (sshd_foul(s))
			return err_set(e, ERR_SENDER,
			    "no login in %llu packets",
			    (unsigned long long)s->packets.in_packets);
	}
	return rc == SSH_ERROR ? fault(s, e) : 0;
}

int
sshd_turn(struct sshd *s, struct err *e)
{
	if (!s->exchanged) {
		switch (ssh_handle_key_exchange(s->session)) {
		case SSH_OK:
			s->exchanged = 1;
			break;
		case SSH_AGAIN:
			break;
		default:
			return fault(s, e);
		}
	}
	if (pump(s, e) == -1)
		return -1;
	if ((ssh_get_status(s->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0)
		return fault(s, e);
	if (s->over)
		return err_set(e, ERR_SENDER, "too many keys");
	if (!buf_ok(&s->incoming))
		return err_set(e, ERR_SENDER, "more than its window");
	return 0;
}

int
sshd_exchanged(const struct sshd *s)
{
	return s->exchanged;
}

int
sshd_foul(const struct sshd *s)
{
	return !s->logged_in &&
	       (s->packets.in_packets > s->packets_max ||
		   s->bytes.in_bytes > s->packets_max * PACKET_BYTES);
}

int
sshd_started(const struct sshd *s)
{
	return s->started;
}

struct buf *
sshd_incoming(struct sshd *s)
{
	return &s->incoming;
}

int
sshd_at_end(const struct sshd *s)
{
	return s->at_end;
}

long
sshd_send(struct sshd *s, const void *p, size_t len)
{
	uint32_t window = ssh_channel_window_size(s->channel);
	int n;

	if (len > window)
		len = window;
	if (len == 0)
		return 0;
	/* After a write libssh holds the next back until it saw POLLOUT. */
	if ((ssh_get_poll_flags(s->session) & SSH_WRITE_PENDING) != 0 &&
	    ssh_event_dopoll(s->event, 0) == SSH_ERROR)
		return -1;
	n = ssh_channel_write(s->channel, p, (uint32_t)len);
	return n == SSH_ERROR ? -1 : n;
}

void
sshd_remark(struct sshd *s, const char *text, size_t len)
{
	if (s->channel != NULL && len <= ssh_channel_window_size(s->channel))
		(void)ssh_channel_write_stderr(s->channel, text, (uint32_t)len);
}

void
sshd_finish(struct sshd *s)
{
	if (s->channel == NULL)
		return;
	(void)ssh_channel_request_send_exit_status(s->channel, 0);
	(void)ssh_channel_send_eof(s->channel);
	(void)ssh_channel_close(s->channel);
	(void)ssh_blocking_flush(s->session, GOOD_BYE_MS);
	/* Who hangs up first leaves the other a complaint: let it be them. */
	for (int ms = 0; ms < GOOD_BYE_MS; ms += 50)
		if (ssh_event_dopoll(s->event, 50) == SSH_ERROR ||
		    (ssh_get_status(s->session) &
			(SSH_CLOSED | SSH_CLOSED_ERROR)) != 0)
			return;
}
