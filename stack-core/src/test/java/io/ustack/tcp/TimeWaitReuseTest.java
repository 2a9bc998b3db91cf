package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.PortAllocator;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;

/** New connections in the place of our own that are in TIME_WAIT: RFC 6191, Linux tcp_tw_reuse. */
class TimeWaitReuseTest {
  private static final int PORTS = PortAllocator.LAST_PORT - PortAllocator.FIRST_PORT + 1;

  // ---- One connection after the other to one server, where we close first

  private static TcpListener listen(final TestStack s) {
    final Tcp tcp = s.net.stack.tcp();
    final TcpBinding binding = tcp.bind(0, 80, false);
    assertNotNull(binding);
    return tcp.listen(binding, 8, tcp.config(), ReadinessObserver.NONE);
  }

  private static TcpConnection connect(final TestStack s) {
    final Tcp tcp = s.net.stack.tcp();
    return tcp.connect(
        null,
        Ipv4Address.LOOPBACK,
        80,
        tcp.config(),
        ReadinessObserver.NONE,
        s.net.clock.nanoTime());
  }

  /** Connects, says something, and closes; false when there was no port. */
  private static boolean converse(final TestStack s, final TcpListener listener) {
    final TcpConnection client = connect(s);
    if (client == null) {
      return false;
    }
    s.net.poll();
    final TcpConnection server = listener.accept();
    assertNotNull(server);
    final byte[] word = {1, 2, 3};
    client.sendBuffer().write(word, 0, 3);
    client.onSendBufferWritten(s.net.clock.nanoTime());
    client.close(s.net.clock.nanoTime());
    s.net.poll();
    assertEquals(3, server.receiveBuffer().read(new byte[8], 0, 8));
    server.onReceiveBufferRead(s.net.clock.nanoTime());
    server.close(s.net.clock.nanoTime());
    s.net.poll();
    assertEquals(TcpState.TIME_WAIT, client.state());
    assertEquals(TcpState.CLOSED, server.state());
    return true;
  }

  @Test
  @Covers(
      rfc = "RFC 6191",
      clause = "Linux tcp_tw_reuse",
      what = "TIME_WAIT gives its ports to our next connection",
      by = {ActiveOpen.class, TcpConnection.class})
  void shortConnectionsToOneServerDoNotRunDry() {
    try (TestStack s = new TestStack()) {
      final TcpListener listener = listen(s);
      for (int i = 0; i < PORTS + 2000; i++) {
        assertTrue(converse(s, listener), "number " + i);
        s.net.advance(TestNet.MS / 2);
      }
      assertEquals(2000, s.net.count(Counter.TCP_TIME_WAITS_REUSED));
      assertEquals(PORTS, s.net.stack.tcp().connections());
    }
  }

  @Test
  void aPortIsNotChosenAgainBeforeASecondOfQuiet() {
    try (TestStack s = new TestStack()) {
      final TcpListener listener = listen(s);
      for (int i = 0; i < PORTS; i++) {
        assertTrue(converse(s, listener), "number " + i);
      }
      s.net.advance(TestNet.SECOND - 1);
      assertNull(connect(s));
      assertEquals(Failure.PORTS_EXHAUSTED, s.net.stack.tcp().lastFailure());
      // A connection's clock for this is coarse.
      s.net.advance(35 * TestNet.MS);
      assertTrue(converse(s, listener));
    }
  }

  // ---- The next incarnation, segment by segment

  /**
   * TIME_WAIT of a connection that we opened from port 80; the last word of the peer's clock: 8.
   */
  private static TestStack timeWait(final TcpConfig config, final String synAckOptions) {
    final TestStack s = new TestStack(config);
    s.connect(s.net.stack.tcp().bind(0, TestStack.OUR_PORT, true));
    final boolean stamps = synAckOptions.contains("TS");
    s.script(
        "< S. 0:0(0) ack 1 win 65535 <" + synAckOptions + ">",
        "> . 1:1(0) ack 1" + (stamps ? " <nop,nop,TS val 3000 ecr 7>" : ""));
    s.closeConnection();
    s.script(
        "> F. 1:1(0) ack 1" + (stamps ? " <nop,nop,TS val 3000 ecr 7>" : ""),
        "< F. 1:1(0) ack 2 win 65535" + (stamps ? " <nop,nop,TS val 8 ecr 3000>" : ""),
        "> . 2:2(0) ack 2" + (stamps ? " <nop,nop,TS val 3000 ecr 8>" : ""));
    return s.in(TcpState.TIME_WAIT);
  }

  private static TcpConnection again(final TestStack s) {
    final Tcp tcp = s.net.stack.tcp();
    final TcpBinding binding = tcp.bind(0, TestStack.OUR_PORT, true);
    assertNotNull(binding);
    final TcpConnection next =
        tcp.connect(
            binding,
            TestNet.PEER,
            TestStack.PEER_PORT,
            tcp.config(),
            s.events,
            s.net.clock.nanoTime());
    s.net.poll();
    return next;
  }

  private static final String STAMPS = "mss 1460,nop,nop,TS val 7 ecr 3000";

  @Test
  @Covers(rfc = "RFC 6191", clause = "Linux tcp_tw_reuse")
  void theNextIncarnationStartsHigherAndLater() {
    try (TestStack s = timeWait(TcpConfig.DEFAULT, STAMPS)) {
      s.net.advance(5 * TestNet.MS);
      final TcpConnection old = s.connection;
      s.connection = again(s);
      assertEquals(TcpState.CLOSED, old.state());
      assertEquals(Failure.NONE, old.failure());
      final int iss = 2 + 65_537;
      s.script(
          "> S %d:%d(0) win 65535 %s".formatted(iss, iss, s.synOptions(0)),
          // The peer lost our last ACK and still waits for it: RFC 6191 2, RFC 9293 figure 9.
          "< . 2:2(0) ack 2 win 65535 <nop,nop,TS val 9 ecr 3000>",
          "> R 2:2(0)",
          "+1 > S %d:%d(0) win 65535 %s".formatted(iss, iss, s.synOptions(1)),
          "< S. 900:900(0) ack %d win 65535 <mss 1460,nop,nop,TS val 1007 ecr 4005>"
              .formatted(iss + 1),
          "> . %d:%d(0) ack 901 <nop,nop,TS val 4005 ecr 1007>".formatted(iss + 1, iss + 1));
      s.in(TcpState.ESTABLISHED);
      assertEquals(1, s.net.stack.tcp().connections());
    }
  }

  private static void refused(final TestStack s) {
    assertNull(again(s));
    assertEquals(Failure.ADDRESS_NOT_AVAILABLE, s.net.stack.tcp().lastFailure());
    s.in(TcpState.TIME_WAIT);
    assertEquals(0, s.net.count(Counter.TCP_TIME_WAITS_REUSED));
  }

  @Test
  @Covers(rfc = "RFC 6191", clause = "Linux tcp_tw_reuse")
  void withoutTimestampsItLastsItsMinute() {
    try (TestStack s = timeWait(TcpConfig.DEFAULT, "mss 1460")) {
      refused(s);
    }
  }

  @Test
  void aConnectionWithoutTimestampsCanNotFollow() {
    try (TestStack s = timeWait(TcpConfig.DEFAULT, STAMPS)) {
      s.net.advance(5 * TestNet.SECOND);
      final Tcp tcp = s.net.stack.tcp();
      final TcpConfig bare = tcp.config().with().timestamps(false).build();
      final TcpBinding binding = tcp.bind(0, TestStack.OUR_PORT, true);
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(binding, TestNet.PEER, TestStack.PEER_PORT, bare, s.events, nowNs));
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void itCanBeSwitchedOff() {
    try (TestStack s = timeWait(TcpConfig.DEFAULT.with().reuseTimeWaits(false).build(), STAMPS)) {
      s.net.advance(5 * TestNet.SECOND);
      refused(s);
    }
  }

  @Test
  void whatStillClosesIsNoTimeWait() {
    try (TestStack s = new TestStack()) {
      s.connect(s.net.stack.tcp().bind(0, TestStack.OUR_PORT, true));
      s.script(
          "< S. 0:0(0) ack 1 win 65535 <" + STAMPS + ">",
          "> . 1:1(0) ack 1 <nop,nop,TS val 3000 ecr 7>");
      s.net.advance(5 * TestNet.SECOND);
      assertNull(again(s));
      s.in(TcpState.ESTABLISHED);
    }
  }
}
