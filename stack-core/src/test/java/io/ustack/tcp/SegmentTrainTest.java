package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Trains, and the segments that they are cut into: byte by byte, and at the same moments, what
 * leaves one by one over a link that takes no trains.
 */
class SegmentTrainTest {
  private static final String[] CONTROLS = {"reno", "cubic", "bbr"};
  private static final int STEPS = 150;

  /** The same life of a connection twice, in lockstep. */
  private static final class Twins {
    private final Random random;
    private final TestStack single;
    private final TestStack trains;
    private final String timestamps;
    private int written;
    private int sent;
    private int acked;
    private int received;
    private boolean shut;

    Twins(final long seed, final int poolPackets) {
      random = new Random(seed);
      final TcpConfig config =
          TestStack.PLAIN
              .with()
              .congestionControl(CONTROLS[random.nextInt(CONTROLS.length)])
              .initialWindowSegments(1 + random.nextInt(20))
              .build()
              .withBuffers(1 << 16, 1 << (12 + random.nextInt(7)));
      single = new TestStack(TestNet.config().withTcp(config), poolPackets, 1).listen(16);
      trains =
          new TestStack(TestNet.config().withTcp(config), poolPackets, 2 + random.nextInt(63))
              .listen(16);
      final boolean stamps = random.nextBoolean();
      timestamps = stamps ? "nop,nop,TS val 100 ecr 3000," : "";
      final String offer =
          "mss %d,%s%s,nop,wscale %d"
              .formatted(
                  100 + random.nextInt(1400),
                  random.nextBoolean() ? "sackOK" : "nop,nop",
                  stamps ? ",TS val 100 ecr 0" : "",
                  random.nextInt(8));
      inject("S%s 0:0(0) win 65535 <%s>".formatted(random.nextBoolean() ? "EW" : "", offer));
      inject(". 1:1(0) ack 1 win 4096" + options(""));
      single.accept();
      trains.accept();
    }

    private String options(final String more) {
      final String all = timestamps + more;
      return all.isEmpty() ? "" : " <" + all.substring(0, all.length() - 1) + ">";
    }

    private void inject(final String segment) {
      single.burst(segment);
      trains.burst(segment);
      compare();
    }

    /** What both have sent is the same. */
    private void compare() {
      byte[] frame = single.net.link.takeSent();
      while (frame != null) {
        assertArrayEquals(frame, trains.net.link.takeSent());
        final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
        final int header = (segment.get(12) & 0xF0) >>> 2;
        final int start = segment.getInt(4) - TestStack.OUR_ISN;
        sent = Math.max(sent, start - 1 + segment.capacity() - header + (segment.get(13) & 1));
        frame = single.net.link.takeSent();
      }
      assertEquals(0, trains.net.link.sentCount());
      for (final Counter counter : Counter.values()) {
        final Counters of = trains.net.stack.counters();
        if (counter != Counter.PACKET_POOL_EXHAUSTED && counter != Counter.PACKETS_RESERVED) {
          final long expected = single.net.stack.counters().value(counter);
          assertEquals(expected, of.value(counter), counter.name());
        }
      }
    }

    private void step() {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> write();
        case 3, 4, 5 -> acknowledge();
        case 6 -> device();
        default -> pass(random.nextInt(400));
      }
      compare();
    }

    private void write() {
      if (shut) {
        return;
      }
      final int some = 1 + random.nextInt(random.nextBoolean() ? 3_000 : 60_000);
      final int taken = single.write(1 + written, some);
      assertEquals(taken, trains.write(1 + written, some));
      written += taken;
      if (random.nextInt(40) == 0) {
        shut = true;
        single.shutdownSend();
        trains.shutdownSend();
      }
    }

    /** Something is acknowledged, perhaps with a hole behind it, a mark, or data. */
    private void acknowledge() {
      acked += random.nextInt(3) == 0 ? sent - acked : random.nextInt(sent - acked + 1);
      final int left = sent - acked;
      String sack = "";
      if (left > 10 && random.nextInt(4) == 0) {
        final int from = acked + 2 + random.nextInt(left / 2);
        sack = "nop,nop,sack %d:%d,".formatted(from, from + 1 + random.nextInt(sent - from + 1));
      }
      final int data = random.nextInt(6) == 0 ? 1 + random.nextInt(100) : 0;
      final int skipped = data > 0 && random.nextInt(3) == 0 ? 50 : 0;
      final int from = 1 + received + skipped;
      inject(
          "%s %d:%d(%d) ack %d win %d%s"
              .formatted(
                  random.nextInt(10) == 0 ? ".E" : ".",
                  from,
                  from + data,
                  data,
                  1 + acked,
                  random.nextInt(5) == 0 ? random.nextInt(3000) : 65535,
                  options(sack)));
      received += skipped == 0 ? data : 0;
    }

    private void device() {
      final int frames = random.nextInt(30);
      single.net.link.accept(frames);
      trains.net.link.accept(frames);
      write();
      compare();
      single.net.link.accept(Integer.MAX_VALUE);
      trains.net.link.accept(Integer.MAX_VALUE);
      pass(0);
    }

    private void pass(final int ms) {
      single.net.advance(ms * TestNet.MS);
      trains.net.advance(ms * TestNet.MS);
    }

    int run() {
      try (single;
          trains) {
        for (int i = 0; i < STEPS && single.connection.state().isSynchronized(); i++) {
          step();
        }
        assertEquals(single.connection.state(), trains.connection.state());
        single.abort();
        trains.abort();
        compare();
        assertEquals(0, single.net.link.cuts());
        return trains.net.link.cuts();
      }
    }
  }

  private static int run(final int seeds, final int poolPackets) {
    int cuts = 0;
    for (long seed = 1; seed <= seeds; seed++) {
      try {
        cuts += new Twins(seed, poolPackets).run();
      } catch (final AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    return cuts;
  }

  @Test
  void cutTrainsAreTheSegmentsThatLeaveOneByOne() {
    final int cuts = run(150, 512);
    assertTrue(cuts > 10_000, "only " + cuts + " cuts");
  }

  @Test
  void whenPacketsRunOutTheTrainIsShorter() {
    final int cuts = run(60, 24);
    assertTrue(cuts > 1_000, "only " + cuts + " cuts");
  }
}
