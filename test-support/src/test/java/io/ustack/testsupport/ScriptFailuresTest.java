package io.ustack.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testsupport.script.PacketScript;
import io.ustack.testsupport.script.ScriptFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts that must fail do, and say where and why. */
class ScriptFailuresTest {
  private static final String SERVER =
      """
      --tcp.quickAcks=0
      0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0 bind(3, ..., ...) = 0
      +0 listen(3, 1) = 0
      +0 < S 0:0(0) win 65535 <mss 1460>
      +0 > S. 0:0(0) ack 1 win 65535 <mss 1460>
      +0 < . 1:1(0) ack 1 win 65535
      +0 accept(3, ..., ...) = 4
      """;

  private static final String NINE_BYTES = "+0 write(4, ..., 9) = 9\n";
  private static final String ONE_BYTE = "+0 < P. 1:2(1) ack 1 win 9\n";

  private static String failure(final String text) {
    return assertThrows(ScriptFailure.class, () -> PacketScript.of("x.pkt", text).run())
        .getMessage();
  }

  private static void failsAtTheEnd(final String lines, final String why) {
    final String text = SERVER + lines;
    final String message = failure(text);
    assertTrue(message.startsWith("x.pkt:" + text.strip().lines().count() + ": "), message);
    assertTrue(message.contains(why), message);
  }

  private static void holds(final String lines) {
    PacketScript.of("x.pkt", SERVER + lines).run();
  }

  @Test
  void namesLineExpectedAndSeen() {
    assertEquals(
        """
        x.pkt:10: +.04 > . 1:1(0) ack 12
          expected: . 1:1(0) ack 12
          seen:     . 1:1(0) ack 11 at 0.14\
        """,
        failure(
            SERVER
                + """
                +0.1 < P. 1:11(10) ack 1 win 65535 // a comment
                +.04 > . 1:1(0) ack 12
                """));
  }

  @Test
  void aSegmentInAnotherField() {
    holds(NINE_BYTES + "+0 > [noecn] P. 1:10(9) ack 1 win 65535 <...>");
    failsAtTheEnd(NINE_BYTES + "+0 > . 1:10(9) ack 1", "seen:     P. 1:10(9) ack 1 at");
    failsAtTheEnd(NINE_BYTES + "+0 > P. 2:11(9) ack 1", "seen:     P. 1:10(9)");
    failsAtTheEnd(NINE_BYTES + "+0 > P. 1:11(10) ack 1", "seen:     P. 1:10(9)");
    failsAtTheEnd(NINE_BYTES + "+0 > P. 1:10(9) ack 1 win 7", "win 65535");
    failsAtTheEnd(NINE_BYTES + "+0 > P. 1:10(9) ack 1 <nop>", "<nop>");
    failsAtTheEnd(NINE_BYTES + "+0 > [ce] P. 1:10(9) ack 1", "[noecn]");
  }

  @Test
  void aSegmentAtAnotherTime() {
    holds(ONE_BYTE + "+.04 > . 1:1(0) ack 2");
    failsAtTheEnd(ONE_BYTE + "+.039 > . 1:1(0) ack 2", "nothing was sent");
    failsAtTheEnd(ONE_BYTE + "+.041 > . 1:1(0) ack 2", "sent at 0.04, not at 0.041");
    failsAtTheEnd(ONE_BYTE + "+.01~+.03 > . 1:1(0) ack 2", "nothing was sent");
    holds(ONE_BYTE + "+.03~+.05 > . 1:1(0) ack 2\n+.1 close(4) = 0\n* > R. 1:1(0) ack 2");
    holds("--tolerance_usecs=1000\n" + ONE_BYTE + "+.041 > . 1:1(0) ack 2");
  }

  @Test
  void aSegmentThatNobodyAskedFor() {
    final String seen = "expected: nothing was sent\n  seen:     P. 1:10(9) ack 1 win 65535 at 0";
    failsAtTheEnd(NINE_BYTES, seen);
    failsAtTheEnd(NINE_BYTES + "+.1 read(4, ..., 9) = -1 EAGAIN", seen);
  }

  /** The script lies about where the peer's stream begins. */
  @Test
  void dataThatIsNotTheNext() {
    failsAtTheEnd(
        "+0 < P. 1:3(2) ack 1 win 9\n+0 < S. 100:100(0) ack 1 win 9\n"
            + "+0 > . 1:1(0) ack 3\n+0 read(4, ..., 2) = 2",
        "are not the peer's next ones");
  }

  @Test
  void aCallWithAnotherResult() {
    failsAtTheEnd("+0 read(4, ..., 9) = 9", "expected: 9\n  seen:     -1 EAGAIN");
    failsAtTheEnd("+0 read(4, ..., 9) = -1 EINVAL", "expected: -1 EINVAL\n  seen:     -1 EAGAIN");
    failsAtTheEnd("+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [5], [4]) = 0", "[5]\n  seen:     [0]");
    failsAtTheEnd(
        "+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1", "seen:     OUT");
    failsAtTheEnd("+0 socket(..., SOCK_STREAM, 0) = -1 EPIPE", "EPIPE");
  }

  @Test
  void aCallThatDoesNotBlockAsSaid() {
    holds("+0...0.1 read(4, ..., 9) = 1\n+.1 < P. 1:2(1) ack 1 win 9\n+.04 > . 1:1(0) ack 2");
    failsAtTheEnd("+0...0.5 read(4, ..., 9) = 9", "it has not returned when the script ends");
    failsAtTheEnd("+0...0.5 write(4, ..., 9) = 9", "it returned at 0, not at 0.5");
    assertTrue(
        failure(SERVER + "+0...0.5 read(4, ..., 9) = 1\n+.1 < P. 1:2(1) ack 1 win 9")
            .startsWith("x.pkt:9: +0...0.5 read(4, ..., 9) = 1\n  it returned at 0.1, not at 0.5"));
    failsAtTheEnd(
        "+0...0.5 read(4, ..., 9) = 1\n+.1 read(4, ..., 1) = 1", "line 9 has not returned");
  }

  @Test
  void anAssertThatDoesNotHold() {
    failsAtTheEnd(
        "+0 %{ assert tcpi_state == TCP_ESTABLISHED and tcpi_cwnd == 11 }%",
        "seen:     tcpi_cwnd is 10");
    failsAtTheEnd("+0 %{ assert TCP_SEGMENTS_IN == 1 }%", "TCP_SEGMENTS_IN is 2");
  }

  @Test
  void expressions() {
    PacketScript.of(
            "x.pkt",
            """
            0 %{ assert 1 + 2 * 3 == 7
                 assert (1 + 2) * 3 == 9, 'a message'
                 assert 1 < 2 <= 2 and not 2 < 1
                 assert 0 or 5; assert 7 % 4 == 3; assert 0x10 - -1 == 17
                 assert 6 & 3 == 2 }%
            """)
        .run();
    assertTrue(failure("0 %{ assert 1 < 3 < 2 }%").contains("does not hold"));
    assertTrue(failure("0 %{ assert 1 == }%").contains("expected a number or a name"));
    assertTrue(failure("0 %{ assert tcpi_no == 1 }%").contains("TcpInfo has no tcpi_no"));
    assertTrue(failure("0 %{ print(1) }%").contains("nothing but 'assert'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0 < X 0:0(0) win 5",
        "0 < S 0:5(4) win 5",
        "0 < S 0:0(0) ack 5 win 5",
        "0 < S. 0:0(0) win 5",
        "0 < S 0:0(0) win 5 <mss>",
        "0 < S 0:0(0) win 5 <nonsense 1>",
        "0 < S 0:0(0) win 5 <...>",
        "0 < S 0:0(0) win 5 <mss 1460> more",
        "0 < . 0:1461(1461) ack 1 win 5",
        "0 < [ect9] S 0:0(0) win 5",
        "0 < icmp unreachable nonsense [0:0(0)]",
        "0 nonsense(3) = 0",
        "0 close(NONSENSE) = 0",
        "0 close(3 = 0",
        "0 close(3) = -1 ENONSENSE",
        "0 close(3) = -1 EBADF (Bad file descriptor) more",
        "0.1.2 close(3) = 0",
        "0",
        "--nonsense=1",
        "--tcp.nonsense=1",
        "--include=nowhere.inc",
        "`sysctl net.nonsense=1`",
        "`rm -rf x`",
        "1 close(9) = -1 EBADF\n0.5 close(9) = -1 EBADF",
      })
  void whatCanNotBeRead(final String text) {
    final String message = failure(text);
    assertTrue(message.matches("(?s)x\\.pkt:\\d+: .*"), message);
  }

  @Test
  void settings() {
    PacketScript.of(
            "x.pkt",
            """
            `sysctl -q net.ipv4.tcp_timestamps=0; sysctl -q net.ipv4.tcp_sack=0`
            --mtu=1000
            --tcp.initialRtoNs=500_000_000
            0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
            +0 connect(3, {sa_family=AF_INET, sin_port=htons(99), sin_addr=inet_addr("198.51.100.7")},
                       ...) = -1 EINPROGRESS (Operation now in progress)
            +0 > S 0:0(0) win 65535 <mss 960,nop,wscale 7>
            +.5 > S 0:0(0) win 65535 <...>
            """)
        .in(Path.of("."))
        .run();
  }
}
