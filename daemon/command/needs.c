#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "grant/needs.h"
#include "rule/box_sharing.h"
#include "rule/pack.h"
#include "sys/file.h"
#include "sys/home.h"
#include "sys/member.h"

/* zayton needs: who needs what, and what nobody supplies. */

enum { TABLE_MAX = 4 << 20 };

static const struct {
	const char *state;
	const char *zh;
} words[] = { { "no standard", "没有数据标准" }, { "no data", "无人报送" },
	{ "never filled", "字段从未填写" }, { "not shared", "不予共享" },
	{ "not granted", "未授权" }, { "met", "已满足" } };

static void
print_one(const json_t *o)
{
	const char *state = member_text(o, "state");
	const char *title = member_text(o, "title");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].state, state) == 0)
			printf("%s/%s", words[i].zh, state);
	printf("  %s %s  %s  %s  %s", member_text(o, "needer"),
	    title[0] != '\0' ? title : member_text(o, "dataset"),
	    member_text(o, "field"), member_text(o, "purpose"),
	    member_text(o, "mode"));
	if (member_text(o, "provider")[0] != '\0')
		printf("  提供单位/of %s", member_text(o, "provider"));
	if (member_text(o, "note")[0] != '\0')
		printf("  （%s）", member_text(o, "note"));
	putchar('\n');
}

static void
print_list(json_t *list, int all, int json)
{
	size_t i = 0;

	while (i < json_array_size(list)) {
		const json_t *o = json_array_get(list, i);

		if (!all && strcmp(member_text(o, "state"), "met") == 0) {
			json_array_remove(list, i);
			continue;
		}
		if (!json)
			print_one(o);
		i++;
	}
	if (json) {
		json_dumpf(list, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	}
}

static int
match(struct pack *p, int all, int json, struct err *e)
{
	struct schemas *schemas = NULL;
	struct sharing *sharing = NULL;
	json_t *list = NULL;
	struct db *db = NULL;
	struct buf table;
	int rc = -1;

	buf_init(&table, TABLE_MAX);
	if (schemas_read(p, &schemas, e) == 0 &&
	    box_sharing_of(p, schemas, &sharing, e) == 0 &&
	    file_read(AT_FDCWD, NEEDS_FILE, &table, e) == 0 &&
	    db_open_read(HOME_BASE, &db, e) == 0)
		rc = needs_match(db, schemas, sharing, table.data, table.len,
		    schemas_day(schemas), &list, e);
	if (rc == 0)
		print_list(list, all, json);
	json_decref(list);
	db_close(db);
	free(sharing);
	schemas_free(schemas);
	buf_done(&table);
	return rc;
}

int
needs_command(int argc, char **argv)
{
	int json = command_option(&argc, argv, "--json", 0) != NULL;
	int all = command_option(&argc, argv, "--all", 0) != NULL;
	struct pack *p = NULL;
	struct conf c;
	struct err e;
	int status = COMMAND_DONE;

	if (command_unknown(argc, argv) || argc != 1)
		return command_usage();
	if (command_home(&c, &e) == -1 || command_pack(".", &p, &e) == -1 ||
	    match(p, all, json, &e) == -1)
		status = command_fail(&e);
	pack_free(p);
	return status;
}
