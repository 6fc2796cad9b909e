#ifndef ZAYTON_WAY_WATCH_H
#define ZAYTON_WAY_WATCH_H

/*
 * The watch: sees what stands in received/ and drop/<account>/, tells the
 * keeper, and runs a worker for each bundle the keeper hands out. The
 * directory is the truth and inotify only a wake-up: there is a rescan at
 * start, on overflow of the queue and every few seconds.
 */
int watch_role(int argc, char **argv);

#endif
