package io.ustack.apps;

import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counters;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.LinkState;
import io.ustack.dpdk.Offload;
import io.ustack.dpdk.Offloads;
import io.ustack.dpdk.PortConfig;
import io.ustack.dpdk.PortWatch;
import io.ustack.kernel.KernelPath;
import io.ustack.link.LinkDevice;
import io.ustack.shard.ShardLink;
import io.ustack.shard.ShardMap;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The port that leads to the kernel, opened: a path around the link of each shard. It closes with
 * those.
 *
 * @param port as DPDK has it
 * @param paths one per shard, in their order
 */
record KernelPort(DpdkPort port, List<KernelPath> paths) {
  /** Of a ring to the kernel: it gets few frames, and what it does not take in time is lost. */
  private static final int DESCRIPTORS = 256;

  /** The driver of taps takes no larger ones; what the kernel opens agrees on segments that fit. */
  private static final int LARGEST_MTU_BYTES = 1500;

  private static final int UNUSED = 1024;

  /** Frames pass as they are: checksums are whole, and nothing is a train. */
  private static final Offloads OFFLOADS =
      Offloads.AUTO.with(Offload.RX_CHECKSUM, false).with(Offload.GRO, false);

  /**
   * Opens the port that the options name.
   *
   * @param wire whose packets the path shares
   * @param links of the shards over {@code wire}; owned by the paths from now on
   * @param map how flows are given to shards; null when there is one
   * @throws DpdkException in one line
   */
  static KernelPort open(
      final DpdkEal eal,
      final PortOptions options,
      final String name,
      final DpdkPort wire,
      final List<? extends LinkDevice> links,
      final @Nullable ShardMap map)
      throws DpdkException {
    final DpdkPort kernel =
        DpdkPort.open(
            eal,
            PortConfig.of(name)
                .withPool(wire.link(0).pool())
                .withMtuBytes(Math.min(wire.mtuBytes(), LARGEST_MTU_BYTES))
                .withOffloads(OFFLOADS)
                .withSizes(DESCRIPTORS, UNUSED, UNUSED));
    kernel.farMacAddress(wire.macAddress());
    wire.receiveMulticast();
    final List<? extends LinkDevice> kernels =
        map == null ? List.of(kernel.link(0)) : shared(kernel, links, map);
    final List<KernelPath> paths = new ArrayList<>();
    for (int i = 0; i < links.size(); i++) {
      paths.add(path(links.get(i), kernels.get(i), options));
    }
    return new KernelPort(kernel, paths);
  }

  /** The first shard has the queue; what others have for it, and it for them, is passed on. */
  private static List<ShardLink> shared(
      final DpdkPort kernel, final List<? extends LinkDevice> links, final ShardMap map) {
    final List<PacketPool> pools =
        links.stream().skip(1).<PacketPool>map(LinkDevice::pool).toList();
    return ShardLink.over(List.of(kernel.link(0)), pools, map, false);
  }

  private static KernelPath path(
      final LinkDevice wire, final LinkDevice kernel, final PortOptions options) {
    return new KernelPath(
        wire,
        kernel,
        options.ip(),
        options.kernel().rules(),
        options.kernel().perSecond(),
        options.kernel().burst(),
        Clock.SYSTEM.nanoTime());
  }

  /** As DPDK calls it. */
  String name() {
    return port.config().name();
  }

  /**
   * Ends the command when the interface behind the port is gone: who reached the host by it never
   * would again. Up and down it goes as the host's administrator likes.
   */
  PortWatch watch(final StopSignal stop) {
    return PortWatch.start(
        port,
        new PortWatch.Observer() {
          @Override
          public void onLink(final LinkState state) {}

          @Override
          public void onReset() {}

          @Override
          public void onGone(final String why) {
            stop.fail("port " + name() + ", the way to the kernel, is gone: " + why);
          }
        });
  }

  /** What was counted on each path. */
  List<Counters> counters() {
    return paths.stream().map(KernelPath::counters).toList();
  }
}
