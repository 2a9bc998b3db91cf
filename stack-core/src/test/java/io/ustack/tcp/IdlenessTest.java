package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections on which nothing happens give back what they can have again. */
class IdlenessTest {
  /** ESTABLISHED, with an application that lets the stack take the send buffer's memory. */
  private static TestStack established(final TcpConfig config) {
    final TestStack s = TestStack.established(config);
    s.connection.observer(
        new ReadinessObserver() {
          @Override
          public void onReadiness(final int bits) {
            // It looks for itself.
          }

          @Override
          public void onIdle() {
            s.connection.sendBuffer().sleep();
          }
        });
    return s;
  }

  private static TestStack established() {
    return established(TestStack.PLAIN);
  }

  private static boolean isAwake(final TestStack s) {
    return s.connection.sender().isAwake() || s.connection.receiver().isAwake();
  }

  private static int timers(final TestStack s) {
    return s.net.stack.tcp().spareTimers().scheduled();
  }

  @Test
  void aSecondOfSilencePutsItToSleep() {
    try (TestStack s = established()) {
      s.converse(0);
      s.silence(0.9);
      assertTrue(isAwake(s));
      assertEquals(2 * 2048, s.net.stack.tcp().bufferBytes());
      s.silence(0.2);
      assertFalse(isAwake(s));
      assertEquals(0, s.net.stack.tcp().bufferBytes());
      assertEquals(0, timers(s));
    }
  }

  @Test
  void itWakesUpAndGoesOn() {
    try (TestStack s = established()) {
      for (int n = 0; n < 5; n++) {
        s.converse(n);
        s.silence(2);
        assertFalse(isAwake(s));
      }
    }
  }

  @Test
  void aConnectionThatIsUsedStaysAwake() {
    try (TestStack s = established()) {
      for (int n = 0; n < 40; n++) {
        s.converse(n);
        s.silence(0.3);
        assertTrue(isAwake(s));
      }
    }
  }

  /** Reading a few bytes need not be told: the connection looks again. */
  @Test
  void whatWasNotReadStays() {
    try (TestStack s = established()) {
      s.script("< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      s.silence(100);
      assertTrue(s.connection.receiver().isAwake());
      final byte[] read = new byte[10];
      assertEquals(10, s.connection.receiveBuffer().read(read, 0, 10));
      assertArrayEquals(ScriptedSegment.stream(1, 10), read);
      s.silence(10);
      assertFalse(isAwake(s));
      assertEquals(0, timers(s));
    }
  }

  @Test
  void whatWaitsBehindAHoleStays() {
    try (TestStack s = established()) {
      s.converse(0);
      s.script("< P. 21:31(10) ack 11 win 65535", "> . 11:11(0) ack 11");
      s.silence(100);
      s.script("< P. 11:21(10) ack 11 win 65535", "> . 11:11(0) ack 31");
      assertEquals(20, s.read(11, 20));
      s.silence(2);
      assertFalse(isAwake(s));
    }
  }

  /** It has no memory to give without its owner's leave. */
  @Test
  void aSendBufferGoesOnlyWhenItsOwnerSaysSo() {
    try (TestStack s = TestStack.established()) {
      s.converse(0);
      s.silence(100);
      assertEquals(2048, s.net.stack.tcp().bufferBytes());
      assertEquals(0, timers(s), "nobody asks again");
    }
  }

  @Test
  void whatIsNotAcknowledgedStays() {
    try (TestStack s = established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      s.net.advance(3 * TestNet.SECOND);
      assertTrue(s.takeSent() > 0);
      assertEquals(2048, s.net.stack.tcp().bufferBytes());
      assertEquals(10, s.connection.sendBuffer().length());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noDelayIsRemembered(final boolean on) {
    try (TestStack s = established()) {
      s.connection.options().noDelay(on);
      assertFalse(isAwake(s), "an option alone wakes nobody");
      s.converse(0);
      s.silence(2);
      assertEquals(on, s.connection.sender().noDelay());
      s.write(11, 10);
      s.script("> P. 11:21(10) ack 11");
      s.write(21, 10);
      if (on) {
        s.script("> P. 21:31(10) ack 11");
      }
      s.expectNothing();
      assertEquals(on, s.connection.sender().nagle().noDelay());
    }
  }

  @Test
  void aCorkIsNotPulled() {
    try (TestStack s = established()) {
      s.connection.options().cork(true);
      s.silence(5);
      assertTrue(s.connection.sender().nagle().corked());
    }
  }

  /** Linux keeps pingpong mode over any silence. */
  @Test
  void whoAnsweredIsStillTakenToAnswer() {
    try (TestStack s = established()) {
      s.converse(0);
      assertTrue(s.connection.receiver().isInteractive());
      s.silence(2);
      assertFalse(s.connection.receiver().isAwake());
      assertTrue(s.connection.receiver().isInteractive());
      s.script("< P. 11:21(10) ack 11 win 65535", "+0.04 > . 11:11(0) ack 21");
    }
  }

  // ---- What loss recovery knows

  private static @Nullable RecoveryState recoveryState(final TestStack s) {
    return s.connection.sender().recoveryState();
  }

  /** What the first loss was about is forgotten, and the same object serves the next. */
  @Test
  void aRecoveryThatIsOverIsForgotten() {
    try (TestStack s = LossScript.send(LossScript.withSack(), 10)) {
      s.script("+0.1 " + LossScript.ack(0, 1, 4), LossScript.full(0));
      s.script("+0.1 " + LossScript.ack(10));
      final RecoveryState first = recoveryState(s);
      assertNotNull(first);
      assertTrue(first.undo.isPossible());
      assertTrue(first.isForgettable(s.connection.sender(), false));
      assertFalse(first.isForgettable(s.connection.sender(), true), "RFC 3168 6.1.2: owes CWR");
      s.silence(0.8);
      assertSame(first, recoveryState(s));
      s.silence(0.3);
      assertNull(recoveryState(s));
      assertSame(first, s.connection.sender().makeRecoveryState());
      assertFalse(first.undo.isPossible());
      assertFalse(first.owesCwr);
      assertEquals(s.connection.sender().sndUna() - 1, first.highSeq);
    }
  }

  /** Linux keeps it for as long as the connection lives. */
  @Test
  void reorderingIsRemembered() {
    try (TestStack s = LossScript.send(LossScript.withSack(), 10)) {
      s.script("+0.1 " + LossScript.ack(0, 1, 3), "+0.001 " + LossScript.ack(10));
      final RecoveryState r = recoveryState(s);
      assertNotNull(r);
      assertTrue(r.rack.knowsOfReordering());
      s.silence(5);
      assertSame(r, recoveryState(s));
    }
  }

  /** RFC 6582 3.2 step 2: duplicates of where a recovery ended begin none. */
  @Test
  void withoutSackTheEndOfTheRecoveryIsRemembered() {
    try (TestStack s = LossScript.send(LossScript.withoutSack(), 10)) {
      final String duplicate = LossScript.ack(0);
      s.script("+0.1 " + duplicate, duplicate, duplicate, LossScript.full(0));
      s.script("+0.1 " + LossScript.ack(10)).silence(5);
      final RecoveryState r = recoveryState(s);
      assertNotNull(r);
      assertEquals(s.connection.sender().sndUna(), r.highSeq);
    }
  }

  /** The timers of a connection with keep-alive stay; the rest need not. */
  @Test
  void keepAliveDoesNotKeepItAwake() {
    try (TestStack s = established(TestStack.PLAIN.with().keepAlive(true).build())) {
      s.converse(0);
      s.silence(2);
      assertFalse(isAwake(s));
      assertEquals(1, timers(s));
    }
  }

  @Test
  void aSlowPathIsSilentForLongerBeforeItSleeps() {
    try (TestStack s = established()) {
      s.converse(0);
      s.write(11, 10);
      s.script("> P. 11:21(10) ack 11");
      s.net.advance(3 * TestNet.SECOND);
      s.takeSent();
      s.script("< . 11:11(0) ack 21 win 65535");
      final double rto = s.connection.sender().rtt().rtoNs() / 1e9;
      assertTrue(rto > 1.5, () -> "" + rto);
      s.silence(1.2);
      assertTrue(isAwake(s));
    }
  }

  /** It only listens: no entry of a retransmission timer is left in the wheel to look at it. */
  @Test
  void keepAliveDoesNotKeepAListenerAwake() {
    try (TestStack s = established(TestStack.PLAIN.with().keepAlive(true).build())) {
      s.silence(10);
      s.burst("P. 1:11(10) ack 1 win 65535");
      s.net.advance(TestNet.SECOND);
      s.takeSent();
      assertEquals(10, s.read(1, 10));
      s.silence(20);
      assertFalse(isAwake(s));
      assertEquals(0, s.net.stack.tcp().bufferBytes());
    }
  }

  @Test
  void halfClosedSleeps() {
    try (TestStack s = TestStack.finWait2()) {
      s.burst("P. 1:11(10) ack 2 win 65535");
      s.net.advance(TestNet.SECOND);
      s.takeSent();
      assertEquals(10, s.read(1, 10));
      s.silence(20);
      s.in(TcpState.FIN_WAIT_2);
      assertFalse(s.connection.receiver().isAwake());
    }
  }

  @Test
  void noDelayThatWasSetWhileItTalkedIsRemembered() {
    try (TestStack s = established()) {
      s.converse(0);
      s.connection.options().noDelay(true);
      s.silence(2);
      assertFalse(isAwake(s));
      assertTrue(s.connection.sender().noDelay());
      s.write(11, 10);
      s.script("> P. 11:21(10) ack 11");
      s.write(21, 10);
      s.script("> P. 21:31(10) ack 11");
    }
  }
}
