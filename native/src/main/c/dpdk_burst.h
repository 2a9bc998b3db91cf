/* One queue pair of a port and the bursts over it. */
#ifndef USTACK_DPDK_BURST_H
#define USTACK_DPDK_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dpdk_checksum.h"
#include "dpdk_layout.h"
#include "dpdk_memif.h"
#include "dpdk_pool.h"
#include "dpdk_vlan.h"
#include "ustack_dpdk.h"

struct ustack_ring;

/* In ustack_queue.guards: a memif port, see dpdk_memif.c. Above it lies the number of the request to keep off the port, or 0. */
#define USTACK_GATED 1U
#define USTACK_QUIET 2U

struct ustack_queue {
	struct ustack_ring *ring; /* NULL with the direct transport */
	/* What every frame needs of the pool. */
	struct rte_mempool *mempool;
	struct rte_mempool *rx_mempool; /* that the port receives into */
	struct rte_mbuf **mbufs;
	uint8_t *base;
	uint16_t port;
	uint16_t queue;
	uint32_t frame_max;  /* bytes of the longest frame that the MTU allows, with a VLAN tag */
	uint32_t tx_offload; /* USTACK_TX_* bits that the port does */
	uint32_t tx_frame_max; /* the same of a frame to send, before its tag is on it */
	uint64_t rx_verdict; /* the ol_flags in which the port gives its verdict on checksums */
	uint64_t rx_stripped; /* the ol_flag by which the port says that it has taken a tag off */
	uint16_t vlan;	     /* that the port is in; 0: in none, frames stay as they are */
	uint16_t tag_length; /* bytes that a tag takes in front of a frame to send */
	bool tx_inserts;     /* the port puts tags on */
	uint32_t guards;     /* atomic; what a burst has to mind: USTACK_GATED, or a number asks for quiet */
	bool merges;	     /* received segments become trains */
	uint32_t chain_max;  /* mbufs of the longest train that the port cuts; 0 without TSO */
	uint32_t tso_frame_max; /* bytes of the longest frame that it makes of one */
	struct ustack_gate gate;
	uint32_t quiet_asked; /* the last request to keep off the port, in USTACK_QUIETs */
	uint32_t quiet_kept;  /* atomic; the guards for which its thread keeps off */
	_Alignas(RTE_CACHE_LINE_SIZE) struct ustack_frame rx_frames[USTACK_BURST];
	_Alignas(RTE_CACHE_LINE_SIZE) struct ustack_frame tx_frames[USTACK_BURST];
	_Alignas(RTE_CACHE_LINE_SIZE) uint64_t counters[USTACK_COUNTERS];
};

static inline struct ustack_queue *ustack_queue(int64_t handle)
{
	return (struct ustack_queue *)(uintptr_t)handle;
}

/* Each counter has one writer; readers are on any thread. */
static inline void ustack_count(struct ustack_queue *queue, enum ustack_counter counter)
{
	uint64_t *at = &queue->counters[counter];

	__atomic_store_n(at, *at + 1, __ATOMIC_RELAXED);
}

/* The same, for what is not counted but was never more. */
static inline void ustack_most(struct ustack_queue *queue, enum ustack_counter counter, uint64_t now)
{
	uint64_t *at = &queue->counters[counter];

	if (unlikely(now > *at))
		__atomic_store_n(at, now, __ATOMIC_RELAXED);
}

static inline uint32_t ustack_guards(const struct ustack_queue *queue)
{
	return __atomic_load_n(&queue->guards, __ATOMIC_ACQUIRE);
}

/* Whether a burst may begin, for a queue with these guards. True: ustack_leave() must follow soon. */
static inline bool ustack_enter(struct ustack_queue *queue, uint32_t guards)
{
	if (guards < USTACK_QUIET)
		return ustack_gate_enter(&queue->gate);
	/* Our bursts are over. The number says which request is answered: an answer that comes late is no other's. */
	__atomic_store_n(&queue->quiet_kept, guards, __ATOMIC_RELEASE);
	return false;
}

static inline void ustack_leave(struct ustack_queue *queue)
{
	ustack_gate_leave(&queue->gate);
}

/* What the port has received. */
static inline uint16_t ustack_receive(struct ustack_queue *queue, struct rte_mbuf **mbufs, uint16_t max)
{
	uint32_t guards = ustack_guards(queue);
	uint16_t received;

	if (likely(guards == 0))
		return rte_eth_rx_burst(queue->port, queue->queue, mbufs, max);
	if (!ustack_enter(queue, guards))
		return 0;
	received = rte_eth_rx_burst(queue->port, queue->queue, mbufs, max);
	ustack_leave(queue);
	return received;
}

/*
 * Makes sure that a frame lies in one piece in a buffer of the queue's pool, that nobody else holds, and is not too long.
 * Takes the mbuf; NULL: it was lost, counted and freed.
 */
struct rte_mbuf *ustack_accept_slow(struct ustack_queue *queue, struct rte_mbuf *mbuf);

/* The USTACK_RX_* bits of an accepted IPv4 frame. */
uint32_t ustack_verify_slow(const struct ustack_queue *queue, const struct rte_mbuf *mbuf);

/* Computes, or asks the port to compute, the checksums that flags name. True when the port has to do something. */
bool ustack_finish_slow(struct ustack_queue *queue, struct rte_mbuf *mbuf, uint32_t flags);

/* Sends frames that are finished; those after the returned number are still the caller's. */
uint16_t ustack_send(struct ustack_queue *queue, struct rte_mbuf **mbufs, uint16_t count, bool offloaded);

/* One piece and one holder: the two fields lie side by side, which DPDK keeps so for its vector drivers. */
#define USTACK_WHOLE 0x00010001U
_Static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, refcnt) + 2, "see USTACK_WHOLE");

/* What ustack_accept_slow() does, in the usual case with next to no work; and the VLAN tag comes off where the port is in a VLAN. */
static inline struct rte_mbuf *ustack_accept(struct ustack_queue *queue, struct rte_mbuf *mbuf)
{
	uint32_t whole;

	memcpy(&whole, &mbuf->refcnt, sizeof(whole));
	if (unlikely(!(whole == USTACK_WHOLE && mbuf->pkt_len == mbuf->data_len && mbuf->pkt_len <= queue->frame_max &&
		       mbuf->data_off + mbuf->pkt_len <= mbuf->buf_len && mbuf->pool == queue->rx_mempool &&
		       RTE_MBUF_DIRECT(mbuf))))
		mbuf = ustack_accept_slow(queue, mbuf);
	if (likely(queue->vlan == 0) || mbuf == NULL)
		return mbuf;
	return ustack_vlan_accept(queue, mbuf);
}

/* The USTACK_RX_* bits of an accepted frame. */
static inline uint32_t ustack_verify(const struct ustack_queue *queue, const struct rte_mbuf *mbuf)
{
	if (ustack_is_ipv4(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len))
		return ustack_verify_slow(queue, mbuf);
	return 0;
}

/* Makes a frame ready for the port: clears what an earlier owner left in the mbuf, sees to its checksums and its tag. True when the
 * port has to do something. */
static inline bool ustack_finish(struct ustack_queue *queue, struct rte_mbuf *mbuf, uint32_t flags)
{
	/* Without these the port does not look at tx_offload. */
	mbuf->ol_flags = 0;
	bool sums = (flags & USTACK_TX_CHECKSUMS) != 0 && ustack_finish_slow(queue, mbuf, flags);

	if (likely(queue->vlan == 0))
		return sums;
	return ustack_vlan_tag(queue, mbuf) || sums;
}

#endif
