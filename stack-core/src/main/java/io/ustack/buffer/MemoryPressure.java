package io.ustack.buffer;

/**
 * How short a stack is of packets and of memory for buffers (Linux tcp_under_memory_pressure): two
 * levels with hysteresis, looked at once per duty cycle.
 *
 * <p>Packets run out when links hold many, or applications that borrowed what arrived; memory does
 * when peers or applications do not read. The two differ in what helps, so each has its level.
 *
 * <p>Stack thread only, but for {@link #level()} and {@link #highest()}.
 */
public final class MemoryPressure {
  private static final long LEAST_OVERDRAFT_BYTES = 1 << 20;

  private final PressureLimits limits;
  private final PacketPool pool;
  private final MemoryBudget memory;
  private final long[] packetThresholds;
  private final long[] memoryThresholds;
  private final long packetSlack;
  private final long memorySlack;
  private PressureLevel packetLevel = PressureLevel.NONE;
  private PressureLevel memoryLevel = PressureLevel.NONE;
  private volatile PressureLevel level = PressureLevel.NONE;
  private volatile PressureLevel highest = PressureLevel.NONE;

  /**
   * No pressure yet.
   *
   * @param memoryBytes what the buffers of all connections may hold together
   */
  public MemoryPressure(
      final PressureLimits limits, final PacketPool pool, final long memoryBytes) {
    this.limits = limits;
    this.pool = pool;
    memory = new MemoryBudget(memoryBytes);
    final int packets = pool.capacity();
    final int reserve = reservedPackets();
    packetThresholds = thresholds(limits, packets, packets - (reserve + 1) / 2);
    memoryThresholds = thresholds(limits, memoryBytes, overdrawn(limits, memoryBytes));
    packetSlack = share(packets, limits.slack());
    memorySlack = share(memoryBytes, limits.slack());
  }

  /** By the ordinal of each level: more than this has to be in use. */
  private static long[] thresholds(
      final PressureLimits limits, final long all, final long refusing) {
    final long shedding = share(all, limits.shedding());
    return new long[] {
      0,
      share(all, limits.cookies()),
      share(all, limits.windows()),
      shedding,
      Math.max(shedding, refusing)
    };
  }

  private static long overdrawn(final PressureLimits limits, final long memoryBytes) {
    final long most = Math.max(LEAST_OVERDRAFT_BYTES, share(memoryBytes, limits.overdraft()));
    return memoryBytes > Long.MAX_VALUE - most ? Long.MAX_VALUE : memoryBytes + most;
  }

  private static long share(final long all, final double share) {
    return (long) (all * share);
  }

  /** When levels begin. */
  public PressureLimits limits() {
    return limits;
  }

  /** What the buffers of all connections share. */
  public MemoryBudget memory() {
    return memory;
  }

  /** How many packets are kept from data. */
  public int reservedPackets() {
    return (int) Math.ceil(pool.capacity() * limits.reserve());
  }

  /**
   * Looks how much is in use now.
   *
   * @return whether one of the levels has changed
   */
  public boolean update() {
    final long packets = pool.capacity() - (long) pool.available();
    final PressureLevel newPacketLevel = next(packetLevel, packets, packetThresholds, packetSlack);
    final PressureLevel newMemoryLevel =
        next(memoryLevel, memory.used(), memoryThresholds, memorySlack);
    if (newPacketLevel == packetLevel && newMemoryLevel == memoryLevel) {
      return false;
    }
    packetLevel = newPacketLevel;
    memoryLevel = newMemoryLevel;
    level = packetLevel.reaches(memoryLevel) ? packetLevel : memoryLevel;
    highest = level.reaches(highest) ? level : highest;
    return true;
  }

  private static PressureLevel next(
      final PressureLevel now, final long used, final long[] thresholds, final long slack) {
    if (now == PressureLevel.NONE && used <= thresholds[1]) {
      return now;
    }
    int next = 0;
    for (int i = 1; i < thresholds.length; i++) {
      if (used > (i <= now.ordinal() ? thresholds[i] - slack : thresholds[i])) {
        next = i;
      }
    }
    return PressureLevel.of(next);
  }

  /** The worse of the two levels. Any thread. */
  public PressureLevel level() {
    return level;
  }

  /** The worst level there was. Any thread. */
  public PressureLevel highest() {
    return highest;
  }

  /** How short packets are. */
  public PressureLevel packetLevel() {
    return packetLevel;
  }

  /** How short memory is. */
  public PressureLevel memoryLevel() {
    return memoryLevel;
  }

  /** What is in use of what, for people. */
  @Override
  public String toString() {
    return "packets "
        + (pool.capacity() - pool.available())
        + " of "
        + pool.capacity()
        + ", buffers "
        + (memory.used() >> 10)
        + " of "
        + ((memory.used() + memory.left()) >> 10)
        + " KiB";
  }
}
