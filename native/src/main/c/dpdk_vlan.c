#include "dpdk_vlan.h"

#include "dpdk_burst.h"

#define MAC_ADDRESSES 12
#define VLAN_ID 0x0FFF

static inline void take_off(struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	memmove(frame + USTACK_VLAN_TAG, frame, MAC_ADDRESSES);
	mbuf->data_off = (uint16_t)(mbuf->data_off + USTACK_VLAN_TAG);
	mbuf->data_len = (uint16_t)(mbuf->data_len - USTACK_VLAN_TAG);
	mbuf->pkt_len -= USTACK_VLAN_TAG;
}

static inline void put_on(struct rte_mbuf *mbuf, uint16_t vlan)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *) - USTACK_VLAN_TAG;

	memmove(frame, frame + USTACK_VLAN_TAG, MAC_ADDRESSES);
	frame[MAC_ADDRESSES] = RTE_ETHER_TYPE_VLAN >> 8;
	frame[MAC_ADDRESSES + 1] = RTE_ETHER_TYPE_VLAN & 0xFF;
	frame[MAC_ADDRESSES + 2] = (uint8_t)(vlan >> 8);
	frame[MAC_ADDRESSES + 3] = (uint8_t)vlan;
	mbuf->data_off = (uint16_t)(mbuf->data_off - USTACK_VLAN_TAG);
	mbuf->data_len = (uint16_t)(mbuf->data_len + USTACK_VLAN_TAG);
	mbuf->pkt_len += USTACK_VLAN_TAG;
}

static inline bool is_tagged(const struct rte_mbuf *mbuf, const uint8_t *frame)
{
	return mbuf->data_len >= USTACK_ETHERNET_HEADER + USTACK_VLAN_TAG &&
	       frame[MAC_ADDRESSES] == RTE_ETHER_TYPE_VLAN >> 8 && frame[MAC_ADDRESSES + 1] == (RTE_ETHER_TYPE_VLAN & 0xFF);
}

struct rte_mbuf *ustack_vlan_accept(struct ustack_queue *queue, struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	if (mbuf->ol_flags & queue->rx_stripped) {
		if ((mbuf->vlan_tci & VLAN_ID) == queue->vlan)
			return mbuf;
	} else if (is_tagged(mbuf, frame) &&
		   ((frame[MAC_ADDRESSES + 2] << 8 | frame[MAC_ADDRESSES + 3]) & VLAN_ID) == queue->vlan) {
		take_off(mbuf);
		return mbuf;
	}
	rte_pktmbuf_free(mbuf);
	ustack_count(queue, USTACK_RX_OTHER_VLAN);
	return NULL;
}

bool ustack_vlan_tag(const struct ustack_queue *queue, struct rte_mbuf *mbuf)
{
	if (queue->tx_inserts) {
		mbuf->vlan_tci = queue->vlan;
		mbuf->ol_flags |= RTE_MBUF_F_TX_VLAN;
		return true;
	}
	put_on(mbuf, queue->vlan);
	/* Where the port sums or cuts, it looks for the IPv4 header behind this. */
	if (mbuf->ol_flags != 0)
		mbuf->l2_len = USTACK_ETHERNET_HEADER + USTACK_VLAN_TAG;
	return false;
}

void ustack_vlan_untag(struct rte_mbuf *mbuf)
{
	/* Drivers that insert in software clear the flag when they have: the next attempt would find the frame changed. */
	if (mbuf->ol_flags & RTE_MBUF_F_TX_VLAN)
		mbuf->ol_flags &= ~RTE_MBUF_F_TX_VLAN;
	else
		take_off(mbuf);
}
