#include "dpdk_layout.h"

#include <errno.h>
#include <stddef.h>

#include <rte_mbuf.h>

#include "ustack_dpdk.h"

_Static_assert(sizeof(struct ustack_frame) == 16, "a burst of frames must stay within few cache lines");

int ustack_layout(int item)
{
	switch ((enum ustack_layout_item)item) {
	case USTACK_LAYOUT_ABI:
		return USTACK_ABI;
	case USTACK_LAYOUT_BURST:
		return USTACK_BURST;
	case USTACK_LAYOUT_FRAME_SIZE:
		return sizeof(struct ustack_frame);
	case USTACK_LAYOUT_FRAME_INDEX:
		return offsetof(struct ustack_frame, index);
	case USTACK_LAYOUT_FRAME_OFFSET:
		return offsetof(struct ustack_frame, offset);
	case USTACK_LAYOUT_FRAME_LENGTH:
		return offsetof(struct ustack_frame, length);
	case USTACK_LAYOUT_FRAME_FLAGS:
		return offsetof(struct ustack_frame, flags);
	case USTACK_LAYOUT_RX_IPV4_CHECKSUM_BAD:
		return USTACK_RX_IPV4_CHECKSUM_BAD;
	case USTACK_LAYOUT_RX_L4_CHECKSUM_BAD:
		return USTACK_RX_L4_CHECKSUM_BAD;
	case USTACK_LAYOUT_TX_IPV4_CHECKSUM:
		return USTACK_TX_IPV4_CHECKSUM;
	case USTACK_LAYOUT_TX_TCP_CHECKSUM:
		return USTACK_TX_TCP_CHECKSUM;
	case USTACK_LAYOUT_TX_UDP_CHECKSUM:
		return USTACK_TX_UDP_CHECKSUM;
	case USTACK_LAYOUT_COUNTERS:
		return USTACK_COUNTERS;
	case USTACK_LAYOUT_MBUF_HEADROOM:
		return RTE_PKTMBUF_HEADROOM;
	case USTACK_LAYOUT_CONTINUES:
		return USTACK_CONTINUES;
	}
	return -EINVAL;
}
