#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "form/manifest.h"
#include "sys/err.h"
#include "sys/mem.h"

/* One document, with what its messages need. */
struct reading {
	const char *file;
	struct manifest *m;
	struct err *e;
};

enum { RESOURCES_MAX = 10000, UNKNOWN_MAX = 100, TEXT_MAX = 512 };

/* Members that are known, used or not: titles and the like say nothing. */
static const char *const package_known[] = { "name", "resources", "period",
	"mode", "sequence", "profile", "$schema", "id", "title", "description",
	"created", "version", "homepage", "licenses", "sources", "contributors",
	"keywords", NULL };
static const char *const resource_known[] = { "path", "name", "bytes", "hash",
	"schema", "dataset", "encoding", "dialect", "period", "mode",
	"sequence", "rows", "profile", "$schema", "type", "title",
	"description", "format", "mediatype", "scheme", "compression",
	"licenses", "sources", NULL };

/* Deep nesting is refused before a recursive parser sees it. */
static int
too_deep(const char *p, size_t len)
{
	size_t depth = 0;
	int quoted = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted && p[i] == '\\') {
			i++;
			continue;
		}
		if (p[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (p[i] == '{' || p[i] == '[')
			depth++;
		if ((p[i] == '}' || p[i] == ']') && depth > 0)
			depth--;
		if (depth > MANIFEST_DEPTH)
			return 1;
	}
	return 0;
}

static json_t *
load(const char *file, const char *text, size_t len, struct err *e)
{
	json_error_t why;
	json_t *root;
	char where[256];

	if (len >= 3 && memcmp(text, "\357\273\277", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len > MANIFEST_BYTES || too_deep(text, len)) {
		err_say(e, ERR_SENDER, "manifest_json", file,
		    len > MANIFEST_BYTES ? "> 1 MiB" : "depth > 16", NULL);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (root == NULL) {
		snprintf(where, sizeof(where), "%d:%d: %s", why.line,
		    why.column, why.text);
		err_say(e, ERR_SENDER, "manifest_json", file, where, NULL);
		return NULL;
	}
	if (json_is_object(root))
		return root;
	json_decref(root);
	err_say(e, ERR_SENDER, "manifest_json", file, "{", NULL);
	return NULL;
}

static int
wrong(const struct reading *r, const char *at, const char *key,
    const char *want)
{
	char name[256];

	snprintf(name, sizeof(name), "%s%s", at, key);
	return err_say(r->e, ERR_SENDER, "manifest_member", r->file, name, want,
	    NULL);
}

/* A text of 1 to TEXT_MAX bytes without control characters, or nothing. */
static int
get_text(const struct reading *r, const json_t *o, const char *at,
    const char *key, char **ret)
{
	const json_t *v = json_object_get(o, key);
	const char *s;
	size_t len;

	if (v == NULL || json_is_null(v))
		return 0;
	s = json_string_value(v);
	len = json_string_length(v);
	if (s == NULL || len == 0 || len > TEXT_MAX)
		return wrong(r, at, key, "\"...\"");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return wrong(r, at, key, "\"...\"");
	free(*ret);
	*ret = xstrndup(s, len);
	return 0;
}

static int
get_count(const struct reading *r, const json_t *o, const char *at,
    const char *key, int64_t *ret)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return wrong(r, at, key, "0, 1, 2 ...");
	*ret = json_integer_value(v);
	return 0;
}

static int
get_mode(const struct reading *r, const json_t *o, const char *at,
    enum manifest_mode *ret)
{
	static const char *const name[] = { "", "full", "delta", "retract" };
	const json_t *v = json_object_get(o, "mode");

	if (v == NULL || json_is_null(v))
		return 0;
	for (size_t i = 1; json_is_string(v) && i < 4; i++)
		if (strcmp(json_string_value(v), name[i]) == 0) {
			*ret = (enum manifest_mode)i;
			return 0;
		}
	return wrong(r, at, "mode", "full, delta, retract");
}

/* Without a prefix Frictionless means MD5, which proves nothing any more. */
static int
get_hash(const struct reading *r, const json_t *o, const char *at, char *ret)
{
	const json_t *v = json_object_get(o, "hash");
	const char *s;
	char name[256];

	if (v == NULL || json_is_null(v))
		return 0;
	s = json_string_value(v);
	if (s != NULL && strncasecmp(s, "sha256:", 7) == 0 &&
	    strlen(s) == 7 + 64 &&
	    strspn(s + 7, "0123456789abcdefABCDEF") == 64) {
		for (size_t i = 0; i < 64; i++)
			ret[i] = (char)(s[7 + i] >= 'A' && s[7 + i] <= 'F'
					    ? s[7 + i] + 32
					    : s[7 + i]);
		ret[64] = '\0';
		return 0;
	}
	snprintf(name, sizeof(name), "%shash", at);
	return err_say(r->e, ERR_SENDER, "manifest_hash", r->file, name, NULL);
}

/*
 * A schema's name: of the object, or the last part of where it stands. A
 * version in numbers stays behind it.
 */
static int
get_schema(const struct reading *r, const json_t *o, const char *at, char **ret)
{
	const json_t *v = json_object_get(o, "schema");
	char *slash;
	char *dot;

	if (*ret != NULL || v == NULL || json_is_null(v))
		return 0;
	if (json_is_object(v))
		return get_text(r, v, at, "name", ret);
	if (get_text(r, o, at, "schema", ret) == -1)
		return -1;
	slash = strrchr(*ret, '/');
	if (slash != NULL)
		memmove(*ret, slash + 1, strlen(slash + 1) + 1);
	dot = strrchr(*ret, '.');
	if (dot != NULL && strcasecmp(dot, ".json") == 0)
		*dot = '\0';
	dot = strchr(*ret, '.');
	if (dot != NULL && (dot[1] < '0' || dot[1] > '9'))
		*dot = '\0';
	return **ret != '\0' ? 0 : wrong(r, at, "schema", "\"...\"");
}

static int
get_dialect(const struct reading *r, const json_t *o, const char *at, char *ret)
{
	const json_t *v = json_object_get(o, "dialect");
	const char *s;

	if (v == NULL || json_is_null(v) || json_is_string(v))
		return 0;
	if (json_is_object(json_object_get(v, "csv")))
		v = json_object_get(v, "csv");
	if (json_object_get(v, "delimiter") == NULL)
		return json_is_object(v) ? 0 : wrong(r, at, "dialect", "{}");
	s = json_string_value(json_object_get(v, "delimiter"));
	if (s == NULL || strlen(s) != 1 || strchr(",\t;|", *s) == NULL)
		return wrong(r, at, "dialect.delimiter", ", \\t ; |");
	*ret = *s;
	return 0;
}

/* A path relative to the package; the list of one that Frictionless allows. */
static int
get_path(const struct reading *r, const json_t *o, const char *at, char **ret)
{
	const json_t *v = json_object_get(o, "path");
	json_t *one = NULL;
	const char *p;
	int rc = -1;

	if (json_is_array(v) && json_array_size(v) == 1) {
		one = json_pack("{s:O}", "path", json_array_get(v, 0));
		o = one;
	}
	if (get_text(r, o, at, "path", ret) == -1)
		goto out;
	p = *ret;
	if (p == NULL || p[0] == '/' || strstr(p, "..") != NULL ||
	    strchr(p, '\\') != NULL || strstr(p, "://") != NULL) {
		wrong(r, at, "path", "x.csv");
		goto out;
	}
	if (strncmp(p, "./", 2) == 0)
		memmove(*ret, p + 2, strlen(p + 2) + 1);
	rc = 0;
out:
	json_decref(one);
	return rc;
}

static void
note_unknown(const struct reading *r, json_t *o, const char *at,
    const char *const *known)
{
	struct manifest *m = r->m;
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v) {
		size_t i = 0;

		while (known[i] != NULL && strcmp(known[i], key) != 0)
			i++;
		if (known[i] != NULL || m->unknown_n == UNKNOWN_MAX)
			continue;
		m->unknown = xreallocarray(m->unknown, m->unknown_n + 1,
		    sizeof(*m->unknown));
		m->unknown[m->unknown_n++] = xasprintf("%s%.200s", at, key);
	}
}

static int
get_common(const struct reading *r, const json_t *o, const char *at,
    struct manifest_resource *s)
{
	return get_text(r, o, at, "period", &s->period) == -1 ||
		       get_mode(r, o, at, &s->mode) == -1 ||
		       get_count(r, o, at, "sequence", &s->sequence) == -1
		   ? -1
		   : 0;
}

static int
get_resource(const struct reading *r, json_t *o, const char *at,
    struct manifest_resource *s)
{
	if (!json_is_object(o))
		return wrong(r, at, "", "{}");
	if (get_path(r, o, at, &s->path) == -1 ||
	    get_text(r, o, at, "dataset", &s->dataset) == -1 ||
	    get_schema(r, o, at, &s->dataset) == -1 ||
	    get_text(r, o, at, "encoding", &s->encoding) == -1 ||
	    get_dialect(r, o, at, &s->delimiter) == -1 ||
	    get_hash(r, o, at, s->sha256) == -1 ||
	    get_count(r, o, at, "bytes", &s->bytes) == -1 ||
	    get_count(r, o, at, "rows", &s->rows) == -1 ||
	    get_common(r, o, at, s) == -1)
		return -1;
	note_unknown(r, o, at, resource_known);
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct manifest_resource *x = a;
	const struct manifest_resource *y = b;

	return strcmp(x->path, y->path);
}

static int
get_resources(const struct reading *r, const json_t *root,
    const struct manifest_resource *from)
{
	struct manifest *m = r->m;
	const json_t *list = json_object_get(root, "resources");
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n == 0 || n > RESOURCES_MAX)
		return wrong(r, "", "resources", "[{\"path\": ...}]");
	m->resource = xcalloc(n, sizeof(*m->resource));
	while (m->n < n) {
		struct manifest_resource *s = &m->resource[m->n];
		char at[40];

		*s = *from;
		s->bytes = s->rows = -1;
		if (from->period != NULL)
			s->period = xstrdup(from->period);
		snprintf(at, sizeof(at), "resources[%zu].", m->n++);
		if (get_resource(r, json_array_get(list, m->n - 1), at, s) ==
		    -1)
			return -1;
	}
	qsort(m->resource, m->n, sizeof(*m->resource), by_path);
	for (size_t i = 1; i < m->n; i++)
		if (by_path(&m->resource[i - 1], &m->resource[i]) == 0)
			return err_say(r->e, ERR_SENDER, "manifest_twice",
			    r->file, m->resource[i].path, NULL);
	return 0;
}

int
manifest_parse(const char *text, size_t len, struct manifest *ret_m,
    struct err *e)
{
	struct manifest m = { .name = NULL };
	struct manifest_resource from = { .sequence = -1 };
	struct reading r = { "datapackage.json", &m, e };
	json_t *root = load(r.file, text, len, e);
	int rc = -1;

	if (root == NULL)
		return -1;
	if (get_text(&r, root, "", "name", &m.name) == -1 ||
	    get_common(&r, root, "", &from) == -1 ||
	    get_resources(&r, root, &from) == -1)
		goto out;
	note_unknown(&r, root, "", package_known);
	*ret_m = m;
	memset(&m, 0, sizeof(m));
	rc = 0;
out:
	free(from.period);
	manifest_done(&m);
	json_decref(root);
	return rc;
}

void
manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->resource[i].path);
		free(m->resource[i].dataset);
		free(m->resource[i].encoding);
		free(m->resource[i].period);
	}
	for (size_t i = 0; i < m->unknown_n; i++)
		free(m->unknown[i]);
	free(m->resource);
	free(m->unknown);
	free(m->name);
	memset(m, 0, sizeof(*m));
}

const struct manifest_resource *
manifest_find(const struct manifest *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->resource[i].path, path) == 0)
			return &m->resource[i];
	return NULL;
}

int
manifest_nil_parse(const char *text, size_t len, struct manifest_nil *ret_n,
    struct err *e)
{
	struct manifest_nil n = { NULL, NULL, NULL };
	struct reading r = { "nil.json", NULL, e };
	json_t *root = load(r.file, text, len, e);
	int rc = -1;

	if (root == NULL)
		return -1;
	if (get_text(&r, root, "", "dataset", &n.dataset) == -1 ||
	    get_text(&r, root, "", "period", &n.period) == -1 ||
	    get_text(&r, root, "", "reason", &n.reason) == -1)
		goto out;
	if (n.dataset == NULL || n.period == NULL) {
		wrong(&r, "", n.dataset == NULL ? "dataset" : "period",
		    "\"...\"");
		goto out;
	}
	*ret_n = n;
	memset(&n, 0, sizeof(n));
	rc = 0;
out:
	manifest_nil_done(&n);
	json_decref(root);
	return rc;
}

void
manifest_nil_done(struct manifest_nil *n)
{
	free(n->dataset);
	free(n->period);
	free(n->reason);
	memset(n, 0, sizeof(*n));
}
