package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7323 3 to 5. Our timestamps say 3000 when the connection begins, in milliseconds. */
class TimestampsTest {
  private static final long MS = 1_000_000;
  private static final long DAY_NS = 24L * 3600 * 1000 * MS;

  /** ESTABLISHED with timestamps; the last of the peer's said 100. */
  private static TestStack established() {
    final TestStack s =
        TestStack.listening()
            .script(
                """
                < S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 100 ecr 0>
                > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 3000 ecr 100>
                < . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>
                """);
    s.accept();
    s.events.take();
    return s;
  }

  // ---- Negotiation (RFC 7323 3.2)

  @Test
  @Covers(
      rfc = "RFC 7323",
      clause = "3.2",
      what = "timestamps in both SYNs, then in all segments",
      by = {Timestamps.class, TcpOptions.class, SegmentArrival.class})
  @Rfc9293("MUST-5")
  void whoAsksForThemGetsThem() {
    try (TestStack s = established()) {
      assertTrue(s.connection.usesTimestamps());
      s.write(1, 3000);
      s.script(
          """
          > . 1:1449(1448) ack 1 <nop,nop,TS val 3000 ecr 100>
          > . 1449:2897(1448) ack 1 <nop,nop,TS val 3000 ecr 100>
          > P. 2897:3001(104) ack 1 <nop,nop,TS val 3000 ecr 100>
          +0.05 < . 1:1(0) ack 3001 win 65535 <nop,nop,TS val 150 ecr 3000>
          """);
      s.write(3001, 10);
      s.script("> P. 3001:3011(10) ack 1 <nop,nop,TS val 3050 ecr 150>");
    }
  }

  @Test
  void whoDoesNotAskGetsNone() {
    try (TestStack s = TestStack.established()) {
      assertFalse(s.connection.usesTimestamps());
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      // What comes now means nothing.
      s.script("< . 1:1(0) ack 1461 win 65535 <nop,nop,TS val 9 ecr 9>");
      assertEquals(0, s.net.stack.counters().drops());
    }
  }

  @Test
  void ourSynOffersAndTheirsAgrees() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          +0.03 < S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 7 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3030 ecr 7>
          """);
      s.write(1, 1460);
      s.script(
          """
          > . 1:1449(1448) ack 1 <nop,nop,TS val 3030 ecr 7>
          > P. 1449:1461(12) ack 1 <nop,nop,TS val 3030 ecr 7>
          """);
    }
  }

  @Test
  @Covers(rfc = "RFC 7323", clause = "3.2")
  void ourSynOffersAndTheirsDoesNot() {
    try (TestStack s = TestStack.synSent()) {
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
    }
  }

  @Test
  void turnedOffTheyAreNeitherOfferedNorAgreedTo() {
    final TcpConfig without = TestStack.PLAIN.with().timestamps(false).build();
    try (TestStack s = TestStack.listening(without)) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 100 ecr 0>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < . 1:1(0) ack 1 win 65535
          """);
    }
    try (TestStack s = new TestStack(without)) {
      final Tcp tcp = s.net.stack.tcp();
      final long nowNs = s.net.clock.nanoTime();
      s.connection = tcp.connect(null, io.ustack.testing.TestNet.PEER, 9, without, s.events, nowNs);
      assertNotNull(s.connection);
      s.net.poll();
      assertEquals(1, s.takeSent());
      assertFalse(s.connection.usesTimestamps());
    }
  }

  @Test
  void simultaneousOpenKeepsThem() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 50 ecr 0>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 3000 ecr 50>
          < S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 50 ecr 3000>
          """);
      s.in(TcpState.ESTABLISHED);
      assertTrue(s.connection.usesTimestamps());
    }
  }

  // ---- What is echoed (RFC 7323 4.3)

  /** (A) A delayed ACK echoes the earliest segment that it covers. */
  @Test
  @Covers(
      rfc = "RFC 7323",
      clause = "4.3",
      what = "which timestamp to echo",
      by = {Timestamps.class, Receiver.class})
  void aDelayedAckEchoesTheFirstOfItsSegments() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 1:1449(1448) ack 1 win 65535 <nop,nop,TS val 200 ecr 3000>
          +0.01 < . 1449:2897(1448) ack 1 win 65535 <nop,nop,TS val 210 ecr 3000>
          > . 1:1(0) ack 2897 <nop,nop,TS val 3010 ecr 200>
          < . 2897:4345(1448) ack 1 win 65535 <nop,nop,TS val 220 ecr 3000>
          +0.04 > . 1:1(0) ack 4345 <nop,nop,TS val 3050 ecr 220>
          """);
    }
  }

  /** (B) What lies behind a hole is not echoed; (C) what fills the hole is. */
  @Test
  @Covers(rfc = "RFC 7323", clause = "4.3")
  void aHoleKeepsTheEchoUntilItIsFilled() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 1449:2897(1448) ack 1 win 65535 <nop,nop,TS val 210 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          < . 2897:4345(1448) ack 1 win 65535 <nop,nop,TS val 220 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          < . 1:1449(1448) ack 1 win 65535 <nop,nop,TS val 230 ecr 3000>
          > . 1:1(0) ack 4345 <nop,nop,TS val 3000 ecr 230>
          """);
    }
  }

  @Test
  void aPureAckIsRememberedToo() {
    try (TestStack s = established()) {
      s.write(1, 100);
      s.script(
          """
          > P. 1:101(100) ack 1 <nop,nop,TS val 3000 ecr 100>
          < . 1:1(0) ack 101 win 65535 <nop,nop,TS val 180 ecr 3000>
          """);
      s.write(101, 100);
      s.script("> P. 101:201(100) ack 1 <nop,nop,TS val 3000 ecr 180>");
      s.script("< . 1:1(0) ack 201 win 65535 <nop,nop,TS val 181 ecr 3000>");
    }
  }

  @Test
  void resetsCarryThem() {
    try (TestStack s = established()) {
      s.abort();
      s.script("> R. 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>");
    }
  }

  // ---- PAWS (RFC 7323 5)

  @Test
  @Covers(
      rfc = "RFC 7323",
      clause = "5.3",
      what = "PAWS; RST and SYN without",
      by = SegmentArrival.class)
  void oldDataIsAnsweredAndNotBelieved() {
    try (TestStack s = established()) {
      s.script(
          """
          < . 1:101(100) ack 1 win 65535 <nop,nop,TS val 99 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          < F. 1:1(0) ack 1 win 65535 <nop,nop,TS val 2147483749 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          """);
      assertEquals(2, s.net.count(DropReason.TCP_PAWS));
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.read(1, 1000));
      // An ACK alone is not repeated for ever (Linux tcp_invalid_ratelimit).
      s.script(
          """
          < . 1:1(0) ack 1 win 1 <nop,nop,TS val 99 ecr 3000>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          < . 1:1(0) ack 1 win 1 <nop,nop,TS val 99 ecr 3000>
          """);
      assertEquals(65535, s.connection.sender().sndWnd());
    }
  }

  @ParameterizedTest(name = "{0} after 100")
  @ValueSource(longs = {100, 101, 2147483747L})
  void theSameOrLaterIsTaken(final long value) {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535 <nop,nop,TS val " + value + " ecr 3000>");
      s.script("+0.04 > . 1:1(0) ack 101 <nop,nop,TS val 3040 ecr " + value + ">");
    }
  }

  @Test
  void timestampsWrap() {
    final Timestamps timestamps = new Timestamps(0);
    timestamps.start(0xFFFF_FFF0, 0);
    assertFalse(timestamps.isOld(5, 0));
    timestamps.update(5, 1, 1, 0);
    assertEquals(5, timestamps.recent());
    assertTrue(timestamps.isOld(0xFFFF_FFF0, 0));
  }

  /** A reset must get through to who has lost all memory of timestamps (RFC 7323 5.3 R1). */
  @Test
  @Covers(rfc = "RFC 7323", clause = "5.3")
  void anOldOrBareResetIsBelieved() {
    for (final String options : new String[] {" <nop,nop,TS val 1 ecr 0>", ""}) {
      try (TestStack s = established()) {
        s.script("< R. 1:1(0) ack 1 win 0" + options);
        assertEquals(Failure.CONNECTION_RESET, s.connection.failure());
      }
    }
  }

  @Test
  @Covers(rfc = "RFC 7323", clause = "5.3")
  void aSynIsChallengedWhateverItSays() {
    try (TestStack s = established()) {
      s.script(
          """
          < S 5000:5000(0) win 65535 <mss 1460>
          > . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
          """);
      assertEquals(1, s.net.count(Counter.TCP_CHALLENGE_ACKS));
    }
  }

  /** RFC 7323 3.2: once agreed on, they are in every segment. */
  @Test
  @Covers(rfc = "RFC 7323", clause = "3.2")
  void withoutTimestampsNothingIsBelieved() {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535", "< F. 1:1(0) ack 1 win 65535");
      assertEquals(2, s.net.count(DropReason.TCP_NO_TIMESTAMPS));
      s.in(TcpState.ESTABLISHED);
    }
  }

  /** RFC 7323 5.5: 2^31 ticks of the peer could have passed. */
  @ParameterizedTest(name = "after {0} days of silence: {1}")
  @CsvSource({"24, true", "25, false"})
  @Covers(rfc = "RFC 7323", clause = "5.4, 5.5")
  void whoWasSilentForWeeksIsBelievedAgain(final int days, final boolean old) {
    try (TestStack s = established()) {
      s.silence(days * (DAY_NS / 1e9));
      assertEquals(
          old, s.connection.timestamps().isOld(99, s.connection.uptimeNs(s.net.clock.nanoTime())));
    }
  }

  // ---- Round trips (RFC 7323 4)

  /** Karn's algorithm has nothing to say about a repeated segment; its echo has. */
  @Test
  @Covers(rfc = "RFC 7323", clause = "4.1", what = "round trips by echo", by = RttEstimator.class)
  void theEchoOfARepeatedSegmentIsASample() {
    try (TestStack s = established()) {
      final RttEstimator rtt = s.connection.sender().rtt();
      s.write(1, 100);
      s.script(
          """
          > P. 1:101(100) ack 1 <nop,nop,TS val 3000 ecr 100>
          +0.2 > P. 1:101(100) ack 1 <nop,nop,TS val 3200 ecr 100>
          +0.03 < . 1:1(0) ack 101 win 65535 <nop,nop,TS val 101 ecr 3200>
          """);
      assertEquals(0, rtt.backoffs());
      // The handshake took no time, so this sample of 30 ms counts an eighth (RFC 6298 2.3).
      assertEquals(30 * MS / 8, rtt.srttNs());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {3200, 3201, 999_999})
  void anEchoThatWeNeverSentIsTheShortestRoundTrip(final long echo) {
    try (TestStack s = established()) {
      s.write(1, 100);
      s.script(
          """
          > P. 1:101(100) ack 1 <nop,nop,TS val 3000 ecr 100>
          +0.2 > P. 1:101(100) ack 1 <nop,nop,TS val 3200 ecr 100>
          < . 1:1(0) ack 101 win 65535 <nop,nop,TS val 101 ecr %d>
          """
              .formatted(echo));
      assertTrue(s.connection.sender().rtt().srttNs() <= MS);
      assertTrue(s.connection.sender().rtt().rtoNs() >= 200 * MS);
    }
  }

  // ---- TIME_WAIT (RFC 6191)

  private static TestStack timeWait() {
    final TestStack s = established();
    s.shutdownSend();
    return s.script(
            """
            > F. 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 100>
            < F. 1:1(0) ack 2 win 65535 <nop,nop,TS val 110 ecr 3000>
            > . 2:2(0) ack 2 <nop,nop,TS val 3000 ecr 110>
            """)
        .in(TcpState.TIME_WAIT);
  }

  @ParameterizedTest(name = "SYN {0} at {1}: {2}")
  @CsvSource({
    "2, 110, true",
    "1, 110, false",
    "1, 111, true",
    "4000000000, 111, true",
    "2, 109, false",
    "5000, 109, false",
    "5000, 110, true"
  })
  @Covers(
      rfc = "RFC 6191",
      clause = "2",
      what = "TIME_WAIT gives way by timestamp",
      by = TcpConnection.class)
  @Rfc9293("SHLD-4")
  void aLaterSynStartsANewIncarnation(final long seq, final int value, final boolean yields) {
    try (TestStack s = timeWait()) {
      s.burst("S %d:%d(0) win 65535 <mss 1460,nop,nop,TS val %d ecr 0>".formatted(seq, seq, value));
      assertEquals(1, s.takeSent());
      s.in(yields ? TcpState.CLOSED : TcpState.TIME_WAIT);
      assertEquals(yields ? 2 : 1, s.net.count(Counter.TCP_PASSIVE_OPENS));
    }
  }

  // ---- The clock (RFC 7323 5.4)

  @Test
  void twoPairsOfHostsHaveDifferentOffsetsAndOnePairAlwaysTheSame() {
    final IsnGenerator numbers = new IsnGenerator(1, 2);
    assertEquals(numbers.timestampOffset(1, 2), numbers.timestampOffset(1, 2));
    assertNotEquals(numbers.timestampOffset(1, 2), numbers.timestampOffset(1, 3));
    assertNotEquals(numbers.timestampOffset(1, 2), new IsnGenerator(1, 3).timestampOffset(1, 2));
  }

  @Test
  @Covers(
      rfc = "RFC 7323",
      clause = "5.4, 5.5",
      what = "clock, outdated TS.Recent",
      by = {Timestamps.class, IsnGenerator.class})
  void ticksAreMilliseconds() {
    final Timestamps timestamps = new Timestamps(7);
    assertEquals(7, timestamps.value(0));
    assertEquals(8, timestamps.value(MS));
    assertEquals(1007, timestamps.value(1000 * MS));
  }
}
