package io.ustack.apps.measure;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * How long the thread that makes it, and those of stacks, wait for a processor from then on
 * although they could run: somebody else has it. Of the process's other threads, the JVM's, nothing
 * is said.
 */
public final class ProcessorWait {
  private static final Path THREADS = Path.of("/proc/self/task");

  /** As the threads of a stack begin. */
  private static final String STACK = "ustack-";

  private final String self = self();
  private final long beginNs = System.nanoTime();
  private final Map<String, Long> before = now();

  /** The share of the time since, of who waited longest; 0 where the kernel keeps no account. */
  public double share() {
    long most = 0;
    for (final Map.Entry<String, Long> thread : now().entrySet()) {
      most = Math.max(most, thread.getValue() - before.getOrDefault(thread.getKey(), 0L));
    }
    return most / (double) Math.max(1, System.nanoTime() - beginNs);
  }

  private static String self() {
    try {
      return last(Path.of("/proc/thread-self").toRealPath());
    } catch (final IOException e) {
      return ""; // not Linux
    }
  }

  private static String last(final Path path) {
    return path.toString().substring(path.toString().lastIndexOf('/') + 1);
  }

  /** In nanoseconds so far, by thread. */
  private Map<String, Long> now() {
    final Map<String, Long> waits = new HashMap<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (final Path thread : threads) {
        add(thread, waits);
      }
    } catch (final IOException | DirectoryIteratorException e) {
      return Map.of();
    }
    return waits;
  }

  private void add(final Path thread, final Map<String, Long> waits) {
    try {
      final String id = last(thread);
      if (id.equals(self) || Files.readString(thread.resolve("comm")).startsWith(STACK)) {
        final String account = Files.readString(thread.resolve("schedstat"));
        waits.put(id, Long.parseLong(account.split(" ", -1)[1]));
      }
    } catch (final IOException e) {
      // It has ended, or there is no such account.
    }
  }
}
