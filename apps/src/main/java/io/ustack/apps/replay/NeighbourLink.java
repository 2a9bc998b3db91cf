package io.ustack.apps.replay;

import io.ustack.arp.ArpHeader;
import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Another link, on which the hosts of a capture answer at once when the stack asks for their MAC
 * address (RFC 826).
 */
final class NeighbourLink extends ForwardingLink {
  private final CapturedNeighbours neighbours;
  private final Deque<Packet> replies = new ArrayDeque<>();
  private long lastNowNs;

  /** Answers on {@code link}, which it owns and closes. */
  NeighbourLink(final LinkDevice link, final CapturedNeighbours neighbours) {
    super(link);
    this.neighbours = neighbours;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    lastNowNs = nowNs;
    if (replies.isEmpty()) {
      return link.receive(frames, max, nowNs);
    }
    int count = 0;
    while (count < max && !replies.isEmpty()) {
      frames[count++] = replies.removeFirst();
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    for (int i = 0; i < count; i++) {
      answer(frames[i]);
    }
    return link.transmit(frames, count, nowNs);
  }

  private void answer(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    final int arp = at + EthernetHeader.LENGTH_BYTES;
    if (frame.length() < EthernetHeader.LENGTH_BYTES + ArpHeader.LENGTH_BYTES
        || EthernetHeader.type(bytes, at) != EthernetHeader.TYPE_ARP
        || ArpHeader.operation(bytes, arp) != ArpHeader.REQUEST) {
      return;
    }
    final int asked = ArpHeader.targetAddress(bytes, arp);
    final long mac = neighbours.mac(asked);
    final Packet reply = mac == 0 ? null : pool().allocate();
    if (reply != null) {
      reply(
          reply, mac, asked, ArpHeader.senderMac(bytes, arp), ArpHeader.senderAddress(bytes, arp));
      replies.addLast(reply);
    }
  }

  private static void reply(
      final Packet reply,
      final long mac,
      final int address,
      final long targetMac,
      final int target) {
    final int at = reply.append(EthernetHeader.LENGTH_BYTES + ArpHeader.LENGTH_BYTES);
    EthernetHeader.write(reply.bytes(), at, targetMac, mac, EthernetHeader.TYPE_ARP);
    ArpHeader.write(
        reply.bytes(),
        at + EthernetHeader.LENGTH_BYTES,
        ArpHeader.REPLY,
        mac,
        address,
        targetMac,
        target);
  }

  @Override
  public long nextArrivalNs() {
    return replies.isEmpty() ? link.nextArrivalNs() : lastNowNs;
  }

  @Override
  public void close() {
    while (!replies.isEmpty()) {
      replies.removeFirst().release();
    }
    link.close();
  }
}
