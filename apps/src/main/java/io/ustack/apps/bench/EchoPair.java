package io.ustack.apps.bench;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.function.Function;

/** A client and one kind of echo server in lockstep over the pipe; only the server is timed. */
final class EchoPair implements AutoCloseable {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final int MESSAGE_BYTES = 64;
  private static final int STEPS_PER_LOOK = 20;

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final NetworkStack clientStack = stack(CLIENT, pipe.a());
  private final NetworkStack serverStack = stack(SERVER, pipe.b());
  private final Posix client = Posix.inline(clientStack, Clock.SYSTEM);
  private final RequestLoad load;
  private final Runnable server;
  private long serverNs;

  /**
   * Opens the connections.
   *
   * @param server makes one step of the server of a stack
   */
  EchoPair(final int connections, final Function<NetworkStack, Runnable> server) {
    this.server = server.apply(serverStack);
    load = new RequestLoad(new PosixSockets(client, SERVER), connections, MESSAGE_BYTES, null);
    load.open();
    while (!load.isOpen()) {
      step();
    }
  }

  private static NetworkStack stack(final int address, final PipeLink end) {
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    return new NetworkStack(config, end, Clock.SYSTEM.nanoTime());
  }

  private void step() {
    load.step(0);
    final long startNs = System.nanoTime();
    server.run();
    serverNs += System.nanoTime() - startNs;
  }

  /** Runs for so long; the nanoseconds that the server took per request, without end for none. */
  double nsPerRequest(final long forNs) {
    final long operationsBefore = load.operations();
    serverNs = 0;
    final long endNs = System.nanoTime() + forNs;
    do {
      for (int i = 0; i < STEPS_PER_LOOK; i++) {
        step();
      }
    } while (System.nanoTime() - endNs < 0);
    return (double) serverNs / (load.operations() - operationsBefore);
  }

  /** Requests answered so far. */
  long requests() {
    return load.operations();
  }

  @Override
  public void close() {
    client.close();
    clientStack.close();
    serverStack.close();
    pipe.close();
  }
}
