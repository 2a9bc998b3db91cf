package io.ustack.apps.bench;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * One cell's figures.
 *
 * @param cpuNsPerOp CPU time of the measuring thread per operation; on the pipe that is both ends
 *     together
 * @param bytesAllocatedPerOp heap bytes that the measuring thread allocated per operation
 * @param p50Us median latency in microseconds, 0 where latency is not measured
 */
record CellResult(
    Cell cell,
    String wire,
    double opsPerSec,
    double cpuNsPerOp,
    double bytesAllocatedPerOp,
    double p50Us,
    double p99Us) {

  static CellResult of(
      final Cell cell,
      final String wire,
      final long operations,
      final long elapsedNs,
      final long cpuNs,
      final long allocatedBytes,
      final Load load) {
    final double perOp = Math.max(1, operations);
    double p50 = 0;
    double p99 = 0;
    if (load instanceof RequestLoad requests) {
      final Histogram latency = requests.latency();
      p50 = latency.getValueAtPercentile(50) / 1e3;
      p99 = latency.getValueAtPercentile(99) / 1e3;
    }
    return new CellResult(
        cell, wire, operations * 1e9 / elapsedNs, cpuNs / perOp, allocatedBytes / perOp, p50, p99);
  }

  /** One readable line. */
  String line() {
    if (cell == Cell.BULK) {
      return String.format(
          Locale.ROOT,
          "%-5s %-6s %8.2f Gbit/s  %6.3f ns CPU/byte  %8.4f bytes allocated/kB",
          wire,
          cell,
          opsPerSec * 8 / 1e9,
          cpuNsPerOp,
          bytesAllocatedPerOp * 1000);
    }
    return String.format(
        Locale.ROOT,
        "%-5s %-6s %10.0f %s/s  %7.0f ns CPU/op  %8.3f bytes allocated/op%s",
        wire,
        cell,
        opsPerSec,
        cell.unit(),
        cpuNsPerOp,
        bytesAllocatedPerOp,
        p50Us == 0 ? "" : String.format(Locale.ROOT, "  p50 %.1f us  p99 %.1f us", p50Us, p99Us));
  }

  /** One JSON object on one line. */
  String json() {
    return String.format(
        Locale.ROOT,
        "{\"cell\":\"%s\",\"wire\":\"%s\",\"mode\":\"inline\",\"opsPerSec\":%.1f,\"gbitPerSec\":%.3f,"
            + "\"p50Us\":%.3f,\"p99Us\":%.3f,\"cpuNsPerOp\":%.3f,\"bytesAllocatedPerOp\":%.4f}",
        cell,
        wire,
        opsPerSec,
        cell == Cell.BULK ? opsPerSec * 8 / 1e9 : 0,
        p50Us,
        p99Us,
        cpuNsPerOp,
        bytesAllocatedPerOp);
  }
}
