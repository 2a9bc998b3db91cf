/* The packet memory: a mempool whose buffers are known to Java by a number, and perhaps a second one, of shorter buffers. */
#ifndef USTACK_DPDK_POOL_H
#define USTACK_DPDK_POOL_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "ustack_dpdk.h"

struct ustack_pool {
	struct rte_mempool *mempool; /* the longest frame fits into each of its buffers */
	struct rte_mempool *shorter; /* what ports receive into; NULL: the same */
	struct rte_mbuf **mbufs; /* by index, the shorter ones behind the others */
	uint8_t *base;           /* the lowest buffer's first byte */
	uint64_t span;           /* from there to just past the highest buffer */
	uint32_t count;          /* of both */
	uint32_t indices[];      /* USTACK_BURST of them, shared with Java */
};

/* In the mbuf's private area. Buffers never cross a huge page, so the index can't be had by division. */
struct ustack_private {
	uint32_t index;
	uint32_t flags; /* enum ustack_flag, while the frame lies in a ring */
};

/* A cache line, so that frames keep the alignment that the mbuf headroom gives them. */
#define USTACK_PRIVATE_BYTES RTE_CACHE_LINE_SIZE

static inline struct ustack_private *ustack_private(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

static inline struct rte_mempool *ustack_rx_mempool(const struct ustack_pool *pool)
{
	return pool->shorter != NULL ? pool->shorter : pool->mempool;
}

static inline struct ustack_pool *ustack_pool(int64_t handle)
{
	return (struct ustack_pool *)(uintptr_t)handle;
}

#endif
