#include <string.h>

#include "form/csv_write.h"

/*
 * Whether a spreadsheet would take the text for a formula. A number with its
 * sign is none.
 */
int
csv_is_formula(const char *s, size_t len)
{
	if (len == 0 || strchr("=+-@\t\r", s[0]) == NULL || s[0] == '\0')
		return 0;
	if (s[0] != '+' && s[0] != '-')
		return 1;
	for (size_t i = 1; i < len; i++)
		if ((s[i] < '0' || s[i] > '9') && s[i] != '.' && s[i] != ',')
			return 1;
	return 0;
}

int
csv_is_guarded(const char *s, size_t len)
{
	return len > 1 && s[0] == '\'' && csv_is_formula(s + 1, len - 1);
}

int
csv_needs_quotes(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r')
			return 1;
	return len > 0 && (s[0] == ' ' || s[len - 1] == ' ');
}

static void
put_guarded(struct buf *b, const char *s, size_t len)
{
	size_t from = 0;

	if (csv_is_formula(s, len))
		buf_addch(b, '\'');
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '"' && s[i] != '\0')
			continue;
		buf_add(b, s + from, i - from);
		if (s[i] == '"')
			buf_addstr(b, "\"\"");
		from = i + 1;
	}
	buf_add(b, s + from, len - from);
}

void
csv_put_cell_as(struct buf *b, const char *s, size_t len, int quotes)
{
	if (len == 0)
		return;
	if (quotes)
		buf_addch(b, '"');
	put_guarded(b, s, len);
	if (quotes)
		buf_addch(b, '"');
}

void
csv_put_cell(struct buf *b, const char *s, size_t len)
{
	csv_put_cell_as(b, s, len, csv_needs_quotes(s, len));
}
