package io.ustack.apps.bench;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The CPU time so far of each thread of a process, by the name that the kernel has for it, in
 * nanoseconds: Java's threads, the compiler's, the collector's and DPDK's. Threads of one name are
 * added up. Empty where the kernel keeps no such account.
 */
final class ThreadTimes {
  private ThreadTimes() {}

  /** Of this process. */
  static Map<String, Long> now() {
    return of(Path.of("/proc/self/task"));
  }

  /** Of that process; empty when there is none any more. */
  static Map<String, Long> of(final long pid) {
    return of(Path.of("/proc", Long.toString(pid), "task"));
  }

  private static Map<String, Long> of(final Path directory) {
    final Map<String, Long> times = new TreeMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(directory)) {
      for (final Path task : tasks) {
        add(task, times);
      }
    } catch (final IOException | DirectoryIteratorException e) {
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
