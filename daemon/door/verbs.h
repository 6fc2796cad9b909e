#ifndef ZAYTON_DOOR_VERBS_H
#define ZAYTON_DOOR_VERBS_H

#include "door/tree.h"

/*
 * Every request there is, in one table, and the one place where it is decided
 * who may do what: by the verb's class, the role, and the folder.
 */

enum verb_class {
	VERB_SESSION, /* of the connection: always */
	VERB_HANDLE,  /* on a handle: was decided when it was opened */
	VERB_NAME,    /* a path as text, whether it exists or not */
	VERB_LOOK,    /* the root and every folder of the role */
	VERB_READ,    /* contents: folders for reading */
	VERB_CHANGE,  /* folders for writing */
	VERB_NEVER    /* nobody */
};

struct filer;

struct verb {
	uint8_t type;
	const char *name; /* the extension's; else for people */
	enum verb_class class;
	int paths;
	void (*run)(struct filer *f);
};

/* NULL where we do not know it. */
const struct verb *verbs_find(uint8_t type, const char *extension);

/* What an open asks for. */
enum verb_class verbs_open_class(uint32_t flags);

/* Whether a verb of this class may be used there. */
int verbs_permitted(enum verb_class c, enum account_role role,
    const struct place *p);

#endif
