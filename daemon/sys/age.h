#ifndef ZAYTON_SYS_AGE_H
#define ZAYTON_SYS_AGE_H

#include <stddef.h>

#include "sys/err.h"

/*
 * Encryption to SSH keys in the format of age, version 1: whoever has the
 * private key of one of the recipients opens it with "age -d -i KEY".
 */

struct age;

/* Takes bytes in order; 0, or -1. */
typedef int age_sink_fn(void *arg, const void *p, size_t len, struct err *e);

/* The public key of an ssh-ed25519 key, in SSH's wire form. */
struct age_recipient {
	const void *blob;
	size_t len;
};

/* Writes the header. ERR_HOLD where a recipient is of another kind. */
int age_open(age_sink_fn *sink, void *arg, const struct age_recipient *r,
    size_t n, struct age **ret_a, struct err *e);

/* An age_sink_fn itself: arg is the struct age. */
int age_put(void *arg, const void *p, size_t len, struct err *e);

/* The end, without which nobody opens it. In any case a is gone. */
int age_close(struct age *a, struct err *e);
void age_drop(struct age *a);

#endif
