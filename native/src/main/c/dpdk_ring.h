/*
 * The ring transport: an EAL lcore runs the bursts and the checksums, and two single-producer single-consumer rings stand between
 * it and Java, so that a slow Java cycle does not lose frames at the NIC.
 */
#ifndef USTACK_DPDK_RING_H
#define USTACK_DPDK_RING_H

#include "dpdk_burst.h"

/* Frames that the lcore accepted and verified. */
uint16_t ustack_ring_receive(struct ustack_ring *ring, struct rte_mbuf **mbufs, uint16_t max);

/* Hands frames to the lcore; those after the returned number are still the caller's. */
uint16_t ustack_ring_transmit(struct ustack_ring *ring, struct rte_mbuf **mbufs, uint16_t count);

/* Lets the lcore send what it was handed, as far as the port takes it, then stops it and frees what is left. */
void ustack_ring_stop(struct ustack_ring *ring);

#endif
