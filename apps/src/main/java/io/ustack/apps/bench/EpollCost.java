package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
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

  PartResult run(final int seconds, final StopSignal stop) throws CommandFailure {
    try (EchoPair epoll =
            new EchoPair(
                connections,
                stack -> {
                  final BenchService service =
                      new BenchService(new PosixSockets(Posix.inline(stack, Clock.SYSTEM), 0));
                  return () -> service.step(0);
                });
        EchoPair callback = new EchoPair(connections, stack -> new CallbackEcho(stack)::step)) {
      return result(
          PairedBlocks.measure(epoll::nsPerRequest, callback::nsPerRequest, 1, seconds, stop));
    }
  }

  /** Both servers' time per request, the ratio, and the ratio's quartiles. */
  private PartResult result(final PairedBlocks blocks) {
    final String text =
        String.format(
            Locale.ROOT,
            "pipe  epoll-cost, %d connections: epoll %.0f ns, callback %.0f ns of the server per"
                + " request; %s",
            connections,
            blocks.ns(),
            blocks.baselineNs(),
            blocks.line());
    final JsonLine json =
        new JsonLine()
            .text("cell", "epoll-cost")
            .text("wire", "pipe")
            .text("mode", "inline")
            .whole("conns", connections);
    return PartResult.of(text, blocks.json(json, "serverNsPerOp", "callback"), blocks.doubts());
  }
}
