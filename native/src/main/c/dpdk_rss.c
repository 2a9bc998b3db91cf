#include "dpdk_rss.h"

#include <string.h>

#include "ustack_dpdk.h"

#define RSS_TYPES (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)

/* What has to be hashed with its ports. */
#define FLOWS (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP)

/* The first bytes of a key are all that IPv4 takes of it. */
#define KEY_COMPARED 16
#define KEY_MOST 64

#define TABLE_MOST RTE_ETH_RSS_RETA_SIZE_512
#define GROUPS (TABLE_MOST / RTE_ETH_RETA_GROUP_SIZE)

#define TWO 0x6d, 0x5a
#define EIGHT TWO, TWO, TWO, TWO

/* io.ustack.shard.Toeplitz.symmetricKey. */
static const uint8_t KEY[KEY_MOST] = { EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT };

void ustack_rss_ask(struct rte_eth_conf *conf, const struct rte_eth_dev_info *info)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;

	if ((info->flow_type_rss_offloads & RSS_TYPES) == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss->rss_hf = info->flow_type_rss_offloads & RSS_TYPES;
	if (info->hash_key_size != 0 && info->hash_key_size <= KEY_MOST) {
		rss->rss_key = (uint8_t *)(uintptr_t)KEY;
		rss->rss_key_len = info->hash_key_size;
	}
}

/* Whether the port hashes flows with our key; drivers differ in what they do with one that they are given. */
static int hashes(uint16_t port, const struct rte_eth_dev_info *info)
{
	uint8_t key[KEY_MOST] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = info->hash_key_size };

	return info->hash_key_size >= KEY_COMPARED && info->hash_key_size <= KEY_MOST &&
	       rte_eth_dev_rss_hash_conf_get(port, &conf) == 0 && (conf.rss_hf & FLOWS) == FLOWS &&
	       memcmp(key, KEY, KEY_COMPARED) == 0;
}

/* Fills the indirection table with the queues in turn, and looks whether that is what it holds then. */
static int fills_table(uint16_t port, uint16_t entries, int queues)
{
	struct rte_eth_rss_reta_entry64 table[GROUPS] = { 0 };
	struct rte_eth_rss_reta_entry64 held[GROUPS] = { 0 };

	for (int i = 0; i < entries; i++) {
		table[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << (i % RTE_ETH_RETA_GROUP_SIZE);
		held[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << (i % RTE_ETH_RETA_GROUP_SIZE);
		table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = (uint16_t)(i % queues);
	}
	if (rte_eth_dev_rss_reta_update(port, table, entries) != 0 || rte_eth_dev_rss_reta_query(port, held, entries) != 0)
		return 0;
	for (int i = 0; i < entries; i++) {
		if (held[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] != i % queues)
			return 0;
	}
	return 1;
}

int ustack_port_sorting(int port, int queues)
{
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_info_get((uint16_t)port, &info);

	if (result != 0)
		return result;
	if (queues < 2 || info.reta_size < queues || info.reta_size > TABLE_MOST || (info.reta_size & (info.reta_size - 1)) != 0)
		return 0;
	return hashes((uint16_t)port, &info) && fills_table((uint16_t)port, info.reta_size, queues) ? info.reta_size : 0;
}
