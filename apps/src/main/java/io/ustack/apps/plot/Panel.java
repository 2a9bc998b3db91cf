package io.ustack.apps.plot;

import java.util.List;

/**
 * Curves over one another.
 *
 * @param title what is shown
 * @param unit of the values, as {@code kB}
 */
public record Panel(String title, String unit, List<Curve> curves) {
  double largestY() {
    return curves.stream().mapToDouble(Curve::largestY).max().orElse(0);
  }
}
