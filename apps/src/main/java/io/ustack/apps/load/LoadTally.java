package io.ustack.apps.load;

import io.ustack.apps.measure.JsonLine;
import io.ustack.ipv4.Ipv4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** What came of a load. */
public final class LoadTally {
  private static final long LONGEST_NS = 1_000_000_000_000L;

  private final Histogram latency = new Histogram(1, LONGEST_NS, 3);
  private final Map<String, Long> failures = new TreeMap<>();
  private long successes;
  private long bytes;
  private long unsent;
  private long elapsedNs;

  /** Why not to trust the figures, each once. */
  private final Set<String> doubts = new LinkedHashSet<>();

  /** A request was answered, so long after it was begun, or due. */
  void succeeded(final long latencyNs) {
    successes++;
    latency.recordValue(Math.min(LONGEST_NS, Math.max(1, latencyNs)));
  }

  /**
   * A request came to nothing; or a connection that had none, in whose place one could have begun.
   */
  void failed(final String why) {
    failures.merge(why, 1L, Long::sum);
  }

  /** A stream moved. */
  void moved(final int count) {
    bytes += count;
  }

  /** The end: so long after the beginning, and with requests that were due and never begun. */
  void ended(final long afterNs, final long neverBegun) {
    elapsedNs = afterNs;
    unsent = neverBegun;
  }

  /** These speak against its figures. */
  public void doubted(final Collection<String> why) {
    doubts.addAll(why);
  }

  /** Adds what came of another thread's part of the same load. */
  public void add(final LoadTally other) {
    latency.add(other.latency);
    other.failures.forEach((why, count) -> failures.merge(why, count, Long::sum));
    successes += other.successes;
    bytes += other.bytes;
    unsent += other.unsent;
    doubts.addAll(other.doubts);
    elapsedNs = Math.max(elapsedNs, other.elapsedNs);
  }

  /** Requests that were answered. */
  public long successes() {
    return successes;
  }

  /** Requests and attempts to connect that came to nothing. */
  public long failures() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Bytes of streams: of those to the server what it has acknowledged, of one that failed as far as
   * was known when it sent last.
   */
  public long bytes() {
    return bytes;
  }

  /** Requests that were due and never begun: the server does not keep up with the rate. */
  public long unsent() {
    return unsent;
  }

  /** Whether all that was begun went well, and that was something. */
  public boolean isGood() {
    return failures.isEmpty() && unsent == 0 && successes + bytes > 0;
  }

  private double seconds() {
    return Math.max(1, elapsedNs) / 1e9;
  }

  /** Latency in microseconds; NaN, which is null in JSON, without any. */
  double us(final double percentile) {
    return successes == 0 ? Double.NaN : latency.getValueAtPercentile(percentile) / 1e3;
  }

  /** One readable line; the same words in the same order, whatever happened. */
  public String line(final boolean stream) {
    final String done =
        stream
            ? String.format(
                Locale.ROOT,
                "bytes %d, failed %d, time %.3f s, %.3f Gbit/s",
                bytes,
                failures(),
                seconds(),
                bytes * 8 / seconds() / 1e9)
            : String.format(
                Locale.ROOT,
                "success %d, failed %d, time %.3f s, qps %.0f; latency p50 %.1f us, p99 %.1f us,"
                    + " p99.9 %.1f us, max %.1f us",
                successes,
                failures(),
                seconds(),
                successes / seconds(),
                us(50),
                us(99),
                us(99.9),
                us(100));
    final String late =
        unsent == 0 ? "" : "; NOT BEGUN " + unsent + ": the server does not keep up with the rate";
    return done + late + why() + marks();
  }

  private String marks() {
    return doubts().isEmpty() ? "" : "  NOT TRUSTED: " + String.join("; ", doubts());
  }

  private List<String> doubts() {
    final List<String> all = new ArrayList<>(doubts);
    if (successes + bytes == 0 && failures.isEmpty()) {
      all.add(0, "nothing came of it");
    }
    return all;
  }

  private String why() {
    return failures.isEmpty()
        ? ""
        : failures.entrySet().stream()
            .map(failure -> failure.getValue() + " x " + failure.getKey())
            .collect(Collectors.joining(", ", " (failed: ", ")"));
  }

  /** One JSON object on one line: what came of that plan. */
  public String json(final LoadPlan plan) {
    final Map<String, Double> reasons = new TreeMap<>();
    failures.forEach((why, count) -> reasons.put(why, count.doubleValue()));
    return new JsonLine()
        .whole("success", successes)
        .whole("failed", failures())
        .whole("notBegun", unsent)
        .whole("bytes", bytes)
        .number("timeSec", seconds(), 6)
        .number("qps", successes / seconds(), 1)
        .number("gbitPerSec", bytes * 8 / seconds() / 1e9, 4)
        .number("p50Us", us(50), 3)
        .number("p99Us", us(99), 3)
        .number("p999Us", us(99.9), 3)
        .number("maxUs", us(100), 3)
        .text("kind", plan.kind().label())
        .text("server", Ipv4Address.format(plan.address()) + ":" + plan.port())
        .numbers("failures", reasons, 0)
        .flag("trusted", doubts().isEmpty())
        .texts("doubts", doubts())
        .toString();
  }
}
