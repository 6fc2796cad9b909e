#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/arena.h"
#include "rule/match.h"
#include "rule/pack.h"
#include "rule/schema_part.h"
#include "sys/clock.h"
#include "sys/mem.h"

/* The line on which "word" stands first behind "after", 1 where it does not. */
static int
line_of(const struct pack_file *f, const char *after, const char *word)
{
	const char *at = f->data;
	const char *const step[] = { after, word };
	int line = 1;

	for (size_t i = 0; i < 2; i++) {
		char quoted[80];
		const char *found;

		if (step[i] == NULL)
			continue;
		snprintf(quoted, sizeof(quoted), "\"%s\"", step[i]);
		found = memmem(at, f->len - (size_t)(at - f->data), quoted,
		    strlen(quoted));
		if (found != NULL)
			at = found + 1;
	}
	for (const char *c = f->data; c < at; c++)
		line += *c == '\n';
	return line;
}

/* A property that cannot be used; after is the field it belongs to or NULL. */
static int
bad(struct err *e, const struct pack_file *f, const char *after,
    const char *word, const char *what)
{
	return err_set(e, ERR_HOLD, "%s:%d: %s", f->name,
	    line_of(f, after, word), what);
}

/* Only what is known: a slip of the pen would pass unnoticed. */
static int
only_known(const struct pack_file *f, const json_t *o, const char *after,
    const char *const *known, struct err *e)
{
	const char *name;
	json_t *value;

	/* The iterator of jansson takes no const, and changes nothing. */
	for (void *at = json_object_iter((json_t *)(uintptr_t)o); at != NULL;
	     at = json_object_iter_next((json_t *)(uintptr_t)o, at)) {
		size_t i = 0;

		name = json_object_iter_key(at);
		value = json_object_iter_value(at);
		while (known[i] != NULL && strcmp(known[i], name) != 0)
			i++;
		if (known[i] == NULL && value != NULL)
			return err_set(e, ERR_HOLD,
			    "%s:%d: '%s' is no property of a standard; see "
			    "zayton-schema(5) for those that are",
			    f->name, line_of(f, after, name), name);
	}
	return 0;
}

static int
is_word(const char *s)
{
	if (s == NULL || !(*s >= 'a' && *s <= 'z') || strlen(s) > 63)
		return 0;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* A JSON list of strings, NULL-ended. */
static const char *const *
texts(struct schemas *s, const json_t *list)
{
	const char **out;
	size_t n = json_array_size(list);
	size_t k = 0;

	out = arena_alloc(s->arena, (n + 1) * sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		const char *t = json_string_value(json_array_get(list, i));

		if (t != NULL && t[0] != '\0')
			out[k++] = t;
	}
	out[k] = NULL;
	return out;
}

static const char *
fold(struct schemas *s, const char *name)
{
	char out[MATCH_BYTES];
	size_t len = strlen(name);

	if (len >= sizeof(out))
		return "";
	len = match_fold(name, len, out);
	return arena_text(s->arena, out, len);
}

/* Once for all bundles: each header is held against every name there is. */
static const char *const *
fold_names(struct schemas *s, const struct field *f)
{
	const char **out;
	size_t n = 0;

	while (f->synonyms[n] != NULL)
		n++;
	out = arena_alloc(s->arena, (n + 3) * sizeof(*out));
	out[0] = fold(s, f->title);
	out[1] = fold(s, f->name);
	for (size_t i = 0; i < n; i++)
		out[2 + i] = fold(s, f->synonyms[i]);
	out[2 + n] = NULL;
	return out;
}

static const struct {
	const char *name;
	enum field_type type;
} types[] = {
	{ "string", FIELD_TEXT },
	{ "date", FIELD_DATE },
	{ "datetime", FIELD_DATE },
	{ "yearmonth", FIELD_PERIOD },
	{ "year", FIELD_YEAR },
	{ "integer", FIELD_INT },
	{ "number", FIELD_DECIMAL },
	{ "boolean", FIELD_BOOL },
};

static int
read_type(const json_t *o, struct field *f)
{
	const char *name = text(o, "type");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (name != NULL && strcmp(name, types[i].name) == 0) {
			f->type = types[i].type;
			f->has_time = strcmp(name, "datetime") == 0;
			f->code_list = text(o, "code_list");
			if (f->code_list != NULL && f->type != FIELD_BOOL)
				f->type = FIELD_CODE;
			if (json_is_true(json_object_get(o, "money")))
				f->type = FIELD_MONEY;
			return 0;
		}
	return -1;
}

static int
read_unit(const json_t *o, struct field *f)
{
	const char *unit = text(o, "unit");

	f->unit = 100;
	if (f->type != FIELD_MONEY || unit == NULL)
		return 0;
	if (strcmp(unit, "wan") == 0)
		f->unit = 1000000;
	else if (strcmp(unit, "yuan") != 0)
		return -1;
	return 0;
}

static int
read_presence(const json_t *o, struct field *f)
{
	const json_t *c = json_object_get(o, "constraints");
	const char *p = text(o, "presence");

	f->required = json_is_true(json_object_get(c, "required"))
			  ? FIELD_MANDATORY
			  : FIELD_OPTIONAL;
	f->max_chars = (int)json_integer_value(json_object_get(c, "maxLength"));
	if (p == NULL)
		return 0;
	if (strcmp(p, "M") == 0)
		f->required = FIELD_MANDATORY;
	else if (strcmp(p, "C") == 0)
		f->required = FIELD_CONDITIONAL;
	else if (strcmp(p, "O") == 0)
		f->required = FIELD_OPTIONAL;
	else
		return -1;
	return 0;
}

/* Days that lie ahead by their nature. */
static int
looks_ahead(const struct field *f)
{
	static const char *const tail[] = { "_to", "_until", "_end", "_due" };
	size_t n = strlen(f->name);

	if (f->open_ended || strcmp(f->name, "due_on") == 0)
		return 1;
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++) {
		size_t k = strlen(tail[i]);

		if (n > k && strcmp(f->name + n - k, tail[i]) == 0)
			return 1;
	}
	return 0;
}

static const char *const field_properties[] = { "name", "title", "description",
	"synonyms", "type", "money", "unit", "presence", "in_seed",
	"sensitivity", "code_list", "identifier", "open_ended", "constraints",
	"example", NULL };

static const char *const properties[] = { "name", "version", "title", "titles",
	"provider", "effective_from", "frequency", "adverse", "append_only",
	"master", "keys", "as_of", "period", "missingValues", "fields", NULL };

static int
read_field(struct schemas *s, const struct pack_file *file, const json_t *o,
    struct field *f, struct err *e)
{
	const char *sens = text(o, "sensitivity");

	f->name = text(o, "name");
	if (!is_word(f->name))
		return bad(e, file, "fields", f->name,
		    "a field without a usable name: a-z, 0-9 and '_' are "
		    "expected");
	if (only_known(file, o, f->name, field_properties, e) == -1)
		return -1;
	f->title = text(o, "title");
	if (f->title == NULL)
		f->title = f->name;
	f->description = text(o, "description");
	f->example = text(o, "example");
	f->synonyms = texts(s, json_object_get(o, "synonyms"));
	f->folded = fold_names(s, f);
	if (read_type(o, f) == -1 || read_unit(o, f) == -1 ||
	    read_presence(o, f) == -1)
		return err_set(e, ERR_HOLD,
		    "%s:%d: field '%s': type, unit or presence unknown; a type "
		    "of zayton-schema(5), yuan or wan, and M, C or O are "
		    "expected",
		    file->name, line_of(file, NULL, f->name), f->name);
	f->in_seed = json_is_true(json_object_get(o, "in_seed"));
	f->sensitivity = sens != NULL ? sens[0] : 'P';
	f->identifier = text(o, "identifier");
	f->open_ended = json_is_true(json_object_get(o, "open_ended"));
	f->future = looks_ahead(f);
	return 0;
}

static int
read_fields(struct schemas *s, const struct pack_file *file, const json_t *root,
    struct schema *to, struct err *e)
{
	const json_t *list = json_object_get(root, "fields");
	size_t n = json_array_size(list);

	if (n == 0 || n > SCHEMA_FIELDS)
		return bad(e, file, NULL, "fields", "must have 1 to 64 fields");
	for (size_t i = 0; i < n; i++) {
		struct field *f = &to->field[i];

		if (read_field(s, file, json_array_get(list, i), f, e) == -1)
			return -1;
		if (schema_field(to, f->name) != -1)
			return err_set(e, ERR_HOLD,
			    "%s:%d: field '%s' twice, once is expected",
			    file->name, line_of(file, f->name, f->name),
			    f->name);
		to->nfields++;
	}
	return 0;
}

/* A list of names of fields as indexes. */
static int
read_names(const struct pack_file *file, const struct schema *s,
    const json_t *list, size_t *index, size_t *ret_n, struct err *e)
{
	size_t n = json_array_size(list);

	if (n > SCHEMA_KEY_FIELDS)
		return bad(e, file, NULL, "keys",
		    "at most 6 fields are expected in a key or in as_of");
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int k = name != NULL ? schema_field(s, name) : -1;

		if (k == -1)
			return err_set(e, ERR_HOLD,
			    "%s:%d: no field '%s' for a key or as_of",
			    file->name,
			    line_of(file, NULL, name != NULL ? name : "keys"),
			    name != NULL ? name : "");
		index[i] = (size_t)k;
	}
	*ret_n = n;
	return 0;
}

static int
read_keys(const struct pack_file *file, const json_t *root, struct schema *s,
    struct err *e)
{
	const json_t *list = json_object_get(root, "keys");
	size_t n = json_array_size(list);
	const char *period = text(root, "period");

	if (n == 0 || n > SCHEMA_KEYS)
		return bad(e, file, NULL, "keys", "must have 1 to 4 keys");
	for (size_t i = 0; i < n; i++)
		if (read_names(file, s, json_array_get(list, i),
			s->key[i].field, &s->key[i].n, e) == -1)
			return -1;
		else if (s->key[i].n == 0)
			return bad(e, file, NULL, "keys",
			    "a key without fields");
	s->nkeys = n;
	if (read_names(file, s, json_object_get(root, "as_of"), s->as_of,
		&s->nas_of, e) == -1)
		return -1;
	s->period = period != NULL ? schema_field(s, period) : -1;
	if (period != NULL && s->period == -1)
		return bad(e, file, NULL, "period", "its period is no field");
	return 0;
}

static int
read_one(struct schemas *s, const struct pack_file *file, const json_t *root,
    struct schema *to, struct err *e)
{
	char expect[160];

	to->dataset = text(root, "name");
	to->version = text(root, "version");
	to->title = text(root, "title");
	to->provider = text(root, "provider");
	to->frequency = text(root, "frequency");
	to->effective_from = text(root, "effective_from");
	if (!is_word(to->dataset) || to->version == NULL || to->title == NULL ||
	    to->provider == NULL)
		return bad(e, file, NULL, "name",
		    "name, version, title or provider missing");
	if (only_known(file, root, NULL, properties, e) == -1)
		return -1;
	snprintf(expect, sizeof(expect), "schemas/%s.%s.json", to->dataset,
	    to->version);
	if (strcmp(expect, file->name) != 0)
		return bad(e, file, NULL, "version",
		    "the file is not named after its content: "
		    "<name>.<version>.json is expected");
	to->titles = texts(s, json_object_get(root, "titles"));
	to->adverse = json_is_true(json_object_get(root, "adverse"));
	to->append_only = json_is_true(json_object_get(root, "append_only"));
	to->master = json_is_true(json_object_get(root, "master"));
	if (read_fields(s, file, root, to, e) == -1)
		return -1;
	return read_keys(file, root, to, e);
}

static int
is_schema(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, "schemas/", 8) == 0 &&
	       strcmp(name + n - 5, ".json") == 0 &&
	       strcmp(name, PUBLISHED_FILE) != 0;
}

static int
read_all(const struct pack *p, struct schemas *s, struct err *e)
{
	for (size_t i = 0; i < pack_count(p); i++) {
		const struct pack_file *f = pack_at(p, i);
		json_error_t why;

		if (!is_schema(f->name))
			continue;
		s->json[s->n] =
		    json_loadb(f->data, f->len, JSON_REJECT_DUPLICATES, &why);
		if (s->json[s->n] == NULL)
			return err_set(e, ERR_HOLD, "%s:%d: %s", f->name,
			    why.line, why.text);
		s->n++;
		if (read_one(s, f, s->json[s->n - 1], &s->schema[s->n - 1],
			e) == -1)
			return -1;
	}
	return 0;
}

int
schemas_read_on(const struct pack *p, const char *day, struct schemas **ret_s,
    struct err *e)
{
	struct schemas *s = xcalloc(1, sizeof(*s));
	size_t n = 0;

	for (size_t i = 0; i < pack_count(p); i++)
		n += (size_t)is_schema(pack_at(p, i)->name);
	snprintf(s->day, sizeof(s->day), "%s", day);
	s->arena = arena_new();
	s->schema = xcalloc(n + 1, sizeof(*s->schema));
	s->json = xcalloc(n + 1, sizeof(json_t *));
	s->older = xcalloc(n + 1, sizeof(*s->older));
	if (read_all(p, s, e) == -1 || versions_settle(s, p, e) == -1) {
		schemas_free(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

int
schemas_read(const struct pack *p, struct schemas **ret_s, struct err *e)
{
	char day[CLOCK_DAY];

	clock_today(day);
	return schemas_read_on(p, day, ret_s, e);
}

void
schemas_free(struct schemas *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		json_decref(s->json[i]);
	json_decref(s->published);
	free(s->json);
	free(s->schema);
	free(s->older);
	arena_free(s->arena);
	free(s);
}

size_t
schemas_count(const struct schemas *s)
{
	return s->n;
}

const struct schema *
schemas_at(const struct schemas *s, size_t i)
{
	return i < s->n ? &s->schema[i] : NULL;
}

static int
is_one_of(const char *const *words, const char *word)
{
	while (*words != NULL && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

const struct schema *
schemas_called(const struct schemas *s, const char *word)
{
	const struct schema *found = schemas_find(s, word);

	for (size_t i = 0; found == NULL && i < schemas_count(s); i++) {
		const struct schema *one = schemas_at(s, i);

		if (one->state == SCHEMA_IN_FORCE &&
		    (strcmp(one->title, word) == 0 ||
			is_one_of(one->titles, word)))
			found = one;
	}
	return found;
}

int
schema_field_called(const struct schema *s, const char *word)
{
	int at = schema_field(s, word);

	for (size_t i = 0; at == -1 && i < s->nfields; i++)
		if (strcmp(s->field[i].title, word) == 0 ||
		    is_one_of(s->field[i].synonyms, word))
			at = (int)i;
	return at;
}

int
schema_field(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->nfields; i++)
		if (strcmp(s->field[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *
field_type_name(enum field_type t)
{
	static const char *const name[] = { "text", "code", "date", "period",
		"year", "int", "decimal", "money", "bool" };

	return name[t];
}
