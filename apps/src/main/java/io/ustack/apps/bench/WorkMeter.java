package io.ustack.apps.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/** Measures the {@link Work} of this process from the moment it is made. */
final class WorkMeter {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final List<GarbageCollectorMXBean> COLLECTORS =
      ManagementFactory.getGarbageCollectorMXBeans();

  /** As the threads of a stack begin. */
  private static final String STACK = "ustack-";

  /** As DPDK calls the threads of its lcores. */
  private static final String LCORE = "(rte|lcore|dpdk)-worker.*";

  private final Map<String, Long> threadsNs = ThreadTimes.now();
  private final long[] working = working();
  private final long collections = collections();
  private final long collectionMs = collectionMs();
  private final long allocatedBytes = sum(THREADS::getThreadAllocatedBytes);
  private final long cpuNs = sum(THREADS::getThreadCpuTime);

  /** The calling thread and those of its stack. */
  private static long[] working() {
    final long self = Thread.currentThread().getId();
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .filter(Objects::nonNull)
        .filter(thread -> thread.getThreadId() == self || isStack(thread))
        .mapToLong(ThreadInfo::getThreadId)
        .toArray();
  }

  private static boolean isStack(final ThreadInfo thread) {
    return thread.getThreadName().startsWith(STACK);
  }

  private long sum(final LongUnaryOperator what) {
    return Arrays.stream(working).map(what).filter(value -> value > 0).sum();
  }

  private static long collections() {
    return COLLECTORS.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
  }

  private static long collectionMs() {
    return COLLECTORS.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum();
  }

  /** Since it was made; by the thread that made it. */
  Work work() {
    final long endCpuNs = sum(THREADS::getThreadCpuTime);
    final long endBytes = sum(THREADS::getThreadAllocatedBytes);
    final long endCollections = collections();
    final long endMs = collectionMs();
    final Map<String, Long> used = new TreeMap<>();
    long ofLcoresNs = 0;
    for (final Map.Entry<String, Long> thread : ThreadTimes.now().entrySet()) {
      final long ns = thread.getValue() - threadsNs.getOrDefault(thread.getKey(), 0L);
      if (ns > 0) {
        used.put(thread.getKey(), ns);
        ofLcoresNs += thread.getKey().matches(LCORE) ? ns : 0;
      }
    }
    return new Work(
        endCpuNs - cpuNs + ofLcoresNs,
        endBytes - allocatedBytes,
        endCollections - collections,
        (endMs - collectionMs) * 1_000_000,
        used);
  }
}
