#ifndef ZAYTON_SYS_MESSENGER_H
#define ZAYTON_SYS_MESSENGER_H

/*
 * The messenger: tells the administrator's command or web address of events,
 * one after the other, as JSON on standard input. It has neither the base nor
 * keys nor accounts. Nobody waits for it: what does not fit its queue is lost
 * with a line in the log, and the files in /reports and /receipts stay what
 * counts. A call that takes too long is ended; one that fails is tried again.
 */
int messenger_role(int argc, char **argv);

#endif
