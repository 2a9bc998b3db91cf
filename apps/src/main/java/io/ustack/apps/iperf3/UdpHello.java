package io.ustack.apps.iperf3;

/** The datagram by which a stream over UDP makes itself known, and its answer (iperf.h). */
final class UdpHello {
  /** As a little-endian client sends them: 0x36373839, and before version 3.10 123456789. */
  private static final int HELLO = 0x39383736;

  private static final int ANSWER = 0x36373839;
  private static final int OLD_HELLO = Integer.reverseBytes(123_456_789);
  private static final int OLD_ANSWER = Integer.reverseBytes(987_654_321);

  private UdpHello() {}

  /** What to answer to the four bytes, big-endian as an int; 0 when they are no hello. */
  static int answer(final int bytes) {
    if (bytes == HELLO) {
      return ANSWER;
    }
    return bytes == OLD_HELLO ? OLD_ANSWER : 0;
  }
}
