package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counters;
import io.ustack.house.Covers;
import io.ustack.tcp.congestion.NewReno;
import org.junit.jupiter.api.Test;

/** The search alone, on a path of jumbo frames. */
class MtuSearchTest {
  private static final int LIMIT = 8960;
  private static final int FLOOR = 512;

  private final PacketRing buffer = new PacketRing(1 << 20);
  private final Sender sender =
      new Sender(buffer, TcpConfig.DEFAULT, new NewReno(), new SenderParts(new Counters()), 100);
  private final MtuSearch search = new MtuSearch(LIMIT);

  /** A connection with a lot to send and a window of so many segments of {@link #FLOOR}. */
  private int nextLength(final int cwndSegments) {
    final TcpSegment syn = new TcpSegment();
    syn.ack = 101;
    syn.flags = TcpHeader.ACK;
    syn.window = 0xFFFF;
    sender.onSynSent(0, 0);
    sender.onSyn(LIMIT, 2, syn);
    sender.onSynAcknowledged(101, TcpSegment.NO_ECHO, 0);
    syn.seq = 1;
    sender.onAck(syn, 0);
    buffer.publish(1 << 19);
    search.lower(true, FLOOR, LIMIT, 0);
    sender.window().smss(search.mss(LIMIT));
    sender.window().cwnd((long) cwndSegments * FLOOR);
    return search.nextLength(sender, LIMIT, 0);
  }

  @Test
  void elevenSegmentsAreNotEnoughForALongProbe() {
    assertEquals(FLOOR, nextLength(11));
  }

  @Test
  @Covers(
      rfc = "RFC 4821",
      clause = "7.4",
      what = "a probe leaves only if segments behind it can tell of its loss",
      by = MtuSearch.class)
  void theWindowHoldsTheProbeAndFourSegmentsBehindIt() {
    final int probe = (FLOOR + LIMIT) / 2;
    assertEquals(FLOOR, nextLength((probe + 4 * FLOOR) / FLOOR));
  }

  @Test
  void thenItLeaves() {
    final int probe = (FLOOR + LIMIT) / 2;
    assertEquals(probe, nextLength((probe + 4 * FLOOR) / FLOOR + 1));
  }
}
