/* What C and Java both know: the frame descriptor, the flag bits, the counters. */
#ifndef USTACK_DPDK_LAYOUT_H
#define USTACK_DPDK_LAYOUT_H

#include <stdint.h>

/* Most frames that one call carries; a bit set of a burst fits in 64 bits. */
#define USTACK_BURST 64

/* One frame on its way through the boundary. 16 bytes, native byte order. */
struct ustack_frame {
	uint32_t index;  /* of the buffer in its pool */
	uint32_t offset; /* of the frame's first byte, from the pool's base */
	uint32_t length; /* bytes, without the frame check sequence */
	uint32_t flags;  /* enum ustack_flag */
};

/* The values of io.ustack.buffer.Packet, which checks that they agree. */
enum ustack_flag {
	USTACK_RX_IPV4_CHECKSUM_BAD = 1 << 0,
	USTACK_RX_L4_CHECKSUM_BAD = 1 << 1,
	USTACK_TX_IPV4_CHECKSUM = 1 << 2,
	USTACK_TX_TCP_CHECKSUM = 1 << 3,
	USTACK_TX_UDP_CHECKSUM = 1 << 4,
	/* Not in Packet: the next descriptor is of the same train. */
	USTACK_CONTINUES = 1 << 8,
};

/* What the shim does besides, in the same set as the offloads of the port. */
enum ustack_service {
	USTACK_GRO = 1 << 10, /* makes trains of what comes */
	USTACK_TSO = 1 << 11, /* the port's: cuts trains that are chains of mbufs */
	USTACK_RX_VLAN = 1 << 12, /* the port's: takes VLAN tags off */
	USTACK_TX_VLAN = 1 << 13, /* the port's: puts VLAN tags on */
	USTACK_SCATTER = 1 << 14, /* the port's: what is longer than a buffer arrives in several */
	USTACK_MIXED = 1 << 15,	  /* the port gets buffers of both sizes */
	USTACK_LRO = 1 << 16,	  /* a port's that we never ask for: makes one segment of several */
};

#define USTACK_TX_CHECKSUMS (USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM | USTACK_TX_UDP_CHECKSUM)

/* What the shim did with frames beyond passing them on; each is written by one thread only. */
enum ustack_counter {
	USTACK_RX_LINEARISED, /* chained, or in memory that is not the pool's: copied */
	USTACK_RX_NO_BUFFER,  /* such a copy found no buffer: lost */
	USTACK_RX_TOO_LONG,   /* longer than the port's MTU allows: lost */
	USTACK_RX_BROKEN,     /* the driver's lengths do not add up: lost */
	USTACK_RX_RING_FULL,  /* Java was too slow for the ring: lost */
	USTACK_TX_REJECTED,   /* shorter than an Ethernet header or longer than the MTU allows, or no train: lost */
	USTACK_TX_UNSUMMED,   /* checksum asked for, but it has no place: sent without */
	USTACK_TX_UNPREPARED, /* the port's driver refuses to offload for it: lost */
	USTACK_RX_RING_MOST,  /* the most that have waited for Java in the ring at once */
	USTACK_RX_OTHER_VLAN, /* not of the port's VLAN: dropped */
	USTACK_RX_RESET,      /* in the port when it was reset: lost */
	USTACK_TX_RESET,      /* on its way out then, in pieces: lost, maybe sent */
	USTACK_COUNTERS,
};

/* Arguments of ustack_layout(); io.ustack.dpdk.DpdkLayout lists them in the same order. */
enum ustack_layout_item {
	USTACK_LAYOUT_ABI,
	USTACK_LAYOUT_BURST,
	USTACK_LAYOUT_FRAME_SIZE,
	USTACK_LAYOUT_FRAME_INDEX,
	USTACK_LAYOUT_FRAME_OFFSET,
	USTACK_LAYOUT_FRAME_LENGTH,
	USTACK_LAYOUT_FRAME_FLAGS,
	USTACK_LAYOUT_RX_IPV4_CHECKSUM_BAD,
	USTACK_LAYOUT_RX_L4_CHECKSUM_BAD,
	USTACK_LAYOUT_TX_IPV4_CHECKSUM,
	USTACK_LAYOUT_TX_TCP_CHECKSUM,
	USTACK_LAYOUT_TX_UDP_CHECKSUM,
	USTACK_LAYOUT_COUNTERS,
	USTACK_LAYOUT_MBUF_HEADROOM,
	USTACK_LAYOUT_CONTINUES,
};

/* Raised whenever the C face changes in a way that an older jar would not survive. */
#define USTACK_ABI 5

#endif
