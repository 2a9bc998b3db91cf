package io.ustack.dpdk;

import io.ustack.buffer.Packet;
import java.nio.ByteOrder;

/**
 * Sizes and offsets of what C and Java share, as C says them. Loaded after {@link NativeLibrary}.
 */
final class DpdkLayout {
  /** Most frames or buffers that one call carries. */
  static final int BURST = DpdkCalls.ustack_layout(1);

  /** Bytes of one frame descriptor. */
  static final int FRAME_SIZE = DpdkCalls.ustack_layout(2);

  /** Where index (lower half) and offset lie in it, read and written as one little-endian long. */
  static final int FRAME_PLACE = pair(3, 4);

  /** Where length (lower half) and flags lie in it. */
  static final int FRAME_EXTENT = pair(5, 6);

  /** How many counters a queue has; {@link QueueCounter} names them. */
  static final int COUNTERS = DpdkCalls.ustack_layout(12);

  /** Bytes that DPDK keeps free in front of a received frame. */
  static final int MBUF_HEADROOM_BYTES = DpdkCalls.ustack_layout(13);

  /** The flag of a descriptor whose train goes on with the next. */
  static final int CONTINUES = DpdkCalls.ustack_layout(14);

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

  private static int pair(final int lower, final int upper) {
    final int at = DpdkCalls.ustack_layout(lower);
    if (DpdkCalls.ustack_layout(upper) != at + Integer.BYTES
        || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalStateException("the frame descriptor of dpdk_layout.h has another shape");
    }
    return at;
  }
}
