package io.ustack.apps.bench;

import com.sun.management.ThreadMXBean;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.lang.management.ManagementFactory;

/**
 * Client and server in lockstep on one thread, over the pipe: what both ends together cost, without
 * a second core, a NIC or a scheduler. The pipe sums and checks every checksum in Java, so a DPDK
 * port costs less than this.
 */
final class PipeBench implements AutoCloseable {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final NetworkStack clientStack;
  private final NetworkStack serverStack;
  private final Posix client;
  private final BenchService server;
  private final Posix serverPosix;

  PipeBench() {
    final Clock clock = Clock.SYSTEM;
    clientStack = stack(CLIENT, pipe.a(), clock);
    serverStack = stack(SERVER, pipe.b(), clock);
    client = Posix.inline(clientStack, clock);
    serverPosix = Posix.inline(serverStack, clock);
    server = new BenchService(serverPosix);
  }

  private static NetworkStack stack(final int address, final PipeLink end, final Clock clock) {
    return new NetworkStack(StackConfig.of(new Ipv4Subnet(address, 24)), end, clock.nanoTime());
  }

  /** Runs a cell: warm-up, then {@code seconds} of it. */
  CellResult run(final Cell cell, final int seconds) {
    final Load load = cell.load(client, SERVER);
    load.open();
    runFor(load, Math.max(2, seconds / 2));
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long self = Thread.currentThread().getId();
    if (load instanceof RequestLoad requests) {
      requests.resetLatency();
    }
    final long allocatedBefore = threads.getThreadAllocatedBytes(self);
    final long cpuBefore = threads.getThreadCpuTime(self);
    final long operationsBefore = load.operations();
    final long startNs = System.nanoTime();
    runFor(load, seconds);
    final long elapsedNs = System.nanoTime() - startNs;
    final long operations = load.operations() - operationsBefore;
    final long cpuNs = threads.getThreadCpuTime(self) - cpuBefore;
    final long allocated = threads.getThreadAllocatedBytes(self) - allocatedBefore;
    return CellResult.of(cell, "pipe", operations, elapsedNs, cpuNs, allocated, load);
  }

  private void runFor(final Load load, final int seconds) {
    final long endNs = System.nanoTime() + seconds * 1_000_000_000L;
    do {
      for (int i = 0; i < 1000; i++) {
        load.step(0);
        server.step(0);
      }
    } while (System.nanoTime() - endNs < 0);
  }

  @Override
  public void close() {
    client.close();
    serverPosix.close();
    pipe.close();
  }
}
