#ifndef ZAYTON_SYS_MESSAGE_H
#define ZAYTON_SYS_MESSAGE_H

/*
 * Every frame that passes between roles, by pair of roles, with what it holds
 * in order. tag is chosen by the asker and comes back with the answer.
 */

enum {
	DIGEST_BYTES = 32, /* SHA-256 */
	DIGEST_TEXT = 65,  /* in hex, with NUL */
	ID_TEXT = 27,      /* a ULID with NUL: bundle ids */
	ACCOUNT_TEXT = 33, /* [a-z0-9_-]{1,32} with NUL */
	NAME_TEXT = 181,   /* a bundle's name as sent, UTF-8, with NUL */
	SPOOL_TEXT = 256   /* a file name in the spool */
};

/* What an account is, which decides what it sees over SFTP. */
enum account_role {
	ACCOUNT_DEPARTMENT,
	ACCOUNT_INSTITUTION,
	ACCOUNT_ENTERPRISE,
	ACCOUNT_UPSTREAM
};

/* In place of an exit status: no worker could be started. */
enum { WORKED_NEVER = 256 };

/* What a worker gets beside the bundle. */
enum work_fifth {
	WORK_NOTHING,
	WORK_SIGNED,   /* the bundle that a signature is for */
	WORK_CORRECTED /* what is known of rows that are corrected: JSON */
};

enum message {
	/*
	 * gate -> keeper: may this key log in as this user?
	 * u32 tag, str user, bytes key (SSH wire form), str peer address
	 */
	MESSAGE_LOGIN = 1,
	/* keeper -> gate: u32 tag, u8 yes, str account, u8 role */
	MESSAGE_LOGIN_ANSWER,
	/* keeper -> gate: end the sessions of this account at once. str account */
	MESSAGE_HANG_UP,
	/*
	 * gate -> keeper: a filer of this account speaks on the descriptor.
	 * str account, str peer address, fd
	 */
	MESSAGE_FILER,

	/*
	 * gate -> keeper: how many callers had each verdict, and how many
	 * visits ended with each fault (door/limits.h), since the last time.
	 * u32 for each, in their order
	 */
	MESSAGE_CALLERS,

	/*
	 * filer, watch -> keeper: this file now stands, durable, in
	 * received/. code is "" or why its container was refused.
	 * u32 tag, str spool file name, u64 bytes, exact 32 sha256,
	 * str code, str zh, str en
	 */
	MESSAGE_UPLOADED,
	/*
	 * keeper -> filer, watch: it is in the ledger (CLOSE may answer OK).
	 * u32 tag
	 */
	MESSAGE_TAKEN,
	/*
	 * filer -> keeper: one line for the access log, no answer.
	 * str operation, str name, u64 bytes, str sha256 or "", str outcome
	 */
	MESSAGE_ACCESS,

	/*
	 * watch -> keeper: there is room for n more workers.
	 * u32 n
	 */
	MESSAGE_ROOM,
	/*
	 * keeper -> watch: run a worker. fds: bundle (read), pack (read),
	 * rows (write), rejected rows (write), and perhaps a fifth (read).
	 * str id, str bundle name, u8 kind, str provider, u64 bytes,
	 * str received at (RFC 3339), str fingerprints of the account's keys
	 * for a signature, else "", str exceptions (see way/work.h), str
	 * SHA-256 of the pack, u8 what the fifth is (enum work_fifth)
	 */
	MESSAGE_WORK,
	/*
	 * keeper -> watch: run an extract, answered as a worker is. fds: pack
	 * (read), summary (write).
	 * str id, u64 number of the query, str account, str day
	 */
	MESSAGE_EXTRACT,
	/* watch -> keeper: str id, u64 bytes read, u64 rows */
	MESSAGE_PROGRESS,
	/*
	 * watch -> keeper: str id, u32 exit status or WORKED_NEVER, u32 signal,
	 * str last words
	 */
	MESSAGE_WORKED,
	/*
	 * watch -> keeper: this file stands in received/ at a rescan.
	 * str spool file name
	 */
	MESSAGE_SEEN,
	/*
	 * keeper -> watch: it is not in the ledger: digest and check it, then
	 * send MESSAGE_UPLOADED. str spool file name
	 */
	MESSAGE_UNKNOWN,

	/*
	 * keeper -> signer: u32 tag, str namespace, exact 64 sha512
	 * signer -> keeper: u32 tag, str armored SSHSIG
	 */
	MESSAGE_SIGN,
	MESSAGE_SIGNED,
	/*
	 * keeper -> signer: u32 tag, str checkpoint (the text of a note)
	 * signer -> keeper: MESSAGE_SIGNED with its signature line
	 */
	MESSAGE_SIGN_NOTE,

	/* keeper -> signer: u32 tag; MESSAGE_SIGNED with its public key, a line */
	MESSAGE_SIGNER_KEY,
	/*
	 * keeper -> signer: u32 tag, fd: make the next key, and write its
	 * private file there; MESSAGE_SIGNED with its public key. Until it is
	 * used, checkpoints are signed by both.
	 */
	MESSAGE_NEXT_KEY,
	/* keeper -> signer: u32 tag: sign by the next key; MESSAGE_SIGNED "" */
	MESSAGE_USE_NEXT,

	/* keeper -> messenger, without an answer: str event (JSON) */
	MESSAGE_NOTIFY,

	/*
	 * keeper -> reporter: write a report.
	 * u32 tag, u8 kind, str what it is of, str account, str folder below
	 * the account's reports
	 */
	MESSAGE_REPORT,
	/*
	 * reporter -> keeper: u32 tag, u8 end (0 it stands, 1 try again,
	 * 2 it cannot be, 3 nothing to tell), u64 findings of a task, exact 64 sha512 and exact 32 sha256 of its
	 * report.json, str why not
	 */
	MESSAGE_REPORTED,

	/*
	 * a command -> keeper, over run/keeper.sock: str request (JSON), u8
	 * whether a long text comes beside it, fd of a memory file with that
	 * text. keeper -> command: u32 exit status, fd of a memory
	 * file with the answer (JSON).
	 */
	MESSAGE_ASK,
	MESSAGE_ANSWER,
	/*
	 * a filer behind another SSH server -> keeper, over run/keeper.sock:
	 * str account. keeper -> filer: u8 yes, str account, u8 role. From
	 * then on the socket carries what a filer says.
	 */
	MESSAGE_FILER_HELLO,
	MESSAGE_FILER_WELCOME,

	/*
	 * session -> gate: u32 tag, str user, bytes key
	 * gate -> session: u32 tag, u8 yes
	 */
	MESSAGE_KEY,
	MESSAGE_KEY_ANSWER,
	/* session -> gate: the signature held for this user. str user */
	MESSAGE_LOGGED_IN,
	/* gate -> session: the filer's bytes, and its remarks. fd, fd */
	MESSAGE_STREAM,
	/*
	 * To a pattern (sys/copies.h), for one copy.
	 * gate -> sessions: str peer address, fd of frames, fd of the socket.
	 * gate -> filers: str account, u8 role, fd of the stream, fd to the
	 * keeper, fd of remarks.
	 * watch -> workers: str id, str name, u8 kind, str provider,
	 * str received at, str fingerprints, str exceptions, u8 what the fifth
	 * is;
	 * fds: bundle (read), rows (write), rejected rows (write), its end of
	 * the progress socket, and perhaps a fifth.
	 */
	MESSAGE_ORDER,
	/* The answer: u32 pid of the copy, a child of who ordered; or 0 */
	MESSAGE_COPY
};

#endif
