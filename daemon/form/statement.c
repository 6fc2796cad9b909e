#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/statement.h"

enum { STATEMENT_MAX = 1 << 20, DIGITS_MAX = 18 };

void
statement_put(const struct statement *s, struct buf *b)
{
	buf_printf(b,
	    STATEMENT_NAMESPACE " 1\nledger: %s\nhead: %" PRId64
				" %s\nat: %s\nrequest: ",
	    s->ledger, s->seq, s->hash, s->at);
	buf_add(b, s->request, s->request_len);
	buf_addch(b, '\n');
}

/* What is left to read. */
struct rest {
	const char *p;
	size_t left;
};

/* Takes what a line has behind its name; -1 where it is another line. */
static int
take_line(struct rest *r, const char *name, const char **ret_p, size_t *ret_len)
{
	size_t n = strlen(name);
	const char *end;

	if (r->left < n || memcmp(r->p, name, n) != 0)
		return -1;
	end = memchr(r->p + n, '\n', r->left - n);
	if (end == NULL)
		return -1;
	*ret_p = r->p + n;
	*ret_len = (size_t)(end - *ret_p);
	r->left -= (size_t)(end + 1 - r->p);
	r->p = end + 1;
	return 0;
}

static int
take_text(struct rest *r, const char *name, char *buf, size_t size)
{
	const char *p;
	size_t len;

	if (take_line(r, name, &p, &len) == -1 || len >= size ||
	    memchr(p, '\0', len) != NULL)
		return -1;
	memcpy(buf, p, len);
	buf[len] = '\0';
	return 0;
}

/* "SEQ HASH", the number as it is printed. */
static int
read_head(const char *text, struct statement *s)
{
	size_t digits = strspn(text, "0123456789");
	const char *hash = text + digits + 1;

	if (digits == 0 || digits > DIGITS_MAX || text[0] == '0' ||
	    text[digits] != ' ' || strlen(hash) != sizeof(s->hash) - 1 ||
	    strspn(hash, "0123456789abcdef") != sizeof(s->hash) - 1)
		return -1;
	s->seq = strtoll(text, NULL, 10);
	memcpy(s->hash, hash, sizeof(s->hash));
	return 0;
}

int
statement_read(const char *text, size_t len, struct statement *ret_s,
    struct err *e)
{
	struct rest r = { text, len };
	char version[8], head[128];

	memset(ret_s, 0, sizeof(*ret_s));
	if (len > STATEMENT_MAX ||
	    take_text(&r, STATEMENT_NAMESPACE " ", version, sizeof(version)) ==
		-1 ||
	    strcmp(version, "1") != 0 ||
	    take_text(&r, "ledger: ", ret_s->ledger, sizeof(ret_s->ledger)) ==
		-1 ||
	    take_text(&r, "head: ", head, sizeof(head)) == -1 ||
	    read_head(head, ret_s) == -1 ||
	    take_text(&r, "at: ", ret_s->at, sizeof(ret_s->at)) == -1 ||
	    take_line(&r, "request: ", &ret_s->request, &ret_s->request_len) ==
		-1 ||
	    r.left != 0)
		return err_set(e, ERR_SENDER,
		    "it is not the statement of an act");
	return 0;
}
