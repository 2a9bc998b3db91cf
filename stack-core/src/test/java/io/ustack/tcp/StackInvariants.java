package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.link.Emitter;
import io.ustack.link.ReadyList;
import java.lang.reflect.Field;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold of a whole stack between two duty cycles, whatever its peers have done. */
final class StackInvariants {
  private final Tcp tcp;
  private final long budgetBytes;

  /** Those that were seen and not yet seen dead. */
  private final Set<TcpConnection> living = Collections.newSetFromMap(new IdentityHashMap<>());

  StackInvariants(final Tcp tcp) {
    this.tcp = tcp;
    budgetBytes = tcp.config().maxBufferBytes();
  }

  /**
   * Checks all of them.
   *
   * @param atRest the link takes what it is given, so nobody waits for it
   */
  void check(final boolean atRest) {
    final Set<Object> queues = Collections.newSetFromMap(new IdentityHashMap<>());
    int timeWaits = 0;
    int orphans = 0;
    int connections = 0;
    for (final TcpConnection c : tcp.connectionTable().toArray()) {
      connections++;
      assertNotEquals(TcpState.CLOSED, c.state(), "a dead connection in the table");
      assertEquals(c, find(c), "the table does not find it");
      timeWaits += c.state() == TcpState.TIME_WAIT ? 1 : 0;
      orphans += (boolean) field(c, TcpConnection.class, "orphaned") ? 1 : 0;
      living.add(c);
      if (c.timers().kind() != TcpTimers.Kind.NONE) {
        assertTrue(!atRest || c.timers().isScheduled(), "a timer that never fires");
      }
      final boolean asked = !field(c, Emitter.class, "turn").equals((byte) 0);
      assertTrue(
          !c.timers().isDelayingAck() || c.timers().isScheduled() || asked, "an ACK for ever late");
      checkQueue(c.sender(), queues);
    }
    assertEquals(tcp.connections(), connections, "connections counted");
    assertEquals(
        timeWaits,
        (int) field(tcp.closedConnections, ClosedConnections.class, "timeWaits"),
        "TIME_WAITs counted");
    assertEquals(
        orphans,
        (int) field(tcp.closedConnections, ClosedConnections.class, "orphans"),
        "orphans counted");
    living.removeIf(this::isGone);
    checkIdleQueues(queues);
    checkReadyList(atRest);
    // Two rings of each connection may hold their smallest storage beyond the budget.
    assertTrue(tcp.bufferBytes() <= budgetBytes + 2L * 2048 * (connections + 64), "memory");
    assertEquals(0, tcp.counters().value(Counter.INTERNAL_ERRORS), "a bug surfaced");
  }

  private TcpConnection find(final TcpConnection c) {
    return tcp.connectionTable()
        .find(c.localAddress(), c.localPort(), c.remoteAddress(), c.remotePort());
  }

  /** Whoever is gone has left nothing behind. */
  private boolean isGone(final TcpConnection c) {
    if (find(c) == c) {
      return false;
    }
    assertEquals(TcpState.CLOSED, c.state(), "alive, and in no table");
    assertTrue(!c.timers().isScheduled(), "a timer of a dead connection");
    assertNull(c.sender().queue(), "a dead connection has a retransmit queue");
    assertTrue(c.sendBuffer().isBare(), "a dead connection has a send buffer");
    return true;
  }

  /** One queue for who has something outstanding, and what it counts is what is in it. */
  private static void checkQueue(final Sender s, final Set<Object> queues) {
    final RetransmitQueue q = s.queue();
    if (q == null) {
      return;
    }
    assertTrue(queues.add(q), "two connections with one retransmit queue");
    assertTrue(!q.isEmpty(), "an empty queue is kept");
    assertTrue(q.segments() <= 2 * RetransmitQueue.MAX_SEGMENTS, "too many segments");
    assertEquals(s.sndUna(), q.seq(q.first()), "the queue begins at SND.UNA");
    assertEquals(s.sndNxt(), q.endSeq(q.end() - 1), "the queue ends at SND.NXT");
    int sacked = 0;
    int lost = 0;
    int repeated = 0;
    for (int p = q.first(); p != q.end(); p++) {
      assertTrue(q.length(p) > 0, "an empty segment");
      sacked += q.isSacked(p) ? q.length(p) : 0;
      lost += q.isLost(p) ? q.length(p) : 0;
      repeated += q.isRetransmitted(p) ? q.length(p) : 0;
    }
    assertEquals(sacked, q.sackedBytes(), "SACKed bytes");
    assertEquals(lost, q.lostBytes(), "lost bytes");
    assertEquals(repeated, q.retransmittedBytes(), "retransmitted bytes");
    assertTrue(q.inFlightBytes() >= 0, "in flight");
    assertTrue(s.window().cwnd() >= s.window().smss(), "cwnd");
  }

  /** A queue that was given back is nobody's, and was given back once. */
  private void checkIdleQueues(final Set<Object> inUse) {
    final RetransmitQueues pool = tcp.senderParts.queues;
    final Object[] idle = (Object[]) field(pool, RetransmitQueues.class, "idle");
    final int count = (int) field(pool, RetransmitQueues.class, "count");
    for (int i = 0; i < count; i++) {
      assertNotNull(idle[i]);
      assertTrue(inUse.add(idle[i]), "a queue was given back and is used, or given back twice");
    }
  }

  /** Each emitter stands in it once and knows it; at rest nobody does. */
  private void checkReadyList(final boolean atRest) {
    final ReadyList list = tcp.readyList();
    final byte now = (byte) field(null, Emitter.class, "NOW");
    final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (final Object e : (Object[]) field(list, ReadyList.class, "now")) {
      if (e != null) {
        assertTrue(seen.add(e), "twice in the ready list");
        assertEquals(now, field(e, Emitter.class, "turn"), "in the list and not ready");
      }
    }
    final int length =
        (int) field(list, ReadyList.class, "end") - (int) field(list, ReadyList.class, "first");
    assertEquals(length, seen.size(), "the list's length");
    assertEquals(0, field(list, ReadyList.class, "laterCount"), "later than the end of a cycle");
    assertTrue(!atRest || seen.isEmpty(), "ready, and nobody asks");
    for (final TcpConnection c : tcp.connectionTable().toArray()) {
      final boolean ready = !field(c, Emitter.class, "turn").equals((byte) 0);
      assertEquals(seen.contains(c), ready, "ready, but in no list");
    }
  }

  private static Object field(final @Nullable Object of, final Class<?> type, final String name) {
    try {
      final Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field.get(of);
    } catch (final ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
