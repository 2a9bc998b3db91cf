package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.function.BiFunction;

/**
 * One stack with its socket calls, on a cable whose other end nobody reads: for what happens on
 * loopback.
 */
final class Host implements AutoCloseable {
  private final PipeLink.Pair cable = PipeLink.pair();
  private final NetworkStack stack;
  final SocketEngine engine;
  final Posix posix;

  Host(final Mode mode) {
    this(mode, StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24")));
  }

  Host(final Mode mode, final StackConfig config) {
    this(config, mode == Mode.INLINE ? new TickingClock() : Clock.SYSTEM, mode::start);
  }

  private Host(
      final StackConfig config,
      final Clock clock,
      final BiFunction<NetworkStack, Clock, SocketEngine> start) {
    stack = new NetworkStack(config, cable.a(), clock.nanoTime());
    engine = start.apply(stack, clock);
    posix = Posix.on(engine, Posix.MAX_DESCRIPTORS);
  }

  /** INLINE, where a call that would wait gives up as soon as there is nothing to do. */
  static Host stepped() {
    final StackConfig config = StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24"));
    return new Host(config, new TickingClock(), SocketEngine::stepped);
  }

  NetworkStack stack() {
    return stack;
  }

  /** Closes everything, and sees that every packet came home and that nothing went wrong inside. */
  @Override
  public void close() {
    posix.close();
    stack.close();
    cable.close();
    assertNull(stack.errors().first(), "internal error");
    assertEquals(0, cable.a().pool().inUse(), "packets not released");
  }
}
