package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

/** Bytes of which each tells its position, so that one out of place is seen. */
final class Payload {
  private Payload() {}

  private static byte at(final int position) {
    return (byte) (position * 13 + (position >> 9));
  }

  /** The bytes of the positions {@code from} and later. */
  static byte[] of(final int from, final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(from + i);
    }
    return bytes;
  }

  /** Sees that a loan holds those bytes and no others. */
  static void assertHolds(final int from, final int length, final Loan loan) {
    assertTrue(loan.isHeld());
    assertEquals(length, loan.length());
    final ByteBuffer bytes = loan.bytes();
    assertEquals(loan.offset(), bytes.position());
    assertEquals(length, bytes.remaining());
    for (int i = 0; i < length; i++) {
      assertEquals(at(from + i), bytes.get(loan.offset() + i), "byte " + i);
    }
  }
}
