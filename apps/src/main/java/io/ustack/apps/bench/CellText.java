package io.ustack.apps.bench;

import io.ustack.apps.bench.stall.StallTable;
import io.ustack.apps.bench.stall.StallWatch;
import io.ustack.apps.measure.JsonLine;
import io.ustack.stack.StageTimes.Stage;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** How a {@link CellResult} reads: for people, and for programs. */
final class CellText {
  /** In the order of {@link CellResult#stalls}. */
  private static final List<String> ENDS = List.of("server", "client");

  private CellText() {}

  static String line(final CellResult result) {
    final StringBuilder line = new StringBuilder(result.marked(figures(result)));
    account(line, "server", result.perOp(result.work().stagesNs()));
    account(line, "client", result.perOp(result.clientWork().stagesNs()));
    for (int i = 0; i < result.stalls().size(); i++) {
      line.append(
          format(
              "%n      stalls of more than %d us at the %s:%s",
              StallWatch.LIMIT_NS / 1000, ENDS.get(i), result.stalls().get(i).text()));
    }
    return line.toString();
  }

  private static String figures(final CellResult result) {
    final StringBuilder line = new StringBuilder();
    line.append(format("%-5s %-17s ", result.subject().wire(), result.cell()));
    if (result.cell().kind().isBulk()) {
      line.append(
          format(
              "%8.2f Gbit/s  %6.3f ns CPU/byte  %8.4f bytes allocated/kB",
              result.gbitPerSec(), result.cpuNsPerOp(), result.bytesAllocatedPerOp() * 1000));
    } else if (result.cell().kind() == Cell.Kind.FORWARD) {
      line.append(
          format(
              "%8.2f million frames/s  %.1f ns CPU/frame  %.4f bytes allocated/frame",
              result.opsPerSec() / 1e6, result.cpuNsPerOp(), result.bytesAllocatedPerOp()));
    } else {
      line.append(
          format(
              "%10.0f %s/s  %7.0f ns CPU/op  %8.3f bytes allocated/op",
              result.opsPerSec(),
              result.cell().kind().unit(),
              result.cpuNsPerOp(),
              result.bytesAllocatedPerOp()));
    }
    if (result.latency().getTotalCount() > 0) {
      line.append(latency(result.latency()));
    }
    final long collections = result.work().collections() + result.clientWork().collections();
    if (collections > 0) {
      line.append(format("  %d collections, %.0f ms", collections, collectionMs(result)));
    }
    final CellResult.Baseline baseline = result.baseline();
    if (baseline != null) {
      line.append(
          format(
              "  %.2f x %s (%.2f, %.2f)",
              result.ratio(), baseline.name(), result.lowerQuartile(), result.upperQuartile()));
    }
    for (final String note : result.subject().notes()) {
      line.append("  [").append(note).append(']');
    }
    return line.toString();
  }

  /** A line of its own: the stages in their order. */
  private static void account(
      final StringBuilder line, final String end, final Map<String, Double> stages) {
    if (stages.isEmpty()) {
      return;
    }
    line.append(format("%n      ns/op at the %s:", end));
    for (final Stage stage : Stage.values()) {
      final String name = stage.name().toLowerCase(Locale.ROOT);
      line.append(format("  %s %.1f", name, stages.getOrDefault(name, 0.0)));
    }
    line.append(format("  %s %.1f", StageMeter.IDLE, stages.getOrDefault(StageMeter.IDLE, 0.0)));
  }

  private static String latency(final Histogram latency) {
    return format(
        "  p50 %.1f us  p99 %.1f us  p99.9 %.1f us  max %.0f us",
        CellResult.us(latency, 50),
        CellResult.us(latency, 99),
        CellResult.us(latency, 99.9),
        CellResult.us(latency, 100));
  }

  private static double collectionMs(final CellResult result) {
    return (result.work().collectionNs() + result.clientWork().collectionNs()) / 1e6;
  }

  static String json(final CellResult result) {
    final Subject subject = result.subject();
    final JsonLine json = new JsonLine();
    json.text("cell", subject.cell().toString())
        .text("wire", subject.wire())
        .text("mode", subject.mode())
        .whole("conns", subject.cell().connections())
        .whole("bystanders", subject.cell().bystanders())
        .number("loss", subject.cell().lossy() ? PipeEnds.LOSS : 0, 3)
        .whole("ratePerSec", subject.cell().ratePerSec())
        .number("opsPerSec", result.opsPerSec(), 1)
        .number("gbitPerSec", result.gbitPerSec(), 3)
        .number("p50Us", CellResult.us(result.latency(), 50), 3)
        .number("p99Us", CellResult.us(result.latency(), 99), 3)
        .number("p999Us", CellResult.us(result.latency(), 99.9), 3)
        .number("maxUs", CellResult.us(result.latency(), 100), 3)
        .whole("unanswered", result.unanswered())
        .number("cpuNsPerOp", result.cpuNsPerOp(), 3)
        .number("clientCpuNsPerOp", result.clientCpuNsPerOp(), 3)
        .number("bytesAllocatedPerOp", result.bytesAllocatedPerOp(), 4);
    baseline(json, result);
    json.pair("quartiles", result.lowerQuartile(), result.upperQuartile(), 4)
        .whole("blocks", result.blocks())
        .whole("gcCount", result.work().collections())
        .number("gcMs", result.work().collectionNs() / 1e6, 0)
        .whole("clientGcCount", result.clientWork().collections())
        .number("clientGcMs", result.clientWork().collectionNs() / 1e6, 0)
        .numbers("threadCpuMs", milliseconds(result.work()), 1)
        .numbers("clientThreadCpuMs", milliseconds(result.clientWork()), 1)
        .numbers("stageNsPerOp", result.perOp(result.work().stagesNs()), 2)
        .numbers("clientStageNsPerOp", result.perOp(result.clientWork().stagesNs()), 2);
    stalls(json, result);
    json.text("transport", subject.transport().isEmpty() ? null : subject.transport())
        .text("jdk", subject.jdk())
        .texts("notes", subject.notes())
        .flag("trusted", result.isTrusted())
        .texts("doubts", result.doubts());
    return json.toString();
  }

  /** Where somebody has looked for them. */
  private static void stalls(final JsonLine json, final CellResult result) {
    if (!result.stalls().isEmpty()) {
      final StallTable server = result.stalls().get(0);
      final StallTable client = result.stalls().get(1);
      json.objects("stalls", byCause(server))
          .whole("stallsNotKept", server.more())
          .objects("clientStalls", byCause(client))
          .whole("clientStallsNotKept", client.more());
    }
  }

  private static Map<String, JsonLine> byCause(final StallTable table) {
    final Map<String, JsonLine> stalls = new TreeMap<>();
    table.sums().forEach((cause, sum) -> stalls.put(cause, json(sum)));
    return stalls;
  }

  private static JsonLine json(final StallTable.Sum sum) {
    return new JsonLine()
        .whole("count", sum.count())
        .number("totalUs", sum.totalNs() / 1e3, 1)
        .number("longestUs", sum.longestNs() / 1e3, 1);
  }

  private static void baseline(final JsonLine json, final CellResult result) {
    final CellResult.Baseline baseline = result.baseline();
    if (baseline == null) {
      json.none("baseline").none("ratioToBaseline");
    } else {
      json.text("baseline", baseline.name())
          .number("ratioToBaseline", result.ratio(), 4)
          .number("baselineOpsPerSec", baseline.opsPerSec(), 1)
          .number("baselineP50Us", CellResult.us(baseline.latency(), 50), 3)
          .number("baselineP99Us", CellResult.us(baseline.latency(), 99), 3)
          .number("baselineP999Us", CellResult.us(baseline.latency(), 99.9), 3)
          .number("baselineMaxUs", CellResult.us(baseline.latency(), 100), 3)
          .number("baselineCpuNsPerOp", baseline.cpuNsPerOp(), 3);
    }
  }

  private static Map<String, Double> milliseconds(final Work work) {
    final Map<String, Double> threads = new TreeMap<>();
    work.threadsNs().forEach((name, ns) -> threads.put(name, ns / 1e6));
    return threads;
  }

  private static String format(final String format, final Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
