package io.ustack.tcp.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What an algorithm of others throws or says. */
class GuardedTest {
  private static final int SMSS = 1000;

  private final CongestionWindow window = new CongestionWindow();
  private final List<String> failures = new ArrayList<>();

  /** Does nothing until it is told to throw. */
  private static final class Bomb implements CongestionControl {
    private boolean armed;
    private int calls;
    private long rate;

    private void call() {
      calls++;
      if (armed) {
        throw new AssertionError("boom");
      }
    }

    @Override
    public String name() {
      return "bomb";
    }

    @Override
    public void start(final CongestionWindow window, final long nowNs) {
      call();
    }

    @Override
    public void onAck(final CongestionWindow window, final AckSample sample) {
      call();
    }

    @Override
    public void onCongestion(
        final CongestionWindow window, final Event event, final int flight, final long nowNs) {
      call();
    }

    @Override
    public void onRecovered(final CongestionWindow window, final long nowNs) {
      call();
    }

    @Override
    public void onUndo(final CongestionWindow window, final long nowNs) {
      call();
    }

    @Override
    public void onRestart(
        final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
      call();
    }

    @Override
    public void onIdle(final CongestionWindow window) {
      call();
    }

    @Override
    public long pacingRate(final CongestionWindow window) {
      call();
      return rate;
    }

    @Override
    public boolean isRateBased() {
      return true;
    }

    @Override
    public boolean ownsRecovery() {
      return true;
    }
  }

  private final Bomb bomb = new Bomb();
  private final CongestionControl guarded =
      new Guarded("bomb", () -> bomb, (name, thrown) -> failures.add(name + " " + thrown));

  private static final Map<String, BiConsumer<CongestionControl, CongestionWindow>> CALLS =
      new TreeMap<>(
          Map.of(
              "start", (c, w) -> c.start(w, 0),
              "onAck", (c, w) -> c.onAck(w, new AckSample()),
              "onCongestion", (c, w) -> c.onCongestion(w, CongestionControl.Event.ECN, 9000, 0),
              "onRecovered", (c, w) -> c.onRecovered(w, 0),
              "onUndo", (c, w) -> c.onUndo(w, 0),
              "onRestart", (c, w) -> c.onRestart(w, 1, 2, 0),
              "onIdle", (c, w) -> c.onIdle(w),
              "pacingRate", (c, w) -> c.pacingRate(w)));

  static Iterable<String> calls() {
    return CALLS.keySet();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void whoThrowsIsNotAskedAgain(final String name) {
    window.start(SMSS, 10 * SMSS);
    window.cwnd(40 * SMSS);
    final BiConsumer<CongestionControl, CongestionWindow> call = CALLS.get(name);
    call.accept(guarded, window);
    assertEquals(1, bomb.calls);
    assertEquals(40 * SMSS, window.cwnd());
    bomb.armed = true;
    call.accept(guarded, window);
    assertEquals(List.of("bomb java.lang.AssertionError: boom"), failures);
    assertEquals(10 * SMSS, window.cwnd());
    assertEquals(20 * SMSS, window.ssthresh());
    CALLS.values().forEach(c -> c.accept(guarded, window));
    assertEquals(2, bomb.calls);
    assertEquals(1, failures.size());
    assertEquals("bomb", guarded.name());
    assertFalse(guarded.isRateBased() || guarded.ownsRecovery());
  }

  /** Who is told throws: reno is there already, and goes on. */
  @ParameterizedTest
  @MethodSource("calls")
  void whatIsToldToNobodyIsReplacedAllTheSame(final String name) {
    final CongestionControl unheard =
        new Guarded(
            "bomb",
            () -> bomb,
            (who, thrown) -> {
              failures.add(who);
              throw new AssertionError("no room for a line");
            });
    window.start(SMSS, 10 * SMSS);
    window.cwnd(40 * SMSS);
    bomb.armed = true;
    CALLS.get(name).accept(unheard, window);
    assertEquals(10 * SMSS, window.cwnd());
    assertEquals(20 * SMSS, window.ssthresh());
    assertFalse(unheard.isRateBased() || unheard.ownsRecovery());
    CALLS.values().forEach(c -> c.accept(unheard, window));
    assertEquals(1, bomb.calls);
    assertEquals(List.of("bomb"), failures);
  }

  @Test
  void whatCannotBeMadeIsRenoThoughNobodyHears() {
    final CongestionControl unmade =
        new Guarded(
            "unmade",
            () -> {
              throw new AssertionError("boom");
            },
            (who, thrown) -> {
              throw new IllegalStateException("deaf");
            });
    window.start(SMSS, 10 * SMSS);
    unmade.onCongestion(window, CongestionControl.Event.LOSS, 8 * SMSS, 0);
    assertEquals(4 * SMSS, window.ssthresh());
  }

  /** A small window does not grow by a failure. */
  @Test
  void windowStaysSmall() {
    window.start(SMSS, 10 * SMSS);
    window.cwnd(3 * SMSS);
    bomb.armed = true;
    guarded.onIdle(window);
    assertEquals(3 * SMSS, window.cwnd());
    assertEquals(2 * SMSS, window.ssthresh());
  }

  @Test
  void traitsAreTheAlgorithms() {
    assertTrue(guarded.isRateBased() && guarded.ownsRecovery());
  }

  @ParameterizedTest
  @CsvSource({
    "-9223372036854775808, 0",
    "-1, 0",
    "0, 0",
    "1, 1000",
    "999, 1000",
    "1001, 1001",
    "9223372036854775807, 9223372036854775807"
  })
  void ratesMakeSense(final long said, final long used) {
    window.start(SMSS, 10 * SMSS);
    bomb.rate = said;
    assertEquals(used, guarded.pacingRate(window));
    assertEquals(List.of(), failures);
  }

  @ParameterizedTest
  @CsvSource({
    "-9223372036854775808, 1000, 2000",
    "0, 1000, 2000",
    "1999, 1999, 2000",
    "5000, 5000, 5000",
    "9223372036854775807, 1073741824, 1073741824"
  })
  void windowsAreWhatASenderCanHold(final long said, final int cwnd, final int ssthresh) {
    window.start(SMSS, 10 * SMSS);
    window.cwnd(said);
    window.ssthresh(said);
    assertEquals(cwnd, window.cwnd());
    assertEquals(ssthresh, window.ssthresh());
  }
}
