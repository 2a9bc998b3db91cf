package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** Buffers that grow with what the connection does, as on Linux. */
class AutoTuningTest {
  private static final int START = 128 << 10;

  private final int mss = 1460;
  private int theirs = 1;

  private static TcpConfig config() {
    return TestStack.PLAIN;
  }

  private static int capacity(final TestStack s) {
    return s.connection.receiveBuffer().capacity();
  }

  /** A round trip of 10 ms in which so many segments come; the application reads them all. */
  private void roundTrip(final TestStack s, final int segments) {
    for (int i = 0; i < segments; i++) {
      s.burst(". %d:%d(%d) ack 1 win 512".formatted(theirs, theirs + mss, mss));
      assertEquals(mss, s.read(theirs, mss));
      theirs += mss;
      s.takeSent();
    }
    s.net.advance(10_000_000);
    s.takeSent();
  }

  /** The peer doubles: what the application takes per round trip is half of the buffer at most. */
  @Test
  @Covers(
      rfc = "Linux",
      clause = "tcp_moderate_rcvbuf",
      what = "the receive buffer follows what the application takes per round trip",
      by = {ReceiveAutoTuning.class, Receiver.class})
  void receiveBufferStaysAheadOfAPeerInSlowStart() {
    try (TestStack s = TestStack.scaled(config())) {
      for (int segments = 10; segments <= 640; segments *= 2) {
        roundTrip(s, segments);
        final int taken = segments * mss;
        assertTrue(capacity(s) >= Math.min(2 * taken / 2, 6 << 20), "after " + taken);
      }
      final int grown = capacity(s);
      assertTrue(grown > 8 * START && grown <= 6 << 20, "grown to " + grown);
      // What the buffer holds is offered.
      s.burst(". %d:%d(%d) ack 1 win 512".formatted(theirs, theirs + mss, mss));
      s.net.advance(300_000_000);
      s.takeSent();
      assertTrue(s.connection.receiver().rcvWnd() > grown - 4 * mss);
    }
  }

  @Test
  void steadyPeerDoesNotMakeItGrow() {
    try (TestStack s = TestStack.scaled(config())) {
      for (int i = 0; i < 10; i++) {
        roundTrip(s, 20);
      }
      final int grown = capacity(s);
      assertTrue(grown <= 1 << 20, "grown to " + grown);
      for (int i = 0; i < 50; i++) {
        roundTrip(s, 20);
      }
      assertEquals(grown, capacity(s));
    }
  }

  /** What was measured is given back; what the buffer has grown to stays, and it grows on. */
  @Test
  void goesOnAfterASilence() {
    try (TestStack s = TestStack.scaled(config())) {
      for (int segments = 10; segments <= 320; segments *= 2) {
        roundTrip(s, segments);
      }
      final int grown = capacity(s);
      assertTrue(grown > START, () -> "" + grown);
      s.silence(3);
      assertFalse(s.connection.receiver().isAwake());
      assertEquals(grown, capacity(s));
      for (int segments = 320; segments <= 1280; segments *= 2) {
        roundTrip(s, segments);
      }
      assertTrue(capacity(s) > grown, () -> grown + " " + capacity(s));
    }
  }

  /** An application that takes much at a time, and seldom, gets room for it, too. */
  @Test
  void whatIsReadAfterASilenceCounts() {
    try (TestStack s = TestStack.scaled(config())) {
      for (int segments = 10; segments <= 160; segments *= 2) {
        roundTrip(s, segments);
      }
      final int before = capacity(s);
      final int first = theirs;
      for (int i = 0; i < 200; i++) {
        s.burst(". %d:%d(%d) ack 1 win 512".formatted(theirs, theirs + mss, mss));
        theirs += mss;
        s.takeSent();
      }
      s.net.advance(5_000_000_000L);
      s.takeSent();
      assertEquals(200 * mss, s.read(first, 200 * mss));
      assertTrue(capacity(s) > before, () -> before + " " + capacity(s));
      s.takeSent();
    }
  }

  @Test
  void applicationThatDoesNotReadGetsNoMore() {
    try (TestStack s = TestStack.scaled(config())) {
      for (int i = 0; i < 80; i++) {
        s.burst(". %d:%d(%d) ack 1 win 512".formatted(theirs, theirs + mss, mss));
        theirs += mss;
        s.net.advance(1_000_000);
        s.takeSent();
      }
      assertEquals(START, capacity(s));
    }
  }

  @Test
  @Covers(rfc = "Linux", clause = "tcp_moderate_rcvbuf")
  void neverBeyondTheLargest() {
    try (TestStack s =
        new TestStack(config().with().maxReceiveBufferBytes(300_000).build())
            .listen(16)
            .establish("<mss 1460,nop,wscale 7>", "<mss 1460,nop,wscale 3>", 512)) {
      for (int segments = 10; segments <= 640; segments *= 2) {
        roundTrip(s, segments);
      }
      assertEquals(300_000, capacity(s));
    }
  }

  @Test
  @Covers(rfc = "Linux", clause = "tcp_moderate_rcvbuf")
  void setOrSwitchedOffItStaysAsItIs() {
    final TcpConfig off = config().with().receiveAutoTuning(false).build();
    for (final TcpConfig fixed : new TcpConfig[] {off, config().withBuffers(START, START)}) {
      theirs = 1;
      try (TestStack s = TestStack.scaled(fixed)) {
        for (int segments = 10; segments <= 320; segments *= 2) {
          roundTrip(s, segments);
        }
        assertEquals(START, capacity(s));
      }
    }
  }

  @Test
  void withoutMemoryNothingGrows() {
    try (TestStack s = TestStack.scaled(config().with().maxBufferBytes(2200).build())) {
      for (int segments = 10; segments <= 80; segments *= 2) {
        roundTrip(s, segments);
      }
      assertEquals(START, capacity(s));
    }
  }

  /** RFC 7323: echoes say how long a round trip is, however the segments come. */
  @Test
  void roundTripsAreMeasuredByEcho() {
    final TcpSegment segment = new TcpSegment();
    final long ms = 1_000_000;
    final ReceiveAutoTuning tuning = new ReceiveAutoTuning();
    tuning.begin(0, 65_535, 14_600, 0);
    segment.echoAgeNs = 40 * ms;
    segment.tsEcr = 1;
    tuning.onData(segment, 1460, 65_535, false, ms);
    assertEquals(0, tuning.rttNs(), "a small segment may have waited for company");
    tuning.onData(segment, 2920, 65_535, true, ms);
    assertEquals(40 * ms, tuning.rttNs());
    segment.echoAgeNs = 48 * ms;
    tuning.onData(segment, 4380, 65_535, true, ms);
    assertEquals(40 * ms, tuning.rttNs(), "each echo once");
    segment.tsEcr = 2;
    tuning.onData(segment, 5840, 65_535, true, ms);
    assertEquals(41 * ms, tuning.rttNs());
    assertEquals(0, tuning.onRead(100_000, 1460, 40 * ms), "the round trip is not over");
    // Twice the 29200 and sixteen segments, and as much again as it has grown, twice.
    assertEquals(3 * (2 * 29_200 + 16 * 1460), tuning.onRead(29_200, 1460, 41 * ms));
    assertEquals(0, tuning.onRead(29_200 + 29_200, 1460, 90 * ms), "no more than before");
  }

  // ---- Send buffer

  @Test
  @Covers(
      rfc = "Linux",
      clause = "tcp_sndbuf_expand",
      what = "the send buffer follows the congestion window",
      by = SendAutoTuning.class)
  void sendBufferHoldsTwiceTheCongestionWindow() {
    try (TestStack s = TestStack.scaled(config().with().sendBufferBytes(16_000).build())) {
      assertEquals(16_000, s.write(1, 100_000));
      final int sent = s.takeSent();
      assertEquals(10, sent);
      s.burst(". 1:1(0) ack 14601 win 512");
      final int cwnd = s.connection.sender().window().cwnd();
      assertTrue(cwnd > 14_600);
      assertEquals(2 * cwnd, s.connection.sendBuffer().capacity());
      s.takeSent();
    }
  }

  /** The peer has less room than waits already. */
  @Test
  @Covers(rfc = "Linux", clause = "tcp_sndbuf_expand")
  void sendBufferStaysWhileThePeersWindowIsFull() {
    try (TestStack s = TestStack.scaled(config().with().sendBufferBytes(20_000).build())) {
      s.write(1, 100_000);
      assertEquals(10, s.takeSent());
      s.burst(". 1:1(0) ack 14601 win 32");
      assertTrue(s.connection.sender().sndWnd() < 5400);
      assertEquals(20_000, s.connection.sendBuffer().capacity());
      s.takeSent();
    }
  }

  /** What waits does not fill the windows that an ACK has opened: soon there will be too little. */
  @Test
  @Covers(rfc = "Linux", clause = "tcp_sndbuf_expand")
  void sendBufferGrowsBeforeItIsEmpty() {
    try (TestStack s = TestStack.scaled(config().with().sendBufferBytes(20_000).build())) {
      s.write(1, 100_000);
      assertEquals(10, s.takeSent());
      assertEquals(5400, s.connection.sender().unsent());
      s.burst(". 1:1(0) ack 14601 win 512");
      assertEquals(2 * s.connection.sender().window().cwnd(), s.connection.sendBuffer().capacity());
      s.takeSent();
    }
  }

  /** Linux tcp_should_expand_sndbuf: a window holds the application back, not the buffer. */
  @Test
  @Covers(rfc = "Linux", clause = "tcp_sndbuf_expand")
  void sendBufferStaysWhileDataWaitsInIt() {
    try (TestStack s = TestStack.scaled(config().with().sendBufferBytes(20_000).build())) {
      assertEquals(20_000, s.write(1, 100_000));
      assertEquals(10, s.takeSent());
      s.burst(". 1:1(0) ack 1461 win 512");
      assertEquals(20_000, s.connection.sendBuffer().capacity());
      s.takeSent();
      s.burst(". 1:1(0) ack 14601 win 512");
      s.takeSent();
      assertTrue(s.connection.sender().unsent() < 1460);
      s.burst(". 1:1(0) ack 16061 win 512");
      assertEquals(2 * s.connection.sender().window().cwnd(), s.connection.sendBuffer().capacity());
      s.takeSent();
    }
  }

  @Test
  @Covers(rfc = "Linux", clause = "tcp_sndbuf_expand")
  void sendBufferThatWasSetStaysAsItIs() {
    final TcpConfig off = config().with().sendBufferBytes(16_000).sendAutoTuning(false).build();
    final TcpConfig bounded =
        config().with().sendBufferBytes(16_000).maxSendBufferBytes(16_000).build();
    final TcpConfig poor = config().with().sendBufferBytes(16_000).maxBufferBytes(1).build();
    for (final TcpConfig fixed : new TcpConfig[] {off, bounded, poor}) {
      try (TestStack s = TestStack.scaled(fixed)) {
        s.write(1, 100_000);
        s.takeSent();
        s.burst(". 1:1(0) ack 1461 win 512");
        s.takeSent();
        assertEquals(16_000, s.connection.sendBuffer().capacity());
        assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
      }
    }
  }
}
