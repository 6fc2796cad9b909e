#ifndef ZAYTON_SYS_CLOCK_H
#define ZAYTON_SYS_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that never goes back; only differences count. */
int64_t clock_milliseconds(void);

#endif
