package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** TCP_CONGESTION on an open connection: another algorithm takes the window as it is. */
class ChangeOfControlTest {
  private static final int MSS = 1460;

  private static TestStack established(final String algorithm) {
    return TestStack.established(
        TestStack.PLAIN.withBuffers(1 << 17, 1 << 17).with().congestionControl(algorithm).build());
  }

  private static void change(final TestStack s, final String algorithm) {
    final TcpConfig config = s.connection.config().with().congestionControl(algorithm).build();
    s.connection.options().config(config, s.net.clock.nanoTime());
    s.net.poll();
  }

  /** Ten segments leave, of which the first is lost, and three duplicate ACKs say so. */
  private static void lose(final TestStack s) {
    s.write(1, 10 * MSS);
    s.takeSent();
    final String duplicate = ". 1:1(0) ack 1 win 65535";
    s.burst(duplicate, duplicate, duplicate).takeSent();
    assertEquals(CongestionState.RECOVERY, s.connection.sender().congestionState());
  }

  @Test
  void theWindowStaysAndThePaceBegins() {
    try (TestStack s = established("cubic")) {
      s.write(1, 10 * MSS);
      s.takeSent();
      s.script("< . 1:1(0) ack %d win 65535".formatted(1 + 4 * MSS));
      final int cwnd = s.connection.sender().window().cwnd();
      change(s, "bbr");
      assertEquals("bbr", s.connection.sender().control().name());
      assertEquals(cwnd, s.connection.sender().window().cwnd());
      assertNotNull(s.connection.sender().sendRate);
      s.script("< . 1:1(0) ack %d win 65535".formatted(1 + 10 * MSS));
      assertTrue(s.connection.sender().isIdle(), "what left before has no stamps, and arrives");
      change(s, "reno");
      assertNull(s.connection.sender().sendRate);
    }
  }

  @Test
  void whatThePaceHeldBackLeaves() {
    try (TestStack s = established("bbr")) {
      s.write(1, 60 * MSS);
      s.takeSent();
      final SendRate rate = s.connection.sender().sendRate;
      assertNotNull(rate);
      for (int ack = 8; ack <= 16; ack += 8) {
        s.net.advance(50 * 1_000_000L);
        s.takeSent();
        s.burst(". 1:1(0) ack %d win 65535".formatted(1 + ack * MSS));
      }
      assertTrue(rate.isPausing());
      final int before = s.connection.sender().sndNxt();
      s.takeSent();
      change(s, "reno");
      assertTrue(Seq.gt(s.connection.sender().sndNxt(), before));
      s.takeSent();
    }
  }

  @Test
  void inTheMiddleOfARecoveryTheNewOneReducesToo() {
    try (TestStack s = established("bbr")) {
      lose(s);
      change(s, "reno");
      final Sender sender = s.connection.sender();
      assertTrue(sender.window().ssthresh() <= 10 * MSS, () -> "" + sender.window().ssthresh());
      s.script("< . 1:1(0) ack %d win 65535".formatted(1 + 10 * MSS));
      assertEquals(CongestionState.OPEN, sender.congestionState());
      assertEquals(sender.window().ssthresh(), sender.window().cwnd());
    }
  }

  @Test
  void theSameAgainChangesNothing() {
    try (TestStack s = established("bbr")) {
      final Object before = s.connection.sender().control();
      change(s, "bbr");
      assertEquals(before, s.connection.sender().control());
    }
  }
}
