#ifndef ZAYTON_WAY_PATTERN_H
#define ZAYTON_WAY_PATTERN_H

/*
 * The pattern of workers (sys/copies.h): it has read the standards of a pack,
 * as they are in force on a day. Each copy enters its jail, takes one bundle
 * to its verdict and ends: every bundle has a fresh process, and none has to
 * wait until the standards are read. The pattern runs no script: what can go
 * wrong there goes wrong in one copy.
 *
 * zayton -x workers orders=FD pack=FD DAY UNPACKED MEMORY
 */
int pattern_role(int argc, char **argv);

#endif
