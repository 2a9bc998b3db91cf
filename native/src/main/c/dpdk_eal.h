/* Threads that Java made and DPDK does not know. */
#ifndef USTACK_DPDK_EAL_H
#define USTACK_DPDK_EAL_H

#include <rte_branch_prediction.h>
#include <rte_lcore.h>

/*
 * Gives the calling thread an lcore number for as long as it lives, and with it a cache of its own in every mempool. Does not
 * touch its affinity. Without a free number the thread goes on without cache.
 */
void ustack_join_eal(void);

static inline void ustack_join(void)
{
	if (unlikely(rte_lcore_id() == LCORE_ID_ANY))
		ustack_join_eal();
}

#endif
