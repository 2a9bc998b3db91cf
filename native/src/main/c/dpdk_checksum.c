#include "dpdk_checksum.h"

#include <stddef.h>
#include <string.h>

#include "dpdk_layout.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define TCP_HEADER 20
#define TCP_CHECKSUM 16
#define UDP_HEADER 8
#define UDP_LENGTH 4
#define UDP_CHECKSUM 6
#define IPV4_CHECKSUM 10
#define L4_CHECKSUMS (USTACK_TX_TCP_CHECKSUM | USTACK_TX_UDP_CHECKSUM)

/* Below this many bytes the vector loop does not pay for its own beginning and end. */
#define VECTOR_BYTES 128

static inline uint32_t big16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint16_t load16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t load32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void store16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* The 16-bit ones' complement sum, in the byte order of memory (RFC 1071 2.B: the order does not matter to the sum). */
static inline uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xFFFFFFFF);
	sum = (sum >> 16) + (sum & 0xFFFF);
	sum = (sum >> 16) + (sum & 0xFFFF);
	sum = (sum >> 16) + (sum & 0xFFFF);
	return (uint16_t)sum;
}

/* Whole 32-bit words, widened so that no carry is lost; one clone per vector width, chosen when the library is loaded. */
__attribute__((target_clones("avx512f", "avx2", "default")))
static uint64_t sum_words(const uint8_t *at, size_t words)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < words; i++)
		sum += load32(at + 4 * i);
	return sum;
}

static inline uint64_t sum_bytes(uint64_t sum, const uint8_t *at, uint32_t length)
{
	if (length >= VECTOR_BYTES) {
		size_t words = length / 4;

		sum += sum_words(at, words);
		at += 4 * words;
		length &= 3;
	}
	for (; length >= 4; length -= 4, at += 4)
		sum += load32(at);
	if (length >= 2) {
		sum += load16(at);
		at += 2;
		length -= 2;
	}
	if (length > 0) {
		/* RFC 1071 1: an odd last byte is padded with zero at its end. */
		const uint8_t last[2] = { *at, 0 };

		sum += load16(last);
	}
	return sum;
}

struct ipv4 {
	uint32_t header;   /* where it starts in the frame */
	uint32_t header_length;
	uint32_t l4;       /* where the transport header starts */
	uint32_t l4_length;/* 0 when there is no transport header that can be trusted to be there */
	uint32_t protocol;
};

/* Finds the headers. False when there is no IPv4 header. */
static inline bool locate(const uint8_t *frame, uint32_t length, struct ipv4 *ip)
{
	if (!ustack_is_ipv4(frame, length))
		return false;
	const uint8_t *header = frame + USTACK_ETHERNET_HEADER;

	ip->header = USTACK_ETHERNET_HEADER;
	ip->header_length = (header[0] & 0x0FU) * 4;
	ip->protocol = header[9];
	ip->l4 = USTACK_ETHERNET_HEADER + ip->header_length;
	ip->l4_length = 0;
	if (header[0] >> 4 != 4 || ip->header_length < USTACK_IPV4_HEADER || ip->l4 > length)
		return false;
	uint32_t total_length = big16(header + 2);
	bool fragment = (big16(header + 6) & 0x3FFF) != 0;
	if (!fragment && total_length >= ip->header_length && total_length <= length - USTACK_ETHERNET_HEADER)
		ip->l4_length = total_length - ip->header_length;
	return true;
}

/* Finds the transport checksum; 0 when there is none. Cuts l4_length to what the checksum covers. */
static inline uint32_t locate_l4(const uint8_t *frame, struct ipv4 *ip)
{
	if (ip->protocol == PROTOCOL_TCP && ip->l4_length >= TCP_HEADER)
		return ip->l4 + TCP_CHECKSUM;
	if (ip->protocol == PROTOCOL_UDP && ip->l4_length >= UDP_HEADER) {
		uint32_t udp_length = big16(frame + ip->l4 + UDP_LENGTH);

		/* RFC 768: the checksum covers as much as the UDP length says. */
		if (udp_length < UDP_HEADER || udp_length > ip->l4_length)
			return 0;
		ip->l4_length = udp_length;
		return ip->l4 + UDP_CHECKSUM;
	}
	return 0;
}

/* RFC 9293 3.1 and RFC 768: addresses, zero, protocol, length. */
static inline uint64_t sum_pseudo_header(const uint8_t *frame, const struct ipv4 *ip)
{
	const uint8_t rest[4] = { 0, (uint8_t)ip->protocol, (uint8_t)(ip->l4_length >> 8), (uint8_t)ip->l4_length };

	return (uint64_t)load32(frame + ip->header + 12) + load32(frame + ip->header + 16) + load32(rest);
}

uint32_t ustack_checksum_verify(const uint8_t *frame, uint32_t length, uint32_t wanted)
{
	struct ipv4 ip;

	if (!locate(frame, length, &ip))
		return 0;
	if ((wanted & USTACK_VERIFY_IPV4) &&
	    UNLIKELY(fold(sum_bytes(0, frame + ip.header, ip.header_length)) != 0xFFFF))
		return USTACK_RX_IPV4_CHECKSUM_BAD; /* its lengths can't be trusted, so nothing further is looked at */
	if (!(wanted & USTACK_VERIFY_L4))
		return 0;
	uint32_t field = locate_l4(frame, &ip);
	if (field == 0 || (ip.protocol == PROTOCOL_UDP && load16(frame + field) == 0))
		return 0;
	if (UNLIKELY(fold(sum_bytes(sum_pseudo_header(frame, &ip), frame + ip.l4, ip.l4_length)) != 0xFFFF))
		return USTACK_RX_L4_CHECKSUM_BAD;
	return 0;
}

/*
 * The checksum over bytes that hold an old one, which is taken out of the sum: clearing it in memory first would make the loads
 * right behind wait for the store. A sum is never zero here (there is a version or a protocol in it), so both ways agree.
 */
static inline uint16_t checksum_without(uint64_t sum, uint16_t old)
{
	return (uint16_t)~fold(sum + (uint16_t)~old);
}

int ustack_checksum_fill(uint8_t *frame, uint32_t length, uint32_t flags)
{
	struct ipv4 ip;

	if (UNLIKELY(!locate(frame, length, &ip)))
		return -1;
	/* The fields are not trusted to be zero: a frame that the port refused comes here a second time. */
	if (flags & USTACK_TX_IPV4_CHECKSUM) {
		uint8_t *at = frame + ip.header + IPV4_CHECKSUM;

		store16(at, checksum_without(sum_bytes(0, frame + ip.header, ip.header_length), load16(at)));
	}
	if (!(flags & L4_CHECKSUMS))
		return 0;
	uint32_t field = locate_l4(frame, &ip);
	if (UNLIKELY(field == 0))
		return -1;
	uint64_t sum = sum_bytes(sum_pseudo_header(frame, &ip), frame + ip.l4, ip.l4_length);
	uint16_t checksum = checksum_without(sum, load16(frame + field));
	/* RFC 768: zero means "no checksum", so a sum of zero is sent as its other form. */
	if (checksum == 0 && ip.protocol == PROTOCOL_UDP)
		checksum = 0xFFFF;
	store16(frame + field, checksum);
	return 0;
}

int ustack_checksum_prepare(uint8_t *frame, uint32_t length, uint32_t flags)
{
	uint32_t protocol = flags & USTACK_TX_TCP_CHECKSUM ? PROTOCOL_TCP : PROTOCOL_UDP;
	struct ipv4 ip;
	uint32_t field = 0;

	if (UNLIKELY(!locate(frame, length, &ip)))
		return -1;
	if (flags & L4_CHECKSUMS) {
		field = locate_l4(frame, &ip);
		if (UNLIKELY(field == 0 || ip.protocol != protocol))
			return -1;
		store16(frame + field, fold(sum_pseudo_header(frame, &ip)));
	}
	if (flags & USTACK_TX_IPV4_CHECKSUM)
		store16(frame + ip.header + IPV4_CHECKSUM, 0);
	return (int)ip.header_length;
}

void ustack_checksum_prepare_tso(uint8_t *frame, uint32_t ipv4_header)
{
	const struct ipv4 ip = { .header = USTACK_ETHERNET_HEADER, .protocol = PROTOCOL_TCP, .l4_length = 0 };

	store16(frame + USTACK_ETHERNET_HEADER + ipv4_header + TCP_CHECKSUM, fold(sum_pseudo_header(frame, &ip)));
	store16(frame + USTACK_ETHERNET_HEADER + IPV4_CHECKSUM, 0);
}
