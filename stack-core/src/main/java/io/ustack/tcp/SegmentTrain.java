package io.ustack.tcp;

/**
 * What leaves behind a full segment of new data as one train ({@link
 * io.ustack.buffer.Packet#follower}): as many segments as would leave one by one and have the same
 * header. What is outstanding stays segment by segment in the {@link RetransmitQueue}.
 */
final class SegmentTrain {
  private SegmentTrain() {}

  /** Payload of the train that begins with a full segment, which may leave. */
  static int lengthBytes(final TcpConnection c, final long nowNs) {
    final int most = c.path().trainSegments(nowNs);
    return most > 1 && isAlike(c) ? lengthBytes(c.sender(), most, nowNs) : c.sender().mss();
  }

  /**
   * Blocks to report differ from segment to segment; so do urgent pointers (Linux tcp_write_xmit,
   * tcp_urg_mode), and a probe of the MTU may be next.
   */
  private static boolean isAlike(final TcpConnection c) {
    final MtuSearch search = MtuSearch.of(c.sender());
    return c.urgency == null
        && !c.receiver().mayReport()
        && (search == null || !search.isSearching());
  }

  private static int lengthBytes(final Sender s, final int mostSegments, final long nowNs) {
    final RetransmitQueue queue = s.queue();
    final int outstanding = queue == null ? 0 : queue.segments();
    final int places = Math.min(mostSegments, RetransmitQueue.MAX_SEGMENTS - outstanding);
    final SendRate rate = s.sendRate;
    final int most = rate == null ? places : rate.segments(s, places, nowNs);
    final int usable = Math.min(s.peerWindowLeft(), s.congestionWindowLeft());
    final int unsent = s.unsent();
    final int full = Math.min(Math.min(usable, unsent) / s.mss(), most);
    final int length = full * s.mss();
    final int tail = unsent - length;
    final boolean tailGoes =
        full < most
            && tail > 0
            && tail <= usable - length
            && !s.nagleHolds(s.sndNxt() + length, tail);
    return tailGoes ? unsent : length;
  }

  /** Payload of the last segment of a train of so many bytes; of a single segment all of them. */
  static int lastBytes(final int length, final int segmentLength) {
    return length <= segmentLength ? length : (length - 1) % segmentLength + 1;
  }
}
