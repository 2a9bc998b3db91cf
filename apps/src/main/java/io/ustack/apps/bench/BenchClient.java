package io.ustack.apps.bench;

import com.sun.management.ThreadMXBean;
import io.ustack.dpdk.DpdkException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** The process with the load generator's end of the memif. */
public final class BenchClient {
  private static final long OPEN_LIMIT_NS = 20_000_000_000L;

  private BenchClient() {}

  /** {@code BenchClient SOCKET SECONDS json|text CELL...}; one line per cell on standard output. */
  public static void main(final String[] arguments) {
    BenchProcess.run(() -> measure(arguments));
  }

  private static void measure(final String[] arguments) throws DpdkException {
    final int seconds = Integer.parseInt(arguments[1]);
    final boolean json = arguments[2].equals("json");
    try (MemifEnd end = MemifEnd.open("client", arguments[0], MemifEnd.CLIENT_ADDRESS)) {
      for (int i = 3; i < arguments.length; i++) {
        final Cell cell = Cell.valueOf(arguments[i].toUpperCase(Locale.ROOT));
        final CellResult result = run(cell, end, seconds);
        System.out.println(json ? result.json() : result.line());
      }
    }
  }

  private static CellResult run(final Cell cell, final MemifEnd end, final int seconds) {
    final Load load = cell.load(end.posix(), MemifEnd.SERVER_ADDRESS);
    load.open();
    final long openedBy = System.nanoTime() + OPEN_LIMIT_NS;
    while (!load.isOpen()) {
      load.step(0);
      if (System.nanoTime() - openedBy > 0) {
        throw new IllegalStateException(cell + ": the connections do not open");
      }
    }
    runFor(load, Math.max(2, seconds / 2));
    if (load instanceof RequestLoad requests) {
      requests.resetLatency();
    }
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long self = Thread.currentThread().getId();
    final long allocatedBefore = threads.getThreadAllocatedBytes(self);
    final long cpuBefore = threads.getThreadCpuTime(self);
    final long operationsBefore = load.operations();
    final long startNs = System.nanoTime();
    runFor(load, seconds);
    final long elapsedNs = System.nanoTime() - startNs;
    final CellResult result =
        CellResult.of(
            cell,
            "memif",
            load.operations() - operationsBefore,
            elapsedNs,
            threads.getThreadCpuTime(self) - cpuBefore,
            threads.getThreadAllocatedBytes(self) - allocatedBefore,
            load);
    load.close();
    return result;
  }

  private static void runFor(final Load load, final int seconds) {
    final long endNs = System.nanoTime() + seconds * 1_000_000_000L;
    do {
      for (int i = 0; i < 1000; i++) {
        load.step(0);
      }
    } while (System.nanoTime() - endNs < 0);
  }
}
