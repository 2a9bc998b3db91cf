package io.ustack.dpdk;

import io.ustack.buffer.Packet;
import java.util.ArrayList;
import java.util.List;

/** Work that a port can do for us; the names are those of Linux's {@code ethtool -K}. */
public enum Offload {
  /** Verifies checksums; without it the shim does. */
  RX_CHECKSUM("rx", Packet.RX_IPV4_CHECKSUM_BAD | Packet.RX_L4_CHECKSUM_BAD),
  /** Computes checksums; without it the shim does. */
  TX_CHECKSUM("tx", Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM | Packet.TX_UDP_CHECKSUM),
  /** Cuts trains of segments; without it the shim does. */
  TSO("tso", 1 << 11),
  /** Takes VLAN tags off; without it the shim does. Only on a port that is in a VLAN. */
  RX_VLAN("rxvlan", 1 << 12),
  /** Puts VLAN tags on; without it the shim does. Only on a port that is in a VLAN. */
  TX_VLAN("txvlan", 1 << 13),
  /**
   * Puts a frame that is longer than a buffer into several, which the shim puts together in a
   * longer one; without it each buffer is as long as the longest frame. Off unless it is switched
   * on.
   */
  SCATTER("scatter", 1 << 14),
  /**
   * Makes one segment of several that arrive. Never on: {@link #GRO} does it without a copy, and
   * leaves each its header, which the way to the kernel and to other shards needs.
   */
  LRO("lro", 1 << 16),
  /** TCP sends trains of segments, which the shim cuts where the port does not. */
  GSO("gso", 1 << 9),
  /** Received segments of a connection that lie side by side reach TCP as one train. */
  GRO("gro", 1 << 10);

  private final String word;
  private final int bits;

  Offload(final String word, final int bits) {
    this.word = word;
    this.bits = bits;
  }

  /** Its name on the command line. */
  public String word() {
    return word;
  }

  /** What it is in {@link DpdkPort#offered}; a port may have some of these bits only. */
  int bits() {
    return bits;
  }

  /** The shim does it, whatever the port can. */
  public boolean isShims() {
    return this == GSO || this == GRO;
  }

  /** There is nothing to do for it unless the port is in a VLAN. */
  public boolean isForVlan() {
    return this == RX_VLAN || this == TX_VLAN;
  }

  /** Which parts of it such a set has: {@code yes}, {@code IPv4, TCP} or {@code -}. */
  public String parts(final int set) {
    if ((set & bits) == 0) {
      return "-";
    }
    if ((set & bits) == bits) {
      return "yes";
    }
    final List<String> names = new ArrayList<>();
    add(names, set, Packet.RX_IPV4_CHECKSUM_BAD | Packet.TX_IPV4_CHECKSUM, "IPv4");
    add(names, set, Packet.RX_L4_CHECKSUM_BAD | Packet.TX_TCP_CHECKSUM, "TCP");
    add(names, set, Packet.RX_L4_CHECKSUM_BAD | Packet.TX_UDP_CHECKSUM, "UDP");
    return String.join(", ", names);
  }

  private void add(final List<String> names, final int set, final int part, final String name) {
    if ((set & bits & part) != 0) {
      names.add(name);
    }
  }
}
