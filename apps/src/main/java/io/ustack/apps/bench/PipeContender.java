package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import org.HdrHistogram.Histogram;

/**
 * Client and server in lockstep on one thread, over the pipe: what both ends together cost, without
 * a second core, a NIC or a scheduler. The pipe sums and checks every checksum in Java, so a DPDK
 * port costs less than this.
 */
final class PipeContender implements Contender {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final long OPEN_LIMIT_NS = 60_000_000_000L;

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final Sockets client = sockets(CLIENT, pipe.a());
  private final Sockets server = sockets(SERVER, pipe.b());
  private final BenchService service = new BenchService(server);
  private Load load = new BulkLoad(client, 0, false);

  private static Sockets sockets(final int address, final PipeLink end) {
    final Clock clock = Clock.SYSTEM;
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    final NetworkStack stack = new NetworkStack(config, end, clock.nanoTime());
    return new PosixSockets(Posix.inline(stack, clock), SERVER);
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    load = cell.load(client);
    load.open();
    final long deadlineNs = System.nanoTime() + OPEN_LIMIT_NS;
    while (!load.isOpen()) {
      step();
      if (System.nanoTime() - deadlineNs > 0) {
        throw new CommandFailure(cell + ": the connections do not open");
      }
    }
  }

  private void step() {
    load.step(0);
    service.step(0);
  }

  @Override
  public Block block(final long durationNs) {
    load.latency().reset();
    final ThreadCost cost = new ThreadCost();
    final long before = load.operations();
    final long beginNs = System.nanoTime();
    long nowNs = beginNs;
    while (nowNs - beginNs < durationNs) {
      for (int i = 0; i < 100; i++) {
        step();
      }
      nowNs = System.nanoTime();
    }
    final long cpuNs = cost.cpuNs();
    final long allocatedBytes = cost.allocatedBytes();
    final Histogram latency = load.latency().copy();
    return new Block(
        load.operations() - before, nowNs - beginNs, cpuNs, allocatedBytes, 0, latency);
  }

  @Override
  public void shut() {
    load.close();
  }

  @Override
  public void close() {
    client.close();
    server.close();
    pipe.close();
  }
}
