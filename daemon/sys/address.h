#ifndef ZAYTON_SYS_ADDRESS_H
#define ZAYTON_SYS_ADDRESS_H

#include "sys/err.h"

/*
 * Numeric addresses of both families as 16 bytes: an IPv4 address is what
 * ::ffff:a.b.c.d says of it, however it was written. A pure part.
 */

enum { ADDRESS_BYTES = 16, ADDRESS_TEXT = 48 };

/* 0, or -1 where it is no numeric address. */
int address_parse(const char *text, unsigned char *ret_a);

int address_is_ipv4(const unsigned char *a);

/*
 * Writes the net of an address: its first bits4 (of 32) or bits6 (of 128)
 * bits. ADDRESS_TEXT bytes.
 */
void address_net(const unsigned char *a, int bits4, int bits6, char *text);

/*
 * A list of nets, "10.0.0.0/8, 2001:db8::/32, 10.1.2.3", or "none". Check
 * refuses what is no such list; has says whether one of its nets holds a.
 */
int address_list_check(const char *list, struct err *e);
int address_list_has(const char *list, const unsigned char *a);

#endif
