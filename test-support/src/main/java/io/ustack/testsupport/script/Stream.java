package io.ustack.testsupport.script;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The bytes of the connection that a script is about: what calls wrote must be what leaves, and
 * what the peer sent must be what calls read.
 */
final class Stream {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private int read;

  /** The script's number of the peer's first byte. */
  private long peerStart = 1;

  /** A new connection begins. */
  void restart() {
    written.reset();
    read = 0;
  }

  /** The peer's SYN. */
  void peerSyn(final long seq) {
    peerStart = seq + 1;
  }

  /** What the peer sends from {@code seq} on. */
  static byte[] ofPeer(final long seq, final int length) {
    return pattern((int) seq, length);
  }

  /** What the next write sends. */
  byte[] toWrite(final int length) {
    return pattern(~written.size(), length);
  }

  void onWritten(final byte[] bytes, final int count) {
    written.write(bytes, 0, count);
  }

  /** Whether the payload is what was written. */
  boolean isOurs(final long seq, final byte[] payload) {
    final byte[] all = written.toByteArray();
    final int from = (int) (seq - 1);
    return payload.length == 0
        || (from >= 0
            && from + payload.length <= all.length
            && Arrays.equals(all, from, from + payload.length, payload, 0, payload.length));
  }

  /** Whether these are the next bytes of the peer's. */
  boolean isNext(final byte[] bytes, final int count) {
    return Arrays.equals(Arrays.copyOf(bytes, count), ofPeer(peerStart + read, count));
  }

  void onRead(final int count) {
    read += count;
  }

  private static byte[] pattern(final int first, final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      final int position = first + i;
      bytes[i] = (byte) (position + 31 * (position >>> 8) + 17 * (position >>> 16));
    }
    return bytes;
  }
}
