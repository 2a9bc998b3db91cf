package io.ustack.ethernet;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The receiving end of one link: every frame enters the stack here, once. */
public final class EthernetInput {
  private final long macAddress;
  private final Counters counters;
  private final @Nullable EthernetProtocol arp;
  private final EthernetProtocol ipv4;

  /**
   * The input of a link.
   *
   * @param macAddress ours; 0 on loopback
   * @param arp null on a link that needs no address resolution
   */
  public EthernetInput(
      final long macAddress,
      final Counters counters,
      final @Nullable EthernetProtocol arp,
      final EthernetProtocol ipv4) {
    this.macAddress = macAddress;
    this.counters = counters;
    this.arp = arp;
    this.ipv4 = ipv4;
  }

  /** Takes over a received frame. */
  public void input(final Packet frame, final long nowNs) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    final DropReason invalid = EthernetHeader.validate(bytes, at, frame.length());
    if (invalid != null) {
      drop(frame, invalid);
      return;
    }
    final long destination = EthernetHeader.destination(bytes, at);
    // Multicast without group membership is not ours; broadcast is everybody's.
    if (destination != macAddress && destination != MacAddress.BROADCAST) {
      drop(frame, DropReason.FRAME_NOT_FOR_US);
      return;
    }
    frame.networkOffset(at + EthernetHeader.LENGTH_BYTES);
    dispatch(frame, EthernetHeader.type(bytes, at), nowNs);
  }

  private void dispatch(final Packet frame, final int type, final long nowNs) {
    switch (type) {
      case EthernetHeader.TYPE_IPV4 -> ipv4.input(frame, nowNs);
      case EthernetHeader.TYPE_ARP -> {
        if (arp == null) {
          drop(frame, DropReason.ETHERTYPE_UNKNOWN);
        } else {
          arp.input(frame, nowNs);
        }
      }
      case EthernetHeader.TYPE_VLAN, EthernetHeader.TYPE_VLAN_SERVICE ->
          drop(frame, DropReason.ETHERTYPE_VLAN);
      case EthernetHeader.TYPE_IPV6 -> drop(frame, DropReason.ETHERTYPE_IPV6);
      default -> drop(frame, DropReason.ETHERTYPE_UNKNOWN);
    }
  }

  private void drop(final Packet frame, final DropReason reason) {
    counters.drop(reason);
    frame.release();
  }
}
