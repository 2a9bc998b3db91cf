package io.ustack.udp;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.ByteRing;
import io.ustack.readiness.Failure;
import java.nio.ByteBuffer;

/**
 * Errors between one producer and one consumer thread, each an {@link ErrorInfo} and what was
 * quoted of the datagram. What it holds is bounded; a peer can make us remember no more than that.
 */
final class ErrorQueue {
  /** Some thirty quotes of full length, hundreds of short ones. */
  private static final int CAPACITY_BYTES = 16 << 10;

  private static final int PREFIX_BYTES = 24;
  private static final int FAILURE = 0;
  private static final int LOCAL = 1;
  private static final int TYPE = 2;
  private static final int CODE = 3;
  private static final int MTU = 4;
  private static final int REPORTER = 8;
  private static final int ADDRESS = 12;
  private static final int PORT = 16;
  private static final int LENGTH = 18;

  private final Failure[] failures = Failure.values();
  private final ByteRing ring = new ByteRing(CAPACITY_BYTES);
  private final ByteBuffer written = ByteBuffer.allocate(PREFIX_BYTES);
  private final ByteBuffer read = ByteBuffer.allocate(PREFIX_BYTES);

  boolean isEmpty() {
    return ring.length() == 0;
  }

  /** Adds one with {@code info.lengthBytes} quoted; false when there is no room. Producer. */
  boolean add(final ErrorInfo info, final ByteBuffer quoted, final int offset) {
    final int length = PREFIX_BYTES + info.lengthBytes;
    if (ring.free() < length) {
      return false;
    }
    written.put(FAILURE, (byte) info.failure.ordinal());
    written.put(LOCAL, (byte) (info.local ? 1 : 0));
    written.put(TYPE, (byte) info.type);
    written.put(CODE, (byte) info.code);
    written.putInt(MTU, info.mtuBytes);
    written.putInt(REPORTER, info.reporter);
    written.putInt(ADDRESS, info.address);
    written.putShort(PORT, (short) info.port);
    written.putShort(LENGTH, (short) info.lengthBytes);
    ring.store(0, written, 0, PREFIX_BYTES);
    ring.store(PREFIX_BYTES, quoted, offset, info.lengthBytes);
    ring.publish(length);
    return true;
  }

  /** As above, of a datagram that nobody quotes. Producer. */
  boolean add(final ErrorInfo info) {
    return add(info, written, 0);
  }

  /** Looks at the oldest; false when there is none. Consumer. */
  boolean first(final ErrorInfo info) {
    if (isEmpty()) {
      return false;
    }
    ring.peek(0, read, 0, PREFIX_BYTES);
    info.failure = failures[read.get(FAILURE)];
    info.local = read.get(LOCAL) != 0;
    info.type = read.get(TYPE) & 0xFF;
    info.code = read.get(CODE) & 0xFF;
    info.mtuBytes = read.getInt(MTU);
    info.reporter = read.getInt(REPORTER);
    info.address = read.getInt(ADDRESS);
    info.port = read.getShort(PORT) & 0xFFFF;
    info.lengthBytes = read.getShort(LENGTH) & 0xFFFF;
    return true;
  }

  /** Copies what is quoted by the oldest. Consumer. */
  void peek(final ByteRanges target, final int length) {
    target.fill(ring, PREFIX_BYTES, 0, length);
  }

  /** Takes the oldest out, which {@link #first} told of. Consumer. */
  void remove(final ErrorInfo info) {
    ring.discard(PREFIX_BYTES + info.lengthBytes);
  }
}
