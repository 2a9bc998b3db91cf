package io.ustack.apps.bench;

import io.ustack.apps.bench.stall.CompilerThreads;
import io.ustack.apps.bench.stall.Stalls;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
 * @param stagesNs time of the stages of the stack's duty cycle, {@link StageMeter}; empty where
 *     nobody asked
 * @param stalls of the thread that serves or asks; none where nobody asked
 */
record Work(
    long cpuNs,
    long allocatedBytes,
    long collections,
    long collectionNs,
    Map<String, Long> threadsNs,
    Map<String, Long> stagesNs,
    Stalls stalls) {
  static final Work NONE = new Work(0, 0, 0, 0, Map.of());

  /** Without stages and stalls. */
  Work(
      final long cpuNs,
      final long allocatedBytes,
      final long collections,
      final long collectionNs,
      final Map<String, Long> threadsNs) {
    this(cpuNs, allocatedBytes, collections, collectionNs, threadsNs, Map.of(), Stalls.NONE);
  }

  /** The same with stages. */
  Work withStages(final Map<String, Long> stages) {
    return new Work(cpuNs, allocatedBytes, collections, collectionNs, threadsNs, stages, stalls);
  }

  /** The same with stalls. */
  Work withStalls(final Stalls those) {
    return new Work(cpuNs, allocatedBytes, collections, collectionNs, threadsNs, stagesNs, those);
  }

  /** Both together. */
  Work plus(final Work other) {
    return new Work(
        cpuNs + other.cpuNs,
        allocatedBytes + other.allocatedBytes,
        collections + other.collections,
        collectionNs + other.collectionNs,
        sum(threadsNs, other.threadsNs),
        sum(stagesNs, other.stagesNs),
        stalls.plus(other.stalls));
  }

  private static Map<String, Long> sum(final Map<String, Long> one, final Map<String, Long> other) {
    final Map<String, Long> both = new TreeMap<>(one);
    other.forEach((name, ns) -> both.merge(name, ns, Long::sum));
    return both;
  }

  /** CPU time of the JIT compilers' threads. */
  long compilerNs() {
    return compilerNs(threadsNs);
  }

  /** Of these threads that of the JIT compilers'. */
  static long compilerNs(final Map<String, Long> threadsNs) {
    return threadsNs.entrySet().stream()
        .filter(thread -> CompilerThreads.isOne(thread.getKey()))
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
        .with("threadsNs", text(threadsNs))
        .with("stagesNs", text(stagesNs))
        .with("stalls", stalls.text());
  }

  private static String text(final Map<String, Long> numbers) {
    return numbers.entrySet().stream()
        .map(number -> number.getKey() + ":" + number.getValue())
        .collect(Collectors.joining(","));
  }

  /** What {@link #fields} has written. */
  static Work of(final Fields fields) {
    return new Work(
        fields.number("cpuNs"),
        fields.number("allocatedBytes"),
        fields.number("collections"),
        fields.number("collectionNs"),
        numbers(fields.text("threadsNs")),
        numbers(fields.text("stagesNs")),
        Stalls.parse(fields.text("stalls")));
  }

  private static Map<String, Long> numbers(final String text) {
    final Map<String, Long> numbers = new TreeMap<>();
    for (final String number : text.split(",", -1)) {
      final int colon = number.lastIndexOf(':');
      if (colon > 0) {
        numbers.put(number.substring(0, colon), Long.parseLong(number.substring(colon + 1)));
      }
    }
    return numbers;
  }
}
