#include "dpdk_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#define DIRECTORY "/run/ustack"

/* One per port; under DpdkPort's lock. */
static struct claim {
	bool held;
	int fd;
	char path[PATH_MAX];
} claims[RTE_MAX_ETHPORTS];

/* An interface is named within its network namespace, which its inode tells from others. */
static int name_of(uint16_t port, int vlan, char *path, size_t size)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	struct stat namespace;
	char interface[IF_NAMESIZE];

	if (rte_eth_dev_info_get(port, &info) != 0 || strcmp(info.driver_name, "net_af_packet") != 0 ||
	    rte_eth_macaddr_get(port, &mac) != 0 || if_indextoname(info.if_index, interface) == NULL ||
	    stat("/proc/self/ns/net", &namespace) != 0)
		return -ENOTSUP;
	snprintf(path, size, DIRECTORY "/%s-%" PRIuMAX "-%d-%02x%02x%02x%02x%02x%02x", interface, (uintmax_t)namespace.st_ino,
		 vlan, mac.addr_bytes[0], mac.addr_bytes[1], mac.addr_bytes[2], mac.addr_bytes[3], mac.addr_bytes[4], mac.addr_bytes[5]);
	return 0;
}

int ustack_claim_begin(uint16_t port, int vlan)
{
	struct claim *claim = &claims[port];
	struct stat status;

	if (claim->held || name_of(port, vlan, claim->path, sizeof(claim->path)) != 0)
		return 0;
	mkdir(DIRECTORY, 0755);
	while (!claim->held) {
		claim->fd = open(claim->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (claim->fd < 0)
			return 0;
		if (flock(claim->fd, LOCK_EX | LOCK_NB) != 0) {
			close(claim->fd);
			return -EADDRINUSE;
		}
		/* Who had it has removed the file at the end, perhaps since we opened it: then nobody else finds this one. */
		if (fstat(claim->fd, &status) == 0 && status.st_nlink == 0)
			close(claim->fd);
		else
			claim->held = true;
	}
	return 0;
}

void ustack_claim_end(uint16_t port)
{
	struct claim *claim = &claims[port];

	if (claim->held) {
		unlink(claim->path);
		close(claim->fd);
		claim->held = false;
	}
}
