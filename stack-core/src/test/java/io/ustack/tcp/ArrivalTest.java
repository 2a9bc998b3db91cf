package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * RFC 9293 3.10.7.4 row by row, in each synchronized state: the answer, the state after it and what
 * the connection died of. {@code {r}} is RCV.NXT, {@code {s}} SND.NXT, {@code {u}} SND.UNA. The
 * states before are in {@link EarlyArrivalTest}.
 */
class ArrivalTest {
  private static final String SILENCE = "";
  private static final String ACK = "> . {s}:{s}(0) ack {r}";
  private static final DropReason OUT = DropReason.TCP_OUT_OF_WINDOW;
  private static final DropReason RESET = DropReason.TCP_RESET_OUT_OF_WINDOW;
  private static final DropReason BAD_ACK = DropReason.TCP_BAD_ACK;
  private static final Pattern NUMBER = Pattern.compile("\\{([rsu])([+-]\\d+)?}");

  private static final List<TcpState> SYNCHRONIZED =
      List.of(
          TcpState.ESTABLISHED,
          TcpState.FIN_WAIT_1,
          TcpState.FIN_WAIT_2,
          TcpState.CLOSE_WAIT,
          TcpState.CLOSING,
          TcpState.LAST_ACK,
          TcpState.TIME_WAIT);

  static TestStack fixture(final TcpState state) {
    return switch (state) {
      case ESTABLISHED -> TestStack.established();
      case FIN_WAIT_1 -> TestStack.finWait1();
      case FIN_WAIT_2 -> TestStack.finWait2();
      case CLOSE_WAIT -> TestStack.closeWait();
      case CLOSING -> TestStack.closing();
      case LAST_ACK -> TestStack.lastAck();
      case TIME_WAIT -> timeWaitWithoutListener();
      default -> throw new IllegalArgumentException(state.name());
    };
  }

  /** A listener would let a SYN start a new incarnation, see {@link TimeWaitTest}. */
  private static TestStack timeWaitWithoutListener() {
    final TestStack s = TestStack.timeWait();
    s.listener().close(s.net.clock.nanoTime());
    return s;
  }

  /** Puts the numbers of this state in. */
  static String numbers(final TestStack s, final String template) {
    final int r = s.connection.receiver().rcvNxt() - TestStack.PEER_ISN;
    final int n = s.connection.sender().sndNxt() - TestStack.OUR_ISN;
    final int u = s.connection.sender().sndUna() - TestStack.OUR_ISN;
    final StringBuilder text = new StringBuilder();
    final Matcher m = NUMBER.matcher(template);
    while (m.find()) {
      final int base = "r".equals(m.group(1)) ? r : "s".equals(m.group(1)) ? n : u;
      final int more = m.group(2) == null ? 0 : Integer.parseInt(m.group(2));
      m.appendReplacement(text, Integer.toUnsignedString(base + more));
    }
    return m.appendTail(text).toString();
  }

  private static void arrives(
      final TcpState state,
      final String segment,
      final String answer,
      final TcpState after,
      final Failure failure,
      final DropReason counted) {
    try (TestStack s = fixture(state)) {
      final String line = numbers(s, "< " + segment);
      final String answered = numbers(s, answer);
      final long drops = s.net.stack.counters().drops();
      s.script(line, answered);
      assertEquals(counted == null ? 0 : 1, s.net.stack.counters().drops() - drops);
      assertTrue(counted == null || s.net.count(counted) == 1);
      s.in(after);
      assertEquals(failure, s.connection.failure());
      assertEquals(after == TcpState.CLOSED ? 0 : 1, s.net.stack.tcp().connections());
    }
  }

  // ---- The same in all synchronized states

  static Stream<Arguments> everywhere() {
    final List<Arguments> rows = new ArrayList<>();
    for (final TcpState state : SYNCHRONIZED) {
      everywhere(rows, state);
    }
    return rows.stream();
  }

  private static void everywhere(final List<Arguments> rows, final TcpState state) {
    // First: the sequence number.
    row(rows, state, "ACK before the window", ". {r-1}:{r-1}(0) ack {u} win 65535", ACK, OUT);
    row(rows, state, "ACK behind the window", ". {r+70000}:{r+70000}(0) ack {u} win 9", ACK, OUT);
    row(rows, state, "old data", ". {r-1}:{r}(1) ack {u} win 65535", ACK, OUT);
    row(
        rows,
        state,
        "data behind the window",
        ". {r+70000}:{r+70100}(100) ack {u} win 9",
        ACK,
        OUT);
    row(rows, state, "old FIN", "F. {r-1}:{r-1}(0) ack {u} win 65535", ACK, OUT);
    row(rows, state, "old data with an old FIN", "F. {r-11}:{r-1}(10) ack {u} win 65535", ACK, OUT);
    // Second: RST (RFC 5961 3.2).
    row(rows, state, "RST inside the window", "R {r+1}:{r+1}(0) win 0", ACK, null);
    row(
        rows,
        state,
        "RST with ACK inside the window",
        "R. {r+9}:{r+9}(0) ack {s} win 0",
        ACK,
        null);
    row(rows, state, "RST before the window", "R {r-1}:{r-1}(0) win 0", SILENCE, RESET);
    row(rows, state, "RST behind the window", "R {r+70000}:{r+70000}(0) win 0", SILENCE, RESET);
    // Fourth: SYN (RFC 5961 4.2).
    row(rows, state, "SYN at RCV.NXT", "S {r}:{r}(0) win 65535 <mss 1460>", ACK, null);
    row(rows, state, "SYN inside the window", "S {r+9}:{r+9}(0) win 65535", ACK, null);
    row(rows, state, "SYN of this incarnation", "S 0:0(0) win 65535 <mss 1460>", ACK, OUT);
    row(rows, state, "SYN behind the window", "S {r+70000}:{r+70000}(0) win 65535", ACK, OUT);
    row(rows, state, "SYN-ACK inside the window", "S. {r}:{r}(0) ack {s} win 65535", ACK, null);
    row(rows, state, "SYN-ACK of this incarnation", "S. 0:0(0) ack 1 win 65535", ACK, OUT);
    row(rows, state, "SYN with FIN", "SF {r}:{r}(0) win 65535", ACK, null);
    row(rows, state, "SYN with data", "S {r}:{r+10}(10) win 65535", ACK, null);
    // Fifth: ACK.
    row(rows, state, "no flags at all", "- {r}:{r}(0) win 65535", SILENCE, BAD_ACK);
    row(rows, state, "data without ACK", "P {r}:{r+10}(10) win 65535", SILENCE, BAD_ACK);
    row(rows, state, "FIN without ACK", "F {r}:{r}(0) win 65535", SILENCE, BAD_ACK);
    row(rows, state, "URG and PSH without ACK", "UP {r}:{r}(0) win 65535", SILENCE, BAD_ACK);
    row(rows, state, "duplicate ACK", ". {r}:{r}(0) ack {u} win 65535", SILENCE, null);
    row(rows, state, "ACK below SND.UNA", ". {r}:{r}(0) ack {u-1} win 65535", SILENCE, null);
    row(
        rows,
        state,
        "ACK below what RFC 5961 5.2 takes",
        ". {r}:{r}(0) ack {u-65536} win 9",
        ACK,
        BAD_ACK);
    row(rows, state, "ACK of what was not sent", ". {r}:{r}(0) ack {s+1} win 65535", ACK, BAD_ACK);
    row(rows, state, "data with such an ACK", ". {r}:{r+10}(10) ack {s+1} win 65535", ACK, BAD_ACK);
    row(rows, state, "FIN with such an ACK", "F. {r}:{r}(0) ack {s+1} win 65535", ACK, BAD_ACK);
    row(
        rows,
        state,
        "ACK half a circle away",
        ". {r}:{r}(0) ack {s+2000000000} win 9",
        ACK,
        BAD_ACK);
    // Beyond: flags of ECN, urgent pointers.
    row(rows, state, "ECE and CWR with an ACK", "EW. {r}:{r}(0) ack {u} win 65535", SILENCE, null);
    row(
        rows,
        state,
        "an option of no meaning",
        ". {r}:{r}(0) ack {u} win 9 <hex fd040102>",
        SILENCE,
        null);
    row(
        rows,
        state,
        "options whose lengths lie",
        ". {r}:{r}(0) ack {u} win 9 <hex 02ff>",
        SILENCE,
        null);
  }

  private static void row(
      final List<Arguments> rows,
      final TcpState state,
      final String name,
      final String segment,
      final String answer,
      final DropReason counted) {
    rows.add(Arguments.of(state, name, segment, answer, counted));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, fourth (RFC 5961 4.2)")
  @Covers(
      rfc = "RFC 9293",
      clause = "3.10.7.4",
      what = "the synchronized states, row by row",
      by = SegmentArrival.class)
  void everywhere(
      final TcpState state,
      final String name,
      final String segment,
      final String answer,
      final DropReason counted) {
    arrives(state, segment, answer, state, Failure.NONE, counted);
  }

  // ---- What differs from state to state

  static Stream<Arguments> byState() {
    return """
    ESTABLISHED | R {r}:{r}(0) win 0                         |     | CLOSED     | CONNECTION_RESET
    FIN_WAIT_1  | R {r}:{r}(0) win 0                         |     | CLOSED     | CONNECTION_RESET
    FIN_WAIT_2  | R {r}:{r}(0) win 0                         |     | CLOSED     | CONNECTION_RESET
    CLOSE_WAIT  | R {r}:{r}(0) win 0                         |     | CLOSED     | CONNECTION_RESET
    CLOSING     | R {r}:{r}(0) win 0                         |     | CLOSED     | NONE
    LAST_ACK    | R {r}:{r}(0) win 0                         |     | CLOSED     | NONE
    TIME_WAIT   | R {r}:{r}(0) win 0                         |     | CLOSED     | NONE
    ESTABLISHED | R. {r}:{r}(0) ack 99999 win 0              |     | CLOSED     | CONNECTION_RESET
    ESTABLISHED | SFRPU. {r}:{r}(0) ack {u} win 65535        |     | CLOSED     | CONNECTION_RESET
    ESTABLISHED | SFRPU. {r+1}:{r+1}(0) ack {u} win 65535    | ACK | ESTABLISHED | NONE
    ESTABLISHED | FPU. {r}:{r}(0) ack {u} win 65535          | FIN | CLOSE_WAIT | NONE
    ESTABLISHED | F. {r}:{r}(0) ack {u} win 65535            | FIN | CLOSE_WAIT | NONE
    FIN_WAIT_1  | F. {r}:{r}(0) ack {u} win 65535            | FIN | CLOSING    | NONE
    FIN_WAIT_1  | F. {r}:{r}(0) ack {s} win 65535            | FIN | TIME_WAIT  | NONE
    FIN_WAIT_2  | F. {r}:{r}(0) ack {s} win 65535            | FIN | TIME_WAIT  | NONE
    CLOSE_WAIT  | F. {r}:{r}(0) ack {s} win 65535            |     | CLOSE_WAIT | NONE
    CLOSING     | F. {r}:{r}(0) ack {u} win 65535            |     | CLOSING    | NONE
    LAST_ACK    | F. {r}:{r}(0) ack {u} win 65535            |     | LAST_ACK   | NONE
    TIME_WAIT   | F. {r}:{r}(0) ack {u} win 65535            |     | TIME_WAIT  | NONE
    FIN_WAIT_1  | . {r}:{r}(0) ack {s} win 65535             |     | FIN_WAIT_2 | NONE
    CLOSING     | . {r}:{r}(0) ack {s} win 65535             |     | TIME_WAIT  | NONE
    LAST_ACK    | . {r}:{r}(0) ack {s} win 65535             |     | CLOSED     | NONE
    ESTABLISHED | F. {r+10}:{r+10}(0) ack {u} win 65535      | ACK | ESTABLISHED | NONE
    FIN_WAIT_1  | F. {r+10}:{r+10}(0) ack {u} win 65535      | ACK | FIN_WAIT_1 | NONE
    FIN_WAIT_2  | F. {r+10}:{r+10}(0) ack {u} win 65535      | ACK | FIN_WAIT_2 | NONE
    ESTABLISHED | . {r+10}:{r+20}(10) ack {u} win 65535      | ACK | ESTABLISHED | NONE
    FIN_WAIT_1  | . {r+10}:{r+20}(10) ack {u} win 65535      | ACK | FIN_WAIT_1 | NONE
    FIN_WAIT_2  | . {r+10}:{r+20}(10) ack {u} win 65535      | ACK | FIN_WAIT_2 | NONE
    CLOSE_WAIT  | . {r}:{r+10}(10) ack {u} win 65535         |     | CLOSE_WAIT | NONE
    CLOSING     | . {r}:{r+10}(10) ack {u} win 65535         |     | CLOSING    | NONE
    LAST_ACK    | . {r}:{r+10}(10) ack {u} win 65535         |     | LAST_ACK   | NONE
    TIME_WAIT   | . {r}:{r+10}(10) ack {u} win 65535         |     | TIME_WAIT  | NONE
    LAST_ACK    | . {r}:{r+10}(10) ack {s} win 65535         |     | CLOSED     | NONE
    CLOSING     | . {r}:{r+10}(10) ack {s} win 65535         |     | TIME_WAIT  | NONE
    """
        .lines()
        .map(line -> line.split("\\|", -1))
        .map(
            row ->
                Arguments.of(
                    TcpState.valueOf(row[0].strip()),
                    row[1].strip(),
                    row[2].strip(),
                    TcpState.valueOf(row[3].strip()),
                    Failure.valueOf(row[4].strip())));
  }

  @ParameterizedTest(name = "{0}: {1} makes {3}")
  @MethodSource
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4", what = "the synchronized states, row by row")
  @Covers(
      rfc = "RFC 9293",
      clause = "3.10.7.4, second (RFC 5961 3.2)",
      what = "RST must be exact",
      by = SegmentArrival.class)
  @Rfc9293("MUST-12")
  void byState(
      final TcpState state,
      final String segment,
      final String answer,
      final TcpState after,
      final Failure failure) {
    final String line =
        switch (answer) {
          case "ACK" -> ACK;
          case "FIN" -> "> . {s}:{s}(0) ack {r+1}";
          default -> SILENCE;
        };
    arrives(state, segment, line, after, failure, null);
  }

  // ---- Data in order, which is answered late

  @ParameterizedTest
  @MethodSource("receiving")
  void dataInOrder(final TcpState state) {
    try (TestStack s = fixture(state)) {
      s.script(
          numbers(s, "< . {r}:{r+10}(10) ack {u} win 65535"),
          numbers(s, "+0.04 > . {s}:{s}(0) ack {r+10}"));
      s.in(state);
      assertEquals(10, s.read(1, 100));
    }
  }

  @ParameterizedTest
  @MethodSource("receiving")
  void dataPartlyOld(final TcpState state) {
    try (TestStack s = fixture(state)) {
      s.script(numbers(s, "< . {r}:{r+20}(20) ack {u} win 65535"));
      s.script(
          numbers(s, "< . {r-10}:{r+10}(20) ack {u} win 65535"),
          numbers(s, "> . {s}:{s}(0) ack {r+10}"));
      assertEquals(30, s.read(1, 100));
    }
  }

  @ParameterizedTest
  @MethodSource("receiving")
  void dataWithFin(final TcpState state) {
    try (TestStack s = fixture(state)) {
      s.script(
          numbers(s, "< F. {r}:{r+10}(10) ack {u} win 65535"),
          numbers(s, "> . {s}:{s}(0) ack {r+11}"));
      s.in(
          switch (state) {
            case ESTABLISHED -> TcpState.CLOSE_WAIT;
            case FIN_WAIT_1 -> TcpState.CLOSING;
            default -> TcpState.TIME_WAIT;
          });
      assertEquals(10, s.read(1, 100));
    }
  }

  static Stream<TcpState> receiving() {
    return Stream.of(TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2);
  }

  /** A FIN that came early counts as soon as the data before it has come. */
  @ParameterizedTest
  @MethodSource("receiving")
  void finOutOfOrder(final TcpState state) {
    try (TestStack s = fixture(state)) {
      s.script(
          numbers(s, "< F. {r+10}:{r+20}(10) ack {u} win 65535"),
          numbers(s, "> . {s}:{s}(0) ack {r}"),
          numbers(s, "< . {r}:{r+10}(10) ack {u} win 65535"),
          numbers(s, "> . {s}:{s}(0) ack {r+21}"));
      assertEquals(20, s.read(1, 100));
      assertEquals(true, s.connection.receiver().isEnded());
    }
  }

  // ---- Rate limit

  /** RFC 5961 7: at most one challenge ACK in half a second for each connection. */
  @Test
  @Covers(
      rfc = "RFC 5961",
      clause = "7",
      what = "challenge ACKs are rate-limited",
      by = ChallengeAck.class)
  void challengeAcksAreRateLimited() {
    try (TestStack s = TestStack.established()) {
      final String syn = "< S 9:9(0) win 65535";
      final String ack = "> . 1:1(0) ack 1";
      s.script(syn, ack, syn, syn, "< R 5:5(0) win 0", "< . 1:1(0) ack 9999 win 65535");
      s.script("+0.499 " + syn);
      s.script("+0.001 " + syn, ack, syn);
      assertEquals(2, s.net.count(io.ustack.counter.Counter.TCP_CHALLENGE_ACKS));
    }
  }

  @Test
  void limitIsEachConnectionsOwn() {
    try (TestStack s = TestStack.established()) {
      s.script("< S 9:9(0) win 65535", "> . 1:1(0) ack 1");
      s.nextPeer().establish();
      s.script("< S 9:9(0) win 65535", "> . 1:1(0) ack 1");
    }
  }
}
