package io.ustack.link;

import io.ustack.buffer.Packet;
import java.nio.ByteBuffer;

/** What a frame with others behind it ({@link Packet#follower}) is on the wire. */
public final class Train {
  private static final int ETHERNET_HEADER_BYTES = 14;

  // RFC 791 3.1 and RFC 9293 3.1: where the headers say how long they are.
  private static final int IHL_OFFSET = ETHERNET_HEADER_BYTES;
  private static final int DATA_OFFSET_OFFSET = 12;

  private Train() {}

  /** Bytes of all its segments on the wire; of a single frame its length. */
  public static long bytes(final Packet head) {
    return head.segments() == 1 ? head.length() : sum(head);
  }

  private static long sum(final Packet head) {
    long bytes = (long) (head.segments() - 1) * headerBytes(head);
    for (Packet packet = head; packet != null; packet = packet.follower) {
      bytes += packet.length();
    }
    return bytes;
  }

  /** Bytes of the Ethernet, IPv4 and TCP headers, which a train's head has. */
  public static int headerBytes(final Packet head) {
    final ByteBuffer bytes = head.bytes();
    final int ipv4 = (bytes.get(head.offset() + IHL_OFFSET) & 0xF) * 4;
    final int tcp = head.offset() + ETHERNET_HEADER_BYTES + ipv4;
    return ETHERNET_HEADER_BYTES + ipv4 + ((bytes.get(tcp + DATA_OFFSET_OFFSET) & 0xF0) >>> 2);
  }
}
