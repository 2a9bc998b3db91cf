package io.ustack.apps.plot;

import io.ustack.testsupport.trace.Samples;

/** What is drawn of one series. */
public final class Curve {
  /** As many colours can be told apart. */
  public static final int COLOURS = 6;

  private final String name;
  private final Look look;
  private final int colour;
  private final double[] x;
  private final double[] y;

  /** How a series is drawn. */
  public enum Look {
    /** The value holds until the next one. */
    STEPS,
    /** The same, thin and broken. */
    DASHES,
    /** A cross at each, in the colour of alarm. */
    CROSSES
  }

  /**
   * A curve through places on the axes.
   *
   * @param name what the legend says; the same name and look stand there once
   * @param colour counted from 0; behind {@link #COLOURS} they begin again
   * @param x in the unit of the plot's axis, in order
   * @param y in the unit of the panel's
   */
  Curve(final String name, final Look look, final int colour, final double[] x, final double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(x.length + " places for " + y.length + " values");
    }
    this.name = name;
    this.look = look;
    this.colour = colour;
    this.x = x;
    this.y = y;
  }

  /** A series of nanoseconds; what one of them and one of its values is on the axes. */
  public static Curve of(
      final String name,
      final Look look,
      final int colour,
      final Samples samples,
      final double xFactor,
      final double yFactor) {
    final double[] x = new double[samples.count()];
    final double[] y = new double[samples.count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = samples.atNs(i) * xFactor;
      y[i] = samples.value(i) * yFactor;
    }
    return new Curve(name, look, colour, x, y);
  }

  String name() {
    return name;
  }

  Look look() {
    return look;
  }

  int colour() {
    return colour % COLOURS;
  }

  int count() {
    return x.length;
  }

  double x(final int index) {
    return x[index];
  }

  double y(final int index) {
    return y[index];
  }

  double largestY() {
    double largest = 0;
    for (final double value : y) {
      largest = Math.max(largest, value);
    }
    return largest;
  }
}
