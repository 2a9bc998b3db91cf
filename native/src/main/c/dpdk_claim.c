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

#define DIRECTORY "/run/ustack"

/* One per port; under DpdkPort's lock. */
static struct claim {
	bool held;
	int fd;
	char path[PATH_MAX];
} claims[RTE_MAX_ETHPORTS];

/* An interface is named within its network namespace, which its inode tells from others. */
static int name_of(uint16_t port, const char *address, char *path, size_t size)
{
	struct rte_eth_dev_info info;
	struct stat namespace;
	char interface[IF_NAMESIZE];

	if (rte_eth_dev_info_get(port, &info) != 0 || strcmp(info.driver_name, "net_af_packet") != 0 ||
	    strchr(address, '/') != NULL || if_indextoname(info.if_index, interface) == NULL ||
	    stat("/proc/self/ns/net", &namespace) != 0)
		return -ENOTSUP;
	snprintf(path, size, DIRECTORY "/%s-%" PRIuMAX "-%s", interface, (uintmax_t)namespace.st_ino, address);
	return 0;
}

int ustack_claim_begin(uint16_t port, const char *address)
{
	struct claim *claim = &claims[port];
	struct stat status;

	if (claim->held || name_of(port, address, claim->path, sizeof(claim->path)) != 0)
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
