package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.TestNet;
import io.ustack.time.TimerWheel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** All timers of a connection in one entry of the wheel. */
class TcpTimersTest {
  private static final long MS = 1_000_000;

  /** Deadlines lie behind the wrap of the clock. */
  private static final long START = Math.subtractExact(Long.MAX_VALUE, 20 * MS);

  private final TestStack stack = new TestStack();
  private final TimerWheel wheel = new TimerWheel(START);
  private final TcpTimers timers = new SpareTimers(wheel).lend(connection());
  private long nowNs = START;

  private TcpConnection connection() {
    return new TcpConnection(
        stack.net.stack.tcp(),
        stack.net.stack.ipv4().path(TestNet.OUR, TestNet.PEER),
        1,
        2,
        TestStack.PLAIN,
        ReadinessObserver.NONE,
        0);
  }

  @AfterEach
  void close() {
    stack.close();
  }

  private void pass(final long ns) {
    nowNs += ns;
    wheel.advance(nowNs);
  }

  @Test
  void dueAtItsDeadlineAndNotBefore() {
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + 30 * MS);
    pass(30 * MS - 1);
    assertFalse(timers.isDue(nowNs));
    pass(1);
    assertTrue(timers.isDue(nowNs));
    assertEquals(TcpTimers.Kind.RETRANSMIT, timers.kind());
  }

  /** The entry stays where it is, fires early, and is put where it belongs. */
  @Test
  void deadlineThatMovesAwayCostsNoRescheduling() {
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + 10 * MS);
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + 50 * MS);
    assertEquals(START + 10 * MS, timers.deadlineNs());
    pass(10 * MS);
    assertTrue(timers.isScheduled());
    assertEquals(START + 50 * MS, timers.deadlineNs());
    pass(40 * MS);
    assertTrue(timers.isDue(nowNs));
    assertFalse(timers.isScheduled());
  }

  @Test
  void deadlineThatComesCloserIsKept() {
    timers.start(TcpTimers.Kind.TIME_WAIT, nowNs + 50 * MS);
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + 10 * MS);
    pass(10 * MS);
    assertTrue(timers.isDue(nowNs));
  }

  @Test
  void bothTimersShareTheEntry() {
    timers.start(TcpTimers.Kind.RETRANSMIT, nowNs + 50 * MS);
    timers.delayAck(nowNs + 40 * MS);
    assertEquals(1, wheel.scheduled());
    pass(40 * MS);
    assertTrue(timers.isAckDue(nowNs));
    assertFalse(timers.isDue(nowNs));
    timers.stopDelayingAck();
    pass(10 * MS);
    assertTrue(timers.isDue(nowNs));
    assertFalse(timers.isAckDue(nowNs));
  }

  @Test
  void delayRunsFromTheFirst() {
    timers.delayAck(nowNs + 40 * MS);
    pass(30 * MS);
    timers.delayAck(nowNs + 40 * MS);
    pass(10 * MS);
    assertTrue(timers.isAckDue(nowNs));
  }

  @Test
  void stoppedTimerIsNeverDue() {
    timers.start(TcpTimers.Kind.PERSIST, nowNs + 10 * MS);
    timers.stop();
    pass(100 * MS);
    assertFalse(timers.isDue(nowNs));
    assertEquals(TcpTimers.Kind.NONE, timers.kind());
    assertEquals(0, wheel.scheduled());
  }

  @Test
  void canceledTimersLeaveTheWheel() {
    timers.start(TcpTimers.Kind.PERSIST, nowNs + 10 * MS);
    timers.delayAck(nowNs + 5 * MS);
    timers.cancel();
    assertEquals(0, wheel.scheduled());
    assertFalse(timers.isDue(nowNs + 100 * MS));
    assertFalse(timers.isAckDue(nowNs + 100 * MS));
  }
}
