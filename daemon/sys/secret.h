#ifndef ZAYTON_SYS_SECRET_H
#define ZAYTON_SYS_SECRET_H

#include "sys/err.h"

/* Private keys: who may read their files, and whose memory they are in. */

/*
 * Whether the instance's private keys are ours and nobody else's to read. -1
 * names the file and says what to do: nothing is served with such keys.
 */
int secret_files(struct err *e);

/* This process holds secrets: no core file, no look into it by others. */
void secret_process(void);

#endif
