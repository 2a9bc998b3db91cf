package io.ustack.apps.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** CPU time and heap that the calling thread has used since the last look. */
final class ThreadCost {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final long thread = Thread.currentThread().getId();
  private long cpuNs = THREADS.getThreadCpuTime(thread);
  private long allocatedBytes = THREADS.getThreadAllocatedBytes(thread);

  /** Nanoseconds since it was made. */
  long cpuNs() {
    return THREADS.getThreadCpuTime(thread) - cpuNs;
  }

  /** Bytes since it was made. */
  long allocatedBytes() {
    return THREADS.getThreadAllocatedBytes(thread) - allocatedBytes;
  }
}
