package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Segments that come as trains, as behind GRO, and the same ones one by one: the application reads
 * the same bytes and the peer is told the same, in order, out of it, twice, into a full window.
 */
class JoinedSegmentsTest {
  private static final int BURSTS = 120;

  private static final class Twins {
    private final Random random;
    private final TestStack single;
    private final TestStack joined;
    private final boolean lends;
    private int sent;
    private int read;

    Twins(final long seed) {
      random = new Random(seed);
      lends = random.nextInt(3) == 0;
      // Without quick ACKs: which of them are left depends on how often what came was old.
      final TcpConfig config =
          TestStack.PLAIN
              // Who lends reads packet by packet, which must not show in when the window opens.
              .withBuffers(1 << (lends ? 17 : 12 + random.nextInt(5)), 1 << 14);
      final String options = random.nextBoolean() ? "<mss 1460,nop,nop,sackOK>" : "<mss 1460>";
      // Of so many packets a quarter may be lent, so that a train is kept in part.
      single = new TestStack(TestNet.config().withTcp(config), 64);
      joined = new TestStack(TestNet.config().withTcp(config), 64);
      single.net.link.joins(false);
      joined.net.link.joins(true);
      for (final TestStack stack : List.of(single, joined)) {
        stack.listen(16).establish(options, options, 65535);
        if (lends) {
          stack.connection.receiveBuffer().keepPackets(stack.net.stack.lentPackets());
        }
      }
    }

    /** Mostly the next bytes in equal pieces; some are left out, some come again, some overlap. */
    private void burst() {
      final List<String> segments = new ArrayList<>();
      final int size = 1 + random.nextInt(1460);
      int at = random.nextInt(4) == 0 ? Math.max(0, sent - random.nextInt(5000)) : sent;
      at += random.nextInt(6) == 0 ? random.nextInt(3000) : 0;
      final int count = 1 + random.nextInt(12);
      for (int i = 0; i < count; i++) {
        final int length = random.nextInt(8) == 0 ? 1 + random.nextInt(size) : size;
        final String flags = random.nextInt(12) == 0 ? "P." : ".";
        segments.add(
            "%s %d:%d(%d) ack 1 win 65535".formatted(flags, 1 + at, 1 + at + length, length));
        at += random.nextInt(12) == 0 ? 2 * length : length;
      }
      sent = Math.max(sent, received(single));
      for (final TestStack stack : List.of(single, joined)) {
        stack.burst(segments.toArray(String[]::new));
      }
      sent = received(single);
      compare();
    }

    private static int received(final TestStack stack) {
      return stack.connection.receiver().received();
    }

    /** The last word of each is the same; how many there were depends on how they came. */
    private void compare() {
      assertEquals(received(single), received(joined));
      assertEquals(
          single.connection.receiveBuffer().length(), joined.connection.receiveBuffer().length());
      final long expected = single.net.stack.counters().value(Counter.TCP_SEGMENTS_IN);
      assertEquals(expected, joined.net.stack.counters().value(Counter.TCP_SEGMENTS_IN));
      assertEquals(
          single.connection.receiver().segmentsIn, joined.connection.receiver().segmentsIn);
      assertEquals(lastAck(single), lastAck(joined));
    }

    private static int lastAck(final TestStack stack) {
      int ack = 0;
      byte[] frame = stack.net.link.takeSent();
      while (frame != null) {
        ack = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).getInt(8);
        frame = stack.net.link.takeSent();
      }
      return ack;
    }

    private void read() {
      final int most = lends ? Integer.MAX_VALUE : 1 + random.nextInt(20_000);
      int took = 0;
      for (final TestStack stack : List.of(single, joined)) {
        took = read(stack, most);
      }
      read += took;
      compare();
    }

    private int read(final TestStack stack, final int most) {
      int took = 0;
      while (took < most && stack.connection.receiveBuffer().length() > 0) {
        final Packet packet = lends ? stack.connection.receiveBuffer().take(0) : null;
        if (packet == null) {
          final int run = lends ? stack.connection.receiveBuffer().runBeforePacket(0) : most;
          took += stack.read(1 + read + took, Math.min(20_000, Math.min(run, most - took)));
          continue;
        }
        final byte[] bytes = new byte[packet.length()];
        packet.bytes().get(packet.offset(), bytes);
        assertTrue(
            java.util.Arrays.equals(ScriptedSegment.stream(1 + read + took, bytes.length), bytes));
        took += bytes.length;
        final LentPackets lent = stack.net.stack.lentPackets();
        lent.giveBack(packet);
        stack.connection.onReceiveBufferRead(stack.net.clock.nanoTime());
        stack.net.poll();
      }
      return took;
    }

    void run() {
      try (single;
          joined) {
        for (int i = 0; i < BURSTS; i++) {
          burst();
          if (random.nextInt(3) == 0) {
            read();
          }
          for (final TestStack stack : List.of(single, joined)) {
            stack.net.advance(50 * TestNet.MS);
            stack.takeSent();
          }
        }
        single.abort();
        joined.abort();
        single.takeSent();
        joined.takeSent();
      }
    }
  }

  /** RFC 5681 3.2: who has no SACK counts duplicate ACKs. */
  @Test
  void outOfOrderEachIsAnsweredAllTheSame() {
    try (TestStack s = TestStack.established()) {
      s.burst(
          ". 1001:2001(1000) ack 1 win 65535",
          ". 2001:3001(1000) ack 1 win 65535",
          ". 3001:4001(1000) ack 1 win 65535");
      s.script("> . 1:1(0) ack 1", "> . 1:1(0) ack 1", "> . 1:1(0) ack 1");
    }
  }

  @Test
  void theStreamAndItsAcknowledgmentsAreTheSame() {
    for (long seed = 1; seed <= 200; seed++) {
      try {
        new Twins(seed).run();
      } catch (final AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }
}
