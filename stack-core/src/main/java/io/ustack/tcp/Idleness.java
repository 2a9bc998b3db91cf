package io.ustack.tcp;

/**
 * When a connection counts as idle, and what follows: it gives back whatever can be had again, so
 * that those on which nothing happens, and they are most, cost little.
 */
final class Idleness {
  /** Silence of both sides; long enough that a busy connection never gives anything back. */
  static final long AFTER_NS = 1_000_000_000L;

  /** When what arrived has not been read, it is looked at again: reading need not be told. */
  private static final long UNREAD_NS = 10_000_000_000L;

  private Idleness() {}

  /** Nothing is waited for now: puts the connection to sleep, or arranges to look again. */
  static void look(final TcpConnection c, final long nowNs) {
    if (c.isAsleep() || !c.state().isSynchronized()) {
      return;
    }
    final Sender sender = c.sender();
    final Receiver receiver = c.receiver();
    if (!sender.isAwake() && !receiver.isAwake() && !c.maySleep()) {
      return;
    }
    final long quietNs = Math.min(sender.quietNs(nowNs), receiver.quietNs(nowNs));
    final long neededNs = Math.max(AFTER_NS, sender.rtt().rtoNs());
    final long waitNs = Math.max(neededNs - quietNs, receiver.remembersForNs(nowNs));
    if (waitNs > 0) {
      c.timers().lookAt(nowNs + waitNs);
    } else if (sender.isIdle() && !sender.hasUnsent()) {
      sender.sleep(receiver.ecn() != null);
      receiver.sleep();
      c.tellIdle();
      if (receiver.buffer().length() > 0) {
        c.timers().lookAt(nowNs + UNREAD_NS);
      } else if (c.maySleep()) {
        c.sleep();
      }
    }
  }
}
