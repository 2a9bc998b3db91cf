/*
 * What the tests of bursts share: a port of net_ring, whose two ends are one ring, two pools, and a queue of the port that ends with every
 * buffer in its pool. What lies around a frame in its buffer can be poisoned, so that AddressSanitizer sees a read beyond it.
 */
#ifndef LANE_H
#define LANE_H

#include <errno.h>
#include <sched.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sanitizer/asan_interface.h>

#include "dpdk_burst.h"
#include "test.h"

#define BUFFERS 1023
#define FRAME_MAX (1500 + 18)

static int64_t pool;
static int64_t other_pool;
static int port;

struct lane {
	int64_t queue;
	int vlan; /* 0: none */
	const struct ustack_frame *rx;
	struct ustack_frame *tx;
};

static inline struct lane open_lane_in(int vlan, int ring_entries)
{
	struct lane lane = { .queue = ustack_queue_open(port, 0, pool, 0, vlan), .vlan = vlan };

	CHECK(lane.queue > 0);
	lane.rx = (const struct ustack_frame *)(uintptr_t)ustack_queue_rx_frames(lane.queue);
	lane.tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(lane.queue);
	if (ring_entries > 0)
		CHECK(ustack_ring_start(lane.queue, ring_entries) == 0);
	return lane;
}

static inline struct lane open_lane(int ring_entries)
{
	return open_lane_in(0, ring_entries);
}

static inline int64_t counter(const struct lane *lane, enum ustack_counter which)
{
	int64_t values[USTACK_COUNTERS];

	CHECK(ustack_queue_counters(lane->queue, values) == USTACK_COUNTERS);
	return values[which];
}

static inline void close_lane(struct lane *lane)
{
	CHECK(ustack_queue_close(lane->queue) == 0);
	CHECK(ustack_pool_available(pool) == BUFFERS);
	CHECK(ustack_pool_available(other_pool) == BUFFERS);
}

static inline uint8_t *bytes(const struct ustack_frame *frame)
{
	return ustack_pool(pool)->base + frame->offset;
}

/* Gives back what was received. */
static inline void release(const struct lane *lane, int count)
{
	for (int i = 0; i < count; i++)
		ustack_pool(pool)->indices[i] = lane->rx[i].index;
	CHECK(count == 0 || ustack_free(pool, count) == count);
}

static inline int receive(const struct lane *lane, int wanted)
{
	int tries = 10000000;
	int count;

	/* With the ring transport the frame is on its way, and the lcore may want our core. */
	while ((count = ustack_rx(lane->queue, wanted)) == 0 && --tries > 0)
		sched_yield();
	return count;
}

/* Sends one mbuf by another way than the shim's. */
static inline void inject(struct rte_mbuf *mbuf)
{
	CHECK(rte_eth_tx_burst((uint16_t)port, 0, &mbuf, 1) == 1);
}

static inline struct rte_mbuf *make_mbuf(int64_t from, uint32_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(ustack_pool(from)->mempool);

	CHECK(mbuf != NULL);
	uint8_t *data = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)length);
	CHECK(data != NULL);
	for (uint32_t i = 0; i < length; i++)
		data[i] = (uint8_t)random32();
	return mbuf;
}

/* A frame that takes room until it is received. */
static inline struct rte_mbuf *make_filler(const struct lane *lane)
{
	struct rte_mbuf *mbuf = make_mbuf(other_pool, 20);

	if (lane->vlan != 0) {
		const uint8_t tag[] = { 0x81, 0x00, (uint8_t)(lane->vlan >> 8), (uint8_t)lane->vlan };

		memcpy(rte_pktmbuf_mtod_offset(mbuf, uint8_t *, 12), tag, sizeof(tag));
	}
	return mbuf;
}

static inline void poison(const struct rte_mbuf *mbuf, int on)
{
	uint8_t *start = mbuf->buf_addr;
	uint8_t *data = start + mbuf->data_off;
	uint8_t *end = data + mbuf->data_len;
	size_t after = (size_t)(start + mbuf->buf_len - end);

	if (on) {
		__asan_poison_memory_region(start, mbuf->data_off);
		__asan_poison_memory_region(end, after);
	} else {
		__asan_unpoison_memory_region(start, mbuf->buf_len);
	}
}

static inline void tear_down(void)
{
	CHECK(ustack_port_stop(port) == 0);
	CHECK(ustack_port_close(port) == 0);
	CHECK(ustack_pool_destroy(pool) == 0);
	CHECK(ustack_pool_destroy(other_pool) == 0);
}

static inline void set_up(void)
{
	static const char arguments[] = "test\0" "--no-huge\0" "-m\0" "64\0" "--no-pci\0" "--no-shconf\0" "--no-telemetry\0"
					"-l\0" "0,1\0" "--vdev=net_ring0\0";
	int result = ustack_eal_start(arguments, 10, 1);

	if (result != 0) {
		char log[4096];

		fprintf(stderr, "%.*s\n", ustack_log_tail(log, sizeof(log)), log);
		exit(1);
	}
	CHECK(ustack_eal_start(arguments, 10, 1) == -EALREADY);
	port = ustack_port_find("net_ring0");
	CHECK(port >= 0);
	CHECK(ustack_port_find("net_ring1") == -ENODEV);
	pool = ustack_pool_create("test", BUFFERS, 2176, 0, 0, -1);
	other_pool = ustack_pool_create("other", BUFFERS, 2176, 0, 0, -1);
	CHECK(pool > 0 && other_pool > 0);
	CHECK(ustack_port_configure(port, 1, 0, ustack_port_offloads(port), 0) == 0);
	CHECK(ustack_port_queue(port, 0, pool, 256, 256) == 0);
	CHECK(ustack_port_start(port) == 0);
}

#endif
