#include "dpdk_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dpdk_claim.h"
#include "dpdk_fate.h"
#include "dpdk_layout.h"
#include "dpdk_memif.h"
#include "dpdk_pool.h"
#include "dpdk_rss.h"
#include "dpdk_vlan.h"
#include "ustack_dpdk.h"

int ustack_port_find(const char *name)
{
	uint16_t port;
	int result = rte_eth_dev_get_port_by_name(name, &port);

	return result == 0 ? port : result;
}

int ustack_port_names(char *out, int size)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t port;
	int length = 0;

	RTE_ETH_FOREACH_DEV(port) {
		if (rte_eth_dev_get_name_by_port(port, name) != 0)
			continue;
		int written = snprintf(out + length, (size_t)(size - length), "%s%s", length == 0 ? "" : ", ", name);

		if (written >= size - length)
			break;
		length += written;
	}
	return length;
}

int ustack_port_driver(int port, char *out, int size)
{
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_info_get((uint16_t)port, &info);

	if (result != 0)
		return result;
	int length = snprintf(out, (size_t)size, "%s", info.driver_name);
	return length < size ? length : size - 1;
}

int ustack_port_max_queues(int port)
{
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_info_get((uint16_t)port, &info);

	return result != 0 ? result : RTE_MIN(info.max_rx_queues, info.max_tx_queues);
}

int ustack_port_numa_node(int port)
{
	return rte_eth_dev_socket_id((uint16_t)port);
}

/* Our bits and DPDK's: one of ours needs all of DPDK's. */
static const struct {
	int bit;
	uint64_t rx;
	uint64_t tx;
} OFFLOADS[] = {
	{ USTACK_RX_IPV4_CHECKSUM_BAD, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, 0 },
	{ USTACK_RX_L4_CHECKSUM_BAD, RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0 },
	{ USTACK_TX_IPV4_CHECKSUM, 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
	{ USTACK_TX_TCP_CHECKSUM, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
	{ USTACK_TX_UDP_CHECKSUM, 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ USTACK_TSO, 0,
	  RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
		  RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
	{ USTACK_RX_VLAN, RTE_ETH_RX_OFFLOAD_VLAN_STRIP, 0 },
	{ USTACK_TX_VLAN, 0, RTE_ETH_TX_OFFLOAD_VLAN_INSERT },
	{ USTACK_SCATTER, RTE_ETH_RX_OFFLOAD_SCATTER, 0 },
	{ USTACK_LRO, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0 },
};

int ustack_port_offloads(int port)
{
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_info_get((uint16_t)port, &info);

	for (size_t i = 0; result >= 0 && i < RTE_DIM(OFFLOADS); i++) {
		if ((OFFLOADS[i].rx & ~info.rx_offload_capa) == 0 && (OFFLOADS[i].tx & ~info.tx_offload_capa) == 0)
			result |= OFFLOADS[i].bit;
	}
	/* net_vmxnet3 has buffers for the rest of a frame with LRO only, which it does not say: all longer frames are lost. */
	return result >= 0 && strcmp(info.driver_name, "net_vmxnet3") == 0 ? result & ~USTACK_SCATTER : result;
}

int ustack_port_configure(int port, int queues, int mtu, int offloads, int vlan)
{
	struct rte_eth_dev_info info;
	uint16_t own_mtu;
	int result = rte_eth_dev_info_get((uint16_t)port, &info);

	if (result == 0)
		result = rte_eth_dev_get_mtu((uint16_t)port, &own_mtu);
	if (result != 0)
		return result;
	struct rte_eth_conf conf = { .rxmode.mtu = mtu == 0 ? own_mtu : (uint32_t)mtu };
	/* FAST_FREE asks that all buffers come from one mempool and have one holder. It leaves chains as they are, and a buffer of
	 * the pool must not be one. */
	if (!(offloads & (USTACK_TSO | USTACK_MIXED)))
		conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	for (size_t i = 0; i < RTE_DIM(OFFLOADS); i++) {
		if (offloads & OFFLOADS[i].bit) {
			conf.rxmode.offloads |= OFFLOADS[i].rx;
			conf.txmode.offloads |= OFFLOADS[i].tx;
		}
	}
	if (vlan != 0)
		conf.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	conf.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	if (queues > 1)
		ustack_rss_ask(&conf, &info);
	result = rte_eth_dev_configure((uint16_t)port, (uint16_t)queues, (uint16_t)queues, &conf);
	/* Some drivers learn the MTU by configuration, others only by this call. */
	if (result == 0 && mtu != 0)
		result = rte_eth_dev_set_mtu((uint16_t)port, (uint16_t)mtu);
	return result == -ENOTSUP ? 0 : result;
}

int ustack_port_queue(int port, int queue, int64_t pool, int rx_descriptors, int tx_descriptors)
{
	uint16_t rx = (uint16_t)rx_descriptors;
	uint16_t tx = (uint16_t)tx_descriptors;
	unsigned int numa_node = (unsigned int)rte_eth_dev_socket_id((uint16_t)port);
	int result = rte_eth_dev_adjust_nb_rx_tx_desc((uint16_t)port, &rx, &tx);

	if (result == 0)
		result = rte_eth_rx_queue_setup((uint16_t)port, (uint16_t)queue, rx, numa_node, NULL,
						ustack_rx_mempool(ustack_pool(pool)));
	if (result == 0)
		result = rte_eth_tx_queue_setup((uint16_t)port, (uint16_t)queue, tx, numa_node, NULL);
	return result;
}

int ustack_port_claim(int port, const char *address)
{
	return ustack_claim_begin((uint16_t)port, address);
}

int ustack_port_start(int port)
{
	bool memif = ustack_is_memif(port);

	if (memif)
		ustack_memif_lock();
	int result = rte_eth_dev_start((uint16_t)port);
	if (memif)
		ustack_memif_unlock();
	if (result == 0) {
		rte_eth_promiscuous_disable((uint16_t)port); /* a port that can't, is */
		ustack_fate_begin((uint16_t)port);
	}
	return result;
}

int ustack_port_vlan(int port, int vlan)
{
	int filters = rte_eth_dev_get_vlan_offload((uint16_t)port);

	/* Without a filter all VLANs pass. */
	if (filters < 0 || !(filters & RTE_ETH_VLAN_FILTER_OFFLOAD))
		return 0;
	return rte_eth_dev_vlan_filter((uint16_t)port, (uint16_t)vlan, 1);
}

int ustack_port_stop(int port)
{
	if (!ustack_is_memif(port))
		return rte_eth_dev_stop((uint16_t)port);
	ustack_memif_lock();
	int result = rte_eth_dev_stop((uint16_t)port);
	ustack_memif_unlock();
	return result;
}

int ustack_port_close(int port)
{
	ustack_fate_end((uint16_t)port);
	ustack_claim_end((uint16_t)port);
	return ustack_is_memif(port) ? ustack_memif_close(port) : rte_eth_dev_close((uint16_t)port);
}

int64_t ustack_port_mac(int port)
{
	struct rte_ether_addr address;
	int result = rte_eth_macaddr_get((uint16_t)port, &address);
	int64_t mac = 0;

	if (result != 0)
		return result;
	for (int i = 0; i < RTE_ETHER_ADDR_LEN; i++)
		mac = mac << 8 | address.addr_bytes[i];
	return mac;
}

int ustack_port_set_mac(int port, int64_t mac)
{
	struct rte_ether_addr address;

	for (int i = 0; i < RTE_ETHER_ADDR_LEN; i++)
		address.addr_bytes[i] = (uint8_t)(mac >> (8 * (RTE_ETHER_ADDR_LEN - 1 - i)));
	return rte_eth_dev_default_mac_addr_set((uint16_t)port, &address);
}

int ustack_port_multicast(int port)
{
	return rte_eth_allmulticast_enable((uint16_t)port);
}

int ustack_port_mtu(int port)
{
	uint16_t mtu;
	int result = rte_eth_dev_get_mtu((uint16_t)port, &mtu);

	return result == 0 ? mtu : result;
}

uint32_t ustack_port_frame_max(int port)
{
	uint16_t mtu = RTE_ETHER_MTU;

	rte_eth_dev_get_mtu((uint16_t)port, &mtu);
	return mtu + RTE_ETHER_HDR_LEN + USTACK_VLAN_TAG;
}

uint32_t ustack_port_chain_max(int port)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get((uint16_t)port, &info) != 0)
		return 1;
	return info.tx_desc_lim.nb_seg_max == 0 ? UINT8_MAX : info.tx_desc_lim.nb_seg_max;
}

uint32_t ustack_port_tso_frame_max(int port)
{
	struct rte_eth_dev_info info;
	uint32_t most = ustack_port_frame_max(port);

	/* net_tap measures segments with their Ethernet header against the MTU, and takes nothing any more when one is longer. */
	if (rte_eth_dev_info_get((uint16_t)port, &info) == 0 && strcmp(info.driver_name, "net_tap") == 0)
		most -= RTE_ETHER_HDR_LEN + USTACK_VLAN_TAG;
	return most;
}

int ustack_port_link(int port, int64_t *out)
{
	struct rte_eth_link link;
	int interface = ustack_interface_up((uint16_t)port);
	int result = rte_eth_link_get_nowait((uint16_t)port, &link);

	if (result != 0)
		return result;
	out[0] = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? -1 : (int64_t)link.link_speed;
	out[1] = link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX;
	/* The drivers of interfaces don't look, or not into other namespaces. */
	out[2] = interface >= 0 ? interface : link.link_status == RTE_ETH_LINK_UP;
	return 0;
}

int ustack_port_stats(int port, int64_t *out)
{
	struct rte_eth_stats stats;
	int result = rte_eth_stats_get((uint16_t)port, &stats);

	if (result != 0)
		return result;
	out[0] = (int64_t)stats.ipackets;
	out[1] = (int64_t)stats.opackets;
	out[2] = (int64_t)stats.ibytes;
	out[3] = (int64_t)stats.obytes;
	out[4] = (int64_t)stats.imissed;
	out[5] = (int64_t)stats.ierrors;
	out[6] = (int64_t)stats.oerrors;
	out[7] = (int64_t)stats.rx_nombuf;
	return 0;
}

int ustack_port_xstats_count(int port)
{
	return rte_eth_xstats_get_names((uint16_t)port, NULL, 0);
}

/* Writes the names; -ENOSPC when they do not fit. */
static int write_names(char *out, int size, const struct rte_eth_xstat_name *names, int count)
{
	int length = 0;

	for (int i = 0; i < count; i++) {
		int written = snprintf(out + length, (size_t)(size - length), "%s\n", names[i].name);

		if (written >= size - length)
			return -ENOSPC;
		length += written;
	}
	return count;
}

int ustack_port_xstats(int port, char *out, int size, int64_t *values, int count)
{
	struct rte_eth_xstat_name *names = calloc((size_t)count, sizeof(*names));
	struct rte_eth_xstat *xstats = calloc((size_t)count, sizeof(*xstats));
	int result = -ENOMEM;

	if (names != NULL && xstats != NULL) {
		result = rte_eth_xstats_get_names((uint16_t)port, names, (unsigned int)count);
		if (result >= 0 && result <= count)
			result = rte_eth_xstats_get((uint16_t)port, xstats, (unsigned int)count);
		if (result > count)
			result = -EAGAIN;
		if (result >= 0)
			result = write_names(out, size, names, result);
	}
	/* The id is the position of the name. */
	for (int i = 0; i < result; i++)
		values[xstats[i].id] = (int64_t)xstats[i].value;
	free(names);
	free(xstats);
	return result;
}
