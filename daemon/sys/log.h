#ifndef ZAYTON_SYS_LOG_H
#define ZAYTON_SYS_LOG_H

/*
 * One line per event on standard error: time, role, then a bundle id (or
 * "-"), a word, key=value. Foreign text goes through log_quote first.
 * Library parts never log: they return errors.
 */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* The environment by which a server tells its roles: "json", else text. */
#define LOG_FORM "ZAYTON_LOG"

/* The role named in every line, and the lowest level written. */
void log_init(const char *role, enum log_level level);
/* The role alone: of a process that became another. */
void log_rename(const char *role);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes the line and ends the process with status 75 (try again). */
void log_fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/*
 * Foreign text in quotes, escaped, cut at 256 bytes. The result stands in one
 * of four static buffers, used in turn.
 */
const char *log_quote(const char *s);

#endif
