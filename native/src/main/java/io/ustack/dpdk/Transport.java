package io.ustack.dpdk;

/** Who runs the bursts of a port's queues. */
public enum Transport {
  /** The thread of the stack itself. */
  DIRECT,
  /**
   * An EAL lcore per queue, with two rings between it and the stack: a slow cycle of the stack does
   * not lose frames at the NIC.
   */
  RING
}
