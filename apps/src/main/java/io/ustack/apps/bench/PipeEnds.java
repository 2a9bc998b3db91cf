package io.ustack.apps.bench;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.FaultInjector;
import io.ustack.link.Faults;
import io.ustack.link.LinkDevice;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;

/** Two stacks with a pipe between them: one serves, the other asks. */
final class PipeEnds implements AutoCloseable {
  /** Of the frames, each way, where the pipe loses some. */
  static final double LOSS = 0.01;

  /** The same frames are lost in each run. */
  private static final long SEED = 6;

  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final Sockets client;
  private final Sockets server;
  private final BenchService service;

  PipeEnds(final boolean lossy) {
    final Faults faults = Faults.NONE.withLoss(LOSS);
    client = sockets(CLIENT, pipe.a());
    server = sockets(SERVER, lossy ? new FaultInjector(pipe.b(), faults, faults, SEED) : pipe.b());
    service = new BenchService(server);
  }

  private static Sockets sockets(final int address, final LinkDevice end) {
    final Clock clock = Clock.SYSTEM;
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    final NetworkStack stack = new NetworkStack(config, end, clock.nanoTime());
    return new PosixSockets(Posix.inline(stack, clock), SERVER);
  }

  /** Who asks. */
  Sockets client() {
    return client;
  }

  /** Who answers. */
  BenchService service() {
    return service;
  }

  @Override
  public void close() {
    client.close();
    server.close();
    pipe.close();
  }
}
