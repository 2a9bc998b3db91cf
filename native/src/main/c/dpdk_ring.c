#include "dpdk_ring.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_pause.h>
#include <rte_ring.h>

/* After so many rounds without a frame the lcore lets others have its core, if there are any; alone it goes on at once. */
#define IDLE_ROUNDS 1024

/* How often a full port is asked again on the way out. */
#define LAST_TRIES 1000

struct ustack_ring {
	struct ustack_queue *queue;
	struct rte_ring *rx; /* lcore to Java */
	struct rte_ring *tx; /* Java to lcore */
	unsigned int lcore;
	int stop; /* atomic */
	/* The lcore's, written in each burst: finished frames that the port had no room for. What is above Java's thread reads in each. */
	_Alignas(RTE_CACHE_LINE_SIZE) struct rte_mbuf *waiting[USTACK_BURST];
	uint16_t waiting_count;
	bool waiting_offloaded;
};
_Static_assert(offsetof(struct ustack_ring, waiting) / RTE_CACHE_LINE_SIZE > offsetof(struct ustack_ring, stop) / RTE_CACHE_LINE_SIZE,
	       "what the lcore writes and what Java's thread reads have no line in common");

static uint16_t carry_in(struct ustack_ring *ring)
{
	struct ustack_queue *queue = ring->queue;
	struct rte_mbuf *mbufs[USTACK_BURST];
	uint16_t received = ustack_receive(queue, mbufs, USTACK_BURST);
	uint16_t count = 0;

	for (uint16_t i = 0; i < received; i++) {
		struct rte_mbuf *mbuf = ustack_accept(queue, mbufs[i]);

		if (likely(mbuf != NULL)) {
			ustack_private(mbuf)->flags = ustack_verify(queue, mbuf);
			mbufs[count++] = mbuf;
		}
	}
	if (count == 0)
		return received;
	unsigned int room;
	uint16_t taken = (uint16_t)rte_ring_sp_enqueue_burst(ring->rx, (void **)mbufs, count, &room);
	ustack_most(queue, USTACK_RX_RING_MOST, rte_ring_get_capacity(ring->rx) - room);
	for (uint16_t i = taken; i < count; i++) {
		rte_pktmbuf_free(mbufs[i]);
		ustack_count(queue, USTACK_RX_RING_FULL);
	}
	return received;
}

static uint16_t carry_out(struct ustack_ring *ring)
{
	if (ring->waiting_count == 0) {
		ring->waiting_count = (uint16_t)rte_ring_sc_dequeue_burst(ring->tx, (void **)ring->waiting, USTACK_BURST, NULL);
		ring->waiting_offloaded = false;
		for (uint16_t i = 0; i < ring->waiting_count; i++) {
			struct rte_mbuf *mbuf = ring->waiting[i];

			/* A chain is finished already. */
			ring->waiting_offloaded |= mbuf->nb_segs > 1 ||
						   ustack_finish(ring->queue, mbuf, ustack_private(mbuf)->flags);
		}
		if (ring->waiting_count == 0)
			return 0;
	}
	uint16_t sent = ustack_send(ring->queue, ring->waiting, ring->waiting_count, ring->waiting_offloaded);
	ring->waiting_count = (uint16_t)(ring->waiting_count - sent);
	for (uint16_t i = 0; i < ring->waiting_count; i++)
		ring->waiting[i] = ring->waiting[sent + i];
	return sent;
}

static int run(void *arg)
{
	struct ustack_ring *ring = arg;
	int tries = LAST_TRIES;
	int idle = 0;

	while (!__atomic_load_n(&ring->stop, __ATOMIC_ACQUIRE)) {
		uint16_t received = carry_in(ring);

		if (carry_out(ring) + received > 0) {
			idle = 0;
		} else if (++idle < IDLE_ROUNDS) {
			rte_pause();
		} else {
			idle = 0;
			sched_yield();
		}
	}
	while (tries > 0 && (ring->waiting_count > 0 || !rte_ring_empty(ring->tx)))
		tries -= carry_out(ring) == 0;
	return 0;
}

static void dispose(struct ustack_ring *ring)
{
	rte_ring_free(ring->rx);
	rte_ring_free(ring->tx);
	rte_free(ring);
}

static struct rte_ring *make_ring(const struct ustack_queue *queue, const char *direction, int entries)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "ustack_%s_%u_%u", direction, queue->port, queue->queue);
	return rte_ring_create(name, rte_align32pow2((uint32_t)entries), rte_eth_dev_socket_id(queue->port),
			       RING_F_SP_ENQ | RING_F_SC_DEQ);
}

/* A worker lcore that has nothing to do, or RTE_MAX_LCORE. */
static unsigned int spare_lcore(void)
{
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (rte_eal_get_lcore_state(lcore) == WAIT)
			return lcore;
	}
	return RTE_MAX_LCORE;
}

int ustack_ring_start(int64_t handle, int entries)
{
	struct ustack_queue *queue = ustack_queue(handle);
	unsigned int lcore = spare_lcore();

	if (lcore == RTE_MAX_LCORE)
		return -EAGAIN;
	struct ustack_ring *ring = rte_zmalloc("ustack_ring", sizeof(*ring), RTE_CACHE_LINE_SIZE);
	if (ring == NULL)
		return -ENOMEM;
	ring->queue = queue;
	ring->lcore = lcore;
	ring->rx = make_ring(queue, "rx", entries);
	ring->tx = make_ring(queue, "tx", entries);
	int result = ring->rx == NULL || ring->tx == NULL ? -rte_errno : rte_eal_remote_launch(run, ring, lcore);
	if (result == 0)
		queue->ring = ring;
	else
		dispose(ring);
	return result;
}

int ustack_ring_spare_lcores(void)
{
	unsigned int lcore;
	int spare = 0;

	RTE_LCORE_FOREACH_WORKER(lcore)
		spare += rte_eal_get_lcore_state(lcore) == WAIT;
	return spare;
}

uint16_t ustack_ring_receive(struct ustack_ring *ring, struct rte_mbuf **mbufs, uint16_t max)
{
	return (uint16_t)rte_ring_sc_dequeue_burst(ring->rx, (void **)mbufs, max, NULL);
}

uint16_t ustack_ring_transmit(struct ustack_ring *ring, struct rte_mbuf **mbufs, uint16_t count)
{
	return (uint16_t)rte_ring_sp_enqueue_burst(ring->tx, (void **)mbufs, count, NULL);
}

static void empty(struct rte_ring *ring)
{
	void *mbuf;

	while (rte_ring_sc_dequeue(ring, &mbuf) == 0)
		rte_pktmbuf_free(mbuf);
}

void ustack_ring_stop(struct ustack_ring *ring)
{
	__atomic_store_n(&ring->stop, 1, __ATOMIC_RELEASE);
	rte_eal_wait_lcore(ring->lcore);
	rte_pktmbuf_free_bulk(ring->waiting, ring->waiting_count);
	empty(ring->rx);
	empty(ring->tx);
	ring->queue->ring = NULL;
	dispose(ring);
}
