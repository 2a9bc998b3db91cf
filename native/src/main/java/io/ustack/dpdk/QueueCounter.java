package io.ustack.dpdk;

/**
 * What the shim did with frames of a queue beyond passing them on; the order is that of {@code enum
 * ustack_counter}.
 */
public enum QueueCounter {
  /** A frame in several pieces, or not in the pool's memory, was copied into one buffer. */
  RX_LINEARISED(false),
  /** Such a copy found no buffer. */
  RX_NO_BUFFER(true),
  /** Longer than the MTU allows. */
  RX_TOO_LONG(true),
  /** The driver's lengths do not add up. */
  RX_BROKEN(true),
  /** The stack was too slow for the ring transport. */
  RX_RING_FULL(true),
  /**
   * A frame of ours, shorter than an Ethernet header or longer than the MTU allows, or no train.
   */
  TX_REJECTED(true),
  /** A frame of ours asked for a checksum that has no place in it; sent without. */
  TX_UNSUMMED(false),
  /** A frame of ours that the driver refuses to sum. */
  TX_UNPREPARED(true),
  /** The most frames that have waited for the stack in the ring transport at once; not a count. */
  RX_RING_MOST(false),
  /** Not of the VLAN that the port is in, or without a tag; dropped. */
  RX_OTHER_VLAN(false),
  /** Was in the port's queue when it was reset, as far as the driver knows. */
  RX_RESET(true),
  /**
   * Was on its way out when the port was reset, as far as the driver knows: a frame, or one piece
   * of a train.
   */
  TX_RESET(true);

  private final boolean lost;

  QueueCounter(final boolean lost) {
    this.lost = lost;
  }

  /** Whether a frame was lost each time this was counted. */
  public boolean lost() {
    return lost;
  }
}
