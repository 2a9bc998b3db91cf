package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

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
