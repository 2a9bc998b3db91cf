/* Keeps memif's interrupt handlers out of the bursts and out of each other's way. */
#ifndef USTACK_DPDK_MEMIF_H
#define USTACK_DPDK_MEMIF_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

/* One thread's bursts over one queue of a memif port. */
struct ustack_gate {
	struct ustack_gate *next;
	int inside; /* atomic; 1: a burst is under way */
};

/* Atomic; not 0: no burst may begin. */
extern int ustack_gates_shut;

/* Before the EAL loads its drivers: from here on memif's calls to register its handlers come to this file. */
void ustack_memif_watch(void);

bool ustack_is_memif(int port);

/* While the calling thread holds this, no memif handler runs and no burst over a gate. */
void ustack_memif_lock(void);
void ustack_memif_unlock(void);

/* rte_eth_dev_close(), and an end to what the driver forgets to take back. */
int ustack_memif_close(int port);

void ustack_gate_add(struct ustack_gate *gate);
void ustack_gate_remove(struct ustack_gate *gate);

/* False: no burst now. True: ustack_gate_leave() must follow soon, the interrupt thread may be waiting for it. */
static inline bool ustack_gate_enter(struct ustack_gate *gate)
{
	/* Sequentially consistent on both sides: either we see that the gates are shut, or who shuts them sees us inside. */
	__atomic_store_n(&gate->inside, 1, __ATOMIC_SEQ_CST);
	if (likely(!__atomic_load_n(&ustack_gates_shut, __ATOMIC_SEQ_CST)))
		return true;
	__atomic_store_n(&gate->inside, 0, __ATOMIC_RELEASE);
	return false;
}

static inline void ustack_gate_leave(struct ustack_gate *gate)
{
	__atomic_store_n(&gate->inside, 0, __ATOMIC_RELEASE);
}

#endif
