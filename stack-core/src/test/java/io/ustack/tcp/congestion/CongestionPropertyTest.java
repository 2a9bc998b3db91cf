package io.ustack.tcp.congestion;

import static io.ustack.tcp.congestion.Acks.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Allocation;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every algorithm, whatever happens. */
class CongestionPropertyTest {
  private static final String[] NAMES = {"reno", "cubic", "bbr"};

  /** Anything, in any order, at any time and with any window. */
  @RepeatedTest(150)
  void windowStaysWithinItsBounds(final RepetitionInfo run) {
    final SplittableRandom random = new SplittableRandom(run.getCurrentRepetition());
    final String name = NAMES[run.getCurrentRepetition() % NAMES.length];
    final Acks acks = new Acks(CongestionControls.builtIn().create(name));
    final CongestionWindow window = acks.window;
    acks.nowNs = random.nextLong();
    acks.control.start(window, acks.nowNs);
    for (int step = 0; step < 3000; step++) {
      acks.nowNs += random.nextLong(1L << random.nextInt(1, 45));
      acks.rttNs = random.nextLong(1, 1L << random.nextInt(2, 40));
      acks.isCwndLimited = random.nextInt(4) > 0;
      final int before = window.cwnd();
      final int event = random.nextInt(40);
      anything(acks, event, random);
      assertTrue(window.cwnd() >= window.smss(), "less than a segment");
      assertTrue(window.cwnd() <= CongestionWindow.MAX_BYTES, "more than the most");
      assertTrue(window.ssthresh() >= 2 * window.smss(), "ssthresh");
      if (event < 30 && !acks.control.ownsRecovery()) {
        assertTrue(window.cwnd() >= before, "an ACK made the window smaller");
        final int most = acks.sample.ackedBytes + window.smss();
        assertTrue(window.cwnd() - before <= most, "grew by more than was acknowledged");
      }
      assertTrue(acks.control.pacingRate(window) >= 0, "rate");
    }
  }

  private static void anything(final Acks acks, final int event, final SplittableRandom random) {
    final CongestionWindow window = acks.window;
    final int flight = random.nextInt(window.cwnd() + 1);
    if (event < 30) {
      acks.sample.lostBytes = random.nextInt(10) == 0 ? random.nextInt(1 << 20) : 0;
      acks.ack(random.nextInt(1, 1 << random.nextInt(1, 30)), flight);
    } else if (event < 33) {
      acks.control.onCongestion(window, CongestionControl.Event.LOSS, flight, acks.nowNs);
    } else if (event < 34) {
      acks.control.onCongestion(window, CongestionControl.Event.TIMEOUT, flight, acks.nowNs);
      window.cwnd(window.smss());
    } else if (event < 35) {
      acks.control.onCongestion(window, CongestionControl.Event.ECN, flight, acks.nowNs);
    } else if (event < 36) {
      acks.control.onRecovered(window, acks.nowNs);
    } else if (event < 37) {
      window.cwnd(random.nextLong(1L << 31));
      window.ssthresh(random.nextLong(1L << 31));
      acks.control.onUndo(window, acks.nowNs);
    } else if (event < 39) {
      acks.control.onRestart(window, random.nextLong(1L << 40), 200 * MS, acks.nowNs);
    } else {
      window.smss(random.nextInt(Math.max(48, window.smss() / 2), window.smss() + 1));
      window.cwnd(window.cwnd());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic", "bbr"})
  void sameEventsSameWindow(final String name) {
    assertEquals(hash(name), hash(name));
  }

  private static long hash(final String name) {
    final SplittableRandom random = new SplittableRandom(7);
    final Acks acks = new Acks(CongestionControls.builtIn().create(name));
    long hash = 0;
    for (int step = 0; step < 5000; step++) {
      acks.nowNs += random.nextLong(10 * MS);
      anything(acks, random.nextInt(40), random);
      hash = hash * 31 + acks.window.cwnd();
      hash = hash * 31 + acks.control.pacingRate(acks.window);
    }
    return hash;
  }

  /** DESIGN 7: rounds with growth, a loss each, and an undo now and then. */
  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic", "bbr"})
  void allocatesNothing(final String name) {
    final Acks acks = new Acks(CongestionControls.builtIn().create(name));
    final Runnable round =
        () -> {
          for (int i = 0; i < 20; i++) {
            acks.nowNs += MS;
            acks.ack(2 * Acks.MSS);
          }
          acks.lose();
          if (acks.nowNs % 3 == 0) {
            acks.control.onUndo(acks.window, acks.nowNs);
          }
          acks.control.onRestart(acks.window, MS, 200 * MS, acks.nowNs);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 20_000, round));
  }

  /** An idle connection has little left for what it does not do: 512 bytes in all. */
  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic"})
  void isSmall(final String name) {
    final CongestionControls ours = CongestionControls.builtIn();
    final CongestionControl[] kept = new CongestionControl[1];
    final long bytes =
        Allocation.bytesOfWarmRounds(20_000, 40_000, () -> kept[0] = ours.create(name)) / 10_000;
    assertEquals(name, kept[0].name());
    assertTrue(bytes <= 56, bytes + " bytes");
  }
}
