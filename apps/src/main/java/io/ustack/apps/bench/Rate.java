package io.ustack.apps.bench;

import java.util.Optional;

/**
 * How many requests a second an open loop asks: so many, or a share of what a closed loop of the
 * same cell has done just before.
 *
 * @param perSec 0 with a share
 * @param share 0 with a number
 */
record Rate(long perSec, double share) {
  private static final long MOST = 100_000_000;

  /** {@code 100000}, {@code 100k}, {@code 1M} or {@code 50%}. */
  static Optional<Rate> parse(final String text) {
    if (!text.matches("[0-9]{1,9}[kM%]?")) {
      return Optional.empty();
    }
    final long number = Long.parseLong(text.replaceFirst("[kM%]", ""));
    if (text.endsWith("%")) {
      return number >= 1 && number <= 100
          ? Optional.of(new Rate(0, number / 100.0))
          : Optional.empty();
    }
    final long factor = text.endsWith("k") ? 1000 : text.endsWith("M") ? 1_000_000 : 1;
    return number >= 1 && number * factor <= MOST
        ? Optional.of(new Rate(number * factor, 0))
        : Optional.empty();
  }

  boolean isShare() {
    return perSec == 0;
  }

  /** Requests a second, where a closed loop has so many. */
  long of(final double closedPerSec) {
    return isShare() ? Math.max(1, Math.round(share * closedPerSec)) : perSec;
  }
}
