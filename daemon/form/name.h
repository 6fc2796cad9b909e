#ifndef ZAYTON_FORM_NAME_H
#define ZAYTON_FORM_NAME_H

#include <stddef.h>

/*
 * The keys by which names of enterprises are compared. A name is never
 * replaced by a key; it is shown as registered.
 */

enum { NAME_MAX_BYTES = 1024 };

struct name_keys {
	char display[NAME_MAX_BYTES]; /* folded, notes behind it cut off */
	char k1[NAME_MAX_BYTES];      /* exact: no brackets, dots, dashes */
	char k2[NAME_MAX_BYTES]; /* the two legal forms of a company as one */
	char
	    k3[NAME_MAX_BYTES]; /* without region and form, for blocking only */
	char former[NAME_MAX_BYTES]; /* the name in a trailing note, or "" */
	char note[64];               /* a trailing note on its status, or "" */
	int branch; /* a branch, which never merges with its parent */
};

/*
 * Fills all the keys of a name. Returns 0, or -1 where it is longer than any
 * name can be or empty, and the keys are empty. Traditional characters are
 * simplified in the keys and kept in display and former.
 */
int name_keys(const char *s, size_t len, struct name_keys *ret);

#endif
