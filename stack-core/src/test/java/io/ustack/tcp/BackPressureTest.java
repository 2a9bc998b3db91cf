package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A link that takes nothing for a while, and a pool that is empty for a while. */
class BackPressureTest {
  private static TestStack small(final int poolPackets) {
    return new TestStack(
            TestNet.config().withTcp(TestStack.PLAIN).withPressure(TestStack.NO_PRESSURE),
            poolPackets)
        .listen(16);
  }

  /** Takes every packet out of the pool. */
  private static List<Packet> exhaust(final TestStack s) {
    final List<Packet> taken = new ArrayList<>();
    for (Packet p = s.net.link.pool().allocate(); p != null; p = s.net.link.pool().allocate()) {
      taken.add(p);
    }
    return taken;
  }

  /** The link takes nothing more, and the batch has no place left. */
  private static void block(final TestStack s) {
    s.net.link.accept(0);
    final byte[] question =
        Frames.ethernet(
            Frames.BROADCAST_MAC,
            TestNet.PEER_MAC,
            TestNet.ARP_TYPE,
            Frames.arp(1, TestNet.PEER_MAC, TestNet.PEER, 0, TestNet.OUR));
    while (s.net.count(DropReason.TRANSMIT_QUEUE_FULL) == 0) {
      s.net.inject(question);
    }
  }

  @Test
  void dataWaitsForTheLink() {
    try (TestStack s = TestStack.established()) {
      s.net.link.accept(0);
      s.write(1, 3000);
      s.script("");
      s.net.link.accept(1);
      s.net.poll();
      s.script("> . 1:1461(1460) ack 1");
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      s.script(
          "> . 1461:2921(1460) ack 1", "> P. 2921:3001(80) ack 1", "< . 1:1(0) ack 3001 win 65535");
      assertEquals(0, s.net.count(DropReason.TRANSMIT_QUEUE_FULL));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** More connections than the batch has places: each is asked again, none is forgotten. */
  @Test
  void hundredConnectionsWaitForTheLink() {
    try (TestStack s = TestStack.listening()) {
      s.listener().backlog(4000);
      final TcpConnection[] all = new TcpConnection[100];
      for (int i = 0; i < all.length; i++) {
        s.nextPeer().establish();
        all[i] = s.connection;
      }
      s.net.link.accept(0);
      for (final TcpConnection c : all) {
        c.sendBuffer().write(ScriptedSegment.stream(1, 2920), 0, 2920);
        c.onSendBufferWritten(s.net.clock.nanoTime());
      }
      s.net.poll();
      assertEquals(0, s.net.link.sentCount());
      s.net.link.accept(7);
      s.net.poll();
      assertEquals(7, s.takeSent());
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      assertEquals(193, s.takeSent());
      for (final TcpConnection c : all) {
        assertEquals(c.sender().iss() + 2921, c.sender().sndNxt());
      }
      assertEquals(0, s.net.count(DropReason.TRANSMIT_QUEUE_FULL));
    }
  }

  @Test
  void ackWaitsForTheLink() {
    try (TestStack s = TestStack.established()) {
      s.net.link.accept(0);
      for (int i = 0; i < 100; i++) {
        s.burst(". %d:%d(1) ack 1 win 65535".formatted(100 + i, 101 + i));
      }
      s.script("");
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      assertTrue(s.takeSent() >= 64);
    }
  }

  @Test
  void timeoutWhileTheLinkTakesNothingSendsOnce() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      s.net.link.accept(0);
      for (int i = 0; i < 50; i++) {
        s.net.clock.advance(10_000_000);
        s.net.poll();
      }
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      // It waits in the batch, and the timer for the next one began when it got there.
      s.script("> P. 1:101(100) ack 1", "< . 1:1(0) ack 101 win 65535");
    }
  }

  @Test
  void aLinkThatTakesNothingForEverEndsTheConnection() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      block(s);
      // 0.2 s doubled 15 times, at most 120 s each: 924.6 s (Linux tcp_retries2).
      s.net.advance(900 * TestNet.SECOND);
      s.in(TcpState.ESTABLISHED);
      s.net.advance(30 * TestNet.SECOND);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      assertEquals(15, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      s.script("");
    }
  }

  @Test
  void aLinkThatTakesNothingForEverEndsTheHandshake() {
    try (TestStack s = new TestStack()) {
      block(s);
      final Tcp tcp = s.net.stack.tcp();
      final TcpConnection c =
          tcp.connect(null, TestNet.PEER, 9, tcp.config(), s.events, s.net.clock.nanoTime());
      assertNotNull(c);
      // 1 s doubled six times: 127 s (Linux tcp_syn_retries).
      s.net.advance(120 * TestNet.SECOND);
      assertEquals(TcpState.SYN_SENT, c.state());
      s.net.advance(10 * TestNet.SECOND);
      assertEquals(Failure.TIMED_OUT, c.failure());
    }
  }

  @Test
  void timeWaitEndsWhileTheLinkTakesNothing() {
    try (TestStack s = TestStack.timeWait()) {
      block(s);
      s.burst("F. 1:1(0) ack 2 win 65535");
      s.net.advance(61 * TestNet.SECOND);
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void resetOfAnAbortWaitsForTheLink() {
    try (TestStack s = TestStack.established()) {
      s.net.link.accept(0);
      s.abort();
      s.script("");
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      s.script("> R. 1:1(0) ack 1");
    }
  }

  @Test
  void dataWaitsForThePool() {
    try (TestStack s = small(32).establish()) {
      final List<Packet> taken = exhaust(s);
      assertEquals(32, taken.size());
      s.write(1, 3000);
      s.script("");
      assertTrue(s.net.count(Counter.PACKET_POOL_EXHAUSTED) > 0);
      assertEquals(1, s.connection.sender().sndNxt() - TestStack.OUR_ISN);
      taken.remove(0).release();
      s.net.poll();
      s.script("> . 1:1461(1460) ack 1", "> . 1461:2921(1460) ack 1", "> P. 2921:3001(80) ack 1");
      taken.forEach(Packet::release);
      s.net.poll();
      s.script("< . 1:1(0) ack 3001 win 65535");
    }
  }

  @Test
  void ackFinAndResetWaitForThePool() {
    try (TestStack s = small(32).establish()) {
      s.net.link.inject(
          TestNet.ipv4ToUs(
              TcpHeader.PROTOCOL,
              ScriptedSegment.parse("F. 1:101(100) ack 1 win 65535")
                  .bytes(
                      TestStack.PEER_PORT,
                      TestStack.OUR_PORT,
                      TestStack.PEER_ISN,
                      TestStack.OUR_ISN)));
      final List<Packet> taken = exhaust(s);
      taken.remove(0).release();
      s.net.link.accept(0);
      s.net.poll();
      s.in(TcpState.CLOSE_WAIT);
      s.shutdownSend();
      s.script("");
      s.net.link.accept(Integer.MAX_VALUE);
      taken.forEach(Packet::release);
      s.net.poll();
      s.script("> . 1:1(0) ack 102", "> F. 1:1(0) ack 102");
      final List<Packet> again = exhaust(s);
      s.connection.close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("");
      again.forEach(Packet::release);
      s.net.poll();
      s.script("> R. 2:2(0) ack 102");
    }
  }

  @Test
  void synWaitsForThePool() {
    try (TestStack s = small(32)) {
      final List<Packet> taken = exhaust(s);
      final Tcp tcp = s.net.stack.tcp();
      final TcpConnection c =
          tcp.connect(null, TestNet.PEER, 9, tcp.config(), s.events, s.net.clock.nanoTime());
      assertNotNull(c);
      s.net.poll();
      assertEquals(1, s.net.count(Counter.TCP_ACTIVE_OPENS));
      assertEquals(0, s.takeSent());
      taken.forEach(Packet::release);
      s.net.poll();
      assertEquals(1, s.takeSent());
      assertEquals(TcpTimers.Kind.RETRANSMIT, c.timers().kind());
    }
  }

  @Test
  void probeWaitsForThePool() {
    try (TestStack s = small(32).establish()) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 100);
      final List<Packet> taken = exhaust(s);
      s.net.clock.advance(300_000_000);
      s.net.poll();
      s.script("");
      taken.forEach(Packet::release);
      s.net.poll();
      s.script("> . 1:2(1) ack 1", "+0.4 > . 1:2(1) ack 1");
    }
  }

  @Test
  void answersToNobodyAreLostWithoutAPacket() {
    try (TestStack s = small(32)) {
      s.peerPort(1);
      s.net.link.inject(
          TestNet.ipv4ToUs(
              TcpHeader.PROTOCOL,
              ScriptedSegment.parse("S 0:0(0) win 1").bytes(1, 81, TestStack.PEER_ISN, 0)));
      final List<Packet> taken = exhaust(s);
      taken.remove(0).release();
      s.net.poll();
      s.script("");
      assertEquals(1, s.net.count(DropReason.TCP_NO_CONNECTION));
      taken.forEach(Packet::release);
    }
  }
}
