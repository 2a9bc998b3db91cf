/*
 * The one 802.1Q VLAN that a port is in: its tag comes off every received frame and goes onto every frame that is sent, by the port or
 * here. Java never sees a tag.
 */
#ifndef USTACK_DPDK_VLAN_H
#define USTACK_DPDK_VLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* Bytes of a tag; it stands behind the two MAC addresses. */
#define USTACK_VLAN_TAG 4

struct ustack_queue;

/*
 * Takes the tag off a received frame. Priority (PCP) and DEI do not matter. NULL: it was of another VLAN or of none, which is what a
 * tag with VLAN 0 says; counted and freed.
 */
struct rte_mbuf *ustack_vlan_accept(struct ustack_queue *queue, struct rte_mbuf *mbuf);

/*
 * Puts the tag on a frame that is finished otherwise and has USTACK_VLAN_TAG bytes of room in front, or asks the port to. PCP and DEI
 * are 0. True when the port has to do something.
 */
bool ustack_vlan_tag(const struct ustack_queue *queue, struct rte_mbuf *mbuf);

/* The port has not taken a frame that went through ustack_vlan_tag(): it has no tag any more, whoever has put it on. */
void ustack_vlan_untag(struct rte_mbuf *mbuf);

#endif
