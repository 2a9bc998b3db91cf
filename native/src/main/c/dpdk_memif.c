/*
 * DPDK's memif driver (22.11 to 26.07, drivers/net/memif/memif_socket.c) handles its control channel on the EAL's interrupt thread.
 * When the peer goes away, memif_disconnect() unmaps the rings there and frees what describes them, and nothing keeps the other
 * threads out:
 *  - a burst that has looked at the "connected" flag before reads the rings after: SIGSEGV in the driver;
 *  - rte_eth_dev_stop() runs the same memif_disconnect() on its caller's thread: both free the regions, SIGSEGV in rte_free();
 *  - rte_eth_dev_close() after that frees the device whose handler may be about to start;
 *  - a peer that hangs up before it was greeted has its socket closed, but its handler stays registered: the EAL panics;
 *  - an event that the interrupt thread has fetched for a socket closed since is taken for one of the next socket with that
 *    number: recvmsg() or accept() waits there for ever;
 *  - closing a server's port frees what its listening socket's handler points to, and leaves socket and handler registered.
 *
 * The driver gives no hook. But it registers its handlers through the EAL's public calls, and the dynamic linker lets a library
 * that was loaded globally before the driver answer them. So this file defines those three calls; for memif's handlers it puts a
 * lock around them, for all others it passes the call on.
 */
#define _GNU_SOURCE
#define ALLOW_EXPERIMENTAL_API /* rte_intr_callback_unregister_pending(), rte_intr_fd_get() */
#include "dpdk_memif.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>

#include "ustack_dpdk.h"

#define DRIVER "net_memif"
#define DRIVER_FILE "librte_net_memif"
#define DEFAULT_SOCKET "/run/memif.sock"
#define SOCKET_ARGUMENT "socket="

/* One handler that memif has registered. */
struct handler {
	struct handler *next;
	rte_intr_callback_fn call;
	void *argument;
	rte_intr_unregister_callback_fn at_end;
	int fd;
	ino_t inode; /* of fd when it was registered */
	int dead; /* atomic; it must not be called any more */
};

int ustack_gates_shut;

/* Guards what follows, and is held while a memif handler runs. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int depth;
static bool in_handler;
static struct ustack_gate *gates;
static struct handler *handlers;

/* The EAL's own. */
static pthread_once_t find_once = PTHREAD_ONCE_INIT;
static typeof(rte_intr_callback_register) *eal_register;
static typeof(rte_intr_callback_unregister) *eal_unregister;
static typeof(rte_intr_callback_unregister_pending) *eal_unregister_pending;

static void find(void)
{
	eal_register = (typeof(eal_register))dlsym(RTLD_NEXT, "rte_intr_callback_register");
	eal_unregister = (typeof(eal_unregister))dlsym(RTLD_NEXT, "rte_intr_callback_unregister");
	eal_unregister_pending = (typeof(eal_unregister_pending))dlsym(RTLD_NEXT, "rte_intr_callback_unregister_pending");
}

void ustack_memif_watch(void)
{
	Dl_info self;

	/* Java loads libraries locally. By its name only: the file may be gone. */
	if (dladdr(&ustack_gates_shut, &self) != 0)
		dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);
}

bool ustack_is_memif(int port)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get((uint16_t)port, &info) == 0 && strcmp(info.driver_name, DRIVER) == 0;
}

/* ---- the lock and the gates ---- */

static void shut_gates(void)
{
	__atomic_store_n(&ustack_gates_shut, 1, __ATOMIC_SEQ_CST);
	for (struct ustack_gate *gate = gates; gate != NULL; gate = gate->next) {
		while (__atomic_load_n(&gate->inside, __ATOMIC_SEQ_CST))
			sched_yield();
	}
}

void ustack_memif_lock(void)
{
	pthread_mutex_lock(&lock);
	if (depth++ == 0)
		shut_gates();
}

void ustack_memif_unlock(void)
{
	if (--depth == 0)
		__atomic_store_n(&ustack_gates_shut, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
}

void ustack_gate_add(struct ustack_gate *gate)
{
	ustack_memif_lock();
	gate->next = gates;
	gates = gate;
	ustack_memif_unlock();
}

void ustack_gate_remove(struct ustack_gate *gate)
{
	struct ustack_gate **at = &gates;

	ustack_memif_lock();
	while (*at != gate)
		at = &(*at)->next;
	*at = gate->next;
	ustack_memif_unlock();
}

/* ---- memif's handlers ---- */

static bool is_memifs(rte_intr_callback_fn call)
{
	Dl_info info;

	pthread_once(&find_once, find);
	return dladdr((void *)call, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, DRIVER_FILE) != NULL;
}

static void run(void *handler);

/* In the place of what a handler wants done when it is gone. The EAL holds its own lock: no taking ours. */
static void ended(struct rte_intr_handle *source, void *argument)
{
	struct handler *handler = argument;

	if (handler->at_end != NULL)
		handler->at_end(source, handler->argument);
	free(handler);
}

static struct handler **find_handler(rte_intr_callback_fn call, const void *argument)
{
	struct handler **at = &handlers;

	while (*at != NULL && ((*at)->call != call || (*at)->argument != argument))
		at = &(*at)->next;
	return at;
}

/* Takes the handler out of the EAL; the caller holds the lock and forgets the handler when the result is not negative. */
static int unregister(const struct rte_intr_handle *source, struct handler *handler)
{
	int result = eal_unregister(source, run, handler);

	/* -EAGAIN: the interrupt thread is in this source's handler. Are we that thread, it is the driver's to know. */
	if (result != -EAGAIN || in_handler)
		return result;
	/*
	 * Else it waits for our lock in run(), or has just left that. The driver would now call unregister_pending(), go on to free
	 * what the handler works on, and fail to unregister if the thread has finished meanwhile.
	 */
	__atomic_store_n(&handler->dead, 1, __ATOMIC_RELEASE);
	while ((result = eal_unregister(source, run, handler)) == -EAGAIN)
		sched_yield();
	return result;
}

static ino_t inode(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* Takes *at out of the EAL and of the list; false when it can't. */
static bool drop(struct handler **at)
{
	struct handler *handler = *at;
	struct rte_intr_handle *source = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	bool dropped = source != NULL && rte_intr_fd_set(source, handler->fd) == 0 && unregister(source, handler) >= 0;

	rte_intr_instance_free(source);
	if (dropped) {
		*at = handler->next;
		free(handler);
	}
	return dropped;
}

/* The driver has closed the sockets of these. Had the EAL asked epoll for one of them, it would have panicked. */
static void drop_closed(void)
{
	for (struct handler **at = &handlers; *at != NULL;) {
		if (inode((*at)->fd) == (*at)->inode || !drop(at))
			at = &(*at)->next;
	}
}

static bool has_event(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };

	return poll(&event, 1, 0) > 0;
}

/* On the interrupt thread, in a handler's place. */
static void run(void *argument)
{
	struct handler *handler = argument;

	/* Who holds the lock may be waiting for this very handler to end, see unregister(). */
	while (pthread_mutex_trylock(&lock) != 0) {
		if (__atomic_load_n(&handler->dead, __ATOMIC_ACQUIRE))
			return;
		sched_yield();
	}
	ustack_memif_lock();
	in_handler = true;
	if (!handler->dead && has_event(handler->fd))
		handler->call(handler->argument);
	drop_closed();
	in_handler = false;
	ustack_memif_unlock();
	pthread_mutex_unlock(&lock);
}

USTACK_EXPORT int rte_intr_callback_register(const struct rte_intr_handle *source, rte_intr_callback_fn call, void *argument)
{
	if (!is_memifs(call))
		return eal_register(source, call, argument);
	struct handler *handler = calloc(1, sizeof(*handler));
	if (handler == NULL)
		return -ENOMEM;
	handler->call = call;
	handler->argument = argument;
	handler->fd = rte_intr_fd_get(source);
	handler->inode = inode(handler->fd);
	ustack_memif_lock();
	int result = eal_register(source, run, handler);
	if (result >= 0) {
		handler->next = handlers;
		handlers = handler;
	} else {
		free(handler);
	}
	ustack_memif_unlock();
	return result;
}

USTACK_EXPORT int rte_intr_callback_unregister(const struct rte_intr_handle *source, rte_intr_callback_fn call, void *argument)
{
	if (!is_memifs(call))
		return eal_unregister(source, call, argument);
	ustack_memif_lock();
	struct handler **at = find_handler(call, argument);
	struct handler *handler = *at;
	int result = handler == NULL ? -ENOENT : unregister(source, handler);
	if (handler != NULL && result >= 0) {
		*at = handler->next;
		free(handler);
	}
	ustack_memif_unlock();
	return result;
}

USTACK_EXPORT int rte_intr_callback_unregister_pending(const struct rte_intr_handle *source, rte_intr_callback_fn call,
						       void *argument, rte_intr_unregister_callback_fn at_end)
{
	if (!is_memifs(call))
		return eal_unregister_pending(source, call, argument, at_end);
	ustack_memif_lock();
	struct handler **at = find_handler(call, argument);
	struct handler *handler = *at;
	int result = -ENOENT;
	if (handler != NULL) {
		handler->at_end = at_end;
		result = eal_unregister_pending(source, run, handler, ended);
	}
	if (result > 0) {
		__atomic_store_n(&handler->dead, 1, __ATOMIC_RELEASE);
		*at = handler->next;
	}
	ustack_memif_unlock();
	return result;
}

/* ---- what a closed port leaves ---- */

/* The socket that the port was given, in the arguments "role=server,socket=NAME,...". */
static void socket_name(int port, char *name, size_t size)
{
	struct rte_eth_dev_info info;
	const struct rte_devargs *devargs = rte_eth_dev_info_get((uint16_t)port, &info) == 0 ? rte_dev_devargs(info.device) : NULL;
	const char *at = devargs == NULL || devargs->args == NULL ? "" : devargs->args;

	snprintf(name, size, "%s", DEFAULT_SOCKET);
	for (; at != NULL && *at != '\0'; at = strchr(at, ','), at += at != NULL) {
		if (strncmp(at, SOCKET_ARGUMENT, strlen(SOCKET_ARGUMENT)) == 0) {
			at += strlen(SOCKET_ARGUMENT);
			snprintf(name, size, "%.*s", (int)strcspn(at, ","), at);
		}
	}
}

static bool in_use(const char *name)
{
	char other[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port) {
		if (!ustack_is_memif(port))
			continue;
		socket_name(port, other, sizeof(other));
		if (strcmp(other, name) == 0)
			return true;
	}
	return false;
}

/* Whether the socket listens at that name or was accepted there; abstract names begin with NUL. */
static bool is_at(int fd, const char *name)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 || address.sun_family != AF_UNIX)
		return false;
	const char *path = address.sun_path + (address.sun_path[0] == '\0');
	return strncmp(path, name, sizeof(address.sun_path) - 1) == 0;
}

/* The driver has freed what these handlers work on, and leaves their sockets open. */
static void drop_all(const char *name)
{
	for (struct handler **at = &handlers; *at != NULL;) {
		int fd = (*at)->fd;

		if (is_at(fd, name) && drop(at))
			close(fd);
		else
			at = &(*at)->next;
	}
}

int ustack_memif_close(int port)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	ustack_memif_lock();
	socket_name(port, name, sizeof(name));
	int result = rte_eth_dev_close((uint16_t)port);
	if (result == 0 && !in_use(name))
		drop_all(name);
	ustack_memif_unlock();
	return result;
}
