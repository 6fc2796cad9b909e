#include <fcntl.h>
#include <string.h>

#include "sys/boot.h"
#include "sys/buf.h"
#include "sys/file.h"
#include "sys/home.h"

static void
read_line(const char *path, char id[BOOT_TEXT])
{
	struct err none;
	struct buf b;

	id[0] = '\0';
	buf_init(&b, BOOT_TEXT - 1);
	if (file_read(AT_FDCWD, path, &b, &none) == 0 && b.len > 0) {
		memcpy(id, b.data, b.len);
		id[b.len] = '\0';
		id[strcspn(id, "\n")] = '\0';
	}
	buf_done(&b);
}

void
boot_now(char id[BOOT_TEXT])
{
	read_line("/proc/sys/kernel/random/boot_id", id);
}

int
boot_is_new(const char *id)
{
	char noted[BOOT_TEXT];

	read_line(HOME_BOOT, noted);
	return id[0] == '\0' || strcmp(id, noted) != 0;
}

int
boot_note(const char *id, struct err *e)
{
	return file_publish(AT_FDCWD, HOME_BOOT, id, strlen(id), 0644, e);
}
