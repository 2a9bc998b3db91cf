package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.InternalErrors;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests and calls of which one breaks. */
@Timeout(120)
class DoorbellTest {
  private final Logger log = Logger.getLogger(InternalErrors.class.getName());
  private final PipeLink.Pair cable = PipeLink.pair();
  private final NetworkStack stack =
      new NetworkStack(
          StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24")), cable.a(), System.nanoTime());
  private final List<Integer> served = new ArrayList<>();

  @BeforeEach
  void expectErrors() {
    log.setUseParentHandlers(false);
  }

  @AfterEach
  void everythingComesBack() {
    stack.close();
    cable.close();
    assertEquals(0, cable.a().pool().inUse());
    log.setUseParentHandlers(true);
  }

  /** Has the stack do nothing, and so waits until it has done what it was asked before. */
  private static final class Nothing extends StackCall {
    @Override
    void run(final long nowNs) {}
  }

  @ParameterizedTest
  @EnumSource
  void whatOneRequestThrowsKeepsNoOtherFromBeingServed(final Mode mode) {
    final RuntimeException broken = new IllegalStateException("on purpose");
    try (SocketEngine engine = mode.start(stack, Clock.SYSTEM)) {
      final Doorbell bell =
          new Doorbell(engine.shard) {
            @Override
            void serve(final int request, final long nowNs) {
              served.add(request);
              if (request == 1 || request == 8) {
                throw broken;
              }
            }
          };
      bell.ring(1 | 4 | 8 | 16);
      engine.shard.call(new Nothing());
      assertEquals(List.of(1, 4, 8, 16), served);
      bell.ring(2);
      engine.shard.call(new Nothing());
      assertEquals(List.of(1, 4, 8, 16, 2), served);
    }
    assertSame(broken, stack.errors().first());
    assertEquals(2, stack.counters().value(Counter.INTERNAL_ERRORS));
  }

  /** A bug of ours is no exception of the caller's. */
  @ParameterizedTest
  @EnumSource
  void whatACallThrowsIsCounted(final Mode mode) {
    try (SocketEngine engine = mode.start(stack, Clock.SYSTEM)) {
      final StackCall call =
          new StackCall() {
            @Override
            void run(final long nowNs) {
              throw new IllegalStateException("on purpose");
            }
          };
      engine.shard.call(call);
    }
    assertEquals(1, stack.counters().value(Counter.INTERNAL_ERRORS));
  }
}
