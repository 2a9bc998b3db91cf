package io.ustack.apps.bench;

import io.ustack.posix.Posix;
import io.ustack.time.Clock;
import java.util.Arrays;
import java.util.Locale;

/**
 * What an INLINE epoll echo costs beside the same echo as a callback inside the stack: blocks of
 * both in turn (A B B A), and the median of the ratios of neighbours.
 */
final class EpollCost {
  private static final long BLOCK_NS = 25_000_000;
  private static final int WARM_UP_ROUNDS = 40;

  private final int connections;

  EpollCost(final int connections) {
    this.connections = connections;
  }

  /** Both servers' time per request, the ratio, and the ratio's quartiles. */
  record Result(
      int connections,
      double epollNs,
      double callbackNs,
      double lowerQuartile,
      double median,
      double upperQuartile,
      int blocks) {
    String line() {
      return String.format(
          Locale.ROOT,
          "pipe  epoll-cost, %d connections: epoll %.0f ns, callback %.0f ns of the server per"
              + " request; ratio %.3f (quartiles %.3f, %.3f; %d blocks)",
          connections,
          epollNs,
          callbackNs,
          median,
          lowerQuartile,
          upperQuartile,
          blocks);
    }

    String json() {
      return String.format(
          Locale.ROOT,
          "{\"cell\":\"epoll-cost\",\"wire\":\"pipe\",\"mode\":\"inline\",\"conns\":%d,"
              + "\"serverNsPerOp\":%.1f,\"baseline\":\"callback\",\"baselineNsPerOp\":%.1f,"
              + "\"ratioToBaseline\":%.4f,\"quartiles\":[%.4f,%.4f],\"blocks\":%d}",
          connections,
          epollNs,
          callbackNs,
          median,
          lowerQuartile,
          upperQuartile,
          blocks);
    }
  }

  Result run(final int seconds) {
    try (EchoPair epoll =
            new EchoPair(
                connections,
                stack -> {
                  final BenchService service = new BenchService(Posix.inline(stack, Clock.SYSTEM));
                  return () -> service.step(0);
                });
        EchoPair callback = new EchoPair(connections, stack -> new CallbackEcho(stack)::step)) {
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        epoll.nsPerRequest(BLOCK_NS);
        callback.nsPerRequest(BLOCK_NS);
      }
      return measure(epoll, callback, (int) (seconds * 1_000_000_000L / (4 * BLOCK_NS)));
    }
  }

  private Result measure(final EchoPair epoll, final EchoPair callback, final int rounds) {
    final double[] ofEpoll = new double[2 * rounds];
    final double[] ofCallback = new double[2 * rounds];
    final double[] ratios = new double[2 * rounds];
    for (int i = 0; i < 2 * rounds; i += 2) {
      ofEpoll[i] = epoll.nsPerRequest(BLOCK_NS);
      ofCallback[i] = callback.nsPerRequest(BLOCK_NS);
      ofCallback[i + 1] = callback.nsPerRequest(BLOCK_NS);
      ofEpoll[i + 1] = epoll.nsPerRequest(BLOCK_NS);
    }
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = ofEpoll[i] / ofCallback[i];
    }
    return new Result(
        connections,
        quantile(ofEpoll, 0.5),
        quantile(ofCallback, 0.5),
        quantile(ratios, 0.25),
        quantile(ratios, 0.5),
        quantile(ratios, 0.75),
        4 * rounds);
  }

  private static double quantile(final double[] values, final double q) {
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }
}
