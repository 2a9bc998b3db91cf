package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;

/**
 * The frames that leave at the end of the duty cycle. When the device is full the batch stays full,
 * nobody is asked to emit, and back-pressure reaches the sockets without a queue in between.
 */
public final class TransmitBatch {
  private final LinkDevice link;
  private final Counters counters;
  private final Packet[] frames;
  private int count;

  /** Segments of all frames in it: a train has several. */
  private int segments;

  /** Of all frames in it. */
  private long bytes;

  /** The link has not taken all of it in this duty cycle: it is not asked again before the next. */
  private boolean refused;

  private boolean closed;

  /** A batch of at most {@code capacity} frames, each segment of a train counted as one. */
  public TransmitBatch(final LinkDevice link, final Counters counters, final int capacity) {
    this.link = link;
    this.counters = counters;
    frames = new Packet[capacity];
  }

  /** How many more frames can be added before the next flush; none after {@link #close}. */
  public int room() {
    return closed ? 0 : frames.length - segments;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /**
   * Takes a finished frame over. Without room it is dropped and counted: only answers that nobody
   * asked for get here unasked.
   */
  public void add(final Packet frame) {
    if (room() < frame.segments()) {
      counters.drop(closed ? DropReason.LINK_CLOSED : DropReason.TRANSMIT_QUEUE_FULL);
      frame.release();
      return;
    }
    frames[count++] = frame;
    segments += frame.segments();
    bytes += Train.bytes(frame);
  }

  /**
   * Sees to it that so many frames can be added, as far as the link takes what is there. A link
   * that is full is asked once in a duty cycle: each time costs as much as sending, and what it
   * waits for is that the peer, whose frames wait here, gets its answers.
   */
  public void makeRoom(final int wanted, final long nowNs) {
    if (room() < wanted && !refused) {
      handOver(nowNs);
      refused = count > 0;
    }
  }

  /**
   * Hands the batch to the link; what it does not take stays in front. Whatever the link throws is
   * passed on; what it has not taken by then is released and counted as TRANSMIT_FAILED.
   *
   * @return segments handed over
   */
  public int flush(final long nowNs) {
    refused = false;
    return handOver(nowNs);
  }

  private int handOver(final long nowNs) {
    return count == 0 ? 0 : takeOut(transmit(nowNs));
  }

  /** The first {@code sent} are gone, and nothing of them may be looked at any more. */
  private int takeOut(final int sent) {
    final int kept = count - sent;
    int keptSegments = 0;
    long keptBytes = 0;
    for (int i = 0; i < kept; i++) {
      frames[i] = frames[sent + i];
      keptSegments += frames[i].segments();
      keptBytes += Train.bytes(frames[i]);
    }
    final int gone = segments - keptSegments;
    counters.add(Counter.FRAMES_OUT, gone);
    counters.add(Counter.BYTES_OUT, bytes - keptBytes);
    count = kept;
    segments = keptSegments;
    bytes = keptBytes;
    return gone;
  }

  private int transmit(final long nowNs) {
    boolean failed = true;
    try {
      final int sent = link.transmit(frames, count, nowNs);
      failed = false;
      return sent;
    } finally {
      if (failed) {
        for (int lost = releaseHeld(frames, count); lost > 0; lost--) {
          counters.drop(DropReason.TRANSMIT_FAILED);
        }
        count = 0;
        segments = 0;
        bytes = 0;
      }
    }
  }

  /**
   * Releases those frames that a link which threw has not released, and so not taken ({@link
   * LinkDevice#transmit}).
   *
   * @return how many those were
   */
  static int releaseHeld(final Packet[] frames, final int count) {
    int held = 0;
    for (int i = 0; i < count; i++) {
      held += wasHeld(frames[i]) ? 1 : 0;
    }
    return held;
  }

  private static boolean wasHeld(final Packet frame) {
    try {
      frame.release();
      return true;
    } catch (final IllegalStateException e) {
      return false; // the link has released it
    }
  }

  /** Releases what is left and takes nothing any more. Idempotent. */
  public void close() {
    closed = true;
    for (int i = 0; i < count; i++) {
      frames[i].release();
    }
    count = 0;
    segments = 0;
    bytes = 0;
  }
}
