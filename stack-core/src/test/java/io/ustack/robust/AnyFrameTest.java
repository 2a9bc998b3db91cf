package io.ustack.robust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnyFrameTest {
  private static final int[] NUMBERS = {0, 1, 4, 5, 19, 20, 21, 40, 60, 0x7F, 0x80, 0xFF};

  private final List<byte[]> seeds = new ArrayList<>(Seeds.frames().values());

  /** The seeds reach what they are meant for, so mutations start deep inside. */
  @Test
  void theSeedsArriveWhereTheyShould() {
    try (Target target = new Target()) {
      seeds.forEach(target::take);
      final var counters = target.stack.counters();
      assertEquals(1, counters.value(Counter.ARP_REPLIES_OUT));
      assertEquals(2, counters.value(Counter.ICMP_ECHO_REPLIES_OUT));
      assertEquals("1 replies, zeros", target.pinged());
      assertEquals(1, counters.value(Counter.ICMP_UNREACHABLE_IN));
      assertEquals(2, counters.value(Counter.ICMP_UNREACHABLE_OUT));
      assertEquals(1, counters.value(Counter.UDP_DATAGRAMS_OUT));
      assertEquals(2, counters.value(Counter.TCP_ESTABLISHED));
      assertEquals(0, counters.value(DropReason.TCP_CHECKSUM));
      assertEquals(0, counters.value(DropReason.IPV4_CHECKSUM));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void mutatedFramesDoNoHarm(final long seed) {
    final SplittableRandom random = new SplittableRandom(seed);
    try (Target target = new Target()) {
      for (int i = 0; i < 25_000; i++) {
        final byte[] frame = seeds.get(random.nextInt(seeds.size()));
        target.take(random.nextInt(8) == 0 ? frame : mutated(frame, random));
        if (random.nextInt(16) == 0) {
          target.pass(random.nextLong(1L << random.nextInt(10, 34)));
        }
      }
      int reasons = 0;
      for (final DropReason reason : DropReason.values()) {
        reasons += target.stack.counters().value(reason) > 0 ? 1 : 0;
      }
      assertTrue(reasons > 25, "only " + reasons + " reasons to drop were met");
    }
  }

  @Test
  void noiseDoesNoHarm() {
    final SplittableRandom random = new SplittableRandom(5);
    try (Target target = new Target()) {
      for (int i = 0; i < 20_000; i++) {
        final byte[] frame = new byte[random.nextInt(1600)];
        random.nextBytes(frame);
        // Half of it with a header that lets it in.
        if (random.nextBoolean() && frame.length >= Frames.IPV4) {
          System.arraycopy(seeds.get(4), 0, frame, 0, Frames.IPV4);
          Frames.fixFrame(frame);
        }
        target.take(frame);
      }
    }
  }

  /** Every truncation of every good frame. */
  @Test
  void cutFramesDoNoHarm() {
    try (Target target = new Target()) {
      for (final byte[] frame : seeds) {
        for (int length = 0; length <= frame.length; length++) {
          target.take(Frames.fixFrame(Arrays.copyOf(frame, length)));
        }
      }
    }
  }

  private static byte[] mutated(final byte[] seed, final SplittableRandom random) {
    byte[] frame = seed.clone();
    for (int changes = random.nextInt(1, 5); changes > 0; changes--) {
      frame = changed(frame, random);
    }
    return random.nextInt(4) == 0 ? frame : Frames.fixFrame(frame);
  }

  private static byte[] changed(final byte[] frame, final SplittableRandom random) {
    if (frame.length == 0) {
      return frame;
    }
    // Mostly in the headers behind Ethernet's.
    final int from = random.nextInt(8) == 0 ? 0 : Math.min(Frames.ETHERNET, frame.length - 1);
    final int at = random.nextInt(from, Math.min(frame.length, from + 64));
    switch (random.nextInt(6)) {
      case 0 -> frame[at] = (byte) (frame[at] ^ (1 << random.nextInt(8)));
      case 1 -> frame[at] = (byte) random.nextInt(256);
      case 2 -> frame[at] = (byte) NUMBERS[random.nextInt(NUMBERS.length)];
      case 3 -> Arrays.fill(frame, at, Math.min(frame.length, at + random.nextInt(8)), (byte) 0);
      case 4 -> {
        return Arrays.copyOf(frame, random.nextInt(frame.length + 1));
      }
      default -> {
        return Arrays.copyOf(frame, Math.min(1514, frame.length + random.nextInt(64)));
      }
    }
    return frame;
  }
}
