/* What becomes of a port's device while the port runs. */
#ifndef USTACK_DPDK_FATE_H
#define USTACK_DPDK_FATE_H

#include <stdint.h>

/* io.ustack.dpdk.PortFate lists them in the same order. */
enum ustack_fate {
	USTACK_FATE_NONE,
	USTACK_FATE_DELETED,	/* its network interface is gone, or in another namespace */
	USTACK_FATE_UNPLUGGED,	/* its bus wants it back, or has it */
	USTACK_FATE_RESET,	/* it does nothing until it is set up anew */
};

/* Has DPDK tell of devices that are unplugged. Once, after the start of the EAL. */
void ustack_fate_watch(void);

/* The port has been started, for the first time or again, or will be closed. */
void ustack_fate_begin(uint16_t port);
void ustack_fate_end(uint16_t port);

/* The port will be set up anew: it was not reset so far. */
void ustack_fate_forgive(uint16_t port);

/*
 * Whether frames pass an interface of the kernel that is the port, or its other end: 1 or 0; -ENOTSUP for a port that is none,
 * -ENODEV when it is gone.
 */
int ustack_interface_up(uint16_t port);

#endif
