#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/frame.h"

static struct frame a;
static struct frame b;

static void
what_is_put_in_comes_out_in_order(void **state)
{
	struct err e;
	char text[16];
	unsigned char bytes[4];
	int pair[2];

	(void)state;
	assert_int_equal(frame_pair(pair, &e), 0);
	frame_start(&a, 7);
	frame_put_u8(&a, 200);
	frame_put_u32(&a, 70000);
	frame_put_u64(&a, UINT64_C(1) << 40);
	frame_put_str(&a, "泉州");
	frame_put_bytes(&a, "\0\1\2\3", 4);
	assert_int_equal(frame_send(pair[0], &a, &e), 0);
	assert_int_equal(frame_recv(pair[1], &b, &e), 1);
	assert_int_equal(b.type, 7);
	assert_int_equal(frame_get_u8(&b), 200);
	assert_int_equal(frame_get_u32(&b), 70000);
	assert_true(frame_get_u64(&b) == UINT64_C(1) << 40);
	frame_get_str(&b, text, sizeof(text));
	assert_string_equal(text, "泉州");
	assert_int_equal(frame_get_bytes(&b, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, "\0\1\2\3", 4);
	assert_int_equal(frame_end(&b, &e), 0);
	close(pair[0]);
	assert_int_equal(frame_recv(pair[1], &b, &e), 0);
	close(pair[1]);
}

static void
a_frame_with_bytes_left_over_is_refused(void **state)
{
	struct err e;

	(void)state;
	frame_start(&a, 1);
	frame_put_u32(&a, 1);
	frame_put_u8(&a, 2);
	assert_int_equal(frame_get_u32(&a), 1);
	assert_int_equal(frame_end(&a, &e), -1);
}

static void
a_frame_that_is_too_short_is_refused_and_reads_as_nothing(void **state)
{
	struct err e;
	char text[4];

	(void)state;
	frame_start(&a, 1);
	frame_put_u32(&a, 1000);
	frame_get_str(&a, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(frame_end(&a, &e), -1);
}

static void
a_text_longer_than_its_room_or_with_a_nul_is_refused(void **state)
{
	struct err e;
	char text[4];

	(void)state;
	frame_start(&a, 1);
	frame_put_str(&a, "1234");
	frame_get_str(&a, text, sizeof(text));
	assert_int_equal(frame_end(&a, &e), -1);
	frame_start(&a, 1);
	frame_put_bytes(&a, "a\0b", 3);
	frame_get_str(&a, text, sizeof(text));
	assert_int_equal(frame_end(&a, &e), -1);
}

static void
descriptors_travel_and_the_unclaimed_are_closed(void **state)
{
	struct err e;
	int pair[2], pipes[2];
	int got;

	(void)state;
	assert_int_equal(frame_pair(pair, &e), 0);
	assert_int_equal(pipe(pipes), 0);
	frame_start(&a, 1);
	frame_put_fd(&a, pipes[0]);
	frame_put_fd(&a, pipes[1]);
	assert_int_equal(frame_send(pair[0], &a, &e), 0);
	assert_int_equal(frame_recv(pair[1], &b, &e), 1);
	got = frame_get_fd(&b);
	assert_true(got > 2);
	assert_int_equal(frame_end(&b, &e), 0);
	close(pipes[1]);
	/* The write end that nobody took is gone: the pipe is at its end. */
	assert_int_equal(read(got, &(char){ 0 }, 1), 0);
	close(got);
	close(pipes[0]);
	close(pair[0]);
	close(pair[1]);
}

static void
what_does_not_fit_is_never_sent(void **state)
{
	static char big[FRAME_MAX];
	struct err e;
	int pair[2];

	(void)state;
	assert_int_equal(frame_pair(pair, &e), 0);
	frame_start(&a, 1);
	frame_put_bytes(&a, big, sizeof(big));
	assert_int_equal(frame_send(pair[0], &a, &e), -1);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_in_comes_out_in_order),
		cmocka_unit_test(a_frame_with_bytes_left_over_is_refused),
		cmocka_unit_test(
		    a_frame_that_is_too_short_is_refused_and_reads_as_nothing),
		cmocka_unit_test(
		    a_text_longer_than_its_room_or_with_a_nul_is_refused),
		cmocka_unit_test(
		    descriptors_travel_and_the_unclaimed_are_closed),
		cmocka_unit_test(what_does_not_fit_is_never_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
