package io.ustack.apps.bench;

import io.ustack.apps.Mode;
import io.ustack.apps.bench.stall.StallWatch;
import io.ustack.counter.Counter;
import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkLink;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import io.ustack.dpdk.Transport;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.stack.StageTimes;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** One end of a memif: a DPDK port, a stack on it, and its sockets. */
final class MemifEnd implements AutoCloseable {
  static final int SERVER_ADDRESS = Ipv4Address.parse("10.99.1.1");
  private static final int CLIENT_ADDRESS = Ipv4Address.parse("10.99.1.2");

  private final DpdkPort port;
  private final DpdkLink link;
  private final NetworkStack stack;
  private final Posix posix;

  private MemifEnd(
      final DpdkPort port, final DpdkLink link, final NetworkStack stack, final Posix posix) {
    this.port = port;
    this.link = link;
    this.stack = stack;
    this.posix = posix;
  }

  /**
   * Opens this end.
   *
   * @param server whether it is the one that listens; the memif's roles are the same
   * @param socket a name in the abstract namespace, of which nothing can be left behind
   */
  static MemifEnd open(
      final boolean server, final String socket, final Mode mode, final Transport transport)
      throws DpdkException {
    final String role = server ? "server" : "client";
    final List<String> arguments = new ArrayList<>(List.of("--no-huge", "-m", "512", "--no-pci"));
    arguments.add("--vdev=net_memif0,role=" + role + ",socket=" + socket);
    if (transport == Transport.RING) {
      arguments.addAll(Cores.eal(server));
    }
    final DpdkEal eal = DpdkEal.start(arguments);
    final DpdkPort port = DpdkPort.open(eal, PortConfig.of("net_memif0").withTransport(transport));
    final DpdkLink link = port.link(0);
    final Clock clock = Clock.SYSTEM;
    final StackConfig config =
        StackConfig.of(new Ipv4Subnet(server ? SERVER_ADDRESS : CLIENT_ADDRESS, 24));
    final NetworkStack stack = new NetworkStack(config, link, clock.nanoTime());
    final Posix posix =
        mode == Mode.DEDICATED ? Posix.dedicated(stack, clock) : Posix.inline(stack, clock);
    return new MemifEnd(port, link, stack, posix);
  }

  Posix posix() {
    return posix;
  }

  /** From now on the stack charges its stages; for a stack that runs INLINE. */
  StageTimes measure() {
    final StageTimes times = new StageTimes(Clock.SYSTEM);
    stack.measure(times);
    return times;
  }

  /**
   * A watch over the calling thread, which drives the stack.
   *
   * @param times that {@link #measure} returned
   */
  StallWatch watch(final StageTimes times) {
    return StallWatch.own(times, () -> stack.counters().value(Counter.FRAMES_IN));
  }

  /** Frames that this end has lost so far. */
  long lostFrames() {
    return link.lostFrames();
  }

  @Override
  public void close() {
    posix.close();
    stack.close();
    port.close();
  }
}
