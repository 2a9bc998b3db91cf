package io.ustack.tcp.congestion;

import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * An algorithm that is not ours, for one connection. What it throws is not the stack's bug and no
 * reason to break the connection: from then on {@link NewReno} goes on in its place, as after a
 * loss, and with a window that it need not believe. Rates make sense, too.
 *
 * <p>Costs one call more where nothing is thrown.
 */
final class Guarded implements CongestionControl {
  private final String name;
  private final BiConsumer<String, Throwable> failures;
  private CongestionControl control;
  private boolean replaced;
  private boolean ownsRecovery;
  private boolean rateBased;

  /** A new one of {@code maker}; {@code failures} hears of what it throws, once at most. */
  Guarded(
      final String name,
      final Supplier<? extends CongestionControl> maker,
      final BiConsumer<String, Throwable> failures) {
    this.name = name;
    this.failures = failures;
    control = new NewReno();
    try {
      final CongestionControl made = maker.get();
      ownsRecovery = made.ownsRecovery();
      rateBased = made.isRateBased();
      control = made;
    } catch (final Throwable thrown) {
      reno();
      report(thrown);
    }
  }

  private void reno() {
    control = new NewReno();
    ownsRecovery = false;
    rateBased = false;
    replaced = true;
  }

  /** Comes last: whoever hears of it asks {@code thrown} what it says, and that may throw, too. */
  private void report(final Throwable thrown) {
    try {
      failures.accept(name, thrown);
    } catch (final Throwable unheard) {
      // The connection has its reno; nobody left to tell.
    }
  }

  /** It has thrown. What it made of the window may be anything. */
  private void replace(final CongestionWindow window, final Throwable thrown) {
    if (replaced) {
      throw new IllegalStateException("reno, in the place of " + name, thrown);
    }
    reno();
    final int cwnd = window.cwnd();
    control.onCongestion(window, Event.LOSS, cwnd, 0);
    window.cwnd(Math.min(cwnd, window.initialWindow()));
    report(thrown);
  }

  /** What was asked for, whoever does the work. */
  @Override
  public String name() {
    return name;
  }

  @Override
  public void start(final CongestionWindow window, final long nowNs) {
    try {
      control.start(window, nowNs);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onAck(final CongestionWindow window, final AckSample sample) {
    try {
      control.onAck(window, sample);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onCongestion(
      final CongestionWindow window, final Event event, final int flightBytes, final long nowNs) {
    try {
      control.onCongestion(window, event, flightBytes, nowNs);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onRecovered(final CongestionWindow window, final long nowNs) {
    try {
      control.onRecovered(window, nowNs);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onUndo(final CongestionWindow window, final long nowNs) {
    try {
      control.onUndo(window, nowNs);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onRestart(
      final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
    try {
      control.onRestart(window, idleNs, rtoNs, nowNs);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public void onIdle(final CongestionWindow window) {
    try {
      control.onIdle(window);
    } catch (final Throwable thrown) {
      replace(window, thrown);
    }
  }

  @Override
  public boolean ownsRecovery() {
    return ownsRecovery;
  }

  @Override
  public boolean isRateBased() {
    return rateBased;
  }

  /** A segment each second at least: less is a connection that stands still; below 0 is no rate. */
  @Override
  public long pacingRate(final CongestionWindow window) {
    final long rate;
    try {
      rate = control.pacingRate(window);
    } catch (final Throwable thrown) {
      replace(window, thrown);
      return 0;
    }
    return rate <= 0 ? 0 : Math.max(rate, window.smss());
  }
}
