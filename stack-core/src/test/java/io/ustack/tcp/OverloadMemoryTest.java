package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.testing.TestNet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is done, step by step, when the memory for buffers runs out because peers or applications do
 * not read; and that all is as before when it is back.
 */
class OverloadMemoryTest {
  private static final int BUDGET = 1 << 20;
  private static final String SYN = "S 0:0(0) win 65535 <mss 1460>";

  private static TestStack withBudget(final int bytes) {
    return TestStack.listening(
            TestStack.PLAIN.with().maxOrphans(1000).maxBufferBytes(bytes).build())
        .backlog(1000);
  }

  private static PressureLevel level(final TestStack s) {
    return s.net.stack.pressure().level();
  }

  private static long used(final TestStack s) {
    return s.net.stack.tcp().bufferBytes();
  }

  /** A peer connects, by a cookie where it has to, and is accepted. */
  private static TcpConnection connect(final TestStack s, final int window) {
    s.nextPeer().burst(SYN).learnIsn();
    s.takeSent();
    s.script("< . 1:1(0) ack 1 win " + window);
    return s.accept();
  }

  /** A peer that asked for much and takes nothing of it. */
  private static TcpConnection slowReader(final TestStack s, final int bytes) {
    final TcpConnection c = connect(s, 0);
    s.write(1, bytes);
    return c;
  }

  // ---- Behind holes

  /** Thousands of segments behind holes: they are forgotten, and the peers send them again. */
  @Test
  void whatIsBehindHolesIsForgotten() {
    try (TestStack s = withBudget(BUDGET)) {
      final List<TcpConnection> all = new ArrayList<>();
      while (level(s) == PressureLevel.NONE || all.size() < 12) {
        all.add(connect(s, 65535));
        for (int i = 1; i < 40; i++) {
          s.burst(". %d:%d(1460) ack 1 win 65535".formatted(1 + 1460 * i, 1 + 1460 * (i + 1)));
          s.takeSent();
        }
      }
      assertTrue(s.net.count(Counter.TCP_OUT_OF_ORDER_SEGMENTS) > 400);
      assertEquals(PressureLevel.COOKIES, level(s));
      // One more that reads nothing of what came in order.
      while (level(s) == PressureLevel.COOKIES) {
        final TcpConnection c = connect(s, 65535);
        for (int i = 0; i < 40; i++) {
          s.burst(". %d:%d(1460) ack 1 win 65535".formatted(1 + 1460 * i, 1 + 1460 * (i + 1)));
          s.takeSent();
        }
        assertEquals(40 * 1460, c.receiveBuffer().length(), "no memory for what can be read");
        all.add(c);
      }
      s.net.advance(100 * TestNet.MS);
      s.takeSent();
      assertEquals(PressureLevel.NONE, level(s));
      assertEquals(PressureLevel.WINDOWS, s.net.stack.pressure().highest());
      assertTrue(s.net.count(Counter.TCP_PRESSURE_PRUNED) >= 12);
      assertEquals(0, s.net.count(Counter.TCP_PRESSURE_RESETS));
      for (int i = 0; i < 12; i++) {
        assertTrue(!all.get(i).receiver().hasHoles(), "holes of connection " + i);
      }
      comesAgain(s, all.get(5));
    }
  }

  /** RFC 2018 8: the peer of a connection whose data was forgotten sends everything again. */
  private static void comesAgain(final TestStack s, final TcpConnection c) {
    s.connection = c;
    s.peerPort(c.remotePort()).learnIsn(c.sender().iss());
    assertEquals(0, s.read(1, 1));
    s.burst("P. 1:1461(1460) ack 1 win 65535").script("+0.04 > . 1:1(0) ack 1461");
    assertEquals(1460, s.read(1, 5000), "what was forgotten is readable");
    for (int i = 1; i < 40; i++) {
      s.burst("P. %d:%d(1460) ack 1 win 65535".formatted(1 + 1460 * i, 1 + 1460 * (i + 1)));
      s.net.advance(50 * TestNet.MS);
      s.takeSent();
    }
    assertEquals(39 * 1460, s.read(1461, 100_000));
    s.takeSent();
  }

  // ---- Shedding

  /** Peers that take nothing for ten seconds go, as many as have to; who reads is served. */
  @Test
  void slowReadersAreResetUntilThereIsEnough() {
    try (TestStack s = withBudget(BUDGET)) {
      final TcpConnection honest = connect(s, 65535);
      final TcpConnection talker = connect(s, 65535);
      for (int i = 0; i < 40; i++) {
        s.burst("P. %d:%d(1460) ack 1 win 65535".formatted(1 + 1460 * i, 1461 + 1460 * i));
        s.takeSent();
      }
      final List<TcpConnection> slow = new ArrayList<>();
      while (level(s) != PressureLevel.SHEDDING) {
        slow.add(slowReader(s, 30_000));
      }
      s.net.advance(3 * TestNet.SECOND);
      assertEquals(0, s.net.count(Counter.TCP_PRESSURE_RESETS), "not before they stall");
      s.takeSent();
      for (int i = 0; i < 60; i++) {
        talk(s, talker, i);
        s.net.advance(TestNet.SECOND);
        s.takeSent();
      }
      assertEquals(TcpState.ESTABLISHED, talker.state(), "it moves");
      final long resets = s.net.count(Counter.TCP_PRESSURE_RESETS);
      assertTrue(resets > 0 && resets < slow.size() / 2, resets + " resets");
      assertEquals(resets, s.net.count(Counter.TCP_RESETS_OUT));
      assertEquals(PressureLevel.WINDOWS, level(s), "no more than had to");
      assertEquals(resets, slow.stream().filter(c -> c.failure() == Failure.NO_RESOURCES).count());
      assertTrue((s.events.take() & Readiness.FAILED) != 0, "the socket is not told");
      s.connection = honest;
      s.peerPort(honest.remotePort()).learnIsn(honest.sender().iss());
      assertEquals(TcpState.ESTABLISHED, honest.state());
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1", "< . 1:1(0) ack 1001 win 65535");
      slow.forEach(c -> c.abort(s.net.clock.nanoTime()));
      s.net.poll();
      s.takeSent();
      assertEquals(PressureLevel.NONE, level(s));
    }
  }

  /** It holds more than the others, but ten bytes are read and ten come. */
  private static void talk(final TestStack s, final TcpConnection c, final int time) {
    final int seq = 1 + 40 * 1460 + 10 * time;
    s.connection = c;
    s.peerPort(c.remotePort()).learnIsn(c.sender().iss());
    assertEquals(10, s.read(1 + 10 * time, 10));
    s.burst("P. %d:%d(10) ack 1 win 65535".formatted(seq, seq + 10));
    s.takeSent();
  }

  /** Linux tcp_check_oom: who has no socket any more goes first, however little it holds. */
  @Test
  void orphansGoFirst() {
    try (TestStack s = withBudget(BUDGET)) {
      final TcpConnection orphan = slowReader(s, 3000);
      s.closeConnection();
      final List<TcpConnection> slow = new ArrayList<>();
      while (level(s) != PressureLevel.COOKIES) {
        slow.add(slowReader(s, 60_000));
      }
      s.net.advance(30 * TestNet.SECOND);
      s.takeSent();
      while (level(s) != PressureLevel.SHEDDING) {
        slow.add(slowReader(s, 60_000));
      }
      assertEquals(1, s.net.count(Counter.TCP_PRESSURE_ORPHANS_RESET));
      assertEquals(TcpState.CLOSED, orphan.state());
      assertEquals(0, s.net.count(Counter.TCP_PRESSURE_RESETS));
      s.takeSent();
      slow.forEach(c -> c.abort(s.net.clock.nanoTime()));
      s.net.poll();
      s.takeSent();
    }
  }

  /** An application that reads nothing: what its connections hold goes, read or not. */
  @Test
  void unreadDataOfStalledConnectionsGoes() {
    try (TestStack s = withBudget(BUDGET)) {
      final List<TcpConnection> all = new ArrayList<>();
      while (level(s) != PressureLevel.SHEDDING) {
        all.add(connect(s, 65535));
        for (int i = 0; i < 40; i++) {
          final int window = s.connection.receiver().rcvWnd();
          if (window < 1460) {
            break;
          }
          final int seq = s.connection.receiver().received() + 1;
          s.burst("P. %d:%d(1460) ack 1 win 65535".formatted(seq, seq + 1460));
          s.takeSent();
        }
      }
      s.net.advance(30 * TestNet.SECOND);
      s.takeSent();
      final long resets = s.net.count(Counter.TCP_PRESSURE_RESETS);
      assertTrue(resets > 0 && resets < all.size(), resets + " of " + all.size());
      final TcpConnection gone =
          all.stream().filter(c -> c.state() == TcpState.CLOSED).findFirst().orElseThrow();
      assertTrue(gone.receiveBuffer().isRetired() && gone.receiveBuffer().isBare());
      all.forEach(c -> c.close(s.net.clock.nanoTime()));
      s.net.poll();
      s.takeSent();
      assertEquals(0, used(s));
      assertEquals(PressureLevel.NONE, level(s));
    }
  }

  /**
   * Smallest buffers are had beyond the budget. When they make a mebibyte, who holds something is
   * reset, moving or not, and nobody new gets in.
   */
  @Test
  void anOverdraftEndsAtOnce() {
    try (TestStack s = withBudget(64 << 10)) {
      int count = 0;
      while (level(s) != PressureLevel.REFUSING) {
        slowReader(s, 2048);
        count++;
        assertTrue(count < 1000, "never refused");
      }
      assertTrue(used(s) > BUDGET);
      s.takeSent();
      s.nextPeer().burst(SYN).script("");
      assertEquals(1, s.net.count(DropReason.TCP_SYN_PRESSURE));
      s.net.advance(5 * TestNet.MS);
      final int connections = s.net.stack.tcp().connections();
      assertTrue(connections < count && connections > count - 5, connections + " of " + count);
      assertEquals(PressureLevel.SHEDDING, level(s));
      s.net.advance(60 * TestNet.SECOND);
      s.takeSent();
      assertTrue(used(s) <= (64 << 10), "what stalls goes until there is enough");
    }
  }

  /** A SYN flood and slow readers together: who is in goes on, and who brings a cookie gets in. */
  @Test
  void aFloodInShortageKeepsNothing() {
    try (TestStack s = withBudget(BUDGET)) {
      while (level(s) != PressureLevel.COOKIES) {
        slowReader(s, 60_000);
      }
      final int connections = s.net.stack.tcp().connections();
      final long bytes = used(s);
      for (int i = 0; i < 3000; i++) {
        s.nextPeer().burst(SYN);
        assertEquals(1, s.takeSent());
      }
      assertEquals(connections, s.net.stack.tcp().connections());
      assertEquals(bytes, used(s));
      assertEquals(3000, s.net.count(Counter.TCP_PRESSURE_COOKIES));
      assertEquals(Failure.NONE, connect(s, 65535).failure());
    }
  }
}
