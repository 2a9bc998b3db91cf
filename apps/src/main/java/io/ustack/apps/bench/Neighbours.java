package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
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
  private static final int BUSY_THREADS = 2;

  private volatile boolean working;
  private volatile boolean ended;

  PartResult run(final int seconds, final StopSignal stop) throws CommandFailure {
    final Thread neighbour = new Thread(this::work, "neighbour");
    try (EchoPair pair = pair()) {
      neighbour.start();
      final PairedBlocks blocks =
          PairedBlocks.measure(
              blockNs -> {
                working = true;
                final double ns = cpuNsPerRequest(pair, blockNs);
                working = false;
                return ns;
              },
              blockNs -> cpuNsPerRequest(pair, blockNs),
              BUSY_THREADS,
              seconds,
              stop);
      if (!neighbour.isAlive()) {
        throw new CommandFailure("the neighbour has ended before the measurement");
      }
      return result(blocks);
    } finally {
      ended = true;
    }
  }

  /** CPU time per request with a neighbour and alone. */
  private static PartResult result(final PairedBlocks blocks) {
    final String text =
        String.format(
            Locale.ROOT,
            "pipe  neighbours, %d connections each: %.0f ns of CPU per request beside another"
                + " stack, %.0f ns alone; %s",
            CONNECTIONS,
            blocks.ns(),
            blocks.baselineNs(),
            blocks.line());
    final JsonLine json =
        new JsonLine()
            .text("cell", "neighbours")
            .text("wire", "pipe")
            .text("mode", "inline")
            .whole("conns", CONNECTIONS);
    return PartResult.of(text, blocks.json(json, "cpuNsPerOp", "alone"), blocks.doubts());
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
    return (double) (threads.getCurrentThreadCpuTime() - beginNs) / (pair.requests() - requests);
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
