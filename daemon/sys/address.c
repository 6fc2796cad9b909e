#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/address.h"

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

int
address_parse(const char *text, unsigned char *ret_a)
{
	unsigned char a[ADDRESS_BYTES];

	if (inet_pton(AF_INET6, text, a) != 1) {
		memcpy(a, mapped, sizeof(mapped));
		if (inet_pton(AF_INET, text, a + sizeof(mapped)) != 1)
			return -1;
	}
	memcpy(ret_a, a, sizeof(a));
	return 0;
}

int
address_is_ipv4(const unsigned char *a)
{
	return memcmp(a, mapped, sizeof(mapped)) == 0;
}

static void
cut(unsigned char *a, int bits)
{
	for (int i = 0; i < ADDRESS_BYTES; i++, bits -= 8)
		if (bits <= 0)
			a[i] = 0;
		else if (bits < 8)
			a[i] &= (unsigned char)(0xff << (8 - bits));
}

void
address_net(const unsigned char *a, int bits4, int bits6, char *text)
{
	unsigned char net[ADDRESS_BYTES];

	memcpy(net, a, sizeof(net));
	if (address_is_ipv4(a)) {
		cut(net, 96 + bits4);
		(void)inet_ntop(AF_INET, net + 12, text, ADDRESS_TEXT);
	} else {
		cut(net, bits6);
		(void)inet_ntop(AF_INET6, net, text, ADDRESS_TEXT);
	}
}

/* --- lists --------------------------------------------------------------- */

struct net {
	unsigned char address[ADDRESS_BYTES];
	int bits; /* of 128 */
};

static int
net_parse(char *word, struct net *ret_n)
{
	char *slash = strchr(word, '/');
	char *end;
	long bits, most;

	if (slash != NULL)
		*slash = '\0';
	if (address_parse(word, ret_n->address) == -1)
		return -1;
	bits = most = address_is_ipv4(ret_n->address) ? 32 : 128;
	if (slash != NULL) {
		bits = strtol(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' ||
		    bits > most)
			return -1;
	}
	ret_n->bits = (int)(128 - most + bits);
	cut(ret_n->address, ret_n->bits);
	return 0;
}

/* The next net of the list at *p: 1, 0 at its end, -1 where it is none. */
static int
net_next(const char **p, char *word, size_t size, struct net *ret_n)
{
	size_t len;

	*p += strspn(*p, " ,");
	len = strcspn(*p, " ,");
	if (len == 0)
		return 0;
	snprintf(word, size, "%.*s", (int)len, *p);
	*p += len;
	return net_parse(word, ret_n) == 0 ? 1 : -1;
}

int
address_list_check(const char *list, struct err *e)
{
	char word[64];
	struct net n;
	int rc;

	if (strcmp(list, "none") == 0)
		return 0;
	while ((rc = net_next(&list, word, sizeof(word), &n)) == 1)
		;
	return rc == 0
		   ? 0
		   : err_set(e, ERR_HOLD, "'%s' is no address or net", word);
}

int
address_list_has(const char *list, const unsigned char *a)
{
	char word[64];
	struct net n;

	if (strcmp(list, "none") == 0)
		return 0;
	while (net_next(&list, word, sizeof(word), &n) == 1) {
		unsigned char net[ADDRESS_BYTES];

		memcpy(net, a, sizeof(net));
		cut(net, n.bits);
		if (memcmp(net, n.address, sizeof(net)) == 0)
			return 1;
	}
	return 0;
}
