#include "dpdk_train.h"

#include <string.h>

#include "dpdk_checksum.h"

#define PROTOCOL_TCP 6
#define IPV4_TOTAL_LENGTH 2
#define IPV4_FRAGMENT 6
#define IPV4_PROTOCOL 9
#define IPV4_CHECKSUM 10
#define IPV4_SOURCE 12
#define TCP_HEADER 20
#define TCP_SEQUENCE 4
#define TCP_ACK 8
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS 13
#define TCP_WINDOW 14
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10
#define URG 0x20
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

void ustack_train_length(const struct ustack_train *train, uint8_t *frame, uint32_t payload)
{
	put16(frame + USTACK_ETHERNET_HEADER + IPV4_TOTAL_LENGTH, train->l3_length + train->l4_length + payload);
}

void ustack_train_mend(const struct ustack_train *train, uint8_t *first, const uint8_t *last)
{
	*tcp_flags(train, first) |= last[USTACK_ETHERNET_HEADER + train->l3_length + TCP_FLAGS] & (FIN | PSH);
}

/* Payload of a frame that can be in a train; 0 of others. */
static uint32_t payload_of(const uint8_t *frame, uint32_t length, const struct ustack_train *train)
{
	const uint8_t *ipv4 = frame + USTACK_ETHERNET_HEADER;
	const uint8_t *tcp = ipv4 + train->l3_length;
	uint8_t flags = tcp[TCP_FLAGS];

	/* IPv4 options are rare; padding means that there is next to nothing in the frame. */
	if (train->l3_length != USTACK_IPV4_HEADER || big16(ipv4 + IPV4_TOTAL_LENGTH) != length - USTACK_ETHERNET_HEADER ||
	    (flags & ACK) == 0 || (flags & (FIN | SYN | RST | URG | CWR)) != 0)
		return 0;
	return length - train->length;
}

void ustack_merge_begin(struct ustack_merge *merge, const uint8_t *frame, uint32_t length)
{
	merge->open = false;
	if (!ustack_train_headers(frame, length, &merge->train))
		return;
	const uint8_t *tcp = frame + USTACK_ETHERNET_HEADER + merge->train.l3_length;

	merge->head = frame;
	merge->payload = payload_of(frame, length, &merge->train);
	merge->sequence = big32(tcp + TCP_SEQUENCE) + merge->payload;
	merge->open = merge->payload > 0 && (tcp[TCP_FLAGS] & PSH) == 0;
}

bool ustack_merge_takes(struct ustack_merge *merge, const uint8_t *frame, uint32_t length)
{
	const uint32_t ports = USTACK_ETHERNET_HEADER + USTACK_IPV4_HEADER;
	const uint8_t *head = merge->head;
	const uint8_t *other = head + USTACK_ETHERNET_HEADER;
	const uint8_t *ipv4 = frame + USTACK_ETHERNET_HEADER;
	const uint8_t *tcp = ipv4 + USTACK_IPV4_HEADER;
	struct ustack_train train;

	/* Addresses and ports first: another connection is the usual reason. */
	if (length <= merge->train.length ||
	    memcmp(ipv4 + IPV4_SOURCE, other + IPV4_SOURCE, USTACK_IPV4_HEADER - IPV4_SOURCE + TCP_SEQUENCE) != 0 ||
	    !ustack_train_headers(frame, length, &train) || train.length != merge->train.length)
		return false;
	uint32_t payload = payload_of(frame, length, &train);

	if (payload == 0 || payload > merge->payload || big32(tcp + TCP_SEQUENCE) != merge->sequence ||
	    ((tcp[TCP_FLAGS] ^ head[ports + TCP_FLAGS]) & ~PSH) != 0)
		return false;
	/* Both MAC addresses; version, length and type of service; DF and time to live; ACK and header length, window, options. */
	if (memcmp(frame, head, USTACK_ETHERNET_HEADER) != 0 || memcmp(ipv4, other, IPV4_TOTAL_LENGTH) != 0 ||
	    memcmp(ipv4 + IPV4_FRAGMENT, other + IPV4_FRAGMENT, IPV4_CHECKSUM - IPV4_FRAGMENT) != 0 ||
	    memcmp(tcp + TCP_ACK, head + ports + TCP_ACK, TCP_FLAGS - TCP_ACK) != 0 ||
	    memcmp(tcp + TCP_WINDOW, head + ports + TCP_WINDOW, 2) != 0 ||
	    memcmp(tcp + TCP_HEADER, head + ports + TCP_HEADER, train.l4_length - TCP_HEADER) != 0)
		return false;
	merge->sequence += payload;
	merge->open = payload == merge->payload && (tcp[TCP_FLAGS] & PSH) == 0;
	return true;
}
