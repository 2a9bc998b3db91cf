package io.ustack.apps.bench;

import io.ustack.apps.plot.Bar;
import io.ustack.apps.plot.BarChart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an operation costs by how many of something there are: bars of CPU time, those of one kind
 * under each other, so that one sees whether they grow.
 */
final class GrowthChart {
  private final Map<String, List<Bar>> groups = new LinkedHashMap<>();
  private String jdk = "";

  /** Adds a cell; what has no cost of an operation is left out. */
  void add(final Result result) {
    if (result instanceof CellResult cell) {
      jdk = cell.subject().jdk();
      groups.computeIfAbsent(title(cell), unused -> new ArrayList<>()).add(bar(cell));
    }
  }

  private static String title(final CellResult result) {
    final Cell.Kind kind = result.cell().kind();
    return "%s, %s: CPU ns per %s by how many %s there are"
        .formatted(result.subject().wire(), kind.label(), singular(kind.unit()), kind.grows());
  }

  private static String singular(final String unit) {
    return unit.substring(0, unit.length() - 1);
  }

  /** Beside a baseline the quartiles are those of the ratio, which say nothing of the cost. */
  private static Bar bar(final CellResult result) {
    final double cost = result.cpuNsPerOp();
    final boolean alone = result.baseline() == null;
    return new Bar(
        String.format(Locale.ROOT, "%,d", result.cell().size()),
        cost,
        alone ? cost / result.upperQuartile() : cost,
        alone ? cost / result.lowerQuartile() : cost,
        String.format(Locale.ROOT, "%,.0f ns, %,.0f %s/s", cost, result.opsPerSec(), unit(result)),
        !result.isTrusted());
  }

  private static String unit(final CellResult result) {
    return result.cell().kind().unit();
  }

  /** The whole file. */
  String svg() {
    final List<BarChart.Group> all = new ArrayList<>();
    groups.forEach((title, bars) -> all.add(new BarChart.Group(title, Double.NaN, bars)));
    return new BarChart(
            "ustack bench --grow",
            "JDK "
                + jdk
                + ". Bars: CPU of both ends per operation; whiskers: quartiles of the rate;"
                + " red: something speaks against it",
            all)
        .svg();
  }
}
