package io.ustack.apps.bench;

import io.ustack.apps.plot.Bar;
import io.ustack.apps.plot.BarChart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Results as bars: the ratio to a baseline with its quartiles, and beside it what it is of. */
final class BenchChart {
  private static final String ALONE = "without a baseline";

  private final Map<String, List<Bar>> groups = new LinkedHashMap<>();
  private String jdk = "";

  /** Adds one; those with the same baseline come together. */
  void add(final Result result) {
    if (result instanceof CellResult cell) {
      final CellResult.Baseline baseline = cell.baseline();
      jdk = cell.subject().jdk();
      final boolean alone = baseline == null;
      group(baseline == null ? ALONE : "times " + baseline.name())
          .add(
              new Bar(
                  label(cell.subject()),
                  alone ? Double.NaN : cell.ratio(),
                  cell.lowerQuartile(),
                  cell.upperQuartile(),
                  figure(cell),
                  !cell.isTrusted()));
    } else if (result instanceof IdleResult idle) {
      final boolean alone = idle.baseline() == null;
      group(alone ? ALONE : "bytes, times " + idle.baseline())
          .add(
              new Bar(
                  label(idle.subject()),
                  alone ? Double.NaN : idle.ratio(),
                  idle.ratio(),
                  idle.ratio(),
                  String.format(Locale.ROOT, "%.0f bytes per end", idle.bytesPerEnd()),
                  !idle.isTrusted()));
    }
  }

  private List<Bar> group(final String title) {
    return groups.computeIfAbsent(title, unused -> new ArrayList<>());
  }

  private static String label(final Subject subject) {
    return subject.wire() + " " + subject.cell();
  }

  private static String figure(final CellResult result) {
    final StringBuilder words = new StringBuilder();
    if (result.baseline() != null) {
      words.append(String.format(Locale.ROOT, "%.2f x: ", result.ratio()));
    }
    if (result.cell().kind().isBulk()) {
      words.append(String.format(Locale.ROOT, "%.2f Gbit/s", result.gbitPerSec()));
    } else {
      words.append(
          String.format(
              Locale.ROOT, "%,.0f %s/s", result.opsPerSec(), result.cell().kind().unit()));
    }
    final Histogram latency = result.latency();
    if (latency.getTotalCount() > 0) {
      words.append(
          String.format(
              Locale.ROOT,
              ", p50 %.1f us, p99 %.1f us",
              CellResult.us(latency, 50),
              CellResult.us(latency, 99)));
    }
    return words.toString();
  }

  /** The whole file. */
  String svg() {
    final List<BarChart.Group> all = new ArrayList<>();
    groups.forEach(
        (title, bars) ->
            all.add(new BarChart.Group(title, title.equals(ALONE) ? Double.NaN : 1, bars)));
    return new BarChart(
            "ustack bench",
            "JDK "
                + jdk
                + ". Bars: median of the ratios of neighbouring blocks; whiskers: their quartiles;"
                + " red: something speaks against it",
            all)
        .svg();
  }
}
