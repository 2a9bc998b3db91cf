package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Opening, RFC 9293 3.5, 3.7.1, 3.10.7.2 and 3.10.7.3. */
class HandshakeTest {
  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.5",
      what = "three-way handshake, both sides",
      by = {Handshake.class, SegmentArrival.class, Emission.class})
  @Rfc9293({"MUST-14", "MUST-65", "MUST-67", "SHLD-5", "MAY-3"})
  void passiveOpen() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          """
          < S 0:0(0) win 29200 <mss 1460,nop,wscale 7>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
          < . 1:1(0) ack 1 win 229
          """);
      assertEquals("READABLE", TestStack.bits(s.events.take()));
      s.accept();
      s.in(TcpState.ESTABLISHED);
      assertEquals(229 << 7, s.connection.sender().sndWnd());
      assertEquals(1, s.net.count(Counter.TCP_PASSIVE_OPENS));
      assertEquals(1, s.net.count(Counter.TCP_ESTABLISHED));
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.5")
  @Rfc9293({"MUST-44", "MUST-65", "SHLD-5"})
  void activeOpen() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S. 0:0(0) ack 1 win 29200 <mss 1400,nop,wscale 9>
          > . 1:1(0) ack 1 win 1024
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals("WRITABLE", TestStack.bits(s.events.take()));
      assertEquals(1400, s.connection.sender().mss());
      assertEquals(29200, s.connection.sender().sndWnd());
      assertEquals(1, s.net.count(Counter.TCP_ACTIVE_OPENS));
    }
  }

  @Test
  @Rfc9293("MUST-22")
  void synIsRepeatedWithBackOffAndGivenUp() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          +1 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 4000 ecr 0,nop,wscale 7>
          +2 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 6000 ecr 0,nop,wscale 7>
          +4 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 10000 ecr 0,nop,wscale 7>
          +8 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 18000 ecr 0,nop,wscale 7>
          +16 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 34000 ecr 0,nop,wscale 7>
          +32 > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 66000 ecr 0,nop,wscale 7>
          +63.999
          """);
      s.in(TcpState.SYN_SENT);
      s.silence(0.001);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      s.in(TcpState.CLOSED);
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
    }
  }

  @Test
  void resetRefusesOurSyn() {
    try (TestStack s = TestStack.synSent()) {
      s.script("< R. 0:0(0) ack 1 win 0");
      assertEquals(Failure.CONNECTION_REFUSED, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      assertEquals(1, s.net.count(Counter.TCP_ATTEMPT_FAILS));
    }
  }

  @Test
  void dataWrittenBeforeTheHandshakeEndsGoesOutAfterIt() {
    try (TestStack s = TestStack.synSent()) {
      assertEquals(100, s.write(1, 100));
      s.script(
          """
          < S. 0:0(0) ack 1 win 65535 <mss 1460>
          > P. 1:101(100) ack 1
          < . 1:1(0) ack 101 win 65535
          """);
    }
  }

  @Test
  void repeatedSynAckIsAnsweredOnce() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S. 0:0(0) ack 1 win 65535 <mss 1460>
          > . 1:1(0) ack 1
          < S. 0:0(0) ack 1 win 65535 <mss 1460>
          > . 1:1(0) ack 1
          < S. 0:0(0) ack 1 win 65535 <mss 1460>
          +0.5 < S. 0:0(0) ack 1 win 65535 <mss 1460>
          > . 1:1(0) ack 1
          """);
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void synAckThatWasLostGoesAgainForTheRepeatedSyn() {
    try (TestStack s = TestStack.synReceived()) {
      s.script(
          """
          +0.7 < S 0:0(0) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < S 0:0(0) win 65535 <mss 1460>
          +1 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < . 1:1(0) ack 1 win 65535
          """);
      s.accept();
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void dataOnTheSynIsNotTakenBeforeTheHandshakeEnds() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          """
          < S 0:10(10) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < . 1:11(10) ack 1 win 65535
          +0.04 > . 1:1(0) ack 11
          """);
      s.accept();
      assertEquals(10, s.read(1, 100));
    }
  }

  @Test
  void dataOnTheFinalAck() {
    try (TestStack s = TestStack.synReceived()) {
      s.script("< P. 1:1461(1460) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1461");
      s.accept();
      assertEquals(1460, s.read(1, 4000));
    }
  }

  /** The final ACK was lost: data completes the handshake as well. */
  @Test
  void dataInsteadOfTheFinalAckEvenOutOfOrder() {
    try (TestStack s = TestStack.synReceived()) {
      s.script(
          """
          < . 1461:2921(1460) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 1:1461(1460) ack 1 win 65535
          > . 1:1(0) ack 2921
          """);
      s.accept();
      assertEquals(2920, s.read(1, 4000));
    }
  }

  // ---- What the options agree on

  @ParameterizedTest(name = "<{0}>")
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          none               | 536
          mss 0              | 536
          mss 1              | 48
          mss 47             | 48
          mss 48             | 48
          mss 536            | 536
          mss 1460           | 1460
          mss 1461           | 1460
          mss 65535          | 1460
          nop,nop,mss 700    | 700
          mss 700,mss 800    | 800
          eol,mss 700        | 536
          hex 02030700       | 536
          hex 02             | 536
          hex 0200           | 536
          hex 02ff           | 536
          hex fe02,mss 900   | 900
          hex fd02,mss 900   | 900
          """)
  @Covers(
      rfc = "RFC 9293",
      clause = "3.7.1, RFC 6691",
      what = "MSS",
      by = {TcpOptions.class, Handshake.class})
  @Rfc9293({"MUST-14", "MUST-16"})
  void mssOfThePeer(final String options, final int mss) {
    try (TestStack s = TestStack.listening()) {
      final String syn = "< S 0:0(0) win 65535";
      s.script(
          options == null ? syn : syn + " <" + options + ">",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "< . 1:1(0) ack 1 win 65535");
      s.accept();
      assertEquals(mss, s.connection.sender().mss());
      s.write(1, 3 * mss);
      s.script(
          "> . 1:%d(%d) ack 1".formatted(1 + mss, mss),
          "> . %d:%d(%d) ack 1".formatted(1 + mss, 1 + 2 * mss, mss),
          "> P. %d:%d(%d) ack 1".formatted(1 + 2 * mss, 1 + 3 * mss, mss));
    }
  }

  @ParameterizedTest(name = "peer <{0}>, ours <{1}>")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mss 1460               | mss 1460
          mss 1460,nop,wscale 0  | mss 1460,nop,wscale 7
          mss 1460,nop,wscale 14 | mss 1460,nop,wscale 7
          mss 1460,hex 03037f    | mss 1460,nop,wscale 7
          mss 1460,hex 0302      | mss 1460
          """)
  void windowScaleIsOfferedBackOnlyIfOffered(final String peers, final String ours) {
    try (TestStack s = TestStack.listening()) {
      s.script(
          "< S 0:0(0) win 65535 <" + peers + ">", "> S. 0:0(0) ack 1 win 65535 <" + ours + ">");
    }
  }

  @Test
  @Rfc9293("MUST-7")
  void malformedOptionsAreCounted() {
    try (TestStack s = TestStack.listening()) {
      s.script("< S 0:0(0) win 65535 <hex 02ff>", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
      assertEquals(1, s.net.count(Counter.TCP_OPTIONS_MALFORMED));
    }
  }

  @Test
  void bufferBelowTheWindowFieldIsToldAsItIs() {
    try (TestStack s = new TestStack(TestStack.PLAIN.withBuffers(5000, 5000)).listen(4)) {
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 5000 <mss 1460>");
    }
  }

  // ---- What cannot be opened

  @ParameterizedTest(name = "{0}")
  @CsvSource({"224.0.0.1", "255.255.255.255", "10.99.0.255", "0.1.2.3", "240.0.0.1"})
  @Rfc9293("MUST-46")
  void noConnectionToAGroup(final String remote) {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final int address = io.ustack.ipv4.Ipv4Address.parse(remote);
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(null, address, 80, tcp.config(), s.events, nowNs));
      assertEquals(Failure.NETWORK_UNREACHABLE, tcp.lastFailure());
      assertEquals(0, tcp.connections());
    }
  }

  @Test
  void sameConnectionTwice() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      s.connect(tcp.bind(0, TestStack.OUR_PORT, true));
      final TcpBinding second = tcp.bind(0, TestStack.OUR_PORT, true);
      final long nowNs = s.net.clock.nanoTime();
      assertNull(
          tcp.connect(second, TestNet.PEER, TestStack.PEER_PORT, tcp.config(), s.events, nowNs));
      assertEquals(Failure.ADDRESS_NOT_AVAILABLE, tcp.lastFailure());
    }
  }
}
