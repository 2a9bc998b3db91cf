package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryPressureTest {
  private static final int PACKETS = 160;
  private static final int LIMIT = 160 << 20;

  private final MemoryPacketPool pool = new MemoryPacketPool(PACKETS, 64);
  private final MemoryPressure pressure = new MemoryPressure(PressureLimits.DEFAULT, pool, LIMIT);
  private final Deque<Packet> taken = new ArrayDeque<>();

  private void hold(final int packets) {
    while (taken.size() < packets) {
      taken.add(pool.allocate());
    }
    while (taken.size() > packets) {
      taken.remove().release();
    }
  }

  private PressureLevel withPackets(final int packets) {
    hold(packets);
    pressure.update();
    assertEquals(PressureLevel.NONE, pressure.memoryLevel());
    assertEquals(pressure.packetLevel(), pressure.level());
    return pressure.level();
  }

  private PressureLevel withMemory(final int mebibytes) {
    final MemoryBudget memory = pressure.memory();
    memory.takeAnyway((int) ((mebibytes << 20) - memory.used()));
    pressure.update();
    assertEquals(PressureLevel.NONE, pressure.packetLevel());
    assertEquals(pressure.memoryLevel(), pressure.level());
    return pressure.level();
  }

  /** Where each level begins, and where it ends again: a sixteenth below. */
  @ParameterizedTest
  @CsvSource({
    "COOKIES, 121, 111, 110, NONE",
    "WINDOWS, 141, 131, 130, COOKIES",
    "SHEDDING, 151, 141, 140, WINDOWS",
    "REFUSING, 156, 146, 145, SHEDDING"
  })
  void levelsOfPackets(
      final PressureLevel level,
      final int from,
      final int keeps,
      final int ends,
      final PressureLevel below) {
    assertFalse(withPackets(from - 1).reaches(level));
    assertEquals(level, withPackets(from));
    assertEquals(level, withPackets(keeps));
    assertEquals(below, withPackets(ends));
    assertEquals(level, pressure.highest());
  }

  @ParameterizedTest
  @CsvSource({
    "COOKIES, 121, 111, 110, NONE",
    "WINDOWS, 141, 131, 130, COOKIES",
    "SHEDDING, 151, 141, 140, WINDOWS",
    "REFUSING, 201, 191, 190, SHEDDING"
  })
  void levelsOfMemory(
      final PressureLevel level,
      final int from,
      final int keeps,
      final int ends,
      final PressureLevel below) {
    assertFalse(withMemory(from - 1).reaches(level));
    assertEquals(level, withMemory(from));
    assertEquals(level, withMemory(keeps));
    assertEquals(below, withMemory(ends));
  }

  @Test
  void theWorseOfTheTwoIsTold() {
    hold(125);
    pressure.memory().takeAnyway(145 << 20);
    assertTrue(pressure.update());
    assertEquals(PressureLevel.COOKIES, pressure.packetLevel());
    assertEquals(PressureLevel.WINDOWS, pressure.memoryLevel());
    assertEquals(PressureLevel.WINDOWS, pressure.level());
    assertFalse(pressure.update(), "nothing has changed");
    assertEquals("packets 125 of 160, buffers 148480 of 163840 KiB", pressure.toString());
  }

  @Test
  void withoutLimitsNothingIsEverShort() {
    final MemoryPressure none = new MemoryPressure(PressureLimits.DEFAULT, pool, Long.MAX_VALUE);
    none.memory().takeAnyway(Integer.MAX_VALUE);
    assertFalse(none.update());
  }

  /**
   * A connection's smallest buffers are granted in any case: a budget of nothing is no overload.
   */
  @Test
  void aSmallBudgetMayBeOverdrawnByAMebibyte() {
    final MemoryPressure small = new MemoryPressure(PressureLimits.DEFAULT, pool, 0);
    small.memory().takeAnyway(1 << 20);
    small.update();
    assertEquals(PressureLevel.SHEDDING, small.level());
    small.memory().takeAnyway(1);
    small.update();
    assertEquals(PressureLevel.REFUSING, small.level());
  }

  @Test
  void theReserveIsASixteenth() {
    assertEquals(10, pressure.reservedPackets());
    assertEquals(
        1,
        new MemoryPressure(PressureLimits.DEFAULT, new MemoryPacketPool(1, 64), 0)
            .reservedPackets());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.8, 0.9, 0, 0, 0, 0, 'cookies is 0.0, not above 0, up to 2'",
    "NaN, 0.8, 0.9, 0, 0, 0, 0, 'cookies is NaN, not above 0, up to 2'",
    "0.7, 0.6, 0.9, 0, 0, 0, 0, 'windows is 0.6, not from cookies to 2'",
    "0.7, 0.8, 2.1, 0, 0, 0, 0, 'shedding is 2.1, not from windows to 2'",
    "0.7, 0.8, 0.9, 0.7, 0, 0, 0, 'slack is 0.7, not 0 to below cookies'",
    "0.7, 0.8, 0.9, 0, 0.6, 0, 0, 'reserve is 0.6, not 0 to 0.5'",
    "0.7, 0.8, 0.9, 0, 0, -1, 0, 'overdraft is -1.0, not 0 or more'",
    "0.7, 0.8, 0.9, 0, 0, 0, -1, 'stalledNs is -1.0, not 0 to an hour'"
  })
  void whatIsOutOfBoundsIsNamed(
      final double cookies,
      final double windows,
      final double shedding,
      final double slack,
      final double reserve,
      final double overdraft,
      final long stalledNs,
      final String told) {
    final IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new PressureLimits(
                    cookies, windows, shedding, slack, reserve, overdraft, stalledNs));
    assertEquals("PressureLimits: " + told, e.getMessage());
  }
}
