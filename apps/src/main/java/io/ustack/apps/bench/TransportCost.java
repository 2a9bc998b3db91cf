package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import io.ustack.dpdk.QueueCounter;
import io.ustack.dpdk.Transport;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Locale;

/**
 * What a frame costs the Java thread in CPU time with the ring transport beside the direct one,
 * moving frames and nothing more: received from {@code net_null}, which has as many as anybody
 * takes, addresses swapped, sent. The lcore of the ring transport runs on the second core.
 */
final class TransportCost {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The stack's and the lcore. */
  private static final int BUSY_THREADS = 2;

  private TransportCost() {}

  static PartResult run(final int seconds, final StopSignal stop) throws CommandFailure {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      throw new CommandFailure("the ring transport needs a core of its own; this machine has one");
    }
    try {
      final DpdkEal eal =
          DpdkEal.start(
              List.of(
                  "--no-huge",
                  "-m",
                  "256",
                  "--no-pci",
                  "-l",
                  "0,1",
                  "--vdev=net_null0",
                  "--vdev=net_null1"));
      try (DpdkPort ring = open(eal, "net_null0", Transport.RING);
          DpdkPort direct = open(eal, "net_null1", Transport.DIRECT)) {
        final PairedBlocks blocks =
            PairedBlocks.measure(side(ring), side(direct), BUSY_THREADS, seconds, stop);
        return result(blocks, ring.link(0).counter(QueueCounter.RX_RING_FULL));
      }
    } catch (final DpdkException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Times per frame and their ratio, and what the lcore received and found no room for. */
  private static PartResult result(final PairedBlocks blocks, final long full) {
    final String text =
        String.format(
            Locale.ROOT,
            "null  transport-cost: ring %.1f ns, direct %.1f ns of CPU of the stack's thread"
                + " per frame forwarded; %s; ring full %d times",
            blocks.ns(),
            blocks.baselineNs(),
            blocks.line(),
            full);
    final JsonLine json =
        new JsonLine().text("cell", "transport-cost").text("wire", "null").text("mode", "ring");
    blocks.json(json, "cpuNsPerFrame", "direct").whole("ringFull", full);
    return PartResult.of(text, json, blocks.doubts());
  }

  private static DpdkPort open(final DpdkEal eal, final String name, final Transport transport)
      throws DpdkException {
    return DpdkPort.open(eal, PortConfig.of(name).withTransport(transport));
  }

  private static PairedBlocks.Side side(final DpdkPort port) {
    final Forwarder forwarder = new Forwarder(port.link(0));
    return blockNs -> {
      final long beginCpuNs = THREADS.getCurrentThreadCpuTime();
      final long forwarded = forwarder.forward(blockNs);
      return (double) (THREADS.getCurrentThreadCpuTime() - beginCpuNs) / forwarded;
    };
  }
}
