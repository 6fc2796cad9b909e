#ifndef ZAYTON_SYS_BOOT_H
#define ZAYTON_SYS_BOOT_H

#include "sys/err.h"

/*
 * Whether the kernel was started anew since this instance ran last: after a
 * power cut what was written without fsync may be gone, or stand empty. The
 * death of a process loses nothing of the kind.
 */
enum { BOOT_TEXT = 64 };

/* The kernel's own name of this start; "" where it tells none. */
void boot_now(char id[BOOT_TEXT]);

/* 1 unless the instance was noted under this start: always where it is "". */
int boot_is_new(const char *id);

/* After all was made good. A crash before it: it is made good once more. */
int boot_note(const char *id, struct err *e);

#endif
