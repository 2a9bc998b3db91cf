#include "dpdk_train.h"

#include <string.h>

#include "dpdk_checksum.h"

#define PROTOCOL_TCP 6
#define IPV4_TOTAL_LENGTH 2
#define IPV4_FRAGMENT 6
#define IPV4_PROTOCOL 9
#define TCP_HEADER 20
#define TCP_SEQUENCE 4
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS 13
#define FIN 0x01
#define PSH 0x08
#define CWR 0x80

static inline uint16_t big16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t big32(const uint8_t *at)
{
	return (uint32_t)big16(at) << 16 | big16(at + 2);
}

static inline void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

bool ustack_train_headers(const uint8_t *frame, uint32_t length, struct ustack_train *train)
{
	const uint8_t *ipv4 = frame + USTACK_ETHERNET_HEADER;

	if (length < USTACK_ETHERNET_HEADER + USTACK_IPV4_HEADER + TCP_HEADER || !ustack_is_ipv4(frame, length))
		return false;
	train->l3_length = (ipv4[0] & 0x0FU) * 4;
	if (ipv4[0] >> 4 != 4 || train->l3_length < USTACK_IPV4_HEADER || ipv4[IPV4_PROTOCOL] != PROTOCOL_TCP ||
	    (big16(ipv4 + IPV4_FRAGMENT) & 0x3FFF) != 0 ||
	    USTACK_ETHERNET_HEADER + train->l3_length + TCP_HEADER > length)
		return false;
	train->l4_length = ipv4[train->l3_length + TCP_DATA_OFFSET] >> 4 << 2;
	train->length = USTACK_ETHERNET_HEADER + train->l3_length + train->l4_length;
	return train->l4_length >= TCP_HEADER && train->length <= length;
}

static inline uint8_t *tcp_flags(const struct ustack_train *train, uint8_t *frame)
{
	return frame + USTACK_ETHERNET_HEADER + train->l3_length + TCP_FLAGS;
}

uint8_t ustack_train_cut_head(const struct ustack_train *train, uint8_t *head)
{
	uint8_t *at = tcp_flags(train, head);
	uint8_t flags = *at;

	*at = flags & (uint8_t)~(FIN | PSH);
	return flags;
}

void ustack_train_cut(const struct ustack_train *train, const uint8_t *head, uint8_t *to, uint32_t payload, uint32_t offset,
		      uint8_t flags, bool last)
{
	uint8_t *tcp = to + USTACK_ETHERNET_HEADER + train->l3_length;

	memcpy(to, head, train->length);
	put16(to + USTACK_ETHERNET_HEADER + IPV4_TOTAL_LENGTH, train->l3_length + train->l4_length + payload);
	put32(tcp + TCP_SEQUENCE, big32(tcp + TCP_SEQUENCE) + offset);
	/* RFC 3168 6.1.2: CWR is said once, by the first. */
	tcp[TCP_FLAGS] = flags & (uint8_t)~(last ? CWR : CWR | FIN | PSH);
}

void ustack_train_mend(const struct ustack_train *train, uint8_t *first, const uint8_t *last)
{
	*tcp_flags(train, first) |= last[USTACK_ETHERNET_HEADER + train->l3_length + TCP_FLAGS] & (FIN | PSH);
}
