#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "form/mask.h"
#include "rule/arena.h"
#include "rule/row.h"

enum { SENTENCE = 900 };

void
row_init(struct row *r)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena_new();
	r->key = r->as_of = "";
	r->op = 'I';
}

void
row_done(struct row *r)
{
	if (r == NULL)
		return;
	arena_free(r->arena);
	r->arena = NULL;
}

void
row_start(struct row *r, const struct schema *s, uint64_t line)
{
	arena_clear(r->arena);
	r->schema = s;
	r->line = line;
	for (size_t i = 0; i < s->nfields; i++) {
		r->raw[i] = (struct cell){ "", 0, -1 };
		r->value[i].kind = VALUE_NULL;
	}
	memset(r->open_ended, 0, s->nfields);
	r->nfindings = 0;
	r->rejected = 0;
	r->narrow = 0;
	memset(&r->marks, 0, sizeof(r->marks));
	r->key = r->as_of = "";
	r->op = 'I';
}

char *
row_alloc(struct row *r, size_t len)
{
	return arena_alloc(r->arena, len);
}

const char *
row_text(struct row *r, const char *s, size_t len)
{
	return arena_text(r->arena, s, len);
}

const char *
row_shown(struct row *r, int field)
{
	const struct cell *raw = &r->raw[field];
	struct buf masked;
	const char *text;

	if (r->schema->field[field].sensitivity != 'X' || raw->len == 0)
		return row_text(r, raw->text, raw->len);
	buf_init(&masked, 2 * raw->len + 1);
	mask_put(&masked, raw->text, raw->len);
	text = row_text(r, masked.data, masked.len);
	buf_done(&masked);
	return text;
}

/* Whether an exception was agreed for what a rule finds in a field. */
static int
is_excepted(const struct row *r, const struct finding *f)
{
	const char *field = f->field < 0 ? "" : r->schema->field[f->field].name;
	const char *line = r->excepted;
	size_t d = strlen(r->schema->dataset);
	size_t n = strlen(field);
	size_t k = strlen(f->rule);

	for (; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") == d + 1 + n + 1 + k &&
		    strncmp(line, r->schema->dataset, d) == 0 &&
		    line[d] == ' ' && strncmp(line + d + 1, field, n) == 0 &&
		    line[d + 1 + n] == ' ' &&
		    strncmp(line + d + 1 + n + 1, f->rule, k) == 0)
			return 1;
	return 0;
}

void
row_add(struct row *r, const struct finding *f)
{
	int excepted = r->excepted != NULL && is_excepted(r, f);
	struct finding *to;

	if (f->effect == EFFECT_REJECT && !excepted)
		r->rejected = 1;
	if (r->nfindings == ROW_FINDINGS)
		return;
	to = &r->finding[r->nfindings++];
	*to = *f;
	if (excepted) {
		to->severity = SEVERITY_INFO;
		if (to->effect == EFFECT_REJECT)
			to->effect = EFFECT_KEEP;
	}
	if (to->effect == EFFECT_REJECT)
		to->severity = SEVERITY_ERROR;
	if (to->header == NULL)
		to->header = "";
	if (to->value == NULL)
		to->value = to->field < 0 ? "" : row_shown(r, to->field);
}

void
row_find(struct row *r, const char *code, int field, enum effect effect, ...)
{
	const struct catalog_entry *c = catalog_find(code);
	const char *arg[CATALOG_ARGS];
	char text[SENTENCE];
	struct finding f = { .rule = code, .field = field, .effect = effect };
	size_t n = 0;
	va_list ap;

	va_start(ap, effect);
	while (n < CATALOG_ARGS && (arg[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	f.severity = c != NULL ? c->severity : SEVERITY_WARN;
	if (f.severity == SEVERITY_ERROR && effect != EFFECT_REJECT)
		f.severity = SEVERITY_WARN;
	catalog_zh(code, arg, n, text, sizeof(text));
	f.zh = row_text(r, text, strlen(text));
	catalog_en(code, arg, n, text, sizeof(text));
	f.en = row_text(r, text, strlen(text));
	row_add(r, &f);
}

const char *
effect_name(enum effect e)
{
	static const char *const name[] = { "reject", "null", "fix", "keep" };

	return name[e];
}
