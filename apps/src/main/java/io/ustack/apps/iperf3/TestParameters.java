package io.ustack.apps.iperf3;

/**
 * What a client asks for.
 *
 * @param udp UDP, else TCP
 * @param parallel streams in each direction that is used
 * @param reverse we send, the client receives
 * @param bidirectional both send
 * @param blockBytes in one write: for UDP the length of a datagram
 * @param bitsPerSecond what each of our UDP streams sends
 * @param wideCounters datagrams are numbered with 64 bits instead of 32
 * @param omitNs at the beginning, which does not count
 */
record TestParameters(
    boolean udp,
    int parallel,
    boolean reverse,
    boolean bidirectional,
    int blockBytes,
    long bitsPerSecond,
    boolean wideCounters,
    long omitNs) {
  /** iperf3's MAX_STREAMS. */
  static final int MOST_PARALLEL = 128;

  /** Our blocks are no longer; more only changes how often we call. */
  static final int MOST_BLOCK_BYTES = 1 << 17;

  private static final int LEAST_DATAGRAM_BYTES = 16;
  private static final int MOST_DATAGRAM_BYTES = 65_507;
  private static final long MOST_OMIT_SECONDS = 600;
  private static final long USUAL_BITS_PER_SECOND = 1 << 20;
  private static final long MOST_BITS_PER_SECOND = 10_000_000_000L;

  /**
   * As the client's JSON says.
   *
   * @throws IllegalArgumentException for what we can't do
   */
  static TestParameters of(final JsonObject asked) {
    final boolean udp = asked.flag("udp");
    final long parallel = asked.number("parallel", 1);
    final long blockBytes = asked.number("len", udp ? 1448 : MOST_BLOCK_BYTES);
    if (parallel < 1 || parallel > MOST_PARALLEL) {
      throw new IllegalArgumentException(parallel + " streams");
    }
    if (asked.flag("sctp")) {
      throw new IllegalArgumentException("SCTP");
    }
    if (udp && (blockBytes < LEAST_DATAGRAM_BYTES || blockBytes > MOST_DATAGRAM_BYTES)) {
      throw new IllegalArgumentException("datagrams of " + blockBytes + " bytes");
    }
    if (blockBytes < 1) {
      throw new IllegalArgumentException("blocks of " + blockBytes + " bytes");
    }
    final long rate = asked.number("bandwidth", USUAL_BITS_PER_SECOND);
    return new TestParameters(
        udp,
        (int) parallel,
        asked.flag("reverse"),
        asked.flag("bidirectional"),
        (int) Math.min(blockBytes, MOST_BLOCK_BYTES),
        rate < 1 ? MOST_BITS_PER_SECOND : Math.min(rate, MOST_BITS_PER_SECOND),
        asked.flag("udp_counters_64bit"),
        Math.max(0, Math.min(asked.number("omit", 0), MOST_OMIT_SECONDS)) * 1_000_000_000L);
  }

  /** Streams that the client opens in all. */
  int streams() {
    return bidirectional ? 2 * parallel : parallel;
  }

  /** Whether we send on the stream that was opened as number {@code index}, from 0. */
  boolean sends(final int index) {
    return bidirectional ? index >= parallel : reverse;
  }
}
