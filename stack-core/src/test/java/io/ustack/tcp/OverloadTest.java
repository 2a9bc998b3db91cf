package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is done, step by step, when packets run out: here because the link holds them. And that all
 * is as before when they are back.
 */
class OverloadTest {
  private static final int PACKETS = 512;
  private static final int RESERVE = 32;
  private static final String SYN = "S 0:0(0) win 65535 <mss 1460>";

  private final Deque<Packet> held = new ArrayDeque<>();

  /** The link holds packets until so many are in use, as a NIC does that sends slowly. */
  private void holdUpTo(final TestStack s, final int inUse) {
    while (s.net.link.pool().inUse() < inUse) {
      held.add(s.net.link.pool().allocate());
    }
    s.net.poll();
  }

  private void release(final TestStack s) {
    held.forEach(Packet::release);
    held.clear();
    s.net.poll();
  }

  private static PressureLevel level(final TestStack s) {
    return s.net.stack.pressure().level();
  }

  private static TestStack listening() {
    return new TestStack(TestNet.config().withTcp(TestStack.PLAIN), PACKETS).listen(16);
  }

  private static void pingIsAnswered(final TestStack s) {
    final byte[] echo = Frames.icmp(8, 0, 0x0001_0002, new byte[] {1, 2, 3});
    final long before = s.net.count(Counter.ICMP_ECHO_REPLIES_OUT);
    s.net.inject(TestNet.ipv4ToUs(1, echo));
    assertEquals(1, s.takeSent());
    assertEquals(before + 1, s.net.count(Counter.ICMP_ECHO_REPLIES_OUT));
  }

  // ---- Cookies

  @Test
  void synsAreAnsweredWithCookiesWhilePacketsAreShort() {
    try (TestStack s = listening().establish()) {
      final TcpConnection established = s.connection;
      holdUpTo(s, 400);
      assertEquals(PressureLevel.COOKIES, level(s));
      for (int i = 0; i < 1000; i++) {
        s.nextPeer().burst(SYN);
        assertEquals(1, s.takeSent());
      }
      assertEquals(1, s.net.stack.tcp().connections(), "a SYN was kept");
      assertEquals(1000, s.net.count(Counter.TCP_SYN_COOKIES_OUT));
      assertEquals(1000, s.net.count(Counter.TCP_PRESSURE_COOKIES));
      // Who is honest gets in by its cookie.
      s.nextPeer().burst(SYN).learnIsn();
      s.takeSent();
      s.script("< . 1:1(0) ack 1 win 65535");
      s.accept();
      // Who is in goes on.
      goesOn(s, established);
      pingIsAnswered(s);
      release(s);
      assertEquals(PressureLevel.NONE, level(s));
      s.nextPeer().script(SYN.replace("S ", "< S "), "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
      assertEquals(1, s.listener().handshakes());
      s.script("< R 1:1(0) win 0");
    }
  }

  private static void goesOn(final TestStack s, final TcpConnection established) {
    final TcpConnection other = s.connection;
    s.connection = established;
    s.firstPeer().learnIsn(TestStack.OUR_ISN);
    s.script("< P. 1:11(10) ack 1 win 65535");
    s.read(1, 100);
    s.write(1, 100);
    s.script("> P. 1:101(100) ack 11", "< . 11:11(0) ack 101 win 65535");
    s.connection = other;
  }

  @Test
  void withoutCookiesSynsAreDroppedWhilePacketsAreShort() {
    final TcpConfig off = TestStack.PLAIN.with().synCookies(SynCookieUse.OFF).build();
    try (TestStack s = new TestStack(TestNet.config().withTcp(off), PACKETS).listen(16)) {
      holdUpTo(s, 400);
      s.burst(SYN).script("");
      assertEquals(1, s.net.count(DropReason.TCP_SYN_PRESSURE));
      release(s);
      s.establish();
    }
  }

  // ---- Windows

  /** RFC 9293 3.8.6: the right edge never moves left, and here not right, down to four segments. */
  @Test
  void windowsDoNotGrowWhilePacketsAreShort() {
    try (TestStack s = listening().establish()) {
      holdUpTo(s, 460);
      assertEquals(PressureLevel.WINDOWS, level(s));
      int seq = 1;
      int edge = 1 + 65535;
      while (seq < 200_000) {
        s.burst("P. %d:%d(1460) ack 1 win 65535".formatted(seq, seq + 1460));
        seq += 1460;
        assertEquals(1460, s.read(seq - 1460, 5000));
        s.net.advance(50 * TestNet.MS);
        final int window = lastWindow(s);
        final int newEdge = seq + window;
        assertTrue(newEdge >= edge, "the edge moved left by " + (edge - newEdge));
        assertTrue(newEdge <= Math.max(edge, seq + 4 * 1460), "the window grew to " + window);
        assertTrue(window >= 3 * 1460, "the window closed to " + window);
        edge = newEdge;
      }
      assertTrue(s.net.count(Counter.TCP_PRESSURE_WINDOWS) > 0);
      release(s);
      s.burst("P. %d:%d(1460) ack 1 win 65535".formatted(seq, seq + 1460));
      assertEquals(1460, s.read(seq, 5000));
      s.net.advance(50 * TestNet.MS);
      assertEquals(65535, lastWindow(s), "the window did not open again");
    }
  }

  /** The window field of the last of what was sent, of which there is something. */
  private static int lastWindow(final TestStack s) {
    byte[] last = null;
    for (byte[] f = s.net.link.takeSent(); f != null; f = s.net.link.takeSent()) {
      last = f;
    }
    assertNotNull(last, "nothing was acknowledged");
    return ByteBuffer.wrap(Frames.tail(last, Frames.IPV4)).getShort(14) & 0xFFFF;
  }

  // ---- Loans

  /** An application that borrows what comes and returns nothing, on a link that is slow. */
  @Test
  void nothingIsLentWhilePacketsAreShort() {
    try (TestStack s = listening().establish()) {
      final LentPackets lent = s.net.stack.lentPackets();
      s.connection.receiveBuffer().keepPackets(lent);
      final List<Packet> borrowed = new ArrayList<>();
      int seq = 1;
      for (int i = 0; i < 20; i++) {
        s.burst("P. %d:%d(100) ack 1 win 65535".formatted(seq, seq + 100));
        s.takeSent();
        borrowed.add(s.connection.receiveBuffer().take(0));
        seq += 100;
      }
      assertEquals(20, lent.count());
      holdUpTo(s, 460);
      for (int i = 0; i < 20; i++) {
        s.burst("P. %d:%d(100) ack 1 win 65535".formatted(seq, seq + 100));
        assertEquals(100, s.read(seq, 200), "it was not copied");
        s.takeSent();
        seq += 100;
      }
      assertNull(lent.lendEmpty());
      s.net.poll();
      assertEquals(21, s.net.count(Counter.PACKETS_NOT_LENT));
      assertEquals(20, lent.count());
      pingIsAnsweredAmongAcks(s);
      borrowed.forEach(lent::giveBack);
      release(s);
      s.connection.receiveBuffer().keepPackets(lent);
      s.burst("P. %d:%d(100) ack 1 win 65535".formatted(seq, seq + 100));
      final Packet packet = s.connection.receiveBuffer().take(0);
      assertNotNull(packet, "nothing is lent any more");
      lent.giveBack(packet);
      s.net.advance(TestNet.SECOND);
      s.takeSent();
      assertEquals(0, lent.count());
    }
  }

  private static void pingIsAnsweredAmongAcks(final TestStack s) {
    s.net.advance(TestNet.SECOND);
    s.takeSent();
    pingIsAnswered(s);
  }

  // ---- What waits for neighbours

  @Test
  void packetsThatWaitForNeighboursGoFirst() {
    try (TestStack s = listening()) {
      final Tcp tcp = s.net.stack.tcp();
      for (int i = 0; i < 100; i++) {
        tcp.connect(null, TestNet.PEER + 2 + i, 9, tcp.config(), s.events, s.net.clock.nanoTime());
      }
      s.net.poll();
      assertEquals(100, s.net.stack.arp().parked());
      holdUpTo(s, 460);
      assertEquals(16, s.net.stack.arp().parked());
      assertEquals(84, s.net.count(DropReason.ARP_PRESSURE));
      s.net.advance(TestNet.SECOND);
      assertTrue(s.net.stack.arp().parked() <= 16);
      release(s);
      s.net.advance(130 * TestNet.SECOND);
      assertEquals(0, tcp.connections());
    }
  }

  // ---- The reserve

  /** Data does not get the last packets: ACKs, RSTs, ARP and echo replies do. */
  @Test
  void theLastPacketsAreForWhatKeepsTheHostVisible() {
    try (TestStack s = listening().establish()) {
      holdUpTo(s, PACKETS - RESERVE);
      final long asked = s.net.count(Counter.ARP_REQUESTS_OUT);
      s.write(1, 3000);
      s.script("");
      assertTrue(s.net.count(Counter.PACKETS_RESERVED) > 0);
      assertEquals(0, s.net.count(Counter.PACKET_POOL_EXHAUSTED));
      s.script("< P. 2:12(10) ack 1 win 65535", "> . 1:1(0) ack 1");
      pingIsAnswered(s);
      assertEquals(
          Failure.NONE,
          s.net
              .stack
              .icmp()
              .ping(0, TestNet.PEER + 9, 1, 1, new byte[8], 8, s.net.clock.nanoTime()));
      assertEquals(1, s.net.count(Counter.ARP_REQUESTS_OUT) - asked);
      s.burst("R. 500:500(0) ack 1 win 0").script("> . 1:1(0) ack 1");
      s.nextPeer().burst("P. 1:11(10) ack 1 win 65535");
      assertEquals(1, s.takeSent(), "no RST to who has no connection");
      assertEquals(1, s.net.count(Counter.TCP_RESETS_OUT));
      s.firstPeer();
      release(s);
      s.script("> . 1:1461(1460) ack 1", "> . 1461:2921(1460) ack 1", "> P. 2921:3001(80) ack 1");
      s.script("< . 1:1(0) ack 3001 win 65535");
    }
  }

  /** Sending at full speed does not use up what the link needs to receive. */
  @Test
  void sendersLeaveTheReserveToTheLink() {
    try (TestStack s = listening().establish()) {
      holdUpTo(s, PACKETS - RESERVE - 4);
      s.net.link.accept(0);
      s.write(1, 60_000);
      assertEquals(RESERVE, s.net.link.pool().available());
      s.net.link.accept(Integer.MAX_VALUE);
      release(s);
      s.takeSent();
      s.burst(". 1:1(0) ack 10000 win 65535");
      s.takeSent();
    }
  }

  // ---- Shedding

  /** What unread segments hold of the packets comes back when their connection is reset. */
  @Test
  void whoHoldsPacketsAndDoesNotMoveIsReset() {
    try (TestStack s = listening().establish()) {
      final TcpConnection hoarder = s.connection;
      hoarder.receiveBuffer().keepPackets(s.net.stack.lentPackets());
      for (int i = 0; i < 40; i++) {
        s.burst("P. %d:%d(100) ack 1 win 65535".formatted(1 + 100 * i, 101 + 100 * i));
        s.takeSent();
      }
      s.net.advance(TestNet.SECOND);
      s.takeSent();
      final TcpConnection other = s.nextPeer().establish().connection;
      holdUpTo(s, 500);
      assertEquals(PressureLevel.REFUSING, s.net.stack.pressure().highest());
      assertEquals(1, s.takeSent(), "a RST");
      assertEquals(TcpState.CLOSED, hoarder.state());
      assertEquals(Failure.NO_RESOURCES, hoarder.failure());
      assertEquals(TcpState.ESTABLISHED, other.state(), "it holds nothing");
      assertEquals(1, s.net.count(Counter.TCP_PRESSURE_RESETS));
      assertEquals(460, s.net.link.pool().inUse());
      holdUpTo(s, 500);
      assertEquals(PressureLevel.REFUSING, level(s));
      s.nextPeer().burst(SYN).script("");
      assertEquals(1, s.net.count(DropReason.TCP_SYN_PRESSURE));
      s.net.advance(20 * TestNet.SECOND);
      assertEquals(TcpState.ESTABLISHED, other.state());
      release(s);
      assertEquals(PressureLevel.NONE, level(s));
      assertEquals(2, s.net.count(Counter.PRESSURE_RISES));
    }
  }
}
