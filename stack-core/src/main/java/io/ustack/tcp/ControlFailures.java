package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.tcp.congestion.ThrownText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * What congestion control algorithms of others throw: each failed connection is counted, and of
 * each algorithm the first failure is logged, in one line. Of one stack.
 */
final class ControlFailures implements BiConsumer<String, Throwable> {
  private static final Logger LOG = System.getLogger(ControlFailures.class.getName());

  private final Counters counters;
  private final List<String> logged = new ArrayList<>();

  ControlFailures(final Counters counters) {
    this.counters = counters;
  }

  @Override
  public void accept(final String name, final Throwable thrown) {
    counters.increment(Counter.TCP_CONGESTION_CONTROL_FAILURES);
    if (!logged.contains(name)) {
      logged.add(name);
      LOG.log(
          Level.WARNING,
          "congestion control "
              + name
              + " has thrown "
              + ThrownText.withPlace(thrown)
              + ", and reno goes on in its place; further failures of it are only counted");
    }
  }
}
