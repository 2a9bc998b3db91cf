#include "dpdk_pool.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "dpdk_layout.h"

/* Buffers that a thread known to the EAL keeps for itself; several bursts, at most what rte_mempool allows. */
#define THREAD_CACHE 256

static void number(struct rte_mempool *mempool, void *arg, void *object, unsigned int index)
{
	struct ustack_pool *pool = arg;
	struct rte_mbuf *mbuf = object;

	(void)mempool;
	pool->mbufs[index] = mbuf;
	*ustack_private(mbuf) = (struct ustack_private){ .index = index };
}

static void measure(struct ustack_pool *pool)
{
	uintptr_t low = UINTPTR_MAX;
	uintptr_t high = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		uintptr_t start = (uintptr_t)pool->mbufs[i]->buf_addr;
		uintptr_t end = start + pool->mbufs[i]->buf_len;

		low = start < low ? start : low;
		high = end > high ? end : high;
	}
	pool->base = (uint8_t *)low;
	pool->span = high - low;
}

static void dispose(struct ustack_pool *pool)
{
	rte_mempool_free(pool->mempool);
	free(pool->mbufs);
	free(pool);
}

int64_t ustack_pool_create(const char *name, int count, int data_room, int numa_node)
{
	if (count < USTACK_BURST || data_room <= RTE_PKTMBUF_HEADROOM || data_room > UINT16_MAX)
		return -EINVAL;
	struct ustack_pool *pool = calloc(1, sizeof(*pool) + USTACK_BURST * sizeof(pool->indices[0]));
	if (pool == NULL)
		return -ENOMEM;
	unsigned int cache = RTE_MIN(THREAD_CACHE, count / 8);
	pool->count = (uint32_t)count;
	pool->mbufs = calloc((size_t)count, sizeof(*pool->mbufs));
	pool->mempool = rte_pktmbuf_pool_create(name, (unsigned int)count, cache, USTACK_PRIVATE_BYTES, (uint16_t)data_room,
						numa_node);
	if (pool->mbufs == NULL || pool->mempool == NULL) {
		int reason = pool->mbufs == NULL ? ENOMEM : rte_errno;

		dispose(pool);
		return -reason;
	}
	rte_mempool_obj_iter(pool->mempool, number, pool);
	measure(pool);
	if (pool->span > INT32_MAX) {
		dispose(pool);
		return -E2BIG;
	}
	return (int64_t)(uintptr_t)pool;
}

int64_t ustack_pool_base(int64_t pool)
{
	return (int64_t)(uintptr_t)ustack_pool(pool)->base;
}

int64_t ustack_pool_span(int64_t pool)
{
	return (int64_t)ustack_pool(pool)->span;
}

int ustack_pool_offsets(int64_t handle, int *offsets)
{
	struct ustack_pool *pool = ustack_pool(handle);

	for (uint32_t i = 0; i < pool->count; i++)
		offsets[i] = (int)((uint8_t *)pool->mbufs[i]->buf_addr - pool->base);
	return (int)pool->count;
}

int64_t ustack_pool_indices(int64_t pool)
{
	return (int64_t)(uintptr_t)ustack_pool(pool)->indices;
}

int ustack_pool_available(int64_t pool)
{
	return (int)rte_mempool_avail_count(ustack_pool(pool)->mempool);
}

int ustack_pool_destroy(int64_t handle)
{
	struct ustack_pool *pool = ustack_pool(handle);

	if (rte_mempool_avail_count(pool->mempool) != pool->count)
		return -EBUSY;
	dispose(pool);
	return 0;
}
