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

  /** A batch of at most {@code capacity} frames. */
  public TransmitBatch(final LinkDevice link, final Counters counters, final int capacity) {
    this.link = link;
    this.counters = counters;
    frames = new Packet[capacity];
  }

  /** How many more frames can be added before the next flush. */
  public int room() {
    return frames.length - count;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /**
   * Takes a finished frame over. Without room it is dropped and counted: only answers that nobody
   * asked for get here unasked.
   */
  public void add(final Packet frame) {
    if (count == frames.length) {
      counters.drop(DropReason.TRANSMIT_QUEUE_FULL);
      frame.release();
      return;
    }
    frames[count++] = frame;
  }

  /**
   * Hands the batch to the link; what it does not take stays in front.
   *
   * @return frames handed over
   */
  public int flush(final long nowNs) {
    if (count == 0) {
      return 0;
    }
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += frames[i].length();
    }
    final int sent = link.transmit(frames, count, nowNs);
    final int kept = count - sent;
    for (int i = 0; i < kept; i++) {
      bytes -= frames[sent + i].length();
    }
    System.arraycopy(frames, sent, frames, 0, kept);
    count = kept;
    counters.add(Counter.FRAMES_OUT, sent);
    counters.add(Counter.BYTES_OUT, bytes);
    return sent;
  }

  /** Releases what is left, when the stack stops. */
  public void clear() {
    for (int i = 0; i < count; i++) {
      frames[i].release();
    }
    count = 0;
  }
}
