#ifndef ZAYTON_WAY_PATTERN_H
#define ZAYTON_WAY_PATTERN_H

/*
 * The pattern of workers: a process that has read the standards of a pack, as
 * they are in force on a day, and waits. For each order it makes a copy of
 * itself, a child of the watch, which enters its jail, takes one bundle to its
 * verdict and ends. So every bundle has a fresh process, and none has to wait
 * until the standards are read. The pattern itself sees no byte of a sender
 * and runs no script: what can go wrong there goes wrong in one copy.
 *
 * zayton -x pattern orders=FD pack=FD DAY UNPACKED MEMORY; orders come as
 * MESSAGE_ORDER and are answered by MESSAGE_COPY.
 */
int pattern_role(int argc, char **argv);

#endif
