package io.ustack.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerWheelTest {
  private static final long MS = 1_000_000;

  private final List<String> fired = new ArrayList<>();

  private final class Named extends Timer {
    private final String name;

    Named(final String name) {
      this.name = name;
    }

    @Override
    protected void onExpiry(final long nowNs) {
      assertFalse(isScheduled());
      assertTrue(nowNs - deadlineNs() >= 0, "early");
      fired.add(name);
    }
  }

  @Test
  void firesAtTheDeadlineAndNotBefore() {
    final TimerWheel wheel = new TimerWheel(0);
    wheel.schedule(new Named("a"), 200 * MS);
    assertEquals(0, wheel.advance(200 * MS - 1));
    assertEquals(1, wheel.advance(200 * MS));
    assertEquals(List.of("a"), fired);
    assertEquals(0, wheel.scheduled());
  }

  @Test
  void reschedulesEarlierAndLater() {
    final TimerWheel wheel = new TimerWheel(0);
    final Timer timer = new Named("a");
    wheel.schedule(timer, 100 * MS);
    wheel.schedule(timer, 5 * MS);
    assertEquals(1, wheel.advance(5 * MS));
    wheel.schedule(timer, 10 * MS);
    wheel.schedule(timer, 500 * MS);
    assertEquals(0, wheel.advance(499 * MS));
    assertEquals(1, wheel.advance(500 * MS));
  }

  @Test
  void cancelledTimersStayQuiet() {
    final TimerWheel wheel = new TimerWheel(0);
    final Timer timer = new Named("a");
    wheel.cancel(timer);
    wheel.schedule(timer, MS);
    wheel.cancel(timer);
    assertEquals(0, wheel.advance(10 * MS));
    assertEquals(Long.MAX_VALUE, wheel.nextDeadlineNs());
    assertFalse(timer.isScheduled());
  }

  @Test
  void aTimerThatReschedulesItselfForNowFiresOncePerAdvance() {
    final TimerWheel wheel = new TimerWheel(0);
    final int[] count = new int[1];
    final Timer timer =
        new Timer() {
          @Override
          protected void onExpiry(final long nowNs) {
            count[0]++;
            wheel.schedule(this, nowNs);
          }
        };
    wheel.schedule(timer, 0);
    for (int i = 1; i <= 5; i++) {
      wheel.advance(MS);
      assertEquals(i, count[0]);
    }
  }

  @Test
  void aTimerMayCancelAnotherThatIsDueInTheSameAdvance() {
    final TimerWheel wheel = new TimerWheel(0);
    final Timer victim = new Named("victim");
    wheel.schedule(
        new Timer() {
          @Override
          protected void onExpiry(final long nowNs) {
            wheel.cancel(victim);
          }
        },
        MS);
    wheel.schedule(victim, 2 * MS);
    assertEquals(1, wheel.advance(3 * MS));
    assertEquals(List.of(), fired);
  }

  @Test
  void theRestOfAnAdvanceThatThrewFiresInTheNext() {
    final TimerWheel wheel = new TimerWheel(0);
    wheel.schedule(
        new Timer() {
          @Override
          protected void onExpiry(final long nowNs) {
            throw new IllegalStateException("broken");
          }
        },
        MS);
    wheel.schedule(new Named("a"), 2 * MS);
    assertThrows(IllegalStateException.class, () -> wheel.advance(5 * MS));
    assertEquals(1, wheel.advance(5 * MS));
    assertEquals(List.of("a"), fired);
  }

  @Test
  void theNextDeadlineOfANearTimerIsExact() {
    final TimerWheel wheel = new TimerWheel(7);
    wheel.schedule(new Named("a"), 3 * MS);
    wheel.schedule(new Named("b"), 2 * MS);
    assertEquals(2 * MS, wheel.nextDeadlineNs());
    wheel.advance(2 * MS);
    assertEquals(3 * MS, wheel.nextDeadlineNs());
  }

  /** Starts that matter: zero, the signed wrap, the unsigned wrap, and each a little before. */
  @ParameterizedTest
  @ValueSource(longs = {0, 12_345, Long.MAX_VALUE - 3_000_000_000L, -3_000_000_000L, -1, 1L << 48})
  void behavesAsANaiveListDoes(final long startNs) {
    for (int seed = 0; seed < 40; seed++) {
      new Race(startNs, seed).run();
    }
  }

  /** The wheel against a list that is searched from end to end. */
  private static final class Race {
    private final TimerWheel wheel;
    private final SplittableRandom random;
    private final Entry[] entries = new Entry[200];
    private long nowNs;
    private int firedNow;

    Race(final long startNs, final int seed) {
      wheel = new TimerWheel(startNs);
      random = new SplittableRandom(seed);
      nowNs = startNs;
      for (int i = 0; i < entries.length; i++) {
        entries[i] = new Entry();
      }
    }

    private final class Entry extends Timer {
      boolean expected;
      long expectedNs;

      void schedule(final long deadlineNs) {
        expected = true;
        expectedNs = deadlineNs;
        wheel.schedule(this, deadlineNs);
      }

      @Override
      protected void onExpiry(final long now) {
        assertTrue(expected, "fired though not scheduled");
        assertTrue(now - expectedNs >= 0, "fired early");
        expected = false;
        firedNow++;
        // Some timers come back at once, some touch others.
        if (random.nextInt(4) == 0) {
          schedule(now + distance());
        }
        if (random.nextInt(8) == 0) {
          cancel(entries[random.nextInt(entries.length)]);
        }
      }
    }

    void run() {
      for (int step = 0; step < 2000; step++) {
        final Entry entry = entries[random.nextInt(entries.length)];
        switch (random.nextInt(4)) {
          case 0, 1 -> entry.schedule(nowNs + distance() - random.nextInt(1000));
          case 2 -> cancel(entry);
          default -> advance();
        }
        check();
      }
    }

    private void cancel(final Entry entry) {
      entry.expected = false;
      wheel.cancel(entry);
    }

    private void advance() {
      final long next = wheel.nextDeadlineNs();
      // Often to a deadline exactly, else somewhere.
      nowNs =
          next != Long.MAX_VALUE && next - nowNs > 0 && random.nextBoolean()
              ? next
              : nowNs + distance() / 4;
      firedNow = 0;
      assertEquals(wheel.advance(nowNs), firedNow);
      for (final Entry entry : entries) {
        if (entry.expected && entry.expectedNs - nowNs <= 0) {
          // Only one that was scheduled from inside this advance may still wait; the next takes it.
          assertTrue(wheel.nextDeadlineNs() - nowNs <= 0);
        }
      }
      firedNow = 0;
      wheel.advance(nowNs);
      wheel.advance(nowNs);
      wheel.advance(nowNs);
    }

    private void check() {
      int waiting = 0;
      for (final Entry entry : entries) {
        assertEquals(entry.expected, entry.isScheduled());
        if (entry.expected) {
          waiting++;
          assertTrue(wheel.nextDeadlineNs() - entry.expectedNs <= 0, "bound too late");
        }
      }
      assertEquals(waiting, wheel.scheduled());
      assertEquals(waiting == 0, wheel.nextDeadlineNs() == Long.MAX_VALUE);
    }

    /** From nanoseconds to months, all sizes alike. */
    private long distance() {
      return random.nextLong(1L << random.nextInt(1, 54));
    }
  }
}
