package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What many connections cost, or what would be many: floods, hoards, and peers that hold memory.
 * Each with its bound and its counter, as docs/hostile-peers.md lists them.
 */
class HostileCrowdTest {
  private static final int MANY = 2000;
  private static final int BUDGET = 1 << 20;
  private static final String SYN = "S 0:0(0) win 65535 <mss 1460>";

  private static Tcp tcp(final TestStack s) {
    return s.net.stack.tcp();
  }

  // ---- Floods

  /** RFC 4987: so many are kept, the others cost a SYN-ACK each, and who is honest gets in. */
  @Test
  void aFloodOfSynsKeepsTheQueueAndAnswersEachOnce() {
    try (TestStack s = TestStack.listening()) {
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        s.nextPeer().burst(SYN);
        sent += s.takeSent();
        assertTrue(tcp(s).connections() <= 16, "more than the backlog is kept");
      }
      assertEquals(MANY, sent);
      assertEquals(16, s.listener().handshakes());
      assertEquals(MANY - 16, s.net.count(Counter.TCP_SYN_COOKIES_OUT));
      assertEquals(0, tcp(s).bufferBytes());
      s.nextPeer().burst(SYN).learnIsn();
      assertEquals(1, s.takeSent());
      s.script("< . 1:1(0) ack 1 win 65535");
      s.accept();
      s.in(TcpState.ESTABLISHED);
      // What nobody answers is repeated five times and forgotten.
      s.net.advance(100 * TestNet.SECOND);
      assertEquals(16 * 5, s.takeSent());
      assertEquals(1, tcp(s).connections());
    }
  }

  @Test
  void withoutCookiesAFloodIsDroppedAndCounted() {
    try (TestStack s =
        TestStack.listening(TestStack.PLAIN.with().synCookies(SynCookieUse.OFF).build())) {
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        s.nextPeer().burst(SYN);
        sent += s.takeSent();
      }
      assertEquals(16, sent);
      assertEquals(MANY - 16, s.net.count(DropReason.TCP_SYN_QUEUE_FULL));
      s.net.advance(100 * TestNet.SECOND);
      s.takeSent();
    }
  }

  /** The same SYN again and again: its SYN-ACK is repeated twice a second at most. */
  @Test
  void aRepeatedSynIsAnsweredRarely() {
    try (TestStack s = TestStack.synReceived()) {
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        s.burst(SYN);
        sent += s.takeSent();
      }
      assertEquals(1, sent);
      assertEquals(1, tcp(s).connections());
      s.abort();
      s.takeSent();
    }
  }

  @Test
  void forgedCookiesOpenNothing() {
    final Random random = new Random(5);
    try (TestStack s =
        TestStack.listening(TestStack.PLAIN.with().synCookies(SynCookieUse.ALWAYS).build())) {
      s.burst(SYN);
      s.takeSent();
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        final int seq = random.nextInt(Integer.MAX_VALUE);
        final int ack = random.nextInt(Integer.MAX_VALUE);
        s.nextPeer().burst(". %d:%d(0) ack %d win 65535".formatted(seq, seq, ack));
        sent += s.takeSent();
      }
      assertEquals(MANY, sent);
      assertEquals(MANY, s.net.count(DropReason.TCP_SYN_COOKIE_INVALID));
      assertEquals(0, tcp(s).connections());
      // Without a cookie on its way none is looked at.
      s.net.advance(200 * TestNet.SECOND);
      s.nextPeer().burst(". 1:1(0) ack 1 win 65535");
      assertEquals(1, s.takeSent());
      assertEquals(MANY, s.net.count(DropReason.TCP_SYN_COOKIE_INVALID));
      assertEquals(1, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
    }
  }

  /** RFC 7413 5.1: a cookie that was stolen opens so many, and RST frees no place. */
  @Test
  void aFloodOfFastOpensFillsItsOwnQueueOnly() {
    try (TestStack s = TestStack.listening()) {
      s.listener().fastOpen(5);
      s.burst("S 0:0(0) win 65535 <mss 1460,FO>");
      final ByteBuffer answer = ByteBuffer.wrap(Frames.tail(s.net.link.firstSent(), Frames.IPV4));
      final String cookie = ScriptedOptions.text(answer, 36).substring(12, 28);
      s.takeSent();
      s.burst("R 1:1(0) win 0");
      final String syn = "S 0:1000(1000) win 65535 <mss 1460,FO %s>".formatted(cookie);
      for (int i = 0; i < 100; i++) {
        s.nextPeer().burst(syn);
        s.takeSent();
        s.burst("R 1001:1001(0) win 0");
        s.takeSent();
      }
      assertEquals(5, s.net.count(Counter.TCP_FAST_OPENS_PASSIVE));
      // The others go on without: kept as any SYN, and then by SYN cookies.
      assertEquals(16, s.net.count(Counter.TCP_FAST_OPENS_LISTEN_OVERFLOWS));
      assertEquals(100 - 5 - 16, s.net.count(Counter.TCP_SYN_COOKIES_OUT));
      assertTrue(tcp(s).bufferBytes() <= 5 * 2048);
      for (TcpConnection c = s.listener().accept(); c != null; c = s.listener().accept()) {
        c.abort(s.net.clock.nanoTime());
      }
      s.net.advance(100 * TestNet.SECOND);
      s.takeSent();
      assertEquals(0, tcp(s).connections());
    }
  }

  /** RFC 9293 3.10.7.1: who knocks at a closed port gets a RST for each segment and no state. */
  @Test
  void segmentsToNobodyCostOneResetEach() {
    try (TestStack s = new TestStack()) {
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        s.nextPeer().burst(i % 2 == 0 ? SYN : "P. 1:1001(1000) ack 1 win 65535");
        sent += s.takeSent();
      }
      assertEquals(MANY, sent);
      assertEquals(MANY, s.net.count(DropReason.TCP_NO_CONNECTION));
      assertEquals(0, tcp(s).connections());
    }
  }

  // ---- Hoards

  /** Peers that acknowledge our FIN and never send theirs. */
  @Test
  void orphansInFinWait2AreBoundedAndLastAMinute() {
    final TcpConfig config = TestStack.PLAIN.with().maxOrphans(10).build();
    try (TestStack s = new TestStack(config).listen(16)) {
      for (int i = 0; i < 25; i++) {
        s.nextPeer().establish();
        s.closeConnection();
        s.takeSent();
        s.burst(". 1:1(0) ack 2 win 65535");
        s.takeSent();
      }
      assertEquals(10, tcp(s).connections());
      assertEquals(15, s.net.count(Counter.TCP_ORPHANS_ABORTED));
      s.net.advance(61 * TestNet.SECOND);
      assertEquals(0, s.takeSent());
      assertEquals(0, tcp(s).connections());
    }
  }

  /** Peers that let us close first. */
  @Test
  void timeWaitsAreBounded() {
    final TcpConfig config = TestStack.PLAIN.with().maxTimeWaits(10).build();
    try (TestStack s = new TestStack(config).listen(16)) {
      for (int i = 0; i < 25; i++) {
        s.nextPeer().establish();
        s.closeConnection();
        s.takeSent();
        s.burst("F. 1:1(0) ack 2 win 65535");
        assertEquals(1, s.takeSent());
        assertTrue(tcp(s).connections() <= 10);
      }
      assertEquals(25, s.net.count(Counter.TCP_TIME_WAITS));
      assertEquals(0, tcp(s).bufferBytes());
      s.net.advance(61 * TestNet.SECOND);
      assertEquals(0, tcp(s).connections());
    }
  }

  @Test
  void connectionsAreBounded() {
    final TcpConfig config = TestStack.PLAIN.with().maxConnections(10).build();
    try (TestStack s = new TestStack(config).listen(1000)) {
      for (int i = 0; i < 25; i++) {
        s.nextPeer().burst(SYN);
        s.takeSent();
      }
      assertEquals(10, tcp(s).connections());
      assertEquals(15, s.net.count(DropReason.TCP_CONNECTION_LIMIT));
      s.net.advance(100 * TestNet.SECOND);
      s.takeSent();
    }
  }

  // ---- Memory

  private static TestStack withBudget() {
    return TestStack.listeningWithoutPressure(
        TestStack.PLAIN.with().maxOrphans(1000).maxBufferBytes(BUDGET).build());
  }

  /** A byte in every second place: so many holes, and the rest is dropped. */
  @Test
  void holesAreBounded() {
    try (TestStack s = withBudget()) {
      s.establish();
      for (int i = 0; i < MANY; i++) {
        final int seq = 3 + 2 * i;
        s.burst(". %d:%d(1) ack 1 win 65535".formatted(seq, seq + 1));
        assertEquals(1, s.takeSent());
      }
      assertEquals(MANY - 64, s.net.count(DropReason.TCP_OUT_OF_ORDER_LIMIT));
      assertTrue(tcp(s).bufferBytes() <= 128 << 10);
      s.abort();
      s.takeSent();
    }
  }

  /**
   * A byte at the far end of each window holds the memory of a window. It gets none of the last
   * eighth: that is for what can be read.
   */
  @Test
  void bytesBehindHolesDoNotTakeTheLastOfTheMemory() {
    try (TestStack s = withBudget()) {
      s.listener().backlog(200);
      for (int i = 0; i < 100; i++) {
        s.nextPeer().establish();
        s.burst(". 60001:60002(1) ack 1 win 65535");
        s.takeSent();
      }
      assertTrue(tcp(s).bufferBytes() <= BUDGET);
      assertTrue(s.net.count(DropReason.TCP_MEMORY) >= 80, "nothing was refused");
      s.nextPeer().establish();
      int seq = 1;
      for (int i = 0; i < 40; i++) {
        s.burst(". %d:%d(1460) ack 1 win 65535".formatted(seq, seq + 1460));
        s.takeSent();
        seq += 1460;
      }
      assertEquals(seq - 1, s.connection.receiveBuffer().length(), "no memory for who is honest");
      assertEquals(seq - 1, s.read(1, 100_000));
      s.takeSent();
    }
  }

  /** A hundred peers that never read: the next one is served in small steps, but to its end. */
  @Test
  void slowReadersDoNotStarveTheNextPeer() {
    try (TestStack s = withBudget()) {
      s.listener().backlog(200);
      for (int i = 0; i < 100; i++) {
        s.nextPeer().establish("<mss 1460>", "<mss 1460>", 0);
        s.write(1, 256 << 10);
        s.takeSent();
      }
      assertTrue(tcp(s).bufferBytes() <= BUDGET + 100 * 2048);
      s.nextPeer().establish();
      int written = 0;
      for (int round = 0; written < 100_000; round++) {
        assertTrue(round < 100, "starved after " + written);
        written += s.write(1 + written, 100_000 - written);
        s.takeSent();
        s.burst(". 1:1(0) ack %d win 65535".formatted(1 + written));
        s.takeSent();
      }
      assertEquals(0, s.connection.sendBuffer().length());
    }
  }

  /** What a slow reader holds comes back when the application gives it up. */
  @Test
  void aUserTimeoutTakesTheMemoryOfSlowReadersBack() {
    final TcpConfig config =
        TestStack.PLAIN.with().maxBufferBytes(BUDGET).userTimeoutNs(30 * TestNet.SECOND).build();
    try (TestStack s = TestStack.listeningWithoutPressure(config)) {
      for (int i = 0; i < 20; i++) {
        s.nextPeer().establish("<mss 1460>", "<mss 1460>", 0);
        s.write(1, 256 << 10);
      }
      s.net.advance(60 * TestNet.SECOND);
      s.takeSent();
      assertEquals(0, tcp(s).connections());
      assertEquals(20, s.net.count(Counter.TCP_CONNECTIONS_TIMED_OUT));
      assertEquals(0, tcp(s).bufferBytes());
    }
  }
}
