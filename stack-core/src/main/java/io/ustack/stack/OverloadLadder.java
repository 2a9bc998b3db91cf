package io.ustack.stack;

import io.ustack.arp.Arp;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.MemoryPressure;
import io.ustack.buffer.PressureLevel;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.tcp.MemoryReclaim;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * Looks once per duty cycle how short packets and memory are, tells those who can help of a change,
 * and the log, there at most once a second.
 */
final class OverloadLadder {
  private static final Logger LOG = System.getLogger(OverloadLadder.class.getName());
  private static final long LINE_INTERVAL_NS = 1_000_000_000L;

  private final MemoryPressure pressure;
  private final LentPackets lentPackets;
  private final Arp arp;
  private final MemoryReclaim reclaim;
  private final Counters counters;
  private PressureLevel last = PressureLevel.NONE;
  private PressureLevel logged = PressureLevel.NONE;
  private boolean hasLogged;
  private long loggedNs;

  OverloadLadder(
      final MemoryPressure pressure,
      final LentPackets lentPackets,
      final Arp arp,
      final MemoryReclaim reclaim,
      final Counters counters) {
    this.pressure = pressure;
    this.lentPackets = lentPackets;
    this.arp = arp;
    this.reclaim = reclaim;
    this.counters = counters;
  }

  void look(final long nowNs) {
    if (pressure.update()) {
      climb(nowNs);
    }
    if (last != PressureLevel.NONE) {
      counters.add(Counter.PACKETS_NOT_LENT, lentPackets.takeRefused());
    }
    if (logged != last && (!hasLogged || nowNs - loggedNs >= LINE_INTERVAL_NS)) {
      log(nowNs);
    }
  }

  private void climb(final long nowNs) {
    final PressureLevel level = pressure.level();
    if (level.compareTo(last) > 0) {
      counters.increment(Counter.PRESSURE_RISES);
    }
    counters.add(Counter.PACKETS_NOT_LENT, lentPackets.takeRefused());
    last = level;
    final boolean packetsAreShort = pressure.packetLevel().reaches(PressureLevel.WINDOWS);
    lentPackets.refuse(packetsAreShort);
    arp.packetsAreShort(packetsAreShort);
    reclaim.onPressure(nowNs);
  }

  private void log(final long nowNs) {
    hasLogged = true;
    loggedNs = nowNs;
    logged = last;
    LOG.log(
        last == PressureLevel.NONE ? Level.INFO : Level.WARNING,
        () -> "memory pressure: " + last.name().toLowerCase(Locale.ROOT) + ", " + pressure);
  }
}
