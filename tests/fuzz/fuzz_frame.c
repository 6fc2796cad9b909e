#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first bytes say what the reader asks for, the rest is the packet. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { ASKS = 8 };
	static struct frame f;
	char text[256];
	struct err e;
	int pair[2];

	if (size < ASKS || size > FRAME_MAX || frame_pair(pair, &e) == -1)
		return 0;
	(void)!send(pair[0], data + ASKS, size - ASKS, 0);
	(void)close(pair[0]);
	if (frame_recv(pair[1], &f, &e) == 1) {
		for (int i = 0; i < ASKS; i++)
			switch (data[i] % 6) {
			case 0:
				(void)frame_get_u8(&f);
				break;
			case 1:
				(void)frame_get_u32(&f);
				break;
			case 2:
				(void)frame_get_u64(&f);
				break;
			case 3:
				frame_get_str(&f, text, data[i] + 1U);
				break;
			case 4:
				(void)frame_get_bytes(&f, text, data[i]);
				break;
			default:
				frame_get_exact(&f, text, data[i]);
				break;
			}
		(void)frame_end(&f, &e);
	}
	(void)close(pair[1]);
	return 0;
}
