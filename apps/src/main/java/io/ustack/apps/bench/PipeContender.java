package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Client and server in lockstep on one thread, over the pipe: what both ends together cost, without
 * a second core, a NIC or a scheduler. The pipe sums and checks every checksum in Java, so a DPDK
 * port costs less than this.
 */
final class PipeContender implements Contender {
  private static final int CLIENT = Ipv4Address.parse("10.1.0.1");
  private static final int SERVER = Ipv4Address.parse("10.1.0.2");
  private static final int STEPS_PER_LOOK = 100;

  private final PipeLink.Pair pipe = PipeLink.pair();
  private final Sockets client = sockets(CLIENT, pipe.a());
  private final Sockets server = sockets(SERVER, pipe.b());
  private final BenchService service = new BenchService(server);
  private @Nullable LoadLoop loop;

  private static Sockets sockets(final int address, final PipeLink end) {
    final Clock clock = Clock.SYSTEM;
    final StackConfig config = StackConfig.of(new Ipv4Subnet(address, 24));
    final NetworkStack stack = new NetworkStack(config, end, clock.nanoTime());
    return new PosixSockets(Posix.inline(stack, clock), SERVER);
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    final Load load = cell.load(client);
    loop =
        new LoadLoop(
            load,
            () -> {
              load.step(0);
              service.step(0);
            },
            STEPS_PER_LOOK);
    loop.open();
  }

  private LoadLoop loop() {
    return Objects.requireNonNull(loop, "no cell is open");
  }

  @Override
  public Block block(final long durationNs) {
    return loop().block(durationNs);
  }

  @Override
  public void shut() {
    loop().close();
  }

  @Override
  public void close() {
    client.close();
    server.close();
    pipe.close();
  }
}
