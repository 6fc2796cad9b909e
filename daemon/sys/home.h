#ifndef ZAYTON_SYS_HOME_H
#define ZAYTON_SYS_HOME_H

#include "sys/err.h"

/*
 * The instance directory: -C DIR, else $ZAYTON_HOME, else the current
 * directory. Every path below it is named here once.
 */
#define HOME_CONF         "zayton.conf"
#define HOME_BASE         "exchange.db"
#define HOME_KEYS         "keys"
#define HOME_RECEIPT_KEY  "keys/receipt_ed25519"
#define HOME_HOST_ED25519 "keys/host_ed25519"
#define HOME_HOST_ECDSA   "keys/host_ecdsa"
#define HOME_SPOOL        "spool"
#define HOME_DROP         "spool/drop"
#define HOME_ACCOUNTS \
	"accounts" /* accounts/NAME/{upload,check,receipts,reports} */
#define HOME_STANDARDS "standards" /* what accounts see as /standards */
#define HOME_VERIFIER  "standards/ledger.vkey"
#define HOME_SCHEMAS   "schemas"
#define HOME_RULES     "rules"
#define HOME_HOOKS     "hooks" /* what programs that are told of events use */
#define HOME_LUA       "lua"
#define HOME_RUN       "run"
#define HOME_LOCK      "run/lock"
#define HOME_SOCKET    "run/keeper.sock"
#define HOME_BOOT      "run/boot" /* the kernel's start it last ran under */

/*
 * Opens the instance and makes it the current directory. ERR_HOLD where it is
 * not an instance, with what to do.
 */
int home_enter(const char *dir, struct err *e);

/* Makes every folder of an instance that is not there, in the current one. */
int home_folders(struct err *e);

/*
 * Where the shipped schemas, rules and lua stand: $ZAYTON_SHARE, beside the
 * binary (../share/zayton, or the source tree it was built in), else the
 * prefix it was built for. NULL where none of them is there.
 */
const char *home_share(void);

#endif
