package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the numbers of {@link TcpConfig} can be: the ends work, and what is beyond is refused. */
class TcpBoundsTest {
  private static final int BYTES = 300;

  /** A setting, the least and the most that it can be, the other settings being the defaults. */
  record Range(String name, long least, long most) {
    private TcpConfigBuilder told(final long value) throws Exception {
      final TcpConfigBuilder builder = TcpConfig.DEFAULT.with();
      final Class<?> type = component().getType();
      TcpConfigBuilder.class
          .getMethod(name, type)
          .invoke(builder, type == int.class ? (Object) (int) value : (Object) value);
      return builder;
    }

    private RecordComponent component() {
      return Arrays.stream(TcpConfig.class.getRecordComponents())
          .filter(c -> c.getName().equals(name))
          .findAny()
          .orElseThrow();
    }
  }

  /** And one end of it. */
  record End(Range range, long value) {
    TcpConfig config() throws Exception {
      return range.told(value).build();
    }

    @Override
    public String toString() {
      return range.name + " " + value;
    }
  }

  static final List<Range> RANGES =
      List.of(
          new Range("initialRtoNs", 1_000_000, 3_600_000_000_000L),
          new Range("minRtoNs", 1_000_000, 120_000_000_000L),
          new Range("synTimedOutRtoNs", 1_000_000, 3_600_000_000_000L),
          new Range("maxRtoNs", 200_000_000, 3_600_000_000_000L),
          new Range("delayedAckNs", 0, 200_000_000),
          new Range("maxDelayedAckNs", 40_000_000, 499_999_999),
          new Range("quickAcks", 0, 65_535),
          new Range("timeWaitNs", 0, 3_600_000_000_000L),
          new Range("finWait2Ns", 0, 3_600_000_000_000L),
          new Range("synRetries", 0, 255),
          new Range("synAckRetries", 0, 255),
          new Range("dataRetries", 0, 255),
          new Range("orphanRetries", 0, 255),
          new Range("keepAliveIdleNs", 1_000_000, 2_592_000_000_000_000L),
          new Range("keepAliveIntervalNs", 1_000_000, 2_592_000_000_000_000L),
          new Range("keepAliveProbes", 1, 255),
          new Range("userTimeoutNs", 0, 2_592_000_000_000_000L),
          new Range("receiveBufferBytes", 1, 6_291_456),
          new Range("sendBufferBytes", 1, 4_194_304),
          new Range("maxReceiveBufferBytes", 131_072, 1_073_741_824),
          new Range("maxSendBufferBytes", 262_144, 1_073_741_824),
          new Range("notSentLowBytes", 0, 1_073_741_824),
          new Range("maxSegmentBytes", 48, 65_535),
          new Range("initialWindowSegments", 1, 1_000),
          new Range("maxConnections", 1, 268_435_456),
          new Range("maxTimeWaits", 0, 268_435_456),
          new Range("maxOrphans", 0, 268_435_456),
          new Range("maxBufferBytes", 0, Long.MAX_VALUE),
          new Range("maxBacklog", 0, 1_048_576),
          new Range("challengeAckIntervalNs", 0, 3_600_000_000_000L),
          new Range("typeOfService", 0, 252),
          new Range("timeToLive", 1, 255));

  static List<Range> ranges() {
    return RANGES;
  }

  static Stream<End> ends() {
    return RANGES.stream().flatMap(r -> Stream.of(new End(r, r.least), new End(r, r.most)));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void whatMakesNoSenseIsRefused(final Range range) throws Exception {
    // one more than the largest long is the smallest
    for (final long value : new long[] {range.least - 1, range.most + 1}) {
      final TcpConfigBuilder builder = range.told(value);
      final String complaint =
          assertThrows(IllegalArgumentException.class, builder::build).getMessage();
      assertTrue(complaint.contains(range.name) && complaint.contains(" " + value), complaint);
    }
  }

  @Test
  void allNumbersHaveBounds() {
    for (final RecordComponent component : TcpConfig.class.getRecordComponents()) {
      final boolean number = component.getType() == int.class || component.getType() == long.class;
      final boolean bounded =
          RANGES.stream().anyMatch(range -> range.name.equals(component.getName()));
      assertEquals(number, bounded, component.getName());
    }
  }

  /** Both ends in one stack, there and back and closed. */
  @ParameterizedTest
  @MethodSource("ends")
  void endsCarryData(final End end) throws Exception {
    try (TestStack s = new TestStack(end.config())) {
      final Tcp tcp = s.net.stack.tcp();
      final TcpBinding binding = tcp.bind(0, 80, false);
      assertNotNull(binding);
      final TcpListener listener = tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
      assertNotNull(listener);
      final TcpConnection client =
          tcp.connect(
              null,
              Ipv4Address.LOOPBACK,
              80,
              tcp.config(),
              ReadinessObserver.NONE,
              s.net.clock.nanoTime());
      assertNotNull(client);
      s.net.poll();
      final TcpConnection server = listener.accept();
      if (tcp.config().maxConnections() == 1) {
        assertNull(server);
        client.abort(s.net.clock.nanoTime());
      } else {
        assertNotNull(server);
        pass(s.net, client, server);
        pass(s.net, server, client);
        client.close(s.net.clock.nanoTime());
        server.close(s.net.clock.nanoTime());
      }
      s.net.advance(1_000_000_000L);
      s.net.advance(2 * 3_600_000_000_000L);
      assertEquals(0, tcp.connections());
    }
  }

  private static void pass(final TestNet net, final TcpConnection from, final TcpConnection to) {
    final byte[] wanted = ScriptedSegment.stream(1, BYTES);
    final byte[] got = new byte[BYTES];
    int written = 0;
    int read = 0;
    for (int step = 0; step < 10_000 && read < BYTES; step++) {
      written += from.sendBuffer().write(wanted, written, BYTES - written);
      from.onSendBufferWritten(net.clock.nanoTime());
      net.advance(50_000_000);
      read += to.receiveBuffer().read(got, read, BYTES - read);
      to.onReceiveBufferRead(net.clock.nanoTime());
    }
    assertArrayEquals(wanted, got);
  }

  /** A peer that falls silent is given up, though that may take ten days. */
  @ParameterizedTest
  @MethodSource("ends")
  void endsEnd(final End end) throws Exception {
    final TcpConfig config =
        end.config()
            .with()
            .keepAlive(true)
            .timestamps(false)
            .sack(false)
            .ecn(EcnUse.WHEN_ASKED)
            .build();
    try (TestStack s = TestStack.listening(config)) {
      final int mss =
          config.maxSegmentBytes() == 0 ? 1460 : Math.min(1460, config.maxSegmentBytes());
      s.establish("<mss 1460>", "<mss " + mss + ">", 65535);
      s.write(1, 10);
      for (int day = 0; day < 90 && s.connection.state() != TcpState.CLOSED; day++) {
        s.net.advance(24 * Bounds.HOUR_NS);
        s.takeSent();
      }
      s.in(TcpState.CLOSED);
    }
  }
}
