package io.ustack.apps;

import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import java.util.ArrayList;
import java.util.List;

/** What a stack has counted, for people. */
public final class Statistics {
  private Statistics() {}

  /**
   * Every counter and every drop reason that is not 0, one per line: {@code FRAMES_IN 17}, {@code
   * DROP_UDP_NO_SOCKET 1}.
   */
  public static String list(final Counters counters) {
    final StringBuilder text = new StringBuilder();
    for (final Counter counter : Counter.values()) {
      append(text, counter.name(), counters.value(counter));
    }
    for (final DropReason reason : DropReason.values()) {
      append(text, "DROP_" + reason.name(), counters.value(reason));
    }
    return text.toString();
  }

  /** The same, behind the level of memory pressure where there is any: {@code PRESSURE COOKIES}. */
  public static String list(final Counters counters, final PressureLevel pressure) {
    final String list = list(counters);
    return pressure == PressureLevel.NONE ? list : "PRESSURE " + pressure.name() + "\n" + list;
  }

  private static void append(final StringBuilder text, final String name, final long value) {
    if (value != 0) {
      text.append(name).append(' ').append(value).append('\n');
    }
  }

  /** Everything that matters at the end, in one line. */
  public static String line(
      final Counters counters, final long lostFrames, final int packetsInUse) {
    return "frames: "
        + counters.value(Counter.FRAMES_IN)
        + " in, "
        + counters.value(Counter.FRAMES_OUT)
        + " out, "
        + lostFrames
        + " lost by the link"
        + kernel(counters)
        + "; dropped: "
        + drops(counters)
        + "; packets in use: "
        + packetsInUse;
  }

  private static String kernel(final Counters counters) {
    final long to = counters.value(Counter.FRAMES_TO_KERNEL);
    final long from = counters.value(Counter.FRAMES_FROM_KERNEL);
    return to == 0 && from == 0 ? "" : "; " + to + " to the kernel, " + from + " from it";
  }

  /** The same, and the worst level of memory pressure where there was any. */
  public static String line(
      final Counters counters,
      final long lostFrames,
      final int packetsInUse,
      final PressureLevel worst) {
    final String line = line(counters, lostFrames, packetsInUse);
    return worst == PressureLevel.NONE ? line : line + "; memory pressure: up to " + worst.name();
  }

  /** Drops by reason, the most frequent first: {@code 5 (ETHERTYPE_IPV6 4, UDP_NO_SOCKET 1)}. */
  public static String drops(final Counters counters) {
    final List<DropReason> reasons = new ArrayList<>();
    for (final DropReason reason : DropReason.values()) {
      if (counters.value(reason) != 0) {
        reasons.add(reason);
      }
    }
    if (reasons.isEmpty()) {
      return "0";
    }
    reasons.sort((a, b) -> Long.compare(counters.value(b), counters.value(a)));
    final List<String> parts = new ArrayList<>();
    reasons.forEach(reason -> parts.add(reason + " " + counters.value(reason)));
    return counters.drops() + " (" + String.join(", ", parts) + ")";
  }
}
