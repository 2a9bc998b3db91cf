package io.ustack.testsupport.trace;

/**
 * The bytes of one direction of a connection over time, counted from the first; sequence numbers
 * that wrap go on counting.
 */
public final class StreamTrace {
  private final Samples sent = new Samples();
  private final Samples repeated = new Samples();
  private final Samples acknowledged = new Samples();
  private boolean known;
  private int base;
  private long end;
  private long acked;

  StreamTrace() {}

  /** Where the newest byte ended, each time that it moved. */
  public Samples sent() {
    return sent;
  }

  /** Where segments began of which bytes had passed before. */
  public Samples repeated() {
    return repeated;
  }

  /** Up to where the other side has acknowledged, each time that it moved. */
  public Samples acknowledged() {
    return acknowledged;
  }

  /** Bytes that passed, each counted once. */
  public long bytes() {
    return end;
  }

  void onSegment(final long atNs, final int sequence, final int payloadBytes, final boolean isSyn) {
    final int first = isSyn ? sequence + 1 : sequence;
    if (!known || (isSyn && first != base)) {
      // The ports may be used again: the next connection goes on where the last one ended.
      base = first - (int) end;
      known = true;
    }
    if (payloadBytes == 0) {
      return;
    }
    final long from = place(first);
    if (from < end) {
      repeated.add(atNs, from);
    }
    if (from + payloadBytes > end) {
      end = from + payloadBytes;
      sent.add(atNs, end);
    }
  }

  void onAcknowledgment(final long atNs, final int acknowledgment) {
    if (!known) {
      return;
    }
    // The FIN has a number of its own, and is no byte.
    final long upTo = Math.min(place(acknowledgment), end);
    if (upTo > acked) {
      acked = upTo;
      acknowledged.add(atNs, upTo);
    }
  }

  /** Counted from the first byte; what is meant lies within 2 GiB of the newest one. */
  private long place(final int sequence) {
    return end + (sequence - (base + (int) end));
  }
}
