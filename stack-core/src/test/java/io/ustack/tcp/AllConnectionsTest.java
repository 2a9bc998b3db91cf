package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a stack that ends still owes to its peers, in each state. */
class AllConnectionsTest {
  private static Arguments state(final Supplier<TestStack> state, final String reset) {
    return Arguments.of(state, reset);
  }

  static Arguments[] unfinished() {
    return new Arguments[] {
      state(TestStack::synReceived, "> R. 1:1(0) ack 1"),
      state(TestStack::established, "> R. 1:1(0) ack 1"),
      state(TestStack::finWait1, "> R. 2:2(0) ack 1"),
      state(TestStack::closeWait, "> R. 1:1(0) ack 2"),
    };
  }

  @ParameterizedTest
  @MethodSource
  void unfinished(final Supplier<TestStack> state, final String reset) {
    try (TestStack s = state.get()) {
      final AllConnections all = s.net.stack.tcp().all();
      assertEquals(1, all.unfinished());
      all.reset(s.net.clock.nanoTime());
      s.net.poll();
      s.script(reset);
      assertEquals(0, all.unfinished());
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  /** Their FIN has left: a reset would be of no use (RFC 9293 3.10.5). */
  @Test
  void endsThatWaitForAnAckOnlyAreForgotten() {
    for (final TestStack state : new TestStack[] {TestStack.closing(), TestStack.lastAck()}) {
      try (TestStack s = state) {
        final AllConnections all = s.net.stack.tcp().all();
        assertEquals(1, all.unfinished());
        all.reset(s.net.clock.nanoTime());
        s.net.poll();
        s.expectNothing();
        assertEquals(0, s.net.stack.tcp().connections());
      }
    }
  }

  @Test
  void peersThatHaveEverythingAreLeftAlone() {
    for (final TestStack state : new TestStack[] {TestStack.finWait2(), TestStack.timeWait()}) {
      try (TestStack s = state) {
        final AllConnections all = s.net.stack.tcp().all();
        assertEquals(0, all.unfinished());
        all.reset(s.net.clock.nanoTime());
        s.net.poll();
        s.expectNothing();
        assertEquals(1, s.net.stack.tcp().connections());
      }
    }
  }
}
