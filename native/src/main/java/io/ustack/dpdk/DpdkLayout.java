package io.ustack.dpdk;

import io.ustack.buffer.Packet;

/**
 * Sizes and offsets of what C and Java share, as C says them. Loaded after {@link NativeLibrary}.
 */
final class DpdkLayout {
  /** Most frames or buffers that one call carries. */
  static final int BURST = DpdkCalls.ustack_layout(1);

  /** Bytes of one frame descriptor, and where in it its fields lie. */
  static final int FRAME_SIZE = DpdkCalls.ustack_layout(2);

  static final int FRAME_INDEX = DpdkCalls.ustack_layout(3);
  static final int FRAME_OFFSET = DpdkCalls.ustack_layout(4);
  static final int FRAME_LENGTH = DpdkCalls.ustack_layout(5);
  static final int FRAME_FLAGS = DpdkCalls.ustack_layout(6);

  /** How many counters a queue has; {@link QueueCounter} names them. */
  static final int COUNTERS = DpdkCalls.ustack_layout(12);

  /** Bytes that DPDK keeps free in front of a received frame. */
  static final int MBUF_HEADROOM_BYTES = DpdkCalls.ustack_layout(13);

  static {
    final int[] flags = {
      Packet.RX_IPV4_CHECKSUM_BAD,
      Packet.RX_L4_CHECKSUM_BAD,
      Packet.TX_IPV4_CHECKSUM,
      Packet.TX_TCP_CHECKSUM,
      Packet.TX_UDP_CHECKSUM
    };
    for (int i = 0; i < flags.length; i++) {
      if (DpdkCalls.ustack_layout(7 + i) != flags[i]) {
        throw new IllegalStateException("Packet and dpdk_layout.h differ about flag " + i);
      }
    }
    if (COUNTERS != QueueCounter.values().length) {
      throw new IllegalStateException("QueueCounter and dpdk_layout.h differ");
    }
  }

  private DpdkLayout() {}
}
