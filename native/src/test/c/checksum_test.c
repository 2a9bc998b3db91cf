/*
 * dpdk_checksum against a second, plain implementation and against frames that lie. Each frame lies in a block of memory of exactly
 * its length, so that AddressSanitizer sees the first byte read or written outside.
 */
#include "dpdk_checksum.h"

#include <stdbool.h>
#include <string.h>

#include "dpdk_layout.h"
#include "test.h"

#define BOTH (USTACK_VERIFY_IPV4 | USTACK_VERIFY_L4)

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071 as it is written: 16-bit words, big-endian, carry brought round each time. */
static uint32_t plain_sum(uint32_t sum, const uint8_t *at, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return sum;
}

static uint32_t plain_l4_sum(const uint8_t *ip, uint32_t header_length, uint32_t l4_length)
{
	uint8_t pseudo[12];

	memcpy(pseudo, ip + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = ip[9];
	put16(pseudo + 10, l4_length);
	return plain_sum(plain_sum(0, pseudo, sizeof(pseudo)), ip + header_length, l4_length);
}

struct shape {
	uint32_t options; /* IPv4 options, in words */
	uint32_t protocol;
	uint32_t payload;
	uint32_t padding; /* Ethernet padding behind the packet */
};

static uint32_t l4_header(uint32_t protocol)
{
	return protocol == 6 ? 20 : 8;
}

/* A frame with random bytes and right lengths; checksums are not. */
static uint8_t *make_frame(const struct shape *shape, uint32_t *length)
{
	uint32_t header_length = 20 + 4 * shape->options;
	uint32_t l4_length = l4_header(shape->protocol) + shape->payload;

	*length = 14 + header_length + l4_length + shape->padding;
	uint8_t *frame = malloc(*length);
	uint8_t *ip = frame + 14;

	for (uint32_t i = 0; i < *length; i++)
		frame[i] = (uint8_t)random32();
	put16(frame + 12, 0x0800);
	ip[0] = (uint8_t)(0x40 | header_length / 4);
	put16(ip + 2, header_length + l4_length);
	put16(ip + 6, below(2) ? 0x4000 : 0);
	ip[9] = (uint8_t)shape->protocol;
	if (shape->protocol == 17)
		put16(ip + header_length + 4, l4_length);
	return frame;
}

static struct shape random_shape(void)
{
	struct shape shape = { below(11), below(2) ? 6 : 17, below(1600), below(2) ? 0 : below(20) };

	return shape;
}

static void fills_and_verifies(void)
{
	for (int round = 0; round < 20000; round++) {
		struct shape shape = random_shape();
		uint32_t length;
		uint8_t *frame = make_frame(&shape, &length);
		uint8_t *ip = frame + 14;
		uint32_t header_length = 20 + 4 * shape.options;
		uint32_t l4_length = l4_header(shape.protocol) + shape.payload;
		uint32_t flags = shape.protocol == 6 ? USTACK_TX_TCP_CHECKSUM : USTACK_TX_UDP_CHECKSUM;

		CHECK(ustack_checksum_fill(frame, length, flags | USTACK_TX_IPV4_CHECKSUM) == 0);
		CHECK(plain_sum(0, ip, header_length) == 0xFFFF);
		CHECK(plain_l4_sum(ip, header_length, l4_length) == 0xFFFF);
		CHECK(ustack_checksum_verify(frame, length, BOTH) == 0);

		/* One bit more or less is seen, and laid at the right door. A padded byte is nobody's. */
		uint32_t victim = 14 + 12 + below(length - 14 - 12);
		frame[victim] ^= (uint8_t)(1 << below(8));
		uint32_t bad = ustack_checksum_verify(frame, length, BOTH);
		if (victim < 14 + header_length)
			CHECK(bad == USTACK_RX_IPV4_CHECKSUM_BAD);
		else if (victim >= 14 + header_length + l4_length)
			CHECK(bad == 0);
		else if (shape.protocol == 6)
			CHECK(bad == USTACK_RX_L4_CHECKSUM_BAD);
		free(frame);
	}
}

static void udp_zero(void)
{
	struct shape shape = { 0, 17, 2, 0 };
	uint32_t length;
	uint8_t *frame = make_frame(&shape, &length);
	uint8_t *udp = frame + 34;

	/* A payload that brings the sum to 0xFFFF, so that the checksum would be zero: RFC 768 sends the other zero. */
	put16(udp + 6, 0);
	put16(udp + 8, 0);
	put16(udp + 8, 0xFFFF - plain_l4_sum(frame + 14, 20, 10));
	CHECK(ustack_checksum_fill(frame, length, USTACK_TX_UDP_CHECKSUM) == 0);
	CHECK(udp[6] == 0xFF && udp[7] == 0xFF);
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);

	/* Received without a checksum: nothing to verify. */
	put16(udp + 6, 0);
	put16(udp + 8, 0x1234);
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	free(frame);
}

static void leaves_alone(void)
{
	struct shape shape = { 0, 6, 100, 0 };
	uint32_t length;
	uint8_t *frame = make_frame(&shape, &length);
	uint8_t *ip = frame + 14;

	CHECK(ustack_checksum_fill(frame, length, USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM) == 0);
	frame[length - 1] ^= 1;
	CHECK(ustack_checksum_verify(frame, length, BOTH) == USTACK_RX_L4_CHECKSUM_BAD);

	put16(ip + 6, 0x2000); /* first of several fragments: the rest of the sum is elsewhere */
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	put16(ip + 6, 0x0001); /* a later fragment */
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	CHECK(ustack_checksum_fill(frame, length, USTACK_TX_TCP_CHECKSUM) == -1);
	put16(ip + 6, 0);

	put16(ip + 2, length); /* more than there is */
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	put16(ip + 2, 39); /* no room for a TCP header */
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	put16(ip + 2, 19); /* not even for its own */
	CHECK(ustack_checksum_verify(frame, length, USTACK_VERIFY_L4) == 0);
	put16(ip + 2, length - 14);

	put16(frame + 12, 0x8100);
	CHECK(ustack_checksum_verify(frame, length, BOTH) == 0);
	CHECK(ustack_checksum_prepare(frame, length, USTACK_TX_TCP_CHECKSUM) == -1);
	free(frame);
}

static void prepares(void)
{
	for (int round = 0; round < 2000; round++) {
		struct shape shape = random_shape();
		uint32_t length;
		uint8_t *frame = make_frame(&shape, &length);
		uint8_t *ip = frame + 14;
		uint32_t header_length = 20 + 4 * shape.options;
		uint32_t l4_length = l4_header(shape.protocol) + shape.payload;
		uint32_t flags = shape.protocol == 6 ? USTACK_TX_TCP_CHECKSUM : USTACK_TX_UDP_CHECKSUM;

		/* What a port does then: sum the header, sum all from the transport header on, store the complement. */
		CHECK(ustack_checksum_prepare(frame, length, flags | USTACK_TX_IPV4_CHECKSUM) == (int)header_length);
		put16(ip + 10, ~plain_sum(0, ip, header_length) & 0xFFFF);
		uint32_t sum = ~plain_sum(0, ip + header_length, l4_length) & 0xFFFF;
		put16(ip + header_length + (shape.protocol == 6 ? 16 : 6), sum);
		CHECK(ustack_checksum_verify(frame, length, BOTH) == 0);
		free(frame);
	}
}

/* Random bytes that look enough like IPv4 to lead the code on, cut anywhere. */
static void survives(void)
{
	for (int round = 0; round < 300000; round++) {
		uint32_t length = below(4) ? below(120) : below(2000);
		uint8_t *frame = malloc(length);

		for (uint32_t i = 0; i < length; i++)
			frame[i] = (uint8_t)random32();
		if (length > 14 && below(8))
			put16(frame + 12, 0x0800);
		if (length > 15 && below(8))
			frame[14] = (uint8_t)(0x40 | below(16));
		if (length > 18 && below(2))
			put16(frame + 16, below(2) ? length - 14 : below(70000));
		if (length > 22 && below(2))
			put16(frame + 20, 0);
		if (length > 24 && below(8))
			frame[23] = below(2) ? 6 : 17;
		if (length > 40 && below(2))
			put16(frame + 38, below(70000));
		uint32_t bad = ustack_checksum_verify(frame, length, random32());
		CHECK((bad & ~(uint32_t)(USTACK_RX_IPV4_CHECKSUM_BAD | USTACK_RX_L4_CHECKSUM_BAD)) == 0);
		uint32_t flags = random32() & (USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM | USTACK_TX_UDP_CHECKSUM);
		ustack_checksum_fill(frame, length, flags);
		ustack_checksum_prepare(frame, length, flags);
		free(frame);
	}
}

int main(void)
{
	fills_and_verifies();
	udp_zero();
	leaves_alone();
	prepares();
	survives();
	printf("checksum_test: %lu checks\n", checks);
	return 0;
}
