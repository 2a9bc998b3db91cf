package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits at a listener: the SYN queue and the accept queue, as listen(2) on Linux. */
class BacklogTest {
  private static final String SYN = "< S 0:0(0) win 65535 <mss 1460>";
  private static final String SYN_ACK = "> S. 0:0(0) ack 1 win 65535 <mss 1460>";
  private static final String ACK = "< . 1:1(0) ack 1 win 65535";

  private static TestStack backlog(final int backlog) {
    return new TestStack(TestStack.PLAIN.with().synCookies(SynCookieUse.OFF).build())
        .listen(backlog);
  }

  // ---- The accept queue: backlog + 1

  @ParameterizedTest(name = "backlog {0}")
  @ValueSource(ints = {0, 1, 3})
  @Covers(
      rfc = "Linux",
      clause = "listen(2)",
      what = "SYN queue and accept queue are counted apart",
      by = TcpListener.class)
  void acceptQueueHoldsOneMoreThanTheBacklog(final int backlog) {
    try (TestStack s = backlog(backlog)) {
      for (int i = 0; i <= backlog; i++) {
        s.nextPeer().script(SYN, SYN_ACK, ACK);
      }
      s.nextPeer().script(SYN);
      assertEquals(1, s.net.count(DropReason.TCP_ACCEPT_QUEUE_FULL));
      assertNotNull(s.listener().accept());
      s.script(SYN, SYN_ACK, ACK);
      int waiting = 0;
      while (s.listener().accept() != null) {
        waiting++;
      }
      assertEquals(backlog + 1, waiting);
    }
  }

  @Test
  void connectionsAreAcceptedInTheOrderTheyWereEstablished() {
    try (TestStack s = backlog(8)) {
      s.peerPort(50_001).script(SYN, SYN_ACK);
      s.peerPort(50_002).script(SYN, SYN_ACK);
      s.peerPort(50_003).script(SYN, SYN_ACK);
      s.peerPort(50_002).script(ACK);
      s.peerPort(50_003).script(ACK);
      s.peerPort(50_001).script(ACK);
      assertEquals(50_002, s.accept().remotePort());
      assertEquals(50_003, s.accept().remotePort());
      assertEquals(50_001, s.accept().remotePort());
      assertNull(s.listener().accept());
    }
  }

  @Test
  void readableIsRaisedForEachOfThem() {
    try (TestStack s = backlog(8)) {
      s.script(SYN, SYN_ACK);
      assertEquals(0, s.events.count());
      s.script(ACK);
      assertEquals(1, s.events.count());
      s.nextPeer().script(SYN, SYN_ACK, ACK);
      assertEquals(2, s.events.count());
      assertEquals("READABLE", TestStack.bits(s.events.take()));
    }
  }

  /** As on Linux the ACK is ignored, and the SYN-ACK asks the peer again. */
  @Test
  void handshakeThatFindsTheAcceptQueueFullCompletesLater() {
    try (TestStack s = backlog(0)) {
      s.script(SYN, SYN_ACK);
      s.listener().backlog(2);
      s.nextPeer().script(SYN, SYN_ACK, ACK);
      s.listener().backlog(0);
      s.firstPeer();
      s.script(ACK, "< P. 1:11(10) ack 1 win 65535");
      assertEquals(2, s.net.count(DropReason.TCP_ACCEPT_QUEUE_FULL));
      s.script("+1 " + SYN_ACK, "< . 11:11(0) ack 1 win 65535");
      s.accept();
      s.script("+2 " + SYN_ACK, "< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      s.accept();
      s.in(TcpState.ESTABLISHED);
      assertEquals(10, s.read(1, 100));
    }
  }

  // ---- The SYN queue

  @ParameterizedTest(name = "backlog {0} takes {1}")
  @CsvSource({"0, 1", "1, 1", "2, 2", "5, 5"})
  @Covers(rfc = "Linux", clause = "listen(2)")
  void synQueueIsBoundedByTheBacklog(final int backlog, final int handshakes) {
    try (TestStack s = backlog(backlog)) {
      for (int i = 0; i < handshakes; i++) {
        s.nextPeer().script(SYN, SYN_ACK);
      }
      assertEquals(handshakes, s.listener().handshakes());
      s.nextPeer().script(SYN);
      assertEquals(1, s.net.count(DropReason.TCP_SYN_QUEUE_FULL));
      s.peerPort(TestStack.PEER_PORT + 1).script("< R 1:1(0) win 0");
      s.nextPeer().nextPeer().nextPeer().nextPeer().nextPeer().nextPeer().script(SYN, SYN_ACK);
    }
  }

  @Test
  void repeatedSynTakesNoSecondPlace() {
    try (TestStack s = backlog(4)) {
      s.script(SYN, SYN_ACK, "+0.6 " + SYN, SYN_ACK);
      assertEquals(1, s.listener().handshakes());
      assertEquals(1, s.net.stack.tcp().connections());
    }
  }

  @Test
  void backlogIsBounded() {
    try (TestStack s = backlog(Integer.MAX_VALUE)) {
      final TcpConfig config = s.net.stack.tcp().config();
      for (int i = 0; i < config.maxBacklog(); i++) {
        s.peerPort(1 + i).script(SYN, SYN_ACK);
      }
      s.peerPort(60_000).script(SYN);
      assertEquals(1, s.net.count(DropReason.TCP_SYN_QUEUE_FULL));
      s.listener().backlog(-5);
      s.script(SYN);
      assertEquals(2, s.net.count(DropReason.TCP_SYN_QUEUE_FULL));
    }
  }

  // ---- Death while waiting

  @Test
  void connectionResetWhileItWaitedIsAcceptedWithItsError() {
    try (TestStack s = backlog(4)) {
      s.script(SYN, SYN_ACK, ACK, "< P. 1:11(10) ack 1 win 65535", "< R 11:11(0) win 0");
      assertEquals(0, s.net.stack.tcp().connections());
      final TcpConnection c = s.listener().accept();
      assertEquals(Failure.CONNECTION_RESET, c.failure());
      c.observer(s.events);
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      assertEquals(10, c.receiveBuffer().length());
    }
  }

  @Test
  void dataAndFinWhileItWaitedAreRaisedAtAccept() {
    try (TestStack s = backlog(4)) {
      s.script(SYN, SYN_ACK, ACK, "< F. 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 12");
      s.events.take();
      s.connection = s.listener().accept();
      s.connection.observer(s.events);
      assertEquals("READABLE|WRITABLE|READ_CLOSED", TestStack.bits(s.events.take()));
    }
  }

  // ---- The listener goes

  @Test
  void closingForgetsHandshakesAndResetsWhatNobodyTook() {
    try (TestStack s = backlog(8)) {
      s.peerPort(50_001).script(SYN, SYN_ACK);
      s.peerPort(50_002).script(SYN, SYN_ACK, ACK);
      s.peerPort(50_003).script(SYN, SYN_ACK, ACK);
      final TcpConnection taken = s.accept();
      assertEquals(50_002, taken.remotePort());
      s.listener().close(s.net.clock.nanoTime());
      s.net.poll();
      assertEquals(2, s.takeSent());
      assertEquals(2, s.net.count(Counter.TCP_RESETS_OUT));
      assertEquals(1, s.net.stack.tcp().connections());
      assertEquals(TcpState.ESTABLISHED, taken.state());
      assertEquals(0, s.listener().handshakes());
      assertFalse(s.listener().isReadable());
      s.peerPort(50_004).script(SYN, "> R. 0:0(0) ack 1 win 0");
    }
  }

  @Test
  void handshakeUnderWayDoesNotReachTheNextListener() {
    try (TestStack s = backlog(8)) {
      s.script(SYN, SYN_ACK);
      final TcpListener old = s.listener();
      final TcpBinding binding = old.binding();
      old.close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("> R. 1:1(0) ack 1");
      s.listener(
          s.net.stack.tcp().listen(binding, 8, s.net.stack.tcp().config(), ReadinessObserver.NONE));
      s.script(ACK, "> R 1:1(0)");
      assertNull(s.listener().accept());
    }
  }

  @Test
  void listenerOnAnAddressWinsOverTheOneOnAll() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final TcpListener any = listener(tcp, 0, true);
      assertNull(tcp.bind(TestNet.OUR, TestStack.OUR_PORT, true));
      any.close(s.net.clock.nanoTime());
      final TcpListener loopback = listener(tcp, Ipv4Address.LOOPBACK, true);
      s.script(SYN, "> R. 0:0(0) ack 1 win 0");
      final TcpListener ours = listener(tcp, TestNet.OUR, true);
      s.script(SYN, SYN_ACK, ACK);
      assertNull(loopback.accept());
      assertNotNull(ours.accept());
    }
  }

  private static TcpListener listener(final Tcp tcp, final int address, final boolean reuse) {
    final TcpBinding binding = tcp.bind(address, TestStack.OUR_PORT, reuse);
    return tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
  }

  @Test
  void listenersThatCloseLeaveTheOthers() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final TcpListener[] listeners = new TcpListener[5];
      for (int i = 0; i < listeners.length; i++) {
        final TcpBinding binding = tcp.bind(0, TestStack.OUR_PORT + 256 * i, false);
        listeners[i] = tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
      }
      listeners[4].close(s.net.clock.nanoTime());
      listeners[2].close(s.net.clock.nanoTime());
      s.script(SYN, SYN_ACK, ACK);
      assertNotNull(listeners[0].accept());
    }
  }

  // ---- The limit of the stack

  @Test
  void connectionsOfTheStackAreBounded() {
    final TcpConfig config = TestStack.PLAIN.with().maxConnections(2).maxTimeWaits(100).build();
    try (TestStack s = new TestStack(config).listen(8)) {
      s.peerPort(50_001).script(SYN, SYN_ACK, ACK);
      s.peerPort(50_002).script(SYN, SYN_ACK);
      s.peerPort(50_003).script(SYN);
      assertEquals(1, s.net.count(DropReason.TCP_CONNECTION_LIMIT));
      final Tcp tcp = s.net.stack.tcp();
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(null, TestNet.PEER, 9, config, ReadinessObserver.NONE, nowNs));
      assertEquals(Failure.NO_RESOURCES, tcp.lastFailure());
      s.peerPort(50_002).script("< R 1:1(0) win 0");
      s.peerPort(50_003).script(SYN, SYN_ACK);
      assertEquals(1, s.listener().handshakes());
    }
  }
}
