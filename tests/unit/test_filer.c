#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "door/filer.h"
#include "door/sftp.h"
#include "sys/copies.h"
#include "sys/frame.h"
#include "sys/hash.h"
#include "sys/message.h"
#include "sys/proc.h"

/*
 * A real filer in a process of its own, jail included; the test is its client
 * on one side and its keeper on the other.
 */
static pid_t filer;
static int stream;
static int keeper;
static char home[64];
static struct frame frame;

/* What the filer told the keeper. */
static char accessed[64][64]; /* "operation name outcome" */
static size_t naccessed;
static struct {
	uint32_t tag;
	char file[SPOOL_TEXT];
	uint64_t bytes;
	char sha256[DIGEST_TEXT];
	char code[40];
} told;

#define CSV "名称,金额\n水费,1\n"

/* --- the instance and the filer ------------------------------------------ */

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
make_home(void **state)
{
	static const char *const make[] = { "accounts", "standards", "spool",
		"spool/uploading", "spool/received" };

	(void)state;
	snprintf(home, sizeof(home), "/tmp/test_filer.XXXXXX");
	if (mkdtemp(home) == NULL || chdir(home) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		if (mkdir(make[i], 0755) == -1)
			return -1;
	write_file("zayton.conf", "disk_reserve = 0\n");
	naccessed = 0;
	(void)alarm(60);
	return 0;
}

/* The pattern, as the gate starts it. */
static void
be_pattern(int orders)
{
	char role_word[] = "filers";
	char orders_word[24];
	char *words[] = { role_word, orders_word, NULL };
	char **argv = words + 1;
	int argc = 1;

	if (getenv("TEST_LOG") == NULL &&
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(99);
	snprintf(orders_word, sizeof(orders_word), "orders=%d", orders);
	proc_start(&argc, &argv);
	_exit(filer_role(argc, argv));
}

static void
start_as(enum account_role role)
{
	struct pattern pattern = { .role = "filers" };
	int orders[2], s[2], k[2];
	int remarks;
	struct err e;

	assert_int_equal(frame_pair(orders, &e), 0);
	fflush(NULL);
	pattern.pid = fork();
	assert_true(pattern.pid != -1);
	if (pattern.pid == 0) {
		close(orders[0]);
		be_pattern(orders[1]);
	}
	close(orders[1]);
	pattern.orders = orders[0];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(frame_pair(k, &e), 0);
	frame_start(&frame, MESSAGE_ORDER);
	frame_put_str(&frame, "aic");
	frame_put_u8(&frame, (uint8_t)role);
	frame_put_fd(&frame, s[1]);
	frame_put_fd(&frame, k[1]);
	remarks = open("/dev/null", O_WRONLY);
	frame_put_fd(&frame, remarks);
	filer = pattern_copy(&pattern, &frame, &e);
	close(remarks);
	assert_true(filer > 0);
	pattern_end(&pattern);
	close(s[1]);
	close(k[1]);
	stream = s[0];
	keeper = k[0];
}

static int
status_of_filer(void)
{
	int status = -1;

	assert_int_equal(waitpid(filer, &status, 0), filer);
	filer = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
clean_up(void **state)
{
	char command[128];

	(void)state;
	if (stream != -1)
		close(stream);
	if (keeper != -1)
		close(keeper);
	stream = keeper = -1;
	if (filer > 0)
		(void)status_of_filer();
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return chdir("/") == 0 ? system(command) : -1;
}

/* --- the client ---------------------------------------------------------- */

static uint8_t packet[SFTP_REPLY_MAX];
static size_t packet_len;
static uint8_t reply[SFTP_REPLY_MAX];
static size_t reply_len;
static uint32_t next_id = 100;

static void
add(const void *p, size_t len)
{
	memcpy(packet + packet_len, p, len);
	packet_len += len;
}

static void
add_u32(uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	add(b, 4);
}

static void
add_u64(uint64_t v)
{
	add_u32((uint32_t)(v >> 32));
	add_u32((uint32_t)v);
}

static void
add_bytes(const void *p, size_t len)
{
	add_u32((uint32_t)len);
	add(p, len);
}

static void
add_str(const char *s)
{
	add_bytes(s, strlen(s));
}

static uint32_t
begin(uint8_t type)
{
	packet_len = 4;
	add(&type, 1);
	add_u32(++next_id);
	return next_id;
}

static void
post(void)
{
	size_t len = packet_len;
	size_t done = 0;

	packet_len = 0;
	add_u32((uint32_t)len - 4);
	packet_len = len;
	while (done < len) {
		ssize_t n = write(stream, packet + done, len - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
}

static int
get_exact(uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = read(stream, p, len);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint32_t
u32_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The type of the next reply, -1 where the filer has hung up. */
static int
receive(void)
{
	if (get_exact(reply, 4) == -1)
		return -1;
	reply_len = u32_of(reply);
	assert_in_range(reply_len, 5, sizeof(reply));
	assert_int_equal(get_exact(reply, reply_len), 0);
	return reply[0];
}

static uint32_t
reply_id(void)
{
	return u32_of(reply + 1);
}

/* The code of a reply: OK for whatever is not a status. */
static uint32_t
code(void)
{
	assert_true(receive() != -1);
	return reply[0] == SFTP_STATUS ? u32_of(reply + 5) : (uint32_t)SFTP_OK;
}

static const char *
text(void)
{
	static char s[SFTP_TEXT_MAX + 1];

	memcpy(s, reply + 13, u32_of(reply + 9));
	s[u32_of(reply + 9)] = '\0';
	return s;
}

static void
hello(void)
{
	packet_len = 4;
	add("\1", 1);
	add_u32(3);
	post();
	assert_int_equal(receive(), SFTP_VERSION_IS);
	assert_int_equal(reply_id(), 3);
}

static void
connected_as(enum account_role role)
{
	start_as(role);
	hello();
}

static uint32_t
ask(uint8_t type, const char *path)
{
	begin(type);
	add_str(path);
	if (type == SFTP_SETSTAT || type == SFTP_MKDIR)
		add_u32(0);
	post();
	return code();
}

static uint32_t
ask2(uint8_t type, const char *a, const char *b)
{
	begin(type);
	add_str(a);
	add_str(b);
	post();
	return code();
}

enum {
	PUT = SFTP_OPEN_WRITE | SFTP_OPEN_CREAT | SFTP_OPEN_TRUNC,
	GET = SFTP_OPEN_READ,
	RESUME = SFTP_OPEN_WRITE | SFTP_OPEN_CREAT | SFTP_OPEN_APPEND
};

static uint32_t
open_code(const char *path, uint32_t flags)
{
	begin(SFTP_OPEN);
	add_str(path);
	add_u32(flags);
	add_u32(0);
	post();
	return code();
}

static uint32_t
open_ok(const char *path, uint32_t flags)
{
	assert_int_equal(open_code(path, flags), SFTP_OK);
	assert_int_equal(reply[0], SFTP_HANDLE);
	return u32_of(reply + 9);
}

static void
post_handle(uint8_t type, uint32_t handle)
{
	begin(type);
	add_u32(4);
	add_u32(handle);
}

static uint32_t
write_code(uint32_t handle, uint64_t off, const char *s)
{
	post_handle(SFTP_WRITE, handle);
	add_u64(off);
	add_str(s);
	post();
	return code();
}

static void
post_close(uint32_t handle)
{
	post_handle(SFTP_CLOSE, handle);
	post();
}

/* The size STAT tells, -1 where there is nothing. */
static int64_t
size_of(const char *path)
{
	if (ask(SFTP_STAT, path) != SFTP_OK)
		return -1;
	assert_int_equal(reply[0], SFTP_ATTRS);
	return (int64_t)u32_of(reply + 9) << 32 | u32_of(reply + 13);
}

/* Names of a folder, one line each; and how many pages it took. */
static const char *
list(const char *path, int *ret_pages)
{
	static char names[64 * 1024];
	uint32_t handle;

	names[0] = '\0';
	*ret_pages = 0;
	assert_int_equal(ask(SFTP_OPENDIR, path), SFTP_OK);
	handle = u32_of(reply + 9);
	for (;;) {
		const uint8_t *p;

		post_handle(SFTP_READDIR, handle);
		post();
		if (receive() != SFTP_NAME)
			break;
		(*ret_pages)++;
		p = reply + 9;
		for (uint32_t n = u32_of(reply + 5); n > 0; n--) {
			size_t used = strlen(names);

			snprintf(names + used, sizeof(names) - used, "%.*s\n",
			    (int)u32_of(p), (const char *)p + 4);
			p += 4 + u32_of(p);
			p += 4 + u32_of(p);
			p += 4 + 8 + 4 + 8;
		}
	}
	assert_int_equal(u32_of(reply + 5), SFTP_EOF);
	post_close(handle);
	assert_int_equal(code(), SFTP_OK);
	return names;
}

/* --- the keeper ---------------------------------------------------------- */

static void
note_access(void)
{
	char operation[32], name[512], sha256[DIGEST_TEXT], outcome[64];
	struct err e;

	frame_get_str(&frame, operation, sizeof(operation));
	frame_get_str(&frame, name, sizeof(name));
	(void)frame_get_u64(&frame);
	frame_get_str(&frame, sha256, sizeof(sha256));
	frame_get_str(&frame, outcome, sizeof(outcome));
	assert_int_equal(frame_end(&frame, &e), 0);
	assert_true(naccessed < 64);
	snprintf(accessed[naccessed++], sizeof(accessed[0]),
	    "%.10s %.30s %.20s", operation, name, outcome);
}

/* Hears the keeper's side until an upload is told, or all has been said. */
static int
hear(void)
{
	unsigned char digest[DIGEST_BYTES];
	char sentence[512];
	struct err e;

	while (frame_recv(keeper, &frame, &e) == 1) {
		if (frame.type == MESSAGE_ACCESS) {
			note_access();
			continue;
		}
		assert_int_equal(frame.type, MESSAGE_UPLOADED);
		told.tag = frame_get_u32(&frame);
		frame_get_str(&frame, told.file, sizeof(told.file));
		told.bytes = frame_get_u64(&frame);
		frame_get_exact(&frame, digest, sizeof(digest));
		frame_get_str(&frame, told.code, sizeof(told.code));
		frame_get_str(&frame, sentence, sizeof(sentence));
		frame_get_str(&frame, sentence, sizeof(sentence));
		assert_int_equal(frame_end(&frame, &e), 0);
		hash_hex(digest, sizeof(digest), told.sha256);
		return 1;
	}
	return 0;
}

static void
take(uint32_t tag)
{
	struct err e;

	frame_start(&frame, MESSAGE_TAKEN);
	frame_put_u32(&frame, tag);
	assert_int_equal(frame_send(keeper, &frame, &e), 0);
}

/* The client leaves; all lines of the access log are heard. */
static void
leave(void)
{
	close(stream);
	stream = -1;
	while (hear())
		take(told.tag);
	assert_int_equal(status_of_filer(), 0);
}

static int
was_accessed(const char *line)
{
	for (size_t i = 0; i < naccessed; i++)
		if (strcmp(accessed[i], line) == 0)
			return 1;
	return 0;
}

/* Sends a file whole; the code of its CLOSE. */
static uint32_t
put(const char *path, const char *content)
{
	uint32_t handle = open_ok(path, PUT);

	if (content[0] != '\0')
		assert_int_equal(write_code(handle, 0, content), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	take(told.tag);
	return code();
}

static size_t
count(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
assert_told(const char *end, const char *content)
{
	char hex[DIGEST_TEXT];
	size_t len = strlen(told.file);

	hash_sha256_hex(content, strlen(content), hex);
	assert_true(len > strlen(end));
	assert_string_equal(told.file + len - strlen(end), end);
	assert_int_equal(told.bytes, strlen(content));
	assert_string_equal(told.sha256, hex);
}

/* --- tests --------------------------------------------------------------- */

/* Every verb that names a path, for every role: 0 done, 2 none, 3 refused. */
static const struct {
	const char *verb;
	const char *path;
	const char *codes; /* department, institution, enterprise,
			      upstream */
} rights[] = {
	{ "stat", "/", "0000" },
	{ "stat", "/upload", "0202" },
	{ "stat", "/check", "0202" },
	{ "stat", "/reports", "0202" },
	{ "stat", "/queries", "2020" },
	{ "stat", "/extracts", "2020" },
	{ "stat", "/catalog", "2020" },
	{ "stat", "/receipts", "0000" },
	{ "stat", "/standards", "0000" },
	{ "stat", "/keys", "2222" },
	{ "stat", "/../../etc/passwd", "2222" },
	{ "list", "/", "0000" },
	{ "list", "/upload", "0202" },
	{ "list", "/queries", "2020" },
	{ "list", "/receipts", "0000" },
	{ "list", "/none", "2222" },
	{ "put", "/upload/a.csv", "0202" },
	{ "put", "/check/a.csv", "0202" },
	{ "put", "/queries/q.json", "2020" },
	{ "put", "/receipts/a.csv", "3333" },
	{ "put", "/standards/a.csv", "3333" },
	{ "put", "/reports/a.csv", "3232" },
	{ "put", "/extracts/a.csv", "2323" },
	{ "put", "/upload/sub/a.csv", "3232" },
	{ "put", "/a.csv", "3333" },
	{ "put", "/upload", "3333" },
	{ "get", "/standards/s.json", "0000" },
	{ "get", "/receipts/none", "2222" },
	{ "get", "/upload/x.csv", "3232" },
	{ "get", "/", "3333" },
	{ "setstat", "/standards/s.json", "3333" },
	{ "setstat", "/upload", "0303" },
	{ "remove", "/standards/s.json", "3333" },
	{ "remove", "/upload/none.csv", "2222" },
	{ "mkdir", "/upload/d", "3333" },
	{ "mkdir", "/d", "3333" },
	{ "rmdir", "/upload", "3333" },
	{ "readlink", "/upload", "3333" },
	{ "symlink", "/upload/l", "3333" },
	{ "rename", "/standards/s.json", "3333" },
};

static void
every_verb_is_allowed_or_refused_by_role_and_folder(void **state)
{
	static const struct {
		const char *verb;
		uint8_t type;
	} verbs[] = { { "stat", SFTP_STAT }, { "list", SFTP_OPENDIR },
		{ "setstat", SFTP_SETSTAT }, { "remove", SFTP_REMOVE },
		{ "mkdir", SFTP_MKDIR }, { "rmdir", SFTP_RMDIR },
		{ "readlink", SFTP_READLINK } };
	enum { RIGHTS = sizeof(rights) / sizeof(rights[0]) };

	write_file("standards/s.json", "{}");
	for (int role = 0; role <= ACCOUNT_UPSTREAM; role++) {
		connected_as((enum account_role)role);
		for (size_t i = 0; i < RIGHTS; i++) {
			const char *verb = rights[i].verb;
			const char *path = rights[i].path;
			uint32_t got = 9;

			if (strcmp(verb, "put") == 0)
				got = open_code(path, PUT);
			else if (strcmp(verb, "get") == 0)
				got = open_code(path, GET);
			else if (strcmp(verb, "symlink") == 0)
				got = ask2(SFTP_SYMLINK, "/standards", path);
			else if (strcmp(verb, "rename") == 0)
				got = ask2(SFTP_RENAME, path, "/x.csv");
			for (size_t j = 0; j < 7; j++)
				if (strcmp(verbs[j].verb, verb) == 0)
					got = ask(verbs[j].type, path);
			if (got != (uint32_t)(rights[i].codes[role] - '0'))
				fail_msg("role %d: %s %s gave %u", role, verb,
				    path, got);
		}
		leave();
		close(keeper);
		naccessed = 0;
	}
	keeper = -1;
	(void)state;
}

static void
close_is_answered_when_the_keeper_has_it(void **state)
{
	uint32_t handle;
	uint32_t id;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/水费.csv", PUT);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	post_close(handle);
	id = next_id;
	assert_true(hear());
	assert_told(".u.aic.水费.csv", CSV);
	assert_string_equal(told.code, "");
	assert_int_equal(count("spool/received"), 1);
	assert_int_equal(count("spool/uploading/aic"), 0);
	/* Others are served in the meantime. */
	assert_int_equal(ask(SFTP_STAT, "/receipts"), SFTP_OK);
	assert_int_equal(reply[0], SFTP_ATTRS);
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
	assert_int_equal(reply_id(), id);
	leave();
	assert_true(was_accessed("put /upload/水费.csv taken"));
}

static void
many_closes_are_in_flight_at_once(void **state)
{
	enum { MANY = 40 };
	uint32_t handle[MANY];
	uint32_t tag[MANY];
	char path[32];

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/check/%d.csv", i);
		handle[i] = open_ok(path, PUT);
		assert_int_equal(write_code(handle[i], 0, CSV), SFTP_OK);
	}
	for (int i = 0; i < MANY; i++)
		post_close(handle[i]);
	for (int i = 0; i < MANY; i++) {
		assert_true(hear());
		tag[i] = told.tag;
		assert_non_null(strstr(told.file, ".c.aic."));
	}
	for (int i = MANY - 1; i >= 0; i--)
		take(tag[i]);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(code(), SFTP_OK);
		assert_int_equal(reply_id(), next_id - (uint32_t)i);
	}
}

static void
a_damaged_container_is_refused_at_close_and_still_receipted(void **state)
{
	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(put("/upload/a.zip", "PK\3\4 cut off"), SFTP_FAILURE);
	assert_true(told.code[0] != '\0');
	assert_non_null(strstr(text(), "；"));
	assert_int_equal(count("spool/received"), 1);
	/* Clients that ignore the status look for the file. */
	assert_int_equal(size_of("/upload/a.zip"), -1);
	leave();
	assert_true(was_accessed("put /upload/a.zip refused"));
}

static void
an_empty_upload_is_refused_and_can_be_opened_again(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(put("/upload/a.csv", ""), SFTP_FAILURE);
	assert_string_equal(told.code, "container_empty");
	handle = open_ok("/upload/a.csv", SFTP_OPEN_WRITE);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
	assert_told(".u.aic.a.csv", CSV);
}

static void
a_taken_name_stays_visible_and_closed(void **state)
{
	int pages;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(put("/upload/a.csv", CSV), SFTP_OK);
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
	assert_string_equal(list("/upload", &pages), "a.csv\n");
	assert_int_equal(open_code("/upload/a.csv", GET),
	    SFTP_PERMISSION_DENIED);
	assert_int_equal(open_code("/upload/a.csv", SFTP_OPEN_WRITE),
	    SFTP_PERMISSION_DENIED);
	assert_int_equal(open_code("/upload/a.csv", RESUME),
	    SFTP_PERMISSION_DENIED);
	assert_int_equal(ask(SFTP_REMOVE, "/upload/a.csv"),
	    SFTP_PERMISSION_DENIED);
	assert_int_equal(ask2(SFTP_RENAME, "/upload/a.csv", "/upload/b.csv"),
	    SFTP_PERMISSION_DENIED);
	assert_int_equal(ask(SFTP_SETSTAT, "/upload/a.csv"), SFTP_OK);
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
}

static void
times_set_by_a_client_are_kept(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	post_handle(SFTP_FSETSTAT, handle);
	add_u32(SFTP_ATTR_MODE | SFTP_ATTR_TIMES);
	add_u32(0644);
	add_u32(1000000000);
	add_u32(1400000000);
	post();
	assert_int_equal(code(), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
	assert_int_equal(u32_of(reply + 25), 1400000000);
}

static void
the_same_name_again_overwrites_nothing(void **state)
{
	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(put("/upload/a.csv", CSV), SFTP_OK);
	assert_int_equal(put("/upload/a.csv", CSV "气费,2\n"), SFTP_OK);
	assert_int_equal(count("spool/received"), 2);
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV "气费,2\n"));
	assert_int_equal(open_code("/upload/a.csv", PUT | SFTP_OPEN_EXCL),
	    SFTP_FAILURE);
}

static void
a_temporary_name_is_published_by_its_renaming(void **state)
{
	static const char *const names[] = { "/upload/a.csv.filepart",
		"/upload/a.csv.part", "/upload/a.csv.tmp",
		"/upload/a.csv.0123abcd.partial" };
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		handle = open_ok(names[i], PUT);
		assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
		post_close(handle);
		assert_int_equal(code(), SFTP_OK);
		assert_int_equal(size_of(names[i]), strlen(CSV));
		assert_int_equal(count("spool/received"), i);
		/* WinSCP removes what it overwrites first. */
		if (i > 0)
			assert_int_equal(ask(SFTP_REMOVE, "/upload/a.csv"),
			    SFTP_OK);
		begin(SFTP_RENAME);
		add_str(names[i]);
		add_str("/upload/a.csv");
		post();
		assert_true(hear());
		assert_told(".u.aic.a.csv", CSV);
		take(told.tag);
		assert_int_equal(code(), SFTP_OK);
		assert_int_equal(size_of(names[i]), -1);
		assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
	}
}

static void
an_upload_is_resumed_where_it_was_broken_off(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, "名称,"), SFTP_OK);
	leave();
	close(keeper);
	assert_true(was_accessed("put /upload/a.csv partial"));
	assert_int_equal(count("spool/received"), 0);
	assert_int_equal(count("spool/uploading/aic"), 1);

	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(size_of("/upload/a.csv"), 7);
	handle = open_ok("/upload/a.csv", RESUME);
	/* One upload is written by one only. */
	assert_int_equal(open_code("/upload/a.csv", RESUME), SFTP_FAILURE);
	assert_int_equal(write_code(handle, 7, CSV + 7), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	assert_told(".u.aic.a.csv", CSV);
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
	assert_int_equal(count("spool/uploading/aic"), 0);
}

static void
what_was_broken_off_goes_when_its_name_is_taken(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, "a"), SFTP_OK);
	handle = open_ok("/upload/b.csv", PUT);
	assert_int_equal(write_code(handle, 0, "b"), SFTP_OK);
	leave();
	close(keeper);
	connected_as(ACCOUNT_DEPARTMENT);
	/* A name that stands there is not renamed over. */
	assert_int_equal(ask2(SFTP_RENAME, "/upload/b.csv", "/upload/a.csv"),
	    SFTP_FAILURE);
	assert_int_equal(put("/upload/a.csv", CSV), SFTP_OK);
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
	assert_int_equal(size_of("/upload/b.csv"), 1);
	assert_int_equal(count("spool/uploading/aic"), 1);
}

/* scp opens without truncating and writes from the start. */
static void
an_old_rest_never_stays_behind_a_new_start(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0,
			     "a much longer line than the other one"),
	    SFTP_OK);
	leave();
	close(keeper);
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", SFTP_OPEN_WRITE | SFTP_OPEN_CREAT);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	assert_told(".u.aic.a.csv", CSV);
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
}

static void
unordered_and_repeated_writes_have_the_right_digest(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 6, "g,h\n"), SFTP_OK);
	assert_int_equal(write_code(handle, 4, "e\n"), SFTP_OK);
	assert_int_equal(write_code(handle, 0, "x,"), SFTP_OK);
	assert_int_equal(write_code(handle, 2, "b\n"), SFTP_OK);
	assert_int_equal(write_code(handle, 10, "i,j\n"), SFTP_OK);
	assert_int_equal(write_code(handle, 0, "a,"), SFTP_OK);
	assert_int_equal(write_code(handle, 14, "k,l\n"), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	assert_told(".u.aic.a.csv", "a,b\ne\ng,h\ni,j\nk,l\n");
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
}

/* Writes that are read at once are gathered, but only what follows. */
static void
gathered_writes_keep_their_places(void **state)
{
	static const struct {
		int file;
		uint64_t off;
		const char *bytes;
	} cases[] = { { 0, 0, "a," }, { 0, 2, "b\n" }, { 1, 0, "1,2\n" },
		{ 0, 4, "c," }, { 0, 8, "e\n" }, { 0, 50, "" }, { 0, 6, "d\n" },
		{ 1, 4, "3,4\n" }, { 0, 10, "" }, { 0, 10, "f\n" } };
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	uint32_t handle[2];

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle[0] = open_ok("/upload/a.csv", PUT);
	handle[1] = open_ok("/upload/b.csv", PUT);
	assert_int_equal(kill(filer, SIGSTOP), 0);
	for (size_t i = 0; i < CASES; i++) {
		post_handle(SFTP_WRITE, handle[cases[i].file]);
		add_u64(cases[i].off);
		add_str(cases[i].bytes);
		post();
	}
	assert_int_equal(kill(filer, SIGCONT), 0);
	for (size_t i = 0; i < CASES; i++) {
		assert_int_equal(code(), SFTP_OK);
		assert_int_equal(reply_id(), next_id - CASES + 1 + i);
	}
	post_close(handle[0]);
	assert_true(hear());
	assert_told(".u.aic.a.csv", "a,b\nc,d\ne\nf\n");
	post_close(handle[1]);
	assert_true(hear());
	assert_told(".u.aic.b.csv", "1,2\n3,4\n");
}

static void
an_upload_with_a_hole_is_not_published(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, "a,b\n"), SFTP_OK);
	assert_int_equal(write_code(handle, 8, "c,d\n"), SFTP_OK);
	post_close(handle);
	assert_int_equal(code(), SFTP_FAILURE);
	assert_int_equal(count("spool/received"), 0);
	/* What lies behind the hole is not taken for data later. */
	assert_int_equal(size_of("/upload/a.csv"), 4);
	assert_int_equal(ask(SFTP_REMOVE, "/upload/a.csv"), SFTP_OK);
	assert_int_equal(count("spool/uploading/aic"), 0);
}

static void
a_pipeline_of_writes_is_one_file(void **state)
{
	static char content[200 * 1000 + 1];
	uint32_t handle;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(content); i++)
		content[i] = i % 50 == 49 ? '\n' : (char)('a' + i / 50 % 26);
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	for (size_t off = 0; off + 1 < sizeof(content); off += 1000) {
		post_handle(SFTP_WRITE, handle);
		add_u64(off);
		add_bytes(content + off, 1000);
		post();
	}
	post_close(handle);
	for (int i = 0; i < 200; i++)
		assert_int_equal(code(), SFTP_OK);
	assert_true(hear());
	assert_told(".u.aic.a.csv", content);
	take(told.tag);
	assert_int_equal(code(), SFTP_OK);
}

/* Clients look for what they just sent, whatever others are doing. */
static void
what_another_session_writes_hides_nothing(void **state)
{
	int first_stream, first_keeper, second_stream;
	pid_t first;
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(put("/upload/a.csv", CSV), SFTP_OK);
	first = filer;
	first_stream = stream;
	first_keeper = keeper;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, "a"), SFTP_OK);
	assert_int_equal(size_of("/upload/a.csv"), 1);
	second_stream = stream;
	stream = first_stream;
	assert_int_equal(size_of("/upload/a.csv"), strlen(CSV));
	stream = second_stream;
	leave();
	close(keeper);
	/* Now it is broken off, and can be resumed by whoever comes. */
	filer = first;
	stream = first_stream;
	keeper = first_keeper;
	assert_int_equal(size_of("/upload/a.csv"), 1);
}

static void
names_that_are_no_bundles_are_refused_at_open(void **state)
{
	static const char *const bad[] = { "/upload/x.exe", "/upload/x",
		"/upload/x.lua", "/upload/.x.csv", "/upload/x.exe.filepart",
		"/upload/a\nb.csv", "/upload/\xd6\xd0.csv", "/check/x.csv.sig",
		"/upload/q.json" };
	static const char *const good[] = { "/upload/x.CSV", "/upload/x.tar.gz",
		"/upload/nil.json", "/upload/x.zip.sig",
		"/upload/x.zip.partial" };

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(open_code(bad[i], PUT), SFTP_FAILURE);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		(void)open_ok(good[i], PUT);
	leave();
	assert_true(was_accessed("put /upload/x.exe name_kind"));
}

static void
an_upload_is_refused_where_the_disk_has_no_room(void **state)
{
	(void)state;
	write_file("zayton.conf", "disk_reserve = 9000000000000000000\n");
	connected_as(ACCOUNT_DEPARTMENT);
	assert_int_equal(open_code("/upload/a.csv", PUT), SFTP_FAILURE);
	assert_non_null(strstr(text(), "disk space"));
}

static void
an_upload_is_stopped_at_its_largest_size(void **state)
{
	uint32_t handle;

	(void)state;
	write_file("zayton.conf",
	    "disk_reserve = 0\nupload_bytes_max = 1048576\n");
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 1048575, "x"), SFTP_OK);
	assert_int_equal(write_code(handle, 1048575, "xy"), SFTP_FAILURE);
	assert_int_equal(write_code(handle, UINT64_MAX, "xy"), SFTP_FAILURE);
}

static void
handles_are_few_and_not_mistaken(void **state)
{
	uint32_t handle = 0;
	int n = 0;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	while (ask(SFTP_OPENDIR, "/") == SFTP_OK && n < 100) {
		handle = u32_of(reply + 9);
		n++;
	}
	assert_int_equal(n, 64);
	post_close(handle);
	assert_int_equal(code(), SFTP_OK);
	post_close(handle);
	assert_int_equal(code(), SFTP_FAILURE);
	assert_int_equal(ask(SFTP_OPENDIR, "/"), SFTP_OK);
	post_close(handle);
	assert_int_equal(code(), SFTP_FAILURE);
	assert_int_equal(write_code(handle, 0, "x"), SFTP_FAILURE);
}

static void
a_long_folder_comes_in_pages(void **state)
{
	char path[64];
	const char *names;
	int pages;
	int lines = 0;

	(void)state;
	for (int i = 0; i < 250; i++) {
		snprintf(path, sizeof(path), "standards/s%03d.json", i);
		write_file(path, "{}");
	}
	connected_as(ACCOUNT_DEPARTMENT);
	names = list("/standards", &pages);
	for (; *names != '\0'; names++)
		lines += *names == '\n';
	assert_int_equal(lines, 250);
	assert_int_equal(pages, 3);
	assert_string_equal(list("/", &pages),
	    "upload\ncheck\nreports\nreceipts\nstandards\n");
}

static void
a_download_gives_the_bytes(void **state)
{
	uint32_t handle;

	(void)state;
	write_file("standards/s.json", "{\"a\":1}");
	connected_as(ACCOUNT_INSTITUTION);
	handle = open_ok("/standards/s.json", GET);
	post_handle(SFTP_READ, handle);
	add_u64(2);
	add_u32(1000000);
	post();
	assert_int_equal(receive(), SFTP_DATA);
	assert_int_equal(u32_of(reply + 5), 5);
	assert_memory_equal(reply + 9, "a\":1}", 5);
	post_handle(SFTP_READ, handle);
	add_u64(7);
	add_u32(10);
	post();
	assert_int_equal(code(), SFTP_EOF);
	assert_int_equal(write_code(handle, 0, "x"), SFTP_PERMISSION_DENIED);
	post_close(handle);
	assert_int_equal(code(), SFTP_OK);
	handle = open_ok("/standards/s.json", GET);
	post_handle(SFTP_READ, handle);
	add_u64(0);
	add_u32(7);
	post();
	assert_int_equal(receive(), SFTP_DATA);
	leave();
	assert_true(was_accessed("get /standards/s.json partial"));
	assert_true(was_accessed("get /standards/s.json complete"));
}

/* A client that asks on and on and reads nothing is not served on and on. */
static void
answers_wait_for_a_client_that_does_not_read(void **state)
{
	enum { MANY = 100, CHUNK = 255 * 1024 };
	char *content = malloc(CHUNK + 1);
	uint32_t handle;

	(void)state;
	assert_non_null(content);
	memset(content, 'x', CHUNK);
	content[CHUNK] = '\0';
	write_file("standards/s.json", content);
	free(content);
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/standards/s.json", GET);
	for (int i = 0; i < MANY; i++) {
		post_handle(SFTP_READ, handle);
		add_u64(0);
		add_u32(CHUNK);
		post();
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(receive(), SFTP_DATA);
		assert_int_equal(u32_of(reply + 5), CHUNK);
	}
}

static void
unknown_requests_are_unsupported(void **state)
{
	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	begin(SFTP_EXTENDED);
	add_str("hardlink@openssh.com");
	add_str("/a");
	add_str("/b");
	post();
	assert_int_equal(code(), SFTP_OP_UNSUPPORTED);
	begin(99);
	post();
	assert_int_equal(code(), SFTP_OP_UNSUPPORTED);
	begin(SFTP_EXTENDED);
	add_str("limits@openssh.com");
	post();
	assert_int_equal(receive(), SFTP_EXTENDED_REPLY);
	assert_int_equal(u32_of(reply + 17), 261120);
}

static void
a_malformed_packet_ends_the_session(void **state)
{
	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	(void)open_ok("/upload/a.csv", PUT);
	begin(SFTP_OPEN);
	add_u32(1000);
	post();
	assert_int_equal(receive(), -1);
	while (hear())
		;
	assert_int_equal(status_of_filer(), 0);
	assert_true(was_accessed("put /upload/a.csv partial"));
}

static void
nothing_is_said_before_init(void **state)
{
	(void)state;
	start_as(ACCOUNT_DEPARTMENT);
	begin(SFTP_STAT);
	add_str("/");
	post();
	assert_int_equal(receive(), -1);
	assert_int_equal(status_of_filer(), 0);
}

static void
without_a_keeper_the_filer_ends(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	post_close(handle);
	assert_true(hear());
	close(keeper);
	keeper = -1;
	/* No OK for what is not in the ledger. */
	assert_int_equal(receive(), -1);
	assert_int_equal(status_of_filer(), 75);
}

static void
sigterm_ends_it_and_leaves_a_partial(void **state)
{
	uint32_t handle;

	(void)state;
	connected_as(ACCOUNT_DEPARTMENT);
	handle = open_ok("/upload/a.csv", PUT);
	assert_int_equal(write_code(handle, 0, CSV), SFTP_OK);
	assert_int_equal(kill(filer, SIGTERM), 0);
	assert_int_equal(status_of_filer(), 0);
	while (hear())
		;
	assert_true(was_accessed("put /upload/a.csv partial"));
	assert_int_equal(count("spool/uploading/aic"), 1);
}

static void
a_query_is_json_or_a_list(void **state)
{
	(void)state;
	connected_as(ACCOUNT_INSTITUTION);
	assert_int_equal(put("/queries/q.json", "{}"), SFTP_OK);
	assert_told(".q.aic.q.json", "{}");
	assert_int_equal(open_code("/queries/q.txt", PUT), SFTP_FAILURE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_home, clean_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_verb_is_allowed_or_refused_by_role_and_folder),
		TEST(close_is_answered_when_the_keeper_has_it),
		TEST(many_closes_are_in_flight_at_once),
		TEST(
		    a_damaged_container_is_refused_at_close_and_still_receipted),
		TEST(an_empty_upload_is_refused_and_can_be_opened_again),
		TEST(a_taken_name_stays_visible_and_closed),
		TEST(times_set_by_a_client_are_kept),
		TEST(the_same_name_again_overwrites_nothing),
		TEST(a_temporary_name_is_published_by_its_renaming),
		TEST(an_upload_is_resumed_where_it_was_broken_off),
		TEST(what_was_broken_off_goes_when_its_name_is_taken),
		TEST(an_old_rest_never_stays_behind_a_new_start),
		TEST(unordered_and_repeated_writes_have_the_right_digest),
		TEST(gathered_writes_keep_their_places),
		TEST(an_upload_with_a_hole_is_not_published),
		TEST(a_pipeline_of_writes_is_one_file),
		TEST(what_another_session_writes_hides_nothing),
		TEST(names_that_are_no_bundles_are_refused_at_open),
		TEST(an_upload_is_refused_where_the_disk_has_no_room),
		TEST(an_upload_is_stopped_at_its_largest_size),
		TEST(handles_are_few_and_not_mistaken),
		TEST(a_long_folder_comes_in_pages),
		TEST(a_download_gives_the_bytes),
		TEST(answers_wait_for_a_client_that_does_not_read),
		TEST(unknown_requests_are_unsupported),
		TEST(a_malformed_packet_ends_the_session),
		TEST(nothing_is_said_before_init),
		TEST(without_a_keeper_the_filer_ends),
		TEST(sigterm_ends_it_and_leaves_a_partial),
		TEST(a_query_is_json_or_a_list),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	stream = keeper = -1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
