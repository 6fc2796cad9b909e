#ifndef ZAYTON_SYS_CONF_H
#define ZAYTON_SYS_CONF_H

#include <stdint.h>

#include "sys/err.h"

/*
 * zayton.conf: assignments in Lua syntax, read in a box without any library.
 * zayton.conf(5) explains each; unknown names are refused with the nearest.
 */
struct conf {
	char listen[64];          /* address:port */
	char user[33];            /* to become where started as root */
	int sessions_max;         /* connections at once */
	int sessions_per_source;  /* connections at once from one source */
	int source_prefix_ipv4;   /* bits of an address that make a source */
	int source_prefix_ipv6;   /* the same of IPv6 */
	int startups_begin;       /* above it half-open ones are displaced */
	int startups_rate;        /* with this likelihood, in percent */
	int startups_max;         /* connections not yet logged in */
	int login_seconds;        /* wall clock until login */
	int login_packets;        /* of a client until login */
	int penalty_silent;       /* seconds: gone before keys were exchanged */
	int penalty_key;          /* offered no known key */
	int penalty_grace;        /* no login in time, or displaced */
	int penalty_protocol;     /* more than login_packets */
	int penalty_crash;        /* its session died */
	int penalty_min;          /* above it a source is not let in */
	int penalty_max;          /* no more than this */
	char penalty_exempt[256]; /* nets that get none; "none" */
	int idle_seconds;         /* a session without a packet */
	int uploads_open_max;     /* open upload handles in one session */
	int64_t upload_bytes_max; /* of one bundle */
	int64_t disk_reserve;     /* bytes kept free: OPEN is refused below */
	int workers_max;          /* 0: one for each processor */
	int worker_seconds;       /* CPU seconds of one worker */
	int64_t worker_bytes;     /* memory of one worker */
	int64_t unpacked_bytes_max; /* of one bundle */
	int visible_hours;          /* an uploaded name stays listed */
	int unfinished_hours;       /* an upload may be taken up again */
	char notify[256];           /* a program told of events; "none" */
	char notify_url[512];       /* or an address */
	int notify_seconds;         /* of one call */
	int ssh_strict;             /* only algorithms without reproach */
	char log[8];                /* "text" or "json" */
	int log_debug;
	int queries_per_day; /* of one institution */
	int extract_days;    /* an extract can be fetched */
	int bundle_days;     /* the file of a bundle is kept, */
	int report_days;     /* its report, */
	int receipt_days;    /* the copies of its receipts, */
	int access_days;     /* who logged in and what files went */
};

/* Reads the file over the defaults. */
int conf_read(const char *path, struct conf *ret_c, struct err *e);

#endif
