package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Words for scripts about losses: full segments by their number, from 0, a round trip of 100 ms.
 */
final class LossScript {
  static final int MSS = 1460;

  private LossScript() {}

  /** ESTABLISHED with SACK; the handshake took 100 ms, so the RTO is 300 ms. */
  static TestStack withSack() {
    return established("<mss 1460,nop,nop,sackOK>");
  }

  static TestStack withoutSack() {
    return established("<mss 1460>");
  }

  private static TestStack established(final String options) {
    final TestStack s =
        TestStack.listening()
            .script(
                "< S 0:0(0) win 65535 " + options,
                "> S. 0:0(0) ack 1 win 65535 " + options,
                "+0.1 < . 1:1(0) ack 1 win 65535");
    s.accept();
    s.events.take();
    return s;
  }

  /** So many segments are written, and the ten that the window lets out were seen to leave. */
  static TestStack send(final TestStack s, final int segments) {
    s.write(1, segments * MSS);
    final String[] sent = new String[Math.min(10, segments)];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = full(i, i == segments - 1);
    }
    return s.script(sent);
  }

  static int seq(final int segment) {
    return 1 + segment * MSS;
  }

  static String full(final int segment, final boolean last) {
    return "> %s %d:%d(%d) ack 1".formatted(last ? "P." : ".", seq(segment), seq(segment + 1), MSS);
  }

  static String full(final int segment) {
    return full(segment, false);
  }

  /** Everything before the segment is acknowledged; blocks are pairs of segment numbers. */
  static String ack(final int segment, final int... blocks) {
    final StringBuilder text = new StringBuilder("< . 1:1(0) ack " + seq(segment) + " win 65535");
    for (int i = 0; i < blocks.length; i += 2) {
      text.append(i == 0 ? " <nop,nop,sack " : " ")
          .append(seq(blocks[i]))
          .append(':')
          .append(seq(blocks[i + 1]));
    }
    return blocks.length == 0 ? text.toString() : text + ">";
  }

  static void state(final TestStack s, final CongestionState state) {
    assertEquals(state, s.connection.sender().congestionState());
    final TcpInfo info = new TcpInfo();
    s.connection.info(info, s.net.clock.nanoTime());
    assertEquals(state, info.caState);
  }

  static void window(final TestStack s, final int cwnd, final int ssthresh) {
    assertEquals(cwnd, s.connection.sender().window().cwnd(), "cwnd");
    assertEquals(ssthresh, s.connection.sender().window().ssthresh(), "ssthresh");
  }

  static int cwnd(final TestStack s) {
    return s.connection.sender().window().cwnd();
  }

  static int ssthresh(final TestStack s) {
    return s.connection.sender().window().ssthresh();
  }
}
