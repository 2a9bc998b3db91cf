/*
 * dpdk_memif: ports whose peers hang up or die while frames flow, ends that close at the same time, and what a closed port leaves. A
 * crash is what these tests look for.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "dpdk_burst.h"
#include "test.h"

#define BUFFERS 1023
#define PAIRS 15
#define KILLS 20
#define SECONDS 200
#define HANGUPS 200
#define FRAMES 2000
#define LENGTH 1400

extern char **environ;

static int64_t pool;

/* With the ports that follow in texts, the last of which is NULL. */
static void start_eal(const char *core, char *const texts[])
{
	char args[8192];
	size_t length = 0;
	int argc = 0;
	const char *fixed[] = { "memif_test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--no-telemetry", "-l", core };

	for (; argc < (int)(sizeof(fixed) / sizeof(fixed[0])); argc++)
		length += (size_t)sprintf(args + length, "%s", fixed[argc]) + 1;
	for (; *texts != NULL; texts++, argc++)
		length += (size_t)sprintf(args + length, "%s", *texts) + 1;
	CHECK(ustack_eal_start(args, argc, 1) == 0);
	pool = ustack_pool_create("test", BUFFERS, 2048 + RTE_PKTMBUF_HEADROOM, 0, 0, -1);
	CHECK(pool > 0);
}

static int64_t open_port(const char *name, int *port)
{
	*port = ustack_port_find(name);
	CHECK(*port >= 0);
	CHECK(ustack_port_configure(*port, 1, 0, 0, 0) >= 0);
	CHECK(ustack_port_queue(*port, 0, pool, 64, 64) == 0);
	int64_t queue = ustack_queue_open(*port, 0, pool, 0, 0);
	CHECK(queue > 0);
	CHECK(ustack_port_start(*port) == 0);
	return queue;
}

static void close_port(int port, int64_t queue)
{
	CHECK(ustack_queue_close(queue) == 0);
	CHECK(ustack_port_stop(port) == 0);
	CHECK(ustack_port_close(port) == 0);
}

static bool is_up(int port)
{
	int64_t state[3];

	return ustack_port_link(port, state) == 0 && state[2] != 0;
}

static void free_frames(const struct ustack_frame *frames, int count)
{
	for (int i = 0; i < count; i++)
		ustack_pool(pool)->indices[i] = frames[i].index;
	CHECK(count == 0 || ustack_free(pool, count) == count);
}

static struct ustack_frame frame_of(uint32_t index)
{
	uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);

	return (struct ustack_frame){ index, start + RTE_PKTMBUF_HEADROOM, LENGTH, 0 };
}

/* The other process: floods until it is killed, or alone. */
static int flood(char *port_text)
{
	char *texts[] = { port_text, NULL };
	pid_t parent = getppid();
	int port;

	start_eal("1", texts);
	int64_t queue = open_port("net_memif0", &port);
	struct ustack_frame *tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(queue);
	const struct ustack_frame *rx = (const struct ustack_frame *)(uintptr_t)ustack_queue_rx_frames(queue);
	while (getppid() == parent) {
		int count = ustack_alloc(pool, USTACK_BURST);

		for (int i = 0; i < count; i++)
			tx[i] = frame_of(ustack_pool(pool)->indices[i]);
		int sent = ustack_tx(queue, count);
		free_frames(tx + sent, count - sent);
		free_frames(rx, ustack_rx(queue, USTACK_BURST));
	}
	return 1;
}

/* Sends back what comes; returns how many came. */
static int echo(int64_t queue)
{
	const struct ustack_frame *rx = (const struct ustack_frame *)(uintptr_t)ustack_queue_rx_frames(queue);
	struct ustack_frame *tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(queue);
	int count = ustack_rx(queue, USTACK_BURST);

	memcpy(tx, rx, (size_t)count * sizeof(*tx));
	int sent = ustack_tx(queue, count);
	free_frames(tx + sent, count - sent);
	return count;
}

/* Whether somebody listens at that abstract name. */
static bool listens(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	CHECK(fd >= 0);
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	int result = connect(fd, (struct sockaddr *)&address, length);
	CHECK(result == 0 || errno == ECONNREFUSED);
	close(fd);
	return result == 0;
}

/* The driver greets them too late. */
static void outlives_peers_that_hang_up(const char *socket_name)
{
	for (int round = 0; round < HANGUPS; round++)
		CHECK(listens(socket_name));
}

/* Starts a peer and answers when it has sent some frames. */
static pid_t start_peer(const char *self, const char *socket_name, int64_t queue)
{
	char text[256];
	char *argv[] = { (char *)(uintptr_t)self, text, NULL };
	pid_t peer;
	int status;

	snprintf(text, sizeof(text), "--vdev=net_memif0,role=client,socket=%s", socket_name);
	CHECK(posix_spawn(&peer, "/proc/self/exe", NULL, NULL, argv, environ) == 0);
	for (int got = 0; got < FRAMES && waitpid(peer, &status, WNOHANG) == 0; got += echo(queue))
		;
	CHECK(waitpid(peer, &status, WNOHANG) == 0);
	return peer;
}

static void await_end(pid_t peer)
{
	int status;

	CHECK(waitpid(peer, &status, 0) == peer && WIFSIGNALED(status));
}

static void lets_no_burst_in_beside_a_handler(int64_t queue)
{
	struct ustack_frame *tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(queue);

	while (ustack_alloc(pool, 1) == 0)
		echo(queue);
	tx[0] = frame_of(ustack_pool(pool)->indices[0]);
	ustack_memif_lock();
	CHECK(ustack_rx(queue, USTACK_BURST) == 0);
	CHECK(ustack_tx(queue, 1) == 0);
	ustack_memif_unlock();
	free_frames(tx, 1);
}

static void lets_no_handler_in_beside_a_burst(int64_t queue, int port, pid_t peer)
{
	struct ustack_gate *gate = &ustack_queue(queue)->gate;

	CHECK(ustack_queue(queue)->guards == USTACK_GATED && ustack_gate_enter(gate));
	CHECK(kill(peer, SIGKILL) == 0);
	await_end(peer);
	while (!__atomic_load_n(&ustack_gates_shut, __ATOMIC_SEQ_CST)) /* by the interrupt thread, which now waits */
		CHECK(is_up(port));
	CHECK(is_up(port));
	ustack_gate_leave(gate);
	while (is_up(port))
		echo(queue);
}

static void outlives_killed_peers(const char *self, const char *socket_name)
{
	int port;
	int64_t queue = open_port("net_memif0", &port);
	pid_t peer = start_peer(self, socket_name, queue);

	lets_no_burst_in_beside_a_handler(queue);
	lets_no_handler_in_beside_a_burst(queue, port, peer);
	for (int round = 0; round < KILLS; round++) {
		peer = start_peer(self, socket_name, queue);
		CHECK(kill(peer, SIGKILL) == 0);
		while (is_up(port))
			echo(queue);
		await_end(peer);
	}
	close_port(port, queue);
	CHECK(ustack_pool_available(pool) == BUFFERS);
}

/* Both ends in this process; the one that closes first makes the interrupt thread disconnect the other. */
static void closes_both_ends_at_once(void)
{
	for (int pair = 1; pair <= PAIRS; pair++) {
		char name[32];
		int server;
		int client;

		snprintf(name, sizeof(name), "net_memif_s%d", pair);
		int64_t server_queue = open_port(name, &server);
		snprintf(name, sizeof(name), "net_memif_c%d", pair);
		int64_t client_queue = open_port(name, &client);
		while (!is_up(server) || !is_up(client))
			sched_yield();
		if (pair % 2 == 0)
			close_port(server, server_queue);
		close_port(client, client_queue);
		if (pair % 2 == 1)
			close_port(server, server_queue);
	}
	CHECK(ustack_pool_available(pool) == BUFFERS);
}

int main(int argc, char **argv)
{
	char socket_name[64];
	char texts[1 + 2 * PAIRS][256];
	char *list[2 + 2 * PAIRS] = { NULL };

	if (argc > 1)
		return flood(argv[1]);
	alarm(SECONDS); /* what hangs is to end, and to fail */
	snprintf(socket_name, sizeof(socket_name), "us-memif-test-%d", (int)getpid());
	sprintf(list[0] = texts[0], "--vdev=net_memif0,role=server,socket=%s", socket_name);
	for (int pair = 1; pair <= PAIRS; pair++) {
		char *server = list[2 * pair - 1] = texts[2 * pair - 1];
		char *client = list[2 * pair] = texts[2 * pair];

		sprintf(server, "--vdev=net_memif_s%d,role=server,id=%d,socket=%s-%d", pair, pair, socket_name, pair);
		sprintf(client, "--vdev=net_memif_c%d,role=client,id=%d,socket=%s-%d", pair, pair, socket_name, pair);
	}
	start_eal("0", list);
	outlives_peers_that_hang_up(socket_name);
	outlives_killed_peers(argv[0], socket_name);
	CHECK(!listens(socket_name));
	closes_both_ends_at_once();
	for (int pair = 1; pair <= PAIRS; pair++) {
		char name[80];

		snprintf(name, sizeof(name), "%s-%d", socket_name, pair);
		CHECK(!listens(name));
	}
	CHECK(ustack_pool_destroy(pool) == 0);
	printf("memif_test: %lu checks\n", checks);
	return 0;
}
