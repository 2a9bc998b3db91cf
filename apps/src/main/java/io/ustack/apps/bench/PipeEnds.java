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

  /** Neighbours besides those that a cell wants. */
  private static final int USUAL_NEIGHBOURS = 1024;

  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final Clock CLOCK = Clock.SYSTEM;

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final NetworkStack asking;
  private final NetworkStack serving;
  private final Sockets client;
  private final BenchService service;

  /** Ends for that cell, with everything that it wants to lie about; others like it can follow. */
  PipeEnds(final Cell cell) {
    final Faults faults = Faults.NONE.withLoss(LOSS);
    asking = stack(CLIENT, pipe.a(), cell);
    serving =
        stack(
            SERVER,
            cell.lossy() ? new FaultInjector(pipe.b(), faults, faults, SEED) : pipe.b(),
            cell);
    client = new PosixSockets(Posix.inline(asking, CLOCK), SERVER);
    service = new BenchService(new PosixSockets(Posix.inline(serving, CLOCK), SERVER));
    gather(cell);
  }

  private static NetworkStack stack(final int address, final LinkDevice end, final Cell cell) {
    final StackConfig config =
        StackConfig.of(new Ipv4Subnet(address, 8))
            .withNeighbours(USUAL_NEIGHBOURS + cell.bystanders());
    return new NetworkStack(config, end, CLOCK.nanoTime());
  }

  private void gather(final Cell cell) {
    final long nowNs = CLOCK.nanoTime();
    switch (cell.kind()) {
      case TIMERS -> {
        Bystanders.timers(cell.bystanders(), asking.timers(), nowNs);
        Bystanders.timers(cell.bystanders(), serving.timers(), nowNs);
      }
      case NEIGHBOURS -> {
        Bystanders.neighbours(cell.bystanders(), asking, CLIENT, pipe.b(), nowNs);
        Bystanders.neighbours(cell.bystanders(), serving, SERVER, pipe.a(), nowNs);
      }
      case LISTENERS -> Bystanders.listeners(cell.bystanders(), service);
      default -> {}
    }
  }

  /** Who asks. */
  Sockets client() {
    return client;
  }

  /** Who answers. */
  BenchService service() {
    return service;
  }

  /** The stack of who asks. */
  NetworkStack asking() {
    return asking;
  }

  /** The stack of who answers. */
  NetworkStack serving() {
    return serving;
  }

  @Override
  public void close() {
    client.close();
    service.close();
    pipe.close();
  }
}
