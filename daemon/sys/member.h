#ifndef ZAYTON_SYS_MEMBER_H
#define ZAYTON_SYS_MEMBER_H

#include <jansson.h>

/* Members of JSON objects that need not be there, or not be what they should. */

/* The text of a member, the object's; "" where there is none. */
const char *member_text(const json_t *o, const char *name);
/* Its whole number; 0 where there is none. */
json_int_t member_number(const json_t *o, const char *name);

#endif
