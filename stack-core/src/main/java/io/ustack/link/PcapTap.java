package io.ustack.link;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.pcap.Direction;
import io.ustack.pcap.PcapngWriter;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Another link, and a capture of every frame that it received or took.
 *
 * <p>Frames are written as they are on the wire: where the link fills in checksums later, the tap
 * does so on its copy. A frame that the link did not take is not written; it comes again. When the
 * file can't be written the capture ends and the link goes on.
 */
public final class PcapTap extends ForwardingLink {
  private static final int BURST_FRAMES = 32;

  private final FrameCapture capture;
  private final MemoryPacketPool copies;
  private final Packet[] offered = new Packet[BURST_FRAMES];
  private final Packet[] copied = new Packet[BURST_FRAMES];

  /**
   * A tap on {@code link}, which it owns and closes, like {@code writer}.
   *
   * @param epochNs the time since 1970 at the moment that the link's clock shows {@code nowNs}
   */
  public PcapTap(
      final LinkDevice link, final PcapngWriter writer, final long epochNs, final long nowNs) {
    super(link);
    capture = new FrameCapture(writer, epochNs, nowNs);
    // A pool's packets may be a little larger than it says, and so may the copies.
    copies = new MemoryPacketPool(BURST_FRAMES, link.pool().frameCapacityBytes() + 256);
    for (int i = 0; i < BURST_FRAMES; i++) {
      copied[i] = Objects.requireNonNull(copies.allocate());
    }
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    final int count = link.receive(frames, max, nowNs);
    for (int i = 0; i < count; i++) {
      capture.write(frames[i], Direction.INBOUND, nowNs);
    }
    capture.tick(nowNs);
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    int taken = 0;
    while (taken < count) {
      final int burst = Math.min(BURST_FRAMES, count - taken);
      System.arraycopy(frames, taken, offered, 0, burst);
      for (int i = 0; i < burst; i++) {
        copy(offered[i], copied[i]); // what the link takes is no longer ours to read
      }
      final int sent = link.transmit(offered, burst, nowNs);
      for (int i = 0; i < sent; i++) {
        SoftwareChecksum.fill(copied[i]);
        capture.write(copied[i], Direction.OUTBOUND, nowNs);
      }
      taken += sent;
      if (sent < burst) {
        break;
      }
    }
    return taken;
  }

  private static void copy(final Packet frame, final Packet copy) {
    final int at = copy.start();
    copy.place(at, frame.length());
    copy.bytes().put(at, frame.bytes(), frame.offset(), frame.length());
    copy.flags(frame.flags());
  }

  /** Why the capture ended before the link was closed; null when it did not. */
  public @Nullable IOException captureFailure() {
    return capture.failure();
  }

  @Override
  public void close() {
    link.close();
    capture.close();
  }
}
