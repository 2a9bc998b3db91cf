#ifndef USTACK_DPDK_CLAIM_H
#define USTACK_DPDK_CLAIM_H

#include <stdint.h>

/*
 * Takes an address on the interface under an af_packet port for this process; the address is whatever text its user tells addresses
 * by. Two stacks with one address would end each other's connections. A NIC needs none of this, the kernel gives it to one process.
 *
 * 0, also where nobody can tell (another driver, no /run to write to); -EADDRINUSE when another process, or another port of this
 * one, has it. Ends with the process, however that ends.
 */
int ustack_claim_begin(uint16_t port, const char *address);
void ustack_claim_end(uint16_t port);

#endif
