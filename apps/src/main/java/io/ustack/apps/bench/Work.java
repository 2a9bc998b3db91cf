package io.ustack.apps.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a process used while a block ran.
 *
 * @param cpuNs CPU time of the threads that serve or ask, and of those that run their stack and its
 *     port
 * @param allocatedBytes heap that those threads allocated
 * @param collections of garbage in this process
 * @param collectionNs how long they took, in whole milliseconds
 * @param threadsNs CPU time of every thread of the process that used some, by name; those of one
 *     name together; empty where the kernel does not say
 */
record Work(
    long cpuNs,
    long allocatedBytes,
    long collections,
    long collectionNs,
    Map<String, Long> threadsNs) {
  /** As the kernel knows HotSpot's: a name there has fifteen letters. */
  private static final Pattern COMPILER = Pattern.compile("C[12]_CompilerThre");

  static final Work NONE = new Work(0, 0, 0, 0, Map.of());

  /** Both together. */
  Work plus(final Work other) {
    final Map<String, Long> threads = new TreeMap<>(threadsNs);
    other.threadsNs.forEach((name, ns) -> threads.merge(name, ns, Long::sum));
    return new Work(
        cpuNs + other.cpuNs,
        allocatedBytes + other.allocatedBytes,
        collections + other.collections,
        collectionNs + other.collectionNs,
        threads);
  }

  /** CPU time of the JIT compilers' threads. */
  long compilerNs() {
    return threadsNs.entrySet().stream()
        .filter(thread -> COMPILER.matcher(thread.getKey()).matches())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  static Work sum(final List<Work> works) {
    return works.stream().reduce(NONE, Work::plus);
  }

  Fields fields() {
    return new Fields()
        .with("cpuNs", cpuNs)
        .with("allocatedBytes", allocatedBytes)
        .with("collections", collections)
        .with("collectionNs", collectionNs)
        .with(
            "threadsNs",
            threadsNs.entrySet().stream()
                .map(thread -> thread.getKey() + ":" + thread.getValue())
                .collect(Collectors.joining(",")));
  }

  /** What {@link #fields} has written. */
  static Work of(final Fields fields) {
    final Map<String, Long> threads = new TreeMap<>();
    for (final String thread : fields.text("threadsNs").split(",", -1)) {
      final int colon = thread.lastIndexOf(':');
      if (colon > 0) {
        threads.put(thread.substring(0, colon), Long.parseLong(thread.substring(colon + 1)));
      }
    }
    return new Work(
        fields.number("cpuNs"),
        fields.number("allocatedBytes"),
        fields.number("collections"),
        fields.number("collectionNs"),
        threads);
  }
}
