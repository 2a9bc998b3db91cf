package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Readiness;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;

/** What connections may hold, alone and together, and when they give it back. */
class ConnectionMemoryTest {
  @Test
  void sendBufferGoesWhenTheFinIsAcknowledged() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1\n< . 1:1(0) ack 1001 win 65535");
      s.shutdownSend();
      s.script("> F. 1001:1001(0) ack 1");
      assertFalse(s.connection.sendBuffer().isBare(), "not before");
      s.script("< F. 1:1(0) ack 1002 win 65535\n> . 1002:1002(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      assertTrue(s.connection.sendBuffer().isBare());
    }
  }

  private static TestStack withMemory(final int orphans, final long bytes) {
    return TestStack.established(
        TestStack.PLAIN.with().maxOrphans(orphans).maxBufferBytes(bytes).build());
  }

  @Test
  void closingGivesTheReceiveBufferBack() {
    try (TestStack s = TestStack.established()) {
      s.script("< P. 1:1001(1000) ack 1 win 65535");
      s.read(1, 1000);
      assertEquals(2048, s.net.stack.tcp().bufferBytes());
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1001").in(TcpState.FIN_WAIT_1);
      assertEquals(0, s.net.stack.tcp().bufferBytes());
    }
  }

  @Test
  void aResetGivesTheSendBufferBackButWhatCameCanBeRead() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(
          "> P. 1:101(100) ack 1", "< P. 1:11(10) ack 1 win 65535", "< R. 11:11(0) ack 1 win 0");
      s.in(TcpState.CLOSED);
      assertEquals(2048, s.net.stack.tcp().bufferBytes());
      assertEquals(10, s.read(1, 100));
      s.connection.close(s.net.clock.nanoTime());
      assertEquals(0, s.net.stack.tcp().bufferBytes());
    }
  }

  /** A hundred peers that take nothing of what they asked for. */
  @Test
  void peersThatNeverReadHoldNoMoreThanTheBudget() {
    try (TestStack s =
        TestStack.listeningWithoutPressure(
            TestStack.PLAIN.with().maxOrphans(1000).maxBufferBytes(1 << 20).build())) {
      s.listener().backlog(200);
      for (int i = 0; i < 100; i++) {
        s.nextPeer().establish("<mss 1460>", "<mss 1460>", 0);
        final int taken = s.write(1, 256 << 10);
        assertTrue(taken >= 2048);
      }
      assertTrue(s.net.stack.tcp().bufferBytes() <= (1 << 20) + 100 * 2048);
      s.takeSent();
    }
  }

  /** The last of them gets everything through all the same, if its own peer reads. */
  @Test
  void withoutMemoryASenderGoesOnInSmallSteps() {
    try (TestStack s = withMemory(10, 0)) {
      assertEquals(2048, s.write(1, 5000));
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2049(588) ack 1");
      assertEquals(0, s.write(2049, 1));
      s.events.take();
      s.script("< . 1:1(0) ack 1461 win 65535");
      assertEquals(Readiness.WRITABLE, s.events.take());
      assertEquals(1460, s.write(2049, 5000));
      s.net.poll();
      s.script("> P. 2049:3509(1460) ack 1", "< . 1:1(0) ack 3509 win 65535");
      assertEquals(2048, s.write(3509, 5000));
      s.takeSent();
    }
  }

  /** What was promised before memory ran out may be dropped; what is promised then can be held. */
  @Test
  void withoutMemoryAReceiverTakesAndOffersWhatItCanHold() {
    try (TestStack s = withMemory(10, 0)) {
      s.script(
          """
          < . 1:1461(1460) ack 1 win 65535
          < . 1461:2921(1460) ack 1 win 65535
          > . 1:1(0) ack 2049 win 63487
          < . 2921:4381(1460) ack 1 win 65535
          > . 1:1(0) ack 2049 win 63487
          """);
      assertEquals(1, s.net.count(DropReason.TCP_MEMORY));
      assertEquals(2048, s.read(1, 5000));
      int seq = 2049;
      while (seq < 80_000) {
        final int length = Math.min(1000, s.connection.receiver().rcvWnd());
        assertTrue(length > 0, "the peer could send nothing more");
        s.burst("P. %d:%d(%d) ack 1 win 65535".formatted(seq, seq + length, length));
        assertEquals(length, s.read(seq, 5000));
        seq += length;
        s.net.advance(40_000_000);
        s.takeSent();
      }
      assertTrue(s.connection.receiver().rcvWnd() <= 2048);
      assertEquals(1, s.net.count(DropReason.TCP_MEMORY));
    }
  }

  @Test
  void whoIsClosedTwiceIsOneOrphan() {
    try (TestStack s =
        TestStack.listening(TestStack.PLAIN.with().maxOrphans(2).maxBufferBytes(1 << 20).build())) {
      final TcpConnection twice = s.nextPeer().establish().connection;
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1");
      twice.close(s.net.clock.nanoTime());
      s.net.poll();
      s.nextPeer().establish().closeConnection();
      s.script("> F. 1:1(0) ack 1");
      assertEquals(0, s.net.count(Counter.TCP_ORPHANS_ABORTED));
    }
  }

  /** The minute that an orphan waits for the peer's FIN begins with the first close. */
  @Test
  void closingAgainDoesNotProlongAnOrphansLife() {
    try (TestStack s = TestStack.established(TestStack.PLAIN)) {
      final TcpConnection twice = s.connection;
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< . 1:1(0) ack 2 win 65535");
      s.net.advance(59 * TestNet.SECOND);
      twice.close(s.net.clock.nanoTime());
      s.net.advance(2 * TestNet.SECOND);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  void tooManyOrphansAreAborted() {
    try (TestStack s =
        TestStack.listening(TestStack.PLAIN.with().maxOrphans(2).maxBufferBytes(1 << 20).build())) {
      final TcpConnection[] all = new TcpConnection[4];
      for (int i = 0; i < 3; i++) {
        all[i] = s.nextPeer().establish().connection;
      }
      s.peerPort(TestStack.PEER_PORT + 1);
      all[0].close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("> F. 1:1(0) ack 1");
      s.nextPeer();
      all[1].close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("> F. 1:1(0) ack 1");
      s.nextPeer();
      all[2].close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("> R. 1:1(0) ack 1");
      assertEquals(1, s.net.count(Counter.TCP_ORPHANS_ABORTED));
      // One of the two comes to its end.
      s.peerPort(TestStack.PEER_PORT + 1);
      s.script("< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.peerPort(TestStack.PEER_PORT + 4).establish().closeConnection();
      s.script("> F. 1:1(0) ack 1");
      assertEquals(1, s.net.count(Counter.TCP_ORPHANS_ABORTED));
      assertEquals(0, s.net.count(DropReason.TCP_MEMORY));
    }
  }
}
