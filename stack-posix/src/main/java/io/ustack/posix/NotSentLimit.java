package io.ustack.posix;

import io.ustack.buffer.ByteRing;

/**
 * TCP_NOTSENT_LOWAT: how much may wait in the send buffer that was not sent (Linux
 * tcp_stream_memory_free). Readiness is stricter than a call: it wants half of that, so that who
 * waits for it is not woken for every few bytes.
 */
final class NotSentLimit {
  /**
   * Linux tcp_sendmsg_locked looks at the limit only where it begins a new buffer, which has room
   * for as much as the device cuts into segments.
   */
  private static final int STEP_BYTES = 1 << 16;

  private NotSentLimit() {}

  private static int notSent(final TcpSocket socket, final ByteRing ring) {
    final int sent = socket.stackSide.sentPosition(); // first: the producer is not behind it
    return Math.max(0, ring.writePosition() - sent);
  }

  /** Whether so little is not sent that the socket is writable. Any thread. */
  static boolean isLow(final TcpSocket socket, final ByteRing ring) {
    final int low = socket.options.config().notSentLowBytes();
    return low == 0 || 2L * notSent(socket, ring) < low;
  }

  /** How much of {@code length} bytes a call may add to what is not sent. */
  static int cut(final TcpSocket socket, final ByteRing ring, final int length) {
    final int low = socket.options.config().notSentLowBytes();
    if (low == 0) {
      return length;
    }
    final int notSent = notSent(socket, ring);
    final long steps = (Math.max(notSent, low) + STEP_BYTES - 1L) / STEP_BYTES;
    return (int) Math.min(length, steps * STEP_BYTES - notSent);
  }
}
