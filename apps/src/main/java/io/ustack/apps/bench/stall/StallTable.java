package io.ustack.apps.bench.stall;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stalls of a thread by their causes.
 *
 * @param sums by cause
 * @param more that were not kept, so that nobody knows their causes
 */
public record StallTable(Map<String, Sum> sums, long more) {
  /** Those of one cause. */
  public record Sum(long count, long totalNs, long longestNs) {
    private Sum plus(final Sum other) {
      return new Sum(
          count + other.count, totalNs + other.totalNs, Math.max(longestNs, other.longestNs));
    }
  }

  /**
   * Blames somebody for each.
   *
   * @param events of the thread's JVM
   */
  public static StallTable of(final Stalls stalls, final List<JvmEvent> events) {
    final Diagnosis diagnosis = new Diagnosis(stalls, events);
    final Map<String, Sum> sums = new TreeMap<>();
    for (final Stall stall : stalls.all()) {
      sums.merge(diagnosis.of(stall).label(), new Sum(1, stall.ns(), stall.ns()), Sum::plus);
    }
    return new StallTable(sums, stalls.more());
  }

  /** A few lines for people; those that took most time first. */
  public String text() {
    final StringBuilder text = new StringBuilder();
    if (sums.isEmpty()) {
      text.append(String.format("%n        none"));
    }
    sums.entrySet().stream()
        .sorted(Comparator.comparingLong(entry -> -entry.getValue().totalNs()))
        .forEach(entry -> text.append(row(entry.getKey(), entry.getValue())));
    if (more > 0) {
      text.append(String.format("%n        %d more in full tables, of causes unknown", more));
    }
    return text.toString();
  }

  private static String row(final String cause, final Sum sum) {
    return String.format(
        Locale.ROOT,
        "%n        %-28s %7d  %10.3f ms  longest %8.0f us",
        cause,
        sum.count(),
        sum.totalNs() / 1e6,
        sum.longestNs() / 1e3);
  }
}
