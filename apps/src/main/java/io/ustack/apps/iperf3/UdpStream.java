package io.ustack.apps.iperf3;

import io.ustack.posix.Errno;
import java.nio.ByteBuffer;

/**
 * A data stream over UDP: datagrams with the time at which they were sent and a number, in one
 * direction.
 */
final class UdpStream {
  private static final long SECOND_NS = 1_000_000_000L;

  /** In one turn; with what a turn of the loop takes at most, so much can be made up. */
  private static final int TURN_DATAGRAMS = 64;

  private final Iperf3Server server;
  private final TestParameters parameters;
  private final StreamResult result;
  private final int address;
  private final int port;
  private double lastTransitSeconds = Double.NaN;
  private long nextNs;

  UdpStream(
      final Iperf3Server server,
      final TestParameters parameters,
      final StreamResult result,
      final int address,
      final int port) {
    this.server = server;
    this.parameters = parameters;
    this.result = result;
    this.address = address;
    this.port = port;
  }

  boolean isOf(final int otherAddress, final int otherPort) {
    return address == otherAddress && port == otherPort;
  }

  void start(final long nowNs) {
    nextNs = nowNs;
  }

  /** One has come: {@code length} bytes at the front of {@code datagram}. */
  void received(final ByteBuffer datagram, final int length, final long nowNs) {
    if (result.sends || length < (parameters.wideCounters() ? 16 : 12)) {
      return;
    }
    result.bytes += length;
    final double sentSeconds =
        (datagram.getInt(0) & 0xFFFF_FFFFL) + (datagram.getInt(4) & 0xFFFF_FFFFL) / 1e6;
    final long number =
        parameters.wideCounters() ? datagram.getLong(8) : datagram.getInt(8) & 0xFFFF_FFFFL;
    if (number > result.packets) {
      result.lost += number - result.packets - 1;
      result.packets = number;
    } else {
      result.outOfOrder++;
      result.lost -= result.lost > 0 ? 1 : 0; // it was taken for lost
    }
    // RFC 3550 6.4.1: the clocks need not agree, only their difference stay the same.
    final double transitSeconds = nowNs / 1e9 - sentSeconds;
    if (!Double.isNaN(lastTransitSeconds)) {
      final double difference = Math.abs(transitSeconds - lastTransitSeconds);
      result.jitterSeconds += (difference - result.jitterSeconds) / 16;
    }
    lastTransitSeconds = transitSeconds;
  }

  /** Sends what is due. */
  void tick(final long nowNs) {
    final double gapNs = parameters.blockBytes() * 8.0 * SECOND_NS / parameters.bitsPerSecond();
    final int length = parameters.blockBytes();
    for (int i = 0; i < TURN_DATAGRAMS && nowNs - nextNs >= 0; i++) {
      final ByteBuffer datagram = server.datagram();
      datagram.putInt(0, (int) (nowNs / SECOND_NS));
      datagram.putInt(4, (int) (nowNs % SECOND_NS / 1000));
      if (parameters.wideCounters()) {
        datagram.putLong(8, result.packets + 1);
      } else {
        datagram.putInt(8, (int) (result.packets + 1));
      }
      final int sent = server.sendTo(length, address, port);
      if (sent == -Errno.EAGAIN) {
        return;
      }
      if (sent >= 0) {
        result.packets++;
        result.bytes += sent;
      }
      nextNs += (long) gapNs;
    }
    // What could not be sent in time is not made up for ever.
    if (nowNs - nextNs > SECOND_NS) {
      nextNs = nowNs;
    }
  }

  boolean sends() {
    return result.sends;
  }
}
