package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkLink;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.List;

/** One end of a memif: a DPDK port, a stack on it, and its sockets, INLINE. */
final class MemifEnd implements AutoCloseable {
  static final int SERVER_ADDRESS = Ipv4Address.parse("10.99.1.1");
  static final int CLIENT_ADDRESS = Ipv4Address.parse("10.99.1.2");

  private final DpdkPort port;
  private final Posix posix;

  private MemifEnd(final DpdkPort port, final Posix posix) {
    this.port = port;
    this.posix = posix;
  }

  /**
   * Opens this end.
   *
   * @param role {@code server} or {@code client}: of the memif, which has nothing to do with TCP
   */
  static MemifEnd open(final String role, final String socket, final int address)
      throws DpdkException {
    final DpdkEal eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "512",
                "--no-pci",
                "--vdev=net_memif0,role=" + role + ",socket-abstract=no,socket=" + socket));
    final DpdkPort port = DpdkPort.open(eal, PortConfig.of("net_memif0"));
    final DpdkLink link = port.link(0);
    final Clock clock = Clock.SYSTEM;
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    return new MemifEnd(
        port, Posix.inline(new NetworkStack(config, link, clock.nanoTime()), clock));
  }

  Posix posix() {
    return posix;
  }

  @Override
  public void close() {
    posix.close();
    port.close();
  }
}
