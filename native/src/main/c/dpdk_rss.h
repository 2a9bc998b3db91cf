/* Receive-side scaling: which queue a NIC gives a flow to. */
#ifndef DPDK_RSS_H
#define DPDK_RSS_H

#include <rte_ethdev.h>

/* Asks for it, with the symmetric key, as far as the port can. */
void ustack_rss_ask(struct rte_eth_conf *conf, const struct rte_eth_dev_info *info);

#endif
