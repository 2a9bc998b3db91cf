package io.ustack.testing;

import io.ustack.buffer.Packet;
import io.ustack.link.Train;
import java.nio.ByteBuffer;

/** Makes trains of received frames, as a link with GRO does; written for tests. */
public final class TrainMaker {
  private static final int IPV4_TCP = 0x0645; // protocol and version of what may join

  private TrainMaker() {}

  /** Joins what can be of the first {@code count} frames; returns how many heads there are. */
  public static int join(final Packet[] frames, final int count) {
    int heads = 0;
    Packet last = null;
    for (int i = 0; i < count; i++) {
      final Packet frame = frames[i];
      if (last != null && joins(frames[heads - 1], last, frame)) {
        final int header = Train.headerBytes(frame);
        frame.place(frame.offset() + header, frame.length() - header);
        frames[heads - 1].segments(frames[heads - 1].segments() + 1);
        last.follower = frame;
        last = frame;
      } else {
        frames[heads++] = frame;
        last = mayLead(frame) ? frame : null;
      }
    }
    return heads;
  }

  private static boolean mayLead(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    return frame.flags() == 0
        && frame.length() > 54
        && bytes.getShort(at + 12) == 0x0800
        && (bytes.get(at + 23) << 8 | bytes.get(at + 14)) == IPV4_TCP
        && (bytes.getShort(at + 20) & 0x3FFF) == 0
        && (bytes.getShort(at + 16) & 0xFFFF) == frame.length() - 14
        && (bytes.get(at + 46) & 0xF0) >= 0x50
        && Train.headerBytes(frame) < frame.length()
        && (bytes.get(at + 47) & 0xB7) == 0x10;
  }

  private static boolean joins(final Packet head, final Packet last, final Packet frame) {
    if (!mayLead(frame) || Train.headerBytes(frame) != Train.headerBytes(head)) {
      return false;
    }
    final int header = Train.headerBytes(head);
    final int payload = head.length() - header;
    final int lastPayload = last == head ? payload : last.length();
    final int seq = sequence(head) + (head.segments() - 1) * payload + lastPayload;
    return lastPayload == payload
        && frame.length() - header <= payload
        && sequence(frame) == seq
        && (last.bytes().get(last.offset() + (last == head ? 0 : -header) + 47) & 8) == 0
        && sameHeaders(head, frame, header);
  }

  private static int sequence(final Packet frame) {
    return frame.bytes().getInt(frame.offset() + 38);
  }

  private static boolean sameHeaders(final Packet head, final Packet frame, final int header) {
    for (int i = 0; i < header; i++) {
      final boolean own =
          (i >= 16 && i < 20)
              || (i >= 24 && i < 26)
              || (i >= 38 && i < 42)
              || i == 47
              || (i >= 50 && i < 52);
      if (!own && head.bytes().get(head.offset() + i) != frame.bytes().get(frame.offset() + i)) {
        return false;
      }
    }
    return ((head.bytes().get(head.offset() + 47) ^ frame.bytes().get(frame.offset() + 47)) & ~8)
        == 0;
  }
}
