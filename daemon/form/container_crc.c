#include <stddef.h>
#include <stdint.h>

#include "form/container_part.h"

/*
 * Eight bytes a step. libarchive offers none, and does not check that of gzip.
 */
static uint32_t table[8][256];

static void
fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
		table[0][i] = c;
	}
	for (size_t i = 0; i < 256; i++)
		for (size_t k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^
				      table[0][table[k - 1][i] & 0xff];
}

uint32_t
container_crc32(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t c = ~crc;

	if (table[0][1] == 0)
		fill();
	for (; len >= 8; p += 8, len -= 8) {
		uint32_t a = le32(p) ^ c;
		uint32_t b = le32(p + 4);

		c = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^
		    table[5][a >> 16 & 0xff] ^ table[4][a >> 24] ^
		    table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^
		    table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
	}
	while (len-- > 0)
		c = table[0][(c ^ *p++) & 0xff] ^ c >> 8;
	return ~c;
}
