package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.pcap.Direction;
import io.ustack.pcap.PcapngWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A capture file on the clock of a link. A full disk must not stop a stack: the first failure ends
 * the capture, is logged, and can be asked for.
 */
final class FrameCapture implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FrameCapture.class.getName());
  private static final long FLUSH_INTERVAL_NS = 1_000_000_000L;

  private final PcapngWriter writer;
  private final long epochNs;
  private final long originNs;
  private @Nullable IOException failure;
  private long lastFlushNs;
  private boolean unflushed;
  private boolean closed;

  /**
   * A capture whose clock shows {@code originNs} at {@code epochNs} since 1970.
   *
   * @param writer closed with the capture
   */
  FrameCapture(final PcapngWriter writer, final long epochNs, final long originNs) {
    this.writer = writer;
    this.epochNs = epochNs;
    this.originNs = originNs;
    lastFlushNs = originNs;
  }

  /** Writes a frame as it is, unless the capture has failed or is closed. */
  void write(final Packet frame, final Direction direction, final long nowNs) {
    if (failure != null || closed) {
      return;
    }
    try {
      writer.write(
          epochNs + (nowNs - originNs), frame.bytes(), frame.offset(), frame.length(), direction);
      unflushed = true;
    } catch (final IOException e) {
      fail(e);
    }
  }

  /** Called in every duty cycle: once a second what was written reaches the file. */
  void tick(final long nowNs) {
    if (!unflushed || nowNs - lastFlushNs < FLUSH_INTERVAL_NS || failure != null || closed) {
      return;
    }
    try {
      writer.flush();
      unflushed = false;
      lastFlushNs = nowNs;
    } catch (final IOException e) {
      fail(e);
    }
  }

  /** Why the capture ended early; null when it did not. */
  @Nullable IOException failure() {
    return failure;
  }

  private void fail(final IOException e) {
    failure = e;
    LOG.log(System.Logger.Level.WARNING, "the capture ends here: {0}", e.getMessage());
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      writer.close();
    } catch (final IOException e) {
      if (failure == null) {
        fail(e);
      }
    }
  }
}
