package io.ustack.tcp;

import io.ustack.buffer.MemoryPressure;
import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.readiness.Failure;
import io.ustack.time.Timer;
import io.ustack.time.TimerWheel;
import org.jspecify.annotations.Nullable;

/**
 * Takes back what connections hold while packets or memory are short. It goes through them a part
 * at a time, so that a look costs the same however many there are. Stack thread only.
 *
 * <p>DEVIATION: Linux, tcp_prune_queue: memory behind holes is taken back from all connections, not
 * only from one that receives: a peer that makes holes and falls silent keeps none.
 *
 * <p>DEVIATION: Linux, tcp_check_oom: not only orphans are reset. With an application of ours in
 * the same process there is no other memory to fall back on.
 */
public final class MemoryReclaim extends Timer {
  /** Slots of the table that are looked at in one go. */
  private static final int SLOTS = 512;

  private static final long LOOK_NS = 10_000_000;

  /** When somebody was reset, and more may have to be. */
  private static final long LOOK_AGAIN_NS = 1_000_000;

  private static final int ORPHAN = 2;
  private static final int STALLED = 1;

  private final Tcp tcp;
  private final MemoryPressure pressure;
  private final TimerWheel wheel;
  private int next;

  // The best to reset, of those looked at.
  private @Nullable TcpConnection chosen;
  private int chosenRank;
  private long chosenHolds;

  /** Nothing to do before {@link #onPressure}. */
  public MemoryReclaim(final Tcp tcp, final MemoryPressure pressure, final TimerWheel wheel) {
    this.tcp = tcp;
    this.pressure = pressure;
    this.wheel = wheel;
  }

  /** One of the levels has changed. */
  public void onPressure(final long nowNs) {
    final boolean isShort = pressure.level().reaches(PressureLevel.WINDOWS);
    tcp.receiverParts.holdsWindows = isShort;
    if (isShort) {
      wheel.schedule(this, nowNs);
    } else {
      wheel.cancel(this);
    }
  }

  @Override
  protected void onExpiry(final long nowNs) {
    look(nowNs);
    final boolean sheds = shed();
    wheel.schedule(this, nowNs + (sheds ? LOOK_AGAIN_NS : LOOK_NS));
  }

  private void look(final long nowNs) {
    final ConnectionTable table = tcp.connectionTable();
    chosen = null;
    for (int i = Math.min(SLOTS, table.slots()); i > 0; i--) {
      next = next + 1 < table.slots() ? next + 1 : 0;
      final TcpConnection c = table.slot(next);
      if (c != null && !c.isAsleep()) { // who sleeps holds nothing
        look(c, nowNs);
      }
    }
  }

  private void look(final TcpConnection c, final long nowNs) {
    if (pressure.memoryLevel().reaches(PressureLevel.WINDOWS)) {
      if (c.receiver().hasHoles()) {
        c.receiver().prune();
      }
      c.receiveBuffer().shrink();
    }
    final long holds = holds(c);
    final int rank = c.isReleased() ? ORPHAN : isStalled(c, nowNs) ? STALLED : 0;
    final boolean may = rank > 0 || pressure.level().reaches(PressureLevel.REFUSING);
    if (may && holds > 0 && isBetter(rank, holds)) {
      chosen = c;
      chosenRank = rank;
      chosenHolds = holds;
    }
  }

  private boolean isBetter(final int rank, final long holds) {
    return chosen == null || rank > chosenRank || (rank == chosenRank && holds > chosenHolds);
  }

  /** Packets or bytes that its end would bring back, of what is shorter. */
  private long holds(final TcpConnection c) {
    return pressure.packetLevel().reaches(pressure.memoryLevel())
        ? c.receiveBuffer().packets() + (long) c.sendBuffer().packets()
        : c.receiveBuffer().storageBytes() + (long) c.sendBuffer().storageBytes();
  }

  /**
   * Nothing has moved for a while: the peer takes nothing, and sends nothing that could be taken.
   * Since when it takes nothing is told by the timeout, which doubles all the while.
   */
  private boolean isStalled(final TcpConnection c, final long nowNs) {
    final long enoughNs = pressure.limits().stalledNs();
    final Sender sender = c.sender();
    final boolean takesNothing = sender.rtt().backoffs() > 0 && sender.rtt().rtoNs() >= enoughNs;
    return c.receiver().quietNs(nowNs) >= enoughNs
        && (takesNothing || sender.quietNs(nowNs) >= enoughNs);
  }

  private boolean shed() {
    final TcpConnection c = chosen;
    if (c == null || !pressure.level().reaches(PressureLevel.SHEDDING)) {
      return false;
    }
    chosen = null;
    tcp.counters()
        .increment(
            c.isReleased() ? Counter.TCP_PRESSURE_ORPHANS_RESET : Counter.TCP_PRESSURE_RESETS);
    c.dieWithReset(Failure.NO_RESOURCES);
    c.receiveBuffer().retire(); // read or not
    return true;
  }
}
