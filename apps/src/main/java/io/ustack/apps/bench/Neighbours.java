package io.ustack.apps.bench;

import io.ustack.posix.Posix;
import io.ustack.time.Clock;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/**
 * What a request costs while another stack works on another core, beside the same alone: stacks
 * that write to common cache lines would slow each other down. CPU time of the thread, which has
 * client and server in lockstep over the pipe.
 */
final class Neighbours {
  private static final int CONNECTIONS = 64;

  private volatile boolean working;
  private volatile boolean ended;

  /** CPU time per request with a neighbour and alone. */
  record Result(PairedBlocks blocks) {
    String line() {
      return String.format(
          Locale.ROOT,
          "pipe  neighbours, %d connections each: %.0f ns of CPU per request beside another stack,"
              + " %.0f ns alone; %s",
          CONNECTIONS,
          blocks.ns(),
          blocks.baselineNs(),
          blocks.line());
    }

    String json() {
      return "{\"cell\":\"neighbours\",\"wire\":\"pipe\",\"mode\":\"inline\",\"conns\":"
          + CONNECTIONS
          + ","
          + blocks.json("cpuNsPerOp", "alone")
          + "}";
    }
  }

  Result run(final int seconds) {
    final Thread neighbour = new Thread(this::work, "neighbour");
    try (EchoPair pair = pair()) {
      neighbour.start();
      return new Result(
          PairedBlocks.measure(
              blockNs -> {
                working = true;
                final double ns = cpuNsPerRequest(pair, blockNs);
                working = false;
                return ns;
              },
              blockNs -> cpuNsPerRequest(pair, blockNs),
              seconds));
    } finally {
      ended = true;
    }
  }

  private static EchoPair pair() {
    return new EchoPair(
        CONNECTIONS,
        stack -> {
          final BenchService service =
              new BenchService(new PosixSockets(Posix.inline(stack, Clock.SYSTEM), 0));
          return () -> service.step(0);
        });
  }

  private static double cpuNsPerRequest(final EchoPair pair, final long blockNs) {
    final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    final long requests = pair.requests();
    final long beginNs = threads.getCurrentThreadCpuTime();
    pair.nsPerRequest(blockNs);
    return (double) (threads.getCurrentThreadCpuTime() - beginNs)
        / Math.max(1, pair.requests() - requests);
  }

  private void work() {
    try (EchoPair pair = pair()) {
      while (!ended) {
        if (working) {
          pair.nsPerRequest(1_000_000);
        } else {
          Thread.onSpinWait();
        }
      }
    }
  }
}
