/*
 * dpdk_reset: nobody uses the queues of a port while it is set up anew, and afterwards everybody can.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <time.h>

#include "dpdk_fate.h"
#include "lane.h"

#define RESETS 50

/* For drivers only: their headers need not be installed. */
struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
int rte_eth_dev_callback_process(struct rte_eth_dev *device, enum rte_eth_event_type event, void *result);

/* Bursts that have reached the port. */
static int bursts;

static uint16_t count_burst(uint16_t on_port, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t received, uint16_t most, void *arg)
{
	(void)on_port, (void)queue, (void)mbufs, (void)most, (void)arg;
	__atomic_add_fetch(&bursts, 1, __ATOMIC_SEQ_CST);
	return received;
}

static int bursts_now(void)
{
	return __atomic_load_n(&bursts, __ATOMIC_SEQ_CST);
}

static void set_up_again(const struct lane *lane)
{
	const struct timespec moment = { .tv_nsec = 200000 };
	int before = bursts_now();

	while (bursts_now() == before)
		sched_yield();
	while (ustack_queue_quieten(lane->queue) == 0)
		sched_yield();
	before = bursts_now();
	nanosleep(&moment, NULL);
	CHECK(bursts_now() == before);
	CHECK(ustack_queue_give_up(lane->queue) == 0);
	CHECK(ustack_port_reset(port) == 0);
	CHECK(ustack_port_configure(port, 1, 0, ustack_port_offloads(port), 0) == 0);
	CHECK(ustack_port_queue(port, 0, pool, 256, 256) == 0);
	CHECK(ustack_port_start(port) == 0);
	CHECK(bursts_now() == before);
	CHECK(ustack_queue_resume(lane->queue) == 0);
}

static int over; /* atomic */

static void *reset_often(void *lane)
{
	for (int i = 0; i < RESETS; i++)
		set_up_again(lane);
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Sends what fits and takes what comes, until all resets are over. */
static void burst_meanwhile(const struct lane *lane)
{
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		if (ustack_alloc(pool, 1) == 1) {
			uint32_t index = ustack_pool(pool)->indices[0];
			uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);

			lane->tx[0] = (struct ustack_frame){ index, start + 128, 60, 0 };
			memset(bytes(&lane->tx[0]), 0, 60);
			if (ustack_tx(lane->queue, 1) == 0) {
				ustack_pool(pool)->indices[0] = index;
				CHECK(ustack_free(pool, 1) == 1);
			}
		}
		release(lane, ustack_rx(lane->queue, USTACK_BURST));
	}
}

static void is_quiet_under_bursts(int ring_entries)
{
	struct lane lane = open_lane(ring_entries);
	pthread_t other;

	over = 0;
	CHECK(rte_eth_add_rx_callback((uint16_t)port, 0, count_burst, NULL) != NULL);
	CHECK(pthread_create(&other, NULL, reset_often, &lane) == 0);
	burst_meanwhile(&lane);
	CHECK(pthread_join(other, NULL) == 0);
	/* The lcore sends what it was handed, which stays in the loop. */
	CHECK(ustack_queue_close(lane.queue) == 0);
	lane = open_lane(0);
	int count;
	do {
		count = ustack_rx(lane.queue, USTACK_BURST);
		release(&lane, count);
	} while (count > 0);
	close_lane(&lane);
}

/* Its thread was about to answer when the request was taken back. */
static void takes_no_late_answer(void)
{
	struct lane lane = open_lane(0);
	struct ustack_queue *queue = ustack_queue(lane.queue);

	CHECK(ustack_queue_quieten(lane.queue) == 0);
	uint32_t seen = ustack_guards(queue);
	CHECK(ustack_rx(lane.queue, 1) == 0);
	CHECK(ustack_queue_quieten(lane.queue) == 1);
	CHECK(ustack_queue_resume(lane.queue) == 0);
	CHECK(ustack_queue_quieten(lane.queue) == 0);
	CHECK(!ustack_enter(queue, seen));
	CHECK(ustack_queue_quieten(lane.queue) == 0);
	CHECK(!ustack_enter(queue, ustack_guards(queue)));
	CHECK(ustack_queue_quieten(lane.queue) == 1);
	CHECK(ustack_queue_resume(lane.queue) == 0);
	close_lane(&lane);
}

static void knows_of_resets(void)
{
	struct rte_eth_dev *device = rte_eth_dev_allocated("net_ring0");

	CHECK(ustack_port_fate(port) == USTACK_FATE_NONE);
	rte_eth_dev_callback_process(device, RTE_ETH_EVENT_INTR_RESET, NULL);
	CHECK(ustack_port_fate(port) == USTACK_FATE_RESET);
	ustack_fate_forgive((uint16_t)port);
	CHECK(ustack_port_fate(port) == USTACK_FATE_NONE);
	rte_eth_dev_callback_process(device, RTE_ETH_EVENT_INTR_RMV, NULL);
	ustack_fate_forgive((uint16_t)port);
	CHECK(ustack_port_fate(port) == USTACK_FATE_UNPLUGGED);
	rte_eth_dev_callback_process(device, RTE_ETH_EVENT_INTR_RESET, NULL);
	ustack_fate_forgive((uint16_t)port);
	CHECK(ustack_port_fate(port) == USTACK_FATE_UNPLUGGED);
}

int main(void)
{
	set_up();
	is_quiet_under_bursts(0);
	if (ustack_ring_spare_lcores() > 0)
		is_quiet_under_bursts(256);
	takes_no_late_answer();
	knows_of_resets();
	tear_down();
	printf("reset_test: %lu checks\n", checks);
	return 0;
}
