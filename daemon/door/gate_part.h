#ifndef ZAYTON_DOOR_GATE_PART_H
#define ZAYTON_DOOR_GATE_PART_H

#include <stdint.h>
#include <sys/types.h>

#include "door/callers.h"
#include "door/limits.h"
#include "sys/conf.h"
#include "sys/copies.h"
#include "sys/frame.h"
#include "sys/message.h"

/* Between gate.c and gate_visit.c only: who is here. */

enum { VISITS_MAX = 10240 };

/* A visitor, and the processes that serve him. */
struct visit {
	struct limits_visitor who;
	pid_t session; /* 0: it has died, with this status */
	int status;
	int fd; /* our end of its frame socket */
	int logged_in;
	uint32_t serial; /* names it towards the keeper */
	uint32_t tag;    /* of the question it asks */
	int64_t until;   /* login has to be done, in seconds */
	char address[64];
	char user[ACCOUNT_TEXT]; /* the keeper said yes to */
	enum account_role role;
};

struct gate {
	struct conf conf;
	int listen;
	int keeper;
	int keys; /* memory file with both host keys */
	int signals;
	struct pattern sessions;
	struct pattern filers;
	struct limits *limits;
	struct callers callers;
	uint32_t verdicts[LIMITS_VERDICTS]; /* not told yet */
	uint32_t faults[LIMITS_FAULTS];     /* the same */
	int64_t told_at;                    /* in seconds */
	int64_t logged_at;                  /* refusals, in seconds */
	int logged;
	struct visit *visit[VISITS_MAX];
	size_t nvisits;
	uint32_t serial;
	int stopping;
	struct frame frame;
};

/* In seconds; only grows. */
int64_t gate_now(void);

/* Both patterns run before there is a visitor, and again where one has died. */
int gate_patterns(struct gate *g, struct err *e);

/* A session for a socket, which stays the caller's. */
int gate_session(struct gate *g, struct visit *v, int fd, struct err *e);
/* The filer of one who has logged in. */
int gate_filer(struct gate *g, struct visit *v, struct err *e);

/*
 * A visit has ended or has to, and its fault counts against its source;
 * FAULT_NONE: its session, which has hung up, knows. The last visit takes its
 * place.
 */
void gate_end(struct gate *g, size_t at, enum limits_fault fault);
/* The same of one whose place is needed. */
void gate_displace(struct gate *g, const struct limits_visitor *who);

/* A child has died: its visit may not know yet. */
void gate_death(struct gate *g, pid_t pid, int status);

#endif
