package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What it looks at, and that nothing comes of that; what it is good for only a benchmark can say.
 */
class LookAheadTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(64, 1514);

  private static byte[] frame(final int peerPort) {
    return TestNet.ipv4ToUs(
        TcpHeader.PROTOCOL,
        Frames.tcp(
            TestNet.PEER,
            peerPort,
            TestNet.OUR,
            TestStack.OUR_PORT,
            0,
            0,
            TcpHeader.ACK,
            1000,
            new byte[64]));
  }

  private static LookAhead lookAhead(final TestStack s) {
    return new LookAhead(s.net.stack.tcp().connectionTable(), 1);
  }

  private int look(final LookAhead lookAhead, final byte[]... frames) {
    final Packet[] packets = new Packet[frames.length];
    for (int i = 0; i < frames.length; i++) {
      packets[i] = Objects.requireNonNull(pool.allocate());
      packets[i].bytes().put(packets[i].append(frames[i].length), frames[i]);
    }
    final int seen = lookAhead.atFrames(packets, packets.length);
    for (final Packet packet : packets) {
      packet.release();
    }
    assertEquals(0, pool.inUse());
    return seen;
  }

  @Test
  void findsTheConnectionsOfTheFrames() {
    try (TestStack s = TestStack.established()) {
      final byte[] known = frame(TestStack.PEER_PORT);
      final byte[] unknown = frame(TestStack.PEER_PORT + 1);
      assertEquals(2, look(lookAhead(s), known, unknown, known));
      final byte[][] many = new byte[LookAhead.SPAN + 3][];
      Arrays.fill(many, known);
      assertEquals(LookAhead.SPAN, look(lookAhead(s), many));
    }
  }

  /** A loop that reads nothing would be no look. */
  @Test
  void readsWhatSegmentsChange() {
    try (TestStack s = TestStack.established()) {
      final LookAhead lookAhead = lookAhead(s);
      look(lookAhead, frame(TestStack.PEER_PORT));
      final int before = lookAhead.sum();
      s.script("< P. 1:11(10) ack 1 win 65535");
      s.net.poll();
      look(lookAhead, frame(TestStack.PEER_PORT));
      assertNotEquals(before, lookAhead.sum());
    }
  }

  /**
   * Something that lies in a line of memory of its own.
   *
   * @param change writes to it, and to nothing else that is read
   * @param steps which read it
   */
  private record Part(String name, Consumer<TcpConnection> change, List<Integer> steps) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Part part(
      final String name, final Consumer<TcpConnection> change, final Integer... steps) {
    return new Part(name, change, List.of(steps));
  }

  private static Consumer<TcpConnection> asleep(
      final BiConsumer<TcpConnection, Asleep> sleep,
      final Consumer<Asleep> change,
      final BiConsumer<TcpConnection, Asleep> wake) {
    return c -> {
      final Asleep a = new Asleep();
      sleep.accept(c, a);
      change.accept(a);
      wake.accept(c, a);
    };
  }

  static List<Part> parts() {
    return List.of(
        part("sender", c -> c.sender().sndUna++, 0),
        part("sender, the next line", c -> c.sender().lastSentNs++, 0),
        part("receiver", c -> c.receiver().rcvNxt++, 0),
        part(
            "timestamps",
            asleep(
                (c, a) -> c.timestamps().sleepTo(a),
                a -> a.recent++,
                (c, a) -> c.timestamps().wakeFrom(a)),
            0),
        part(
            "RTT",
            asleep(
                (c, a) -> c.sender().rtt().sleepTo(a),
                a -> a.srttNs += 1e6f,
                (c, a) -> c.sender().rtt().wakeFrom(a)),
            1),
        part("window", c -> c.sender().window.cwnd(c.sender().window.cwnd() + 1), 1),
        part("send buffer", c -> c.sendBuffer().discard(1), 1),
        part("its bytes", c -> c.sendBuffer().write(new byte[4000], 0, 4000), 2),
        part("receive buffer", c -> c.receiveBuffer().discard(1), 1),
        part("its bytes", c -> c.receiveBuffer().write(new byte[4000], 0, 4000), 2),
        part("Nagle", c -> c.sender().nagle.begin(c.sender().sndUna + 7, false), 1),
        part("ACKs", c -> c.receiver().acks().onAckSent(true), 1),
        part("ACKs, the next line", LookAheadTest::dataComes, 1),
        part("retransmit queue and what stands in it", c -> c.sender().queue = null, 1, 2),
        part(
            "when its first segment left",
            c -> c.sender().outstanding().onRetransmitted(c.sender().outstanding().first(), 77),
            2),
        part("timers", c -> c.timers().lookAt(c.sender().lastSentNs + 1_000_000), 0, 1, 2));
  }

  /** Later than before, after an ACK of all: only the time of the policy is another. */
  private static void dataComes(final TcpConnection c) {
    final AckPolicy acks = c.receiver().acks();
    acks.onAckSent(true);
    final int before = acks.touch();
    acks.onData(1, c.sender().rtt(), 65_535, 1460, 0);
    assertNotEquals(before, acks.touch());
    acks.onData(1, c.sender().rtt(), 65_535, 1460, 1); // as many segments as before
  }

  /** What each step reads, by what each does not read the same of when it has changed. */
  @ParameterizedTest
  @MethodSource("parts")
  void eachStepReadsItsParts(final Part part) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 1", "< . 1:1(0) ack 51 win 65535");
      s.net.clock.advance(12_345); // so that no sum is 0 by chance
      s.write(51, 50);
      s.script("> P. 51:101(50) ack 1");
      s.oneCycle("P. 1:101(100) ack 51 win 65535");
      final int[] before = touches(s.connection);
      part.change.accept(s.connection);
      final int[] after = touches(s.connection);
      final List<Integer> changed = new ArrayList<>();
      for (int step = 0; step < before.length; step++) {
        if (before[step] != after[step]) {
          changed.add(step);
        }
      }
      assertEquals(part.steps, changed);
      s.net.stack.close();
    }
  }

  private static int[] touches(final TcpConnection c) {
    return new int[] {c.touch(0), c.touch(1), c.touch(2)};
  }

  /** The application's side of it, and all of them in each step before any in the next. */
  @Test
  void observersAreAskedStepByStep() {
    try (TestStack s = TestStack.established()) {
      final List<Integer> steps = new ArrayList<>();
      s.connection.observer(
          new ReadinessObserver() {
            @Override
            public void onReadiness(final int raised) {}

            @Override
            public int touch(final int step) {
              steps.add(step);
              return 1000;
            }
          });
      final LookAhead lookAhead = lookAhead(s);
      final byte[] frame = frame(TestStack.PEER_PORT);
      look(lookAhead, frame, frame);
      assertEquals(List.of(0, 0, 1, 1, 2, 2), steps);
      final int[] each = touches(s.connection);
      final int slot = TestStack.PEER_PORT;
      assertEquals(2 * (slot + each[0] + each[1] + each[2]), lookAhead.sum());
    }
  }

  @Test
  void isNotDoneForFewConnections() {
    try (TestStack s = TestStack.established()) {
      final LookAhead few = new LookAhead(s.net.stack.tcp().connectionTable(), 2);
      assertEquals(0, look(few, frame(TestStack.PEER_PORT)));
      s.connection.wantToEmit();
      assertEquals(0, few.atReady(s.net.stack.tcp().readyList()));
      s.net.poll();
    }
  }

  /** Frames come here before anybody has looked at them. */
  @Test
  void anythingMayStandInAFrame() {
    try (TestStack s = TestStack.established()) {
      final byte[] frame = frame(TestStack.PEER_PORT);
      for (int length = 1; length < 54; length++) {
        assertEquals(0, look(lookAhead(s), Arrays.copyOf(frame, length)), "length " + length);
      }
      for (final int at : new int[] {12, 13, 14, 23}) { // type, version and length, protocol
        final byte[] other = frame.clone();
        other[at] ^= 1;
        assertEquals(0, look(lookAhead(s), other), "byte " + at);
      }
    }
  }

  @Test
  void whoSleepsGoesOnSleeping() {
    try (TestStack s = TestStack.established()) {
      new Alone().of(s.connection);
      s.silence(2);
      assertTrue(s.connection.isAsleep());
      assertEquals(1, look(lookAhead(s), frame(TestStack.PEER_PORT)));
      assertTrue(s.connection.isAsleep());
    }
  }

  @Test
  void looksAtThoseThatAreToBeAsked() {
    try (TestStack s = TestStack.established()) {
      final LookAhead lookAhead = lookAhead(s);
      assertEquals(0, lookAhead.atReady(s.net.stack.tcp().readyList()));
      s.connection.wantToEmit();
      assertEquals(1, lookAhead.atReady(s.net.stack.tcp().readyList()));
      s.net.poll();
      assertEquals(0, lookAhead.atReady(s.net.stack.tcp().readyList()));
    }
  }
}
