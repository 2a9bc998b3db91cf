#include "dpdk_pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "dpdk_layout.h"

/* Buffers that a thread known to the EAL keeps for itself; several bursts, at most what rte_mempool allows. */
#define THREAD_CACHE 256

/* Buffers of one of the mempools, whose numbers begin at `first`. */
struct numbering {
	struct ustack_pool *pool;
	uint32_t first;
};

static void number(struct rte_mempool *mempool, void *arg, void *object, unsigned int index)
{
	const struct numbering *numbering = arg;
	struct rte_mbuf *mbuf = object;

	(void)mempool;
	numbering->pool->mbufs[numbering->first + index] = mbuf;
	*ustack_private(mbuf) = (struct ustack_private){ .index = numbering->first + index };
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
	rte_mempool_free(pool->shorter);
	free(pool->mbufs);
	free(pool);
}

static struct rte_mempool *create(const char *name, const char *suffix, int count, int data_room, int numa_node)
{
	char whole[RTE_MEMPOOL_NAMESIZE];
	unsigned int cache = RTE_MIN(THREAD_CACHE, count / 8);

	snprintf(whole, sizeof(whole), "%s%s", name, suffix);
	return rte_pktmbuf_pool_create(whole, (unsigned int)count, cache, USTACK_PRIVATE_BYTES, (uint16_t)data_room, numa_node);
}

static bool is_room(int data_room)
{
	return data_room > RTE_PKTMBUF_HEADROOM && data_room <= UINT16_MAX;
}

int64_t ustack_pool_create(const char *name, int count, int data_room, int shorter, int shorter_room, int numa_node)
{
	if (count < USTACK_BURST || !is_room(data_room) || (shorter != 0 && (shorter < USTACK_BURST || !is_room(shorter_room))))
		return -EINVAL;
	struct ustack_pool *pool = calloc(1, sizeof(*pool) + USTACK_BURST * sizeof(pool->indices[0]));
	if (pool == NULL)
		return -ENOMEM;
	pool->count = (uint32_t)(count + shorter);
	pool->mbufs = calloc(pool->count, sizeof(*pool->mbufs));
	pool->mempool = create(name, "", count, data_room, numa_node);
	if (shorter != 0 && pool->mempool != NULL)
		pool->shorter = create(name, "_s", shorter, shorter_room, numa_node);
	if (pool->mbufs == NULL || pool->mempool == NULL || (shorter != 0 && pool->shorter == NULL)) {
		int reason = pool->mbufs == NULL ? ENOMEM : rte_errno;

		dispose(pool);
		return -reason;
	}
	rte_mempool_obj_iter(pool->mempool, number, &(struct numbering){ pool, 0 });
	if (shorter != 0)
		rte_mempool_obj_iter(pool->shorter, number, &(struct numbering){ pool, (uint32_t)count });
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

int ustack_pool_shorter_available(int64_t handle)
{
	const struct ustack_pool *pool = ustack_pool(handle);

	return pool->shorter == NULL ? 0 : (int)rte_mempool_avail_count(pool->shorter);
}

int ustack_pool_destroy(int64_t handle)
{
	struct ustack_pool *pool = ustack_pool(handle);

	if (ustack_pool_available(handle) + ustack_pool_shorter_available(handle) != (int)pool->count)
		return -EBUSY;
	dispose(pool);
	return 0;
}
