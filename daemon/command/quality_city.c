#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "form/html_task.h"
#include "form/xlsx_book.h"
#include "quality/calendar.h"
#include "quality/city.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/home.h"

/* zayton quality city: all departments side by side, for administrators. */

enum { PAGE_MAX = 8 << 20 };

static int
place(const char *dir, const char *month, const char *suffix,
    const struct buf *b, struct err *e)
{
	char path[512];

	if (!buf_ok(b))
		return err_set(e, ERR_HOLD, "the report would be too large");
	if ((size_t)snprintf(path, sizeof(path), "%s/city.%s.%s", dir, month,
		suffix) >= sizeof(path))
		return err_set(e, ERR_HOLD, "the folder's name is too long");
	if (file_publish(AT_FDCWD, path, b->data, b->len, 0644, e) == -1)
		return -1;
	printf("%s\n", path);
	return 0;
}

static int
write_files(const json_t *city, const char *dir, const char *month,
    struct err *e)
{
	json_t *sheets = html_city_tables(city);
	struct buf b;
	int rc = file_mkdir(AT_FDCWD, dir, 0755, e);

	buf_init(&b, PAGE_MAX);
	html_city(city, &b);
	if (rc == 0)
		rc = place(dir, month, "html", &b, e);
	buf_clear(&b);
	if (rc == 0)
		rc = xlsx_book_tables(sheets, dir, &b, e);
	if (rc == 0)
		rc = place(dir, month, "xlsx", &b, e);
	buf_done(&b);
	json_decref(sheets);
	return rc;
}

int
quality_city(int argc, char **argv, int json)
{
	const char *month = command_option(&argc, argv, "--month", 1);
	const char *dir = command_option(&argc, argv, "--out", 1);
	json_t *city = NULL;
	struct db *db = NULL;
	struct conf c;
	struct err e;
	char day[16];
	char this_month[8];
	int first, last, rc;

	if (command_unknown(argc, argv) || argc != 1)
		return command_usage();
	clock_today(day);
	snprintf(this_month, sizeof(this_month), "%.7s", day);
	if (month == NULL)
		month = this_month;
	if (strlen(month) != 7 || calendar_span(month, &first, &last) == -1) {
		fprintf(stderr, "zayton: '%s' is no month: write 2016-03\n",
		    month);
		return COMMAND_USAGE;
	}
	if (command_home(&c, &e) == -1 ||
	    db_open_read(HOME_BASE, &db, &e) == -1)
		return command_fail(&e);
	rc = city_json(db, month, day, &city, &e);
	db_close(db);
	if (rc == 0 && json) {
		json_dumpf(city, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (rc == 0) {
		rc =
		    write_files(city, dir != NULL ? dir : "reports", month, &e);
	}
	json_decref(city);
	return rc == -1 ? command_fail(&e) : COMMAND_DONE;
}
