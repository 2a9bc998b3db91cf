/*
 * A port whose device was reset is set up anew while nobody uses its queues.
 *
 * Queues have one thread each, and nobody else may touch them. So each thread is asked: its next burst finds the request in the
 * queue's guards, does nothing, and says so; so do all further bursts until the request is taken back. Bursts pay nothing for it,
 * they look at the guards anyhow.
 */
#include <errno.h>

#include <rte_ethdev.h>

#include "dpdk_burst.h"
#include "dpdk_fate.h"
#include "ustack_dpdk.h"

int ustack_queue_quieten(int64_t handle)
{
	struct ustack_queue *queue = ustack_queue(handle);
	uint32_t guards = ustack_guards(queue);

	if (guards < USTACK_QUIET) {
		queue->quiet_asked += USTACK_QUIET;
		guards |= queue->quiet_asked;
		__atomic_store_n(&queue->guards, guards, __ATOMIC_RELEASE);
	}
	return __atomic_load_n(&queue->quiet_kept, __ATOMIC_ACQUIRE) == guards;
}

int ustack_queue_resume(int64_t handle)
{
	struct ustack_queue *queue = ustack_queue(handle);

	__atomic_store_n(&queue->guards, ustack_guards(queue) & USTACK_GATED, __ATOMIC_RELEASE);
	return 0;
}

/* Frames that were received and nobody has taken, as far as the driver knows. */
static int waiting_in(const struct ustack_queue *queue)
{
	int count = rte_eth_rx_queue_count(queue->port, queue->queue);

	return count < 0 ? 0 : count;
}

/* Frames, or pieces of them, that were not sent yet, as far as the driver knows. */
static int waiting_out(const struct ustack_queue *queue)
{
	int count = 0;

	for (uint16_t at = 0; at < UINT16_MAX; at++) {
		int status = rte_eth_tx_descriptor_status(queue->port, queue->queue, at);

		if (status < 0)
			break;
		count += status == RTE_ETH_TX_DESC_FULL;
	}
	return count;
}

int ustack_queue_give_up(int64_t handle)
{
	struct ustack_queue *queue = ustack_queue(handle);

	for (int frames = waiting_in(queue); frames > 0; frames--)
		ustack_count(queue, USTACK_RX_RESET);
	for (int frames = waiting_out(queue); frames > 0; frames--)
		ustack_count(queue, USTACK_TX_RESET);
	return 0;
}

int ustack_port_reset(int port)
{
	/* First: a reset that comes while this one is dealt with needs another one. */
	ustack_fate_forgive((uint16_t)port);
	int result = ustack_port_stop(port);

	if (result == 0)
		result = rte_eth_dev_reset((uint16_t)port);
	return result == -ENOTSUP ? 0 : result;
}
