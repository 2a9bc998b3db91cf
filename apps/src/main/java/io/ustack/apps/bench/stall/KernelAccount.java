package io.ustack.apps.bench.stall;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * What the kernel knows of a thread, and of those that may take its processor, up to the last look.
 * Looks allocate nothing and take 10 us or more. The thread's own; 0 where the kernel does not say.
 */
final class KernelAccount {
  private final LongSupplier ownNs;
  private final ProcNumbers schedule;
  private final CompilerThreads compilers;
  private long cpuNs;
  private long compilerNs;

  private KernelAccount(final LongSupplier ownNs, final Path proc) {
    this.ownNs = ownNs;
    schedule = ProcNumbers.open(proc.resolve("thread-self").resolve("schedstat"));
    compilers = new CompilerThreads(proc.resolve("self").resolve("task"));
  }

  /** Of the calling thread. */
  static KernelAccount own() {
    final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return of(threads::getCurrentThreadCpuTime, Path.of("/proc"));
  }

  /**
   * Of a thread.
   *
   * @param ownNs its CPU time so far, which the kernel keeps more exactly than {@code proc} says
   * @param proc as Linux has it
   */
  static KernelAccount of(final LongSupplier ownNs, final Path proc) {
    return new KernelAccount(ownNs, proc);
  }

  /** Looks who compiles now; this allocates. */
  void findCompilers() {
    compilers.find();
  }

  /** Looks at everything. */
  void read() {
    cpuNs = ownNs.getAsLong();
    schedule.read();
    compilerNs = compilers.cpuNs();
  }

  /** CPU time of the thread. */
  long cpuNs() {
    return cpuNs;
  }

  /**
   * Whether the kernel counts what follows. One that does has put the thread on a processor once at
   * the least: it runs.
   */
  boolean knowsSchedule() {
    return schedule.number(2) > 0;
  }

  /** How long it could have run and waited for a processor. */
  long delayNs() {
    return schedule.number(1);
  }

  /** How often it was put on a processor. */
  long switches() {
    return schedule.number(2);
  }

  /** CPU time of the JIT compilers of its process. */
  long compilerNs() {
    return compilerNs;
  }
}
