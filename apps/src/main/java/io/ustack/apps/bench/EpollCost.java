package io.ustack.apps.bench;

import io.ustack.posix.Posix;
import io.ustack.time.Clock;
import java.util.Locale;

/**
 * What an INLINE epoll echo costs beside the same echo as a callback inside the stack: blocks of
 * both in turn (A B B A), and the median of the ratios of neighbours.
 */
final class EpollCost {
  private final int connections;

  EpollCost(final int connections) {
    this.connections = connections;
  }

  /** Both servers' time per request, the ratio, and the ratio's quartiles. */
  record Result(int connections, PairedBlocks blocks) {
    String line() {
      return String.format(
          Locale.ROOT,
          "pipe  epoll-cost, %d connections: epoll %.0f ns, callback %.0f ns of the server per"
              + " request; %s",
          connections,
          blocks.ns(),
          blocks.baselineNs(),
          blocks.line());
    }

    String json() {
      return "{\"cell\":\"epoll-cost\",\"wire\":\"pipe\",\"mode\":\"inline\",\"conns\":"
          + connections
          + ","
          + blocks.json("serverNsPerOp", "callback")
          + "}";
    }
  }

  Result run(final int seconds) {
    try (EchoPair epoll =
            new EchoPair(
                connections,
                stack -> {
                  final BenchService service =
                      new BenchService(new PosixSockets(Posix.inline(stack, Clock.SYSTEM), 0));
                  return () -> service.step(0);
                });
        EchoPair callback = new EchoPair(connections, stack -> new CallbackEcho(stack)::step)) {
      return new Result(
          connections, PairedBlocks.measure(epoll::nsPerRequest, callback::nsPerRequest, seconds));
    }
  }
}
