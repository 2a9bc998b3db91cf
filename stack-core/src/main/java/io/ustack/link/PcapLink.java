package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.Direction;
import io.ustack.pcap.LinkType;
import io.ustack.pcap.PcapngWriter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A link whose other end is a file: the frames of a capture arrive, and what is transmitted is
 * written to another capture.
 *
 * <p>The first frame arrives at the start, the others as much later as they were captured later; a
 * frame whose timestamp lies before the one in front of it arrives with that one. Frames that the
 * capture says were sent by the captured machine ({@link Direction#OUTBOUND}) are left out.
 * Checksums are verified, as on any link. What is written carries the capture's own time.
 *
 * <p>A capture of raw IP has no Ethernet headers. Each packet gets one: to this link's address,
 * from {@link #RAW_IP_SOURCE_MAC}, with the EtherType of its IP version, or that of IPv4 when it
 * has neither.
 */
public final class PcapLink implements LinkDevice {
  /** Where frames made of raw IP packets come from: 02:00:00:00:00:01, a local address. */
  public static final long RAW_IP_SOURCE_MAC = 0x02_00_00_00_00_01L;

  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_IPV6 = 0x86DD;

  private final LinkCapabilities capabilities;
  private final PacketPool pool;
  private final CaptureReader reader;
  private final @Nullable FrameCapture capture;
  private final ReplayPace pace;
  private final long startNs;
  private final long firstTimestampNs;
  private final AtomicLong lost = new AtomicLong();
  private @Nullable IOException replayFailure;
  // The reader stands on a frame that has not arrived yet, this long after the start.
  private boolean pending;
  private long pendingAfterNs;
  private long lastReceiveNs;

  /**
   * Replays {@code reader} from {@code startNs} on.
   *
   * @param reader closed with the link
   * @param writer closed with the link; null when nobody wants to see what is transmitted
   * @throws IOException when the capture's first frame can't be read
   */
  public PcapLink(
      final LinkCapabilities capabilities,
      final PacketPool pool,
      final CaptureReader reader,
      final @Nullable PcapngWriter writer,
      final ReplayPace pace,
      final long startNs)
      throws IOException {
    this.capabilities = capabilities;
    this.pool = pool;
    this.reader = reader;
    this.pace = pace;
    this.startNs = startNs;
    lastReceiveNs = startNs;
    pending = nextInbound(reader);
    firstTimestampNs = pending ? reader.timestampNs() : 0;
    capture = writer == null ? null : new FrameCapture(writer, firstTimestampNs, startNs);
  }

  @Override
  public LinkCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public PacketPool pool() {
    return pool;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    lastReceiveNs = nowNs;
    int count = 0;
    while (count < max && pending && nextArrivalNs() - nowNs <= 0) {
      final Packet frame = takePending();
      if (frame == null) {
        lost.setOpaque(lost.getPlain() + 1);
      } else {
        frames[count++] = frame;
      }
      advance();
    }
    if (capture != null) {
      capture.tick(nowNs);
    }
    return count;
  }

  private @Nullable Packet takePending() {
    final int headerBytes = reader.linkType() == LinkType.RAW_IP ? ETHERNET_HEADER_BYTES : 0;
    final int length = headerBytes + reader.lengthBytes();
    final Packet frame = length <= pool.frameCapacityBytes() ? pool.allocate() : null;
    if (frame == null) {
      return null;
    }
    final int at = frame.append(length);
    frame.bytes().put(at + headerBytes, reader.bytes(), 0, reader.lengthBytes());
    if (headerBytes > 0) {
      putEthernetHeader(frame, at);
    }
    SoftwareChecksum.verify(frame);
    return frame;
  }

  private void putEthernetHeader(final Packet frame, final int at) {
    final boolean six = reader.lengthBytes() > 0 && (reader.bytes().get(0) & 0xF0) == 0x60;
    final long destination = capabilities.macAddress();
    frame.bytes().putInt(at, (int) (destination >>> 16));
    frame.bytes().putShort(at + 4, (short) destination);
    frame.bytes().putShort(at + 6, (short) (RAW_IP_SOURCE_MAC >>> 32));
    frame.bytes().putInt(at + 8, (int) RAW_IP_SOURCE_MAC);
    frame.bytes().putShort(at + 12, (short) (six ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4));
  }

  private void advance() {
    try {
      pending = nextInbound(reader);
    } catch (final IOException e) {
      pending = false;
      replayFailure = e;
    }
    if (pending) {
      pendingAfterNs = Math.max(pendingAfterNs, reader.timestampNs() - firstTimestampNs);
    }
  }

  private static boolean nextInbound(final CaptureReader reader) throws IOException {
    while (reader.next()) {
      if (reader.direction() != Direction.OUTBOUND) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    for (int i = 0; i < count; i++) {
      if (capture != null) {
        SoftwareChecksum.fill(frames[i]);
        capture.write(frames[i], Direction.OUTBOUND, nowNs);
      }
      frames[i].release();
    }
    return count;
  }

  /** True when every frame of the capture has arrived or was lost, or the rest can't be read. */
  public boolean isExhausted() {
    return !pending;
  }

  /** Why the capture could not be read to its end; null when it could, or was not yet. */
  public @Nullable IOException replayFailure() {
    return replayFailure;
  }

  /** Why what was transmitted could not be written; null when it could. */
  public @Nullable IOException captureFailure() {
    return capture == null ? null : capture.failure();
  }

  /** Frames of the capture that are longer than a packet of the pool, or found it empty. */
  @Override
  public long lostFrames() {
    return lost.getOpaque();
  }

  /**
   * When the next frame of the capture arrives; when replaying as fast as possible, a moment that
   * has come.
   */
  @Override
  public long nextArrivalNs() {
    if (!pending) {
      return Long.MAX_VALUE;
    }
    return pace == ReplayPace.AS_CAPTURED ? startNs + pendingAfterNs : lastReceiveNs;
  }

  @Override
  public void close() {
    pending = false;
    try {
      reader.close();
    } catch (final IOException e) {
      if (replayFailure == null) {
        replayFailure = e;
      }
    }
    if (capture != null) {
      capture.close();
    }
  }
}
