/*
 * The C face of the shim. Java reaches the cold calls through JNA direct mapping (io.ustack.dpdk.DpdkCalls) and the four hot
 * ones through JNI (io.ustack.dpdk.DpdkNative, registered in jni_onload.c).
 *
 * Every int or int64_t that is a result is >= 0, or -errno. Handles are pointers carried in int64_t. Text arguments end with NUL.
 */
#ifndef USTACK_DPDK_H
#define USTACK_DPDK_H

#include <stdint.h>

#define USTACK_EXPORT __attribute__((visibility("default")))

/* ---- layout: sizes, offsets and flag values, so that Java never repeats them (dpdk_layout.c) ---- */
USTACK_EXPORT int ustack_layout(int item);

/* ---- EAL (dpdk_eal.c) ---- */

/* Starts the EAL with argc arguments lying one after another in args, each ended by NUL; the first is the program's name.
 * Sets the calling thread's CPU affinity. quiet != 0 keeps the log to ustack_log_tail(), else it appears on standard error too.
 * -EALREADY: it ran in this process before. */
USTACK_EXPORT int ustack_eal_start(const char *args, int argc, int quiet);
/* Copies the last lines that DPDK logged; returns the number of bytes. */
USTACK_EXPORT int ustack_log_tail(char *out, int size);
/* What an errno, DPDK's own included, means; returns the number of bytes. */
USTACK_EXPORT int ustack_error_text(int reason, char *out, int size);
/* DPDK's own name and version; returns the number of bytes. */
USTACK_EXPORT int ustack_dpdk_version(char *out, int size);

/* ---- packet memory (dpdk_pool.c) ---- */

/* Makes a pool of count buffers with room for data_room bytes each, mbuf headroom included, on that NUMA node (-1: any), and of
 * further, shorter ones, which ports receive into; 0: there are none, and ports receive into the others.
 * -E2BIG: the pool's memory spans 2 GiB or more, which one Java buffer can't cover. */
USTACK_EXPORT int64_t ustack_pool_create(const char *name, int count, int data_room, int shorter, int shorter_room,
					 int numa_node);
USTACK_EXPORT int64_t ustack_pool_base(int64_t pool);
USTACK_EXPORT int64_t ustack_pool_span(int64_t pool);
/* Fills offsets[index] with where the buffer of that index starts, counted from the pool's base. */
USTACK_EXPORT int ustack_pool_offsets(int64_t pool, int *offsets);
/* The address of the array of indices through which alloc and free exchange buffers. */
USTACK_EXPORT int64_t ustack_pool_indices(int64_t pool);
/* Buffers that lie in the pool, as opposed to ports, Java and caches of other threads' making; without the shorter ones. */
USTACK_EXPORT int ustack_pool_available(int64_t pool);
USTACK_EXPORT int ustack_pool_shorter_available(int64_t pool);
/* Gives the memory back. -EBUSY: some buffers are still out, nothing was freed. */
USTACK_EXPORT int ustack_pool_destroy(int64_t pool);

/* ---- ports (dpdk_port.c) ---- */
USTACK_EXPORT int ustack_port_find(const char *name);
/* Writes the names of all ports, separated by ", "; returns the number of bytes. */
USTACK_EXPORT int ustack_port_names(char *out, int size);
USTACK_EXPORT int ustack_port_driver(int port, char *out, int size);
USTACK_EXPORT int ustack_port_max_queues(int port);
/* -1: any, or not known. */
USTACK_EXPORT int ustack_port_numa_node(int port);
/* What the driver offers: the USTACK_RX_* and USTACK_TX_* bits of the checksums, and of enum ustack_service those that are the port's. */
USTACK_EXPORT int ustack_port_offloads(int port);
/* mtu 0 keeps the port's own. offloads: what the port is to do, of what it offers. vlan: that it is to be in, 1 to 4094; 0: none. */
USTACK_EXPORT int ustack_port_configure(int port, int queues, int mtu, int offloads, int vlan);
USTACK_EXPORT int ustack_port_queue(int port, int queue, int64_t pool, int rx_descriptors, int tx_descriptors);
/* -EADDRINUSE when another port, of whatever process, has that address on the interface under it. Ends when the port is closed. */
USTACK_EXPORT int ustack_port_claim(int port, const char *address);
USTACK_EXPORT int ustack_port_start(int port);
/* Lets frames of that VLAN pass the filter of a started port that was configured for it. */
USTACK_EXPORT int ustack_port_vlan(int port, int vlan);
/* Fills the indirection table of a started port with its queues in turn. Returns its entries where TCP and UDP over IPv4 then
 * go to queues by the Toeplitz hash with the symmetric key (dpdk_rss.c), 0 where they don't, as far as the driver says. */
USTACK_EXPORT int ustack_port_sorting(int port, int queues);
USTACK_EXPORT int ustack_port_stop(int port);
USTACK_EXPORT int ustack_port_close(int port);
/* 48 bits, the first byte on the wire uppermost. */
USTACK_EXPORT int64_t ustack_port_mac(int port);
USTACK_EXPORT int ustack_port_set_mac(int port, int64_t mac);
/* Frames to groups pass from now on. -ENOTSUP: the driver has no filter for them. */
USTACK_EXPORT int ustack_port_multicast(int port);
USTACK_EXPORT int ustack_port_mtu(int port);
/* out: speed in Mbit/s, full duplex, up. */
USTACK_EXPORT int ustack_port_link(int port, int64_t *out);
/* What has become of the device of a port that was started: enum ustack_fate. */
USTACK_EXPORT int ustack_port_fate(int port);
/* out: ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, rx_nombuf. */
USTACK_EXPORT int ustack_port_stats(int port, int64_t *out);
USTACK_EXPORT int ustack_port_xstats_count(int port);
/* Names are written one after another, each ended by a newline; values in the same order. */
USTACK_EXPORT int ustack_port_xstats(int port, char *names, int size, int64_t *values, int count);

/* ---- queue pairs (dpdk_burst.c) ---- */

/* After ustack_port_queue(). offloads and vlan as the port was configured. */
USTACK_EXPORT int64_t ustack_queue_open(int port, int queue, int64_t pool, int offloads, int vlan);
USTACK_EXPORT int64_t ustack_queue_rx_frames(int64_t queue);
USTACK_EXPORT int64_t ustack_queue_tx_frames(int64_t queue);
/* out: one value per enum ustack_counter. */
USTACK_EXPORT int ustack_queue_counters(int64_t queue, int64_t *out);
USTACK_EXPORT int ustack_queue_close(int64_t queue);

/* ---- a port that was reset (dpdk_reset.c) ---- */

/* Asks the queue's thread to keep off the port. 1: it does, and will until ustack_queue_resume(); 0: ask again. */
USTACK_EXPORT int ustack_queue_quieten(int64_t queue);
USTACK_EXPORT int ustack_queue_resume(int64_t queue);
/* Of a quiet queue: counts what will be lost in the port's, as far as its driver says. */
USTACK_EXPORT int ustack_queue_give_up(int64_t queue);
/* Stops a port whose queues are quiet and resets its device, if the driver can. Then it is configured and started as at first. */
USTACK_EXPORT int ustack_port_reset(int port);

/* ---- ring transport (dpdk_ring.c) ---- */

/* Puts a worker lcore and two rings of that many entries between the port's queue and Java.
 * -EAGAIN: every lcore is taken. */
USTACK_EXPORT int ustack_ring_start(int64_t queue, int entries);
/* Lcores that could carry a ring transport now. */
USTACK_EXPORT int ustack_ring_spare_lcores(void);

/* ---- the hot four; one thread per queue and per pool ---- */

/* Receives up to max frames into the queue's rx frame array. */
USTACK_EXPORT int ustack_rx(int64_t queue, int max);
/* Sends the first count frames of the queue's tx frame array; returns how many were taken, counted from the first. */
USTACK_EXPORT int ustack_tx(int64_t queue, int count);
/* Takes up to count buffers out of the pool, their indices are in its index array. */
USTACK_EXPORT int ustack_alloc(int64_t pool, int count);
/* Gives back the first count buffers of the index array. */
USTACK_EXPORT int ustack_free(int64_t pool, int count);

#endif
