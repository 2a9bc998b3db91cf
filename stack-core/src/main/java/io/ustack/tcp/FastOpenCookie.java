package io.ustack.tcp;

import java.nio.ByteBuffer;

/**
 * A fast open cookie (RFC 7413 4.1.1): 4 to 16 bytes that the client carries and only the server
 * understands, or none at all, which asks for one.
 *
 * @param lengthBytes even; 0 is a request
 * @param high the first eight bytes, or as many as there are, on the left
 * @param low the others
 */
record FastOpenCookie(int lengthBytes, long high, long low) {
  /** RFC 7413 2: "cookie request". */
  static final FastOpenCookie REQUEST = new FastOpenCookie(0, 0, 0);

  private static final int MIN_BYTES = 4;
  private static final int MAX_BYTES = 16;

  /** Whether an option may carry so many bytes (RFC 7413 4.1.1). */
  static boolean isLength(final int bytes) {
    return bytes == 0 || (bytes >= MIN_BYTES && bytes <= MAX_BYTES && (bytes & 1) == 0);
  }

  static FastOpenCookie read(final ByteBuffer bytes, final int at, final int length) {
    long high = 0;
    long low = 0;
    for (int i = 0; i < length; i++) {
      final long octet = bytes.get(at + i) & 0xFFL;
      if (i < Long.BYTES) {
        high |= octet << (56 - 8 * i);
      } else {
        low |= octet << (56 - 8 * (i - Long.BYTES));
      }
    }
    return length == 0 ? REQUEST : new FastOpenCookie(length, high, low);
  }

  void write(final ByteBuffer bytes, final int at) {
    for (int i = 0; i < lengthBytes; i++) {
      final long word = i < Long.BYTES ? high : low;
      bytes.put(at + i, (byte) (word >>> (56 - 8 * (i & 7))));
    }
  }

  boolean isRequest() {
    return lengthBytes == 0;
  }
}
