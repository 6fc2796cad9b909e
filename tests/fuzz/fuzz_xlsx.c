#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "form/xlsx.h"
#include "sys/err.h"

/*
 * A workbook whose parts are cut out of the input: each is a letter that says
 * which part, its text up to a NUL. What is read of it is touched, byte by
 * byte, as the next stage would.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned touched;

struct parts {
	const char *data;
	size_t size;
	const char *now;
	size_t left;
};

static const struct {
	char letter;
	const char *path;
} names[] = { { 'R', "xl/_rels/workbook.xml.rels" }, { 'W', "xl/workbook.xml" },
	{ 'S', "xl/strings.xml" }, { 'F', "xl/styles.xml" },
	{ 'A', "xl/a.xml" }, { 'B', "xl/b.xml" } };

/* What most inputs lack, so that they come further. */
static const char relations[] =
    "<Relationships><Relationship Id=\"a\" Type=\"/worksheet\" "
    "Target=\"a.xml\"/><Relationship Id=\"b\" Type=\"/worksheet\" "
    "Target=\"/xl/b.xml\"/><Relationship Id=\"s\" Type=\"/sharedStrings\" "
    "Target=\"strings.xml\"/><Relationship Id=\"f\" Type=\"/styles\" "
    "Target=\"styles.xml\"/></Relationships>";
static const char workbook[] =
    "<workbook><sheets><sheet name=\"a\" r:id=\"a\"/></sheets></workbook>";

static int
part_open(void *arg, const char *path, struct err *e)
{
	struct parts *p = arg;
	char letter = '\0';

	(void)e;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].path, path) == 0)
			letter = names[i].letter;
	if (letter == '\0')
		return 0;
	for (size_t i = 0; i < p->size;) {
		size_t len = strnlen(p->data + i, p->size - i);

		if (len > 0 && p->data[i] == letter) {
			p->now = p->data + i + 1;
			p->left = len - 1;
			return 1;
		}
		i += len + 1;
	}
	p->now = letter == 'R' ? relations : workbook;
	p->left = strlen(p->now);
	return letter == 'R' || letter == 'W';
}

static ssize_t
part_read(void *arg, void *buf, size_t size, struct err *e)
{
	struct parts *p = arg;
	/* Short steps: tokens are cut everywhere. */
	size_t n = p->left < 7 ? p->left : 7;

	(void)e;
	if (n > size)
		n = size;
	memcpy(buf, p->now, n);
	p->now += n;
	p->left -= n;
	return (ssize_t)n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts p = { (const char *)data, size, "", 0 };
	struct xlsx_parts source = { part_open, part_read, &p, size, -1, 0 };
	struct csv_row row;
	struct xlsx *x;
	struct err e;

	if (xlsx_open(&source, &container_limits_default, &x, &e) == -1)
		return 0;
	for (size_t i = 0; i < xlsx_count(x); i++) {
		if (xlsx_sheet(x, i, &e) == -1)
			continue;
		while (xlsx_next(x, &row, &e) == 1)
			for (size_t k = 0; k < row.n; k++)
				for (size_t b = 0; b < row.field[k].len; b++)
					touched +=
					    (unsigned)row.field[k].data[b];
	}
	xlsx_close(x);
	return 0;
}
