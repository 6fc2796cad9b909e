#ifndef ZAYTON_KEEPER_KEEPER_H
#define ZAYTON_KEEPER_KEEPER_H

#include <jansson.h>
#include <stdint.h>

#include "sys/boot.h"
#include "sys/buf.h"
#include "sys/conf.h"
#include "sys/err.h"
#include "sys/frame.h"
#include "sys/message.h"

/*
 * The keeper: the only writer of the base. It hears the gate, the watch, every
 * filer and the commands, and works in rounds: all that is ready is heard,
 * one slice of merging is done, then one commit for everything (group commit),
 * and only then is anybody answered. A crash before the commit leaves nothing;
 * after it, what was promised is found again at the next start.
 */
int keeper_role(int argc, char **argv);

struct db;
struct jobs;
struct reports;
struct standing;
struct linking;
struct recall;
struct answer;
struct checkpoints;
struct metrics;

enum peer_kind {
	PEER_NONE,
	PEER_GATE,
	PEER_WATCH,
	PEER_REPORTER,
	PEER_FILER, /* speaks for account */
	PEER_COMMAND
};

enum { PEERS_MAX = 4096 };

struct peer {
	int fd;
	enum peer_kind kind;
	char account[ACCOUNT_TEXT];
	char address[64];
};

struct keeper {
	struct conf conf;
	char boot[BOOT_TEXT]; /* this start of the kernel */
	struct db *db;
	struct standing *standing; /* rules in force */
	struct linking *linking;   /* NULL: these rules have none */
	struct recall *recall;     /* what is compared now, NULL nothing */
	int spool;                 /* descriptor of the spool */
	int signer;
	int watch;
	int messenger;   /* -1: nobody is told */
	json_t *notices; /* owned: for the messenger, after the commit */
	int ready;
	int key_turns; /* another key signs receipts after the commit */
	int stopping;
	int later;            /* work was put off for uploads */
	int series;           /* uploads that came one after the other */
	int64_t uploaded_at;  /* milliseconds: the last upload told */
	int64_t committed_at; /* and the last commit */
	char looked_on[16];   /* the last day whose schedule is done */
	char told_on[16];     /* and whose catalogues and lists are made */
	char tidied_on[16];   /* and on which old files went */
	int drops_wait;       /* files that are to be removed */
	struct jobs *jobs;
	struct checkpoints *checkpoints; /* NULL: none were looked at yet */
	struct metrics *metrics;         /* NULL: nothing was counted yet */
	struct reports *reports;
	const struct buf *beside; /* the long text of a request, NULL none */
	struct peer peer[PEERS_MAX];
	size_t npeers;
	struct frame in;
	struct frame out;
};

/* Ends all sessions of an account, and what is on its way to them. */
void keeper_hang_up(struct keeper *k, const char *account);

#endif
