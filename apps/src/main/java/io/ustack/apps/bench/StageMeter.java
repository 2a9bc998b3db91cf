package io.ustack.apps.bench;

import io.ustack.stack.StageTimes;
import io.ustack.stack.StageTimes.Stage;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of a stack's duty cycle cost from the moment it is made; by the stack's thread.
 */
final class StageMeter {
  /** Cycles that found nothing to do. */
  static final String IDLE = "idle";

  private final @Nullable StageTimes times;
  private final Map<String, Long> before;

  /** Of a stack that charges its stages; null: of one that does not. */
  StageMeter(final @Nullable StageTimes times) {
    this.times = times;
    before = now();
  }

  private Map<String, Long> now() {
    final Map<String, Long> now = new TreeMap<>();
    if (times != null) {
      for (final Stage stage : Stage.values()) {
        now.put(stage.name().toLowerCase(Locale.ROOT), times.ns(stage));
      }
      now.put(IDLE, times.idleNs());
    }
    return now;
  }

  /** That work with its stages. */
  Work in(final Work work) {
    final Map<String, Long> since = now();
    since.replaceAll((stage, ns) -> ns - before.getOrDefault(stage, 0L));
    return work.withStages(since);
  }
}
