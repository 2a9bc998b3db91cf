package io.ustack.apps.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The CPU time so far of each thread of this process, by the name that the kernel has for it, in
 * nanoseconds: Java's threads, the compiler's, the collector's and DPDK's. Threads of one name are
 * added up. Empty where the kernel keeps no such account.
 */
final class ThreadTimes {
  private static final Path TASKS = Path.of("/proc/self/task");

  private ThreadTimes() {}

  static Map<String, Long> now() {
    final Map<String, Long> times = new TreeMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (final Path task : tasks) {
        add(task, times);
      }
    } catch (final IOException e) {
      return Map.of();
    }
    return times;
  }

  private static void add(final Path task, final Map<String, Long> times) {
    try {
      final String name = Files.readString(task.resolve("comm")).strip();
      final String time = Files.readString(task.resolve("schedstat")).split(" ", -1)[0];
      times.merge(name.replaceAll("[^A-Za-z0-9._#/-]", "_"), Long.parseLong(time), Long::sum);
    } catch (final IOException e) {
      // It has ended, or there is no such account.
    }
  }
}
