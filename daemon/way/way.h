#ifndef ZAYTON_WAY_WAY_H
#define ZAYTON_WAY_WAY_H

/*
 * The way of a bundle: the stages in order, each with what it is given, what
 * it leaves, and whose process it runs in.
 *
 *  receive  (filer)   bytes of a client -> a durable file in received/,
 *                     a ledger line, CLOSE=OK            door/upload.c
 *  watch    (watch)   wakes, scans, starts workers       way/watch.c
 *  unpack   (worker)  a container -> its members         way/unpack.c
 *  read     (worker)  a member -> records with headers
 *                     matched to a data standard         way/read.c
 *  clean    (worker)  a record -> a row with typed
 *                     values and findings                way/clean.c
 *  link     (keeper)  a row -> its enterprise            way/link.c
 *  merge    (keeper)  a row -> the base, by natural key
 *                     and business date                  way/merge.c
 *  receipt  (keeper)  counts -> a signed receipt         way/receipt.c
 *  report   (worker)  rejected rows as they were sent    way/report.c
 *           (reporter) what the bundle was worth -> pages
 *                     and lists for its sender           way/reporter.c
 *
 * Beside it, for a query: what was decided of it -> a package for the
 * institution that asked (extract)                       extract/extract.c
 */

#endif
