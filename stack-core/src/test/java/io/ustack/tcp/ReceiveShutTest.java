package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data for an application that reads no more: shutdown(SHUT_RD), before and after its FIN. */
class ReceiveShutTest {
  private static TestStack bothShut(final boolean finAcknowledged) {
    final TestStack s = TestStack.established();
    s.script("< P. 1:11(10) ack 1 win 65535");
    s.connection.options().shutReceive();
    s.shutdownSend();
    s.script("> F. 1:1(0) ack 11");
    s.in(TcpState.FIN_WAIT_1);
    if (finAcknowledged) {
      s.script("< . 11:11(0) ack 2 win 65535");
      s.in(TcpState.FIN_WAIT_2);
    }
    return s;
  }

  private static void assertDrops(final TestStack s, final long count) {
    assertEquals(count, s.net.stack.counters().value(DropReason.TCP_DATA_AFTER_CLOSE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Covers(
      rfc = "RFC 1122",
      clause = "4.2.2.13",
      what = "data after both ways were shut: RST",
      by = SegmentArrival.class)
  void dataResetsWhenBothWaysAreShut(final boolean finAcknowledged) {
    try (TestStack s = bothShut(finAcknowledged)) {
      s.script("< P. 11:21(10) ack 1 win 65535", "> R. 2:2(0) ack 11");
      s.in(TcpState.CLOSED);
      assertEquals(Failure.CONNECTION_RESET, s.connection.failure());
      assertDrops(s, 1);
    }
  }

  /** What was taken before is not lost when it comes again, with a FIN behind. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oldDataDoesNotReset(final boolean finAcknowledged) {
    try (TestStack s = bothShut(finAcknowledged)) {
      s.script("< FP. 1:11(10) ack 2 win 65535", "> . 2:2(0) ack 12");
      s.in(TcpState.TIME_WAIT);
      assertDrops(s, 0);
    }
  }

  @Test
  void dataIsTakenAsLongAsWeMaySend() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().shutReceive();
      s.script("< P. 1:11(10) ack 1 win 65535");
      assertEquals(10, s.connection.receiveBuffer().length());
      s.in(TcpState.ESTABLISHED);
      assertDrops(s, 0);
    }
  }
}
