package io.ustack.dpdk;

import java.util.List;

/** Turns an errno and DPDK's log into one line that says what to do. */
final class EalFailure {
  private EalFailure() {}

  static DpdkException explain(final int errno, final List<String> arguments, final String log) {
    return new DpdkException(
        "DPDK did not start (errno " + errno + ") with " + arguments + ": " + lastLine(log), log);
  }

  static DpdkException portNotFound(final String name, final List<String> names, final String log) {
    final String found =
        names.isEmpty() ? "DPDK found none" : "there are " + String.join(", ", names);
    return new DpdkException(
        "no port " + name + ": " + found + "; name it with --vdev=" + name + " or -a", log);
  }

  /** " (errno 95, not supported)". */
  static String reason(final int errno) {
    return " (errno " + errno + ")";
  }

  private static String lastLine(final String log) {
    final String trimmed = log.strip();
    return trimmed.substring(trimmed.lastIndexOf('\n') + 1);
  }
}
