#define ALLOW_EXPERIMENTAL_API /* rte_dev_event_callback_register() */
#include "dpdk_fate.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "ustack_dpdk.h"

/* One per port; written under DpdkPort's lock, the fate also by DPDK's interrupt thread. */
static struct life {
	char device[RTE_DEV_NAME_MAX_LEN]; /* "" while the port does not run */
	unsigned int if_index;		   /* of the kernel's interface, 0 for none */
	char if_name[IF_NAMESIZE];
	bool tap; /* that interface is the other end, and stays ours in whatever namespace it is */
	int fate; /* atomic */
} lives[RTE_MAX_ETHPORTS];

static void set_fate(struct life *life, enum ustack_fate fate)
{
	__atomic_store_n(&life->fate, (int)fate, __ATOMIC_RELEASE);
}

static int on_port_event(uint16_t port, enum rte_eth_event_type event, void *arg, void *result)
{
	(void)arg;
	(void)result;
	int none = USTACK_FATE_NONE;

	/* What is unplugged does not come back, whatever else is said of it. */
	if (event == RTE_ETH_EVENT_INTR_RMV)
		set_fate(&lives[port], USTACK_FATE_UNPLUGGED);
	else
		__atomic_compare_exchange_n(&lives[port].fate, &none, USTACK_FATE_RESET, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	return 0;
}

/* Runs on the interrupt thread. vfio-pci: the kernel asks for the device, and waits until this process has closed it. */
static void on_device_event(const char *device, enum rte_dev_event_type event, void *arg)
{
	(void)arg;
	for (int port = 0; event == RTE_DEV_EVENT_REMOVE && port < RTE_MAX_ETHPORTS; port++) {
		if (strcmp(lives[port].device, device) == 0)
			set_fate(&lives[port], USTACK_FATE_UNPLUGGED);
	}
}

void ustack_fate_watch(void)
{
	/* Not rte_dev_event_monitor_start(): vfio needs no monitor, and DPDK's handler of SIGBUS would take the JVM's place. */
	rte_dev_event_callback_register(NULL, on_device_event, NULL);
}

void ustack_fate_begin(uint16_t port)
{
	struct life *life = &lives[port];
	struct rte_eth_dev_info info;

	if (life->device[0] != '\0' || rte_eth_dev_info_get(port, &info) != 0)
		return;
	memset(life, 0, sizeof(*life));
	life->tap = strcmp(info.driver_name, "net_tap") == 0;
	/* Not where a NIC has an interface beside (Mellanox): that it is in a container says nothing of the NIC. */
	if (life->tap || strcmp(info.driver_name, "net_af_packet") == 0) {
		life->if_index = info.if_index;
		if (if_indextoname(life->if_index, life->if_name) == NULL)
			life->if_index = 0;
	}
	snprintf(life->device, sizeof(life->device), "%s", rte_dev_name(info.device));
	rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RMV, on_port_event, NULL);
	rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RESET, on_port_event, NULL);
}

void ustack_fate_end(uint16_t port)
{
	rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_RMV, on_port_event, NULL);
	rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_RESET, on_port_event, NULL);
	lives[port].device[0] = '\0';
	lives[port].if_index = 0;
}

void ustack_fate_forgive(uint16_t port)
{
	int reset = USTACK_FATE_RESET;

	__atomic_compare_exchange_n(&lives[port].fate, &reset, USTACK_FATE_NONE, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* What a descriptor of /dev/net/tun belongs to: 1 when it is that interface, 0 for another one, -ENODEV for none any more. */
static int tun_belongs(const char *fd, const char *name)
{
	char path[64];
	char line[128];
	int result = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%.16s", fd);
	FILE *info = fopen(path, "re");

	while (info != NULL && fgets(line, sizeof(line), info) != NULL) {
		if (strncmp(line, "iff:", 4) == 0) {
			line[strcspn(line, "\n")] = '\0';
			const char *iff = line + 4 + strspn(line + 4, "\t ");

			result = *iff == '\0' ? -ENODEV : strcmp(iff, name) == 0;
		}
	}
	if (info != NULL)
		fclose(info);
	return result;
}

/*
 * Whether a tap that is not in our namespace is nowhere: while it lives, in whatever namespace, the driver's descriptors say its
 * name; afterwards they say none.
 */
static bool is_tap_gone(const struct life *life)
{
	DIR *fds = opendir("/proc/self/fd");
	bool detached = false;
	bool attached = false;
	const struct dirent *fd;
	char target[32];

	while (fds != NULL && (fd = readdir(fds)) != NULL) {
		ssize_t length = readlinkat(dirfd(fds), fd->d_name, target, sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = '\0';
		if (strcmp(target, "/dev/net/tun") == 0) {
			int belongs = tun_belongs(fd->d_name, life->if_name);

			attached |= belongs == 1;
			detached |= belongs == -ENODEV;
		}
	}
	if (fds != NULL)
		closedir(fds);
	return detached && !attached;
}

int ustack_interface_up(uint16_t port)
{
	const struct life *life = &lives[port];
	struct ifreq request = { 0 };

	if (life->if_index == 0)
		return -ENOTSUP;
	if (if_indextoname(life->if_index, request.ifr_name) == NULL)
		return life->tap && !is_tap_gone(life) ? -ENOTSUP : -ENODEV;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -errno : ioctl(fd, SIOCGIFFLAGS, &request);

	if (result < 0)
		result = fd < 0 || errno != ENODEV ? -ENOTSUP : -ENODEV;
	else
		result = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	if (fd >= 0)
		close(fd);
	return result;
}

int ustack_port_fate(int port)
{
	struct life *life = &lives[port];

	if (ustack_interface_up((uint16_t)port) == -ENODEV)
		set_fate(life, USTACK_FATE_DELETED);
	return __atomic_load_n(&life->fate, __ATOMIC_ACQUIRE);
}
