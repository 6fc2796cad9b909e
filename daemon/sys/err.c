#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sys/catalog.h"
#include "sys/err.h"

static void
err_start(struct err *e, enum err_kind kind, const char *code)
{
	e->kind = kind;
	snprintf(e->code, sizeof(e->code), "%s", code);
	e->zh[0] = '\0';
	e->en[0] = '\0';
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	err_start(e, kind, "");
	va_start(ap, fmt);
	vsnprintf(e->en, sizeof(e->en), fmt, ap);
	va_end(ap);
	memcpy(e->zh, e->en, sizeof(e->zh));
	return -1;
}

int
err_errno(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list ap;

	err_start(e, kind, "");
	va_start(ap, fmt);
	vsnprintf(e->en, sizeof(e->en), fmt, ap);
	va_end(ap);
	used = strlen(e->en);
	snprintf(e->en + used, sizeof(e->en) - used, ": %s", strerror(saved));
	memcpy(e->zh, e->en, sizeof(e->zh));
	errno = saved;
	return -1;
}

int
err_say(struct err *e, enum err_kind kind, const char *code, ...)
{
	const char *arg[CATALOG_ARGS];
	size_t n = 0;
	va_list ap;

	err_start(e, kind, code);
	va_start(ap, code);
	while (n < CATALOG_ARGS && (arg[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	catalog_zh(code, arg, n, e->zh, sizeof(e->zh));
	catalog_en(code, arg, n, e->en, sizeof(e->en));
	return -1;
}

int
err_in(struct err *e, const char *fmt, ...)
{
	char where[200];
	char text[sizeof(e->en)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s: %.300s", where, e->zh);
	memcpy(e->zh, text, sizeof(text));
	snprintf(text, sizeof(text), "%s: %.300s", where, e->en);
	memcpy(e->en, text, sizeof(text));
	return -1;
}
