package io.ustack.apps.plot;

import java.math.BigDecimal;

/**
 * Values from 0 on, along so many pixels. Pixels of an SVG grow downwards: an axis that goes up
 * ends at a smaller number than it starts.
 */
final class Axis {
  private static final int SMALLEST_EXPONENT = -9;
  private static final int LARGEST_EXPONENT = 15;

  private final double end;
  private final double fromPixel;
  private final double toPixel;
  private final BigDecimal step;

  private Axis(
      final double end, final double fromPixel, final double toPixel, final BigDecimal step) {
    this.end = end;
    this.fromPixel = fromPixel;
    this.toPixel = toPixel;
    this.step = step;
  }

  /** An axis that ends at {@code largest}, with at most so many ticks above 0. */
  static Axis exact(
      final double largest, final double fromPixel, final double toPixel, final int mostTicks) {
    final double end = largest > 0 ? largest : 1;
    return new Axis(end, fromPixel, toPixel, step(end, mostTicks));
  }

  /** An axis that ends at the first tick from {@code largest} on. */
  static Axis round(
      final double largest, final double fromPixel, final double toPixel, final int mostTicks) {
    final double end = largest > 0 ? largest : 1;
    final BigDecimal step = step(end, mostTicks);
    final double whole = Math.ceil(end / step.doubleValue() - 1e-9) * step.doubleValue();
    return new Axis(whole, fromPixel, toPixel, step);
  }

  /** 1, 2 or 5 times a power of ten. */
  private static BigDecimal step(final double end, final int mostTicks) {
    for (int exponent = SMALLEST_EXPONENT; exponent < LARGEST_EXPONENT; exponent++) {
      for (final int digit : new int[] {1, 2, 5}) {
        final BigDecimal step = new BigDecimal(digit).scaleByPowerOfTen(exponent);
        if (end / step.doubleValue() <= mostTicks) {
          return step;
        }
      }
    }
    return BigDecimal.ONE.scaleByPowerOfTen(LARGEST_EXPONENT);
  }

  /** Where a value lies. */
  double at(final double value) {
    return fromPixel + (toPixel - fromPixel) * (value / end);
  }

  /** Ticks, the one at 0 included. */
  int ticks() {
    return (int) Math.floor(end / step.doubleValue() + 1e-9) + 1;
  }

  /** The value of a tick, counted from 0. */
  double tick(final int index) {
    return value(index).doubleValue();
  }

  /** What stands beside it. */
  String label(final int index) {
    return value(index).stripTrailingZeros().toPlainString();
  }

  private BigDecimal value(final int index) {
    return step.multiply(BigDecimal.valueOf(index));
  }
}
