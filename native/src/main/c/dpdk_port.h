/* What a queue needs to know of its port. */
#ifndef USTACK_DPDK_PORT_H
#define USTACK_DPDK_PORT_H

#include <stdint.h>

/* Bytes of the longest frame that the port's MTU allows, with a VLAN tag and without the frame check sequence. */
uint32_t ustack_port_frame_max(int port);

/* Most mbufs that one packet for the port's TSO may be in. */
uint32_t ustack_port_chain_max(int port);

/* Bytes of the longest frame that its TSO makes. */
uint32_t ustack_port_tso_frame_max(int port);

#endif
