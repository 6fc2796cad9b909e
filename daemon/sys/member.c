#include "sys/member.h"

const char *
member_text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

json_int_t
member_number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}
