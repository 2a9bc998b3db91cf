package io.ustack.testing;

import io.ustack.buffer.Packet;
import io.ustack.link.Train;
import java.nio.ByteBuffer;

/** Makes the frames of a train that the wire would see, as a port's TSO does; written for tests. */
public final class TrainCutter {
  private static final int FIN = 1;
  private static final int PSH = 8;
  private static final int CWR = 0x80;

  private TrainCutter() {}

  /**
   * Cuts the first segment off: the head becomes a frame of its own, and the next in line gets the
   * headers of all that follow.
   *
   * @return the rest of the train; null when there was none
   */
  public static Packet cut(final Packet head) {
    final Packet rest = head.follower;
    if (rest == null) {
      return null;
    }
    final ByteBuffer bytes = head.bytes();
    final int headerBytes = Train.headerBytes(head);
    final int payloadBytes = head.length() - headerBytes;
    final int at = rest.prepend(headerBytes);
    bytes.put(at, bytes, head.offset(), headerBytes);
    final int tcp = 14 + (bytes.get(at + 14) & 0xF) * 4;
    bytes.putShort(at + 16, (short) (rest.length() - 14));
    bytes.putInt(at + tcp + 4, bytes.getInt(at + tcp + 4) + payloadBytes);
    bytes.put(at + tcp + 13, (byte) (bytes.get(at + tcp + 13) & ~CWR));
    final int first = head.offset() + tcp + 13;
    bytes.put(first, (byte) (bytes.get(first) & ~(FIN | PSH)));
    rest.flags(head.flags());
    rest.segments(head.segments() - 1);
    head.segments(1);
    head.follower = null;
    return rest;
  }
}
