package io.ustack.posix;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.ManualClock;

/** Two stacks on one cable and one clock that only the test moves; calls never wait. */
final class TwoHosts implements AutoCloseable {
  final ManualClock clock = new ManualClock(0);
  private final PipeLink.Pair cable = PipeLink.pair();
  final NetworkStack stackA = stack("10.0.0.1/24", cable.a());
  final NetworkStack stackB = stack("10.0.0.2/24", cable.b());
  final Posix a = Posix.stepped(stackA, clock);
  final Posix b = Posix.stepped(stackB, clock);

  private static NetworkStack stack(final String subnet, final PipeLink link) {
    return new NetworkStack(StackConfig.of(Ipv4Subnet.parse(subnet)), link, 0);
  }

  /** Until both rest. */
  void run() {
    int idle = 0;
    while (idle < 3) {
      idle = a.poll() + b.poll() == 0 ? idle + 1 : 0;
    }
  }

  /** A TCP connection of sockets that do not wait: [0] is A's end, which connected, [1] is B's. */
  int[] connect() {
    final int type = SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;
    final int listener = b.socket(SocketOption.AF_INET, type, 0);
    b.listen(listener, 1);
    final int client = a.socket(SocketOption.AF_INET, type, 0);
    a.connect(client, Peers.B, Peers.port(b, listener));
    run();
    final int server = b.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
    b.close(listener);
    return new int[] {client, server};
  }

  @Override
  public void close() {
    a.close();
    b.close();
    stackA.close();
    stackB.close();
    cable.close();
  }
}
