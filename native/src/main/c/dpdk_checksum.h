/*
 * The Internet checksum (RFC 1071) of IPv4 headers, TCP segments and UDP datagrams, found in an Ethernet frame and verified or
 * filled in. Knows nothing of DPDK. Never reads or writes outside frame[0 .. length), whatever the lengths inside it say.
 */
#ifndef USTACK_DPDK_CHECKSUM_H
#define USTACK_DPDK_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#define USTACK_ETHERNET_HEADER 14
#define USTACK_IPV4_HEADER 20

/* The checksums to look at in a received frame. */
#define USTACK_VERIFY_IPV4 1
#define USTACK_VERIFY_L4 2

/* Whether there may be an IPv4 packet in the frame: what is not has no checksum here. */
static inline bool ustack_is_ipv4(const uint8_t *frame, uint32_t length)
{
	return length >= USTACK_ETHERNET_HEADER + USTACK_IPV4_HEADER && frame[12] == 0x08 && frame[13] == 0x00;
}

/*
 * Which of the wanted checksums are wrong: USTACK_RX_* bits. A checksum that can't be found (other protocols, VLAN tags,
 * fragments, truncated headers, lengths that lie) or that the sender left out (UDP, RFC 768) is not wrong. Behind a wrong IPv4
 * header nothing is looked at.
 */
uint32_t ustack_checksum_verify(const uint8_t *frame, uint32_t length, uint32_t wanted);

/*
 * Writes the checksums that flags (USTACK_TX_* bits) ask for.
 *
 * Returns 0, or -1 when one of them has no place in the frame; the others are written.
 */
int ustack_checksum_fill(uint8_t *frame, uint32_t length, uint32_t flags);

/*
 * Prepares a frame for a port that sums by itself: the IPv4 checksum field becomes 0, that of TCP or UDP the pseudo-header's sum.
 *
 * Returns the length of the IPv4 header, or -1 when a header is not there; the frame is untouched then.
 */
int ustack_checksum_prepare(uint8_t *frame, uint32_t length, uint32_t flags);

/*
 * The same of a TCP segment that the port cuts, whose headers are there: the pseudo-header is summed without a length, as DPDK and its
 * drivers want it.
 */
void ustack_checksum_prepare_tso(uint8_t *frame, uint32_t ipv4_header);

#endif
