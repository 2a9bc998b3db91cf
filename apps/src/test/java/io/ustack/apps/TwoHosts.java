package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.LinkDevice;
import io.ustack.link.PipeLink;
import io.ustack.posix.Posix;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.ManualClock;
import java.util.function.BooleanSupplier;

/**
 * A server's host and a peer's host with a pipe between them, on one manual clock and one thread.
 */
public final class TwoHosts implements AutoCloseable {
  public static final int SERVER_ADDRESS = Ipv4Address.parse("10.99.0.2");

  /** What a turn takes; small against every timer of a stack. */
  private static final long TURN_NS = 10_000;

  private static final int MOST_TURNS = 2_000_000;

  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
  private final PipeLink.Pair pipe = PipeLink.pair();
  private final NetworkStack serverStack = stack("10.99.0.2/24", pipe.a(), 1);
  private final NetworkStack peerStack = stack("10.99.0.1/24", pipe.b(), 2);
  private final Posix serverPosix = Posix.inline(serverStack, clock);
  private final Posix peerPosix = Posix.inline(peerStack, clock);
  private Runnable server = () -> {};

  private NetworkStack stack(final String subnet, final LinkDevice link, final long secret) {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse(subnet)).withSecret(secret, secret);
    return new NetworkStack(config, link, clock.nanoTime());
  }

  public ManualClock clock() {
    return clock;
  }

  public Posix serverPosix() {
    return serverPosix;
  }

  public NetworkStack serverStack() {
    return serverStack;
  }

  public NetworkStack peerStack() {
    return peerStack;
  }

  public Posix peerPosix() {
    return peerPosix;
  }

  /** What the server does in its turn; it must not wait. */
  public void serve(final Runnable turn) {
    server = turn;
  }

  /** One turn of each side. */
  public void turn() {
    server.run();
    peerPosix.poll();
    clock.advance(TURN_NS);
  }

  /** Turns until it is so. Fails when it never is. */
  public void until(final BooleanSupplier done) {
    for (int i = 0; !done.getAsBoolean(); i++) {
      if (i == MOST_TURNS) {
        throw new AssertionError("it never happens");
      }
      turn();
    }
  }

  /** Lets time pass. */
  public void pass(final long ns) {
    final long endNs = clock.nanoTime() + ns;
    while (clock.nanoTime() - endNs < 0) {
      turn();
      final long serverNs = serverStack.nextDeadlineNs(clock.nanoTime());
      final long peerNs = peerStack.nextDeadlineNs(clock.nanoTime());
      final long nextNs = serverNs - peerNs < 0 ? serverNs : peerNs;
      // Applications have deadlines of their own that stacks do not know: never jump far.
      final long jumpNs =
          Math.min(Math.min(nextNs - clock.nanoTime(), endNs - clock.nanoTime()), 100_000_000L);
      clock.advance(Math.max(0, jumpNs));
    }
  }

  /** Everything is closed; nobody has kept a packet, and no bug has surfaced. */
  @Override
  public void close() {
    peerPosix.close();
    serverPosix.close();
    serverStack.close();
    peerStack.close();
    pipe.close();
    assertEquals(0, pipe.a().pool().inUse(), "packets in use at the server");
    assertEquals(0, pipe.b().pool().inUse(), "packets in use at the peer");
    assertNull(serverStack.errors().first());
    assertNull(peerStack.errors().first());
  }
}
