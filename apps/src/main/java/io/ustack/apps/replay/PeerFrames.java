package io.ustack.apps.replay;

import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.Direction;
import io.ustack.pcap.LinkType;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A capture without the frames of the host that the stack stands in for: it says for itself what it
 * has to say.
 */
final class PeerFrames implements CaptureReader {
  private final CaptureReader capture;
  private final int ownAddress;
  private final long ownMac;
  private long ownFrames;
  private long peerFrames;

  PeerFrames(final CaptureReader capture, final int ownAddress, final long ownMac) {
    this.capture = capture;
    this.ownAddress = ownAddress;
    this.ownMac = ownMac;
  }

  @Override
  public boolean next() throws IOException {
    while (capture.next()) {
      if (!isOwn()) {
        peerFrames++;
        return true;
      }
      ownFrames++;
    }
    return false;
  }

  private boolean isOwn() {
    if (capture.direction() == Direction.OUTBOUND) {
      return true;
    }
    final ByteBuffer bytes = capture.bytes();
    if (capture.linkType() == LinkType.RAW_IP) {
      return capture.lengthBytes() >= Ipv4Header.LENGTH_BYTES
          && (bytes.get(0) & 0xF0) == 0x40
          && Ipv4Header.source(bytes, 0) == ownAddress;
    }
    return capture.lengthBytes() >= EthernetHeader.LENGTH_BYTES
        && EthernetHeader.source(bytes, 0) == ownMac;
  }

  /** Frames left out so far. */
  long ownFrames() {
    return ownFrames;
  }

  /** Frames passed on so far. */
  long peerFrames() {
    return peerFrames;
  }

  @Override
  public ByteBuffer bytes() {
    return capture.bytes();
  }

  @Override
  public int lengthBytes() {
    return capture.lengthBytes();
  }

  @Override
  public long originalLengthBytes() {
    return capture.originalLengthBytes();
  }

  @Override
  public long timestampNs() {
    return capture.timestampNs();
  }

  @Override
  public LinkType linkType() {
    return capture.linkType();
  }

  @Override
  public Direction direction() {
    return capture.direction();
  }

  @Override
  public void close() throws IOException {
    capture.close();
  }
}
